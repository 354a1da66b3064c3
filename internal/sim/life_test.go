package sim_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/secret"
)

// step is where a daemon dies: before or after its n-th commit or request.
type step struct {
	what  string // "commit", "request"; "" for nowhere
	nth   int
	after bool
}

// life is one run of the daemon, from its start to its end or death.
type life struct {
	w      *world
	diesAt step
	inside app.Inside
	cancel context.CancelFunc
	ended  chan error
	killed chan struct{} // closed by its death
	gone   atomic.Bool
	// limits is the shared state of the limits as the death left it: a killed process writes nothing behind itself.
	limits map[string][]byte
	sent   int // requests
}

func (l *life) dead() bool { return l.gone.Load() }

// die kills: from now on the daemon reaches neither disk nor network, and is on its way to its end.
func (l *life) die() {
	if l.gone.Swap(true) {
		return
	}
	l.limits = l.w.readLimits()
	l.w.mu.Lock()
	l.w.deaths = append(l.w.deaths, l.w.clocks.now())
	l.w.mu.Unlock()
	l.cancel()
	close(l.killed)
}

// boot starts a daemon and waits until it is ready. It gives nil if it died on the way.
func (w *world) boot(at step) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{w: w, diesAt: at, cancel: cancel, ended: make(chan error, 1), killed: make(chan struct{})}
	w.disk.of(l)
	w.life = l
	ready := make(chan struct{})
	c := config.Default()
	c.Simkl.ClientID, c.Simkl.APIURL = w.client, apiURL
	c.Matcher.Exclude = []string{w.home + "/excluded"}
	c.Dashboard.Enabled = false
	go func() {
		l.ended <- app.Run(ctx, app.Options{
			Paths:  w.paths(),
			Loaded: config.Loaded{Config: c}, Log: w.daemonLog(), Getenv: w.getenv,
			HTTP: &wire{w: w, life: l}, Now: w.clocks.moment, Random: w.chance(),
			Sealed: func(in app.Inside) {
				l.inside = in
				close(ready)
			},
		})
	}()
	select {
	case <-ready:
	case err := <-l.ended:
		if !l.dead() {
			w.t.Fatalf("%s: the daemon does not start: %v", w.name, err)
		}
		l.ended <- err
	}
}

// bury waits for the end of a daemon that was stopped or killed.
func (w *world) bury() {
	l := w.life
	l.cancel()
	err := <-l.ended
	if err != nil && !l.dead() {
		w.breaks("the daemon ended with %v", err)
	}
	if l.dead() {
		w.writeLimits(l.limits)
	}
	w.life = nil
	w.disk.of(nil)
}

func (w *world) paths() paths.Paths {
	return paths.Paths{
		State: filepath.Join(w.dir, "state"), StateNamed: true, Limits: filepath.Join(w.dir, "limits"), Home: w.home,
	}
}

func (w *world) getenv(string) string { return "" }

func (w *world) daemonLog() *logs.Log {
	level := "error"
	if w.talk != nil {
		level = "debug"
	}
	log, err := logs.New(logs.Options{Out: w.logOut(), Form: logs.JSON, Level: level})
	if err != nil {
		w.t.Fatal(err)
	}
	return log
}

func (w *world) readLimits() map[string][]byte {
	files := map[string][]byte{}
	names, _ := filepath.Glob(filepath.Join(w.dir, "limits", "*.json"))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil {
			files[name] = data
		}
	}
	return files
}

func (w *world) writeLimits(files map[string][]byte) {
	for name, data := range files {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

func text(s string) secret.Text { return secret.Text(s) }
