package scrobbler

import (
	"context"
	"errors"
	"fmt"
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
}

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
	now     func() media.Moment

	identified chan Identified
	commands   chan command
	asking     sync.WaitGroup
	wakeAt     time.Duration

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
	Now        func() media.Moment
}

// NewRunner gives a runner that has not started.
func NewRunner(c RunnerConfig) *Runner {
	r := &Runner{
		machine: c.Machine, mail: c.Mail, outbox: c.Outbox, who: c.Identifier, memory: c.Memory, notify: c.Notifier,
		now: c.Now,
		// As many answers as may be under way: an answer never waits for the owner to ask.
		identified: make(chan Identified, 16),
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

// Do lets the owner of the machine carry out do, and waits for it.
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

// Run feeds the machine until ctx ends, then writes the last position of each session down. It returns an error only
// when what must be kept cannot be written: then nothing else is safe.
func (r *Runner) Run(ctx context.Context) error {
	wake := time.NewTimer(time.Hour)
	wake.Stop()
	defer wake.Stop()
	asking, stopAsking := context.WithCancel(ctx)
	defer r.asking.Wait()
	defer stopAsking()
	for {
		var effects []Effect
		var answer chan<- error
		select {
		case <-ctx.Done():
			return r.do(context.WithoutCancel(ctx), asking, wake, r.machine.Close(r.now()))
		case <-r.mail.Ready():
			for _, e := range r.mail.Take() {
				effects = append(effects, r.machine.Step(e)...)
			}
		case id := <-r.identified:
			effects = r.machine.Identified(id, r.now())
		case c := <-r.commands:
			effects, answer = c.do(r.machine, r.now()), c.done
		case <-wake.C:
			r.wakeAt = 0
			effects = r.machine.Tick(r.now())
		}
		err := r.do(ctx, asking, wake, effects)
		if answer != nil {
			answer <- err
		}
		if err != nil {
			return err
		}
	}
}

// do carries out effects in their order.
func (r *Runner) do(ctx, asking context.Context, wake *time.Timer, effects []Effect) error {
	for _, e := range effects {
		if err := r.one(ctx, asking, wake, e); err != nil {
			return err
		}
	}
	snap := r.machine.Snapshot()
	r.snapshot.Store(&snap)
	next := make(chan struct{})
	close(*r.changed.Swap(&next))
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
	case Notify:
		r.notify.Notify(e)
	case Wake:
		r.wakeUpAt(wake, e.At)
	}
	return nil
}

func (r *Runner) wakeUpAt(wake *time.Timer, at time.Duration) {
	r.wakeAt = at
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
