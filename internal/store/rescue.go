package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// rescue brings what can be read of a damaged file into the new one: finished watches first, then the journal and learned
// rules. It gives the number of finished watches. Each row is read on its own, so that one that is lost does
// not take the others with it; what cannot be read stays in the damaged file, which is kept.
func (s *Store) rescue(ctx context.Context, damaged string) (watches int, err error) {
	// SQLite repairs what it opens: it is given a copy, so that the damaged file stays as it was found.
	copied := damaged + ".copy"
	defer func() { err = errors.Join(err, removeAll(copied, copied+"-wal", copied+"-shm")) }()
	if err := errors.Join(copyFile(damaged, copied), copyFile(damaged+"-wal", copied+"-wal")); err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", dsn(copied))
	if err != nil {
		return 0, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	// One sync at the end instead of one for each row.
	if err := s.exec(ctx, "rescue", `PRAGMA synchronous = NORMAL`); err != nil {
		return 0, err
	}
	watches, err = s.salvageAll(ctx, db)
	return watches, errors.Join(err, s.exec(ctx, "rescue", `PRAGMA synchronous = FULL`),
		s.exec(ctx, "rescue", `PRAGMA wal_checkpoint(TRUNCATE)`))
}

func (s *Store) salvageAll(ctx context.Context, db *sql.DB) (int, error) {
	old := &Store{db: db, now: s.now}
	watches, highest := 0, media.WatchID(0)
	salvage(ctx, old, scanRow, `SELECT `+rowColumns+` FROM outbox WHERE id = ?`, `outbox`, func(r queue.Row) {
		r.Attempts = max(r.Attempts, 1)
		if _, added, err := s.Add(ctx, r); err == nil && added && r.Watched() {
			watches++
		}
		highest = max(highest, r.Watch)
	})
	salvage(ctx, old, scanEntry, `SELECT `+entryColumns+` FROM journal WHERE id = ?`, `journal`, func(e Entry) {
		highest = max(highest, e.ID)
		if err := s.SaveEntry(ctx, e); err != nil {
			return // kept in the damaged file
		}
	})
	rules, err := old.Rules(ctx)
	for i := len(rules) - 1; err == nil && i >= 0; i-- {
		_, err = s.AddRule(ctx, rules[i])
	}
	// Numbers are never used again. When the counter is lost, so may be the newest of the journal.
	var counted media.WatchID
	if err := db.QueryRowContext(ctx, `SELECT n FROM counter WHERE name = 'watch'`).Scan(&counted); err == nil {
		highest = max(highest, counted)
	} else {
		highest += 1000
	}
	err = s.exec(ctx, "number watches", `INSERT INTO counter (name, n) VALUES ('watch', ?)
		ON CONFLICT (name) DO UPDATE SET n = max(n, excluded.n)`, highest)
	return watches, err
}

// salvage reads a table row by row, by the ids that its index or its tree still gives.
func salvage[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query, table string, use func(T)) {
	var first, last sql.Null[int64]
	bounds := s.db.QueryRowContext(ctx, fmt.Sprintf(`SELECT min(id), max(id) FROM %s`, table))
	if bounds.Scan(&first, &last) != nil || !first.Valid {
		return
	}
	const most = 1_000_000 // a damaged number must not keep the daemon from starting
	for id := first.V; id <= last.V && id-first.V < most && ctx.Err() == nil; id++ {
		if v, err := scan(s.db.QueryRowContext(ctx, query, id)); err == nil {
			use(v)
		}
	}
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy the damaged state: %w", err)
	}
	return os.WriteFile(to, data, 0o600) //nolint:gosec // the name is our own
}

func removeAll(paths ...string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
