package mpv

import (
	"maps"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// clock extrapolates the position between two readings.
type clock struct {
	position time.Duration // at the moment at, the last that is known
	at       time.Duration // monotonic
	rate     float64       // media seconds per second; 0 while it stands still
	known    bool          // false between a load or a seek and the first reading after it
}

// now is the position at a moment.
func (c *clock) now(mono time.Duration) time.Duration {
	return min(longest, c.position+time.Duration(float64(max(0, mono-c.at))*c.rate))
}

// turn makes an edge: up to mono the old rate ran, from there on the new one does.
func (c *clock) turn(mono time.Duration, rate float64) {
	c.position, c.at, c.rate = c.now(mono), mono, rate
}

// correct takes a reading. mpv tells the time of the picture that is shown, so the truth lies between it and the
// next picture: in a clip with one picture in 10 s the extrapolated position is the better one. It reports whether the
// position moved otherwise than by playing.
func (c *clock) correct(read, picture, mono time.Duration) (jumped bool) {
	expected := c.now(mono)
	position := max(read, min(expected, read+picture))
	if c.known {
		allowed := max(2*time.Second, time.Duration(c.rate*float64(time.Second)))
		jumped = (position - expected).Abs() > allowed
	}
	c.position, c.at, c.known = position, mono, true
	return jumped
}

// picture is how long one picture is shown.
func (t *tracker) picture() time.Duration {
	if t.fps <= 0 || t.kind() != media.PictureVideo {
		return 0
	}
	return min(30*time.Second, seconds(1/t.fps))
}

// state is what the playback is doing.
func (t *tracker) state() (players.State, players.End) {
	switch {
	case is(t.eof):
		return players.Paused, players.EndReached
	case t.pause:
		return players.Paused, players.EndNone
	case t.settling, t.coreIdle:
		return players.Stalled, players.EndNone
	}
	return players.Playing, players.EndNone
}

// rate is how fast the position moves now.
func (t *tracker) rate() float64 {
	if state, _ := t.state(); state == players.Playing {
		return t.speed
	}
	return 0
}

// update reports what changed. It is called after every change.
func (t *tracker) update(now media.Moment) {
	if t.phase != open {
		return
	}
	state, end := t.state()
	if state == players.Playing {
		t.played = true
	}
	if t.kind() == media.PictureVideo {
		t.video = true
	}
	if t.hold(state, now) {
		return
	}
	at := now
	if t.holding && state == players.Stalled {
		at = t.stalled
	}
	t.holding = false
	item := t.item(now.Mono)
	if t.announce {
		t.announce = false
		t.clock.turn(at.Mono, t.rate())
		jumped := t.jumped
		t.jumped = false
		t.emit(at, jumped)
		return
	}
	if t.last.State == state && t.last.End == end && t.last.Rate == t.speed && sameItem(t.last.Item, item) {
		return
	}
	edge := t.last.State != state || t.last.End != end || t.last.Rate != t.speed
	t.clock.turn(at.Mono, t.rate())
	t.emit(at, false)
	if edge && !t.settling {
		t.askPosition(now)
	}
}

// hold keeps a stall back for a moment: mpv tells core-idle a little after pause and a little before end-file.
func (t *tracker) hold(state players.State, now media.Moment) bool {
	if state != players.Stalled || t.settling || t.last.State == "" ||
		t.last.State == players.Stalled && !t.announce {
		return false
	}
	if !t.holding {
		t.holding, t.stalled = true, now
	}
	return now.Mono-t.stalled.Mono < stallHold
}

// emit reports the whole state.
func (t *tracker) emit(at media.Moment, jumped bool) {
	e := t.base
	e.Playback = t.playback
	e.State, e.End = t.state()
	e.Item = t.item(at.Mono)
	e.Rate = t.speed
	e.Jumped = jumped
	e.At = at
	e.Position, e.Known = t.clock.now(at.Mono), t.clock.known
	if length := e.Item.Length; length > 0 {
		e.Position = min(e.Position, length)
	}
	t.clock.turn(at.Mono, t.rate())
	t.last = e
	t.out = append(t.out, e)
}

// item is what plays, as the player tells it.
func (t *tracker) item(mono time.Duration) media.Item {
	it := media.Item{Path: t.place, Title: shownTitle(t.title, t.path), Tags: t.tags, Picture: t.kind()}
	if t.video {
		it.Picture = media.PictureVideo // its picture was switched off, or changes
	}
	it.Growing = mono < t.growUntil || t.length == nil && t.played
	if t.length != nil && !it.Growing {
		it.Length = seconds(*t.length)
	}
	return it
}

// kind tells moving pictures from music and stills.
func (t *tracker) kind() media.Picture {
	switch {
	case t.image == nil, is(t.albumart):
		return media.PictureNone
	case *t.image:
		return media.PictureStill
	}
	return media.PictureVideo
}

func sameItem(a, b media.Item) bool {
	return a.Path == b.Path && a.Title == b.Title && a.Length == b.Length && a.Growing == b.Growing &&
		a.Picture == b.Picture && maps.Equal(a.Tags, b.Tags)
}

// due is the moment from which tick has something to do; false while nothing but the player can change anything.
func (t *tracker) due() (time.Duration, bool) {
	var at time.Duration
	some := false
	earliest := func(d time.Duration) {
		if !some || d < at {
			at, some = d, true
		}
	}
	for _, r := range t.waiting {
		earliest(r.sent + silentAfter)
		if t.phase == reading {
			earliest(r.sent + answerWithin)
		}
	}
	if t.phase != open {
		return at, some
	}
	if t.settling && t.restarted {
		earliest(t.settleBy)
	}
	if t.holding {
		earliest(t.stalled.Mono + stallHold)
	}
	if t.last.State == players.Playing {
		earliest(t.asked + sampleEvery)
	}
	if t.last.Item.Growing && t.growUntil > 0 {
		earliest(t.growUntil)
	}
	return at, some
}

// tick does what is due.
func (t *tracker) tick(now media.Moment) {
	for id, r := range t.waiting {
		switch {
		case now.Mono-r.sent >= silentAfter && now.Mono-t.heard >= silentAfter:
			t.fallSilent(now)
			return
		case now.Mono-r.sent >= silentAfter:
			delete(t.waiting, id) // it speaks, but this answer is lost
		case t.phase == reading && now.Mono-r.sent >= answerWithin:
			delete(t.waiting, id) // go on without it
		}
	}
	if t.phase == reading && !t.owed() {
		t.report(now)
	}
	if t.phase != open {
		return
	}
	if t.settling && t.restarted && now.Mono >= t.settleBy {
		t.settle(0, false, now)
	}
	if t.growUntil > 0 && now.Mono >= t.growUntil {
		t.growUntil = 0
	}
	t.update(now)
	if t.last.State == players.Playing && now.Mono-t.asked >= sampleEvery {
		t.askPosition(now)
	}
}

// fallSilent gives the player up until it speaks again. It is asked nothing more.
func (t *tracker) fallSilent(now media.Moment) {
	clear(t.waiting)
	t.silent = true
	t.stop(players.EndSilent, now)
}

// speaksAgain takes what plays for a new playback, because the one before was given up.
func (t *tracker) speaksAgain(now media.Moment) {
	t.silent = false
	if t.path != "" && t.eof != nil {
		t.load(now)
	}
}
