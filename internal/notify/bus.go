//go:build unix && !darwin

package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/about"
)

const (
	busName   = "org.freedesktop.Notifications"
	busPath   = "/org/freedesktop/Notifications"
	answersIn = 2 * time.Second
)

// Bus speaks to the desktop's notification daemon (Desktop Notifications Specification 1.2). It is connected when the
// first notice is shown, and again after the bus was lost.
type Bus struct {
	getenv  func(string) string
	signals chan Signal
	conn    *dbus.Conn
	ended   chan struct{} // closed when the signals of conn are over
	actions bool
}

var _ Desktop = (*Bus)(nil)

// NewDesktop gives this system's desktop.
func NewDesktop(getenv func(string) string) Desktop {
	return &Bus{getenv: getenv, signals: make(chan Signal, 16)} // a person presses one button at a time
}

var errNoBus = errors.New("there is no session bus")

// address is the session bus, "" for none. None is ever started.
func (b *Bus) address() string {
	if a := b.getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		if strings.HasPrefix(a, "autolaunch:") || strings.HasPrefix(a, "unixexec:") {
			return ""
		}
		return a
	}
	if dir := b.getenv("XDG_RUNTIME_DIR"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "bus")); err == nil {
			return "unix:path=" + dbus.EscapeBusAddressValue(filepath.Join(dir, "bus"))
		}
	}
	return ""
}

func (b *Bus) connect(ctx context.Context) error {
	if b.conn != nil && b.conn.Connected() {
		return nil
	}
	b.End()
	address := b.address()
	if address == "" {
		return errNoBus
	}
	conn, err := dial(ctx, address)
	if err != nil {
		return err
	}
	b.conn, b.ended = conn, make(chan struct{})
	heard := make(chan *dbus.Signal, 16) // godbus's own goroutine is not kept waiting
	conn.Signal(heard)
	go b.listen(heard, b.ended)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(busName), dbus.WithMatchObjectPath(busPath)); err != nil {
		return fmt.Errorf("listen to the notification daemon: %w", err)
	}
	var can []string
	if err := b.call(ctx, "GetCapabilities").Store(&can); err != nil {
		return fmt.Errorf("ask the notification daemon what it can: %w", err)
	}
	b.actions = slices.Contains(can, "actions")
	return nil
}

// dial connects within the time of an answer. The connection lives longer than ctx.
func dial(ctx context.Context, address string) (*dbus.Conn, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	late := time.AfterFunc(answersIn, cancel)
	conn, err := dbus.Dial(address, dbus.WithContext(own), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err == nil {
		err = conn.Auth(nil)
		if err == nil {
			err = conn.Hello()
		}
		if err != nil {
			_ = conn.Close() // its other error says why
		}
	}
	// Neither may end a connection that is made.
	if inTime := late.Stop(); !stop() || !inTime || err != nil {
		cancel()
		if err == nil {
			err = context.DeadlineExceeded
		}
		return nil, fmt.Errorf("connect to the session bus: %w", err)
	}
	context.AfterFunc(conn.Context(), cancel) //nolint:contextcheck // it is made from own
	return conn, nil
}

// listen passes on what people do. It ends with the connection.
func (b *Bus) listen(heard <-chan *dbus.Signal, ended chan<- struct{}) {
	defer close(ended)
	for s := range heard {
		var sig Signal
		var text string
		switch s.Name {
		case busName + ".ActionInvoked":
			if dbus.Store(s.Body, &sig.ID, &text) != nil || text == "" {
				continue
			}
			sig.Key = text
		case busName + ".NotificationClosed":
			var reason uint32
			if dbus.Store(s.Body, &sig.ID, &reason) != nil {
				continue
			}
		default:
			continue
		}
		select {
		case b.signals <- sig:
		default: // nobody presses that fast
		}
	}
}

func (b *Bus) call(ctx context.Context, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(ctx, answersIn)
	defer cancel()
	return b.conn.Object(busName, busPath).CallWithContext(ctx, busName+"."+method, 0, args...)
}

// Show sends a notice to the daemon. One that does not answer is left alone until the next notice.
func (b *Bus) Show(ctx context.Context, replaces uint32, n Notice) (uint32, error) {
	if err := b.connect(ctx); err != nil {
		b.End()
		return 0, err
	}
	body := escape(n.Body)
	actions := []string{}
	if b.actions {
		actions = append(actions, ClickKey, "")
		for _, button := range n.Buttons {
			actions = append(actions, button.Key, button.Label)
		}
	}
	if (!b.actions || len(n.Buttons) == 0) && n.Command != "" {
		body += " " + escape(n.Command)
	}
	urgency := byte(1)
	if n.Quiet {
		urgency = 0
	}
	hints := map[string]dbus.Variant{
		"urgency": dbus.MakeVariant(urgency), "desktop-entry": dbus.MakeVariant(about.Name),
	}
	var id uint32
	err := b.call(ctx, "Notify", about.Name, replaces, about.Name, n.Title, body, actions, hints, int32(-1)).Store(&id)
	if err != nil {
		b.End()
		return 0, fmt.Errorf("show a notification: %w", err)
	}
	return id, nil
}

// escape makes text plain where the daemon knows markup.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// Close takes a notice away.
func (b *Bus) Close(ctx context.Context, id uint32) {
	if b.conn != nil && b.conn.Connected() {
		_ = b.call(ctx, "CloseNotification", id).Err // it may be gone already
	}
}

// Signals are what people do.
func (b *Bus) Signals() <-chan Signal { return b.signals }

// End closes the connection.
func (b *Bus) End() {
	if b.conn == nil {
		return
	}
	_ = b.conn.Close() // it may be closed already
	<-b.ended
	b.conn = nil
}
