package queue_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

// simkl is a Sender that plays Simkl: it writes down what it is sent and answers as it is told.
type simkl struct {
	start time.Time

	mu      sync.Mutex
	log     []string
	answer  func(kind string, row queue.Row) queue.Outcome
	batches []int
}

func (f *simkl) call(kind string, row queue.Row) queue.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := fmt.Sprintf("%s %s", kind, row.Match.Label())
	if kind == "send" {
		line = fmt.Sprintf("%s %s %v", row.Verb, row.Match.Label(), row.Progress)
	}
	if row.Form > 0 {
		line += fmt.Sprintf(" form %d", row.Form)
	}
	f.log = append(f.log, line)
	if f.answer == nil {
		return queue.Outcome{Class: queue.Done, Via: "scrobble"}
	}
	return f.answer(kind, row)
}

func (f *simkl) Send(_ context.Context, row queue.Row) queue.Outcome { return f.call("send", row) }

func (f *simkl) SendHistory(_ context.Context, rows []queue.Row) []queue.Outcome {
	f.mu.Lock()
	f.batches = append(f.batches, len(rows))
	f.mu.Unlock()
	var outs []queue.Outcome
	for _, row := range rows {
		outs = append(outs, f.call("history", row))
	}
	return outs
}

func (f *simkl) Confirm(_ context.Context, row queue.Row) queue.Outcome {
	return f.call("confirm", row)
}

func (f *simkl) TakeBack(_ context.Context, row queue.Row) queue.Outcome {
	return f.call("takeback", row)
}

// take gives what was sent since the last time.
func (f *simkl) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := strings.Join(f.log, "\n")
	f.log = nil
	return got
}

func (f *simkl) answers(answer func(kind string, row queue.Row) queue.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// always answers everything alike.
func always(out queue.Outcome) func(string, queue.Row) queue.Outcome {
	return func(string, queue.Row) queue.Outcome { return out }
}

// bench is a queue on a real store with a Simkl of its own.
type bench struct {
	*queue.Queue
	t      *testing.T
	dir    string
	simkl  *simkl
	store  *store.Store
	events []queue.Event
	stop   func()
	seq    map[media.WatchID]int
}

// evening runs f in a bubble where time flies.
func evening(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, dir: t.TempDir(), simkl: &simkl{start: time.Now()}, seq: map[media.WatchID]int{}}
		b.run()
		b.SetAccount("v1:7")
		defer func() { b.stop() }()
		f(b)
	})
}

func (b *bench) run() {
	s, _, err := store.Open(context.Background(), b.dir, store.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.store = s
	b.Queue = queue.New(s, b.simkl, queue.Config{LiveMaxAge: 10 * time.Minute,
		Events: func(e queue.Event) { b.events = append(b.events, e) }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx
		defer close(done)
		if err := b.Run(ctx); err != nil {
			b.t.Error(err)
		}
	}()
	b.stop = func() {
		cancel()
		<-done
		if err := s.Close(); err != nil {
			b.t.Error(err)
		}
	}
}

// restart is what a daemon that is stopped and started again does.
func (b *bench) restart() {
	b.stop()
	b.run()
	b.SetAccount("v1:7")
}

func episode(title string, n int, ids ...string) media.Match {
	season := 1
	m := media.Match{Kind: media.KindEpisode, Title: title, Season: &season, Episodes: []media.Number{media.Number(n)}}
	if len(ids) > 0 {
		m.IDs.IMDB = ids[0]
	}
	return m
}

// put makes the next call of a watch, now.
func (b *bench) put(watch media.WatchID, verb media.Verb, m media.Match, progress float64) {
	b.t.Helper()
	b.seq[watch]++
	c := media.Call{Watch: watch, Seq: b.seq[watch], Verb: verb, Match: m, Progress: progress, At: time.Now()}
	if err := b.Put(context.Background(), c); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sent checks what Simkl was sent since the last time.
func (b *bench) sent(want ...string) {
	b.t.Helper()
	synctest.Wait()
	if got := b.simkl.take(); got != strings.Join(want, "\n") {
		b.t.Errorf("Simkl was sent\n\t%s\nwant\n\t%s", strings.ReplaceAll(got, "\n", "\n\t"), strings.Join(want, "\n\t"))
	}
}

func (b *bench) outcome(id media.WatchID) store.Outcome {
	b.t.Helper()
	e, err := b.store.Entry(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return e.Outcome
}

func TestCallsOfASessionAreSentInOrder(t *testing.T) {
	evening(t, func(b *bench) {
		m := episode("Severance", 3, "tt11280740")
		b.put(1, media.VerbStart, m, 0.5)
		b.sent("start Severance S01E03 0.5")
		b.put(1, media.VerbPause, m, 40)
		b.sent("pause Severance S01E03 40")
		b.put(1, media.VerbStart, m, 40)
		b.sent("start Severance S01E03 40")
		b.put(1, media.VerbWatched, m, 100)
		b.sent("watched Severance S01E03 100")
		if got := b.outcome(1); got != store.OutcomeSent {
			t.Errorf("journal says %q", got)
		}
	})
}
