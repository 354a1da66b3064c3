package mpris

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
)

// dialWithin is how long a bus may take to let us in. It takes 1 ms.
const dialWithin = 5 * time.Second

// dialBus connects to a bus. The handler for signals is the sequential one: the default one lets a Paused overtake a
// Playing under load (edge-cases.md M23).
func dialBus(ctx context.Context, address string) (*dbus.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(dialWithin, cancel)
	conn, err := dbus.Dial(address, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		late.Stop()
		cancel()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	err = conn.Auth(nil)
	if err == nil {
		err = conn.Hello()
	}
	if err == nil && !late.Stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
		late.Stop()
		cancel()
		_ = conn.Close() // its other error says why
		return nil, fmt.Errorf("be let in by the bus: %w", err)
	}
	context.AfterFunc(conn.Context(), cancel) //nolint:contextcheck // it is made from ctx
	return conn, nil
}

// spot is where the bus is, or would be.
type spot struct {
	address string   // empty when there is none
	paths   []string // the sockets whose making is worth a new attempt
}

// socket is the path of the bus, if it has one.
func (s spot) socket() string {
	if s.address == "" || len(s.paths) == 0 {
		return ""
	}
	return s.paths[0]
}

// find looks for the bus (edge-cases.md M22). No bus is ever started: neither by dbus-launch nor by an address that
// runs a command.
func (s *Source) find() spot {
	if address := s.cfg.Address; address != "" && !starts(address) {
		return spot{address: address, paths: socketsOf(address)}
	}
	var named spot
	if address := s.cfg.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && !starts(address) {
		named = spot{address: address, paths: socketsOf(address)}
		if len(named.paths) == 0 || slices.ContainsFunc(named.paths, exists) {
			return named
		}
	}
	usual := s.usual()
	for _, path := range usual {
		if exists(path) {
			return spot{address: "unix:path=" + dbus.EscapeBusAddressValue(path), paths: []string{path}}
		}
	}
	return spot{paths: append(named.paths, usual...)}
}

// usual are the sockets of session buses that need no word about them.
func (s *Source) usual() []string {
	if dir := s.cfg.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return []string{filepath.Join(dir, "bus")}
	}
	if users := "/run/user"; exists(users) {
		return []string{filepath.Join(users, strconv.Itoa(os.Getuid()), "bus")}
	}
	return nil
}

// starts reports whether an address would start a bus.
func starts(address string) bool {
	return strings.HasPrefix(address, "autolaunch:") || strings.HasPrefix(address, "unixexec:")
}

// socketsOf are the paths in an address.
func socketsOf(address string) []string {
	var out []string
	for one := range strings.SplitSeq(address, ";") {
		rest, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(rest, ",") {
			value, ok := strings.CutPrefix(pair, "path=")
			if path, err := dbus.UnescapeBusAddressValue(value); ok && err == nil && filepath.IsAbs(path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// exists reports whether there is something at a path, also where another user keeps it from being seen.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// await returns when a socket of the spot is made, when a positive pause is over, or when ctx ends.
func (s *Source) await(ctx context.Context, at spot, pause time.Duration) {
	made, stop := s.watchFor(at.paths)
	defer stop()
	if made == nil && pause <= 0 {
		pause = lastRetry // nobody will tell
	}
	var over <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		over = timer.C
	}
	if s.Trouble().Kind == NoBus && slices.ContainsFunc(at.paths, exists) {
		return // it came before the watch stood
	}
	wanted := map[string]bool{}
	for _, path := range at.paths {
		wanted[path] = true
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case e, ok := <-made:
			if !ok {
				return
			}
			if e.Has(fsnotify.Create) && leads(e.Name, wanted) {
				return
			}
		}
	}
}

// leads reports whether a path is one of the wanted ones or a folder on the way to it.
func leads(path string, wanted map[string]bool) bool {
	for w := range wanted {
		if w == path || strings.HasPrefix(w, path+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// watchFor watches the folders in which the paths, or what is missing on the way to them, would appear. It gives no
// channel where nothing can be watched.
func (s *Source) watchFor(paths []string) (<-chan fsnotify.Event, func()) {
	if len(paths) == 0 {
		return nil, func() {}
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		s.log.Debug("the system gives no watch on folders", zap.Error(err))
		return nil, func() {}
	}
	added := 0
	for _, path := range paths {
		folder := filepath.Dir(path)
		for !exists(folder) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
		}
		if err := watcher.Add(folder); err != nil {
			s.log.Debug("watch for the bus", zap.String("folder", media.Sanitize(folder)), zap.Error(err))
			continue
		}
		added++
	}
	stop := func() { _ = watcher.Close() } // it never fails
	if added == 0 {
		stop()
		return nil, func() {}
	}
	return watcher.Events, stop
}
