package mpris

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

const (
	playerPrefix = "org.mpris.MediaPlayer2."
	playerPath   = dbus.ObjectPath("/org/mpris/MediaPlayer2")
	playerIface  = "org.mpris.MediaPlayer2.Player"
	rootIface    = "org.mpris.MediaPlayer2"
	propsIface   = "org.freedesktop.DBus.Properties"
	busName      = "org.freedesktop.DBus"
)

// matches are all that the bus is to tell of. With them, 50 unrelated clients coming and going wake nobody up
// (players.md 4.1).
var matches = []string{
	"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0namespace='org.mpris.MediaPlayer2'",
	"type='signal',path='/org/mpris/MediaPlayer2',interface='org.freedesktop.DBus.Properties'," +
		"member='PropertiesChanged',arg0='org.mpris.MediaPlayer2.Player'",
	"type='signal',path='/org/mpris/MediaPlayer2',interface='org.mpris.MediaPlayer2.Player',member='Seeked'",
}

const (
	// busWithin is how long the bus itself may take to answer.
	busWithin = 5 * time.Second
	// maxPlayers bounds what somebody who owns ten thousand names can cost.
	maxPlayers = 100
)

// watch keeps the players of a bus. It is owned by the goroutine of Run; players run in goroutines of their own.
type watch struct {
	source *Source
	out    players.Sink
	round  int // connections so far
	conn   *dbus.Conn
	names  map[string]string // unique names by well-known ones
	peers  map[string]*peer  // by unique name
	twins  map[twin][]*peer  // views of one process, the first one leads (players.md 0, fact 7)
	orphan []*peer           // players whose bus went away
	full   bool              // that there are too many was said

	running sync.WaitGroup
}

// twin is what two views of one player have in common.
type twin struct {
	pid  int
	base string
}

func newWatch(s *Source, out players.Sink) *watch {
	return &watch{source: s, out: out}
}

// wait returns when all goroutines of players have ended, which they do with ctx.
func (w *watch) wait() { w.running.Wait() }

// serve watches the players of a connection until it or ctx ends.
func (w *watch) serve(ctx context.Context, conn *dbus.Conn) error {
	w.round++
	w.conn, w.names, w.peers, w.twins = conn, map[string]string{}, map[string]*peer{}, map[twin][]*peer{}
	w.full = false
	// The size spares goroutine switches in a burst; the handler keeps what does not fit, in order.
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	defer w.abandon()
	defer func() { _ = conn.Close() }() // there is nobody left to tell
	if err := w.subscribe(ctx); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case signal, ok := <-signals:
			if !ok {
				return errBusGone
			}
			w.signal(ctx, signal)
		}
	}
}

var errBusGone = errors.New("the bus went away")

// subscribe asks for signals first and then for what is there, so that nothing falls in between.
func (w *watch) subscribe(ctx context.Context) error {
	for _, match := range matches {
		if err := w.ask(ctx, "AddMatch", match).Err; err != nil {
			return fmt.Errorf("subscribe to signals: %w", err)
		}
	}
	var names []string
	if err := w.ask(ctx, "ListNames").Store(&names); err != nil {
		return fmt.Errorf("list the names on the bus: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, playerPrefix) || w.source.ignored(baseName(name)) {
			continue
		}
		var owner string
		if err := w.ask(ctx, "GetNameOwner", name).Store(&owner); err != nil {
			continue // it has just gone
		}
		w.appear(ctx, name, owner)
	}
	return nil
}

// ask asks the bus itself.
func (w *watch) ask(ctx context.Context, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(ctx, busWithin)
	defer cancel()
	return w.conn.BusObject().CallWithContext(ctx, busName+"."+method, 0, args...)
}

// signal deals with one signal. Its sender is a unique name that the bus vouches for (edge-cases.md M15).
func (w *watch) signal(ctx context.Context, s *dbus.Signal) {
	switch s.Name {
	case busName + ".NameOwnerChanged":
		var name, before, after string
		if s.Sender != busName || dbus.Store(s.Body, &name, &before, &after) != nil {
			return
		}
		if before != "" {
			w.vanish(name, before)
		}
		w.source.cfg.Came(baseName(name))
		if after != "" && strings.HasPrefix(name, playerPrefix) && !w.source.ignored(baseName(name)) {
			w.appear(ctx, name, after)
		}
	case propsIface + ".PropertiesChanged":
		if p := w.speaker(ctx, s.Sender); p != nil {
			p.box.put(w.changed(s))
		}
	case playerIface + ".Seeked":
		p := w.speaker(ctx, s.Sender)
		if p == nil || len(s.Body) == 0 {
			return
		}
		if to, ok := readPosition(dbus.MakeVariant(s.Body[0])); ok {
			p.box.put(report{seeked: &to, at: w.source.cfg.Now(), sequence: s.Sequence})
		}
	}
}

// changed reads PropertiesChanged.
func (w *watch) changed(s *dbus.Signal) report {
	var r report
	if len(s.Body) > 1 {
		if props, ok := s.Body[1].(map[string]dbus.Variant); ok {
			r = readProperties(props)
		}
	}
	r.position = nil // the specification keeps it out of signals; who sends it all the same sends it old
	if len(s.Body) > 2 {
		if gone, ok := s.Body[2].([]string); ok {
			r.stale = slices.ContainsFunc(gone, func(name string) bool {
				return name == "PlaybackStatus" || name == "Metadata" || name == "Rate"
			})
		}
	}
	r.at, r.sequence = w.source.cfg.Now(), s.Sequence
	return r
}

// speaker is the player behind a unique name, if it is to be heard. One that took over from a twin begins now that it
// has spoken anew.
func (w *watch) speaker(ctx context.Context, unique string) *peer {
	p := w.peers[unique]
	if p == nil || w.twins[p.twin] != nil && w.twins[p.twin][0] != p {
		return nil
	}
	w.start(ctx, p)
	return p
}

// appear takes a name that a player owns.
func (w *watch) appear(ctx context.Context, name, unique string) {
	if w.names[name] == unique {
		return
	}
	w.names[name] = unique
	if p := w.peers[unique]; p != nil {
		p.names++
		return
	}
	if len(w.peers) >= maxPlayers {
		if !w.full {
			w.full = true
			w.source.log.Warn("too many players on the bus: the others are not watched", zap.Int("watched", maxPlayers))
		}
		return
	}
	base := baseName(name)
	var pid uint32
	if err := w.ask(ctx, "GetConnectionUnixProcessID", unique).Store(&pid); err != nil {
		w.source.log.Debug("the player's process is unknown", zap.String("name", media.Sanitize(name)), zap.Error(err))
	}
	key := twin{pid: int(pid), base: base}
	if p := w.adopt(key, unique); p != nil {
		return
	}
	p := newPeer(w.source, w.out, base, w.instance(base, unique), key)
	p.link = link{conn: w.conn, unique: unique}
	w.enter(p, unique)
	if pid == 0 || w.twins[key][0] == p {
		w.start(ctx, p)
	}
}

// enter takes a player into the lists of the connection.
func (w *watch) enter(p *peer, unique string) {
	p.names = 1
	w.peers[unique] = p
	if p.twin.pid != 0 {
		w.twins[p.twin] = append(w.twins[p.twin], p)
	}
}

// instance names a player. Unique names begin anew on another bus.
func (w *watch) instance(base, unique string) string {
	name := media.Sanitize(base + " " + unique)
	if w.round > 1 {
		name += fmt.Sprintf(" (%d)", w.round)
	}
	return name
}

// adopt lets a player go on that was there before the bus went away: by its process, on whatever name.
func (w *watch) adopt(key twin, unique string) *peer {
	i := slices.IndexFunc(w.orphan, func(p *peer) bool { return key.pid != 0 && p.twin == key })
	if i < 0 {
		return nil
	}
	p := w.orphan[i]
	w.orphan = slices.Delete(w.orphan, i, i+1)
	if !p.box.fate(fate{link: &link{conn: w.conn, unique: unique}}) {
		return nil // it was given up a moment ago
	}
	w.enter(p, unique)
	return p
}

// start lets a player speak for itself; its goroutine ends when it is gone, or with ctx.
func (w *watch) start(ctx context.Context, p *peer) {
	if p.started {
		return
	}
	p.started = true
	w.running.Go(func() { p.run(ctx) })
}

// vanish takes a name that its owner gave up.
func (w *watch) vanish(name, unique string) {
	if w.names[name] != unique {
		return
	}
	delete(w.names, name)
	p := w.peers[unique]
	if p == nil {
		return
	}
	if p.names--; p.names > 0 {
		return
	}
	delete(w.peers, unique)
	if rest := slices.DeleteFunc(w.twins[p.twin], func(o *peer) bool { return o == p }); len(rest) > 0 {
		w.twins[p.twin] = rest
	} else {
		delete(w.twins, p.twin)
	}
	now := w.source.cfg.Now()
	p.box.fate(fate{gone: &now})
}

// abandon tells all players that the connection is over. They are kept for a while (edge-cases.md M22).
func (w *watch) abandon() {
	now := w.source.cfg.Now()
	w.orphan = slices.DeleteFunc(w.orphan, func(p *peer) bool { return p.box.over() })
	for _, p := range w.peers {
		if p.started && p.box.fate(fate{lost: &now}) {
			w.orphan = append(w.orphan, p)
		}
	}
}
