package app

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/vlc"
)

// HasBus is true where desktops have a session bus.
const HasBus = runtime.GOOS != "windows" && runtime.GOOS != "darwin"

// watched are the sources that run; nil for those that are off.
type watched struct {
	mpv   *mpv.Source
	mpris *mpris.Source
	vlc   *vlc.Source
}

// kind is one way of seeing players: what of the settings it depends on, and how its source is made.
type kind struct {
	name     string
	settings func(c config.Players) any
	// make gives the goroutines to run and notes the source in w; none where the settings switch it off.
	make func(d *Daemon, c config.Players, w *watched) []func(ctx context.Context, out players.Sink) error
}

var kinds = []kind{
	{"mpv", func(c config.Players) any { return []any{c.MPV.Enabled, c.MPV.Sockets} }, (*Daemon).makeMPV},
	{"mpris", func(c config.Players) any { return c.MPRIS }, (*Daemon).makeMPRIS},
	{"vlc", func(c config.Players) any { return c.VLC }, (*Daemon).makeVLC},
}

// running is a source that runs, with the settings it was made by.
type running struct {
	settings any
	seen     *seen
	cancel   context.CancelFunc
	ended    sync.WaitGroup
}

// stop ends a source. Its players are gone as far as anybody is told.
func (r *running) stop(out players.Sink) {
	r.cancel()
	r.ended.Wait()
	r.seen.goneAll(out)
}

// watchPlayers runs the sources, which report to out, and each anew when its settings change, until ctx ends.
func (d *Daemon) watchPlayers(ctx context.Context, out players.Sink) error {
	sources := make([]*running, len(kinds))
	failed := make(chan error, 1) // the first failure ends the daemon
	defer func() {
		for _, r := range sources {
			r.cancel()
		}
		for _, r := range sources {
			r.ended.Wait()
		}
	}()
	for {
		c := d.config().Players
		for i, k := range kinds {
			settings := k.settings(c)
			if r := sources[i]; r != nil && reflect.DeepEqual(r.settings, settings) {
				continue
			} else if r != nil {
				r.stop(out)
			}
			sources[i] = d.startSource(ctx, out, k, c, settings, failed)
		}
		poke(d.vlcComes)
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-d.reloaded:
		}
	}
}

func (d *Daemon) startSource(ctx context.Context, out players.Sink, k kind, c config.Players, settings any, failed chan<- error) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{settings: settings, seen: newSeen(out, d.now), cancel: cancel}
	w := *d.watched.Load()
	goroutines := k.make(d, c, &w)
	d.watched.Store(&w)
	for _, f := range goroutines {
		r.ended.Go(func() { // ends with ctx, or with an error that ends the daemon
			if err := f(ctx, r.seen); err != nil && ctx.Err() == nil {
				select {
				case failed <- fmt.Errorf("%s: %w", k.name, err):
				default: // an earlier failure ends the daemon already
				}
			}
		})
	}
	return r
}

// seen hands events on and knows which players have not gone.
type seen struct {
	out  players.Sink
	now  func() media.Moment
	mu   sync.Mutex // guards last
	last map[string]players.Event
}

func newSeen(out players.Sink, now func() media.Moment) *seen {
	return &seen{out: out, now: now, last: map[string]players.Event{}}
}

// Put is players.Sink.
func (s *seen) Put(e players.Event) {
	s.mu.Lock()
	if e.State == players.Stopped && (e.End == players.EndGone || e.End == players.EndSilent) {
		delete(s.last, e.Instance)
	} else {
		s.last[e.Instance] = e
	}
	s.mu.Unlock()
	s.out.Put(e)
}

// goneAll tells that all players are gone.
func (s *seen) goneAll(out players.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.last {
		e.State, e.End, e.Known, e.Jumped, e.At = players.Stopped, players.EndGone, false, false, s.now()
		out.Put(e)
	}
	clear(s.last)
}

func (d *Daemon) makeMPV(c config.Players, w *watched) []func(context.Context, players.Sink) error {
	if w.mpv = nil; !c.MPV.Enabled {
		return nil
	}
	source := d.mpv(c.MPV.Sockets)
	w.mpv = source
	run := []func(context.Context, players.Sink) error{source.Run}
	if d.runner != nil { // else players are only watched
		run = append(run, func(ctx context.Context, _ players.Sink) error { return d.listenToKeys(ctx, source) })
	}
	return run
}

func (d *Daemon) makeMPRIS(c config.Players, w *watched) []func(context.Context, players.Sink) error {
	if w.mpris = nil; !c.MPRIS.Enabled || !HasBus {
		return nil
	}
	w.mpris = mpris.New(mpris.Config{
		Address: c.MPRIS.Address, Allow: c.MPRIS.Allow, Deny: c.MPRIS.Deny, Now: d.now, Log: d.log.Named("mpris"),
		Getenv: d.opt.Getenv, Changed: d.show,
		Came: func(base string) {
			if base == "" || base == "vlc" {
				poke(d.vlcComes)
			}
		},
		AllowURL: func(url string) bool {
			return len(d.config().Matcher.Include) > 0 && d.places().Included(url)
		},
	})
	return []func(context.Context, players.Sink) error{w.mpris.Run}
}

func (d *Daemon) makeVLC(_ config.Players, w *watched) []func(context.Context, players.Sink) error {
	w.vlc = vlc.New(vlc.Config{
		Instances: d.vlcs(), Find: d.foundVLCs, Wake: d.vlcComes, OnBus: d.onBus, Changed: d.show,
		Now: d.now, Log: d.log.Named("vlc"),
	})
	return []func(context.Context, players.Sink) error{w.vlc.Run}
}

// onBus reports whether players are seen over a bus now.
func (d *Daemon) onBus() bool {
	bus := d.watched.Load().mpris
	return bus != nil && bus.OnBus()
}

// poke wakes whoever waits on a channel of size 1.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

func (d *Daemon) mpv(sockets []string) *mpv.Source {
	around := mpv.Surroundings{
		Runtime: d.opt.Getenv("XDG_RUNTIME_DIR"), Home: d.opt.Paths.Home, Config: d.opt.Getenv("XDG_CONFIG_HOME"),
	}
	if folder := around.Folder(); folder != "" {
		// A folder that is there is watched alone; else it would be its busy parent.
		if err := paths.PrivateDir(folder); err != nil {
			d.log.Debug("the folder for mpv's sockets could not be made", zap.Error(err))
		}
	}
	return mpv.New(mpv.Config{Sockets: slices.Concat(mpv.DefaultSockets(around), sockets), Now: d.now, Log: d.log.Named("mpv")})
}

// vlcs are the HTTP interfaces that the settings name.
func (d *Daemon) vlcs() []vlc.Instance {
	var list []vlc.Instance
	for _, v := range d.config().Players.VLC {
		password, err := VLCPassword(v)
		if err != nil {
			d.log.Warn("the password of a VLC cannot be read: check players.vlc.password_file", zap.Error(err))
			continue
		}
		d.log.Redactor.Add(password)
		list = append(list, vlc.Instance{URL: v.URL, Password: password})
	}
	return list
}

// VLCPassword is the password of an interface, from the settings or from the file that they name.
func VLCPassword(v config.VLC) (string, error) {
	if v.PasswordFile == "" {
		return v.Password.Reveal(), nil
	}
	text, err := os.ReadFile(v.PasswordFile)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// foundVLCs are the interfaces of vlcrc where the settings name none. They are asked where VLC cannot be seen over the
// bus, which needs neither a password nor a question every second.
func (d *Daemon) foundVLCs() []vlc.Instance {
	if len(d.config().Players.VLC) > 0 || d.onBus() {
		return nil
	}
	found := vlc.Instances(vlc.Discover(vlc.Surroundings{Home: d.opt.Paths.Home, Config: d.opt.Getenv("XDG_CONFIG_HOME")}))
	for _, in := range found {
		d.log.Redactor.Add(in.Password)
	}
	return found
}
