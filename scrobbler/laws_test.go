package scrobbler_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// laws holds every effect of a film against what may never happen, whatever players and users do.
type laws struct {
	f       *film
	open    map[media.WatchID]bool // a start without its closing call
	seq     map[media.WatchID]int
	watched map[media.WatchID]bool
	started map[media.WatchID]time.Time
}

func watch(f *film) *laws {
	l := &laws{
		f: f, open: map[media.WatchID]bool{}, seq: map[media.WatchID]int{}, watched: map[media.WatchID]bool{},
		started: map[media.WatchID]time.Time{},
	}
	f.check = l.see
	return l
}

func (l *laws) see(effect scrobbler.Effect) {
	l.f.t.Helper()
	var call media.Call
	switch e := effect.(type) {
	case scrobbler.Send:
		call = e.Call
	case scrobbler.Park:
		call = e.Call
	default:
		return
	}
	fail := func(format string, args ...any) {
		l.f.t.Helper()
		l.f.t.Fatalf("%s %s %v (watch %d): %s", call.Verb, name(call.Match), call.Progress, call.Watch, fmt.Sprintf(format, args...))
	}
	if p := call.Progress; !(p >= 0 && p <= 100) || math.Abs(p*100-math.Round(p*100)) > 1e-6 {
		fail("progress")
	}
	if call.Seq <= l.seq[call.Watch] {
		fail("number %d after %d", call.Seq, l.seq[call.Watch])
	}
	l.seq[call.Watch] = call.Seq
	if at := l.started[call.Watch]; call.At.Before(at) || call.At.After(l.f.now.Wall) {
		fail("happened at %v, started at %v", call.At, at)
	}
	if l.watched[call.Watch] {
		fail("after it counted")
	}
	switch call.Verb {
	case media.VerbStart:
		if l.open[call.Watch] {
			fail("a second start")
		}
		l.open[call.Watch] = true
		l.started[call.Watch] = call.At
	case media.VerbPause, media.VerbStop, media.VerbWatched:
		delete(l.open, call.Watch)
	}
	if call.Verb == media.VerbWatched {
		l.watched[call.Watch] = true
		if call.Progress < 80 {
			fail("it counts at less than 80 %%")
		}
	}
}

// paths whose share of play the model knows: one film, one episode.
var single = []string{"/heat", "/ronin", "/e1", "/e2", "/special", "/home"}

// model is the naive one: a cell for each second of media that ran in the open, kept until its watch counts.
type model map[string]map[int]bool

func (m model) share(path string) float64 { return 100 * float64(len(m[path])) / long.Seconds() }

// chaos does random things to a film with up to three players.
type chaos struct {
	t     *rapid.T
	f     *film
	l     *laws
	cells model
}

func newChaos(t *rapid.T) *chaos {
	f := newFilm(t)
	f.set.MinPlayed = rapid.SampledFrom([]float64{0, 30, 50, 80}).Draw(t, "min_played")
	f.set.StartAfter = rapid.SampledFrom([]time.Duration{0, 5 * time.Second, time.Minute}).Draw(t, "start_after")
	f.m = scrobbler.New(f.set, f.next)
	c := &chaos{t: t, f: f, l: watch(f), cells: model{}}
	see := f.check
	f.check = func(e scrobbler.Effect) {
		see(e)
		c.see(e)
	}
	for range rapid.IntRange(1, 3).Draw(t, "players") {
		f.player()
	}
	return c
}

// see holds a watch against the model, and clears there what it clears.
func (c *chaos) see(effect scrobbler.Effect) {
	c.t.Helper()
	var call media.Call
	switch e := effect.(type) {
	case scrobbler.Send:
		call = e.Call
	case scrobbler.Park:
		call = e.Call
	default:
		return
	}
	if call.Verb != media.VerbWatched || call.Match.Part > 0 {
		return
	}
	c.merge()
	share := c.cells.share(call.Path)
	if call.Path == "/double" {
		share *= 2 // of one of its two episodes, if all of it is of that one
	}
	if share < c.f.set.MinPlayed-1 {
		c.t.Fatalf("%s counts with %.2f %% played", call.Path, share)
	}
	if call.Path != "/double" {
		delete(c.cells, call.Path)
	}
}

// merge moves what the players ran since the last look into the model.
func (c *chaos) merge() {
	for _, p := range c.f.players {
		for path, cells := range p.truth {
			if c.cells[path] == nil {
				c.cells[path] = map[int]bool{}
			}
			for s := range cells {
				c.cells[path][s] = true
			}
		}
		clear(p.truth)
	}
}

func (c *chaos) act() string {
	f := c.f
	p := rapid.SampledFrom(f.players).Draw(c.t, "player")
	loaded := p.state != players.Stopped
	minutes := func() time.Duration {
		return time.Duration(rapid.IntRange(0, 6000).Draw(c.t, "second")) * time.Second
	}
	do := rapid.SampledFrom([]string{
		"open", "pause", "resume", "stall", "seek", "seek", "end", "stop", "die", "stay", "wait", "wait", "wait", "blink",
		"faster", "sleep", "told", "again", "mark", "loop",
	}).Draw(c.t, "do")
	switch {
	case do == "open":
		path := rapid.SampledFrom(append([]string{"/double", "/cd1", "/cd2", "/unknown", "/trailer"}, single...)).Draw(c.t, "path")
		if rapid.Bool().Draw(c.t, "from the start") {
			p.opens(path)
		} else {
			p.opensAt(path, minutes())
		}
	case do == "wait":
		f.after(time.Duration(rapid.IntRange(1, 3600).Draw(c.t, "s")) * time.Second)
	case do == "blink":
		f.after(time.Duration(rapid.IntRange(1, 5000).Draw(c.t, "ms")) * time.Millisecond)
	case do == "sleep":
		if rapid.Bool().Draw(c.t, "announced") {
			f.do(f.m.Sleep(f.now))
		}
		f.sleeps(time.Hour)
	case do == "told" && len(f.calls) > 0:
		call := rapid.SampledFrom(f.calls).Draw(c.t, "call")
		unmatched := rapid.IntRange(0, 9).Draw(c.t, "unmatched") == 0
		if unmatched {
			delete(c.l.open, call.Watch) // the outbox takes it back
		}
		f.do(f.m.Told(scrobbler.Told{Watch: call.Watch, Verb: call.Verb, Accepted: !unmatched, Unmatched: unmatched}, f.now))
	case do == "again":
		f.do(f.m.Again(f.now))
	case !loaded:
	case do == "pause":
		p.pauses()
	case do == "resume":
		p.resumes()
	case do == "stall":
		p.stalls()
	case do == "seek":
		p.say() // what else has happened is said before
		calls := len(f.calls)
		was := p.pos
		p.seeks(minutes())
		turned := was > 90*time.Minute && p.pos < 5*time.Minute
		if len(f.calls) > calls && p.item.Path != "/double" && !turned {
			c.t.Fatalf("told of a seek from %v to %v: %+v", was, p.pos, f.calls[calls:])
		}
	case do == "loop":
		p.seeks(99*time.Minute + 59*time.Second)
		f.after(time.Second)
		p.seeks(0)
	case do == "end":
		p.ends()
	case do == "stop":
		p.stops()
	case do == "die":
		p.dies()
	case do == "stay":
		p.staysAtEnd()
	case do == "faster":
		p.rate = rapid.SampledFrom([]float64{0.5, 1, 2, 16}).Draw(c.t, "rate")
		p.say()
	}
	return do
}

// finish lets every player go, after which nothing may be open.
func (c *chaos) finish() {
	for _, p := range c.f.players {
		p.dies()
	}
	c.f.after(time.Minute)
	if len(c.l.open) > 0 {
		c.t.Fatalf("started and never closed: %v", c.l.open)
	}
	if n := len(c.f.m.Snapshot().Sessions); n > 0 {
		c.t.Fatalf("%d sessions without a player", n)
	}
	if len(c.f.saved) > 0 {
		c.t.Fatalf("saved sessions that nobody plays: %v", c.f.saved)
	}
	if c.f.wake != 0 {
		c.t.Fatalf("a look is asked for though nothing plays")
	}
}

func TestLawsHoldWhateverPlayersDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if c.act() == "mark" && len(c.f.calls) > 0 {
				c.mark()
			}
		}
		c.finish()
	})
}

// mark counts something by hand, which asks no rule.
func (c *chaos) mark() {
	call := rapid.SampledFrom(c.f.calls).Draw(c.t, "mark")
	full := map[int]bool{}
	for s := range 6000 {
		full[s] = true
	}
	if c.cells[call.Path] = full; c.l.watched[call.Watch] {
		return
	}
	effects, _ := c.f.m.Mark(call.Watch, c.f.now)
	c.f.do(effects)
}

func TestNothingIsToldInPrivate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(t)
		for range rapid.IntRange(0, 15).Draw(t, "before") {
			c.act()
		}
		c.f.do(c.f.m.SetPrivate(scrobbler.Private{Until: c.f.now.Wall.Add(10000 * time.Hour)}, c.f.now))
		if len(c.l.open) > 0 {
			t.Fatalf("private, and still open at Simkl: %v", c.l.open)
		}
		calls, parked, journal, notices := len(c.f.calls), len(c.f.parked), len(c.f.journal), len(c.f.notices)
		for range rapid.IntRange(1, 20).Draw(t, "in private") {
			if c.act() == "told" {
				notices = len(c.f.notices) // what Simkl said of a call from before
			}
		}
		if len(c.f.calls)+len(c.f.parked)+len(c.f.journal) != calls+parked+journal || len(c.f.notices) != notices {
			t.Fatalf("told in private: %v", c.f.calls[calls:])
		}
	})
}

// TestARestartAtAnyMomentChangesNothingOfTheHistory plays the same film twice, once with restarts in between.
func TestARestartAtAnyMomentChangesNothingOfTheHistory(t *testing.T) {
	type step struct {
		do      int
		path    string
		pos     time.Duration
		restart int // 0 none, 1 wanted, 2 killed
	}
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				do: rapid.IntRange(0, 6).Draw(t, "do"), path: rapid.SampledFrom(single).Draw(t, "path"),
				pos:     time.Duration(rapid.IntRange(0, 99).Draw(t, "minute")) * time.Minute,
				restart: rapid.IntRange(0, 2).Draw(t, "restart"),
			}
		}), 1, 15).Draw(t, "steps")
		play := func(restarts bool) []string {
			f := newFilm(t)
			p := f.plays("/heat")
			for _, s := range steps {
				f.after(11 * time.Minute)
				switch loaded := p.state != players.Stopped; {
				case s.do == 0:
					p.opensAt(s.path, s.pos)
				case !loaded:
				case s.do == 1:
					p.pauses()
				case s.do == 2:
					p.resumes()
				case s.do == 3:
					p.seeks(s.pos)
				case s.do == 4:
					p.ends()
				case s.do == 5:
					f.after(40 * time.Minute)
				}
				f.after(time.Second) // what happened is on disk within a second
				if restarts && s.restart > 0 {
					f.restart(s.restart == 2, 0, everybody)
				}
			}
			p.dies()
			var history []string
			for _, c := range append(f.calls, f.parked...) {
				if c.Verb == media.VerbWatched {
					history = append(history, fmt.Sprintf("%s %.0f %v", name(c.Match), c.Progress, c.At.Truncate(time.Minute)))
				}
			}
			return history
		}
		if want, got := play(false), play(true); fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("with restarts %v, without %v", got, want)
		}
	})
}

func TestALookIsAlwaysAskedForLaterThanNow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(t)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			c.act()
			for range 20 { // of looks alone, nothing else happens
				if c.f.wake == 0 {
					break
				}
				at := c.f.wake
				c.f.pass(at - c.f.now.Mono)
				c.f.wake = 0
				c.f.do(c.f.m.Tick(c.f.now))
				if c.f.wake != 0 && c.f.wake <= at {
					t.Fatalf("a look at %v asks for one at %v", at, c.f.wake)
				}
			}
		}
	})
}
