package scrobbler

import (
	"maps"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// evaluate does what a session's state asks for, by the rows of product.md 5.
func (m *Machine) evaluate(s *session, now media.Moment) {
	ep := s.current()
	s.hidden = m.hides(s, now)
	s.reason, s.rule = m.judge(s, now)
	if s.slept && (s.state == players.Paused || now.Mono-s.sleptAt >= stayedAwake) {
		m.awake(s)
	}
	if s.known && s.end == players.EndReached && s.state != players.Playing && !ep.settled {
		m.finish(s, s.cur, m.lastProgress(s, s.end), now)
		return
	}
	switch {
	case s.reason != media.ReasonNone:
		if ep.told == toldStart {
			m.pauseAt(s, ep, s.progress(s.cur, s.pos), now.Wall)
		}
	case m.startable(s, ep):
		m.askPoints(s, now)
		if !s.awaitsPoints(now.Mono) && (s.ran >= m.set.StartAfter || ep.told != toldNothing) {
			m.start(s, ep, now)
		}
	case s.state == players.Paused:
		ep.yielded = false // going on is the user's wish, and told
		if ep.told == toldStart && now.Mono-s.paused.Mono >= m.set.PauseAfter {
			m.pauseAt(s, ep, s.progress(s.cur, s.pausedPos), s.paused.Wall)
		}
	}
}

// startable reports whether a start is owed as soon as the item has played long enough.
func (m *Machine) startable(s *session, ep *episode) bool {
	return s.state == players.Playing && s.known && s.reason == media.ReasonNone &&
		ep.told != toldStart && !ep.counted && !ep.yielded && len(m.orphans) == 0
}

// judge gives the first rule that forbids telling of a session, in the order that `why` shows.
func (m *Machine) judge(s *session, now media.Moment) (media.Reason, string) {
	ep := s.current()
	if m.hides(s, now) {
		return media.ReasonPrivate, ""
	}
	switch s.item.Picture {
	case media.PictureNone:
		return media.ReasonMusic, ""
	case media.PictureStill:
		return media.ReasonPicture, ""
	case media.PictureVideo, media.PictureUnknown:
	}
	if m.set.Place != nil {
		if place := m.set.Place(s.item.Path); place.Reason != media.ReasonNone {
			return place.Reason, place.Rule
		}
	}
	switch {
	case s.item.Growing:
		return media.ReasonLive, ""
	case s.item.Length <= 0:
		return media.ReasonNoDuration, ""
	case !s.known:
		return media.ReasonNone, ""
	case s.match.Refused != media.ReasonNone:
		return s.match.Refused, ""
	case s.match.Kind != media.KindEpisode && s.item.Length < m.set.MinDuration:
		return media.ReasonShort, ""
	case s.match.Kind == media.KindNone, !s.mayGo, ep.unmatched:
		return media.ReasonUnmatched, ""
	case ep.counted && ep.settled && s.state == players.Playing:
		return media.ReasonLooped, ""
	case !ep.counted && m.doubled(s):
		return media.ReasonDuplicate, ""
	}
	return media.ReasonNone, ""
}

// start tells Simkl that an item plays, after what Simkl could finish by itself because of it has been paused there.
func (m *Machine) start(s *session, ep *episode, now media.Moment) {
	for _, o := range m.sessions {
		doubled := !o.over && o.current().told == toldStart && o.known && o.current().match.ItemKey() == ep.match.ItemKey()
		if o == s || !doubled && !m.unearned(o, now) {
			continue
		}
		other := o.current()
		m.pauseAt(o, other, o.progress(o.cur, o.positionAt(now.Mono)), now.Wall)
		other.yielded = true
	}
	p := s.progress(s.cur, s.positionAt(now.Mono))
	ep.settled, ep.reason = false, media.ReasonNone
	if ep.started.IsZero() {
		ep.started = now.Wall
	}
	ep.told, ep.toldAt, ep.toldWall, ep.toldProgress = toldStart, now.Mono, now.Wall, p
	call := m.call(s, ep, media.VerbStart, p, now.Wall)
	m.persist(s, now.Mono) // before Simkl hears of it: whatever happens now, the next run knows what to close
	m.emit(Send{Call: call})
}

// doubled reports whether another player shows the same film or episode and began later: it speaks for both, since
// Simkl keeps one session for each title.
func (m *Machine) doubled(s *session) bool {
	later := false
	for _, o := range m.sessions {
		if o == s {
			later = true
			continue
		}
		spoke := !o.over && (o.current().told == toldStart || o.current().told == toldPause)
		if later && spoke && o.current().match.ItemKey() == s.current().match.ItemKey() {
			return true
		}
	}
	return false
}

// unearned reports whether Simkl could finish by itself what a session has not earned.
func (m *Machine) unearned(o *session, now media.Moment) bool {
	ep := o.current()
	if o.over || ep.told != toldStart || o.atSimkl(ep, now.Mono+finishMargin) < watchedFrom {
		return false
	}
	return o.progress(o.cur, o.positionAt(now.Mono)) < watchedFrom || o.share(o.cur) < m.set.MinPlayed
}

func (m *Machine) pauseAt(s *session, ep *episode, p float64, wall time.Time) {
	ep.told, ep.left = toldPause, Point{Progress: p, At: wall.UTC()}
	m.send(s, ep, media.VerbPause, p, wall)
	s.dirty = true
}

func (m *Machine) send(s *session, ep *episode, verb media.Verb, p float64, wall time.Time) {
	m.emit(Send{Call: m.call(s, ep, verb, p, wall)})
}

func (m *Machine) call(s *session, ep *episode, verb media.Verb, p float64, wall time.Time) media.Call {
	ep.seq++
	if verb == media.VerbWatched {
		ep.seq = lastSeq
	}
	return media.Call{
		Watch: ep.watch, Seq: ep.seq, Verb: verb, Match: ep.match, Progress: media.CutPercent(p), At: wall.UTC(),
		Path: s.item.Path, Player: s.player,
	}
}

// cross settles the episode that was left, if the position has moved into another one of the same file.
func (m *Machine) cross(s *session, got seen, now media.Moment) {
	i := s.indexAt(s.pos)
	if i == s.cur || i < s.cur && !got.jumped {
		return // a position that trembles at the border is not on its way back
	}
	s.dirty = true
	if got.jumped {
		m.finish(s, s.cur, s.progress(s.cur, got.before), now)
		s.cur = i
		return
	}
	ranAt := s.ranAt
	for ; s.cur < i; s.cur++ { // each played to its end, and that is when it was watched
		if _, end := s.bounds(s.cur); !s.hidden && !ranAt.IsZero() {
			s.ranAt = ranAt.Add(-s.takes(s.pos - end))
		}
		m.finish(s, s.cur, 100, now)
	}
	s.ranAt = ranAt
}

// roundOver settles the first round of an item that loops, if it counts. If it does not, the jump was a seek to the
// start like any other, and the watch goes on.
func (m *Machine) roundOver(s *session, before time.Duration, now media.Moment) {
	p := s.progress(s.cur, before)
	if media.Progress(before, s.item.Length) >= endFrom {
		p = s.progress(s.cur, s.item.Length)
	}
	if s.current().counted || m.earned(s, s.cur, p) {
		m.finish(s, s.cur, p, now)
		s.dirty = true
	}
}

// lastProgress is how far an item was when it ended: 100 where the player's word that the end was reached agrees with
// the last position or with what was played (players.md 0, fact 3).
func (m *Machine) lastProgress(s *session, end players.End) float64 {
	if end == players.EndReached && s.item.Length > 0 {
		atEnd := media.Progress(s.pos, s.item.Length) >= endFrom ||
			s.item.Length-s.pos <= time.Duration(2*max(1, s.rate)*float64(time.Second)) ||
			s.share(s.cur) >= watchedFrom
		if atEnd {
			return s.progress(s.cur, s.item.Length)
		}
	}
	return s.progress(s.cur, s.pos)
}

// end closes a session that its player has left for another item.
func (m *Machine) end(s *session, now media.Moment) {
	if s.over {
		return
	}
	before := s.pos
	if s.sync(now) {
		m.wokeUp(s, before, now)
	}
	m.cross(s, seen{before: s.pos}, now)
	m.close(s, players.EndStopped, now)
}

// close ends a session: what it came to is told, kept and written down.
func (m *Machine) close(s *session, how players.End, now media.Moment) {
	s.reason, s.rule = m.judge(s, now)
	m.finish(s, s.cur, m.lastProgress(s, how), now)
	s.over, s.end = true, how
	s.state = players.Stopped
	m.keep(s)
	m.leave(s)
	if how == players.EndReached && s.current().counted {
		m.lastEnd[s.instance] = ended{path: s.item.Path, at: now.Mono}
	}
	if s.stored {
		m.emit(Forget{Watch: s.eps[0].watch})
	}
}

// keep remembers what was played of what did not count, for a later sitting.
func (m *Machine) keep(s *session) {
	if r := s.reason; r != media.ReasonNone && r != media.ReasonUnmatched && r != media.ReasonPrivate {
		return // what ran in private is in no span
	}
	for i, ep := range s.eps {
		played := s.playedOf(i)
		if ep.counted || !s.known || ep.match.Kind == media.KindNone || len(played.Spans) == 0 {
			continue
		}
		m.emit(Keep{Key: ep.match.ItemKey(), Played: played})
	}
}

// earned reports whether an episode that ended at progress p counts: position and what was really played both allow
// it. Something must have run in this sitting, since files are also opened for an instant.
func (m *Machine) earned(s *session, i int, p float64) bool {
	ep := s.eps[i]
	ran := ep.told == toldStart || ep.told == toldPause || s.ran >= m.set.StartAfter || s.shareHere(i) >= watchedFrom
	return ran && lastPart(ep.match) && p >= watchedFrom && s.share(i) >= m.set.MinPlayed
}

// lastRan is when an episode last played: not before its start was told, now if it never played.
func (s *session) lastRan(ep *episode, now time.Time) time.Time {
	switch {
	case s.ranAt.IsZero():
		return now
	case s.ranAt.Before(ep.toldWall) && !now.Before(ep.toldWall):
		return ep.toldWall
	}
	return s.ranAt
}

// finish settles one episode at progress p: it counts, or it does not and why.
func (m *Machine) finish(s *session, i int, p float64, now media.Moment) {
	ep := s.eps[i]
	again := ep.settled
	ep.settled = true
	if ep.counted {
		return
	}
	at := s.lastRan(ep, now.Wall)
	if !lastPart(ep.match) {
		p = min(p, watchedFrom-0.01) // a film counts when its last file ends
	}
	heard := ep.told == toldStart || ep.told == toldPause
	earned := m.earned(s, i, p)
	switch {
	case s.reason == media.ReasonUnmatched, s.reason == media.ReasonNone && !s.known:
		if earned {
			m.park(s, ep, p, at)
		}
	case s.reason != media.ReasonNone:
		if ep.told == toldStart {
			m.pauseAt(s, ep, p, at)
		}
	case earned:
		m.count(s, ep, p, at)
	case !heard || again && ep.told != toldStart:
	case p >= watchedFrom:
		ep.reason = media.ReasonNotPlayed
		lo, _ := s.bounds(i)
		m.pauseAt(s, ep, s.progress(i, max(lo, s.last.To)), at)
		m.journal(s, i, EndingNotCounted, p, at)
		m.notice(s, ep, NoticeNotCounted)
	default:
		ep.told, ep.left = toldEnd, Point{Progress: p, At: at.UTC()}
		m.send(s, ep, media.VerbStop, p, at)
		m.journal(s, i, EndingNotCounted, p, at)
	}
}

// count makes a watch of an episode. What was played of it is forgotten, else a jump to the credits days later
// would count again.
func (m *Machine) count(s *session, ep *episode, p float64, at time.Time) {
	i := s.index(ep)
	ep.counted, ep.told, ep.reason = true, toldEnd, media.ReasonNone
	m.journal(s, i, EndingWatched, p, at)
	m.send(s, ep, media.VerbWatched, p, at)
	m.clear(s, ep)
	m.notice(s, ep, NoticeWatched)
	s.dirty = true
}

func (m *Machine) clear(s *session, ep *episode) {
	keys := Keys(ep.match)
	earlier := maps.Clone(s.earlier) // views share the old one
	for _, key := range keys {
		m.emit(Keep{Key: key})
		delete(earlier, key)
	}
	s.earlier = earlier
}

// park keeps a watch that counts until a person says what it is.
func (m *Machine) park(s *session, ep *episode, p float64, at time.Time) {
	ep.counted, ep.told = true, toldEnd
	m.journal(s, s.index(ep), EndingParked, p, at)
	m.emit(Park{Call: m.call(s, ep, media.VerbWatched, p, at)})
	m.clear(s, ep)
	m.notice(s, ep, NoticeNotRecognised)
	s.dirty = true
}

func (m *Machine) notice(s *session, ep *episode, kind NoticeKind) {
	if kind == NoticeNotRecognised {
		if ep.noticed {
			return
		}
		ep.noticed = true
	}
	m.emit(Notify{
		Kind: kind, Watch: ep.watch, Match: ep.match, Path: s.item.Path,
		Played: s.share(s.index(ep)), Needed: m.set.MinPlayed, Ways: s.ways,
	})
}

func (s *session) index(ep *episode) int {
	for i := range s.eps {
		if s.eps[i] == ep {
			return i
		}
	}
	return 0
}

func (m *Machine) journal(s *session, i int, ending Ending, p float64, at time.Time) {
	ep := s.eps[i]
	started := ep.started
	if started.IsZero() {
		started = at
	}
	reason := ep.reason
	if ending == EndingParked {
		reason = media.ReasonUnmatched
	}
	m.emit(Journal{Entry: Entry{
		Watch: ep.watch, Match: ep.match, Path: s.item.Path, Player: s.player, Length: s.item.Length,
		Started: started.UTC(), Ended: at.UTC(), Ending: ending, Reason: reason,
		Progress: p, Played: s.share(i), Chain: m.set.chain(s, i, p, at),
	}})
}
