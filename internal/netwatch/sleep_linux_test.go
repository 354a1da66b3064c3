package netwatch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/netwatch"
)

// patience is how long a test waits for something that is to happen.
const patience = 20 * time.Second

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

// bus is a system bus of the test's own. It can be stopped and started again at its address.
type bus struct {
	t       *testing.T
	folder  string
	address string
	daemon  *exec.Cmd
}

func newBus(t *testing.T) *bus {
	t.Helper()
	folder, err := os.MkdirTemp("", "nw") //nolint:usetesting // short: the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	b := &bus{t: t, folder: folder, address: "unix:path=" + filepath.Join(folder, "bus")}
	if err := os.WriteFile(filepath.Join(folder, "conf"), fmt.Appendf(nil, busConfig, b.address), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start()
	t.Cleanup(func() {
		b.stop()
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bus) start() {
	b.t.Helper()
	b.daemon = b.child("dbus-daemon", "--nofork", "--nopidfile", "--config-file="+filepath.Join(b.folder, "conf"))
	b.dial()
}

func (b *bus) stop() {
	if b.daemon != nil {
		end(b.t, b.daemon)
	}
	b.daemon = nil
}

// child starts a process; the caller ends it.
func (b *bus) child(name string, args ...string) *exec.Cmd {
	b.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.t.Context()), name, args...)
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+b.address, "LANG=C.UTF-8")
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	return cmd
}

func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	var killed *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &killed) {
		t.Error(err)
	}
}

// dial gives a connection that ends with the test.
func (b *bus) dial() *dbus.Conn {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		conn, err := dbus.Connect(b.address)
		if err == nil {
			b.t.Cleanup(func() { _ = conn.Close() }) // its bus may be gone
			return conn
		}
		if time.Now().After(deadline) {
			b.t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// login is dbusmock's logind: its inhibitors are real descriptors, and it lists those that are held.
type login struct {
	t    *testing.T
	conn *dbus.Conn
	obj  dbus.BusObject
	mock *exec.Cmd
}

// login starts a logind and returns when it has its name.
func (b *bus) login() *login {
	b.t.Helper()
	l := &login{t: b.t, conn: b.dial()}
	l.mock = b.child("/usr/bin/python3", "-m", "dbusmock", "--system", "--template", "logind")
	l.obj = l.conn.Object("org.freedesktop.login1", "/org/freedesktop/login1")
	until(b.t, "logind answers", func() bool {
		var held [][]any
		return l.obj.Call("org.freedesktop.login1.Manager.ListInhibitors", dbus.FlagNoAutoStart).Store(&held) == nil
	})
	return l
}

// held lists the inhibitors: what, who, why, mode.
func (l *login) held() (list [][]any) {
	l.t.Helper()
	if err := l.obj.Call("org.freedesktop.login1.Manager.ListInhibitors", 0).Store(&list); err != nil {
		l.t.Fatal(err)
	}
	return list
}

func (l *login) prepareForSleep(begins bool) {
	l.t.Helper()
	err := l.obj.Call("org.freedesktop.DBus.Mock.EmitSignal", 0, "org.freedesktop.login1.Manager", "PrepareForSleep", "b",
		[]dbus.Variant{dbus.MakeVariant(begins)}).Err
	if err != nil {
		l.t.Fatal(err)
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// watchBus runs a watcher that hears only of sleep. Each event waits for the test to take it.
func watchBus(t *testing.T, address string) <-chan netwatch.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	events, ended := make(chan netwatch.Event), make(chan error, 1)
	w := netwatch.New(netwatch.Config{BusAddress: address})
	w.SetNetwork(func(context.Context, func(bool)) error { return nil })
	go func() { // ends with ctx
		ended <- w.Run(ctx, func(ctx context.Context, e netwatch.Event) {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the watcher does not end")
		}
	})
	return events
}

func expect(t *testing.T, events <-chan netwatch.Event, want netwatch.Event) {
	t.Helper()
	select {
	case got := <-events:
		if got != want {
			t.Fatalf("told %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("%q was not told", want)
	}
}

func TestMachineSleepsOnlyAfterTheHandlerReturned(t *testing.T) {
	t.Parallel()
	b := newBus(t)
	l := b.login()
	defer end(t, l.mock)
	events := watchBus(t, b.address)
	until(t, "an inhibitor is held", func() bool { return len(l.held()) == 1 })
	if got := fmt.Sprint(l.held()[0][:4]); got != "[sleep simkld Tell Simkl that the film is paused delay]" {
		t.Errorf("the inhibitor is %v", got)
	}
	for range 3 {
		l.prepareForSleep(true)
		time.Sleep(100 * time.Millisecond) // the handler works: the event is not taken yet
		if len(l.held()) != 1 {
			t.Fatal("the machine may sleep while the handler works")
		}
		expect(t, events, netwatch.GoingToSleep)
		until(t, "the inhibitor is released", func() bool { return len(l.held()) == 0 })
		l.prepareForSleep(false)
		expect(t, events, netwatch.WokeUp)
		until(t, "an inhibitor is held for the next sleep", func() bool { return len(l.held()) == 1 })
	}
}

func TestBusAndLoginManagerMayComeAndGo(t *testing.T) {
	t.Parallel()
	b := newBus(t)
	b.stop()
	events := watchBus(t, b.address) // before the bus is there
	time.Sleep(50 * time.Millisecond)
	for range 2 {
		b.start()
		l := b.login() // after the watcher connected, or before: both happen
		until(t, "an inhibitor is held", func() bool { return len(l.held()) == 1 })
		l.prepareForSleep(true)
		expect(t, events, netwatch.GoingToSleep)
		l.prepareForSleep(false)
		expect(t, events, netwatch.WokeUp)
		end(t, l.mock)
		again := b.login()
		until(t, "an inhibitor of the new logind is held", func() bool { return len(again.held()) == 1 })
		end(t, again.mock)
		b.stop()
	}
}

func TestStrangerOnTheBusCannotMakeUsPause(t *testing.T) {
	t.Parallel()
	b := newBus(t)
	l := b.login()
	defer end(t, l.mock)
	events := watchBus(t, b.address)
	until(t, "an inhibitor is held", func() bool { return len(l.held()) == 1 })
	stranger := b.dial()
	var names []string
	if err := stranger.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		t.Fatal(err)
	}
	for _, name := range names { // a signal may be addressed to one connection, whatever it asked for
		if name[0] != ':' || name == stranger.Names()[0] {
			continue
		}
		err := send(stranger, name, true)
		if err != nil {
			t.Fatal(err)
		}
	}
	var id string // the bus has passed on what came before its answer
	if err := stranger.BusObject().Call("org.freedesktop.DBus.GetId", 0).Store(&id); err != nil {
		t.Fatal(err)
	}
	l.prepareForSleep(true)
	expect(t, events, netwatch.GoingToSleep) // once: what follows is the end
	l.prepareForSleep(false)
	expect(t, events, netwatch.WokeUp)
}

// send addresses a PrepareForSleep to one connection.
func send(conn *dbus.Conn, to string, begins bool) error {
	m := &dbus.Message{Type: dbus.TypeSignal, Flags: dbus.FlagNoReplyExpected, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath:        dbus.MakeVariant(dbus.ObjectPath("/org/freedesktop/login1")),
		dbus.FieldInterface:   dbus.MakeVariant("org.freedesktop.login1.Manager"),
		dbus.FieldMember:      dbus.MakeVariant("PrepareForSleep"),
		dbus.FieldDestination: dbus.MakeVariant(to),
		dbus.FieldSignature:   dbus.MakeVariant(dbus.SignatureOf(begins)),
	}, Body: []any{begins}}
	if call := conn.Send(m, nil); call != nil && call.Err != nil {
		return call.Err
	}
	return nil
}

func TestFrozenBusHoldsNoEnd(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "nw") //nolint:usetesting // as above
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	var cfg net.ListenConfig
	door, err := cfg.Listen(t.Context(), "unix", filepath.Join(folder, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	var conn net.Conn
	t.Cleanup(func() { _ = conn.Close() }) // after the watcher ended
	watchBus(t, "unix:path="+filepath.Join(folder, "bus"))
	if conn, err = door.Accept(); err != nil { // and never a word
		t.Fatal(err)
	}
}
