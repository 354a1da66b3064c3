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
	toldProgress float64
	answer       *media.Answer
	reason       media.Reason // why the last end did not count
}

// session is one player instance and one item.
type session struct {
	player, channel, instance string
	pid                       int
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
	round int           // how often it began again from its end

	spans Spans
	from  time.Duration // where the stretch that is running began
	last  Span          // the last stretch
	ranAt time.Time     // when it last played
	// jump is the last skip, for why.
	jump struct{ from, to time.Duration }

	paused    media.Moment // since when it is paused
	pausedPos time.Duration
	slept     bool // a sleep was seen since the last call

	eps []*episode
	cur int

	reason media.Reason
	rule   string
	over   bool

	savedAt time.Duration
	dirty   bool
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
func (s *session) playTo(to time.Duration, wall time.Time, hidden bool) {
	if hidden || to <= s.from {
		return
	}
	s.spans = s.spans.Add(s.from, to)
	if to-s.from >= stretchMin || s.last.To == 0 || s.last.From == s.from {
		s.last = Span{s.from, to}
	}
	s.ranAt = wall
}

// sync brings the session to now by the clock alone. It reports a sleep in between.
func (s *session) sync(now media.Moment, hidden bool) (slept bool) {
	slept = s.gap(now)
	if s.running() {
		pos := s.positionAt(now.Mono)
		s.ran += max(0, now.Mono-s.at.Mono)
		s.playTo(pos, now.Wall, hidden)
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
func (s *session) observe(e players.Event, hidden bool) seen {
	was := s.running()
	elapsed := max(0, e.At.Mono-s.at.Mono)
	got := seen{before: s.positionAt(e.At.Mono), slept: s.gap(e.At)}
	if e.End == players.EndSilent {
		got.before = s.pos // it may have stood still since its last word
	}
	s.item, s.end = e.Item, e.End
	pos := got.before
	switch {
	case e.Known:
		pos = s.clamp(e.Position)
		expected := s.pos + time.Duration(float64(elapsed)*s.rate)
		got.jumped = e.Jumped || (was && (pos-expected).Abs() > s.tolerance(elapsed))
		if was && got.jumped {
			s.playTo(got.before, e.At.Wall, hidden)
		} else if was {
			s.playTo(pos, e.At.Wall, hidden)
		}
		if got.jumped {
			s.jump.from, s.jump.to = got.before, pos
		}
	case was:
		s.playTo(pos, e.At.Wall, hidden)
	}
	if was {
		s.ran += elapsed
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
	s.state, s.pos, s.at = e.State, pos, e.At
	if e.Rate > 0 {
		s.rate = e.Rate
	}
	return got
}

// bounds are the media times between which the i-th episode of the file lies: its share of the running time.
func (s *session) bounds(i int) (lo, hi time.Duration) {
	n := time.Duration(len(s.eps))
	return s.item.Length * time.Duration(i) / n, s.item.Length * time.Duration(i+1) / n
}

// indexAt is the episode that a position belongs to.
func (s *session) indexAt(pos time.Duration) int {
	if len(s.eps) == 1 || s.item.Length <= 0 {
		return 0
	}
	return min(len(s.eps)-1, int(int64(pos)*int64(len(s.eps))/int64(s.item.Length)))
}

// progress is how far the i-th episode is at a position, in percent. Of a film in several files it is the share of
// the whole film.
func (s *session) progress(i int, pos time.Duration) float64 {
	lo, hi := s.bounds(i)
	p := media.Progress(pos-lo, hi-lo)
	if m := s.eps[i].match; m.Part > 0 {
		parts := float64(partsOf(m))
		p = media.CutPercent((float64(m.Part-1)*100 + p) / parts)
	}
	return p
}

// partsOf is how many files a film has: as counted beside the file, else the second is taken for the last, since
// films in two files are the rule.
func partsOf(m media.Match) int { return max(m.Parts, m.Part, 2) }

// lastPart reports whether the end of this file is the end of the film.
func lastPart(m media.Match) bool { return m.Part == 0 || m.Part >= partsOf(m) }

// playedOf is what was played of the i-th episode in all sittings together.
func (s *session) playedOf(i int) Played {
	lo, hi := s.bounds(i)
	spans := s.spans.Within(lo, hi).Union(s.earlier[s.eps[i].match.ItemKey()].Spans.Within(0, hi-lo))
	return Played{Spans: spans, Length: hi - lo}
}

// share is how much of the i-th episode was really played, in percent.
func (s *session) share(i int) float64 {
	p := s.playedOf(i)
	total, length := p.Spans.Total(), p.Length
	if m := s.eps[i].match; m.Part > 0 {
		for part := 1; part <= partsOf(m); part++ {
			if part == m.Part {
				continue
			}
			other := m
			other.Part = part
			if e, ok := s.earlier[other.ItemKey()]; ok && e.Length > 0 {
				total, length = total+e.Spans.Total(), length+e.Length
			} else {
				length += p.Length
			}
		}
	}
	return media.Progress(total, length)
}

// atSimkl is the progress that Simkl reckons an open start has come to (simkl-api.md 5.3).
func (s *session) atSimkl(ep *episode, mono time.Duration) float64 {
	length := s.item.Length / time.Duration(len(s.eps))
	if length <= 0 {
		return 100 // unknown here, so it could be anything there
	}
	return ep.toldProgress + 100*float64(mono-ep.toldAt)/float64(length)
}

// Keys names the items whose earlier sittings bear on a file: each of its episodes, each part of its film.
func Keys(m media.Match) []string {
	var keys []string
	if m.Part > 0 {
		for part := 1; part <= partsOf(m); part++ {
			m.Part = part
			keys = append(keys, m.ItemKey())
		}
		return keys
	}
	for i := range m.Count() {
		keys = append(keys, m.Episode(i).ItemKey())
	}
	return keys
}
