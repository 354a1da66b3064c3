package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopWithin is how long the whole shutdown may take (style: at most 5 s in all).
const stopWithin = 5 * time.Second

// stages are the long-lived goroutines, in the order in which they end: who feeds others ends first. Each has a
// context of its own and is waited for.
type stages struct {
	parent  context.Context //nolint:containedctx // the values of the daemon's life, not its end
	started []*stage
	failed  chan error
}

type stage struct {
	name   string
	cancel context.CancelFunc
	done   chan error
}

func newStages(ctx context.Context) *stages {
	return &stages{parent: context.WithoutCancel(ctx), failed: make(chan error, 1)}
}

// start runs f until the stage is stopped. An error that f returns before ends the daemon.
func (s *stages) start(name string, f func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(s.parent)
	st := &stage{name: name, cancel: cancel, done: make(chan error, 1)}
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

// stop ends the stages in the order in which they were started, and says which failed or did not end in time.
func (s *stages) stop() error {
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
