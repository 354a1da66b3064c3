package scrobbler_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// tb is what testing.T and rapid.T have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// film is a machine with its surroundings: a clock, players that move as real ones do and speak every 10 s, an
// identifier, and what is on disk. Things last 100 minutes, so that a minute is a percent.
type film struct {
	t       tb
	set     scrobbler.Settings
	m       *scrobbler.Machine
	now     media.Moment
	wake    time.Duration
	ticks   int
	number  media.WatchID
	players []*player

	titles  map[string]media.Match // by path
	secret  map[string]bool        // titles that may not go to Simkl unasked
	late    bool                   // answers wait for answer()
	waiting []scrobbler.Identify

	calls   []media.Call
	parked  []media.Call
	seen    int // calls that told has looked at
	kept    map[string]scrobbler.Played
	saved   map[media.WatchID][]byte
	writes  int
	journal []scrobbler.Entry
	notices []scrobbler.Notify
	order   []scrobbler.Effect

	simkl   map[string]scrobbler.Point // what Simkl says of where items were left, by path
	offline bool                       // it says nothing
	mute    bool                       // no answer about points comes
	left    map[string]scrobbler.Point
	counted map[string]time.Time
	resumed []scrobbler.Resume
	check   func(scrobbler.Effect)
}

const long = 100 * time.Minute

func newFilm(t tb) *film {
	one, zero := 1, 0
	episode := func(season *int, numbers ...media.Number) media.Match {
		return media.Match{Kind: media.KindEpisode, Title: "Show", Season: season, Episodes: numbers, Confidence: 0.9}
	}
	movie := func(title string) media.Match {
		return media.Match{Kind: media.KindMovie, Title: title, Year: 1995, Confidence: 0.9}
	}
	part := func(n int) media.Match {
		m := movie("Long")
		m.Part, m.Parts = n, 2
		return m
	}
	f := &film{
		t:   t,
		now: media.Moment{Wall: time.Date(2026, 5, 22, 20, 0, 0, 0, time.UTC), Mono: time.Hour, Boot: time.Hour},
		set: scrobbler.Settings{
			StartAfter: 5 * time.Second, PauseAfter: 2 * time.Second, MinDuration: 3 * time.Minute, MinPlayed: 50,
		},
		titles: map[string]media.Match{
			"/heat": movie("Heat"), "/ronin": movie("Ronin"), "/cd1": part(1), "/cd2": part(2),
			"/e1": episode(&one, 1), "/e2": episode(&one, 2), "/special": episode(&zero, 1), "/double": episode(&one, 1, 2),
			"/triple": episode(&one, 1, 2, 3),
			"/home":   movie("Home"), "/trailer": {Kind: media.KindNone, Refused: media.ReasonExtra},
			"/unknown": {Kind: media.KindNone},
		},
		secret: map[string]bool{"/home": true},
		kept:   map[string]scrobbler.Played{}, saved: map[media.WatchID][]byte{},
		simkl: map[string]scrobbler.Point{}, left: map[string]scrobbler.Point{}, counted: map[string]time.Time{},
	}
	f.m = scrobbler.New(f.set, f.next)
	return f
}

func (f *film) next() media.WatchID { f.number++; return f.number }

// do carries out effects as the runner does.
func (f *film) do(effects []scrobbler.Effect) {
	for _, e := range effects {
		f.order = append(f.order, e)
		if f.check != nil {
			f.check(e)
		}
		switch e := e.(type) {
		case scrobbler.Identify:
			f.waiting = append(f.waiting, e)
		case scrobbler.Send:
			f.calls = append(f.calls, e.Call)
		case scrobbler.Park:
			f.parked = append(f.parked, e.Call)
		case scrobbler.Wake:
			f.wake = e.At
		case scrobbler.Persist:
			data, err := json.Marshal(e.Saved)
			if err != nil {
				f.t.Fatalf("saved state: %v", err)
			}
			f.saved[e.Saved.Watch] = data
			f.writes++
		case scrobbler.Forget:
			delete(f.saved, e.Watch)
		case scrobbler.Keep:
			f.kept[e.Key] = e.Played
			if len(e.Played.Spans) == 0 {
				delete(f.kept, e.Key)
			}
		case scrobbler.Journal:
			f.journal = append(f.journal, e.Entry)
		case scrobbler.AskPoints:
			if !f.mute {
				defer f.point(e)
			}
		case scrobbler.Leave:
			f.left[e.Key] = e.Point
		case scrobbler.CountedPoint:
			f.counted[e.Key] = e.At
		case scrobbler.Resume:
			f.resumed = append(f.resumed, e)
		case scrobbler.Notify:
			f.notices = append(f.notices, e)
		}
	}
	if !f.late {
		f.answer()
	}
}

// answer says who the items are that were asked for.
func (f *film) answer() {
	asked := f.waiting
	f.waiting = nil
	for _, e := range asked {
		match := f.titles[e.Item.Path]
		earlier := map[string]scrobbler.Played{}
		for _, key := range scrobbler.Keys(match) {
			if p, ok := f.kept[key]; ok {
				earlier[key] = p
			}
		}
		f.do(f.m.Identified(scrobbler.Identified{
			Watch: e.Watch, Turn: e.Turn, Match: match, Earlier: earlier,
			MayGo: match.Kind != media.KindNone && !f.secret[e.Item.Path],
		}, f.now))
	}
}

// point says where the items of a file were left.
func (f *film) point(e scrobbler.AskPoints) {
	known := map[string]scrobbler.LeftOff{}
	for i := range e.Match.Count() {
		key := scrobbler.PointKey(e.Match.Episode(i))
		l := scrobbler.LeftOff{Own: f.left[key], Counted: f.counted[key]}
		if !f.offline {
			l.Simkl, l.Read = f.simkl[key], f.now.Wall
		}
		known[key] = l
	}
	f.do(f.m.Pointed(scrobbler.Pointed{Watch: e.Watch, LeftOff: known}, f.now))
}

// after lets time pass: players move and speak, the machine is woken when it asked for it.
func (f *film) after(d time.Duration) *film {
	f.t.Helper()
	end := f.now.Mono + d
	for f.now.Mono < end {
		until := end
		for _, p := range f.players {
			if p.state == players.Playing {
				until = min(until, max(f.now.Mono, p.spoke+10*time.Second))
			}
		}
		if f.wake > 0 {
			until = min(until, max(f.wake, f.now.Mono))
		}
		f.pass(until - f.now.Mono)
		if f.wake > 0 && f.wake <= f.now.Mono {
			f.wake = 0
			f.ticks++
			f.do(f.m.Tick(f.now))
			if f.wake > 0 && f.wake <= f.now.Mono {
				f.t.Fatalf("at %v the next look is asked for at %v: that is a busy loop", f.now.Mono, f.wake)
			}
		}
		for _, p := range f.players {
			if p.state == players.Playing && f.now.Mono-p.spoke >= 10*time.Second {
				p.say()
			}
		}
	}
	return f
}

func (f *film) pass(d time.Duration) {
	f.now.Mono, f.now.Boot, f.now.Wall = f.now.Mono+d, f.now.Boot+d, f.now.Wall.Add(d)
	for _, p := range f.players {
		p.move(d)
	}
}

// sleeps is the machine asleep: its monotonic clock stands still.
func (f *film) sleeps(d time.Duration) {
	f.now.Boot, f.now.Wall = f.now.Boot+d, f.now.Wall.Add(d)
}

// restart ends this run, by a kill or by a wanted end, and begins another one after gap, in which players play on.
func (f *film) restart(killed bool, gap time.Duration, alive func(*player) bool) {
	if !killed {
		f.do(f.m.Close(f.now))
	}
	f.pass(gap)
	f.wake, f.waiting = 0, nil
	f.m = scrobbler.New(f.set, f.next)
	var all []scrobbler.Saved
	for _, w := range slices.Sorted(maps.Keys(f.saved)) {
		var s scrobbler.Saved
		if err := json.Unmarshal(f.saved[w], &s); err != nil {
			f.t.Fatalf("saved state: %v", err)
		}
		all = append(all, s)
	}
	f.do(f.m.Restore(all, func(s scrobbler.Saved) bool {
		return slices.ContainsFunc(f.players, func(p *player) bool { return p.pid == s.PID && alive(p) })
	}, f.now))
	for _, p := range f.players {
		if alive(p) && p.state != players.Stopped {
			p.say()
		}
	}
}

func everybody(*player) bool { return true }
func nobody(*player) bool    { return false }

// told asserts what Simkl was told since the last look: "start Heat 0.08".
func (f *film) told(want ...string) {
	f.t.Helper()
	var got []string
	for _, c := range f.calls[f.seen:] {
		got = append(got, fmt.Sprintf("%s %s %s", c.Verb, name(c.Match), strconv.FormatFloat(c.Progress, 'f', -1, 64)))
	}
	f.seen = len(f.calls)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Fatalf("told (-want +got):\n%s", diff)
	}
}

func name(m media.Match) string {
	switch {
	case m.Kind == media.KindEpisode:
		return fmt.Sprintf("S%02dE%02.0f", *m.Season, float64(m.Episodes[0]))
	case m.Part > 0:
		return fmt.Sprintf("%s/%d", m.Title, m.Part)
	}
	return m.Title
}

// shows asserts how the newest session is shown.
func (f *film) shows(s scrobbler.Scrobble, r media.Reason) {
	f.t.Helper()
	snap := f.m.Snapshot()
	if len(snap.Sessions) == 0 {
		f.t.Fatalf("no session")
	}
	v := snap.Sessions[len(snap.Sessions)-1]
	if v.Scrobble != s || v.Reason != r {
		f.t.Fatalf("shown as %s %q, want %s %q", v.Scrobble, v.Reason, s, r)
	}
}

func (f *film) noticed(want ...scrobbler.NoticeKind) {
	f.t.Helper()
	var got []scrobbler.NoticeKind
	for _, n := range f.notices {
		got = append(got, n.Kind)
	}
	f.notices = nil
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Fatalf("notices (-want +got):\n%s", diff)
	}
}

// player moves as a real one does.
type player struct {
	f        *film
	instance string
	pid      int
	playback int64
	item     media.Item
	state    players.State
	end      players.End
	pos      time.Duration
	rate     float64
	spoke    time.Duration
	unknown  bool // the position is not told
	truth    map[string]map[int]bool
}

func (f *film) player() *player {
	n := len(f.players) + 1
	p := &player{
		f: f, instance: fmt.Sprintf("mpv %d", n), pid: 100 + n, state: players.Stopped, rate: 1,
		truth: map[string]map[int]bool{},
	}
	f.players = append(f.players, p)
	return p
}

// plays opens a file in a new player, at its start.
func (f *film) plays(path string) *player { return f.player().opens(path) }

func (p *player) move(d time.Duration) {
	if p.state != players.Playing {
		return
	}
	from := p.pos
	p.pos += time.Duration(float64(d) * p.rate)
	if p.item.Length > 0 {
		p.pos = min(p.pos, p.item.Length)
	}
	cells := p.truth[p.item.Path]
	if cells == nil {
		cells = map[int]bool{}
		p.truth[p.item.Path] = cells
	}
	for s := int(from / time.Second); s <= int(p.pos/time.Second); s++ {
		cells[s] = true
	}
}

func (p *player) event() players.Event {
	return players.Event{
		Player: "mpv", Channel: "mpv", Instance: p.instance, PID: p.pid, Playback: p.playback, Item: p.item,
		State: p.state, End: p.end, Position: p.pos, Known: !p.unknown, Rate: p.rate, At: p.f.now,
	}
}

func (p *player) say() *player { return p.send(p.event()) }

func (p *player) send(e players.Event) *player {
	p.f.t.Helper()
	p.spoke = p.f.now.Mono
	p.f.do(p.f.m.Step(e))
	return p
}

func (p *player) opens(path string) *player { return p.opensAt(path, 0) }

func (p *player) opensAt(path string, pos time.Duration) *player {
	return p.loads(media.Item{Path: path, Length: long, Picture: media.PictureVideo}, pos)
}

func (p *player) loads(item media.Item, pos time.Duration) *player {
	p.playback++
	p.item, p.pos, p.state, p.end = item, pos, players.Playing, players.EndNone
	return p.say()
}

func (p *player) pauses() *player  { p.state = players.Paused; return p.say() }
func (p *player) stalls() *player  { p.state = players.Stalled; return p.say() }
func (p *player) resumes() *player { p.state, p.end = players.Playing, players.EndNone; return p.say() }

func (p *player) seeks(to time.Duration) *player {
	p.pos, p.end = to, players.EndNone
	e := p.event()
	e.Jumped = true
	return p.send(e)
}

func (p *player) stops() *player { return p.stopsAs(players.EndStopped) }
func (p *player) dies() *player  { return p.stopsAs(players.EndGone) }
func (p *player) ends() *player  { return p.stopsAs(players.EndReached) }

func (p *player) stopsAs(end players.End) *player {
	p.state, p.end = players.Stopped, end
	return p.say()
}

// staysAtEnd is mpv's keep-open.
func (p *player) staysAtEnd() *player {
	p.state, p.end = players.Paused, players.EndReached
	return p.say()
}

var _ tb = (*testing.T)(nil)
