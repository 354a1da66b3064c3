package store

import (
	"context"
	"database/sql"
	"fmt"
)

// RenameAccount gives everything of one account's name to another name of the same account: its number on Simkl, once
// that is known.
func (s *Store) RenameAccount(ctx context.Context, from, to string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, query := range []string{
			`UPDATE outbox SET account = ? WHERE account = ?`,
			`UPDATE journal SET account = ? WHERE account = ?`,
			`UPDATE OR REPLACE library SET account = ? WHERE account = ?`,
			`UPDATE OR REPLACE synced SET account = ? WHERE account = ?`,
		} {
			if _, err := tx.ExecContext(ctx, query, to, from); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("rename an account: %w", err)
	}
	return nil
}
