package playerstest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// FakeMPV speaks mpv's JSON IPC and does what a test tells it. It works over a unix socket (Listen) and over any other
// connection (Serve), also inside a synctest bubble. The raw parts (Set, Event, Raw) let a test say anything, Play and
// what follows it send what mpv 0.35 sends (players.md 2.4).
type FakeMPV struct {
	mu       sync.Mutex // guards what follows
	props    map[string]json.RawMessage
	clients  map[*fakeClient]bool
	commands []string
	muted    bool
	lossy    bool
	entry    int

	position time.Duration // of the film that Play began, at the time since
	since    time.Time
	speed    float64
	running  bool
	film     bool
}

// NewFakeMPV gives an mpv that is idle.
func NewFakeMPV() *FakeMPV {
	f := &FakeMPV{props: map[string]json.RawMessage{}, clients: map[*fakeClient]bool{}, speed: 1}
	f.Set("pause", false)
	f.Set("core-idle", true)
	f.Set("idle-active", true)
	f.Set("speed", 1.0)
	f.Set("working-directory", "/")
	return f
}

// Listen makes the fake reachable at a socket until the test ends.
func (f *FakeMPV) Listen(t testing.TB, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // mpv leaves it behind
	var serving sync.WaitGroup
	serving.Go(func() { // ends when the listener is closed
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.Serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		f.Hangup()
		serving.Wait()
	})
}

// fakeClient is one connection. What is to be sent waits in queue, so that the fake never waits for a client.
type fakeClient struct {
	c        io.ReadWriteCloser
	held     [][]byte // what came while the fake was muted
	observed map[string]int64
	queue    []byte
	last     bool          // nothing follows what is queued
	wake     chan struct{} // size 1: there is something to send
}

// Serve answers one client until the connection ends.
func (f *FakeMPV) Serve(c io.ReadWriteCloser) {
	cl := &fakeClient{c: c, observed: map[string]int64{}, wake: make(chan struct{}, 1)}
	f.mu.Lock()
	f.clients[cl] = true
	f.mu.Unlock()
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { f.write(cl, done) }) // ends with the connection
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		f.take(cl, line)
	}
	f.mu.Lock()
	delete(f.clients, cl)
	f.mu.Unlock()
	close(done)
	c.Close()
	writer.Wait()
}

func (f *FakeMPV) write(cl *fakeClient, done <-chan struct{}) {
	for {
		f.mu.Lock()
		out, last := cl.queue, cl.last
		cl.queue = nil
		f.mu.Unlock()
		if len(out) > 0 {
			if _, err := cl.c.Write(out); err != nil {
				return
			}
			continue
		}
		if last {
			cl.c.Close()
			return
		}
		select {
		case <-cl.wake:
		case <-done:
			return
		}
	}
}

// say queues bytes for one client. The caller holds mu.
func (cl *fakeClient) say(b []byte) {
	cl.queue = append(cl.queue, b...)
	select {
	case cl.wake <- struct{}{}:
	default:
	}
}

func (f *FakeMPV) take(cl *fakeClient, line []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, string(line))
	f.answer(cl, line)
}

// answer answers one line. The caller holds mu.
func (f *FakeMPV) answer(cl *fakeClient, line []byte) {
	var req struct {
		Command []any `json:"command"`
		ID      int64 `json:"request_id"`
	}
	if f.muted {
		cl.held = append(cl.held, line)
		return
	}
	if f.lossy {
		return
	}
	if json.Unmarshal(line, &req) != nil || len(req.Command) < 2 {
		cl.say([]byte(`{"error":"invalid parameter"}` + "\n"))
		return
	}
	switch req.Command[0] {
	case "observe_property":
		if len(req.Command) < 3 {
			return
		}
		id, _ := req.Command[1].(float64)
		name, _ := req.Command[2].(string)
		cl.observed[name] = int64(id)
		cl.say(fmt.Appendf(nil, `{"request_id":%d,"error":"success"}`+"\n", req.ID))
		cl.say(f.change(int64(id), name))
	case "get_property":
		name, _ := req.Command[1].(string)
		if data, ok := f.value(name); ok {
			cl.say(fmt.Appendf(nil, `{"data":%s,"request_id":%d,"error":"success"}`+"\n", data, req.ID))
		} else {
			cl.say(fmt.Appendf(nil, `{"request_id":%d,"error":"property unavailable"}`+"\n", req.ID))
		}
	default:
		cl.say(fmt.Appendf(nil, `{"request_id":%d,"error":"error running command"}`+"\n", req.ID))
	}
}

// value is a property's value now. The caller holds mu.
func (f *FakeMPV) value(name string) (json.RawMessage, bool) {
	if name == "time-pos" && f.film {
		return json.RawMessage(fmt.Sprintf("%f", f.now().Seconds())), true
	}
	data, ok := f.props[name]
	return data, ok
}

// now is the position of the film. The caller holds mu.
func (f *FakeMPV) now() time.Duration {
	if !f.running {
		return f.position
	}
	return f.position + time.Duration(float64(time.Since(f.since))*f.speed)
}

func (f *FakeMPV) change(id int64, name string) []byte {
	if data, ok := f.value(name); ok {
		return fmt.Appendf(nil, `{"event":"property-change","id":%d,"name":%q,"data":%s}`+"\n", id, name, data)
	}
	return fmt.Appendf(nil, `{"event":"property-change","id":%d,"name":%q}`+"\n", id, name)
}

// Set gives a property a value and tells who observes it.
func (f *FakeMPV) Set(name string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		data = []byte("null")
	}
	f.SetRaw(name, data)
}

// SetRaw is Set with the bytes as they go over the wire.
func (f *FakeMPV) SetRaw(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.props[name] = slices.Clone(data)
	f.tell(name)
}

// Unset makes properties unavailable and tells who observes them.
func (f *FakeMPV) Unset(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if _, ok := f.props[name]; ok {
			delete(f.props, name)
			f.tell(name)
		}
	}
}

// tell sends a property to its observers. The caller holds mu.
func (f *FakeMPV) tell(name string) {
	for cl := range f.clients {
		if id, ok := cl.observed[name]; ok && !f.muted {
			cl.say(f.change(id, name))
		}
	}
}

// Event sends an event with further fields, written as JSON without braces: `"reason":"eof"`.
func (f *FakeMPV) Event(name, fields string) {
	if fields != "" {
		fields = "," + fields
	}
	f.Raw(fmt.Appendf(nil, `{"event":%q%s}`+"\n", name, fields))
}

// Raw sends bytes to all clients.
func (f *FakeMPV) Raw(b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for cl := range f.clients {
		if !f.muted {
			cl.say(b)
		}
	}
}

// Mute makes the fake deaf and dumb, as a stopped process is, or ends that: then it answers what came meanwhile.
func (f *FakeMPV) Mute(muted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.muted = muted
	if muted {
		return
	}
	for cl := range f.clients {
		held := cl.held
		cl.held = nil
		for _, line := range held {
			f.answer(cl, line)
		}
	}
}

// Lose makes the fake throw all requests away while it still tells events, or ends that.
func (f *FakeMPV) Lose(lossy bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lossy = lossy
}

// Hangup closes all connections, as a process that ends does.
func (f *FakeMPV) Hangup() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for cl := range f.clients {
		cl.c.Close()
	}
}

// Property is a property's value as it goes over the wire, "" when it is unavailable.
func (f *FakeMPV) Property(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, _ := f.value(name)
	return string(data)
}

// Clients is the number of connections.
func (f *FakeMPV) Clients() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.clients)
}

// Commands are all lines that clients sent.
func (f *FakeMPV) Commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}
