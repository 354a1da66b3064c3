package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/simkld/simkld/internal/media"
)

// LibraryItem is one title of an account's library, or with Rewatch one later viewing of it: rows are keyed by both
// (simkl-api.md 7.3).
type LibraryItem struct {
	Kind    media.AnswerKind
	Simkl   media.SimklID
	Rewatch int64
	// Item is Simkl's own object, Seen the episodes of it.
	Item, Seen json.RawMessage
}

// LibraryChange is what a reading of Simkl's library changes. All of it is kept, or nothing.
type LibraryChange struct {
	// Replace are kinds of which everything was read: what is not in Put is gone.
	Replace []media.AnswerKind
	// Only are kinds of which only these titles are left.
	Only map[media.AnswerKind][]media.SimklID
	// Put are titles as they are now: each with all its viewings.
	Put []LibraryItem
	// Update are rows that take the place of the same one.
	Update []LibraryItem
	// State says how far the library is read now.
	State string
}

// Library gives an account's library, of one kind or of all (""); episodes says whether Seen is wanted.
func (s *Store) Library(ctx context.Context, account string, kind media.AnswerKind, episodes bool) ([]LibraryItem, error) {
	seen := `''`
	if episodes {
		seen = `seen`
	}
	all, err := collect(ctx, s, func(sc scanner) (LibraryItem, error) {
		var it LibraryItem
		var item, seen string
		err := sc.Scan(&it.Kind, &it.Simkl, &it.Rewatch, &item, &seen)
		it.Item, it.Seen = json.RawMessage(item), json.RawMessage(seen)
		return it, err
	}, `SELECT kind, simkl, rewatch, item, `+seen+` FROM library WHERE account = ? AND (? = '' OR kind = ?)
		ORDER BY simkl, rewatch`, account, kind, kind)
	if err != nil {
		return nil, fmt.Errorf("read the library: %w", err)
	}
	return all, nil
}

// LibraryState gives how far an account's library was read, "" when it never was.
func (s *Store) LibraryState(ctx context.Context, account string) (string, error) {
	var state string
	err := s.db.QueryRowContext(ctx, `SELECT state FROM synced WHERE account = ?`, account).Scan(&state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the library: %w", err)
	}
	return state, nil
}

// ChangeLibrary keeps what was read of an account's library.
func (s *Store) ChangeLibrary(ctx context.Context, account string, c LibraryChange) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, kind := range c.Replace {
			if _, err := tx.ExecContext(ctx, `DELETE FROM library WHERE account = ? AND kind = ?`, account, kind); err != nil {
				return err
			}
		}
		for kind, ids := range c.Only {
			list, err := text(&ids)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM library WHERE account = ? AND kind = ?
				AND simkl NOT IN (SELECT value FROM json_each(?))`, account, kind, list); err != nil {
				return err
			}
		}
		for _, it := range c.Put { // a title that changed comes with all its viewings; one that was closed is not among them
			if _, err := tx.ExecContext(ctx, `DELETE FROM library WHERE account = ? AND simkl = ?`, account, it.Simkl); err != nil {
				return err
			}
		}
		for _, it := range slices.Concat(c.Put, c.Update) {
			if _, err := tx.ExecContext(ctx, `INSERT INTO library (account, kind, simkl, rewatch, item, seen) VALUES (?,?,?,?,?,?)
				ON CONFLICT (account, simkl, rewatch) DO UPDATE SET kind = excluded.kind, item = excluded.item, seen = excluded.seen`,
				account, it.Kind, it.Simkl, it.Rewatch, string(it.Item), string(it.Seen)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO synced (account, state) VALUES (?,?)
			ON CONFLICT (account) DO UPDATE SET state = excluded.state`, account, c.State)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the library: %w", err)
	}
	return nil
}
