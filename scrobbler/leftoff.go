package scrobbler

import (
	"maps"
	"math"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Point is where a film or episode was left: its share in percent (of a film in several files, of the whole film), and
// when.
type Point struct {
	Progress float64   `json:"progress"`
	At       time.Time `json:"at"`
}

// LeftOff is what is known of where an item was left before.
type LeftOff struct {
	// Own is the last pause or unfinished stop that this machine told, zero if none.
	Own Point
	// Simkl is the resume point that Simkl keeps, zero if it has none.
	Simkl Point
	// Read is when Simkl's list was read; zero if it could not be.
	Read time.Time
	// Counted is the At of the last point of another machine that was counted as played.
	Counted time.Time
}

// The rules of resume points (product.md 5).
const (
	// resumeWithin bounds the play and the position up to which somebody who opened a file wants to go on where it was
	// left.
	resumeWithin = 30 * time.Second
	// pointsWithin is how long a start waits for the answer: it clears Simkl's point, so that is read before. It is
	// shorter than the usual start_after.
	pointsWithin = 4 * time.Second
	// ownLate is how long the call that told our own pause may have been under way when Simkl's list was read.
	ownLate = time.Minute
	// ownDelayed is how much later than it happened Simkl may have dated our own pause, which waited in the queue.
	ownDelayed = 10 * time.Minute
)

// foreign reports whether Simkl's point is another machine's and the newer one: our own newer pause beats it.
func (l LeftOff) foreign() bool {
	if l.Simkl.At.IsZero() || !l.Simkl.At.After(l.Own.At) {
		return false
	}
	apart := math.Abs(l.Simkl.Progress - l.Own.Progress)
	delay := l.Simkl.At.Sub(l.Own.At)
	return l.Own.At.IsZero() || apart >= 0.01 && (apart >= 1 || delay > ownDelayed)
}

// newest is the point to go on from, zero if there is none: also where Simkl no longer has one, because the item was
// watched or its point removed elsewhere.
func (l LeftOff) newest() Point {
	switch {
	case l.foreign():
		return l.Simkl
	case l.Simkl.At.IsZero() && !l.Read.IsZero() && l.Own.At.Before(l.Read.Add(-ownLate)):
		return Point{}
	}
	return l.Own
}

// PointKey names the film or episode that a point belongs to, whichever of its files is played.
func PointKey(m media.Match) string {
	m.Part, m.Parts = 0, 0
	return m.ItemKey()
}

// askPoints asks once where the items of a file were left, before its start is told.
func (m *Machine) askPoints(s *session, now media.Moment) {
	if s.asked || m.set.Resume == ResumeOff && m.set.MinPlayed <= 0 {
		return
	}
	s.asked = true
	if s.current().told != toldNothing {
		return // an earlier run left it: it goes on
	}
	s.pointsBy = now.Mono + pointsWithin
	m.emit(AskPoints{Watch: s.eps[0].watch, Match: s.match})
}

// awaitsPoints reports whether a start still waits for the answer.
func (s *session) awaitsPoints(mono time.Duration) bool { return mono < s.pointsBy }

// Pointed takes in where the items of a session were left. It may come late, or never.
func (m *Machine) Pointed(p Pointed, now media.Moment) []Effect {
	s := m.byWatch(p.Watch)
	if s == nil || s.over {
		return m.done(now)
	}
	before := s.pos
	if s.sync(now) {
		m.wokeUp(s, before, now)
	}
	s.pointsBy = 0
	m.countPoints(s, p.LeftOff, now)
	m.offer(s, p.LeftOff)
	m.evaluate(s, now)
	return m.done(now)
}

// leftOff is what is known of one episode, with what was told since it was asked.
func (s *session) leftOff(i int, known map[string]LeftOff) LeftOff {
	ep := s.eps[i]
	l := known[PointKey(ep.match)]
	if ep.left.At.After(l.Own.At) {
		l.Own = ep.left
	}
	return l
}

// countPoints lets what another machine left under 80 % count as played up to there, once.
func (m *Machine) countPoints(s *session, known map[string]LeftOff, now media.Moment) {
	if s.reason != media.ReasonNone || s.item.Length <= 0 {
		return
	}
	for i, ep := range s.eps {
		l := s.leftOff(i, known)
		p := media.CutPercent(l.Simkl.Progress)
		if ep.counted || !l.foreign() || !l.Simkl.At.After(l.Counted) || p <= 0 || p >= watchedFrom {
			continue
		}
		earlier := maps.Clone(s.earlier) // views share the old one
		if earlier == nil {
			earlier = map[string]Played{}
		}
		lo, hi := s.bounds(i)
		for _, file := range files(ep.match) {
			played := earlier[file.ItemKey()]
			if played.Length == 0 {
				played.Length = hi - lo
			}
			to := time.Duration(within(file, p) * float64(played.Length))
			played.Spans = played.Spans.Add(0, to)
			if earlier[file.ItemKey()] = played; to > 0 && file.Part != ep.match.Part {
				m.emit(Keep{Key: file.ItemKey(), Played: played})
			}
		}
		s.earlier, ep.elsewhere = earlier, p
		m.persist(s, now.Mono) // before it is noted as counted: it counts at least once
		m.emit(CountedPoint{Key: PointKey(ep.match), At: l.Simkl.At})
	}
}

// files are the files of a film in parts, else the item itself.
func files(m media.Match) []media.Match {
	if m.Part == 0 {
		return []media.Match{m}
	}
	out := make([]media.Match, partsOf(m))
	for i := range out {
		out[i] = m
		out[i].Part = i + 1
	}
	return out
}

// within is how much of one file lies before a point of the item, as a share of 1.
func within(m media.Match, progress float64) float64 {
	share := progress / 100
	if m.Part > 0 {
		share = share*float64(partsOf(m)) - float64(m.Part-1)
	}
	return min(1, max(0, share))
}

// offer shows or goes to where the file was left, computed from its own length. It does so only to somebody who has
// just opened it and is still at its beginning.
func (m *Machine) offer(s *session, known map[string]LeftOff) {
	if m.set.Resume == ResumeOff || s.reason != media.ReasonNone || s.state != players.Playing ||
		s.ran > resumeWithin || s.pos > resumeWithin {
		return
	}
	best, to := Point{}, time.Duration(0)
	for i, ep := range s.eps {
		p := s.leftOff(i, known).newest()
		share := within(ep.match, p.Progress)
		lo, hi := s.bounds(i)
		at := lo + time.Duration(share*float64(hi-lo))
		if !p.At.After(best.At) || ep.counted || p.Progress >= endFrom || share >= 1 || at-s.pos < resumeWithin {
			continue
		}
		best, to = p, at
	}
	if best.At.IsZero() {
		return
	}
	s.offered = Resume{
		Watch: s.current().watch, Ways: s.ways, Path: s.item.Path, To: to, Point: best, Seek: m.set.Resume == ResumeSeek,
	}
	m.emit(s.offered)
}

// forgetOffer ends an offer that the viewer has taken or passed by.
func (s *session) forgetOffer() {
	if s.offered.To > 0 && s.pos >= s.offered.To {
		s.offered = Resume{}
	}
}

// leave notes where an episode was left.
func (m *Machine) leave(s *session) {
	for _, ep := range s.eps {
		if s.known && !ep.counted && !ep.left.At.IsZero() {
			m.emit(Leave{Key: PointKey(ep.match), Point: ep.left})
		}
	}
}
