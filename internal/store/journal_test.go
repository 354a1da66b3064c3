package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

func entry(id media.WatchID) store.Entry {
	return store.Entry{
		ID: id, Match: severance(3), Path: "/tv/\xff.mkv", Player: "mpv", Length: 45 * time.Minute,
		Started: noon, Account: "v1:7", Progress: 12.5, Played: 12.25, Chain: []byte(`[{"rule":"start_after"}]`),
	}
}

func save(t *testing.T, s *store.Store, e store.Entry) {
	t.Helper()
	if err := s.SaveEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, s *store.Store, id media.WatchID) store.Entry {
	t.Helper()
	e, err := s.Entry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAnEntryComesBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	want := entry(1)
	want.Ended, want.Outcome, want.Reason = noon.Add(time.Hour), store.OutcomeNotCounted, media.ReasonNotPlayed
	want.Answer = &media.Answer{Kind: media.AnswerShow, Title: "Severance", IDs: media.IDs{Simkl: 1109411}}
	save(t, s, want)
	if diff := cmp.Diff(want, load(t, s, 1)); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Entry(t.Context(), 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an entry that is not there: %v", err)
	}
}

func TestWhatTheQueueFoundOutStaysInTheJournal(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	save(t, s, entry(1))
	r := add(t, s, row(1, 1, media.VerbWatched))
	if got := load(t, s, 1); got.Outcome != store.OutcomeQueued || !got.WatchedAt.Equal(noon) || got.Length == 0 {
		t.Errorf("after Put: %+v", got)
	}
	answer := media.Answer{Kind: media.AnswerShow, Title: "Severance", IDs: media.IDs{Simkl: 1109411}}
	err := s.Settle(t.Context(), []queue.Change{{
		Row: r, Gone: true, Sent: true, Watch: queue.Watch{ID: 1, LastSeq: 1},
		Outcome: queue.Outcome{Class: queue.Done, Via: "history", Answer: &answer},
	}})
	if err != nil {
		t.Fatal(err)
	}
	// The session runner writes its last word after the watch was sent.
	late := entry(1)
	late.Ended, late.Outcome, late.Played, late.Chain = noon.Add(time.Hour), store.OutcomeNotCounted, 97, nil
	save(t, s, late)
	got := load(t, s, 1)
	if got.Outcome != store.OutcomeSent || got.Via != "history" || got.Answer == nil || got.Answer.IDs.Simkl != 1109411 ||
		got.Played != 97 || got.Ended.IsZero() || len(got.Chain) == 0 {
		t.Errorf("journal says %+v", got)
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	for i := range 5 {
		e := entry(media.WatchID(i + 1))
		e.WatchedAt = noon.Add(time.Duration(i%3) * time.Hour) // 12, 13, 14, 12, 13
		save(t, s, e)
	}
	ids := func(since time.Time, limit int) string {
		all, err := s.Entries(t.Context(), since, limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []media.WatchID
		for _, e := range all {
			got = append(got, e.ID)
		}
		return fmt.Sprint(got)
	}
	for got, want := range map[string]string{
		ids(time.Time{}, 0):           "[3 5 2 4 1]",
		ids(time.Time{}, 2):           "[3 5]",
		ids(noon.Add(time.Minute), 0): "[3 5 2]",
	} {
		if got != want {
			t.Errorf("history %s, want %s", got, want)
		}
	}
	if err := s.SetOutcome(t.Context(), 4, store.OutcomeUndone, ""); err != nil {
		t.Fatal(err)
	}
	if e, err := s.LastEntry(t.Context(), store.OutcomeSent, store.OutcomeUndone); err != nil || e.ID != 4 {
		t.Errorf("last undone is %d, %v", e.ID, err)
	}
	if err := s.SetOutcome(t.Context(), 9, store.OutcomeUndone, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("outcome of nothing: %v", err)
	}
}

func TestOutcomesAreTheContract(t *testing.T) {
	t.Parallel()
	got := []store.Outcome{
		store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead,
		store.OutcomeUndone, store.OutcomeDropped, store.OutcomeNotCounted,
	}
	want := []store.Outcome{"sent", "queued", "unmatched", "dead", "undone", "dropped", "not-counted"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
