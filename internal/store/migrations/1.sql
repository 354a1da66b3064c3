-- Times are microseconds since 1970 in UTC, 0 for none. Paths are blobs: they need not be UTF-8.

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    watch      INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    verb       TEXT NOT NULL,
    match      TEXT NOT NULL,
    progress   REAL NOT NULL,
    at         INTEGER NOT NULL,
    path       BLOB NOT NULL,
    player     TEXT NOT NULL,
    account    TEXT NOT NULL,
    state      TEXT NOT NULL,
    form       INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    locks      INTEGER NOT NULL DEFAULT 0,
    odds       INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL DEFAULT 0,
    patient    INTEGER NOT NULL DEFAULT 0,
    doubtful   INTEGER NOT NULL DEFAULT 0,
    playback   INTEGER NOT NULL DEFAULT 0,
    answer     TEXT,
    candidates TEXT,
    last_error TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    UNIQUE (watch, seq, verb)
) STRICT;
CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_unowned ON outbox (id) WHERE account = '';

-- What the queue remembers of one watch over all its calls.
CREATE TABLE watches (
    id       INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    start    TEXT NOT NULL DEFAULT '',
    calls    INTEGER NOT NULL DEFAULT 0,
    form     INTEGER NOT NULL DEFAULT 0,
    state    TEXT NOT NULL DEFAULT '',
    updated  INTEGER NOT NULL
) STRICT;

CREATE TABLE journal (
    id         INTEGER PRIMARY KEY,
    match      TEXT NOT NULL,
    path       BLOB NOT NULL,
    player     TEXT NOT NULL,
    length     INTEGER NOT NULL DEFAULT 0,
    started    INTEGER NOT NULL DEFAULT 0,
    ended      INTEGER NOT NULL DEFAULT 0,
    watched_at INTEGER NOT NULL DEFAULT 0,
    -- sorted is when it happened: watched, else ended, else started.
    sorted     INTEGER NOT NULL,
    outcome    TEXT NOT NULL DEFAULT '',
    via        TEXT NOT NULL DEFAULT '',
    answer     TEXT,
    account    TEXT NOT NULL DEFAULT '',
    progress   REAL NOT NULL DEFAULT 0,
    played     REAL NOT NULL DEFAULT 0,
    reason     TEXT NOT NULL DEFAULT '',
    chain      TEXT
) STRICT;
CREATE INDEX journal_sorted ON journal (sorted, id);
CREATE INDEX journal_unowned ON journal (id) WHERE account = '';

CREATE TABLE sessions (
    key     TEXT PRIMARY KEY,
    data    BLOB NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE TABLE played (
    key     BLOB PRIMARY KEY,
    spans   TEXT NOT NULL,
    length  INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX played_updated ON played (updated);

CREATE TABLE rules (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    folder  BLOB NOT NULL,
    title   TEXT NOT NULL,
    ids     TEXT NOT NULL,
    kind    TEXT NOT NULL,
    season  INTEGER,
    shift   INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE cache (
    key     TEXT PRIMARY KEY,
    value   BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX cache_expires ON cache (expires);

CREATE TABLE trusted (
    key     TEXT PRIMARY KEY,
    answer  TEXT NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE TABLE requests (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    query      TEXT NOT NULL,
    status     INTEGER NOT NULL,
    latency    INTEGER NOT NULL,
    cache      TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    burst      INTEGER NOT NULL,
    error      TEXT NOT NULL
) STRICT;
CREATE INDEX requests_at ON requests (at);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
