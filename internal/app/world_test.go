package app_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/notify"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/players/playerstest"
)

// patience is how long anything is waited for.
const patience = 40 * time.Second

var clips *playerstest.Media

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if clips, err = playerstest.NewMedia(); err != nil {
			panic(err)
		}
		defer clips.Close()
		return m.Run()
	}())
}

// world is a Simkl, a home folder and a daemon between players and that Simkl.
type world struct {
	t      *testing.T
	dir    string
	simkl  *sandbox.Server
	addr   string
	env    map[string]string
	toml   string
	stop   context.CancelFunc
	ended  chan error
	stopIt context.CancelFunc // the sandbox
	down   chan error
	log    *buffer
	ran    []string // commands that the daemon ran

	desktop notify.Desktop // what notifications are shown on, nil for none
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newWorld(t *testing.T, toml string) *world {
	t.Helper()
	w := &world{t: t, dir: playerstest.ShortDir(t), toml: toml, log: &buffer{}}
	var err error
	if w.simkl, err = sandbox.New(sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	w.online("127.0.0.1:0")
	t.Cleanup(func() { w.offline() })
	run := filepath.Join(w.dir, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	w.env = map[string]string{
		"HOME": w.dir, "XDG_RUNTIME_DIR": run, "SIMKLD_TOKEN": w.simkl.LinkToken("abc", "mika"),
	}
	return w
}

// online opens the sandbox at an address.
func (w *world) online(addr string) {
	w.t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	w.stopIt, w.down = cancel, make(chan error, 1)
	go func() { w.down <- w.simkl.Serve(ctx, l) }()
}

// offline takes the sandbox away: connections are refused.
func (w *world) offline() {
	w.stopIt()
	<-w.down
}

func (w *world) getenv(name string) string { return w.env[name] }

// start runs the daemon until stop or the end of the test.
func (w *world) start() {
	w.t.Helper()
	file := filepath.Join(w.dir, "config.toml")
	text := "[simkl]\nclient_id = \"abc\"\napi_url = \"http://" + w.addr + "\"\n" + w.toml
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	p, err := paths.Resolve(paths.Options{Config: file, Getenv: w.getenv})
	if err != nil {
		w.t.Fatal(err)
	}
	load := func() (config.Loaded, error) {
		return config.Load(config.Source{File: file, Named: true, Home: p.Home})
	}
	loaded, err := load()
	if err != nil {
		w.t.Fatal(err)
	}
	log, err := logs.New(logs.Options{Out: w.log, Form: logs.JSON, Level: "debug"})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	w.stop, w.ended = cancel, make(chan error, 1)
	go func() {
		w.ended <- app.Run(ctx, app.Options{
			Paths: p, Loaded: loaded, Reload: load, Log: log, Getenv: w.getenv, Ready: func() { close(ready) },
			Command: func(_ context.Context, _ *store.Store, args []string) ([]byte, error) {
				w.log.mu.Lock()
				defer w.log.mu.Unlock()
				w.ran = append(w.ran, strings.Join(args, " "))
				return []byte(`{"id":"1"}`), nil
			},
			Desktop: w.desktop,
		})
	}()
	select {
	case <-ready:
	case err := <-w.ended:
		w.t.Fatalf("the daemon ended: %v\n%s", err, w.log)
	case <-time.After(patience):
		w.t.Fatalf("the daemon is not ready\n%s", w.log)
	}
	w.t.Cleanup(func() { w.halt() })
}

// halt ends the daemon, if it runs.
func (w *world) halt() {
	if w.stop == nil {
		return
	}
	w.stop()
	w.stop = nil
	if err := <-w.ended; err != nil {
		w.t.Errorf("the daemon ended with %v", err)
	}
}

// calls are the writes that Simkl saw, as "start 0.00".
func (w *world) calls() []string {
	var out []string
	for _, r := range w.simkl.Requests() {
		if r.Method == "POST" && strings.HasPrefix(r.Path, "/scrobble/") || strings.HasPrefix(r.Path, "/sync/history") {
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(r.Path, "/scrobble/"), "/sync/"))
		}
	}
	return out
}

// until waits for a condition, looking again every few milliseconds.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("no %s within %v; calls %v, history %+v\n%s", what, patience, w.calls(), w.simkl.History(), w.log)
		}
	}
}

// commands are what the daemon ran.
func (w *world) commands() []string {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return slices.Clone(w.ran)
}

func (w *world) untilCalls(want ...string) {
	w.t.Helper()
	w.until(strings.Join(want, " "), func() bool { return slices.Equal(w.calls(), want) })
}
