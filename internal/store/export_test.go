package store

import (
	"context"
	"fmt"
)

// Room lets the file grow to at most that many pages, as a disk that is full does; 0 for no limit.
func (s *Store) Room(ctx context.Context, pages int) error {
	if pages == 0 {
		pages = 1 << 30
	}
	var got int
	return s.db.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got)
}
