package playerstest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simkld/simkld/players"
)

// Patience is how long a test waits for something that comes within milliseconds on an idle machine.
const Patience = 30 * time.Second

// Recorder is a players.Sink that keeps every event.
type Recorder struct {
	mu      sync.Mutex // guards events and changed
	events  []players.Event
	changed chan struct{}
}

var _ players.Sink = (*Recorder)(nil)

// NewRecorder gives an empty recorder.
func NewRecorder() *Recorder { return &Recorder{changed: make(chan struct{})} }

// Put keeps e.
func (r *Recorder) Put(e players.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	close(r.changed)
	r.changed = make(chan struct{})
}

// Events are all events so far.
func (r *Recorder) Events() []players.Event {
	events, _ := r.look()
	return events
}

// Len is how many events there are so far: a mark for Wait.
func (r *Recorder) Len() int { return len(r.Events()) }

func (r *Recorder) look() ([]players.Event, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]players.Event(nil), r.events...), r.changed
}

// Wait gives the first event from the mark on that fits, and ends the test if none comes within Patience.
func (r *Recorder) Wait(t testing.TB, mark int, what string, fits func(players.Event) bool) players.Event {
	t.Helper()
	return r.WaitFor(t, Patience, mark, what, fits)
}

// WaitFor is Wait with a time of its own.
func (r *Recorder) WaitFor(t testing.TB, patience time.Duration, mark int, what string, fits func(players.Event) bool) players.Event {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		events, changed := r.look()
		for _, e := range events[min(mark, len(events)):] {
			if fits(e) {
				return e
			}
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("no event within %v: %s\n%s", patience, what, List(events))
		}
	}
}

// List writes events one a line.
func List(events []players.Event) string {
	var b strings.Builder
	for i, e := range events {
		fmt.Fprintf(&b, "%3d %s #%d %s", i, e.Instance, e.Playback, e.State)
		if e.End != players.EndNone {
			fmt.Fprintf(&b, " end=%s", e.End)
		}
		if e.Known {
			fmt.Fprintf(&b, " at %v", e.Position)
		} else {
			fmt.Fprintf(&b, " (at %v)", e.Position)
		}
		if e.Jumped {
			b.WriteString(" jumped")
		}
		fmt.Fprintf(&b, " x%g %q %q %s %v growing=%v t=%v\n", e.Rate, e.Item.Path, e.Item.Title, e.Item.Picture,
			e.Item.Length, e.Item.Growing, e.At.Mono)
	}
	return b.String()
}
