package scrobbler

import (
	"maps"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Machine decides what Simkl is told. It has no clock, no I/O and no goroutine: one owner feeds it events and times
// and carries out the effects it gives back, in their order.
type Machine struct {
	set Settings
	// number gives the next watch its number for life.
	number func() media.WatchID

	merger   players.Merger
	sessions []*session // oldest first
	orphans  []Saved    // left by an earlier run, their player not seen yet
	settleAt time.Duration
	private  Private
	// privateEnd is the reading of the boot clock at which that is over, 0 if it is: wall clocks are stepped.
	privateEnd time.Duration
	// lastEnd is what each instance played to its end and what counted, to know a loop.
	lastEnd map[string]ended

	out  []Effect
	wake time.Duration
}

type ended struct {
	path string
	at   time.Duration
}

// Private is the user's wish that nothing be told.
type Private struct {
	// Until is the end of it; zero: it is off, unless Watch says otherwise.
	Until time.Time
	// Watch is the one session that is private, 0 for all.
	Watch media.WatchID
}

func (m *Machine) hides(s *session, now media.Moment) bool {
	w := m.private.Watch
	if w != 0 && slices.ContainsFunc(s.eps, func(ep *episode) bool { return ep.watch == w }) {
		return true
	}
	return now.Boot < m.privateEnd
}

// New gives a machine without sessions. number must give a new watch number at each call.
func New(set Settings, number func() media.WatchID) *Machine {
	return &Machine{set: set, number: number, lastEnd: map[string]ended{}}
}

// Step takes in what a player says through one channel. Several channels of one player are one playback.
func (m *Machine) Step(e players.Event) []Effect {
	for _, merged := range m.merger.Step(tidy(e)) {
		m.hear(merged)
	}
	return m.done(e.At)
}

// hear takes in what a player does.
func (m *Machine) hear(e players.Event) {
	s := m.find(e.Instance)
	if s != nil && s.another(e) {
		m.end(s, e.At)
		m.drop(s)
		s = nil
	}
	switch {
	case s == nil && e.State == players.Stopped:
		m.disown(e)
		m.left(e)
	case s == nil && e.Item.Path == "" && e.Item.Title == "":
		// Nothing is named yet: there is nothing to tell apart.
	case s == nil && !e.Known && m.awaits(e):
		// An earlier run left it: the first position says whether it played on meanwhile.
	case s == nil:
		m.open(e)
	case s.over:
		m.left(e)
	default:
		m.step(s, e)
	}
}

// tidy bounds what a player may say.
func tidy(e players.Event) players.Event {
	if e.Item.Length < 0 || e.Item.Length > longest {
		e.Item.Length = 0
	}
	e.Position = min(max(0, e.Position), longest)
	e.Rate = tidyRate(e.Rate)
	return e
}

// tidyRate believes 0.01 to 100 (edge-cases.md M20).
func tidyRate(r float64) float64 {
	if r >= 0.01 && r <= 100 {
		return r
	}
	return 1
}

// another reports whether an event is of another playback than the session.
func (s *session) another(e players.Event) bool {
	return s.playback != e.Playback ||
		e.State != players.Stopped && s.item.Path != "" && e.Item.Path != "" && s.item.Path != e.Item.Path
}

// left forgets a player that is gone.
func (m *Machine) left(e players.Event) {
	if e.End != players.EndGone && e.End != players.EndSilent {
		return
	}
	if s := m.find(e.Instance); s != nil {
		m.drop(s)
	}
	delete(m.lastEnd, e.Instance)
}

func (m *Machine) step(s *session, e players.Event) {
	face, state, end := s.item, s.state, s.end
	got := s.observe(e)
	if got.slept {
		m.wokeUp(s, got.before, e.At)
	}
	if changedFace(face, s.item) {
		m.identify(s)
	}
	if e.State == players.Stopped {
		m.cross(s, got, e.At)
		m.close(s, e.End, e.At)
		m.left(e)
		return
	}
	if got.jumped && s.wrapped(got.before) {
		m.roundOver(s, got.before, e.At)
	}
	m.cross(s, got, e.At)
	s.dirty = s.dirty || state != s.state || end != s.end
	s.moved = s.moved || got.jumped || face.Length != s.item.Length && !s.item.Growing
	m.evaluate(s, e.At)
}

// changedFace reports whether an item is to be identified anew.
func changedFace(a, b media.Item) bool {
	return a.Path != b.Path || a.Title != b.Title || a.Picture != b.Picture || len(a.Tags) != len(b.Tags)
}

// wrapped reports whether a jump was a loop: from the end to the start (edge-cases.md M21).
func (s *session) wrapped(before time.Duration) bool {
	return s.item.Length > 0 && media.Progress(before, s.item.Length) > 90 && media.Progress(s.pos, s.item.Length) < 5
}

// open begins a session for an item that was not seen before.
func (m *Machine) open(e players.Event) {
	s := &session{
		player: e.Player, channel: e.Channel, instance: e.Instance, pid: e.PID, playback: e.Playback,
		item: e.Item, rate: 1, at: e.At, state: players.Stalled, savedAt: e.At.Mono, heardAt: e.At.Mono, moved: true,
	}
	if saved, ok := m.claim(e); ok {
		m.resume(s, saved, e)
	} else {
		s.eps = []*episode{{watch: m.number()}}
		if last, ok := m.lastEnd[e.Instance]; ok && last.path == e.Item.Path && e.At.Mono-last.at < atOnce {
			s.eps[0].counted, s.eps[0].settled = true, true
		}
		s.hidden = m.hides(s, e.At)
		if e.Known {
			s.pos = s.clamp(e.Position)
		}
		s.observe(e)
	}
	delete(m.lastEnd, e.Instance)
	m.sessions = append(m.sessions, s)
	m.identify(s)
	m.evaluate(s, e.At)
}

func (m *Machine) identify(s *session) {
	s.turn++
	m.emit(Identify{Watch: s.eps[0].watch, Turn: s.turn, Item: s.item})
}

// Identified takes in who an item is.
func (m *Machine) Identified(id Identified, now media.Moment) []Effect {
	s := m.byWatch(id.Watch)
	if s == nil || s.over || s.turn != id.Turn {
		return m.done(now)
	}
	before := s.pos
	if s.sync(now) {
		m.wokeUp(s, before, now)
	}
	m.adopt(s, id, now)
	s.moved = true
	m.evaluate(s, now)
	return m.done(now)
}

// adopt gives a session its identity; one that it had before is closed at Simkl first.
func (m *Machine) adopt(s *session, id Identified, now media.Moment) {
	same := s.known && s.match.ItemKey() == id.Match.ItemKey() && len(s.eps) == id.Match.Count()
	s.known, s.match, s.mayGo, s.note = true, id.Match, id.MayGo, id.Note
	// Views share the map, so it is replaced and never changed.
	earlier := make(map[string]Played, len(s.earlier)+len(id.Earlier))
	maps.Copy(earlier, s.earlier)
	maps.Copy(earlier, id.Earlier)
	s.earlier = earlier
	if same {
		for i, ep := range s.eps {
			ep.match = id.Match.Episode(i)
		}
		return
	}
	if ep := s.current(); ep.told == toldStart {
		m.pauseAt(s, ep, s.progress(s.cur, s.pos), now.Wall)
	}
	s.asked, s.pointsBy, s.offered = false, 0, Resume{}
	for len(s.eps) < id.Match.Count() {
		s.eps = append(s.eps, &episode{watch: m.number()})
	}
	s.eps = s.eps[:id.Match.Count()]
	for i, ep := range s.eps {
		ep.match = id.Match.Episode(i)
		ep.unmatched, ep.noticed, ep.answer = false, false, nil
		ep.left, ep.elsewhere = Point{}, 0
	}
	s.cur = s.indexAt(s.pos)
}

// Tick lets time pass.
func (m *Machine) Tick(now media.Moment) []Effect {
	m.wake = 0 // the one asked for is used up
	return m.pass(now)
}

func (m *Machine) pass(now media.Moment) []Effect {
	for _, e := range m.merger.Tick(now) {
		m.hear(e)
	}
	m.settle(now)
	for _, s := range slices.Clone(m.sessions) {
		if s.over {
			continue
		}
		before := s.pos
		if s.sync(now) {
			m.wokeUp(s, before, now)
		}
		m.cross(s, seen{before: s.pos}, now)
		m.evaluate(s, now)
	}
	return m.done(now)
}

// Sleep takes in that the machine is about to sleep: where there is time, what plays is paused at Simkl.
func (m *Machine) Sleep(now media.Moment) []Effect {
	for _, s := range m.sessions {
		if s.over {
			continue
		}
		s.sync(now)
		if ep := s.current(); ep.told == toldStart {
			m.pauseAt(s, ep, s.progress(s.cur, s.pos), now.Wall)
			ep.yielded = true // still "playing" for the player: the next start is for the time after
			s.slept, s.sleptAt = true, now.Mono
		}
		s.dirty = true
	}
	return m.done(now)
}

// wokeUp closes at Simkl what was open when the machine fell asleep; going on is a new start.
func (m *Machine) wokeUp(s *session, before time.Duration, now media.Moment) {
	ep := s.current()
	if ep.told == toldStart {
		m.pauseAt(s, ep, s.progress(s.cur, before), s.lastRan(ep, now.Wall))
	}
	m.awake(s)
}

// awake lets what was paused for a sleep be told of again.
func (m *Machine) awake(s *session) {
	if s.slept {
		s.current().yielded, s.slept = false, false
	}
}

// Reload takes in new settings.
func (m *Machine) Reload(set Settings, now media.Moment) []Effect {
	m.set = set
	return m.pass(now)
}

// SetPrivate takes in what the user wants kept private.
func (m *Machine) SetPrivate(p Private, now media.Moment) []Effect {
	for _, s := range m.sessions {
		if !s.over {
			s.sync(now) // what was played till now is settled under the old rule
		}
	}
	m.private, m.privateEnd = p, 0
	if left := p.Until.Sub(now.Wall); left > 0 {
		m.privateEnd = now.Boot + left
	}
	for _, s := range m.sessions {
		if !s.over {
			m.evaluate(s, now)
		}
	}
	return m.done(now)
}

// Told takes in how a call fared.
func (m *Machine) Told(t Told, now media.Moment) []Effect {
	s, ep := m.byEpisode(t.Watch)
	if ep == nil {
		return m.done(now)
	}
	ep.waiting = t.Waiting
	if t.Answer != nil {
		ep.answer = t.Answer
	}
	if t.Unmatched && !ep.unmatched {
		ep.unmatched = true
		ep.told = toldNothing // what was told has been taken back
		m.notice(s, ep, NoticeNotRecognised)
		s.dirty = true
		if !s.over {
			m.evaluate(s, now)
		} else if ep == s.current() {
			s.reason = media.ReasonUnmatched
		}
	}
	return m.done(now)
}

// Mark counts what a session plays, or played last, as watched though the rules did not. It reports false for a watch
// that no session has any more, that is not known, or that counted already.
func (m *Machine) Mark(w media.WatchID, now media.Moment) ([]Effect, bool) {
	s, ep := m.byEpisode(w)
	if ep == nil || ep.counted || !s.known || ep.match.Kind == media.KindNone {
		return m.done(now), false
	}
	at := now.Wall
	if s.over {
		at = s.lastRan(ep, at)
	} else {
		s.sync(now)
	}
	if ep.unmatched {
		m.park(s, ep, 100, at) // Simkl knows no such title: a person says first what it is
	} else {
		m.count(s, ep, 100, at)
	}
	return m.done(now), true
}

// Again asks anew who every session's item is: rules or library folders have changed.
func (m *Machine) Again(now media.Moment) []Effect {
	for _, s := range m.sessions {
		if !s.over {
			m.identify(s)
		}
	}
	return m.done(now)
}

// Close writes the last position of each session down. Nothing is told: the next run goes on from there.
func (m *Machine) Close(now media.Moment) []Effect {
	for _, s := range m.sessions {
		if s.over {
			continue
		}
		s.sync(now)
		s.dirty = true
	}
	out := m.done(now)
	return slices.DeleteFunc(out, func(e Effect) bool { _, ok := e.(Wake); return ok })
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) find(instance string) *session {
	for _, s := range m.sessions {
		if s.instance == instance {
			return s
		}
	}
	return nil
}

func (m *Machine) byWatch(w media.WatchID) *session {
	for _, s := range m.sessions {
		if s.eps[0].watch == w {
			return s
		}
	}
	return nil
}

func (m *Machine) byEpisode(w media.WatchID) (*session, *episode) {
	for _, s := range m.sessions {
		for _, ep := range s.eps {
			if ep.watch == w {
				return s, ep
			}
		}
	}
	return nil, nil
}

func (m *Machine) drop(s *session) {
	m.sessions = slices.DeleteFunc(m.sessions, func(o *session) bool { return o == s })
}

// done ends one input: what changed is written, and the next look is asked for.
func (m *Machine) done(now media.Moment) []Effect {
	if m.privateEnd != 0 && now.Boot >= m.privateEnd {
		m.private.Until, m.privateEnd = time.Time{}, 0
	}
	for _, s := range m.sessions {
		if m.owed(s, now.Mono) {
			m.persist(s, now.Mono)
		}
	}
	if at := m.next(now); at != m.wake {
		m.wake = at
		m.emit(Wake{At: at})
	}
	out := m.out
	m.out = nil
	return out
}

// owed reports whether a session is to be written now.
func (m *Machine) owed(s *session, mono time.Duration) bool {
	since := mono - s.savedAt
	due := s.dirty || s.moved && since >= saveSoon || s.running() && s.at.Mono-s.heardAt >= saveEvery
	return due && !s.over && m.worthSaving(s)
}

func (m *Machine) persist(s *session, mono time.Duration) {
	m.emit(Persist{Saved: s.save()})
	s.savedAt, s.heardAt, s.dirty, s.moved, s.stored = mono, s.at.Mono, false, false, true
}

// worthSaving reports whether a crash would lose anything: not for music, clips and the like.
func (m *Machine) worthSaving(s *session) bool {
	if s.current().told != toldNothing {
		return true
	}
	return s.reason == media.ReasonNone || s.reason == media.ReasonUnmatched
}

// next is the reading of the monotonic clock at which something is due without anybody saying so; 0 if nothing.
func (m *Machine) next(now media.Moment) time.Duration {
	var at time.Duration
	due := func(t time.Duration) {
		t = max(t, now.Mono+time.Millisecond)
		if at == 0 || t < at {
			at = t
		}
	}
	if t := m.merger.Next(); t != 0 {
		due(t)
	}
	if len(m.orphans) > 0 {
		due(m.settleAt) // nothing is started before they are dealt with
	}
	for _, s := range m.sessions {
		if s.over {
			continue
		}
		if left := m.privateEnd - now.Boot; left > 0 {
			due(now.Mono + min(left, lookAgain))
		}
		if s.moved && m.worthSaving(s) {
			due(s.savedAt + saveSoon)
		}
		ep := s.current()
		switch {
		case s.reason != media.ReasonNone:
		case m.startable(s, ep):
			due(max(s.at.Mono+m.set.StartAfter-s.ran, s.pointsBy))
		case s.state == players.Paused && ep.told == toldStart:
			due(s.paused.Mono + m.set.PauseAfter)
		}
		if s.state == players.Playing && s.cur < len(s.eps)-1 && s.item.Length > 0 {
			_, hi := s.bounds(s.cur)
			due(s.at.Mono + time.Duration(float64(hi-s.pos)/s.rate) + time.Millisecond)
		}
	}
	return at
}
