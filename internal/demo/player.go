package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/term"
)

// startWithin is how long mpv may take until it answers: it needs a tenth of a second on a machine that is not busy.
const startWithin = 10 * time.Second

// player is the player of the demo behind a connection of the demo's own, which is how its account of what was played
// is independent of the daemon's.
type player struct {
	name string
	stop func() // ends the player and waits for it
	conn net.Conn

	reading sync.WaitGroup
	gone    chan struct{} // closed when the player says nothing more

	mu      sync.Mutex // guards what follows
	lastID  int64
	answers map[int64]chan answer
	path    string  // of the file that is loaded
	length  float64 // in seconds, 0 until it is known
	from    float64 // where it began
	began   bool
	seen    []seen
}

type answer struct {
	Data  json.RawMessage `json:"data"`
	ID    int64           `json:"request_id"`
	Error string          `json:"error"`
}

// observed are the properties that the record is made of. time-pos is asked for once: it changes with every picture.
var observed = []string{"path", "duration"}

// startPlayer starts mpv, or the built-in player where there is no mpv that answers.
func startPlayer(ctx context.Context, socket string, p plan, lookPath func(string) (string, error)) (*player, error) {
	pl := &player{gone: make(chan struct{}), answers: map[int64]chan answer{}}
	if mpv, err := lookPath("mpv"); err == nil && pl.startMPV(ctx, mpv, socket, p) {
		return pl, pl.meet(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	built := newBuiltin(p)
	stop, err := built.listen(ctx, socket)
	if err != nil {
		return nil, err
	}
	pl.stop = stop
	if pl.conn, err = api.DialAny([]string{socket})(ctx); err != nil {
		stop()
		return nil, err
	}
	pl.read()
	return pl, pl.meet(ctx)
}

// startMPV reports whether mpv runs and answers.
func (pl *player) startMPV(ctx context.Context, mpv, socket string, p plan) bool {
	//nolint:gosec // mpv as the path has it, with arguments of our own
	cmd := exec.CommandContext(ctx, mpv, "--no-config", "--vo=null", "--ao=null", "--no-terminal", "--idle=yes",
		"--speed="+strconv.FormatFloat(p.speed, 'g', -1, 64), "--input-ipc-server="+socket)
	cmd.Dir = filepath.Dir(socket)
	if strings.HasPrefix(socket, `\\`) {
		cmd.Dir = ""
	}
	if cmd.Start() != nil {
		return false
	}
	ended := make(chan struct{})
	go func() { // ends with the process, which stop ends
		_ = cmd.Wait()
		close(ended)
	}()
	pl.stop = func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-ended
	}
	limit := time.NewTimer(startWithin)
	defer limit.Stop()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	dial := api.DialAny([]string{socket})
	for {
		if conn, err := dial(ctx); err == nil {
			pl.conn = conn
			pl.read()
			return true
		}
		select {
		case <-retry.C:
			continue
		case <-ended:
		case <-limit.C:
		case <-ctx.Done():
		}
		pl.stop()
		return false
	}
}

// meet asks for the player's name and begins the record.
func (pl *player) meet(ctx context.Context) error {
	data, err := pl.ask(ctx, "get_property", "mpv-version")
	if err != nil {
		pl.close()
		return err
	}
	if json.Unmarshal(data, &pl.name) != nil {
		pl.name = "mpv"
	}
	pl.name = term.Foreign(pl.name)
	for i, name := range observed {
		if _, err := pl.ask(ctx, "observe_property", i+1, name); err != nil {
			pl.close()
			return err
		}
	}
	return nil
}

// load plays a file from a place in percent.
func (pl *player) load(ctx context.Context, path string, from int) error {
	if _, err := pl.ask(ctx, "set_property", "start", strconv.Itoa(from)+"%"); err != nil {
		return err
	}
	_, err := pl.ask(ctx, "loadfile", path)
	return err
}

func (pl *player) pause(ctx context.Context, paused bool) error {
	_, err := pl.ask(ctx, "set_property", "pause", paused)
	return err
}

// record is what was played to its end, in order.
func (pl *player) record() []seen {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	return append([]seen{}, pl.seen...)
}

func (pl *player) close() {
	pl.conn.Close()
	pl.stop()
	pl.reading.Wait()
}

var errPlayerGone = errors.New("the player has ended")

// ask sends a command and waits for its answer.
func (pl *player) ask(ctx context.Context, command ...any) (json.RawMessage, error) {
	ch := make(chan answer, 1) // the reader never waits
	if err := pl.send(ch, command); err != nil {
		return nil, playerFault(err)
	}
	limit := time.NewTimer(startWithin)
	defer limit.Stop()
	select {
	case a := <-ch:
		if a.Error != "success" {
			return nil, playerFault(fmt.Errorf("%v: %s", command, a.Error))
		}
		return a.Data, nil
	case <-pl.gone:
		return nil, playerFault(errPlayerGone)
	case <-limit.C:
		return nil, playerFault(fmt.Errorf("%v: no answer", command))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func playerFault(err error) error {
	return fault.Wrap(fault.Failed, err, "the demo's player does not do what it is told", "try again")
}

func (pl *player) send(ch chan answer, command []any) error {
	pl.mu.Lock()
	pl.lastID++
	id := pl.lastID
	pl.answers[id] = ch
	pl.mu.Unlock()
	line, err := json.Marshal(struct {
		Command []any `json:"command"`
		ID      int64 `json:"request_id"`
	}{command, id})
	if err != nil {
		return err
	}
	_, err = pl.conn.Write(append(line, '\n'))
	return err
}

// read takes everything that the player says: one that is not read from hangs.
func (pl *player) read() {
	pl.reading.Go(func() { // ends with the connection, which close and the player's end cut
		defer close(pl.gone)
		in := bufio.NewReader(pl.conn)
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			pl.heard(line)
		}
	})
}

func (pl *player) heard(line []byte) {
	var m struct {
		answer
		Event  string `json:"event"`
		Name   string `json:"name"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(line, &m) != nil {
		return
	}
	now := time.Now()
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if ch := pl.answers[m.ID]; ch != nil {
		delete(pl.answers, m.ID)
		ch <- m.answer
		return
	}
	switch m.Event {
	case "property-change":
		pl.changed(m.Name, m.Data)
	case "playback-restart":
		if !pl.began {
			pl.began = true
			pl.askStart()
		}
	case "end-file":
		if m.Reason == "eof" && pl.length > 0 {
			pl.seen = append(pl.seen, seen{file: filepath.Base(pl.path), share: 1 - pl.from/pl.length, ended: now})
		}
		pl.path, pl.length, pl.from, pl.began = "", 0, 0, false
	}
}

// changed takes a property. What becomes unavailable at the end stays known until the end is told.
func (pl *player) changed(name string, data json.RawMessage) {
	if len(data) == 0 {
		return
	}
	switch name {
	case "path":
		_ = json.Unmarshal(data, &pl.path) // no path: no film of ours
	case "duration":
		_ = json.Unmarshal(data, &pl.length) // no length: nothing is recorded
	}
}

// askStart asks where the file began. The caller holds mu, so the answer is taken by a channel of its own.
func (pl *player) askStart() {
	pl.lastID++
	id := pl.lastID
	ch := make(chan answer, 1)
	pl.answers[id] = ch
	_, err := io.WriteString(pl.conn, fmt.Sprintf(`{"command":["get_property","time-pos"],"request_id":%d}`+"\n", id))
	if err != nil {
		return // the reader learns it too
	}
	pl.reading.Go(func() { // ends with the answer or the connection
		select {
		case a := <-ch:
			pl.mu.Lock()
			defer pl.mu.Unlock()
			_ = json.Unmarshal(a.Data, &pl.from) // no answer: from the start
		case <-pl.gone:
		}
	})
}
