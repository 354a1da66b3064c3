package scrobbler

import (
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Saved is a session as it is written to disk, so that the next run can finish what this one leaves. Its JSON is
// read by later versions: fields may be added, never change meaning.
type Saved struct {
	Watch   media.WatchID `json:"watch"`
	Player  string        `json:"player"`
	Channel string        `json:"channel"`
	PID     int           `json:"pid,omitempty"`
	// Path and Title are bytes: a name need not be UTF-8.
	Path    []byte        `json:"path"`
	Title   []byte        `json:"title,omitempty"`
	Picture media.Picture `json:"picture,omitempty"`
	Length  time.Duration `json:"length"`
	Growing bool          `json:"growing,omitempty"`

	Known   bool              `json:"known"`
	Match   media.Match       `json:"match"`
	MayGo   bool              `json:"may_go"`
	Earlier map[string]Played `json:"earlier,omitempty"`

	State    players.State `json:"state"`
	Position time.Duration `json:"position"`
	Rate     float64       `json:"rate"`
	At       time.Time     `json:"at"`
	RanAt    time.Time     `json:"ran_at"`
	Ran      time.Duration `json:"ran"`
	Spans    Spans         `json:"spans"`
	Last     Span          `json:"last"`
	Reason   media.Reason  `json:"reason,omitempty"`

	Episodes []SavedEpisode `json:"episodes"`
	Current  int            `json:"current"`
}

// SavedEpisode is what one watch of a saved session has come to.
type SavedEpisode struct {
	Watch     media.WatchID `json:"watch"`
	Seq       int           `json:"seq"`
	Told      string        `json:"told,omitempty"`
	Settled   bool          `json:"settled,omitempty"`
	Counted   bool          `json:"counted,omitempty"`
	Unmatched bool          `json:"unmatched,omitempty"`
	Started   time.Time     `json:"started"`
	// ToldAt and ToldProgress are of the last start.
	ToldAt       time.Time `json:"told_at"`
	ToldProgress float64   `json:"told_progress,omitempty"`
	// Elsewhere is the share up to which another machine's resume point counts as played.
	Elsewhere float64 `json:"elsewhere,omitempty"`
}

func (s *session) save() Saved {
	saved := Saved{
		Watch: s.eps[0].watch, Player: s.player, Channel: s.channel, PID: s.pid,
		Path: []byte(s.item.Path), Title: []byte(s.item.Title), Picture: s.item.Picture, Length: s.item.Length,
		Growing: s.item.Growing,
		Known:   s.known, Match: s.match, MayGo: s.mayGo, Earlier: s.earlier,
		State: s.state, Position: s.pos, Rate: s.rate, At: s.at.Wall, RanAt: s.ranAt, Ran: s.ran,
		Spans: s.spans, Last: s.last, Reason: s.reason, Current: s.cur,
	}
	saved.Match.Because = nil
	for _, ep := range s.eps {
		saved.Episodes = append(saved.Episodes, SavedEpisode{
			Watch: ep.watch, Seq: ep.seq, Told: string(ep.told), Settled: ep.settled, Counted: ep.counted,
			Unmatched: ep.unmatched, Started: ep.started, ToldAt: ep.toldWall, ToldProgress: ep.toldProgress,
			Elsewhere: ep.elsewhere,
		})
	}
	return saved
}

// Restore gives the machine the sessions that an earlier run left. Those whose player is gone are stopped with their
// last known progress and time; the others go on when their player is seen, or are stopped when it is not seen soon.
func (m *Machine) Restore(saved []Saved, alive func(Saved) bool, now media.Moment) []Effect {
	for _, sv := range saved {
		if len(sv.Episodes) == 0 || sv.Current < 0 || sv.Current >= len(sv.Episodes) || sv.Episodes[0].Watch != sv.Watch {
			m.emit(Forget{Watch: sv.Watch}) // nothing that could be finished
			continue
		}
		if alive(sv) {
			m.orphans = append(m.orphans, sv)
		} else {
			m.abandon(sv)
		}
	}
	m.settleAt = now.Mono + settleAfter
	return m.done(now)
}

// settle stops the sessions of an earlier run whose player has not been seen.
func (m *Machine) settle(now media.Moment) {
	if len(m.orphans) == 0 || now.Mono < m.settleAt {
		return
	}
	for _, sv := range m.orphans {
		m.abandon(sv)
	}
	m.orphans = nil
}

// claim finds the session of an earlier run that goes on with e, and stops one that the same player has left.
func (m *Machine) claim(e players.Event) (Saved, bool) {
	if i := slices.IndexFunc(m.orphans, func(sv Saved) bool { return goesOn(sv, e) }); i >= 0 {
		sv := m.orphans[i]
		m.orphans = slices.Delete(m.orphans, i, i+1)
		return sv, true
	}
	if e.PID != 0 { // without it this may be another instance: that is known when the time is up
		m.disown(e)
	}
	return Saved{}, false
}

// awaits reports whether an earlier run left the item that an event tells of.
func (m *Machine) awaits(e players.Event) bool {
	return slices.ContainsFunc(m.orphans, func(sv Saved) bool { return goesOn(sv, e) })
}

// disown stops the session of an earlier run whose player says that it plays nothing any more.
func (m *Machine) disown(e players.Event) {
	for i, sv := range m.orphans {
		if samePlayer(sv, e) {
			m.orphans = slices.Delete(m.orphans, i, i+1)
			m.abandon(sv)
			return
		}
	}
}

// samePlayer: a process is one player whichever channel shows it now; without one, its channel and name are all there is.
func samePlayer(sv Saved, e players.Event) bool {
	if sv.PID != 0 || e.PID != 0 {
		return sv.PID == e.PID
	}
	return sv.Channel == e.Channel && sv.Player == e.Player
}

// goesOn reports whether a player still has the item that an earlier run left.
func goesOn(sv Saved, e players.Event) bool {
	if !samePlayer(sv, e) || string(sv.Path) != e.Item.Path {
		return false
	}
	return e.Item.Path != "" || string(sv.Title) == e.Item.Title
}

// abandon stops a session of an earlier run as it was last known.
func (m *Machine) abandon(sv Saved) {
	s := &session{}
	s.load(sv)
	s.at = media.Moment{Wall: sv.At}
	s.state = players.Stopped // the clock does not run on
	if sv.Reason == media.ReasonPrivate {
		// Nothing of its end may be told; what was told of it was closed when it went private.
		m.emit(Forget{Watch: sv.Watch})
		return
	}
	m.close(s, players.EndGone, s.at)
}

func (s *session) load(sv Saved) {
	s.player, s.channel, s.pid = sv.Player, sv.Channel, sv.PID
	s.item = media.Item{
		Path: string(sv.Path), Title: string(sv.Title), Picture: sv.Picture, Growing: sv.Growing,
		Length: min(max(0, sv.Length), longest),
	}
	s.known, s.match, s.mayGo, s.earlier = sv.Known, sv.Match, sv.MayGo, sv.Earlier
	s.pos, s.rate, s.ranAt, s.ran = s.clamp(min(sv.Position, longest)), tidyRate(sv.Rate), sv.RanAt, sv.Ran
	s.spans, s.last = Spans(nil).Union(sv.Spans), sv.Last
	s.reason, s.stored = sv.Reason, true
	for i, ep := range sv.Episodes {
		s.eps = append(s.eps, &episode{
			watch: ep.Watch, match: sv.Match, seq: ep.Seq + seqLeap, told: told(ep.Told), settled: ep.Settled,
			counted: ep.Counted, unmatched: ep.Unmatched, started: ep.Started,
			toldWall: ep.ToldAt, toldProgress: ep.ToldProgress, elsewhere: ep.Elsewhere,
		})
		if sv.Known {
			s.eps[i].match = sv.Match.Episode(i)
		}
	}
	s.cur = sv.Current
}

// resume takes up a session of an earlier run. What played meanwhile counts if the position moved as the clock did.
func (m *Machine) resume(s *session, sv Saved, e players.Event) {
	item := s.item
	s.load(sv)
	if item.Length == 0 {
		item.Length = s.item.Length
	}
	s.item = item
	s.hidden = sv.Reason == media.ReasonPrivate || m.hides(s, e.At)
	elapsed := e.At.Wall.Sub(sv.At)
	for _, ep := range s.eps {
		ep.toldAt = e.At.Mono - min(max(0, e.At.Wall.Sub(ep.toldWall)), longest)
	}
	if elapsed > sameSitting && s.current().told == toldStart {
		m.pauseAt(s, s.current(), s.progress(s.cur, s.pos), sv.At)
	}
	before := s.pos
	if s.wentOn(sv, e, elapsed) {
		to, wall := s.clamp(e.Position), e.At.Wall
		if to == s.item.Length { // it stands there since it came there
			wall = sv.At.Add(min(elapsed, s.takes(to-s.pos)))
		}
		s.from = s.pos
		s.playTo(to, wall)
		s.pos = to
		s.ran += elapsed
		before = s.pos
	}
	s.state = players.Stalled // the event says what it is
	got := s.observe(e)
	got.before = before
	s.dirty = true
	if got.jumped && (s.wrapped(got.before) || s.wentRound(sv, e, elapsed)) {
		m.roundOver(s, got.before, e.At)
	}
	m.cross(s, got, e.At)
}

// wentRound reports whether an item came to its end meanwhile and began again.
func (s *session) wentRound(sv Saved, e players.Event, elapsed time.Duration) bool {
	if sv.State != players.Playing || !e.Known || s.item.Length <= 0 || elapsed <= 0 || elapsed > longest {
		return false
	}
	before := s.clamp(min(sv.Position, longest))
	round := time.Duration(float64(elapsed)*s.rate) - (s.item.Length - before)
	return media.Progress(before, s.item.Length) > 90 && e.Position < before && (e.Position-round).Abs() <= s.tolerance(elapsed)
}

func (s *session) wentOn(sv Saved, e players.Event, elapsed time.Duration) bool {
	if sv.State != players.Playing || !e.Known || elapsed <= 0 || elapsed > longest {
		return false
	}
	// What came to its end meanwhile stands there.
	expected := s.clamp(s.pos + time.Duration(float64(elapsed)*s.rate))
	return (e.Position - expected).Abs() <= s.tolerance(elapsed)
}
