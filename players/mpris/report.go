package mpris

import (
	"maps"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// state is what the playback is doing.
func (t *tracker) state() (players.State, players.End) {
	p := t.cur
	switch {
	case p.atEnd && t.status == statusPaused:
		return players.Paused, players.EndReached
	case t.status == statusPaused, t.zero:
		return players.Paused, players.EndNone
	case !p.proven, p.stands:
		return players.Stalled, players.EndNone
	}
	return players.Playing, players.EndNone
}

// rate is how fast the position moves now.
func (t *tracker) rate() float64 {
	if t.cur.held != nil || t.cur.over {
		return 0
	}
	if state, _ := t.state(); state == players.Playing {
		return t.speed
	}
	return 0
}

// update reports what changed. It is called after every change.
func (t *tracker) update(now media.Moment) {
	p := t.cur
	if p == nil || p.denied {
		return
	}
	if t.status == statusPlaying && t.blind {
		p.proven = true
	}
	if t.status == statusPlaying {
		p.atEnd = false
	}
	wasRunning := t.clock.rate > 0
	t.clock.turn(now.Mono, t.rate())
	if p.over || p.held != nil || !p.told && !t.tellable(now) {
		return
	}
	if t.waitsForEnd(wasRunning, now) {
		return
	}
	at := now
	if t.pausing != nil {
		at, t.pausing = *t.pausing, nil
	}
	if !p.told {
		p.told = true
		t.number++
		t.emit(at, false)
		return
	}
	state, end := t.state()
	edge := t.last.State != state || t.last.End != end || t.last.Rate != t.speed
	if !edge && sameItem(t.last.Item, t.item(now.Mono)) {
		return
	}
	t.emit(at, false)
	if edge && !t.fresh {
		t.asking = true
	}
}

// tellable reports whether enough is known of a new medium.
func (t *tracker) tellable(now media.Moment) bool {
	p := t.cur
	return now.Mono >= p.settled && (t.clock.known || t.blind) && (t.status != statusStopped || p.lied)
}

// waitsForEnd keeps a pause near the end back until a reading says whether the player stays at its end (mpv with
// keep-open, VLC with play-and-pause) or was paused before it. It waits for one answer at most.
func (t *tracker) waitsForEnd(wasRunning bool, now media.Moment) bool {
	p := t.cur
	if !p.told || t.status != statusPaused || p.atEnd || t.fresh {
		return false
	}
	if t.pausing != nil {
		return now.Mono-t.pausing.Mono < waitForEnd
	}
	if !wasRunning || t.last.State == players.Paused || !t.ended(t.clock.position) {
		return false
	}
	t.pausing, t.asking = &now, true
	return true
}

// waitForEnd is how long an answer is worth waiting for.
const waitForEnd = 2 * time.Second

// ended reports whether a position is as good as the end.
func (t *tracker) ended(position time.Duration) bool {
	length := t.cur.meta.length
	missing := nearEnd + time.Duration(t.speed*float64(100*time.Millisecond)) // mpv's plugin speaks each 100 ms
	return length > 0 && !t.grows(t.clock.at) && position >= length-missing
}

// howFar is how a playback ended that nobody says more of than that it is over.
func (t *tracker) howFar(position time.Duration) players.End {
	if t.ended(position) {
		return players.EndReached
	}
	return players.EndStopped
}

// finish ends the playback because it stopped, or because another medium came.
func (t *tracker) finish(now media.Moment) {
	p := t.cur
	if p == nil || !p.told || p.over {
		return
	}
	if p.held != nil {
		now = *p.held
	}
	position := t.clock.now(now.Mono)
	t.end(t.howFar(position), now, position)
}

// end tells the end.
func (t *tracker) end(how players.End, at media.Moment, position time.Duration) {
	p := t.cur
	if t.pausing != nil {
		t.emit(*t.pausing, false)
		t.pausing = nil
	}
	p.over, p.held, p.again = true, nil, false
	e := t.last
	e.State, e.End, e.At, e.Jumped = players.Stopped, how, at, false
	e.Position, e.Known = position, false // computed: no player tells a position any more at this point
	if e.Item.Length > 0 {
		e.Position = min(e.Position, e.Item.Length)
	}
	t.clock.turn(at.Mono, 0)
	t.out = append(t.out, e)
}

// gone is the end of the player: it quit, crashed or was killed at the given moment.
func (t *tracker) gone(at media.Moment) {
	p := t.cur
	if p == nil || !p.told || p.over {
		return
	}
	if p.held != nil {
		at = *p.held
	}
	position := t.clock.now(at.Mono)
	how := players.EndGone
	if p.held != nil && t.ended(position) {
		how = players.EndReached
	}
	t.end(how, at, position)
}

// emit reports the whole state.
func (t *tracker) emit(at media.Moment, jumped bool) {
	e := t.base
	e.Playback = t.number
	e.State, e.End = t.state()
	e.Item = t.item(at.Mono)
	e.Rate = t.speed
	e.Jumped = jumped
	e.At = at
	e.Position, e.Known = t.clock.now(at.Mono), t.clock.known || t.blind
	if length := e.Item.Length; length > 0 {
		e.Position = min(e.Position, length)
	}
	t.last = e
	t.out = append(t.out, e)
}

// item is what plays.
func (t *tracker) item(mono time.Duration) media.Item {
	p := t.cur
	it := p.meta.item()
	if it.Growing = t.grows(mono); it.Growing || mono < p.doubtedUntil {
		it.Length = 0
	}
	return it
}

// grows reports whether the length moves, or there is none though it plays.
func (t *tracker) grows(mono time.Duration) bool {
	p := t.cur
	return mono < p.growUntil || p.meta.length == 0 && p.proven
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
	if t.owed && !t.silent {
		earliest(min(t.asked+askAgain, t.owedSince+silentAfter))
	}
	p := t.cur
	if p == nil || p.denied || p.over || t.silent {
		return at, some
	}
	if p.held != nil {
		earliest(p.held.Mono + holdFor)
		return at, some
	}
	if t.pausing != nil {
		earliest(t.pausing.Mono + waitForEnd)
	}
	if next, ok := t.nextQuestion(); ok && !t.owed {
		earliest(next)
	}
	if !p.told && p.settled > t.clock.at {
		earliest(p.settled)
	}
	if p.told && p.growUntil > t.clock.at {
		earliest(p.growUntil)
	}
	if p.told && p.doubtedUntil > t.clock.at {
		earliest(p.doubtedUntil)
	}
	return at, some
}

// nextQuestion is when the player is to be asked by itself.
func (t *tracker) nextQuestion() (time.Duration, bool) {
	p := t.cur
	limit := len(probes)
	switch t.status {
	case statusPaused:
		limit = 1
	case statusStopped:
		limit = stoppedProbes
	case statusPlaying:
	}
	switch {
	case p.again:
		return t.asked + repeatsWithin, true
	case !p.proven && p.probed < limit:
		return p.next, true
	case t.status == statusPaused, t.status == statusStopped && !p.lied, t.blind:
		return 0, false
	}
	return t.asked + sampleEvery, true
}

// tick does what is due.
func (t *tracker) tick(now media.Moment) {
	if t.owed && !t.silent {
		t.chase(now)
	}
	p := t.cur
	if p == nil || p.denied || p.over || t.silent {
		return
	}
	if p.held != nil {
		if now.Mono-p.held.Mono >= holdFor {
			t.finish(now)
			if p.emptied {
				t.cur = nil
			}
		}
		return
	}
	if next, ok := t.nextQuestion(); ok && !t.owed && now.Mono >= next {
		t.asking = true
		if !p.proven && p.probed < len(probes) {
			if p.probed++; p.probed < len(probes) {
				p.next = now.Mono + probes[p.probed]
			}
		}
	}
	t.update(now)
}

// chase deals with a question that is not answered.
func (t *tracker) chase(now media.Moment) {
	switch {
	case now.Mono-t.owedSince < silentAfter:
		if now.Mono-t.asked >= askAgain {
			t.asking = true
		}
	case now.Mono-t.heard < silentAfter:
		t.owed = false // it speaks, but this answer is lost
	default:
		t.fallSilent(now)
	}
}

// fallSilent gives the player up until it speaks again. It is asked nothing more.
func (t *tracker) fallSilent(now media.Moment) {
	t.silent = true
	if p := t.cur; p != nil && p.told && !p.over {
		t.end(players.EndSilent, now, t.clock.position)
	}
}

// put is called when the owner has put a question.
func (t *tracker) put(now media.Moment) {
	t.asking = false
	t.asked = now.Mono
	if !t.owed {
		t.owed, t.owedSince = true, now.Mono
	}
}
