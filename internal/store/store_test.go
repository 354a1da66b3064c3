package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, now func() time.Time) *store.Store {
	t.Helper()
	s, damage, err := store.Open(t.Context(), dir, store.Options{Now: now})
	if err != nil || damage != nil {
		t.Fatalf("Open: %v, damage %v", err, damage)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fresh(t *testing.T) *store.Store {
	t.Helper()
	return open(t, t.TempDir(), func() time.Time { return noon })
}

func severance(episode media.Number) media.Match {
	return media.Match{
		Kind: media.KindEpisode, Title: "Severance", Year: 2022, Season: new(2),
		Episodes: []media.Number{episode}, Absolute: []media.Number{}, Confidence: 0.98, Source: "file name",
	}
}

func row(watch media.WatchID, seq int, verb media.Verb) queue.Row {
	return queue.Row{State: queue.StatePending, Account: "v1:7", CreatedAt: noon, Call: media.Call{
		Watch: watch, Seq: seq, Verb: verb, Match: severance(3), Progress: 41.66, At: noon,
		Path: "/tv/\xff\xfe.mkv", Player: "mpv",
	}}
}

func add(t *testing.T, s *store.Store, r queue.Row) queue.Row {
	t.Helper()
	stored, added, err := s.Add(t.Context(), r)
	if err != nil || !added {
		t.Fatalf("Add(%d/%d %s) = %v, %v", r.Watch, r.Seq, r.Verb, added, err)
	}
	return stored
}

func pending(t *testing.T, s *store.Store) []queue.Row {
	t.Helper()
	b, err := s.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b.Pending
}

var ignoreInside = cmp.FilterPath(func(p cmp.Path) bool {
	return p.Last().String() == ".refuted" || p.Last().String() == ".fresh"
}, cmp.Ignore())

func TestARowComesBackAsItWasPut(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	want := add(t, s, row(1, 1, media.VerbWatched))
	if diff := cmp.Diff([]queue.Row{want}, pending(t, s), ignoreInside); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameCallAgainMakesNoSecondRow(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	r := add(t, s, row(1, 1, media.VerbWatched))
	if _, added, err := s.Add(t.Context(), row(1, 1, media.VerbWatched)); err != nil || added {
		t.Errorf("again: %v, %v", added, err)
	}
	change := queue.Change{Row: r, Gone: true, Sent: true, Watch: queue.Watch{ID: 1, LastSeq: 1}}
	if err := s.Settle(t.Context(), []queue.Change{change}); err != nil {
		t.Fatal(err)
	}
	if _, added, err := s.Add(t.Context(), row(1, 1, media.VerbWatched)); err != nil || added {
		t.Errorf("again after it was sent: %v, %v", added, err)
	}
	if got := pending(t, s); len(got) != 0 {
		t.Errorf("pending %v", got)
	}
}

func TestANewerCallReplacesLiveOnesButNeverAWatch(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	add(t, s, row(1, 1, media.VerbStart))
	add(t, s, row(1, 2, media.VerbPause))
	add(t, s, row(2, 1, media.VerbPause))
	add(t, s, row(1, 3, media.VerbWatched))
	add(t, s, row(1, 4, media.VerbStart))
	var got []media.Verb
	for _, r := range pending(t, s) {
		got = append(got, r.Verb)
	}
	if diff := cmp.Diff([]media.Verb{media.VerbPause, media.VerbWatched, media.VerbStart}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFolderAndFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "simkld")
	s := open(t, dir, nil)
	add(t, s, row(1, 1, media.VerbWatched))
	for name, want := range map[string]fs.FileMode{".": 0o700, "state.db": 0o600, "state.db-wal": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestAnotherProcessReadsAndWritesMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	daemon, command := open(t, dir, nil), open(t, dir, nil)
	r := add(t, daemon, row(1, 1, media.VerbWatched))
	if n, err := command.Drop(t.Context(), 1); err != nil || n != 1 {
		t.Fatalf("Drop = %d, %v", n, err)
	}
	there, err := daemon.Begin(t.Context(), []queue.Row{r})
	if err != nil || len(there) != 0 {
		t.Errorf("Begin of a dropped row = %v, %v", there, err)
	}
	e, err := daemon.Entry(t.Context(), 1)
	if err != nil || e.Outcome != store.OutcomeDropped {
		t.Errorf("journal says %q, %v", e.Outcome, err)
	}
}

func TestNumbersOfWatchesAreNeverUsedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var last media.WatchID
	for range 3 {
		s, _, err := store.Open(t.Context(), dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			id, err := s.NextWatch(t.Context())
			if err != nil || id != last+1 {
				t.Fatalf("NextWatch = %d, %v after %d", id, err, last)
			}
			last = id
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWatchInDoubtIsNotUndone(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	r := add(t, s, row(1, 1, media.VerbWatched))
	if _, err := s.Begin(t.Context(), []queue.Row{r}); err != nil {
		t.Fatal(err)
	}
	if err := s.UndoUnsent(t.Context(), 1); !errors.Is(err, store.ErrInDoubt) {
		t.Errorf("UndoUnsent of a row in flight: %v", err)
	}
	if err := s.UndoUnsent(t.Context(), 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UndoUnsent of nothing: %v", err)
	}
	if err := s.Settle(t.Context(), []queue.Change{{Row: r, Watch: queue.Watch{ID: 1, LastSeq: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.UndoUnsent(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if e, err := s.Entry(context.WithoutCancel(t.Context()), 1); err != nil || e.Outcome != store.OutcomeUndone {
		t.Errorf("journal says %q, %v", e.Outcome, err)
	}
}

func TestAFullDiskIsSaidAndNothingIsHalf(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	add(t, s, row(1, 1, media.VerbStart))
	if err := s.Room(t.Context(), 1); err != nil { // fewer than there are: the file cannot grow at all
		t.Fatal(err)
	}
	var err error
	var last media.WatchID
	for id := media.WatchID(2); id < 500 && err == nil; id++ {
		last = id
		_, _, err = s.Add(t.Context(), row(id, 1, media.VerbWatched))
	}
	if !store.IsFull(err) {
		t.Fatalf("a full disk is %v", err)
	}
	if got := len(pending(t, s)); got != int(last)-1 {
		t.Errorf("%d rows after %d were promised", got, last-1)
	}
	if _, err := s.Entry(t.Context(), last); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the journal has half of what failed: %v", err)
	}
	if err := s.Room(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	add(t, s, row(last, 1, media.VerbWatched))
}

func TestTheFirstAccountGetsTheWatchesFromBeforeIt(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	for i, account := range []string{"", "", "v1:8"} {
		r := row(media.WatchID(i+1), 1, media.VerbWatched)
		r.Account = account
		add(t, s, r)
	}
	for _, want := range []int{2, 0} {
		if n, err := s.Claim(t.Context(), "v1:7"); n != want || err != nil {
			t.Errorf("Claim = %d, %v, want %d", n, err, want)
		}
	}
	if e := load(t, s, 3); e.Account != "v1:8" {
		t.Errorf("watch 3 belongs to %q", e.Account)
	}
	if e := load(t, s, 1); e.Account != "v1:7" {
		t.Errorf("watch 1 belongs to %q", e.Account)
	}
}
