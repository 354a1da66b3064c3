package mpris

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

const (
	// introduceWithin is how long the name that people see is waited for.
	introduceWithin = 2 * time.Second
	// maxQuestions is how many a player that does not answer is asked at the same time.
	maxQuestions = 3
	// keepFor is how long a player is kept whose bus went away (edge-cases.md M22).
	keepFor = 30 * time.Second
	// burst and perSecond bound how many signals of a player that signals all the time are attended to; the others are
	// merged. No user acts faster, and 4 a second of two kinds fit in. A flood waits no longer than for debt.
	burst, perSecond, debt = 64, 20.0, -10
)

// asked are the properties that are read one by one where a player does not give all at once (edge-cases.md M18).
var asked = []string{"PlaybackStatus", "Rate", "Metadata", "Position"}

// peer is one player. Its goroutine owns all but the box and what the watch keeps in it.
type peer struct {
	source *Source
	out    players.Sink
	log    *zap.Logger
	box    *box

	// The watch's own.
	twin    twin
	names   int // well-known names of it
	started bool

	base    string
	event   players.Event
	link    link
	tracker *tracker
	barred  bool // the name that people see is among the denied ones
	denied  bool // the source knows that something plays that is not reported

	answers   chan *dbus.Call
	calls     []*dbus.Call // those without an answer
	single    bool
	parts     map[string]dbus.Variant // answers to single questions
	answered  dbus.Sequence           // the last full answer: older signals are part of it
	lost      *media.Moment           // when the bus went away
	allowance float64                 // how often it may still be attended to at once
	counted   time.Duration
}

func newPeer(s *Source, out players.Sink, base, instance string, key twin) *peer {
	return &peer{
		source: s, out: out, box: newBox(), twin: key, base: base, log: s.log.With(zap.String("player", media.Sanitize(base))),
		event: players.Event{Player: shownName(base), Channel: "mpris", Instance: instance, PID: key.pid},
		// An answer never waits: there are at most maxQuestions of four parts each, on this connection and the last.
		answers:   make(chan *dbus.Call, 2*maxQuestions*len(asked)),
		allowance: burst,
	}
}

// shownName is a name as people may see it.
func shownName(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return media.Sanitize(name)
}

// run reports what the player does until it is gone or ctx ends.
func (p *peer) run(ctx context.Context) {
	defer p.source.deny(Denied{Instance: p.event.Instance}, false)
	p.source.enter(p.event.Instance, p.box)
	defer p.source.leave(p.event.Instance)
	defer p.forget()
	p.introduce(ctx)
	p.tracker.asking = !p.barred
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		p.flush(ctx)
		ready := p.box.ready
		now := p.source.cfg.Now().Mono
		wake, some := p.next(now)
		if p.exhausted(now) {
			ready = nil
		}
		if some {
			timer.Reset(max(0, wake-now))
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case <-ready:
			if p.hear() {
				return
			}
		case call := <-p.answers:
			p.answer(call)
		case <-timer.C:
			if p.tick() {
				return
			}
		}
	}
}

// introduce asks for the name that people see.
func (p *peer) introduce(ctx context.Context) {
	names := []string{p.base}
	ask, cancel := context.WithTimeout(ctx, introduceWithin)
	defer cancel()
	var props map[string]dbus.Variant
	err := p.object().CallWithContext(ask, propsIface+".GetAll", dbus.FlagNoAutoStart, rootIface).Store(&props)
	if err != nil {
		p.log.Debug("the player does not say its name", zap.Error(err))
	}
	if s := shortText(props["Identity"]); s != "" {
		p.event.Player = shownName(s)
		names = append(names, s)
	}
	if s := shortText(props["DesktopEntry"]); s != "" {
		names = append(names, s)
	}
	p.barred = p.source.ignored(names...)
	p.tracker = newTracker(p.event, func(it media.Item) bool { return p.source.permit(names, it) })
	p.log.Debug("watching", zap.String("instance", p.event.Instance), zap.Int("pid", p.event.PID), zap.Bool("denied", p.barred))
}

func (p *peer) object() dbus.BusObject { return p.link.conn.Object(p.link.unique, playerPath) }

// flush hands on what there is to tell and puts the question that is to be put.
func (p *peer) flush(ctx context.Context) {
	for _, e := range p.tracker.out {
		p.out.Put(e)
	}
	p.tracker.out = p.tracker.out[:0]
	if denied := p.tracker.denied(); denied != p.denied {
		p.denied = denied
		p.source.deny(Denied{Player: p.event.Player, Instance: p.event.Instance, PID: p.event.PID}, denied)
	}
	if p.tracker.asking && p.lost == nil {
		p.ask(ctx)
	}
}

// ask asks for everything. An answer that comes late is still welcome: the player speaks again.
func (p *peer) ask(ctx context.Context) {
	if !p.tracker.owed {
		p.forget() // what is still open is lost
	}
	p.tracker.put(p.source.cfg.Now())
	if len(p.calls) >= maxQuestions*p.size() {
		return
	}
	if !p.single {
		p.call(ctx, ".GetAll", playerIface)
		return
	}
	p.parts = map[string]dbus.Variant{}
	for _, name := range asked {
		p.call(ctx, ".Get", playerIface, name)
	}
}

func (p *peer) call(ctx context.Context, method string, args ...any) {
	p.calls = append(p.calls, p.object().GoWithContext(ctx, propsIface+method, dbus.FlagNoAutoStart, p.answers, args...))
}

// forget waits no longer for the answers that are open.
func (p *peer) forget() {
	for _, call := range p.calls {
		call.ContextCancel()
	}
	p.calls = nil
}

// size is how many calls one question takes.
func (p *peer) size() int {
	if p.single {
		return len(asked)
	}
	return 1
}

// answer takes the answer to a call that is waited for.
func (p *peer) answer(call *dbus.Call) {
	i := slices.Index(p.calls, call)
	if i < 0 {
		return
	}
	p.calls = slices.Delete(p.calls, i, i+1)
	now := p.source.cfg.Now()
	if errors.Is(call.Err, dbus.ErrClosed) || errors.Is(call.Err, context.Canceled) {
		return // the connection is over, which is told in another way
	}
	if len(call.Args) == 2 {
		p.part(call, now)
		return
	}
	var props map[string]dbus.Variant
	if err := call.Store(&props); err != nil {
		p.tracker.refused(now)
		if !p.single && !absent(err) {
			p.log.Debug("the player does not give all properties at once", zap.Error(err))
			p.single, p.tracker.asking = true, true
		}
		return
	}
	p.take(props, now, call.ResponseSequence)
}

// absent reports whether an error means that there is nobody, rather than that the player has no answer.
func absent(err error) bool {
	e, ok := errors.AsType[dbus.Error](err)
	if !ok {
		return true
	}
	switch e.Name {
	case "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.ServiceUnknown",
		"org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected",
		"org.freedesktop.DBus.Error.AccessDenied":
		return true
	}
	return false
}

// part takes the answer to a question for one property. The last one ends the question.
func (p *peer) part(call *dbus.Call, now media.Moment) {
	name, _ := call.Args[1].(string)
	var v dbus.Variant
	if call.Store(&v) == nil {
		p.parts[name] = v
	}
	if name != asked[len(asked)-1] {
		return
	}
	if len(p.parts) == 0 {
		p.tracker.refused(now)
		return
	}
	p.take(p.parts, now, call.ResponseSequence)
}

func (p *peer) take(props map[string]dbus.Variant, now media.Moment, sequence dbus.Sequence) {
	r := readProperties(props)
	r.at = now
	if r.empty() {
		p.tracker.refused(now)
		return
	}
	if sequence != dbus.NoSequence {
		p.answered = sequence
	}
	p.tracker.answered(r)
}

// hear takes what came in; true when the player is gone.
func (p *peer) hear() (over bool) {
	reports, fates, goTo := p.box.take()
	p.allowance = max(debt, p.allowance-float64(len(reports)))
	for _, r := range reports {
		if r.sequence < p.answered { // an answer that came later has told it already
			r.status, r.rate, r.meta = nil, nil, nil
		}
		if !p.barred && !r.empty() {
			p.tracker.take(r)
		}
	}
	for _, f := range fates {
		switch {
		case f.gone != nil:
			p.leave(*f.gone)
			over = p.box.close() || over
		case f.lost != nil:
			p.forget()
			p.lost, p.answered = f.lost, 0
		case f.link != nil:
			p.link, p.lost = *f.link, nil
			p.tracker.owed = false
			p.tracker.asking = !p.barred
			over = false
		}
	}
	if goTo != nil && p.lost == nil && !over {
		p.seek(*goTo)
	}
	return over
}

// seek goes to a place, if the player still shows the file. Nobody waits for an answer: where it is then, its signals
// tell.
func (p *peer) seek(s seekTo) {
	now := p.source.cfg.Now().Mono
	track, ok := p.tracker.shows(s.path)
	if !ok || now > s.by {
		return
	}
	const flags = dbus.FlagNoAutoStart | dbus.FlagNoReplyExpected
	if id := dbus.ObjectPath(track); id.IsValid() {
		p.object().Go(playerIface+".SetPosition", flags, nil, id, s.to.Microseconds())
		return
	}
	// SetPosition needs a track id, and this player has none.
	p.object().Go(playerIface+".Seek", flags, nil, (s.to - p.tracker.clock.now(now)).Microseconds())
}

// leave tells the end of the player.
func (p *peer) leave(at media.Moment) {
	p.tracker.gone(at)
	for _, e := range p.tracker.out {
		p.out.Put(e)
	}
	p.tracker.out = nil
}

// tick does what is due; true when the player is given up because its bus did not come back.
func (p *peer) tick() (over bool) {
	now := p.source.cfg.Now()
	if p.lost == nil {
		p.tracker.tick(now)
		return false
	}
	if now.Mono-p.lost.Mono < keepFor {
		return false
	}
	if !p.box.close() {
		return false // it was found again this very moment
	}
	p.leave(*p.lost)
	return true
}

// next is when there is something to do without a word from the player.
func (p *peer) next(now time.Duration) (time.Duration, bool) {
	if p.lost != nil {
		return p.lost.Mono + keepFor, true
	}
	wake, some := p.tracker.due()
	if p.exhausted(now) {
		again := now + time.Duration((1-p.allowance)/perSecond*float64(time.Second)) + time.Millisecond
		if !some || again < wake {
			return again, true
		}
	}
	return wake, some
}

// exhausted reports whether the player said so much lately that it has to wait.
func (p *peer) exhausted(now time.Duration) bool {
	p.allowance = min(burst, p.allowance+(now-p.counted).Seconds()*perSecond)
	p.counted = now
	return p.allowance < 1
}
