-- The account's library as Simkl last said it was. rewatch is 0 for the title itself, else one later viewing of it. item is
-- Simkl's own object without the episodes, which are apart: lists are printed without them.
CREATE TABLE library (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    simkl   INTEGER NOT NULL,
    rewatch INTEGER NOT NULL,
    item    TEXT NOT NULL,
    seen    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, simkl, rewatch)
) STRICT;

-- How far each account's library was read, as only its reader understands.
CREATE TABLE synced (
    account TEXT PRIMARY KEY,
    state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
