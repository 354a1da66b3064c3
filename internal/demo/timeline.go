package demo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/term"
)

// row is one line of the timeline.
type row struct {
	AtS      float64 `json:"at_s"`
	Player   string  `json:"player"`
	Identity string  `json:"identity"`
	Simkl    string  `json:"simkl"`
}

const (
	playerCells   = 20
	identityCells = 23
	// togetherFor is how long a call waits for the player's event that it belongs to. Both come from the same moment,
	// by two ways.
	togetherFor = 200 * time.Millisecond
	// openFor is how long a line waits for its call: two calls are more than a second apart.
	openFor = 2500 * time.Millisecond
)

// timeline puts together what the daemon's status and its calls say. A line begins with the player's event and is
// finished by the call that it leads to; what belongs to no event has a line of its own.
type timeline struct {
	out   term.Screen
	began time.Time

	mu    sync.Mutex // guards what follows
	rows  []row
	open  *openRow
	held  *call
	timer *time.Timer // ends the wait of open or held; nil while neither waits
	shown string      // the identity that was shown last
	known map[string]api.Session
	scene
	turned  time.Time // when the player did something last
	err     error
	changed chan struct{} // size 1: look at the scene again
}

// openRow is the last line while its call is still to come.
type openRow struct {
	row
	session  string
	verb     string
	progress float64
}

// scene is what the evening waits for.
type scene struct {
	progress float64
	paused   bool
	quiet    time.Duration // since the player did something last
	ended    int           // films that came to their end
	offline  bool
	refused  int  // calls that reached nobody since the last one that did
	pending  int  // calls and watches that wait
	settled  bool // each thing that the player did has led to a call, or was given the time to
}

func newTimeline(out term.Screen) *timeline {
	return &timeline{out: out, began: time.Now(), known: map[string]api.Session{}, changed: make(chan struct{}, 1)}
}

func (l *timeline) head(first string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write("%s\n%5s  %-*s  %-*s  %s\n", first, "TIME", playerCells, "PLAYER", identityCells, "IDENTITY", "SIMKL")
}

// write is silent where the timeline is only kept.
func (l *timeline) write(format string, args ...any) {
	if l.out.Writer != nil {
		fmt.Fprintf(l.out, format, args...)
	}
}

// all are the lines so far.
func (l *timeline) all() []row {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]row{}, l.rows...)
}

// status takes what the daemon says of itself.
func (l *timeline) status(st api.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.wake()
	for _, s := range st.Sessions {
		l.session(s)
	}
	waits := st.Queue.Pending != l.pending
	l.pending = st.Queue.Pending
	// A status that is older than the last answer says nothing any more.
	if !st.Simkl.Reachable && !l.offline && l.refused > 0 {
		l.offline = true
		l.flushHeld()
		l.closeOpen("")
		l.add(row{Simkl: "offline from here: " + kept(l.pending)}, time.Now())
	}
	if waits && l.offline && l.open != nil && l.pending > 0 {
		l.closeOpen(callText(l.open.verb, l.open.progress, kept(l.pending)))
	}
}

func kept(n int) string { return fmt.Sprintf("%d kept on disk", n) }

// session tells what one player did since the last status.
func (l *timeline) session(s api.Session) {
	before, known := l.known[s.ID]
	l.known[s.ID] = s
	l.progress, l.paused = s.Progress, s.State == "paused"
	if s.Identity == nil || s.Reason != "" {
		delete(l.known, s.ID) // it is told once it is known what it is
		return
	}
	if l.open != nil && l.open.session == s.ID {
		l.open.progress = s.Progress
	}
	at := fmt.Sprintf("at %.0f %%", s.Progress)
	switch {
	case !known && s.State == "stopped":
	case !known:
		l.did("plays a file", "start", s)
	case before.State == s.State:
	case s.State == "paused":
		l.did("pauses "+at, "pause", s)
	case s.State == "playing" && before.State == "paused":
		l.did("goes on", "start", s)
	case s.State == "stopped":
		l.ended++
		l.did("ends "+at, "stop", s)
	}
}

// did begins a line with what the player did; verb is the call that it leads to.
func (l *timeline) did(what, verb string, s api.Session) {
	l.turned = time.Now()
	r := row{Player: what}
	label := term.Foreign(s.Identity.Label())
	if label != l.shown {
		l.shown = label
		r.Identity = fmt.Sprintf("%s  %.2f", label, s.Identity.Confidence)
	}
	c := l.held
	if c != nil && c.verb == verb {
		l.held = nil
		r.Simkl = c.String()
		l.add(r, c.at)
		return
	}
	l.flushHeld()
	l.closeOpen("")
	r.AtS = l.since(l.turned)
	l.open = &openRow{row: r, session: s.ID, verb: verb, progress: s.Progress}
	l.write("%s", start(r))
	l.wait(openFor)
}

// called takes a call of the daemon.
func (l *timeline) called(c call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.wake()
	if c.status == 0 {
		l.refused++
	} else {
		l.refused = 0
		if l.offline {
			l.offline = false
			l.flushHeld()
			l.closeOpen("")
			l.add(row{Simkl: "online: " + c.String()}, c.at)
			return
		}
	}
	if l.open != nil && l.open.verb == c.verb {
		l.closeOpen(c.String())
		return
	}
	l.flushHeld()
	l.held = &c
	l.wait(togetherFor)
}

// wait gives what is incomplete a while to be completed. One timer serves both, since there is never more than one.
func (l *timeline) wait(d time.Duration) {
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(d, func() { // ends at once; stopped by finish
		l.mu.Lock()
		defer l.mu.Unlock()
		l.flushHeld()
		l.closeOpen("")
		l.wake()
	})
}

// flushHeld gives a call that belongs to no event of the player a line of its own.
func (l *timeline) flushHeld() {
	c := l.held
	if c == nil {
		return
	}
	l.held = nil
	l.closeOpen("")
	l.add(row{Simkl: c.String()}, c.at)
}

// closeOpen finishes the line that waits for its call.
func (l *timeline) closeOpen(simkl string) {
	if l.open == nil {
		return
	}
	r := l.open.row
	r.Simkl = simkl
	l.open = nil
	l.rows = append(l.rows, r)
	l.write("%s\n", rest(r))
}

func (l *timeline) add(r row, at time.Time) {
	l.closeOpen("")
	r.AtS = l.since(at)
	l.rows = append(l.rows, r)
	l.write("%s%s\n", start(r), rest(r))
}

func (l *timeline) since(t time.Time) float64 { return math.Round(t.Sub(l.began).Seconds()*10) / 10 }

// start is the part of a line that the player gives.
func start(r row) string {
	return strings.TrimRight(fmt.Sprintf("%5.1f  %s  %s", r.AtS, cell(r.Player, playerCells), r.Identity), " ")
}

// rest is what follows start in a whole line.
func rest(r row) string {
	if r.Simkl == "" {
		return ""
	}
	whole := fmt.Sprintf("%5.1f  %s  %s  %s", r.AtS, cell(r.Player, playerCells), cell(r.Identity, identityCells), r.Simkl)
	return strings.TrimPrefix(whole, start(r))
}

// cell pads text to a width in cells, as the terminal counts them.
func cell(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-term.Width(text)))
}

// finish ends the last line.
func (l *timeline) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.flushHeld()
	l.closeOpen("")
}

// gone takes why the daemon is no longer followed.
func (l *timeline) gone(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	l.wake()
}

func (l *timeline) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

var errTooLong = errors.New("it took too long")

// until waits for a scene. Only one goroutine may wait.
func (l *timeline) until(ctx context.Context, limit time.Duration, ok func(scene) bool) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond) // for what only time changes
	defer tick.Stop()
	for {
		l.mu.Lock()
		s, err := l.scene, l.err
		s.quiet = time.Since(l.turned)
		s.settled = l.open == nil && l.held == nil
		l.mu.Unlock()
		if ctx.Err() != nil {
			l.finish()
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if ok(s) {
			return nil
		}
		select {
		case <-l.changed:
		case <-tick.C:
		case <-ctx.Done():
		case <-end.C:
			l.finish()
			return errTooLong
		}
	}
}
