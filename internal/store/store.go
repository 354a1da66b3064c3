// Package store is the state file of simkld: the only package that writes SQL.
//
// It owns one SQLite file with the queue (it is the queue.Store), the journal of watches, saved sessions, played
// intervals, learned rules, the cache, trusted answers, the request log and settings. Typed methods, one file each:
//
//	outbox.go     Add, Backlog, Begin, Settle, Watch, Trusted, Claim (queue.Store)
//	people.go     Queue, Unmatched, Retry, Drop, Assign, UndoUnsent: what a person does with rows
//	journal.go    NextWatch, SaveEntry, SetOutcome, Entry, LastEntry, Entries
//	sessions.go   SaveSession, DeleteSession, Sessions; SavePlayed, Played, ClearPlayed
//	rules.go      AddRule, Rules, RemoveRule
//	library.go    Library, LibraryState, ChangeLibrary
//	cache.go      Cached, Cache; SetTrusted
//	requests.go   LogRequest, Requests
//	settings.go   Setting, SetSetting, DeleteSetting
//	prune.go      Prune
//
// It promises that a method that returned nil has its change on disk, synced, whole; that one that returned an error
// changed nothing (IsFull tells a full disk); that a damaged file is moved aside and never deleted; and that the file
// of a newer simkld is left alone. Several processes may have the file open at once. It must not know what rows
// mean: when something is sent, or what counts, is decided elsewhere.
package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/simkld/simkld/queue"
)

// Store is the open state file. Its methods may be called from any goroutine.
type Store struct {
	db  *sql.DB
	now func() time.Time
}

var _ queue.Store = (*Store)(nil)

// Close closes the file.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the state: %w", err)
	}
	return nil
}

// IsFull reports whether an error says that the disk is full: nothing was written, and it may work again later.
func IsFull(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_FULL
}

// IsDamaged reports whether an error says that the file is damaged: the next Open moves it aside.
func IsDamaged(err error) bool {
	if _, ok := errors.AsType[*DamagedError](err); ok {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// write runs f in one transaction: all of it is on disk when write returns nil, else none of it.
func (s *Store) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, rollback(tx))
	}
	return tx.Commit()
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// exec runs one statement, which is a transaction of its own.
func (s *Store) exec(ctx context.Context, doing, query string, args ...any) error {
	if _, err := s.db.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// micros is how a time is stored.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// text is a value as JSON, NULL for a nil one.
func text[T any](v *T) (sql.NullString, error) {
	if v == nil {
		return sql.NullString{}, nil
	}
	b, err := json.Marshal(v)
	return sql.NullString{String: string(b), Valid: true}, err
}

// value reads JSON that text has written.
func value[T any](s sql.NullString) (T, error) {
	var v T
	err := json.Unmarshal([]byte(s.String), &v)
	return v, err
}

// readable reads JSON that text has written, nil for NULL and for what a disk has changed since: one damaged value must
// not hide the others.
func readable[T any](s sql.NullString) *T {
	if !s.Valid {
		return nil
	}
	v, err := value[T](s)
	if err != nil {
		return nil
	}
	return &v
}

type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query.
func collect[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, v)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
