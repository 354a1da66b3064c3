package vlc

import (
	"maps"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// The times of the tracker.
const (
	// stopHold is how long nothing may be loaded before it is believed: between two items VLC is stopped for a moment
	// (edge-cases.md M10, V7).
	stopHold = 2 * time.Second
	// opensFor is how long an item may take until its length is told twice alike and a picture is seen.
	opensFor = 3 * time.Second
	// waitsFor is when something that plays is believed to, though its position never moved (edge-cases.md M9).
	waitsFor = 30 * time.Second
	// stallAfter is when a position that stands still means buffering. A film with a picture a second moves in steps.
	stallAfter = 3 * time.Second
	// tellEvery is how often the position of something that plays is told, though nothing happened.
	tellEvery = 10 * time.Second
	// growsFor is how long a length that rose is not believed (players.md 0, fact 6), risesMin how often it must have
	// risen: estimated lengths go up and down, or settle.
	growsFor = 10 * time.Second
	risesMin = 3
	// soundAfter is when an item without a screen is taken for music: a film has none at first.
	soundAfter = 2 * time.Second
	// ahead and behind are how far a position may be from where playing leads: VLC's clock starts 1.2 s late and then
	// catches up, but never goes back.
	ahead  = 2 * time.Second
	behind = time.Second
	// endsWithin is how close to its end something that plays must have come: the last position that VLC tells is up
	// to 0.4 s (of a slow clip 2.4 s) before it.
	endsWithin = 2 * time.Second
)

// reading is one believed answer.
type reading struct {
	status
	at media.Moment
}

// tracker turns the answers of one VLC into events. It does no I/O; its owner passes the time in.
type tracker struct {
	base players.Event // Player, Channel, Instance and PID of every event
	out  []players.Event

	playback int64
	loaded   bool // an item is followed
	told     bool // it was reported
	path     string
	still    bool
	opened   time.Duration
	last     reading
	moved    bool // the position moved since it was opened
	movedAt  time.Duration
	screen   bool // it had a video output at least once
	length   time.Duration
	rises    int // how often the length rose in a row
	roseAt   time.Duration

	holding bool // nothing is loaded, but that is not believed yet
	since   media.Moment

	said players.Event // the last event of this playback
}

// take takes an answer. path is where the item is, "" when that is not known.
func (t *tracker) take(s status, path string, now media.Moment) {
	if s.nothing() {
		t.nothing(now)
		return
	}
	if t.loaded && (s.plid != t.last.plid || path != t.path) {
		t.leave(now)
	}
	if !t.loaded {
		t.load(s, path, now)
		return
	}
	t.holding = false
	jumped := t.told && t.jumped(s, now)
	t.follow(s, now)
	t.tell(jumped, now)
}

// load begins a playback. It is reported when a second answer agrees about its length, because the first may still
// have the one of the item before (edge-cases.md V2), and it is seen whether it has a picture.
func (t *tracker) load(s status, path string, now media.Moment) {
	t.playback++
	t.loaded, t.told, t.holding = true, false, false
	t.path, t.still = path, isStill(path)
	t.opened, t.movedAt = now.Mono, now.Mono
	t.moved, t.screen = false, s.screen
	t.length, t.rises = 0, 0
	t.said = players.Event{}
	t.last = reading{status: s, at: now}
}

// follow takes in what the next answer about the same item says.
func (t *tracker) follow(s status, now media.Moment) {
	if s.raw != t.last.raw {
		t.movedAt = now.Mono
	}
	t.moved = t.moved || s.raw > 0
	t.screen = t.screen || s.screen
	switch {
	case s.length == t.last.length:
		t.length = s.length
	case s.length > t.last.length && t.told && t.last.length > 0:
		t.rises++
		t.roseAt = now.Mono
	default:
		t.rises = 0
	}
	if now.Mono-t.roseAt >= growsFor {
		t.rises = 0
	}
	t.last = reading{status: s, at: now}
}

// jumped reports whether the position is another than playing from the last answer to this one can have led to.
func (t *tracker) jumped(s status, now media.Moment) bool {
	was := t.last
	if !was.known || !s.known {
		return false
	}
	from, to := was.position, was.position
	slack := min(5*time.Second, (s.length - was.length).Abs())
	if was.state == "playing" || s.state == "playing" {
		rate := max(was.rate, s.rate)
		elapsed := now.Mono - was.at.Mono
		to += time.Duration(float64(elapsed)*rate) + time.Duration(max(1, rate/2)*float64(ahead))
		from -= behind
	}
	const still = 500 * time.Millisecond
	return s.position < from-slack-still || s.position > to+slack+still
}

// state is what the playback is doing.
func (t *tracker) state(now media.Moment) (players.State, players.End) {
	switch {
	case t.last.state == "paused" && t.atEnd():
		return players.Paused, players.EndReached
	case t.last.state == "paused":
		return players.Paused, players.EndNone
	case t.last.state != "playing":
		return players.Stalled, players.EndNone
	case !t.moved && now.Mono-t.opened < waitsFor:
		return players.Stalled, players.EndNone
	case t.moved && t.stands(now):
		return players.Stalled, players.EndNone
	}
	return players.Playing, players.EndNone
}

func (t *tracker) stands(now media.Moment) bool { return now.Mono-t.movedAt >= stallAfter }

// atEnd reports whether a pause is that of --play-and-pause: at the end (edge-cases.md V8), of which VLC shows only
// 85 % of a clip of four seconds.
func (t *tracker) atEnd() bool {
	s := t.last
	return s.length > 0 && s.known && (s.position >= s.length/100*99 || s.length-s.position <= time.Second)
}

// tell reports what changed.
func (t *tracker) tell(jumped bool, now media.Moment) {
	item := t.item(now)
	if !t.told && (t.length == 0 || item.Picture == media.PictureUnknown) && now.Mono-t.opened < opensFor {
		return
	}
	state, end := t.state(now)
	edge := !t.told || jumped || t.said.State != state || t.said.End != end || t.said.Rate != t.last.rate ||
		!sameItem(t.said.Item, item)
	if !edge && !t.strayed(state, now) {
		return
	}
	t.told = true
	t.emit(state, end, item, jumped, t.last.position, t.last.known, now)
}

// strayed reports whether whoever extrapolates from the last event should hear of the position.
func (t *tracker) strayed(state players.State, now media.Moment) bool {
	if state != players.Playing || !t.last.known {
		return false
	}
	elapsed := now.Mono - t.said.At.Mono
	expected := t.said.Position + time.Duration(float64(elapsed)*t.said.Rate)
	return elapsed >= tellEvery || !t.said.Known ||
		(t.last.position-expected).Abs() > time.Duration(max(1, t.last.rate)*float64(time.Second))
}

func (t *tracker) emit(state players.State, end players.End, item media.Item, jumped bool, position time.Duration, known bool, at media.Moment) {
	e := t.base
	e.Playback = t.playback
	e.Item = item
	e.State, e.End = state, end
	e.Position, e.Known = position, known
	if item.Length > 0 {
		e.Position = min(e.Position, item.Length)
	}
	e.Rate = t.last.rate
	e.Jumped = jumped
	e.At = at
	t.said = e
	t.out = append(t.out, e)
}

// item is what plays, as VLC tells it.
func (t *tracker) item(now media.Moment) media.Item {
	it := media.Item{Path: t.path, Title: titleOf(t.last.status, t.path), Tags: t.last.tags, Picture: t.picture(now)}
	it.Growing = t.rises >= risesMin || t.length == 0 && t.moved
	if !it.Growing {
		it.Length = t.length
	}
	return it
}

// picture tells moving pictures from music and stills. fullscreen is the only word about it that is not translated.
func (t *tracker) picture(now media.Moment) media.Picture {
	switch {
	case t.still:
		return media.PictureStill
	case t.screen:
		return media.PictureVideo
	case t.moved && now.Mono-t.opened >= soundAfter:
		return media.PictureNone
	}
	return media.PictureUnknown
}

func sameItem(a, b media.Item) bool {
	return a.Path == b.Path && a.Title == b.Title && a.Length == b.Length && a.Growing == b.Growing &&
		a.Picture == b.Picture && maps.Equal(a.Tags, b.Tags)
}

// nothing takes the answer that no item is loaded.
func (t *tracker) nothing(now media.Moment) {
	if !t.loaded {
		return
	}
	if !t.holding {
		t.holding, t.since = true, now
	}
	if now.Mono-t.since.Mono >= stopHold {
		t.leave(now)
	}
}

// leave ends the playback, because it stopped or something else plays.
func (t *tracker) leave(now media.Moment) {
	at := now
	if t.holding {
		at = t.since
	}
	end := players.EndStopped
	if t.reached(at) {
		end = players.EndReached
	}
	t.close(end, t.positionAt(at), at)
}

// gone ends the playback, because nobody listens any more.
func (t *tracker) gone(now media.Moment) {
	if !t.loaded {
		return
	}
	if t.holding && t.reached(t.since) { // --play-and-exit
		t.leave(now)
		return
	}
	if t.holding {
		now = t.since
	}
	t.close(players.EndGone, t.positionAt(now), now)
}

// silent ends the playback, because no answer came for long. Where it is now, nobody knows.
func (t *tracker) silent(now media.Moment) {
	if !t.loaded {
		return
	}
	t.close(players.EndSilent, t.last.position, now)
}

func (t *tracker) close(end players.End, position time.Duration, at media.Moment) {
	if t.told {
		t.emit(players.Stopped, end, t.said.Item, false, position, t.last.known, at)
	}
	t.loaded, t.told, t.holding = false, false, false
}

// positionAt is where it was at a moment after the last answer: at most two polls of playing on.
func (t *tracker) positionAt(at media.Moment) time.Duration {
	position := t.last.position
	if t.runs() {
		elapsed := min(2*pollLoaded, max(0, at.Mono-t.last.at.Mono))
		position += time.Duration(float64(elapsed) * t.last.rate)
	}
	if t.last.length > 0 {
		position = min(position, t.last.length)
	}
	return position
}

func (t *tracker) runs() bool { return t.last.state == "playing" && t.said.State == players.Playing }

// reached reports whether it came to its end by the moment at which it was no longer there.
func (t *tracker) reached(at media.Moment) bool {
	if t.said.End == players.EndReached {
		return true
	}
	length := t.last.length
	if !t.runs() || length <= 0 || !t.last.known {
		return false
	}
	near := min(length/3, time.Duration(max(1, t.last.rate)*float64(endsWithin)))
	return length-t.positionAt(at) <= near
}

// The pauses between two questions (edge-cases.md V16).
const (
	pollLoaded  = time.Second
	pollStopped = 15 * time.Second
	// pollOpening is while an item is new and while a stop is not believed yet.
	pollOpening = 250 * time.Millisecond
)

// wait is how long the next question has time.
func (t *tracker) wait(now media.Moment) time.Duration {
	switch {
	case t.holding:
		return max(0, min(pollLoaded, t.since.Mono+stopHold-now.Mono))
	case !t.loaded:
		return pollStopped
	case now.Mono-t.opened < opensFor && (!t.told || !t.moved && t.last.state == "playing"):
		return pollOpening
	}
	return pollLoaded
}
