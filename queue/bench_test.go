package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

// stopwatch is a Sender that says when a live call came.
type stopwatch struct {
	simkl
	came chan time.Time
}

func (s *stopwatch) Send(context.Context, queue.Row) queue.Outcome {
	s.came <- time.Now()
	return queue.Outcome{Class: queue.Done}
}

// BenchmarkPauseToSender is the share of the queue in the time from a pause to the request on the wire, with an empty
// queue and with 10,000 watches that wait for another account.
func BenchmarkPauseToSender(b *testing.B) {
	for _, queued := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("queue=%d", queued), func(b *testing.B) { pauseToSender(b, queued) })
	}
}

func pauseToSender(b *testing.B, queued int) {
	s, _, err := store.Open(b.Context(), b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	sender := &stopwatch{came: make(chan time.Time, 1)}
	q := queue.New(s, sender, queue.Config{LiveMaxAge: time.Minute})
	q.SetAccount("v1:8")
	put := func(watch media.WatchID, seq int, verb media.Verb, title string) {
		c := media.Call{Watch: watch, Seq: seq, Verb: verb, Match: episode(title, 1, "tt1"), At: time.Now()}
		if err := q.Put(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	for i := range queued {
		put(media.WatchID(i+2), 1, media.VerbWatched, fmt.Sprint("Show ", i))
	}
	q.SetAccount("v1:7")
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }() // ends with ctx
	put(1, 1, media.VerbStart, "Dark")
	<-sender.came
	var total time.Duration
	seq := 1
	for b.Loop() {
		seq++
		watch, seq := media.WatchID(1_000_000+seq/30), seq
		time.Sleep(20 * time.Millisecond) // as a person does: the queue is at rest
		begun := time.Now()
		put(watch, seq, media.VerbPause, "Dark")
		total += (<-sender.came).Sub(begun)
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N), "µs/pause")
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
	if err := s.Close(); err != nil {
		b.Error(err)
	}
}
