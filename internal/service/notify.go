// Package service is the life of the daemon under a service manager: systemd, launchd, the services of Windows, or a
// terminal.
//
// It promises one way to the end, whoever asks for it, and that without a manager that listens nothing is said and
// nothing is woken up. It must not know what the daemon does: that is handed in as functions.
package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/clock"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/media"
)

// Notify tells systemd how the daemon is (sd_notify(3)). Where NOTIFY_SOCKET is not set its methods do nothing. It may
// be used by many goroutines; what cannot be told is logged, and stops nothing.
type Notify struct {
	deaf *logs.Condition // nobody takes what is said
	ill  *logs.Condition // the daemon does not answer

	mu     sync.Mutex // guards status
	status string     // what was said last
}

// NewNotify gives a Notify that has said nothing. A nil log logs nothing.
func NewNotify(log *zap.Logger) *Notify {
	if log == nil {
		log = zap.NewNop()
	}
	return &Notify{deaf: logs.NewCondition(log), ill: logs.NewCondition(log)}
}

// Ready says that the daemon does its work: at the start, and after each Reloading, whatever became of that.
func (n *Notify) Ready() { n.send(daemon.SdNotifyReady) }

// Reloading says that the settings are being read again. systemd waits for Ready.
func (n *Notify) Reloading() {
	// Type=notify-reload wants to know that this is newer than its signal (systemd.service(5)).
	n.send(fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, clock.Now().Mono.Microseconds()))
}

// Stopping says that the end has begun.
func (n *Notify) Stopping() { n.send(daemon.SdNotifyStopping) }

// Status says in one line what the daemon does, for `systemctl status`. Foreign text is cleaned, and the same text is
// not said twice.
func (n *Notify) Status(text string) {
	text = media.Sanitize(text) // a new line would begin another assignment
	n.mu.Lock()
	news := n.status != text
	n.status = text
	n.mu.Unlock()
	if news {
		n.send("STATUS=" + text)
	}
}

// Watchdog tells systemd that the daemon lives, as often as WATCHDOG_USEC wants it, until ctx ends. Before each time it
// asks probe, which must prove that the part answers without which all others are useless, and must end with its
// context. While probe fails or hangs nothing is told, and systemd starts the daemon anew. Where no watchdog is wanted
// it returns at once, and probe is never called.
func (n *Notify) Watchdog(ctx context.Context, probe func(context.Context) error) error {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("read the watchdog's interval: %w", err)
	}
	if interval == 0 {
		return nil
	}
	// Half and a third: a slow answer still comes within the interval (sd_watchdog_enabled(3) wants half).
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	for {
		err := within(ctx, interval/3, probe)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			n.ill.Ends("the daemon answers the watchdog again")
			n.send(daemon.SdNotifyWatchdog)
		} else {
			n.ill.Holds("the daemon does not answer: systemd will start it anew", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

var errSlow = errors.New("no answer in time")

// within gives f its time. An answer that comes later is none.
func within(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errSlow)
	defer cancel()
	if err := f(ctx); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return context.Cause(ctx)
}

func (n *Notify) send(state string) {
	heard, err := daemon.SdNotify(false, state)
	if err != nil {
		n.deaf.Holds("systemd does not take what it is told", zap.Error(err))
		return
	}
	if heard {
		n.deaf.Ends("systemd takes what it is told again")
	}
}
