package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// stopWithin is how long the whole shutdown may take (style: at most 5 s in all).
const stopWithin = 5 * time.Second

// rank is when a stage ends: who feeds others ends first.
type rank int

const (
	rankPlayers rank = iota // nothing new comes
	rankSessions
	rankQueue
	rankDoors
)

// stages are the long-lived goroutines. Each has a context of its own, ends by its rank, and is waited for.
type stages struct {
	started []*stage
	failed  chan error
}

type stage struct {
	rank   rank
	name   string
	cancel context.CancelFunc
	done   chan error
}

func newStages() *stages { return &stages{failed: make(chan error, 1)} }

// start runs f until the stage is stopped, also when ctx ends before. An error that f returns before ends the daemon.
func (s *stages) start(ctx context.Context, r rank, name string, f func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	st := &stage{rank: r, name: name, cancel: cancel, done: make(chan error, 1)}
	s.started = append(s.started, st)
	go func() { // ends with its context, or with an error that ends the daemon
		err := f(ctx)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			select {
			case s.failed <- err:
			default: // an earlier failure ends the daemon already
			}
		}
		st.done <- err
	}()
}

// stop ends the stages by their rank, and says which failed or did not end in time.
func (s *stages) stop() error {
	slices.SortStableFunc(s.started, func(a, b *stage) int { return cmp.Compare(a.rank, b.rank) })
	deadline := time.NewTimer(stopWithin)
	defer deadline.Stop()
	var errs []error
	for _, st := range s.started {
		st.cancel()
		select {
		case err := <-st.done:
			errs = append(errs, err)
		case <-deadline.C:
			errs = append(errs, fmt.Errorf("%s did not end within %v", st.name, stopWithin))
			deadline.Reset(0) // the others are not waited for any longer
		}
	}
	return errors.Join(errs...)
}
