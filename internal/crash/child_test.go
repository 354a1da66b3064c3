//go:build unix

package crash_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/store"
)

// What the test tells the daemon that it starts.
const (
	envDir   = "SIMKLD_CRASH_DIR"
	envAPI   = "SIMKLD_CRASH_API"
	envToken = "SIMKLD_CRASH_TOKEN"
	envPoint = "SIMKLD_CRASH_POINT"
)

// point is where the daemon kills itself: "before write outbox 2" is before the second transaction that touches that
// table is committed, "after request /scrobble/stop 1" when Simkl has answered and nobody has read it. The zero value
// is nowhere.
type point struct {
	when, what, name string
	nth              int
}

func (p point) String() string { return fmt.Sprintf("%s %s %s", p.when, p.what, p.name) }

func (p point) encode() string {
	if p.when == "" {
		return ""
	}
	return fmt.Sprintf("%s %s %s %d", p.when, p.what, p.name, p.nth)
}

func decodePoint(text string) point {
	f := strings.Fields(text)
	if len(f) != 4 {
		return point{}
	}
	n, _ := strconv.Atoi(f[3])
	return point{f[0], f[1], f[2], n}
}

// child is the daemon: app.Run as `run` calls it, with settings that follow from the environment. It ends when its
// standard input does, so that it never outlives the test.
func child() int {
	dir := os.Getenv(envDir)
	k := &killer{point: decodePoint(os.Getenv(envPoint)), shm: filepath.Join(dir, "state", store.FileName+"-shm")}
	sqlite.RegisterConnectionHook(k.connected)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ends with the parent, or when that closes the pipe
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := k.run(ctx, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (k *killer) run(ctx context.Context, dir string) error {
	env := map[string]string{
		"HOME": dir, "XDG_RUNTIME_DIR": filepath.Join(dir, "run"), "SIMKLD_TOKEN": os.Getenv(envToken),
	}
	getenv := func(name string) string { return env[name] }
	p, err := paths.Resolve(paths.Options{StateDir: filepath.Join(dir, "state"), Getenv: getenv})
	if err != nil {
		return err
	}
	log, err := logs.New(logs.Options{Out: os.Stderr, Form: logs.JSON, Level: "debug"})
	if err != nil {
		return err
	}
	c := config.Default()
	c.Simkl.ClientID, c.Simkl.APIURL = "abc", os.Getenv(envAPI)
	c.Scrobble.StartAfter, c.Scrobble.PauseAfter = 0, 0
	c.Players.MPV.Sockets = []string{filepath.Join(dir, "mpv.sock")}
	c.Players.MPRIS.Enabled = false
	return app.Run(ctx, app.Options{
		Paths: p, Loaded: config.Loaded{Config: c}, Log: log, Getenv: getenv, HTTP: k,
		Ready: func() { fmt.Println("ready") },
	})
}

// killer counts what the daemon does, and kills it at its point.
type killer struct {
	point point
	shm   string

	mu      sync.Mutex // guards what follows
	tables  []string   // that the transaction has touched
	counted int
}

// hit says so and kills: with SIGKILL, which nothing can be done about.
func (k *killer) hit() {
	fmt.Println("killed", k.point)
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// isIt reports whether this is the point. The caller holds mu.
func (k *killer) isIt(what string, names ...string) bool {
	if k.point.what != what || !slices.Contains(names, k.point.name) {
		return false
	}
	k.counted++
	return k.counted == k.point.nth
}

// connected watches the commits of the state file.
func (k *killer) connected(conn sqlite.ExecQuerierContext, _ string) error {
	hooks, ok := conn.(sqlite.HookRegisterer)
	if !ok {
		return fmt.Errorf("the driver has no hooks")
	}
	hooks.RegisterPreUpdateHook(func(d sqlite.SQLitePreUpdateData) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if !slices.Contains(k.tables, d.TableName) {
			k.tables = append(k.tables, d.TableName)
		}
	})
	hooks.RegisterRollbackHook(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tables = nil
	})
	hooks.RegisterCommitHook(func() int32 {
		k.mu.Lock()
		it := k.isIt("write", k.tables...)
		k.tables = nil
		k.mu.Unlock()
		switch {
		case it && k.point.when == "before":
			k.hit()
		case it:
			go k.hitWhenWritten(k.frames()) // ends with the process
		}
		return 0
	})
	return nil
}

// frames is the number of frames in the write-ahead log, as its index says: with synchronous=FULL a commit is on disk
// before it is counted there (sqlite.org/walformat.html, 2.1: mxFrame).
func (k *killer) frames() uint32 {
	f, err := os.Open(k.shm)
	if err != nil {
		return 0
	}
	defer f.Close()
	var head [4]byte
	if _, err := f.ReadAt(head[:], 16); err != nil {
		return 0
	}
	return binary.NativeEndian.Uint32(head[:])
}

func (k *killer) hitWhenWritten(before uint32) {
	for deadline := time.Now().Add(20 * time.Millisecond); time.Now().Before(deadline); {
		if k.frames() != before {
			break
		}
	}
	k.hit()
}

// RoundTrip is the wire to Simkl.
func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	it := k.isIt("request", r.URL.Path)
	k.mu.Unlock()
	if it && k.point.when == "before" {
		k.hit()
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if it {
		k.hit()
	}
	return resp, err
}
