package mpris

import (
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/media"
)

// link is how a player is reached.
type link struct {
	conn   *dbus.Conn
	unique string
}

// fate is what happens to a player from outside: it is gone, its bus is lost, or it is found again.
type fate struct {
	gone, lost *media.Moment
	link       *link
}

// maxReports is how many signals of one player wait for it; those that do not fit are merged.
const maxReports = 16

// box hands the signals of one player from the reader of the bus, which must never wait, to the player's goroutine.
type box struct {
	ready chan struct{} // size 1: a wake-up

	mu      sync.Mutex // guards what follows
	reports []report
	fates   []fate
	goTo    *seekTo
	closed  bool
}

// seekTo is a place to go to in a file, as long as the clock is not past by.
type seekTo struct {
	path   string
	to, by time.Duration
}

func newBox() *box { return &box{ready: make(chan struct{}, 1)} }

// put adds what a player said.
func (b *box) put(r report) {
	if r.empty() {
		return
	}
	b.mu.Lock()
	if n := len(b.reports); n > 0 && (n >= maxReports || r.status == nil && b.reports[n-1].status == nil) {
		b.reports[n-1] = b.reports[n-1].with(r)
	} else {
		b.reports = append(b.reports, r)
	}
	b.mu.Unlock()
	b.wake()
}

// fate adds what happens to the player; false when its goroutine has ended.
func (b *box) fate(f fate) bool {
	b.mu.Lock()
	closed := b.closed
	b.fates = append(b.fates, f)
	b.mu.Unlock()
	b.wake()
	return !closed
}

// seek leaves a place to go to.
func (b *box) seek(s seekTo) {
	b.mu.Lock()
	b.goTo = &s
	b.mu.Unlock()
	b.wake()
}

func (b *box) wake() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take empties the box. Fates come after the reports: nothing is heard of a player that is gone or out of reach.
func (b *box) take() ([]report, []fate, *seekTo) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reports, fates, goTo := b.reports, b.fates, b.goTo
	b.reports, b.fates, b.goTo = nil, nil, nil
	return reports, fates, goTo
}

// close ends it, unless something came in at the last moment.
func (b *box) close() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = len(b.fates) == 0
	return b.closed
}

// over reports whether the player's goroutine has ended.
func (b *box) over() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}
