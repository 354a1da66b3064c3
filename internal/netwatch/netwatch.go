// Package netwatch tells when the network came back and when the machine sleeps.
//
// It promises that nothing in it runs while nothing happens, that a system that cannot tell one of these things costs
// nothing but that, and that the events come one after the other, from one goroutine. It must not know what they are
// good for: it sends nothing, and nothing of it reaches beyond this machine.
package netwatch

import (
	"context"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/simkld/simkld/internal/clock"
	"github.com/simkld/simkld/internal/media"
)

// Event is what happened. The written forms are for the log.
type Event string

const (
	// NetworkUp says that a link, an address or a route came, so that what could not be reached is worth another try.
	NetworkUp Event = "network up"
	// GoingToSleep comes before the machine sleeps, where the system says so (logind). It waits for the handler, but
	// not for ever: see Handler.
	GoingToSleep Event = "going to sleep"
	// WokeUp comes after a sleep, or when one that was announced did not happen. Where no sleep is announced it comes
	// with the next change of the network, which follows a sleep nearly always.
	WokeUp Event = "woke up"
)

// Handler hears of an event. The next event waits until it has returned. On GoingToSleep ctx ends shortly before the
// system stops waiting: what is not done by then is done after the sleep.
type Handler func(ctx context.Context, e Event)

const (
	// settle lets the link, the addresses and the routes of one change come together (0.3 s, real-parts.md "Link lost
	// and back").
	settle = 300 * time.Millisecond
	// A network that comes and goes is told of ever more rarely, up to settleMost, until it was quiet for calm: each
	// telling may cost a request.
	settleMost = 30 * time.Second
	calm       = time.Minute
	// sleepGap is how far the boot clock runs ahead of the monotonic one to be a sleep. Readings differ by microseconds.
	sleepGap = time.Second
	// beforeSleep is how long a handler has. logind waits 5 s (InhibitDelayMaxSec, logind.conf(5)).
	beforeSleep = 4 * time.Second
)

// Config is what a Watcher needs.
type Config struct {
	Log *zap.Logger // nil: nothing is logged
	// Now reads the clocks; nil for those of the machine.
	Now func() media.Moment
	// BusAddress is the D-Bus address of the system bus; "" for the one of this machine. Only Linux has logind.
	BusAddress string
}

// Watcher watches the network and the sleep of this machine.
type Watcher struct {
	log     *zap.Logger
	now     func() media.Moment
	network func(ctx context.Context, note func(up bool)) error
	sleep   func(ctx context.Context, tell func(asleep bool)) error
}

// New gives a watcher. It starts nothing.
func New(c Config) *Watcher {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = clock.Now
	}
	return &Watcher{
		log: c.Log, now: c.Now, network: watchNetwork,
		sleep: func(ctx context.Context, tell func(bool)) error { return watchSleep(ctx, c.BusAddress, c.Log, tell) },
	}
}

// Run tells handle what happens until ctx ends, and returns nil then. What the system does not tell is logged once.
// The network as it is when Run begins is no event.
func (w *Watcher) Run(ctx context.Context, handle Handler) error {
	l := &loop{
		log: w.log, now: w.now, handle: handle,
		changed: make(chan struct{}, 1), up: make(chan struct{}, 1), sleeps: make(chan announcement),
	}
	start := w.now()
	l.gap = start.Boot - start.Mono
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := w.network(ctx, l.note); err != nil && ctx.Err() == nil {
			w.log.Warn("changes of the network are not seen: what failed is tried again after its delay", zap.Error(err))
		}
		return nil
	})
	g.Go(func() error {
		err := w.sleep(ctx, func(asleep bool) { l.announce(ctx, asleep) })
		if err != nil && ctx.Err() == nil {
			w.log.Warn("the sleep of this machine is seen only afterwards", zap.Error(err))
		}
		return nil
	})
	g.Go(func() error { l.run(ctx); return nil })
	return g.Wait()
}

// loop is where everything comes together. Its other fields belong to the goroutine of run.
type loop struct {
	log    *zap.Logger
	now    func() media.Moment
	handle Handler

	changed, up chan struct{} // of size 1: they are wake-ups
	sleeps      chan announcement

	timer   *time.Timer   // runs while NetworkUp waits
	gap     time.Duration // how far the boot clock was ahead when last looked at
	asleep  bool          // a sleep was announced and its end not yet told
	pending bool          // NetworkUp waits
	delay   time.Duration // what the last NetworkUp waited
	told    time.Duration // when it was told, by the monotonic clock
}

// announcement is what the system says about a sleep. done is closed when the handler has returned.
type announcement struct {
	asleep bool
	done   chan struct{}
}

// note is called by the source of the network for whatever moved; up says that something came. It never blocks.
func (l *loop) note(up bool) {
	wake := l.changed
	if up {
		wake = l.up
	}
	select {
	case wake <- struct{}{}:
	default:
	}
}

// announce returns when the handler has returned, or ctx has ended.
func (l *loop) announce(ctx context.Context, asleep bool) {
	a := announcement{asleep: asleep, done: make(chan struct{})}
	select {
	case l.sleeps <- a:
	case <-ctx.Done():
		return
	}
	select {
	case <-a.done:
	case <-ctx.Done():
	}
}

func (l *loop) run(ctx context.Context) {
	l.timer = time.NewTimer(time.Hour)
	l.timer.Stop()
	defer l.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.changed:
			l.lookAtClocks(ctx)
		case <-l.up:
			l.lookAtClocks(ctx)
			if !l.pending {
				l.pending = true
				l.timer.Reset(l.nextDelay())
			}
		case a := <-l.sleeps:
			l.sleepOrWake(ctx, a.asleep)
			close(a.done)
		case <-l.timer.C:
			l.pending = false
			l.told = l.now().Mono
			l.tell(ctx, NetworkUp)
		}
	}
}

// nextDelay is how long the next NetworkUp waits for what belongs to it.
func (l *loop) nextDelay() time.Duration {
	if l.delay == 0 || l.now().Mono-l.told >= calm {
		l.delay = settle
	} else {
		l.delay = min(2*l.delay, settleMost)
	}
	return l.delay
}

// lookAtClocks tells of a sleep that nobody announced, or whose end is announced later than the network moves.
func (l *loop) lookAtClocks(ctx context.Context) {
	if l.slept() {
		l.wake(ctx)
	}
}

// slept says whether the machine slept since it was last asked.
func (l *loop) slept() bool {
	now := l.now()
	gap := now.Boot - now.Mono
	grown := gap - l.gap
	l.gap = gap
	return grown >= sleepGap
}

func (l *loop) sleepOrWake(ctx context.Context, asleep bool) {
	if l.slept() || !asleep && l.asleep { // a sleep may be called off
		l.wake(ctx)
	}
	if !asleep {
		return
	}
	l.asleep = true
	ctx, cancel := context.WithTimeout(ctx, beforeSleep)
	defer cancel()
	l.tell(ctx, GoingToSleep)
}

func (l *loop) wake(ctx context.Context) {
	l.asleep = false
	l.delay = 0 // the network that comes after a sleep is news
	if l.pending {
		l.timer.Reset(l.nextDelay())
	}
	l.tell(ctx, WokeUp)
}

func (l *loop) tell(ctx context.Context, e Event) {
	l.log.Debug("noticed", zap.String("event", string(e)))
	l.handle(ctx, e)
}
