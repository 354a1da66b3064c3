package scrobbler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Outbox takes what Simkl is to be told. A finished watch is on disk when Put or Park returns; neither waits for the
// network.
type Outbox interface {
	Put(ctx context.Context, call media.Call) error
	Park(ctx context.Context, call media.Call) error
}

// Identifier says who an item is. It may read folders, so it is asked apart from the one goroutine that decides.
type Identifier interface {
	Identify(ctx context.Context, item media.Item) (match media.Match, mayGo bool, note string)
}

// Memory is what outlives the process.
type Memory interface {
	SaveSession(ctx context.Context, s Saved) error
	ForgetSession(ctx context.Context, w media.WatchID) error
	// Earlier gives what was played of items in earlier sittings; unknown ones are left out.
	Earlier(ctx context.Context, keys []string) (map[string]Played, error)
	// Keep stores what was played of an item; without spans it is forgotten.
	Keep(ctx context.Context, key string, p Played) error
	WriteJournal(ctx context.Context, e Entry) error
	// Leave keeps where this machine left an item, CountedPoint that another machine's point was counted.
	Leave(ctx context.Context, key string, p Point) error
	CountedPoint(ctx context.Context, key string, at time.Time) error
}

// Points says where the items of a file were left. It may ask Simkl, so it is asked apart from the one goroutine that
// decides.
type Points interface {
	LeftOff(ctx context.Context, m media.Match) map[string]LeftOff
}

// Remote shows something in a player, or steers it. It never blocks.
type Remote interface{ Resume(r Resume) }

// Notifier tells the user. It never blocks.
type Notifier interface{ Notify(n Notify) }

// Runner owns a Machine: the one goroutine that feeds it and carries out what it wants.
type Runner struct {
	machine *Machine
	mail    *players.Mailbox
	outbox  Outbox
	who     Identifier
	memory  Memory
	notify  Notifier
	points  Points
	remote  Remote
	now     func() media.Moment

	identified chan Identified
	pointed    chan Pointed
	commands   chan command
	asking     sync.WaitGroup
	trouble    func(err error)
	// unwritten are effects that the disk did not take, oldest first: they are tried again until it does.
	unwritten []Effect

	snapshot atomic.Pointer[Snapshot]
	changed  atomic.Pointer[chan struct{}]
}

type command struct {
	do   func(m *Machine, now media.Moment) []Effect
	done chan error
}

// RunnerConfig is what a Runner works with.
type RunnerConfig struct {
	Machine    *Machine
	Mail       *players.Mailbox
	Outbox     Outbox
	Identifier Identifier
	Memory     Memory
	Notifier   Notifier
	Points     Points
	Remote     Remote
	Now        func() media.Moment
	// Trouble is told when the disk does not take a write, and with nil when it does again.
	Trouble func(err error)
}

// NewRunner gives a runner that has not started.
func NewRunner(c RunnerConfig) *Runner {
	r := &Runner{
		machine: c.Machine, mail: c.Mail, outbox: c.Outbox, who: c.Identifier, memory: c.Memory, notify: c.Notifier,
		points: c.Points, remote: c.Remote,
		now: c.Now, trouble: c.Trouble,
		// As many answers as may be under way: an answer never waits for the owner to ask.
		identified: make(chan Identified, 16),
		pointed:    make(chan Pointed, 16),
		commands:   make(chan command),
	}
	r.snapshot.Store(&Snapshot{})
	ch := make(chan struct{})
	r.changed.Store(&ch)
	return r
}

// Snapshot gives the sessions as they are. It never waits.
func (r *Runner) Snapshot() Snapshot { return *r.snapshot.Load() }

// Changed gives a channel that is closed at the next change of the sessions.
func (r *Runner) Changed() <-chan struct{} { return *r.changed.Load() }

// Do lets the owner of the machine carry out do, and waits for it. It fails only when ctx ends.
func (r *Runner) Do(ctx context.Context, do func(m *Machine, now media.Moment) []Effect) error {
	c := command{do: do, done: make(chan error, 1)}
	select {
	case r.commands <- c:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryWrite is how long a write that the disk did not take waits.
const retryWrite = 5 * time.Second

// Run feeds the machine until ctx ends, then writes the last position of each session down. What the disk does not
// take (it is full) is kept in memory and tried again; an error at the end says what could not be written at all.
func (r *Runner) Run(ctx context.Context) error {
	wake := time.NewTimer(time.Hour)
	wake.Stop()
	defer wake.Stop()
	retry := time.NewTimer(time.Hour)
	retry.Stop()
	defer retry.Stop()
	asking, stopAsking := context.WithCancel(ctx)
	defer r.asking.Wait()
	defer stopAsking()
	writing := context.WithoutCancel(ctx) // a write to the disk is short, and half of it is none
	for {
		var effects []Effect
		var answer chan<- error
		select {
		case <-ctx.Done():
			r.do(writing, asking, wake, r.machine.Close(r.now()))
			return r.flush(writing)
		case <-r.mail.Ready():
			for _, e := range r.mail.Take() {
				effects = append(effects, r.machine.Step(e)...)
			}
		case id := <-r.identified:
			effects = r.machine.Identified(id, r.now())
		case p := <-r.pointed:
			effects = r.machine.Pointed(p, r.now())
		case c := <-r.commands:
			effects, answer = c.do(r.machine, r.now()), c.done
		case <-wake.C:
			effects = r.machine.Tick(r.now())
		case <-retry.C:
		}
		r.do(writing, asking, wake, effects)
		if len(r.unwritten) > 0 {
			retry.Reset(retryWrite)
		}
		if answer != nil {
			answer <- nil
		}
	}
}

// do carries out effects in their order. Those that are writes and fail stand in line until the disk takes them.
func (r *Runner) do(ctx, asking context.Context, wake *time.Timer, effects []Effect) {
	stuck := r.flush(ctx) != nil
	for _, e := range effects {
		if stuck && isWrite(e) {
			r.stand(e)
			continue
		}
		if err := r.one(ctx, asking, wake, e); err != nil {
			r.trouble(err)
			stuck = true
			r.stand(e)
		}
	}
	snap := r.machine.Snapshot()
	r.snapshot.Store(&snap)
	next := make(chan struct{})
	close(*r.changed.Swap(&next))
}

func isWrite(e Effect) bool {
	switch e.(type) {
	case Send, Park, Keep, Journal, Persist, Forget, Leave, CountedPoint:
		return true
	}
	return false
}

// stand puts a write at the end of the line. The state of a session holds all that an older one held, which leaves.
func (r *Runner) stand(e Effect) {
	if p, ok := e.(Persist); ok {
		r.unwritten = slices.DeleteFunc(r.unwritten, func(o Effect) bool {
			old, ok := o.(Persist)
			return ok && old.Saved.Watch == p.Saved.Watch
		})
	}
	r.unwritten = append(r.unwritten, e)
}

// flush writes what the disk did not take before.
func (r *Runner) flush(ctx context.Context) error {
	if len(r.unwritten) == 0 {
		return nil
	}
	for len(r.unwritten) > 0 {
		if err := r.one(ctx, ctx, nil, r.unwritten[0]); err != nil {
			return err
		}
		r.unwritten = r.unwritten[1:]
	}
	r.trouble(nil)
	return nil
}

func (r *Runner) one(ctx, asking context.Context, wake *time.Timer, effect Effect) error {
	switch e := effect.(type) {
	case Identify:
		r.ask(asking, e)
	case Send:
		if err := r.outbox.Put(ctx, e.Call); err != nil {
			return fmt.Errorf("keep %s of watch %d: %w", e.Call.Verb, e.Call.Watch, err)
		}
	case Park:
		if err := r.outbox.Park(ctx, e.Call); err != nil {
			return fmt.Errorf("keep watch %d: %w", e.Call.Watch, err)
		}
	case Persist:
		if err := r.memory.SaveSession(ctx, e.Saved); err != nil {
			return fmt.Errorf("save session %d: %w", e.Saved.Watch, err)
		}
	case Forget:
		if err := r.memory.ForgetSession(ctx, e.Watch); err != nil {
			return fmt.Errorf("forget session %d: %w", e.Watch, err)
		}
	case Keep:
		if err := r.memory.Keep(ctx, e.Key, e.Played); err != nil {
			return fmt.Errorf("keep what was played: %w", err)
		}
	case Journal:
		if err := r.memory.WriteJournal(ctx, e.Entry); err != nil {
			return fmt.Errorf("write the journal: %w", err)
		}
	case Leave:
		if err := r.memory.Leave(ctx, e.Key, e.Point); err != nil {
			return fmt.Errorf("keep where an item was left: %w", err)
		}
	case CountedPoint:
		if err := r.memory.CountedPoint(ctx, e.Key, e.At); err != nil {
			return fmt.Errorf("keep that a resume point was counted: %w", err)
		}
	case AskPoints:
		r.askPoints(asking, e)
	case Resume:
		r.remote.Resume(e)
	case Notify:
		r.notify.Notify(e)
	case Wake:
		r.wakeUpAt(wake, e.At)
	}
	return nil
}

func (r *Runner) wakeUpAt(wake *time.Timer, at time.Duration) {
	if at == 0 {
		wake.Stop()
		return
	}
	wake.Reset(at - r.now().Mono)
}

// ask finds out who an item is, apart. The goroutine ends with the answer, or with the runner.
func (r *Runner) ask(ctx context.Context, e Identify) {
	r.asking.Go(func() {
		id := Identified{Watch: e.Watch, Turn: e.Turn}
		id.Match, id.MayGo, id.Note = r.who.Identify(ctx, e.Item)
		earlier, err := r.memory.Earlier(ctx, Keys(id.Match))
		if err != nil && !errors.Is(err, context.Canceled) {
			// Without it only this sitting counts; a store that is broken shows at the next write.
			id.Note = "what was played earlier could not be read"
		}
		id.Earlier = earlier
		select {
		case r.identified <- id:
		case <-ctx.Done():
		}
	})
}

// askPoints finds out where the items of a file were left, apart. The goroutine ends with the answer, or with the runner.
func (r *Runner) askPoints(ctx context.Context, e AskPoints) {
	r.asking.Go(func() {
		p := Pointed{Watch: e.Watch, LeftOff: r.points.LeftOff(ctx, e.Match)}
		select {
		case r.pointed <- p:
		case <-ctx.Done():
		}
	})
}
