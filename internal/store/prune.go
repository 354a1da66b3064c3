package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	keepRequests = 24 * time.Hour
	keepPlayed   = 30 * 24 * time.Hour
	// keepWatches: a watch is over long before, and its number is not used again.
	keepWatches = 30 * 24 * time.Hour
)

// Prune forgets what is too old: requests after 24 hours, played intervals and what the queue remembers of ended watches
// after 30 days, cached answers once expired. The journal is kept. The daemon calls it once a day and at start.
func (s *Store) Prune(ctx context.Context) error {
	now := s.now()
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, p := range []struct {
			query  string
			before time.Time
		}{
			{`DELETE FROM requests WHERE at < ?`, now.Add(-keepRequests)},
			{`DELETE FROM played WHERE updated < ?`, now.Add(-keepPlayed)},
			{`DELETE FROM cache WHERE expires < ?`, now},
			{`DELETE FROM watches WHERE updated < ? AND id NOT IN (SELECT watch FROM outbox)`, now.Add(-keepWatches)},
		} {
			if _, err := tx.ExecContext(ctx, p.query, micros(p.before)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("prune the state: %w", err)
	}
	return nil
}
