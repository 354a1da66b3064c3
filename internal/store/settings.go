package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Setting gives a value that the program remembers for itself, and whether there is one.
func (s *Store) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT value FROM settings WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read %s: %w", key, err)
	}
	return value, true, nil
}

// SetSetting remembers a value.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	return s.exec(ctx, "write "+key, `INSERT INTO settings (key, value) VALUES (?,?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}

// DeleteSetting forgets a value.
func (s *Store) DeleteSetting(ctx context.Context, key string) error {
	return s.exec(ctx, "forget "+key, `DELETE FROM settings WHERE key = ?`, key)
}
