package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that is to happen.
const patience = 20 * time.Second

func TestEndOfTheContextEndsTheDaemonAndIsWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan struct{})
	go func() { // ends with the daemon
		<-running
		cancel()
	}()
	lastWords := false
	err := service.RunUnder(ctx, false, func(ctx context.Context) error {
		close(running)
		<-ctx.Done()
		time.Sleep(50 * time.Millisecond) // the last position is written
		lastWords = true
		return nil
	})
	if err != nil || !lastWords {
		t.Errorf("%v, last words said: %v", err, lastWords)
	}
}

func TestDaemonThatEndsByItselfEndsTheRunWithItsError(t *testing.T) {
	want := errors.New("the state folder cannot be used")
	if err := service.RunUnder(t.Context(), false, func(context.Context) error { return want }); !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
	if err := service.RunUnder(t.Context(), false, func(context.Context) error { return nil }); err != nil {
		t.Errorf("%v", err)
	}
}
