package demo

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/sandbox"
)

const (
	clientID = "demo"
	user     = "demo"
)

// world is everything that runs: a folder, a Simkl, the daemon and a player.
type world struct {
	plan   plan
	dir    string
	simkl  *sandbox.Server
	addr   string
	player *player
	line   *timeline

	running sync.WaitGroup // the daemon and who follows it
	daemon  chan error     // size 1: how the daemon ended

	offline func() error // takes the Simkl away; nil while it is away
}

func newWorld(ctx context.Context, p plan) (*world, error) {
	w := &world{plan: p, daemon: make(chan error, 1)}
	var err error
	if w.dir, err = os.MkdirTemp("", "simkld-demo-"); err != nil {
		return nil, fault.Wrap(fault.Failed, err, "there is no room for a temporary folder", "check the disk, or set TMPDIR")
	}
	if err := w.furnish(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// furnish makes the folders, the films and the Simkl.
func (w *world) furnish(ctx context.Context) error {
	var err error
	// A link on the way (macOS) would make the player's paths differ from ours.
	if dir, err := filepath.EvalSymlinks(w.dir); err == nil {
		w.dir = dir
	}
	for _, sub := range []string{"run", "films"} {
		if err := os.Mkdir(filepath.Join(w.dir, sub), 0o700); err != nil {
			return err
		}
	}
	for _, f := range w.plan.films {
		if err := os.WriteFile(w.path(f), w.plan.clip, 0o600); err != nil {
			return err
		}
	}
	if w.simkl, err = sandbox.New(sandbox.Options{}); err != nil {
		return err
	}
	if w.plan.prepare != nil {
		w.plan.prepare(w.simkl)
	}
	w.addr = "127.0.0.1:0"
	return w.goOnline(ctx)
}

func (w *world) path(f film) string { return filepath.Join(w.dir, "films", f.file) }

// goOnline opens the Simkl, at the same address each time.
func (w *world) goOnline(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", w.addr)
	if err != nil {
		return fault.Wrap(fault.Failed, err, "cannot listen on "+w.addr, "try again")
	}
	w.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	down := make(chan error, 1)
	go func() { down <- w.simkl.Serve(ctx, l) }() // ends with ctx, which goOffline and close end
	w.offline = func() error {
		cancel()
		return <-down
	}
	return nil
}

// goOffline takes the Simkl away: connections are refused from here on.
func (w *world) goOffline() error {
	if w.offline == nil {
		return nil
	}
	defer func() { w.offline = nil }()
	return w.offline()
}

// start runs the daemon, as `run` does with another configuration, then the player.
func (w *world) start(ctx context.Context, lookPath func(string) (string, error)) error {
	env := map[string]string{
		"HOME": w.dir, "USERPROFILE": w.dir, "XDG_RUNTIME_DIR": filepath.Join(w.dir, "run"),
		"SIMKLD_TOKEN": w.simkl.LinkToken(clientID, user),
	}
	getenv := func(name string) string { return env[name] }
	p, err := paths.Resolve(paths.Options{StateDir: filepath.Join(w.dir, "state"), Getenv: getenv})
	if err != nil {
		return err
	}
	p.Limits = filepath.Join(w.dir, "limits")
	p.Config = "" // the settings are those of this file alone
	log, err := logs.New(logs.Options{Out: io.Discard, Form: logs.JSON, Level: "error"})
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	w.running.Go(func() { // ends with ctx
		w.daemon <- app.Run(ctx, app.Options{
			Paths: p, Loaded: config.Loaded{Config: w.settings()}, Log: log, Getenv: getenv,
			Ready: func() { close(ready) },
			HTTP:  &listener{next: http1(), heard: w.line.called},
		})
	})
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ready:
	case err := <-w.daemon:
		w.daemon <- nil // it is told here
		return errors.Join(err, ctx.Err())
	case <-timer.C:
		return fault.New(fault.Failed, "the daemon did not start in time", "try again when this machine is less busy")
	}
	w.running.Go(func() { // ends with ctx, or with the daemon
		client := api.NewClient(api.DialAny([]string{p.Socket}))
		defer client.Close()
		w.line.gone(client.Follow(ctx, func(st api.Status) error {
			w.line.status(st)
			return nil
		}))
	})
	w.player, err = startPlayer(ctx, w.socket(), w.plan, lookPath)
	return err
}

// socket is where the player is reached.
func (w *world) socket() string {
	if runtime.GOOS == "windows" {
		return `\\.\pipe\simkld-demo-` + strconv.Itoa(os.Getpid())
	}
	return filepath.Join(w.dir, "run", "player.sock")
}

// settings are those of a user, but for the places, and for a start and a pause that count at once: at a hundred times
// the speed, two seconds are three minutes.
func (w *world) settings() config.Config {
	c := config.Default()
	url := "http://" + w.addr
	c.Simkl.ClientID, c.Simkl.APIURL, c.Simkl.DataURL, c.Simkl.SiteURL = clientID, url, url, url
	c.Scrobble.StartAfter, c.Scrobble.PauseAfter = 0, 0
	c.Players.MPV.Sockets = []string{w.socket()}
	// The other players of this machine are none of the demo's business.
	c.Players.MPRIS.Enabled = false
	c.Matcher.Include = []string{filepath.Join(w.dir, "films")}
	return c
}

// close ends everything and removes the folder. The daemon ends with the context of start.
func (w *world) close() error {
	var errs []error
	if w.player != nil {
		w.player.close()
	}
	w.running.Wait()
	select {
	case err := <-w.daemon:
		errs = append(errs, err)
	default: // it was never started
	}
	errs = append(errs, w.goOffline(), os.RemoveAll(w.dir))
	return errors.Join(errs...)
}
