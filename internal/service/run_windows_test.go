package service_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/windows/svc"

	"github.com/simkld/simkld/internal/service"
)

// serve lets Windows, played by the test, speak to the daemon until it ends: the states it showed, and its end.
func serve(t *testing.T, start func(context.Context) error, requests <-chan svc.ChangeRequest) (states []svc.State, failed bool) {
	t.Helper()
	h, err := service.NewHandler(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	changes, done := make(chan svc.Status, 20), make(chan struct{})
	go func() { // ends with the daemon
		defer close(done)
		_, code := h.Execute(nil, requests, changes)
		failed = code != 0
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the service does not end")
	}
	close(changes)
	for c := range changes {
		states = append(states, c.State)
	}
	return states, failed
}

var wholeLife = []svc.State{svc.StartPending, svc.Running, svc.StopPending}

func TestWindowsStopsTheService(t *testing.T) {
	requests := make(chan svc.ChangeRequest, 1)
	ended := false
	states, failed := serve(t, func(ctx context.Context) error {
		requests <- svc.ChangeRequest{Cmd: svc.Stop}
		<-ctx.Done()
		ended = true
		return nil
	}, requests)
	if !ended || failed || !slices.Equal(states, wholeLife) {
		t.Errorf("ended %v, failed %v, states %v", ended, failed, states)
	}
}

func TestServiceThatEndsByItselfIsNotShownAsRunning(t *testing.T) {
	states, failed := serve(t, func(context.Context) error { return errors.New("no state folder") }, nil)
	if !failed || !slices.Equal(states, wholeLife) {
		t.Errorf("failed %v, states %v", failed, states)
	}
}
