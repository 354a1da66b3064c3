package vlc

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

const (
	// silentAfter is when a player that gives no answer is given up (product.md 5).
	silentAfter = 10 * time.Second
	// pollSilent is how often a player that was given up is asked whether it speaks again.
	pollSilent = 5 * time.Second
	// pathTries is how often an item's place is asked for before it is reported without.
	pathTries = 3
	// afterItem is how long VLC is asked each second after it came up or an item ended: that is when the next one comes.
	afterItem = 15 * time.Second
	// lookAgain is how long a port that gave a wrong answer is left alone, unless there is a hint (players.md 7).
	lookAgain = 5 * time.Minute
	// seekWithin is how long a place to go to is worth going to: it waits for the answer to a question.
	seekWithin = 4 * time.Second
	// forPoke: nothing is asked until somebody says that it is worth it.
	forPoke time.Duration = -1
)

// startsWithin are the pauses between the questions after a hint that VLC starts: its name comes to the bus before its
// interface listens.
var startsWithin = []time.Duration{250 * time.Millisecond, time.Second, 3 * time.Second}

// watcher watches one interface. All fields but those under mu belong to the goroutine of run.
type watcher struct {
	src    *Source
	host   string // host:port and what follows, as it is shown
	far    bool   // it is not on this machine
	client *client
	out    players.Sink
	poked  chan struct{} // size 1: a wake-up

	mu        sync.Mutex // guards the five that follow
	goTo      *seekTo
	passwords []string
	hinted    bool          // VLC may be starting
	asking    bool          // it asks again by itself
	leave     time.Duration // until then it is not worth looking again

	tracker  tracker
	chosen   int  // of passwords
	up       bool // it answers
	trouble  Trouble
	known    bool // it answered since its door was found closed
	dials    int64
	listener uint64
	located  string // the entry of the playlist whose path is known
	path     string // of that entry
	tries    int    // to find the path of the next one
	heard    time.Duration
	begun    bool
	asked    time.Duration // when the last question was put
	busy     time.Duration // when it came up or was last seen with an item
	hints    int           // of startsWithin, used since the last poke
}

// seekTo is a place to go to in a file, as long as the clock is not past by.
type seekTo struct {
	path   string
	to, by time.Duration
}

// newWatcher gives the watcher of an interface. hints is len(startsWithin) where nothing hints at a start.
func newWatcher(s *Source, base *url.URL, passwords []string, out players.Sink, hints int) *watcher {
	return &watcher{
		src: s, host: addressOf(base), far: !local(base), client: newClient(base, s.dial), out: out,
		poked: make(chan struct{}, 1), passwords: passwords, hints: hints,
	}
}

// hint makes the watcher ask now, and some times more: VLC comes, or went. It never blocks.
func (w *watcher) hint() {
	w.mu.Lock()
	w.hinted = true
	w.mu.Unlock()
	w.poke()
}

// seek leaves a place to go to for the goroutine of run.
func (w *watcher) seek(s seekTo) {
	w.mu.Lock()
	w.goTo = &s
	w.mu.Unlock()
	w.poke()
}

// takeSeek gives the place to go to, if that is still wanted: once VLC has told that it shows the file.
func (w *watcher) takeSeek(now media.Moment) (to time.Duration, ok bool) {
	w.mu.Lock()
	s := w.goTo
	w.goTo = nil
	w.mu.Unlock()
	if s == nil || !w.tracker.told || w.tracker.path != s.path || now.Mono > s.by {
		return 0, false
	}
	return s.to, true
}

func (w *watcher) poke() {
	select {
	case w.poked <- struct{}{}:
	default:
	}
}

// use takes the passwords that are known now.
func (w *watcher) use(passwords []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.passwords, passwords) {
		w.passwords, w.leave = passwords, 0
	}
}

// look makes the watcher ask now, unless it asks anyway or was told no a moment ago.
func (w *watcher) look(now media.Moment) {
	w.mu.Lock()
	worth := !w.asking && now.Mono >= w.leave
	w.mu.Unlock()
	if worth {
		w.poke()
	}
}

// run asks until ctx ends.
func (w *watcher) run(ctx context.Context) {
	defer w.client.close()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.poked:
			w.takeHint()
			// However often it is poked, VLC is not asked more often than this.
			if early := pollOpening - (w.src.now().Mono - w.asked); w.begun && early > 0 {
				next.Reset(early)
				continue
			}
		case <-next.C:
		}
		w.begun, w.asked = true, w.src.now().Mono
		wait := w.poll(ctx)
		for _, e := range w.tracker.out {
			w.out.Put(e)
		}
		w.tracker.out = w.tracker.out[:0]
		w.mu.Lock()
		w.asking = wait != forPoke
		w.mu.Unlock()
		if next.Stop(); wait != forPoke {
			next.Reset(wait)
		}
	}
}

func (w *watcher) takeHint() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hinted {
		w.hinted, w.hints = false, 0
	}
}

// poll asks once and gives the time until the next question.
func (w *watcher) poll(ctx context.Context) time.Duration {
	s, password, err := w.ask(ctx)
	if ctx.Err() != nil {
		return forPoke
	}
	now := w.src.now()
	trouble, detail := troubleOf(err)
	switch {
	case trouble == TroubleNone:
	case trouble == TroubleOff:
		return w.down(trouble, detail, now)
	case w.up: // one odd answer of a player that is busy ends nothing
		return w.noAnswer(trouble, detail, now)
	case trouble == TroubleSilent:
		return w.quiet(detail, now)
	default:
		return w.down(trouble, detail, now)
	}
	w.heard, w.hints, w.trouble = now.Mono, len(startsWithin), TroubleNone
	w.rises(s, now)
	if w.find(ctx, password, s) {
		w.tracker.take(s, w.path, now)
	}
	if w.tracker.loaded {
		w.busy = now.Mono
	}
	if to, ok := w.takeSeek(now); ok {
		if err := w.client.seek(ctx, password, to); err != nil {
			w.src.log.Debug("VLC did not go where it was asked to", zap.String("address", w.host), zap.Error(err))
		}
		return pollOpening
	}
	return w.wait(now)
}

// ask asks for the status, with the password that fitted last, or with each that is known.
func (w *watcher) ask(ctx context.Context) (s status, password string, err error) {
	w.mu.Lock()
	passwords := w.passwords
	w.mu.Unlock()
	for range max(1, len(passwords)) {
		password = ""
		if len(passwords) > 0 {
			w.chosen %= len(passwords)
			password = passwords[w.chosen]
		}
		s, err = w.client.status(ctx, password)
		if trouble, _ := troubleOf(err); trouble != TroublePassword {
			break
		}
		w.chosen++
	}
	return s, password, err
}

// rises notes that VLC answers, and whether it is another one than before.
func (w *watcher) rises(s status, now media.Moment) {
	dials := w.client.dials.Load()
	if w.up && dials == w.dials {
		return
	}
	w.dials = dials
	var listener uint64
	if remote := w.client.remote.Load(); remote != nil && remote.IP.IsLoopback() {
		listener = listenerOf(remote.IP, remote.Port)
	}
	same := w.known && listener == w.listener
	if same && listener == 0 {
		w.located = "" // it may still be another one: what it plays tells
	}
	if !w.up {
		w.up, w.busy = true, now.Mono
		w.src.report(w.host, TroubleNone, "", s.version)
	}
	if same {
		return
	}
	w.tracker.gone(now)
	w.known, w.listener, w.located, w.busy = true, listener, "", now.Mono
	pid := 0
	if listener != 0 {
		pid = processOf(listener)
	}
	w.src.leave(w.tracker.base.Instance)
	w.tracker.base = players.Event{Player: "VLC", Channel: "vlc", Instance: w.src.name(w.host), PID: pid}
	w.src.enter(w.tracker.base.Instance, w)
	w.src.log.Debug("connected to VLC", zap.String("address", w.host), zap.Int("pid", pid))
}

// find finds out where the item is, once. False means that the answer is not worth taking yet.
func (w *watcher) find(ctx context.Context, password string, s status) bool {
	if s.nothing() || s.plid == w.located {
		return true
	}
	uri, err := w.client.uri(ctx, password, s)
	if err != nil {
		w.src.log.Debug("VLC's playlist cannot be read", zap.String("address", w.host), zap.Error(err))
	}
	w.tries++
	if uri == "" && w.tries < pathTries {
		return false
	}
	w.located, w.path, w.tries = s.plid, pathOf(uri, w.far), 0
	return true
}

// noAnswer waits for a player that is busy, and gives it up in the end.
func (w *watcher) noAnswer(trouble Trouble, detail string, now media.Moment) time.Duration {
	if now.Mono-w.heard < silentAfter {
		return min(pollLoaded, silentAfter-(now.Mono-w.heard))
	}
	w.tracker.silent(now)
	w.up = false
	if trouble != TroubleSilent {
		return w.down(trouble, detail, now)
	}
	return w.quiet(detail, now)
}

// quiet is the time until the next question to a player that gave no answer for long, or never any.
func (w *watcher) quiet(detail string, now media.Moment) time.Duration {
	w.src.report(w.host, TroubleSilent, detail, "")
	switch {
	case !w.known:
		return w.again()
	case now.Mono-w.heard < lookAgain: // it may be let go again at any moment
		return pollSilent
	}
	return lookEvery
}

// down notes that VLC does not answer there. A wrong answer is believed when it stays: a VLC that starts has no pages
// for a moment.
func (w *watcher) down(trouble Trouble, detail string, now media.Moment) time.Duration {
	w.tracker.gone(now)
	w.src.leave(w.tracker.base.Instance)
	w.up, w.known, w.located, w.tries = false, false, "", 0
	w.client.close()
	if trouble != w.trouble && trouble != TroubleOff {
		w.hints = 0
	}
	w.trouble = trouble
	wait := w.again()
	if wait != forPoke && trouble != TroubleOff {
		return wait
	}
	w.mu.Lock()
	w.leave = 0
	if trouble != TroubleOff { // it stays so until somebody changes something
		w.leave = now.Mono + lookAgain
	}
	w.mu.Unlock()
	w.src.report(w.host, trouble, detail, "")
	return wait
}

// again is the time until the next question where VLC did not answer.
func (w *watcher) again() time.Duration {
	if w.hints < len(startsWithin) {
		w.hints++
		return startsWithin[w.hints-1]
	}
	return forPoke
}

func (w *watcher) wait(now media.Moment) time.Duration {
	wait := w.tracker.wait(now)
	if w.tries > 0 {
		return pollOpening
	}
	if wait == pollStopped && now.Mono-w.busy < afterItem {
		return pollLoaded
	}
	return wait
}

// addressOf is host:port, and the path where there is one.
func addressOf(base *url.URL) string {
	port := base.Port()
	switch {
	case port != "":
	case base.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(base.Hostname(), port) + strings.TrimRight(base.Path, "/")
}

// local reports whether an interface is on this machine.
func local(base *url.URL) bool {
	host := base.Hostname()
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
