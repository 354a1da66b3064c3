//go:build unix

package mpv_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/playerstest"
)

// listener is a player that only notes what it is sent.
type listener struct {
	conn  net.Conn
	lines chan []any // commands without the questions about properties; never full in a test
}

// listen waits for the connection of a source.
func listen(t *testing.T, socket string, start func()) *listener {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	start()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := &listener{conn: c, lines: make(chan []any, 1000)}
	ended := make(chan struct{})
	go func() { // ends with the connection
		defer close(ended)
		in := bufio.NewScanner(c)
		for in.Scan() {
			var m struct {
				Command []any `json:"command"`
				ID      int64 `json:"request_id"`
			}
			if json.Unmarshal(in.Bytes(), &m) != nil {
				continue
			}
			if m.Command[0] == "observe_property" || m.Command[0] == "get_property" && m.Command[1] != "input-bindings" {
				continue
			}
			p.lines <- append(m.Command, m.ID)
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
	return p
}

func (p *listener) next(t *testing.T) []any {
	t.Helper()
	select {
	case l := <-p.lines:
		return l
	case <-time.After(playerstest.Patience):
		t.Fatal("nothing was sent")
		return nil
	}
}

func (p *listener) say(t *testing.T, line string) {
	t.Helper()
	if _, err := p.conn.Write([]byte(line + "\n")); err != nil {
		t.Fatal(err)
	}
}

// shown runs a source that is connected to a player, and gives the name of that.
func shown(t *testing.T) (*mpv.Source, string, *listener) {
	t.Helper()
	socket := filepath.Join(playerstest.ShortDir(t), "a.sock")
	src := mpv.New(mpv.Config{Sockets: []string{socket}, Now: now})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // one result
	p := listen(t, socket, func() { go func() { done <- src.Run(ctx, playerstest.NewRecorder()) }() })
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	instance := ""
	for deadline := time.Now().Add(playerstest.Patience); instance == ""; {
		instance = src.Instance()
		if time.Now().After(deadline) {
			t.Fatal("the player is not connected")
		}
		time.Sleep(time.Millisecond)
	}
	return src, instance, p
}

func TestLineIsSentAsOneShowTextForFourSeconds(t *testing.T) {
	src, instance, p := shown(t)
	if !src.Show(instance, "Heat (1995): watched") {
		t.Fatal("the player is said not to be there")
	}
	got := p.next(t)
	if got[0] != "show-text" || got[1] != "Heat (1995): watched" || got[2] != 4000.0 {
		t.Errorf("sent %v", got)
	}
	if src.Show("pid 1", "x") {
		t.Error("a line for a player that is not there is said to be shown")
	}
}

func TestLineIsSafeAndAtMost120CellsWide(t *testing.T) {
	src, instance, p := shown(t)
	for _, line := range []string{
		"a\x1b[31m\"quoted\" \\ \xff\xfe line\nbreak \u202egpj " + strings.Repeat("葬", 100),
		"e" + strings.Repeat("\u0301", 100000),
		strings.Repeat("x", 1<<20),
	} {
		src.Show(instance, line)
		text, _ := p.next(t)[1].(string)
		if w := runewidth.StringWidth(text); w > 120 || len(text) > 120*16+3 || text == "" {
			t.Errorf("%d cells, %d bytes", w, len(text))
		}
		if strings.ContainsAny(text, "\x1b\n\u202e") {
			t.Errorf("sent raw: %q", text)
		}
	}
}

func TestLineNamesTheKeysThatTheUserBound(t *testing.T) {
	src, instance, p := shown(t)
	src.Show(instance, "12 % played: not counted", mpv.ActionCount, mpv.ActionUndo, mpv.ActionFix)
	ask := p.next(t)
	if ask[0] != "get_property" || ask[1] != "input-bindings" {
		t.Fatalf("asked %v", ask)
	}
	id, _ := json.Marshal(ask[len(ask)-1])
	p.say(t, `{"error":"success","request_id":`+string(id)+`,"data":[`+
		`{"section":"default","cmd":"seek 5","key":"RIGHT","priority":1},`+
		`{"section":"default","cmd":"no-osd script-binding simkld/count; show-text x","key":"Ctrl+w","priority":9},`+
		`{"section":"x","cmd":"script-binding simkld/undo","key":"u","priority":-1},`+
		`{"section":"default","cmd":"script-binding simkld/undo","key":"U","priority":9},`+
		`{"section":"menu","cmd":"something of another script","key":"U","priority":10},`+
		`{"section":"default","cmd":"script-binding \"simkld/fix\"","key":"F","priority":9},`+
		`{"section":"default","cmd":"script-binding simkld/fixed","key":"G","priority":9}]}`)
	if got := p.next(t); got[1] != "12 % played: not counted  [Ctrl+w: count]  [F: fix]" {
		t.Errorf("shown is %v", got)
	}

	src.Show(instance, "no keys", mpv.ActionCount)
	id, _ = json.Marshal(p.next(t)[2])
	p.say(t, `{"error":"property unavailable","request_id":`+string(id)+`}`)
	if got := p.next(t); got[1] != "no keys" {
		t.Errorf("shown is %v", got)
	}
}

func TestManyLinesAreNeverWaitedForAndTheLastIsShown(t *testing.T) {
	src, instance, p := shown(t)
	began := time.Now()
	for range 10000 {
		src.Show(instance, "again")
	}
	src.Show(instance, "last")
	if took := time.Since(began); took > playerstest.Patience/2 {
		t.Errorf("that took %v", took)
	}
	for p.next(t)[1] != "last" {
	}
}

func TestKeysOfThePlayerAreCommandsAndForeignMessagesAreNot(t *testing.T) {
	src, instance, p := shown(t)
	for _, args := range []string{
		`["simkld"]`, `["simkld","format-disk"]`, `["simkld","undo","x"]`, `["other","undo"]`, `"simkld"`, `[{"simkld":1}]`,
		`["simkld","` + strings.Repeat("u", 1<<20) + `"]`, `["simkld","count"]`,
	} {
		p.say(t, `{"event":"client-message","args":`+args+`}`)
	}
	select {
	case got := <-src.Commands():
		if got != (mpv.Command{Instance: instance, Action: mpv.ActionCount}) {
			t.Errorf("got %+v", got)
		}
	case <-time.After(playerstest.Patience):
		t.Fatal("no command came")
	}
	for range 1000 { // nobody takes them: the player must still be read
		p.say(t, `{"event":"client-message","args":["simkld","undo"]}`)
	}
	src.Show(instance, "still there")
	if got := p.next(t); got[1] != "still there" {
		t.Errorf("shown is %v", got)
	}
}

func TestRealPlayerTakesALineAndGivesTheKeysOfItsUser(t *testing.T) {
	dir := playerstest.ShortDir(t)
	if err := os.WriteFile(filepath.Join(dir, "input.conf"), []byte("Ctrl+z script-binding simkld/undo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := playerstest.RealMPV(t, "--config=yes", "--config-dir="+dir, "--script=../../internal/setup/simkld.lua")
	src := mpv.New(mpv.Config{Sockets: []string{m.Socket}, Now: now})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rec := playerstest.NewRecorder()
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	defer func() { cancel(); <-done }()
	m.Command(t, "loadfile", clips.Clip(t, "osd.mkv", 60))
	e := rec.Wait(t, 0, "it plays", playing)
	if !src.Show(e.Instance, "${pid} $$ <b>", mpv.ActionUndo) {
		t.Error("it is not connected")
	}
	mark := rec.Len()
	m.Command(t, "keypress", "Ctrl+z")
	select {
	case got := <-src.Commands():
		if got.Instance != e.Instance || got.Action != mpv.ActionUndo {
			t.Errorf("got %+v", got)
		}
	case <-time.After(playerstest.Patience):
		t.Fatal("the key was not heard")
	}
	m.Command(t, "set_property", "pause", true)
	rec.Wait(t, mark, "it still listens", func(e players.Event) bool { return e.State == players.Paused })
}

func TestRealPlayerGoesWhereItIsAsked(t *testing.T) {
	m := playerstest.RealMPV(t)
	src := mpv.New(mpv.Config{Sockets: []string{m.Socket}, Now: now})
	ctx, cancel := context.WithCancel(t.Context())
	rec := playerstest.NewRecorder()
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	defer func() { cancel(); <-done }()
	film := clips.Clip(t, "resumed.mkv", 600)
	m.Command(t, "loadfile", film)
	e := rec.Wait(t, 0, "it plays", playing)
	if src.Seek("pid 1", film, time.Minute) {
		t.Error("nobody was reached")
	}
	src.Seek(e.Instance, "/films/another.mkv", time.Minute) // by now it plays another file, so to speak
	src.Show(e.Instance, "still there")
	if !src.Seek(e.Instance, film, 5*time.Minute) {
		t.Error("it is not connected")
	}
	got := rec.Wait(t, 0, "it went there", func(e players.Event) bool { return e.Jumped && e.Known })
	if (got.Position - 5*time.Minute).Abs() > 3*time.Second {
		t.Errorf("it is at %v", got.Position)
	}
}
