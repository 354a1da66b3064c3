package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/api"
)

// builtinName is what it calls itself where mpv tells its version.
const builtinName = "built-in player"

// builtin plays where there is no mpv: it speaks as much of mpv's JSON IPC as the daemon and the demo ask for, and
// sends what mpv sends (its order is that of mpv 0.35). Its film is nothing but its length.
type builtin struct {
	length time.Duration
	speed  float64

	mu       sync.Mutex // guards what follows
	props    map[string]any
	clients  map[*viewer]bool
	entry    int64
	loaded   bool
	running  bool
	position time.Duration // at the moment since
	since    time.Time
	end      *time.Timer // of the film, while it runs
	startAt  float64     // where the next file begins, 0 to 1
}

// viewer is one connection. What is to be sent is queued, so that the player never waits for it.
type viewer struct {
	conn     net.Conn
	observed map[string]int64
	queue    []byte
	wake     chan struct{} // size 1: there is something to send
	done     chan struct{} // closed when the connection ends
}

func newBuiltin(p plan) *builtin {
	return &builtin{
		length: p.length, speed: p.speed, clients: map[*viewer]bool{},
		props: map[string]any{
			"mpv-version": builtinName, "working-directory": "/", "pause": false, "core-idle": true,
			"idle-active": true, "speed": p.speed,
		},
	}
}

// listen opens the player's socket. stop closes it and ends all connections.
func (b *builtin) listen(ctx context.Context, socket string) (stop func(), err error) {
	l, err := api.Listen(ctx, socket)
	if err != nil {
		return nil, err
	}
	var serving sync.WaitGroup
	serving.Go(func() { // ends when the listener is closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { b.serve(conn) }) // ends with the connection
		}
	})
	return func() {
		_ = l.Close()
		b.mu.Lock()
		b.halt()
		for v := range b.clients {
			_ = v.conn.Close()
		}
		b.mu.Unlock()
		serving.Wait()
	}, nil
}

func (b *builtin) serve(conn net.Conn) {
	v := &viewer{conn: conn, observed: map[string]int64{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	b.mu.Lock()
	b.clients[v] = true
	b.mu.Unlock()
	var writing sync.WaitGroup
	writing.Go(func() { b.write(v) }) // ends with the connection
	in := bufio.NewScanner(conn)
	for in.Scan() {
		b.take(v, in.Bytes())
	}
	b.mu.Lock()
	delete(b.clients, v)
	b.mu.Unlock()
	close(v.done)
	_ = conn.Close()
	writing.Wait()
}

func (b *builtin) write(v *viewer) {
	for {
		b.mu.Lock()
		out := v.queue
		v.queue = nil
		b.mu.Unlock()
		if _, err := v.conn.Write(out); err != nil {
			return
		}
		select {
		case <-v.wake:
		case <-v.done:
			return
		}
	}
}

// say queues a message. The caller holds mu.
func (v *viewer) say(message map[string]any) {
	line, err := json.Marshal(message)
	if err != nil {
		return // every message is made of plain values
	}
	v.queue = append(append(v.queue, line...), '\n')
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// take answers one line.
func (b *builtin) take(v *viewer, line []byte) {
	var req struct {
		Command []any `json:"command"`
		ID      int64 `json:"request_id"`
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if json.Unmarshal(line, &req) != nil || len(req.Command) < 2 {
		v.say(map[string]any{"error": "invalid parameter"})
		return
	}
	name := fmt.Sprint(req.Command[1])
	answer := map[string]any{"request_id": req.ID, "error": "success"}
	switch command := fmt.Sprint(req.Command[0]); {
	case command == "observe_property" && len(req.Command) == 3:
		id, _ := req.Command[1].(float64) // no number: 0, which nobody observes
		name = fmt.Sprint(req.Command[2])
		v.observed[name] = int64(id)
		v.say(answer)
		v.say(b.change(int64(id), name))
		return
	case command == "get_property":
		if value, ok := b.value(name); ok {
			answer["data"] = value
		} else {
			answer["error"] = "property unavailable"
		}
	case command == "set_property" && len(req.Command) == 3:
		b.set(name, req.Command[2])
	case command == "loadfile":
		v.say(answer)
		b.load(name)
		return
	default:
		answer["error"] = "invalid parameter"
	}
	v.say(answer)
}

func (b *builtin) value(name string) (any, bool) {
	if name == "time-pos" {
		return b.now().Seconds(), b.loaded
	}
	value, ok := b.props[name]
	return value, ok
}

func (b *builtin) change(id int64, name string) map[string]any {
	m := map[string]any{"event": "property-change", "id": id, "name": name}
	if value, ok := b.value(name); ok {
		m["data"] = value
	}
	return m
}

// set does what a client wants of a property.
func (b *builtin) set(name string, value any) {
	switch name {
	case "pause":
		paused, _ := value.(bool)
		b.tell("pause", paused)
		b.run(b.loaded && !paused)
	case "start":
		percent, err := strconv.ParseFloat(strings.TrimSuffix(fmt.Sprint(value), "%"), 64)
		if err == nil && percent >= 0 && percent <= 100 {
			b.startAt = percent / 100
		}
	}
}

// tell gives a property a value, and says so to who observes it.
func (b *builtin) tell(name string, value any) {
	b.props[name] = value
	for v := range b.clients {
		if id, ok := v.observed[name]; ok {
			v.say(b.change(id, name))
		}
	}
}

// untell makes properties unavailable.
func (b *builtin) untell(names ...string) {
	for _, name := range names {
		delete(b.props, name)
		for v := range b.clients {
			if id, ok := v.observed[name]; ok {
				v.say(b.change(id, name))
			}
		}
	}
}

func (b *builtin) event(name string, fields map[string]any) {
	m := map[string]any{"event": name}
	maps.Copy(m, fields)
	for v := range b.clients {
		v.say(m)
	}
}

// load plays a film from startAt, in the place of the one before.
func (b *builtin) load(path string) {
	if b.loaded {
		b.unload("stop")
	}
	b.entry++
	b.event("start-file", map[string]any{"playlist_entry_id": b.entry})
	b.tell("path", path)
	b.tell("media-title", filepath.Base(path))
	b.tell("idle-active", false)
	b.loaded = true
	b.position = time.Duration(float64(b.length) * b.startAt)
	b.tell("duration", b.length.Seconds())
	b.tell("metadata", map[string]any{})
	b.tell("current-tracks/video/image", false)
	b.tell("current-tracks/video/albumart", false)
	b.tell("eof-reached", false)
	b.event("file-loaded", nil)
	b.tell("seeking", true)
	b.event("playback-restart", nil)
	b.run(b.props["pause"] == false)
	b.tell("seeking", false)
}

// now is the position.
func (b *builtin) now() time.Duration {
	if !b.running {
		return b.position
	}
	return min(b.length, b.position+time.Duration(float64(time.Since(b.since))*b.speed))
}

// run lets the film run, or stand still.
func (b *builtin) run(running bool) {
	b.halt()
	b.running, b.since = running, time.Now()
	if running {
		entry := b.entry
		left := time.Duration(float64(b.length-b.position) / b.speed)
		b.end = time.AfterFunc(left, func() { // ends at once; stopped by halt
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.loaded && b.running && b.entry == entry {
				b.unload("eof")
			}
		})
	}
	b.tell("core-idle", !running)
}

// halt stops the clock.
func (b *builtin) halt() {
	b.position, b.running = b.now(), false
	if b.end != nil {
		b.end.Stop()
		b.end = nil
	}
}

func (b *builtin) unload(reason string) {
	b.halt()
	b.loaded = false
	b.tell("core-idle", true)
	b.untell("eof-reached", "seeking")
	b.event("end-file", map[string]any{"reason": reason, "playlist_entry_id": b.entry})
	b.untell("path", "media-title", "duration", "metadata", "current-tracks/video/image", "current-tracks/video/albumart")
	b.tell("idle-active", true)
}
