package playerstest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// FakeVLC answers like VLC's HTTP interface and does what a test says. Its connections are pipes inside the process
// (Dial), so that it also lives in a bubble of testing/synctest. It keeps every request.
type FakeVLC struct {
	server *http.Server
	served sync.WaitGroup
	door   pipes

	mu       sync.Mutex // guards what follows
	password string
	version  string
	down     bool
	answer   http.HandlerFunc // in the place of VLC's own answers
	hangUp   bool             // at the next request
	requests []string
	dials    int

	plid     int
	film     VLCFilm
	loaded   bool
	paused   bool
	rate     float64
	position time.Duration
	since    time.Time
}

// VLCFilm is what FakeVLC plays. A Length of 0 is a stream without one.
type VLCFilm struct {
	// URI is what playlist.json says. A plain path is made one.
	URI    string
	Length time.Duration
	Meta   map[string]string
	// Sound has no picture.
	Sound bool
}

// NewFakeVLC starts a fake without an item; it is stopped with the test.
func NewFakeVLC(t testing.TB, password string) *FakeVLC {
	t.Helper()
	f := &FakeVLC{password: password, version: "3.0.24 Vetinari", plid: 2, rate: 1}
	f.door = pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	f.server = &http.Server{Handler: f}
	f.served.Go(func() { f.server.Serve(f.door) }) // ends with Close
	t.Cleanup(f.Close)
	return f
}

// Close ends all connections. It may be called twice.
func (f *FakeVLC) Close() {
	f.server.Close()
	f.served.Wait()
}

// pipes is a listener whose connections are made inside the process.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// Dial connects to the fake, or is refused while it is down.
func (f *FakeVLC) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	f.mu.Lock()
	f.dials++
	down := f.down
	f.mu.Unlock()
	if down {
		refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: refused}
	}
	ours, theirs := net.Pipe()
	select {
	case f.door.conns <- theirs:
		return ours, nil
	case <-f.door.closed:
		return nil, fmt.Errorf("dial %s: %w", address, net.ErrClosed)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Answer gives every request to h, as another program or another VLC would; nil is VLC again.
func (f *FakeVLC) Answer(h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = h
}

// Version makes it another VLC.
func (f *FakeVLC) Version(version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version = version
}

// Password changes the password; "" is a VLC that has none and serves nobody.
func (f *FakeVLC) Password(password string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.password = password
}

// Down closes the door, as a VLC that is gone does, or opens it.
func (f *FakeVLC) Down(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	if down {
		f.answer = func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }
		return
	}
	f.answer = nil
}

// Open opens the door and leaves the answers as they are.
func (f *FakeVLC) Open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = false
}

func hangUp(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		c.Close()
	}
}

// Requests are the paths with queries of all requests so far.
func (f *FakeVLC) Requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.requests...)
}

// Dials is how often it was connected to, also while it was down.
func (f *FakeVLC) Dials() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dials
}

// Play loads a film as a new entry of the playlist.
func (f *FakeVLC) Play(film VLCFilm) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.Contains(film.URI, "://") {
		film.URI = (&url.URL{Scheme: "file", Path: film.URI}).String()
	}
	f.plid++
	f.film, f.loaded, f.paused = film, true, false
	f.position, f.since = 0, time.Now()
}

// Again plays the film from its beginning as --repeat does: the same entry.
func (f *FakeVLC) Again() { f.Seek(0) }

// Restart ends all connections and plays a film as the entry that the one before was: another process has taken the
// port.
func (f *FakeVLC) Restart(film VLCFilm) {
	f.mu.Lock()
	f.plid--
	f.mu.Unlock()
	f.Play(film)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hangUp = true
}

// Pause pauses or plays on.
func (f *FakeVLC) Pause(paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position, f.since = f.now(), time.Now()
	f.paused = paused
}

// Seek goes to a position.
func (f *FakeVLC) Seek(to time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position, f.since = to, time.Now()
}

// Speed changes the speed. A speed of 0 stands still and is told as 1: it waits for data.
func (f *FakeVLC) Speed(rate float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position, f.since = f.now(), time.Now()
	f.rate = rate
}

// Stop unloads the film.
func (f *FakeVLC) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded = false
}

// Back loads the film of before again, as the same entry.
func (f *FakeVLC) Back() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded, f.since = true, time.Now()
}

// Position is where the film is.
func (f *FakeVLC) Position() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now()
}

func (f *FakeVLC) now() time.Duration {
	at := f.position
	if !f.paused {
		at += time.Duration(float64(time.Since(f.since)) * f.rate)
	}
	if f.film.Length > 0 {
		at = min(at, f.film.Length)
	}
	return at
}

// ServeHTTP answers as VLC does.
func (f *FakeVLC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.URL.RequestURI())
	answer, password := f.answer, f.password
	hangUpNow := f.hangUp
	f.hangUp = false
	f.mu.Unlock()
	if hangUpNow {
		hangUp(w)
		return
	}
	user, given, _ := r.BasicAuth()
	switch {
	case answer != nil:
		answer(w, r)
	case password == "" && r.URL.Path == "/":
		page(w, http.StatusForbidden, "<!-- VLC_PASSWORD_NOT_SET -->")
	case password == "":
		page(w, http.StatusNotFound, "404 Not found ("+r.URL.Path+")")
	case user != "" || given != password:
		w.Header().Set("WWW-Authenticate", `Basic realm="VLC stream"`)
		page(w, http.StatusUnauthorized, "401 Unauthorized ("+r.URL.Path+")")
	case r.URL.Path == "/requests/status.json":
		f.write(w, f.status())
	case r.URL.Path == "/requests/playlist.json":
		f.write(w, f.playlist())
	default:
		page(w, http.StatusNotFound, "404 Not found ("+r.URL.Path+")")
	}
}

func page(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<html><body><h1>%s</h1><a href=\"http://www.videolan.org\">VideoLAN</a></body></html>\n", words)
}

func (f *FakeVLC) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "text/plain")
	json.NewEncoder(w).Encode(v)
}

// status has the types of players.md 3.3: fullscreen is a number without a screen.
func (f *FakeVLC) status() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := map[string]any{
		"version": f.version, "apiversion": 3, "state": "stopped", "currentplid": -1, "time": 0, "length": 0,
		"position": 0, "rate": 1, "fullscreen": 0, "loop": false, "repeat": false,
	}
	if !f.loaded {
		return s
	}
	at := f.now()
	s["state"], s["currentplid"] = "playing", f.plid
	if f.paused {
		s["state"] = "paused"
	}
	if f.rate > 0 {
		s["rate"] = f.rate
	}
	s["time"], s["length"] = int(at.Seconds()), int(f.film.Length.Seconds())
	if f.film.Length > 0 {
		s["position"] = at.Seconds() / f.film.Length.Seconds()
	}
	if !f.film.Sound {
		s["fullscreen"] = false
	}
	meta := map[string]string{"filename": f.name(), "artwork_url": "file:///home/me/cover.png"}
	maps.Copy(meta, f.film.Meta)
	s["information"] = map[string]any{"category": map[string]any{"meta": meta, "Stream 0": map[string]string{"Typ": "Video"}}}
	return s
}

func (f *FakeVLC) name() string {
	name := path.Base(f.film.URI)
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

func (f *FakeVLC) playlist() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	items := []any{}
	if f.plid > 2 {
		items = append(items, map[string]any{
			"type": "leaf", "id": fmt.Sprint(f.plid), "name": f.name(), "uri": f.film.URI, "current": "current",
			"duration": int(f.film.Length.Seconds()), "ro": "rw",
		})
	}
	node := func(id, name string, children []any) map[string]any {
		return map[string]any{"type": "node", "id": id, "name": name, "ro": "ro", "children": children}
	}
	return node("0", "", []any{node("1", "Playlist", items), node("2", "Media Library", []any{})})
}
