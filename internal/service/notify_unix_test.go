//go:build unix

package service_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/simkld/simkld/internal/clock"
	"github.com/simkld/simkld/internal/service"
)

// manager is the end of NOTIFY_SOCKET where systemd listens.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

// newManager makes this process one that systemd started.
func newManager(t *testing.T) *manager {
	t.Helper()
	folder, err := os.MkdirTemp("", "sv") //nolint:usetesting // short: the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(folder, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), os.RemoveAll(folder)); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("NOTIFY_SOCKET", at)
	return &manager{t: t, conn: conn}
}

// hears gives the next thing that is said within a time, "" if nothing is.
func (m *manager) hears(within time.Duration) string {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		m.t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := m.conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b[:n])
}

// silent fails if anything was said: a datagram is there when its send returned.
func (m *manager) silent() {
	m.t.Helper()
	if got := m.hears(time.Millisecond); got != "" {
		m.t.Errorf("systemd hears %q", got)
	}
}

func TestSystemdHearsTheLifeOfTheDaemonInOrder(t *testing.T) {
	m := newManager(t)
	n := service.NewNotify(nil)
	m.silent() // not ready before it is
	n.Ready()
	n.Status("2 players, nothing waits")
	before := clock.Now().Mono.Microseconds()
	n.Reloading()
	after := clock.Now().Mono.Microseconds()
	n.Ready()
	n.Stopping()

	var got []string
	for range 5 {
		got = append(got, m.hears(patience))
	}
	var at int64
	if _, err := fmt.Sscanf(got[2], "RELOADING=1\nMONOTONIC_USEC=%d", &at); err != nil || at < before || at > after {
		t.Errorf("reloading is %q, want a time from %d to %d (%v)", got[2], before, after, err)
	}
	got[2] = "(reloading)"
	want := []string{"READY=1", "STATUS=2 players, nothing waits", "(reloading)", "READY=1", "STOPPING=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("systemd hears (-want +got):\n%s", diff)
	}
	m.silent()
}

func TestForeignTextInTheStatusIsNoAssignment(t *testing.T) {
	m := newManager(t)
	service.NewNotify(nil).Status("Heat\nSTOPPING=1\x1b[31m")
	if got := m.hears(patience); !strings.HasPrefix(got, "STATUS=Heat") || strings.ContainsAny(got, "\n\x1b") {
		t.Errorf("systemd hears %q", got)
	}
}

func TestSameStatusIsSaidOnce(t *testing.T) {
	m := newManager(t)
	n := service.NewNotify(nil)
	n.Status("playing")
	n.Status("playing")
	if got := m.hears(patience); got != "STATUS=playing" {
		t.Errorf("systemd hears %q", got)
	}
	m.silent()
}

func TestWithoutAManagerNothingIsSaidAndNothingRuns(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	core, log := observer.New(zap.DebugLevel)
	n := service.NewNotify(zap.New(core))
	n.Ready()
	n.Status("x")
	n.Reloading()
	n.Stopping()
	err := n.Watchdog(t.Context(), func(context.Context) error { t.Error("the daemon was asked"); return nil })
	if err != nil || log.Len() != 0 {
		t.Errorf("%v, logged %v", err, log.All())
	}
}

func TestManagerThatIsGoneIsLoggedOnceAndStopsNothing(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	core, log := observer.New(zap.InfoLevel)
	n := service.NewNotify(zap.New(core))
	n.Ready()
	n.Stopping()
	if log.Len() != 1 {
		t.Errorf("logged %v", log.All())
	}
}

// watchdog starts pings of a probe, with an interval of 300 ms.
func watchdog(t *testing.T, probe func(context.Context) error) *manager {
	t.Helper()
	m := newManager(t)
	t.Setenv("WATCHDOG_USEC", "300000")
	t.Setenv("WATCHDOG_PID", "")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.NewNotify(nil).Watchdog(ctx, probe) }() // ends with ctx
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the watchdog does not end")
		}
	})
	return m
}

func TestWatchdogHearsOfADaemonThatAnswers(t *testing.T) {
	m := watchdog(t, func(context.Context) error { return nil })
	began := time.Now()
	for range 5 {
		if got := m.hears(patience); got != "WATCHDOG=1" {
			t.Fatalf("systemd hears %q", got)
		}
	}
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("told 5 times in %v, want every 150 ms", took)
	}
}

func TestWatchdogHearsNothingWhileTheDaemonHangsAndIsToldWhenItAnswersAgain(t *testing.T) {
	hang := make(chan bool, 1)
	hang <- true
	m := watchdog(t, func(ctx context.Context) error {
		select {
		case <-hang:
			<-ctx.Done() // the first time
			hang <- true
			return nil // too late, and so no answer
		default:
			return nil
		}
	})
	if got := m.hears(time.Second); got != "" {
		t.Fatalf("of a daemon that hangs systemd hears %q", got)
	}
	select { // it answers again
	case <-hang:
	case <-time.After(patience):
		t.Fatal("the daemon is not asked")
	}
	if got := m.hears(patience); got != "WATCHDOG=1" {
		t.Errorf("systemd hears %q", got)
	}
}

func TestWatchdogHearsNothingOfADaemonThatFails(t *testing.T) {
	m := watchdog(t, func(context.Context) error { return errors.New("the disk takes nothing") })
	if got := m.hears(700 * time.Millisecond); got != "" {
		t.Errorf("systemd hears %q", got)
	}
}

func TestWatchdogOfAnotherProcessIsNotOurs(t *testing.T) {
	m := newManager(t)
	t.Setenv("WATCHDOG_USEC", "300000")
	t.Setenv("WATCHDOG_PID", "1")
	if err := service.NewNotify(nil).Watchdog(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	m.silent()
}

func TestWatchdogIntervalThatIsNoNumberIsAnError(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "soon")
	if err := service.NewNotify(nil).Watchdog(t.Context(), nil); err == nil {
		t.Error("taken")
	}
}
