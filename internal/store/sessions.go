package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SavedSession is what the session runner wants back after a crash: bytes that only it understands.
type SavedSession struct {
	Key     string
	Data    []byte
	Updated time.Time
}

// SaveSession writes the state of one session.
func (s *Store) SaveSession(ctx context.Context, key string, data []byte) error {
	return s.exec(ctx, "save session "+key, `INSERT INTO sessions (key, data, updated) VALUES (?,?,?)
		ON CONFLICT (key) DO UPDATE SET data = excluded.data, updated = excluded.updated`, key, data, micros(s.now()))
}

// DeleteSession forgets one session.
func (s *Store) DeleteSession(ctx context.Context, key string) error {
	return s.exec(ctx, "forget session "+key, `DELETE FROM sessions WHERE key = ?`, key)
}

// Sessions lists the saved sessions, oldest change first.
func (s *Store) Sessions(ctx context.Context) ([]SavedSession, error) {
	all, err := collect(ctx, s, func(sc scanner) (SavedSession, error) {
		var ss SavedSession
		var updated int64
		err := sc.Scan(&ss.Key, &ss.Data, &updated)
		ss.Updated = fromMicros(updated)
		return ss, err
	}, `SELECT key, data, updated FROM sessions ORDER BY updated, key`)
	if err != nil {
		return nil, fmt.Errorf("read the saved sessions: %w", err)
	}
	return all, nil
}

// Span is a stretch of media time that really played.
type Span struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Played is what really played of one item, in all sittings together.
type Played struct {
	Spans   []Span
	Length  time.Duration
	Updated time.Time
}

// SavePlayed writes what played of an item. The key names the item; its bytes need not be UTF-8.
func (s *Store) SavePlayed(ctx context.Context, key string, p Played) error {
	spans, err := text(&p.Spans)
	if err != nil {
		return fmt.Errorf("save what played: %w", err)
	}
	return s.exec(ctx, "save what played", `INSERT INTO played (key, spans, length, updated) VALUES (?,?,?,?)
		ON CONFLICT (key) DO UPDATE SET spans = excluded.spans, length = excluded.length, updated = excluded.updated`,
		[]byte(key), spans, int64(p.Length), micros(s.now()))
}

// Played gives what played of an item within the last 30 days, zero when nothing did.
func (s *Store) Played(ctx context.Context, key string) (Played, error) {
	var p Played
	var spans sql.NullString
	var updated int64
	err := s.db.QueryRowContext(ctx, `SELECT spans, length, updated FROM played WHERE key = ? AND updated >= ?`,
		[]byte(key), micros(s.now().Add(-keepPlayed))).Scan(&spans, &p.Length, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return Played{}, nil
	}
	if err != nil {
		return Played{}, fmt.Errorf("read what played: %w", err)
	}
	if list := readable[[]Span](spans); list != nil {
		p.Spans = *list
	}
	p.Updated = fromMicros(updated)
	return p, nil
}

// ClearPlayed forgets what played of an item: its watch counted.
func (s *Store) ClearPlayed(ctx context.Context, key string) error {
	return s.exec(ctx, "forget what played", `DELETE FROM played WHERE key = ?`, []byte(key))
}
