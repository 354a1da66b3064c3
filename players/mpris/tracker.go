package mpris

import (
	"maps"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// The times of the protocol.
const (
	// sampleEvery is how often the position is read while something plays: 2.4 wake-ups a minute of our own, and a
	// player that hangs is noticed within 35 s. Seeks come as signals, so nothing is gained by reading more often.
	sampleEvery = 25 * time.Second
	// settleFor is how long metadata may come in pieces (Chromium: 4 to 6 within 10 ms; edge-cases.md M7).
	settleFor = 300 * time.Millisecond
	// holdFor is how long Stopped may last between two items (VLC: 190 ms; players.md 4.3).
	holdFor = 500 * time.Millisecond
	// askAgain is when an answer that did not come is asked for again, silentAfter when the player is taken for hung
	// (product.md 5): three questions are then unanswered for 2 s and more.
	askAgain    = 4 * time.Second
	silentAfter = 10 * time.Second
	// growsFor is how long a length that moved is not believed (players.md 0, fact 6); right after loading, one step is
	// a matter of course.
	growsFor, loadsFor = 10 * time.Second, 3 * time.Second
	// doubtFor is how long a length is not believed that the medium before had too (edge-cases.md M8); it is read anew
	// meanwhile.
	doubtFor = 1500 * time.Millisecond
	// repeatsWithin is how often a medium that is announced anew all the time is looked at.
	repeatsWithin = time.Second
	// nearEnd is what may be missing at the end: nobody says that a medium reached it, and VLC's clock starts 1.2 s late.
	nearEnd = 2500 * time.Millisecond
	// atStart is where a medium that began again is found.
	atStart = 3 * time.Second
	// standsFor is how far apart two equal readings must be to say that it does not play at all.
	standsFor = 12 * time.Second
	// tellEvery is how often a reading is worth telling though it says nothing new.
	tellEvery = 10 * time.Second
	// worthTelling is how far the position must be from the expected one to be reported right after an edge.
	worthTelling = 100 * time.Millisecond
)

// probes are the pauses between the readings that show whether the position of a new medium moves: VLC says Playing
// while it opens a file (edge-cases.md M9), mpv-mpris 0.7.1 says Stopped while it plays the first one (M16).
var probes = []time.Duration{
	0, 400 * time.Millisecond, 600 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
	5 * time.Second,
}

// stoppedProbes is how many of them a medium gets that is said to be stopped: they span a second.
const stoppedProbes = 3

// playback is one medium, from the moment the player names it.
type playback struct {
	meta   metadata
	denied bool
	since  time.Duration
	// settled is when its metadata is taken for whole; told once it was reported, over once its end was.
	settled    time.Duration
	told, over bool

	probed int           // how many readings were asked for
	next   time.Duration // when the next one is due, while it is not proven
	proven bool          // its position was seen to move
	stands bool          // and stands still now, though it is said to play
	lied   bool          // it was seen to move while it was said to be stopped
	atEnd  bool          // paused at its end

	// again is set when the player announced the same medium anew: the next position tells whether it began again.
	again, newTrack bool
	againAt         media.Moment
	againFrom       time.Duration

	held    *media.Moment // when it was said to be stopped
	emptied bool          // and that there is no medium
	resumed bool          // and went on: it may have begun again, as a loop does

	steps        int           // how often its length changed
	growUntil    time.Duration // the length moved lately
	doubtedUntil time.Duration // its length may be that of the medium before (edge-cases.md M8)
}

// tracker turns what one player says into events. It does no I/O; its owner passes the time in and asks the player
// when asking is set.
type tracker struct {
	base   players.Event // Player, Channel, Instance and PID of every event
	permit func(media.Item) bool

	out    []players.Event
	asking bool // the owner is to ask for everything

	status status
	zero   bool    // the rate is 0, which stands for paused
	speed  float64 // media seconds per second while it plays
	number int64   // playbacks told so far
	cur    *playback

	clock   clock
	blind   bool          // it has no Position
	read    time.Duration // the last reading of this stretch
	readAt  time.Duration // when it was taken; negative when there is none
	fresh   bool          // the position was read just now
	pausing *media.Moment // since when it is paused near its end: a reading decides whether it is there

	owed      bool          // a question is open since owedSince
	owedSince time.Duration // monotonic, as all that follows
	asked     time.Duration // when the last question was put
	heard     time.Duration // when the player said something last
	silent    bool

	last players.Event // the last event of this playback
}

func newTracker(base players.Event, permit func(media.Item) bool) *tracker {
	return &tracker{base: base, permit: permit, status: statusStopped, speed: 1, readAt: -1}
}

// take takes a signal of the player.
func (t *tracker) take(r report) { t.hear(r, false) }

// answered takes the answer to a question.
func (t *tracker) answered(r report) {
	t.owed = false
	if r.position == nil && r.status != nil {
		t.blind = true
		if t.cur != nil {
			t.cur.again = false
		}
	}
	t.hear(r, true)
}

// denied reports whether something plays that is not reported because nobody allowed it.
func (t *tracker) denied() bool { return t.cur != nil && t.cur.denied && t.status != statusStopped }

// shows reports whether a file is what is reported now, and the player's name for it.
func (t *tracker) shows(path string) (track string, ok bool) {
	p := t.cur
	if p == nil || !p.told || p.over || p.held != nil || t.last.Item.Path != path {
		return "", false
	}
	return p.meta.track, true
}

// refused is called when the answer was an error: the player lives, and says nothing.
func (t *tracker) refused(now media.Moment) {
	t.owed = false
	t.heard = now.Mono
	if t.cur != nil {
		t.cur.again = false // nothing will tell
	}
}

func (t *tracker) hear(r report, answer bool) {
	now := r.at
	t.heard = now.Mono
	if t.silent {
		t.silent, t.owed, t.asking = false, false, true
		if t.cur != nil {
			t.begin(t.cur.meta, now)
		}
	}
	if r.rate != nil {
		t.zero = *r.rate == 0
		if *r.rate > 0 {
			t.speed = *r.rate
		}
	}
	if r.meta != nil {
		t.describe(*r.meta, answer, now)
	}
	if r.status != nil {
		t.turn(*r.status, answer, now)
	}
	if r.seeked != nil {
		t.position(*r.seeked, true, now)
	}
	if r.position != nil {
		t.blind, t.fresh = false, answer
		t.position(*r.position, false, now)
	}
	t.asking = t.asking || r.stale
	t.update(now)
	t.fresh = false
}

// describe takes metadata.
func (t *tracker) describe(m metadata, answer bool, now media.Moment) {
	p := t.cur
	switch {
	case !m.named():
		t.empty(now)
	case p == nil:
		t.begin(m, now)
	case p.held != nil && p.emptied:
		t.finish(now)
		t.begin(m, now)
	case p.same(m):
		t.amend(m, answer, now)
	default:
		t.finish(now)
		t.begin(m, now)
	}
}

// empty is told when there is no medium, for a moment also between two.
func (t *tracker) empty(now media.Moment) {
	p := t.cur
	if p == nil {
		return
	}
	if !p.told || p.over {
		t.cur = nil
		return
	}
	t.hold(now)
	p.emptied = true
}

// same reports whether m is about the same medium: the same name, or one of both parts that come late.
func (p *playback) same(m metadata) bool {
	switch {
	case m.key() == p.meta.key():
		return true
	case m.title != p.meta.title:
		return false
	}
	return m.url == "" || p.meta.url == ""
}

// begin starts with a new medium.
func (t *tracker) begin(m metadata, now media.Moment) {
	p := &playback{meta: m, since: now.Mono, settled: now.Mono + settleFor, next: now.Mono + settleFor}
	if old := t.cur; old != nil && m.length > 0 && old.meta.length == m.length && old.meta.key() != m.key() {
		p.doubtedUntil = now.Mono + doubtFor
	}
	p.denied = !t.permit(m.item())
	t.cur, t.clock, t.readAt, t.pausing, t.last = p, clock{}, -1, nil, players.Event{}
}

// amend takes what is new about the same medium.
func (t *tracker) amend(m metadata, answer bool, now media.Moment) {
	p := t.cur
	newTrack := m.track != p.meta.track && m.track != "" && p.meta.track != ""
	resent := m.track == p.meta.track && sameMetadata(m, p.meta)
	if p.told && !p.over && !p.again && !t.blind && (newTrack || resent && !answer) {
		p.again, p.newTrack, p.againAt, p.againFrom = true, newTrack, now, t.clock.now(now.Mono)
		// A player that repeats itself all the time is not asked each time.
		t.asking = t.asking || newTrack || now.Mono-t.asked > repeatsWithin
	}
	if resent {
		return
	}
	if m.url == "" {
		m.url = p.meta.url
	}
	t.lengthen(&m, now)
	if m.key() != p.meta.key() || m.title != p.meta.title {
		p.settled = max(p.settled, min(now.Mono+settleFor, p.since+3*settleFor))
	}
	p.meta = m
	switch denied := !t.permit(m.item()); {
	case denied && !p.denied:
		t.finish(now)
		p.denied = true
	case !denied && p.denied:
		t.begin(m, now)
	}
}

// lengthen watches a length that changes.
func (t *tracker) lengthen(m *metadata, now media.Moment) {
	p := t.cur
	if m.length == 0 { // VLC says -1 while it loads
		m.length = p.meta.length
	}
	if p.meta.length == 0 || (m.length-p.meta.length).Abs() <= 500*time.Millisecond {
		return
	}
	if p.steps++; p.steps > 1 || now.Mono-p.since > loadsFor {
		p.growUntil = now.Mono + growsFor
	}
}

func sameMetadata(a, b metadata) bool {
	return a.url == b.url && a.title == b.title && a.length == b.length && maps.Equal(a.tags, b.tags)
}

// turn takes a playback status.
func (t *tracker) turn(s status, answer bool, now media.Moment) {
	p := t.cur
	was := t.status
	t.status = s
	switch {
	case p == nil:
		t.asking = t.asking || s != statusStopped && !answer // what plays was not heard
	case s == statusStopped:
		// Of a medium that was not told yet this may be a lie, which its probes show; an answer only repeats the lie.
		if p.told && !p.over && (!p.lied || !answer) {
			t.hold(now)
		}
	case p.over:
		t.begin(p.meta, now) // VLC keeps its metadata when it is stopped
	case p.held != nil && p.emptied: // Playing without a medium is how mpv-mpris 0.7.1 idles: only a medium ends the hold
	case p.held != nil:
		p.held = nil
		p.resumed, p.again = true, p.again && p.newTrack // a loop of VLC also sends its metadata again
		t.readAt = -1
		t.asking = true
	case s != was:
		p.lied = false
		t.readAt = -1
		if !p.proven && s == statusPlaying {
			p.probed, p.next = 0, max(now.Mono, p.settled)
		}
	}
}

// hold keeps the end back for a moment: it may be the pause between two items, or none at all.
func (t *tracker) hold(now media.Moment) {
	if p := t.cur; p.held == nil {
		p.held = &now
		t.clock.turn(now.Mono, 0)
	}
}

// position takes a reading, or what a seek tells.
func (t *tracker) position(read time.Duration, seeked bool, now media.Moment) {
	p := t.cur
	if p == nil || p.denied || p.over || p.held != nil {
		return
	}
	if length := p.meta.length; length > 0 {
		read = min(read, length)
	}
	if t.status == statusPaused && !seeked && p.told && read == 0 && t.clock.position > 0 && !p.again {
		return // bogus while paused (edge-cases.md M19)
	}
	if t.beganAgain(read, now) {
		return
	}
	expected := t.clock.now(now.Mono)
	t.moves(read, seeked, now)
	t.clock.correct(read, now.Mono)
	wasAtEnd := p.atEnd
	t.stays(read, expected, seeked)
	if !p.told || t.pausing != nil && seeked {
		return
	}
	jumped := t.jumped(now) || wasAtEnd && !p.atEnd
	p.resumed = p.resumed && seeked
	drifted := !seeked && (!t.last.Known || now.Mono-t.last.At.Mono >= tellEvery ||
		(t.clock.position-expected).Abs() >= worthTelling)
	if t.pausing == nil && (jumped || drifted) {
		t.emit(now, jumped)
	}
}

// stays decides with a reading whether a player that is paused stays at the end: mpv tells its last picture there, VLC
// up to 0.6 s less than the length.
func (t *tracker) stays(read, expected time.Duration, seeked bool) {
	p := t.cur
	if t.status != statusPaused {
		return
	}
	switch length := p.meta.length; {
	case !seeked && p.told && (t.pausing != nil || t.last.State == players.Playing):
		if p.atEnd = t.ended(expected) && read >= length-nearEnd-lag/2; p.atEnd {
			t.clock.position = expected
		}
	case p.atEnd && !t.ended(read) && (seeked || read < length-nearEnd-lag):
		p.atEnd = false
	}
}

// beganAgain decides whether a medium that was announced anew began again, or only was described again.
func (t *tracker) beganAgain(read time.Duration, now media.Moment) bool {
	p := t.cur
	if !p.again || t.status == statusStopped && !p.lied {
		return false
	}
	p.again = false
	expected := t.clock.now(now.Mono)
	goesOn := (read-expected).Abs() <= t.tolerance() && read > atStart
	fell := p.againFrom-read > time.Second && read <= atStart
	if goesOn || !p.newTrack && !fell {
		return false
	}
	t.end(t.howFar(p.againFrom), p.againAt, p.againFrom)
	t.begin(p.meta, now)
	return true
}

// moves learns from a reading whether it plays at all.
func (t *tracker) moves(read time.Duration, seeked bool, now media.Moment) {
	p := t.cur
	defer func() {
		if t.readAt < 0 || seeked || read != t.read || p.stands {
			t.read, t.readAt = read, now.Mono
		}
	}()
	if t.readAt < 0 || seeked || t.status == statusPaused {
		return
	}
	if read != t.read {
		if !p.proven && t.status == statusStopped {
			p.lied = true
		}
		p.proven, p.stands = true, false
		return
	}
	p.stands = p.stands || now.Mono-t.readAt >= standsFor
}

// jumped reports whether the position is another than the last event lets others believe.
func (t *tracker) jumped(now media.Moment) bool {
	if !t.last.Known {
		return false
	}
	low, high := t.last.Position, t.last.Position
	switch c := (clock{position: low, at: t.last.At.Mono, rate: t.last.Rate}); {
	case t.last.State == players.Playing && !t.cur.stands:
		low, high = c.now(now.Mono), c.now(now.Mono)
	case t.last.State != players.Paused: // it may have begun to play, or to stand still, at any moment since
		high = c.now(now.Mono)
	}
	allowed := t.tolerance()
	if t.cur.resumed {
		allowed = lag
	}
	return t.clock.position < low-allowed || t.clock.position > high+allowed
}

// tolerance is from where a difference is a seek (edge-cases.md M2).
func (t *tracker) tolerance() time.Duration {
	return max(2*time.Second, time.Duration(t.clock.rate*float64(time.Second)))
}
