package queue_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

// world is a Simkl that remembers what it was told and breaks the test when a law is broken. Its answers come from a list
// that rapid drew, so that a failure can be replayed.
type world struct {
	mu      sync.Mutex
	answers []queue.Outcome
	next    int
	// history counts how often a watch was recorded, with the time it was recorded for.
	history map[media.WatchID][]time.Time
	// open are the watches whose start was accepted and not closed, closing those of them that have a closing call put.
	open, closing map[media.WatchID]bool
	// last is the newest watch of a title that was recorded.
	last   map[string]media.WatchID
	broken []string
	flying bool
}

func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// answer draws what happens to a call. In a good world everything succeeds.
func (w *world) answer() queue.Outcome {
	if w.next >= len(w.answers) {
		return queue.Outcome{Class: queue.Done}
	}
	w.next++
	return w.answers[w.next-1]
}

// enter is the beginning of a call: it takes a while, so that calls may be put meanwhile.
func (w *world) enter() {
	w.mu.Lock()
	if w.flying {
		w.breaks("two calls in flight")
	}
	w.flying = true
	w.mu.Unlock()
	time.Sleep(300 * time.Millisecond)
	w.mu.Lock()
	w.flying = false
}

func (w *world) record(row queue.Row) {
	if len(w.history[row.Watch]) > 0 && !row.Doubtful {
		w.breaks("watch %d was sent twice", row.Watch)
	}
	if row.Doubtful && len(w.history[row.Watch]) > 0 {
		return // Simkl has it, and a repeat in its history is a no-op
	}
	if last := w.last[row.Match.Title]; last > row.Watch {
		w.breaks("watch %d of %s was sent after %d", row.Watch, row.Match.Title, last)
	}
	w.last[row.Match.Title] = row.Watch
	w.history[row.Watch] = append(w.history[row.Watch], row.At)
	delete(w.open, row.Watch)
}

// outcome plays one call. Arrived means that the effect took place and the answer was lost.
func (w *world) outcome(row queue.Row, kind string) queue.Outcome {
	out := w.answer()
	if out.Class != queue.Done && !out.Arrived {
		ends := []queue.Class{queue.Refused, queue.TooMany, queue.Mistaken, queue.Odd, queue.Locked}
		if slices.Contains(ends, out.Class) {
			delete(w.closing, row.Watch) // it may have ended as dead, unmatched or dropped, and then holds no longer
		}
		return out
	}
	switch {
	case kind == "confirm":
		out.Answer = &media.Answer{Kind: media.AnswerShow, Title: row.Match.Title, IDs: media.IDs{Simkl: 5}}
	case kind == "takeback":
	case row.Verb == media.VerbWatched:
		w.record(row)
	case row.Verb == media.VerbStart:
		for id := range w.closing {
			if id != row.Watch && w.open[id] {
				w.breaks("start of watch %d before the closing call of %d", row.Watch, id)
			}
		}
		w.open[row.Watch] = true
		delete(w.closing, row.Watch)
	default:
		delete(w.open, row.Watch)
	}
	return out
}

func (w *world) one(row queue.Row, kind string) queue.Outcome {
	w.enter()
	defer w.mu.Unlock()
	return w.outcome(row, kind)
}

func (w *world) Send(_ context.Context, row queue.Row) queue.Outcome { return w.one(row, "send") }

func (w *world) Confirm(_ context.Context, row queue.Row) queue.Outcome { return w.one(row, "confirm") }

func (w *world) TakeBack(_ context.Context, row queue.Row) queue.Outcome {
	return w.one(row, "takeback")
}

func (w *world) SendHistory(_ context.Context, rows []queue.Row) []queue.Outcome {
	w.enter()
	defer w.mu.Unlock()
	if len(rows) > queue.MaxBatch {
		w.breaks("a batch of %d", len(rows))
	}
	var outs []queue.Outcome
	for _, row := range rows {
		out := w.outcome(row, "history")
		if len(outs) == 0 && out.Class != queue.Done && out.Class != queue.Mistaken {
			return slices.Repeat([]queue.Outcome{out}, len(rows)) // a call that failed as a whole
		}
		outs = append(outs, out)
	}
	return outs
}

func drawOutcome() *rapid.Generator[queue.Outcome] {
	return rapid.Custom(func(t *rapid.T) queue.Outcome {
		return rapid.SampledFrom([]queue.Outcome{
			{Class: queue.Done},
			{Class: queue.Done},
			{Class: queue.Done},
			{Class: queue.Unreachable},
			{Class: queue.Unreachable, Arrived: true},
			{Class: queue.Unreachable, Status: 500, Arrived: true},
			{Class: queue.Unreachable, Status: 502},
			{Class: queue.Locked},
			{Class: queue.Odd},
			{Class: queue.Crowded},
			{Class: queue.Spared},
			{Class: queue.Held, RetryAfter: time.Minute},
			{Class: queue.LoginNeeded},
			{Class: queue.TooMany},
			{Class: queue.Mistaken},
			{Class: queue.Refused},
			{Class: "of tomorrow"},
		}).Draw(t, "outcome")
	})
}

// TestLawsOfTheQueue drives a queue with anything that may happen and compares with a model that knows only what was put:
// each finished watch is in the history exactly once with its time, unless it is kept as unmatched or dead.
func TestLawsOfTheQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		answers := rapid.SliceOfN(drawOutcome(), 0, 60).Draw(rt, "answers")
		steps := rapid.SliceOfN(rapid.IntRange(0, 99), 1, 40).Draw(rt, "steps")
		var broken []string
		synctest.Test(t, func(t *testing.T) { broken = live(t, answers, steps) })
		if len(broken) > 0 {
			rt.Fatalf("broken: %v", broken)
		}
	})
}

// live is one evening: each step is a call or something that happens.
func live(t *testing.T, answers []queue.Outcome, steps []int) []string {
	w := &world{
		answers: answers, history: map[media.WatchID][]time.Time{}, open: map[media.WatchID]bool{},
		closing: map[media.WatchID]bool{}, last: map[string]media.WatchID{},
	}
	dir := t.TempDir()
	var (
		q     *queue.Queue
		s     *store.Store
		stop  func()
		watch media.WatchID
		seq   int
		put   = map[media.WatchID]time.Time{}
		match media.Match
	)
	boot := func() {
		var err error
		if s, _, err = store.Open(context.Background(), dir, store.Options{}); err != nil {
			t.Fatal(err)
		}
		q = queue.New(s, w, queue.Config{LiveMaxAge: 10 * time.Minute})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { // ends with ctx
			defer close(done)
			if err := q.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		q.SetAccount("v1:7")
		stop = func() {
			cancel()
			<-done
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	next := func(n int) {
		watch, seq = watch+1, 0
		match = episode(fmt.Sprint("Show ", n%3), int(watch))
		if n%2 == 0 {
			match.IDs.IMDB = fmt.Sprint("tt", n%3)
		}
	}
	call := func(verb media.Verb, progress float64) {
		seq++
		c := media.Call{Watch: watch, Seq: seq, Verb: verb, Match: match, Progress: progress, At: time.Now().UTC().Truncate(time.Microsecond)}
		w.mu.Lock()
		if verb == media.VerbWatched {
			put[watch] = c.At
		}
		if verb != media.VerbStart && w.open[watch] && !w.flying {
			w.closing[watch] = true
		}
		w.mu.Unlock()
		for range 2 { // the second time makes no second row
			if err := q.Put(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	boot()
	next(0)
	for _, n := range steps {
		switch {
		case n < 25:
			call(media.VerbStart, float64(n))
		case n < 40:
			call(media.VerbPause, float64(n))
		case n < 45:
			call(media.VerbStop, float64(n-40)/2)
			next(n)
		case n < 65:
			call(media.VerbWatched, 100)
			next(n)
		case n < 70:
			stop()
			boot()
		case n < 75:
			q.SetAccount("v1:7")
		case n < 80:
			q.NetworkBack()
		default:
			time.Sleep(time.Duration(n-79) * time.Duration(n-79) * 2 * time.Second)
		}
	}
	// In the end the world is good, for long enough.
	w.mu.Lock()
	w.next = len(w.answers)
	w.mu.Unlock()
	q.SetAccount("v1:7")
	time.Sleep(3 * time.Hour)
	synctest.Wait()
	rows, err := s.Queue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	stop()

	kept := map[media.WatchID]bool{}
	for _, row := range rows {
		if row.State == queue.StatePending {
			w.breaks("%s of watch %d still waits", row.Verb, row.Watch)
		}
		if kept[row.Watch] {
			w.breaks("watch %d has two rows", row.Watch)
		}
		kept[row.Watch] = true
	}
	for _, id := range slices.Sorted(maps.Keys(put)) {
		switch times := w.history[id]; {
		case len(times) == 0 && !kept[id]:
			w.breaks("watch %d is lost", id)
		case len(times) > 1:
			w.breaks("watch %d is there %d times", id, len(times))
		case len(times) == 1 && !times[0].Equal(put[id]):
			w.breaks("watch %d has the time %v, not %v", id, times[0], put[id])
		}
	}
	return w.broken
}
