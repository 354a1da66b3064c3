package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/queue"
	"github.com/simkld/simkld/scrobbler"
)

const (
	lookForEnd = 2 * time.Millisecond
	// stepMost is how long a step waits for Simkl: two writes are more than a second apart, and it may say "later" once.
	stepMost = time.Minute
)

// step lets the sessions do what is due by the clock, and waits until each title is known and nothing is left to send.
// After a while it gives up waiting: what waits is then no longer a matter of this moment.
func (d *Daemon) step(ctx context.Context) error {
	wait := time.NewTimer(0)
	defer wait.Stop()
	deadline := time.NewTimer(stepMost)
	defer deadline.Stop()
	for waited := false; ; waited = true {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return nil
		case <-wait.C:
		}
		tick := func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.Tick(now) }
		if err := d.runner.Do(ctx, tick); err != nil {
			return err
		}
		calm, err := d.calm(ctx)
		if err != nil {
			return err
		}
		if calm && !waited {
			return nil
		}
		if calm { // what was just sent is told to the sessions first
			return errors.Join(d.runner.Do(ctx, tick), ctx.Err())
		}
		wait.Reset(lookForEnd)
	}
}

// calm reports whether every event was taken, every title is known, and nothing is to be sent or told.
func (d *Daemon) calm(ctx context.Context) (bool, error) {
	if !d.mail.Empty() || len(d.told) > 0 {
		return false, nil
	}
	for _, v := range d.runner.Snapshot().Sessions {
		if !v.Known && v.State != players.Stopped && v.Reason == media.ReasonNone {
			return false, nil
		}
	}
	rows, err := d.store.Queue(ctx)
	for _, r := range rows {
		if r.State == queue.StatePending {
			return false, err
		}
	}
	return err == nil, err
}

// Watch reports what players say until ctx ends, and does nothing else with it: no daemon is needed, and one that runs is
// not disturbed.
func Watch(ctx context.Context, o Options, out players.Sink) error {
	d := &Daemon{opt: o, log: o.Log, now: o.Now, vlcComes: make(chan struct{}, 1)}
	d.loaded.Store(&o.Loaded)
	var w watched
	made := make([][]func(context.Context, players.Sink) error, len(kinds))
	for i, k := range kinds {
		made[i] = k.make(d, o.Loaded.Config.Players, &w)
	}
	d.watched.Store(&w)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make([]error, len(kinds))
	var running sync.WaitGroup
	for i, goroutines := range made {
		if len(goroutines) == 0 {
			continue
		}
		running.Go(func() { // ends with ctx
			// What else there is (keys in mpv) is for those who do something.
			if ended[i] = goroutines[0](ctx, out); ctx.Err() == nil {
				cancel() // one that can never work is said
			}
		})
	}
	<-ctx.Done()
	running.Wait()
	for i, err := range ended {
		if errors.Is(err, context.Canceled) {
			ended[i] = nil
		}
	}
	return errors.Join(ended...)
}
