package store_test

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

var update = flag.Bool("update", false, "write the kept files anew")

func TestSessionsAreKeptUntilDeleted(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	for _, data := range []string{"one", "two"} {
		if err := s.SaveSession(t.Context(), "mpv 4242", []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Sessions(t.Context())
	want := []store.SavedSession{{Key: "mpv 4242", Data: []byte("two"), Updated: noon}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := s.DeleteSession(t.Context(), "mpv 4242"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Sessions(t.Context()); len(got) != 0 || err != nil {
		t.Errorf("still %v, %v", got, err)
	}
}

func TestPlayedIntervalsLiveThirtyDays(t *testing.T) {
	t.Parallel()
	now := noon
	s := open(t, t.TempDir(), func() time.Time { return now })
	key := "/films/\xffHeat.mkv"
	p := store.Played{Spans: []store.Span{{From: 0, To: time.Minute}, {From: time.Hour, To: 2 * time.Hour}}, Length: 3 * time.Hour}
	if err := s.SavePlayed(t.Context(), key, p); err != nil {
		t.Fatal(err)
	}
	p.Updated = noon
	now = noon.Add(30 * 24 * time.Hour)
	got, err := s.Played(t.Context(), key)
	if diff := cmp.Diff(p, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	now = now.Add(time.Second)
	if got, err := s.Played(t.Context(), key); len(got.Spans) != 0 || err != nil {
		t.Errorf("after 30 days %v, %v", got, err)
	}
	if err := s.SavePlayed(t.Context(), key, p); err != nil {
		t.Fatal(err)
	}
	if err := s.ClearPlayed(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Played(t.Context(), key); len(got.Spans) != 0 || err != nil {
		t.Errorf("after a counted watch %v, %v", got, err)
	}
}

func TestTheNewestRuleOfATitleStays(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	first := store.Rule{Folder: "/tv/\xff", Title: "monogatari", IDs: media.IDs{Simkl: 1}, Kind: media.AnswerAnime}
	second := first
	second.IDs.Simkl, second.Season, second.Offset = 37089, new(1), -12
	for _, r := range []store.Rule{first, second} {
		if _, err := s.AddRule(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Rules(t.Context())
	second.ID, second.Created = 2, noon
	if diff := cmp.Diff([]store.Rule{second}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := s.RemoveRule(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if err := s.RemoveRule(t.Context(), 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestTheCacheForgetsInTime(t *testing.T) {
	t.Parallel()
	now := noon
	s := open(t, t.TempDir(), func() time.Time { return now })
	if err := s.Cache(t.Context(), "search severance", nil, time.Hour); err != nil {
		t.Fatal(err)
	}
	if v, ok, err := s.Cached(t.Context(), "search severance"); !ok || len(v) != 0 || err != nil {
		t.Errorf("an answer of nothing: %q, %v, %v", v, ok, err)
	}
	now = now.Add(time.Hour)
	if _, ok, err := s.Cached(t.Context(), "search severance"); ok || err != nil {
		t.Errorf("after it expired: %v, %v", ok, err)
	}
}

func TestWhatSimklDoesNotKnowIsForgottenWhenAPersonSaysSomethingNew(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(s *store.Store) error{
		"a correction": func(s *store.Store) error { return s.Assign(t.Context(), 1, severance(3)) },
		"a rule": func(s *store.Store) error {
			_, err := s.AddRule(t.Context(), store.Rule{Folder: "/tv", Title: "severance", IDs: media.IDs{Simkl: 7}})
			return err
		},
		"a retry": func(s *store.Store) error { _, err := s.Retry(t.Context(), 1); return err },
	} {
		s := fresh(t)
		add(t, s, row(1, 1, media.VerbWatched))
		for _, key := range []string{queue.MissingKeys + "title/x", "names/x"} {
			if err := s.Cache(t.Context(), key, nil, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if err := say(s); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.Cached(t.Context(), queue.MissingKeys+"title/x"); ok || err != nil {
			t.Errorf("%s: still not asked for (%v)", name, err)
		}
		if _, ok, err := s.Cached(t.Context(), "names/x"); !ok || err != nil {
			t.Errorf("%s: other answers are gone too (%v)", name, err)
		}
	}
}

func TestCandidatesStayWithAWatchThatIsNotRecognised(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	unknown := row(1, 1, media.VerbWatched)
	unknown.State = queue.StateUnmatched
	add(t, s, unknown)
	add(t, s, row(2, 1, media.VerbWatched))
	crash := []media.Answer{{Kind: media.AnswerMovie, Title: "Crash", Year: 2004, IDs: media.IDs{Simkl: 9}}}
	for _, id := range []media.WatchID{1, 2, 3} {
		if err := s.SetCandidates(t.Context(), id, crash); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.Queue(t.Context())
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff(crash, rows[0].Candidates); diff != "" || rows[0].State != queue.StateUnmatched || len(rows[1].Candidates) != 0 {
		t.Error(diff, rows)
	}
}

// A pause of a watch that is not recognised is handed to the sender before it is written, so the sender does not know
// which candidates Add gave it.
func TestCandidatesSurviveALaterCallThatEndsUnmatched(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	start := row(1, 1, media.VerbStart)
	start.State = queue.StateUnmatched
	start.Candidates = []media.Answer{{Kind: media.AnswerMovie, Title: "Crash", Year: 2004, IDs: media.IDs{Simkl: 9}}}
	start = add(t, s, start)
	watch := queue.Watch{ID: 1, LastSeq: 1, State: queue.StateUnmatched}
	if err := s.Settle(t.Context(), []queue.Change{{Row: start, Watch: watch}}); err != nil {
		t.Fatal(err)
	}

	pause := add(t, s, row(1, 2, media.VerbPause))
	pause.State, pause.Candidates = queue.StateUnmatched, nil
	if err := s.Settle(t.Context(), []queue.Change{{Row: pause, Watch: watch}}); err != nil {
		t.Fatal(err)
	}
	add(t, s, row(1, 3, media.VerbWatched))
	rows, err := s.Unmatched(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff(start.Candidates, rows[0].Candidates); diff != "" || !rows[0].Watched() {
		t.Error(diff, rows)
	}
}

func TestSettingsAreRemembered(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	if _, ok, err := s.Setting(t.Context(), "port"); ok || err != nil {
		t.Errorf("before: %v, %v", ok, err)
	}
	if err := s.SetSetting(t.Context(), "port", "7777"); err != nil {
		t.Fatal(err)
	}
	if v, ok, err := s.Setting(t.Context(), "port"); v != "7777" || !ok || err != nil {
		t.Errorf("%q, %v, %v", v, ok, err)
	}
	if err := s.DeleteSetting(t.Context(), "port"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Setting(t.Context(), "port"); ok || err != nil {
		t.Errorf("after: %v, %v", ok, err)
	}
}

func TestPruneForgetsWhatIsOldAndKeepsTheJournal(t *testing.T) {
	t.Parallel()
	now := noon
	s := open(t, t.TempDir(), func() time.Time { return now })
	r := store.Request{
		Time: noon, Method: "GET", Path: "/sync/activities", Query: map[string]string{"client_id": "…"},
		Status: 200, Latency: 80 * time.Millisecond, UserAgent: "simkld/1",
	}
	if _, err := s.LogRequest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	save(t, s, entry(1))
	add(t, s, row(2, 1, media.VerbWatched))
	r.ID = 1
	now = noon.Add(24 * time.Hour)
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := s.Requests(t.Context(), noon)
	if diff := cmp.Diff([]store.Request{r}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	now = noon.Add(365 * 24 * time.Hour)
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Requests(t.Context(), noon); len(got) != 0 || err != nil {
		t.Errorf("requests of last year: %v, %v", got, err)
	}
	load(t, s, 1)
	if _, added, err := s.Add(t.Context(), row(2, 1, media.VerbWatched)); added || err != nil {
		t.Errorf("a call that still waits was put again: %v", err)
	}
}

// TestTwoProcessesWriteAtOnce: neither is refused because the other writes.
func TestTwoProcessesWriteAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*store.Store{open(t, dir, nil), open(t, dir, nil)}
	var wg sync.WaitGroup
	for n, s := range stores {
		wg.Go(func() {
			for i := range 30 {
				r := row(media.WatchID(n*100+i+1), 1, media.VerbWatched)
				if _, _, err := s.Add(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(pending(t, stores[0])); got != 60 {
		t.Errorf("%d rows", got)
	}
}

// TestFilesOfEarlierSchemasAreRead opens a kept file of each schema that was ever released.
func TestFilesOfEarlierSchemasAreRead(t *testing.T) {
	t.Parallel()
	const kept = "testdata/schema-1.db"
	if *update {
		writeKept(t, kept)
	}
	dir := t.TempDir()
	data, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, store.FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, func() time.Time { return noon })
	want := row(2, 1, media.VerbWatched)
	want.ID = 1
	if diff := cmp.Diff(want, pending(t, s)[0], ignoreInside); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(entry(1), load(t, s, 1)); diff != "" {
		t.Error(diff)
	}
	if id, err := s.NextWatch(t.Context()); id != 2 || err != nil {
		t.Errorf("next watch %d, %v", id, err)
	}
	if rules, err := s.Rules(t.Context()); len(rules) != 1 || err != nil {
		t.Errorf("rules %v, %v", rules, err)
	}
}

func writeKept(t *testing.T, path string) {
	t.Helper()
	dir := t.TempDir()
	s, _, err := store.Open(t.Context(), dir, store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.NextWatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	save(t, s, entry(1))
	add(t, s, row(2, 1, media.VerbWatched))
	if _, err := s.AddRule(t.Context(), store.Rule{Folder: "/tv", Title: "x", IDs: media.IDs{Simkl: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(from.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
}
