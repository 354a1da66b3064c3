package netwatch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/fsnotify/fsnotify"
	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/logs"
)

// org.freedesktop.login1(5). elogind has the same names.
const (
	loginName    = "org.freedesktop.login1"
	loginPath    = dbus.ObjectPath("/org/freedesktop/login1")
	loginManager = "org.freedesktop.login1.Manager"
	busName      = "org.freedesktop.DBus"
)

const (
	busPatience = 10 * time.Second // for one call to the bus or to logind
	// retryMost is the longest time without a look for a bus that was there and went.
	retryMost = 5 * time.Minute
	// firstLook is when it is looked again for a bus that was never there: a machine without one (a container) is not
	// woken for it, and one whose bus comes late is seen to sleep only afterwards until then.
	firstLook = 30 * time.Minute
)

// watchSleep tells what logind says until ctx ends. It waits for the bus and for logind, and starts neither.
func watchSleep(ctx context.Context, address string, log *zap.Logger, tell func(asleep bool)) error {
	l := &logind{
		address: address, log: log, tell: tell,
		missing: logs.NewCondition(log), refused: logs.NewCondition(log),
		retry: backoff.NewExponentialBackOff(),
	}
	l.retry.MaxInterval = retryMost
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		err := l.connected(ctx)
		if ctx.Err() != nil {
			return nil
		}
		l.missing.Holds("no system bus: a sleep of this machine is seen only afterwards", zap.Error(err))
		if !l.seen {
			l.untilItComes(ctx)
			timer.Reset(0)
			continue
		}
		timer.Reset(l.retry.NextBackOff())
	}
}

// untilItComes waits for the socket of a bus that was never there, or at most firstLook.
func (l *logind) untilItComes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	socket := socketOf(l.address)
	w, err := fsnotify.NewWatcher()
	if err != nil {
		<-ctx.Done()
		return
	}
	defer w.Close() //nolint:errcheck // a watch that is not needed any more
	for ctx.Err() == nil {
		if err := w.Add(nearest(socket)); err != nil {
			<-ctx.Done()
			return
		}
		if _, err := os.Stat(socket); err == nil {
			return
		}
		select {
		case <-w.Events:
		case err := <-w.Errors:
			l.log.Debug("the watch for the system bus failed", zap.Error(err))
		case <-ctx.Done():
		}
	}
}

// socketOf is the file of a bus's address, that of the machine's bus for "".
func socketOf(address string) string {
	for _, part := range strings.FieldsFunc(address, func(r rune) bool { return r == ':' || r == ',' || r == ';' }) {
		if path, ok := strings.CutPrefix(part, "path="); ok {
			return path
		}
	}
	return "/run/dbus/system_bus_socket"
}

// nearest is the folder of a file, or the first one above it that exists.
func nearest(file string) string {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

// logind is one goroutine's view of the login manager.
type logind struct {
	address          string
	log              *zap.Logger
	tell             func(asleep bool)
	missing, refused *logs.Condition
	retry            *backoff.ExponentialBackOff
	seen             bool // a bus was there

	conn  *dbus.Conn
	owner string   // the unique name of logind, "" while it is not there
	delay *os.File // makes the system wait before it sleeps; nil while nothing does
}

var errBusClosed = errors.New("the system bus closed the connection")

// connected talks to the bus until the connection or ctx ends.
func (l *logind) connected(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The first words of a connection know no deadline; a frozen bus would hold them for ever.
	late := time.AfterFunc(busPatience, cancel)
	defer late.Stop()
	opts := []dbus.ConnOption{dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())}
	if l.address == "" {
		l.conn, err = dbus.ConnectSystemBus(opts...)
	} else {
		l.conn, err = dbus.Connect(l.address, opts...)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer l.conn.Close() //nolint:errcheck // it may be closed already
	defer l.release()

	signals := make(chan *dbus.Signal, 8) // the handler queues what does not fit
	l.conn.Signal(signals)
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	if !late.Stop() {
		return errBusClosed
	}
	l.seen = true
	l.missing.Ends("the system bus is there")
	l.retry.Reset()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			if !ok {
				return errBusClosed
			}
			l.signal(ctx, s)
		}
	}
}

// subscribe asks for the signals first and for the owner after, so that none is missed in between.
func (l *logind) subscribe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	err := l.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(loginName), dbus.WithMatchObjectPath(loginPath),
		dbus.WithMatchInterface(loginManager), dbus.WithMatchMember("PrepareForSleep"))
	if err == nil {
		err = l.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(busName), dbus.WithMatchInterface(busName),
			dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, loginName))
	}
	if err != nil {
		return fmt.Errorf("ask for signals: %w", err)
	}
	l.owner = ""
	err = l.conn.BusObject().CallWithContext(ctx, busName+".GetNameOwner", 0, loginName).Store(&l.owner)
	if _, says := errors.AsType[dbus.Error](err); err != nil && !says { // an error of the bus says that nobody owns it
		return fmt.Errorf("look for logind: %w", err)
	}
	l.inhibit(ctx)
	return nil
}

// signal believes only the bus and logind: anyone on the bus can address a signal to us.
func (l *logind) signal(ctx context.Context, s *dbus.Signal) {
	switch {
	case s.Sender == busName && s.Name == busName+".NameOwnerChanged":
		var name, old, owner string
		if dbus.Store(s.Body, &name, &old, &owner) != nil || name != loginName {
			return
		}
		l.owner = owner
		l.inhibit(ctx)
	case s.Sender == l.owner && l.owner != "" && s.Name == loginManager+".PrepareForSleep":
		var begins bool
		if dbus.Store(s.Body, &begins) != nil {
			return
		}
		if begins {
			l.tell(true)
			l.release() // the system sleeps now
			return
		}
		l.inhibit(ctx)
		l.tell(false)
	}
}

// inhibit makes the next sleep wait for us. Without it the sleep is still told, maybe too late.
func (l *logind) inhibit(ctx context.Context) {
	l.release()
	if l.owner == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	var fd dbus.UnixFD
	err := l.conn.Object(loginName, loginPath).CallWithContext(ctx, loginManager+".Inhibit", dbus.FlagNoAutoStart,
		"sleep", about.Name, "Tell Simkl that the film is paused", "delay").Store(&fd)
	if err != nil {
		l.refused.Holds("the machine may sleep before the pause is sent", zap.Error(err))
		return
	}
	unix.CloseOnExec(int(fd))
	l.delay = os.NewFile(uintptr(fd), "inhibitor") //nolint:gosec // a descriptor is not negative
	l.refused.Ends("the machine waits with its sleep until the pause is sent")
}

func (l *logind) release() {
	if l.delay == nil {
		return
	}
	if err := l.delay.Close(); err != nil {
		l.log.Debug("the inhibitor could not be closed", zap.Error(err))
	}
	l.delay = nil
}
