package scrobbler

import (
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Scrobble is what becomes of a session.
type Scrobble string

// The written forms are the contract of product.md 7.
const (
	ScrobbleWaiting Scrobble = "waiting"
	ScrobbleQueued  Scrobble = "queued"
	ScrobbleStarted Scrobble = "started"
	ScrobblePaused  Scrobble = "paused"
	ScrobbleWatched Scrobble = "watched"
	ScrobbleStopped Scrobble = "stopped"
	ScrobbleIgnored Scrobble = "ignored"
)

// View is one session as status and the page show it. It is never changed after it was made.
type View struct {
	Watch    media.WatchID
	Player   string
	Instance string
	PID      int
	State    players.State
	// Ways are the channels over which the player can be reached, the best first.
	Ways     []players.Way
	Item     media.Item
	Known    bool
	Match    media.Match
	Answer   *media.Answer
	Scrobble Scrobble
	Reason   media.Reason
	Rule     string
	Started  time.Time
	Paused   time.Time
	// Resume is where the file was left, as long as it was offered and not reached; zero To for none.
	Resume Resume

	of    *session // a frozen copy: positions and shares are reckoned when somebody looks
	index int
	set   Settings
}

// Snapshot is all sessions at one moment, oldest first.
type Snapshot struct {
	Sessions []View
	Private  Private
}

// Position is where the session is at a reading of the monotonic clock.
func (v View) Position(now media.Moment) time.Duration { return v.of.positionAt(now.Mono) }

// Progress is how far the film or episode is, in percent.
func (v View) Progress(now media.Moment) float64 { return v.of.progress(v.index, v.Position(now)) }

// Played is how much of the film or episode was really played in all sittings, in percent.
func (v View) Played(now media.Moment) float64 {
	s := *v.of
	if s.running() {
		s.spans = s.spans.Add(s.from, s.positionAt(now.Mono))
	}
	return s.share(v.index)
}

// Chain is every rule that was asked so far, in order.
func (v View) Chain(now media.Moment) []Decision {
	return v.set.chain(v.of, v.index, v.Progress(now), time.Time{})
}

// ReasonWords says in words why the session is not scrobbled, or did not count.
func (v View) ReasonWords() string {
	switch {
	case v.Reason == media.ReasonNotPlayed:
		ep := v.of.eps[v.index]
		return fmt.Sprintf("at %.0f %%, but %.0f %% played, %.0f %% needed",
			cut(max(v.of.progress(v.index, v.of.pos), ep.toldProgress)), cut(v.of.share(v.index)), v.set.MinPlayed)
	case v.Rule != "":
		return v.set.Words(v.Reason, v.Item.Length) + " " + v.Rule
	}
	return v.set.Words(v.Reason, v.Item.Length)
}

// Snapshot gives the sessions as they are.
func (m *Machine) Snapshot() Snapshot {
	snap := Snapshot{Private: m.private}
	for _, s := range m.sessions {
		snap.Sessions = append(snap.Sessions, m.view(s))
	}
	return snap
}

func (m *Machine) view(s *session) View {
	frozen := *s
	frozen.eps = nil
	for _, ep := range s.eps {
		copied := *ep
		frozen.eps = append(frozen.eps, &copied)
	}
	ep := frozen.current()
	state := s.state
	if state == players.Stalled {
		state = players.Playing
	}
	v := View{
		Watch: ep.watch, Player: s.player, Instance: s.instance, PID: s.pid, Ways: s.ways, State: state, Item: s.item,
		Known: s.known, Match: ep.match, Answer: ep.answer, Reason: s.reason, Rule: s.rule, Started: ep.started,
		Resume: s.offered, of: &frozen, index: s.cur, set: m.set,
	}
	if s.state == players.Paused {
		v.Paused = s.paused.Wall
	}
	if v.Reason == media.ReasonNone {
		v.Reason = ep.reason
	}
	v.Scrobble = frozen.scrobble()
	return v
}

// scrobble says what has become of the session so far.
func (s *session) scrobble() Scrobble {
	ep := s.current()
	switch {
	case ep.counted && s.reason != media.ReasonLooped && s.reason != media.ReasonUnmatched:
		return ScrobbleWatched
	case s.reason != media.ReasonNone:
		return ScrobbleIgnored
	case s.over || ep.told == toldEnd:
		return ScrobbleStopped
	case ep.waiting && ep.told != toldNothing:
		return ScrobbleQueued
	case ep.told == toldStart:
		return ScrobbleStarted
	case ep.told == toldPause:
		return ScrobblePaused
	}
	return ScrobbleWaiting
}
