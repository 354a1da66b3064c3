package mpv

import (
	"encoding/json"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// The times of the protocol.
const (
	// sampleEvery is how often the position is read while something plays; between two readings it is extrapolated.
	sampleEvery = 10 * time.Second
	// answerWithin is how long an answer is worth waiting for before going on without it. mpv needs 0.02 ms.
	answerWithin = 2 * time.Second
	// silentAfter is when a player that owes an answer is taken for hung (product.md 5).
	silentAfter = 10 * time.Second
	// stallHold is how long mpv may take to tell core-idle after pause, or end-file after core-idle (both within a
	// millisecond) before it is called a stall.
	stallHold = 20 * time.Millisecond
	// growsFor is how long a length that moved is not believed (players.md 0, fact 6), loadsFor how long after
	// loading it may still move as a matter of course.
	growsFor = 10 * time.Second
	loadsFor = 100 * time.Millisecond
)

// phase is how far a playback has come.
type phase int

const (
	idle    phase = iota // nothing loaded, or still opening
	reading              // loaded; its properties are being read
	open                 // reported
)

// request is a get_property under way.
type request struct {
	name  string
	file  int // the file it was asked about
	round int // the stretch it was asked in: a position that a seek has overtaken says nothing
	sent  time.Duration
}

// tracker turns the lines of one connection into events and requests. It does no I/O; its owner passes the time in.
type tracker struct {
	base    players.Event // Player, Channel, Instance and PID of every event
	locate  func(path, workdir string) string
	act     func(Action) // what a key in the player asks for
	desk    *desk        // lines to show
	out     []players.Event
	send    []byte
	lastID  int64
	waiting map[int64]request

	heard       time.Duration // when the player said something last
	phase       phase
	fresh       bool // no start-file was seen on this connection: what plays began before it
	deaf        bool // it takes no requests
	silent      bool
	playback    int64
	entry       int64 // playlist_entry_id, 0 when the playback began before the connection
	file        int   // counts files: an answer about the one before is void
	round       int   // counts loads and seeks: an older reading of the position is void
	deviceAsked bool  // the place of the disc was asked for
	loadedAt    time.Duration

	// What the player told last. A nil pointer is a property that is unavailable.
	pause, coreIdle       bool
	seeking, eof          *bool
	image, albumart       *bool
	speed                 float64
	path, workdir, device string
	title                 string
	tags                  map[string]string
	length                *float64
	fps                   float64

	place     string        // the path as it is reported: found once, so that no event waits for a disk
	believed  float64       // the length from which it moved or did not
	played    bool          // it ran at least once
	video     bool          // it showed moving pictures at least once
	growUntil time.Duration // the length moved lately

	// settling is true from a load or a seek until the position after it was read; restarted when that may be read.
	settling, restarted, jumped bool
	settleBy                    time.Duration

	stalled  media.Moment // when a stall began that is not reported yet
	holding  bool
	announce bool // the position after a load or a seek is known and not reported yet

	offered   *notice // it waits for the answer about keys
	offeredID int64

	clock clock
	asked time.Duration // when the position was asked for last
	last  players.Event // the last event of this playback
}

func newTracker(base players.Event, locate func(path, workdir string) string) *tracker {
	return &tracker{
		base: base, locate: locate, act: func(Action) {}, desk: &desk{},
		waiting: map[int64]request{}, fresh: true, speed: 1, coreIdle: true,
	}
}

// observed are the properties that mpv is asked to report, in this order: pause is told before core-idle.
// time-pos is not among them: it changes with every picture.
var observed = []string{
	"path", "pause", "core-idle", "seeking", "eof-reached", "speed", "duration", "media-title", "metadata",
	"current-tracks/video/image", "current-tracks/video/albumart",
}

// described are read when a file was loaded. Observed values may still be those of the file before, because mpv
// merges changes and tells them after its events.
var described = []string{
	"path", "working-directory", "media-title", "metadata", "duration", "current-tracks/video/image",
	"current-tracks/video/albumart", "container-fps", "pause", "seeking", "eof-reached", "speed",
}

// start queues the first requests.
func (t *tracker) start(now media.Moment) {
	for i, name := range observed {
		t.lastID++
		t.send = appendCommand(t.send, t.lastID, "observe_property", int64(i+1), name)
	}
	t.ask("working-directory", now)
}

func (t *tracker) ask(name string, now media.Moment) {
	if len(t.waiting) >= maxWaiting {
		return
	}
	t.lastID++
	t.waiting[t.lastID] = request{name: name, file: t.file, round: t.round, sent: now.Mono}
	t.send = appendCommand(t.send, t.lastID, "get_property", name)
}

// line takes one line of the player.
func (t *tracker) line(line []byte, now media.Moment) {
	m, ok := parse(line)
	if !ok {
		return
	}
	t.heard = now.Mono
	if t.silent {
		t.speaksAgain(now)
	}
	switch m.Event {
	case "":
		t.reply(m, now)
	case "property-change":
		if m.ID < 1 || m.ID > int64(len(observed)) {
			return
		}
		t.change(observed[m.ID-1], m.Data, now)
	case "start-file":
		t.startFile(m.Entry, now)
	case "file-loaded":
		if t.phase == idle {
			t.load(now)
		}
	case "end-file":
		t.endFile(m, now)
	case "seek":
		t.seek(now)
	case "playback-restart":
		t.restart(now)
	case "client-message":
		if a, ok := clientMessage(m.Args); ok {
			t.act(a)
		}
	}
}

func (t *tracker) startFile(entry int64, now media.Moment) {
	t.stop(players.EndStopped, now)
	t.fresh = false
	t.entry = entry
	t.forget()
}

// forget drops what belongs to one file. pause, core-idle and speed belong to the player.
func (t *tracker) forget() {
	t.file++
	t.round++
	t.seeking, t.eof, t.image, t.albumart, t.length, t.tags = nil, nil, nil, nil, nil, nil
	t.title, t.device, t.fps = "", "", 0
	t.played, t.video, t.growUntil = false, false, 0
}

// load begins a playback: everything is read afresh before it is reported.
func (t *tracker) load(now media.Moment) {
	t.playback++
	t.phase, t.last = reading, players.Event{}
	t.round++
	t.loadedAt = now.Mono
	t.clock = clock{}
	t.settling, t.restarted, t.jumped, t.holding, t.announce = true, false, false, false, false
	t.deviceAsked = false
	for _, name := range described {
		t.ask(name, now)
	}
}

// reply takes an answer to a get_property.
func (t *tracker) reply(m message, now media.Moment) {
	if t.offered != nil && *m.RequestID == t.offeredID {
		t.keys(m)
		return
	}
	r, ok := t.waiting[*m.RequestID]
	if !ok {
		return
	}
	delete(t.waiting, *m.RequestID)
	if m.Error != "success" {
		m.Data = nil
	}
	switch {
	case r.name == "time-pos":
		t.position(r, m.Data, now)
	case r.file == t.file || !perFile(r.name):
		t.set(r.name, m.Data, now)
	}
	if t.phase == reading && !t.owed() {
		t.report(now)
	}
}

// perFile tells the properties whose value says nothing about the next file.
func perFile(name string) bool {
	return name != "working-directory" && name != "pause" && name != "speed"
}

// owed reports whether an answer that describes the file is still to come.
func (t *tracker) owed() bool {
	for _, r := range t.waiting {
		if r.name != "time-pos" && r.file == t.file {
			return true
		}
	}
	return false
}

// change takes an observed value.
func (t *tracker) change(name string, data json.RawMessage, now media.Moment) {
	if name == "path" && t.phase != idle {
		return // the path of a playback never changes: this is the one before, told late
	}
	t.set(name, data, now)
	switch t.phase {
	case idle:
		// The connection came in the middle: eof-reached is available from the moment a file is loaded.
		if t.fresh && t.path != "" && t.eof != nil {
			t.load(now)
		}
	case reading:
	case open:
		if name == "seeking" && t.seeking != nil && !*t.seeking {
			t.restart(now)
		}
		t.update(now)
	}
}

func (t *tracker) set(name string, data json.RawMessage, now media.Moment) {
	switch name {
	case "path":
		if t.path, _ = text(data); len(t.path) > maxPath {
			t.path = ""
		}
	case "working-directory":
		t.workdir, _ = text(data)
	case "dvd-device", "bluray-device":
		t.device, _ = text(data)
	case "media-title":
		t.title, _ = text(data)
	case "metadata":
		t.tags = tags(data)
	case "pause":
		t.pause = is(flag(data))
	case "core-idle":
		v := flag(data)
		t.coreIdle = v == nil || *v
	case "seeking":
		t.seeking = flag(data)
	case "eof-reached":
		t.eof = flag(data)
	case "current-tracks/video/image":
		t.image = flag(data)
	case "current-tracks/video/albumart":
		t.albumart = flag(data)
	case "speed":
		if v, ok := number(data); ok && v > 0 && v <= 1000 {
			t.speed = v
		}
	case "container-fps":
		t.fps, _ = number(data)
	case "duration":
		t.setLength(data, now)
	}
}

func (t *tracker) setLength(data json.RawMessage, now media.Moment) {
	v, ok := number(data)
	switch {
	case !ok:
		t.length = nil
		return
	case t.length == nil || t.phase != open || now.Mono-t.loadedAt <= loadsFor:
		t.believed = v
	case abs(v-t.believed) > 0.5: // one step may be smaller than this, all of them are not
		t.believed = v
		t.growUntil = now.Mono + growsFor
	}
	t.length = &v
}

func (t *tracker) endFile(m message, now media.Moment) {
	if t.entry != 0 && m.Entry != 0 && m.Entry != t.entry {
		return
	}
	end := players.EndStopped
	switch m.Reason {
	case "eof":
		end = players.EndReached
	case "quit":
		end = players.EndGone
	}
	t.stop(end, now)
	t.fresh = false
	t.path = ""
	t.forget()
}

// gone is the end of the connection: the player quit, crashed or was killed.
func (t *tracker) gone(now media.Moment) { t.stop(players.EndGone, now) }

// stop ends the playback, if one was reported.
func (t *tracker) stop(end players.End, now media.Moment) {
	if t.announce {
		t.announce = false
		t.emit(t.stalled, t.jumped)
	}
	was := t.phase
	t.phase, t.holding = idle, false
	if was != open {
		return
	}
	e := t.last
	e.State, e.End, e.At, e.Jumped = players.Stopped, end, now, false
	// The last position that is known; mpv has none any more at this point (players.md 0, fact 4).
	e.Position, e.Known = t.clock.position, false
	t.out = append(t.out, e)
}

func (t *tracker) seek(now media.Moment) {
	if t.phase == idle {
		return
	}
	if !t.settling {
		t.jumped = true
	}
	t.announce = false
	t.round++ // a position that is on its way may be the one before or after
	t.settling, t.restarted = true, false
	t.clock.known = false
	t.update(now)
}

// restart is the moment after a load or seek from which the position is right.
func (t *tracker) restart(now media.Moment) {
	if t.phase == idle || t.restarted {
		return
	}
	if t.settling {
		t.restarted = true
		t.settleBy = now.Mono + answerWithin
	}
	if t.phase == open {
		t.askPosition(now)
	}
}

// askPosition reads the position, unless an answer that will do is under way.
func (t *tracker) askPosition(now media.Moment) {
	t.asked = now.Mono
	for _, r := range t.waiting {
		if r.name == "time-pos" && r.round == t.round {
			return
		}
	}
	t.ask("time-pos", now)
}

// maxWaiting bounds what a player that never answers is sent, so that a write to it never blocks.
const maxWaiting = 100

// position takes the answer to time-pos.
func (t *tracker) position(r request, data json.RawMessage, now media.Moment) {
	if r.round != t.round || t.phase != open {
		return
	}
	v, ok := number(data)
	if t.settling {
		if !t.restarted {
			return
		}
		t.settle(v, ok, now)
		return
	}
	if !ok {
		return
	}
	expected := t.clock.now(now.Mono)
	jumped := t.clock.correct(seconds(v), t.picture(), now.Mono)
	if t.announce {
		return // it is about to be told, as a jump
	}
	worth := jumped || !t.last.Known || now.Mono-t.last.At.Mono >= time.Second ||
		(t.clock.position-expected).Abs() >= worthTelling
	if worth {
		t.emit(now, jumped)
	}
}

// worthTelling is how far the position must be from the expected one to be reported right after an edge.
const worthTelling = 100 * time.Millisecond

// settle ends the time after a load or a seek in which the position was not known.
func (t *tracker) settle(v float64, known bool, now media.Moment) {
	t.settling = false
	t.clock = clock{position: t.clock.position, at: now.Mono, rate: t.rate()}
	if known {
		t.clock.position, t.clock.known = seconds(v), true
	}
	t.announce = true
	t.stalled, t.holding = now, true
	t.update(now)
}

// report shows a playback for the first time.
func (t *tracker) report(now media.Moment) {
	if device := deviceProperty(t.path); device != "" && !t.deviceAsked {
		t.deviceAsked = true
		t.ask(device, now)
		return
	}
	if t.path == "" && t.title == "" {
		t.phase = idle
		return
	}
	t.place = t.locate(t.path, t.workdir)
	if t.device != "" {
		t.place = t.locate(t.device, t.workdir)
	}
	t.phase = open
	if t.restarted || t.seeking != nil && !*t.seeking {
		t.restarted = true
		t.settleBy = now.Mono + answerWithin
		t.askPosition(now)
	}
	t.update(now)
}

func is(v *bool) bool { return v != nil && *v }

func abs(v float64) float64 { return max(v, -v) }
