package scrobbler

import (
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// told is what Simkl believes of one watch.
type told string

// The written forms are stored and never change.
const (
	toldNothing told = ""
	toldStart   told = "started"
	toldPause   told = "paused"
	toldEnd     told = "ended"
)

// episode is one film, one film's part, or one of the episodes that a file holds: what has one watch.
type episode struct {
	watch media.WatchID
	match media.Match
	seq   int
	told  told
	// yielded: paused at Simkl before another start, though it still plays.
	yielded bool
	// settled: it came to its end and was dealt with; playing on is another round.
	settled bool
	counted bool
	// unmatched: Simkl knows no such title, or another one.
	unmatched bool
	noticed   bool
	waiting   bool // the last call could not be told yet
	started   time.Time
	// toldAt and toldProgress are of the last start, for what Simkl extrapolates from it.
	toldAt       time.Duration
	toldWall     time.Time
	toldProgress float64
	answer       *media.Answer
	reason       media.Reason // why the last end did not count
	// left is the last pause or unfinished stop that was told.
	left Point
	// elsewhere is the share up to which another machine's resume point counts as played.
	elsewhere float64
}

// session is one player instance and one item.
type session struct {
	player, channel, instance string
	pid                       int
	ways                      []players.Way
	playback                  int64
	item                      media.Item

	turn    int // grows when the item changes its face, so that late identities are told apart
	known   bool
	match   media.Match
	mayGo   bool
	note    string
	earlier map[string]Played

	state players.State
	end   players.End
	rate  float64
	pos   time.Duration // at at
	at    media.Moment
	ran   time.Duration // time really played in this sitting, by the monotonic clock
	// hidden: since the last look nothing that plays is to be told or remembered.
	hidden bool

	spans Spans
	from  time.Duration // where the stretch that is running began
	last  Span          // the last stretch
	ranAt time.Time     // when it last played
	// jump is the last skip, for why.
	jump struct{ from, to time.Duration }

	paused    media.Moment // since when it is paused
	pausedPos time.Duration
	// slept: paused at Simkl because the machine was about to sleep, at sleptAt.
	slept   bool
	sleptAt time.Duration

	eps []*episode
	cur int

	reason media.Reason
	rule   string
	over   bool

	// asked: where it was left is asked for; a start waits for the answer until pointsBy.
	asked    bool
	pointsBy time.Duration
	offered  Resume

	savedAt time.Duration
	heardAt time.Duration // of when the position is that was saved: what another player says may have it saved late
	dirty   bool          // to be written at once
	moved   bool          // to be written soon
	stored  bool          // something of it has been written
}

func (s *session) current() *episode { return s.eps[s.cur] }

// running reports whether media time passes.
func (s *session) running() bool { return s.state == players.Playing && !s.over }

// positionAt is where the playback is by the clock, from the last word of the player.
func (s *session) positionAt(mono time.Duration) time.Duration {
	pos := s.pos
	if s.running() {
		pos += time.Duration(float64(min(max(0, mono-s.at.Mono), blind)) * s.rate)
	}
	return s.clamp(pos)
}

// takes is the time in which a stretch of media plays.
func (s *session) takes(d time.Duration) time.Duration { return time.Duration(float64(d) / s.rate) }

func (s *session) clamp(pos time.Duration) time.Duration {
	if s.item.Length > 0 {
		pos = min(pos, s.item.Length)
	}
	return max(0, pos)
}

// tolerance is how far from the clock a position may be without being a jump.
func (s *session) tolerance(elapsed time.Duration) time.Duration {
	return time.Duration(max(1, s.rate)*float64(drift) + 0.05*s.rate*float64(elapsed))
}

// playTo extends the running stretch.
func (s *session) playTo(to time.Duration, wall time.Time) {
	if to <= s.from {
		return
	}
	if s.hidden {
		s.from = to // what follows in the open is a stretch of its own
		return
	}
	s.spans = s.spans.Add(s.from, to)
	if to-s.from >= stretchMin || s.last.To == 0 || s.last.From == s.from {
		s.last = Span{s.from, to}
	}
	if s.pos < s.item.Length || s.item.Length == 0 { // at its end nothing runs any more
		s.ranAt = wall
	}
}

// sync brings the session to now by the clock alone. It reports a sleep in between.
func (s *session) sync(now media.Moment) (slept bool) {
	slept = s.gap(now)
	wall := now.Wall
	if slept {
		wall = s.at.Wall // when it fell asleep, to some seconds
	}
	if s.running() {
		pos := s.positionAt(now.Mono)
		s.ran += min(max(0, now.Mono-s.at.Mono), blind)
		s.playTo(pos, wall)
		s.pos = pos
	}
	s.at = now
	return slept
}

// gap reports whether the machine slept since the last look.
func (s *session) gap(now media.Moment) bool {
	return (now.Boot-s.at.Boot)-(now.Mono-s.at.Mono) > sleepGap
}

// seen is what one event did to a session.
type seen struct {
	before time.Duration // where it was just before
	jumped bool
	slept  bool
}

// observe takes in what the player says.
func (s *session) observe(e players.Event) seen {
	was := s.running()
	elapsed := max(0, e.At.Mono-s.at.Mono)
	got := seen{before: s.positionAt(e.At.Mono), slept: s.gap(e.At)}
	wall := e.At.Wall
	left := e.State == players.Stopped && e.End != players.EndReached
	if got.slept && left || e.End == players.EndSilent {
		wall = s.at.Wall // it ran till then at least
	}
	if e.End == players.EndSilent {
		got.before = s.pos // it may have stood still since its last word
	}
	s.take(e)
	pos := got.before
	if s.tells(e) {
		pos = s.clamp(e.Position)
		got.jumped = e.Jumped || s.strayed(pos, elapsed)
	}
	if was {
		s.ran += min(elapsed, blind)
		if got.jumped {
			s.playTo(got.before, wall)
		} else {
			s.playTo(pos, wall)
		}
	}
	if got.jumped {
		s.jump.from, s.jump.to = got.before, pos
	}
	if e.State == players.Paused && s.state != players.Paused {
		s.paused, s.pausedPos = e.At, pos
	}
	if e.State == players.Paused && got.jumped {
		s.pausedPos = pos
	}
	if e.State == players.Playing && (!was || got.jumped) {
		s.from = pos
	}
	s.state, s.pos, s.at, s.rate = e.State, pos, e.At, e.Rate
	s.ways = e.Ways
	s.forgetOffer()
	return got
}

// take believes what the player says of the item, except where it only stopped saying it: before the end of a file
// mpv takes all its properties back (players.md 0, fact 4).
func (s *session) take(e players.Event) {
	s.end = e.End
	item := e.Item
	if e.State == players.Stopped || item.Path == "" && s.item.Path != "" {
		return
	}
	if item.Length == 0 {
		item.Length = s.item.Length
	}
	s.item = item
}

// tells reports whether the position of an event is to be believed: players put it back to 0 when they stop or reach
// the end (edge-cases.md M19).
func (s *session) tells(e players.Event) bool {
	over := e.State == players.Stopped || e.End == players.EndReached
	return e.Known && (e.Position > 0 || !over)
}

// strayed reports whether a position is another than playing alone would have reached.
func (s *session) strayed(pos, elapsed time.Duration) bool {
	if !s.running() {
		return (pos - s.pos).Abs() > still
	}
	expected := s.pos + time.Duration(float64(elapsed)*s.rate)
	return (pos - expected).Abs() > s.tolerance(elapsed)
}
