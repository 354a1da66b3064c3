package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// Cached gives a kept answer of Simkl that has not expired. An empty value may be kept too: "there is none".
func (s *Store) Cached(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT value FROM cache WHERE key = ? AND expires > ?`, key,
		micros(s.now())).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the cache: %w", err)
	}
	return value, true, nil
}

// Cache keeps an answer for a while.
func (s *Store) Cache(ctx context.Context, key string, value []byte, keep time.Duration) error {
	if value == nil {
		value = []byte{}
	}
	return s.exec(ctx, "write the cache", `INSERT INTO cache (key, value, expires) VALUES (?,?,?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
		key, value, micros(s.now().Add(keep)))
}

// forgetMissing lets everything be asked of Simkl again (queue.MissingKeys).
func forgetMissing(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM cache WHERE substr(key, 1, ?) = ?`, len(queue.MissingKeys), queue.MissingKeys)
	return err
}

// Trusted is queue.Store's Trusted.
func (s *Store) Trusted(ctx context.Context, key string) (*media.Answer, error) {
	var answer sql.NullString
	err := s.db.QueryRowContext(ctx, `SELECT answer FROM trusted WHERE key = ?`, key).Scan(&answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is trusted yet, which is not an error
	}
	if err != nil {
		return nil, fmt.Errorf("read a trusted answer: %w", err)
	}
	return readable[media.Answer](answer), nil
}

// SetTrusted keeps an answer for a queue.TrustKey, or forgets it when answer is nil.
func (s *Store) SetTrusted(ctx context.Context, key string, answer *media.Answer) error {
	if answer == nil {
		return s.exec(ctx, "forget a trusted answer", `DELETE FROM trusted WHERE key = ?`, key)
	}
	err := s.write(ctx, func(tx *sql.Tx) error { return s.saveTrusted(ctx, tx, key, *answer) })
	if err != nil {
		return fmt.Errorf("keep a trusted answer: %w", err)
	}
	return nil
}

func (s *Store) saveTrusted(ctx context.Context, tx *sql.Tx, key string, a media.Answer) error {
	a.Action, a.Playback, a.RewatchID, a.RewatchStatus = "", 0, 0, "" // of that one call, not of the title
	answer, err := text(&a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO trusted (key, answer, updated) VALUES (?,?,?)
		ON CONFLICT (key) DO UPDATE SET answer = excluded.answer, updated = excluded.updated`,
		key, answer, micros(s.now()))
	return err
}
