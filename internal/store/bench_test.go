package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

// grown gives a state folder with that many entries in the journal and watches in the queue.
func grown(b *testing.B, entries, queued int) string {
	b.Helper()
	dir := b.TempDir()
	s, _, err := store.Open(b.Context(), dir, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.SaveEntry(b.Context(), entry(1)); err != nil {
		b.Fatal(err)
	}
	if _, _, err := s.Add(b.Context(), row(1, 1, media.VerbWatched)); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	// The rows are multiplied inside the file: writing each with a sync of its own would take minutes.
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for table, n := range map[string]int{"journal": entries, "outbox": queued, "watches": queued} {
		id, columns := "id", map[string]string{
			"journal": "match, path, player, length, started, ended, watched_at, sorted + n, outcome, via, answer, account, progress, played, reason, chain",
			"outbox":  "n + 1, seq, verb, match, progress, at, path, player, account, state, form, attempts, locks, odds, next_at, patient, doubtful, playback, answer, candidates, last_error, created_at",
			"watches": "last_seq, start, calls, form, state, updated",
		}[table]
		_, err := db.ExecContext(b.Context(), fmt.Sprintf(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)
			INSERT INTO %s SELECT %s + n, %s FROM %s, c WHERE id = 1`, max(n-1, 1), table, id, columns, table))
		if err != nil {
			b.Fatal(table, err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// sizes are those of issue "never lost": nothing may take more than twice as long with the large ones.
var sizes = []struct{ entries, queued int }{{10, 2}, {100_000, 10_000}}

func each(b *testing.B, f func(b *testing.B, dir string)) {
	for _, size := range sizes {
		dir := grown(b, size.entries, size.queued)
		b.Run(fmt.Sprintf("journal=%d/queue=%d", size.entries, size.queued), func(b *testing.B) { f(b, dir) })
	}
}

func BenchmarkOpen(b *testing.B) {
	each(b, func(b *testing.B, dir string) {
		if info, err := os.Stat(filepath.Join(dir, store.FileName)); err == nil {
			b.ReportMetric(float64(info.Size())/1e6, "MB")
		}
		for b.Loop() {
			s, _, err := store.Open(b.Context(), dir, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func with(b *testing.B, f func(s *store.Store, i int) error) {
	b.Helper()
	each(b, func(b *testing.B, dir string) {
		s, _, err := store.Open(b.Context(), dir, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		i := 1_000_000
		for b.Loop() {
			i++
			if err := f(s, i); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	with(b, func(s *store.Store, i int) error {
		_, _, err := s.Add(b.Context(), row(media.WatchID(i), 1, media.VerbWatched))
		return err
	})
}

func BenchmarkHistory(b *testing.B) {
	with(b, func(s *store.Store, _ int) error {
		_, err := s.Entries(b.Context(), time.Time{}, 20)
		return err
	})
}

func BenchmarkSavePosition(b *testing.B) {
	with(b, func(s *store.Store, i int) error {
		return s.SaveSession(b.Context(), "mpv 4242", fmt.Append(nil, i))
	})
}
