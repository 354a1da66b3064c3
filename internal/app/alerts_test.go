//go:build unix

package app_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/simkld/simkld/internal/notify"
)

// desk is a desktop without a screen.
type desk struct {
	mu      sync.Mutex
	shows   map[uint32]notify.Notice
	next    uint32
	signals chan notify.Signal
}

func newDesk() *desk {
	return &desk{shows: map[uint32]notify.Notice{}, signals: make(chan notify.Signal, 4)}
}

func (d *desk) Show(_ context.Context, replaces uint32, n notify.Notice) (uint32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if replaces == 0 {
		d.next++
		replaces = d.next
	}
	d.shows[replaces] = n
	return replaces, nil
}

func (d *desk) Close(_ context.Context, id uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.shows, id)
}

func (d *desk) Signals() <-chan notify.Signal { return d.signals }
func (d *desk) End()                          {}

// find is the notice whose title begins so.
func (d *desk) find(title string) (uint32, notify.Notice, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, n := range d.shows {
		if strings.HasPrefix(n.Title, title) {
			return id, n, true
		}
	}
	return 0, notify.Notice{}, false
}

func TestWatchIsShownAndItsUndoAndItsHookDoWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	hook := filepath.Join(dir, "hook")
	if err := os.WriteFile(hook, []byte("#!/bin/sh\ncat >>'"+dir+"/events'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "[scrobble]\nstart_after = \"0s\"\n[hooks]\non_watched = [\""+hook+"\"]\non_unmatched = [\""+hook+"\"]\n")
	screen := newDesk()
	w.desktop = screen
	w.start()
	m := w.mpvIn("--idle=yes", "--speed=100", clips.Slow(t, "Heat (1995) [imdbid-tt0113277].mkv", 600))
	var id uint32
	w.until("notification", func() bool {
		var n notify.Notice
		var ok bool
		id, n, ok = screen.find("Watched: Heat (1995)")
		return ok && strings.HasPrefix(n.Body, "Counted for today ") && len(n.Buttons) == 1 && n.Quiet
	})
	events := func() []map[string]any {
		text, _ := os.ReadFile(filepath.Join(dir, "events")) // it comes later
		var all []map[string]any
		for line := range strings.Lines(string(text)) {
			var e map[string]any
			if json.Unmarshal([]byte(line), &e) == nil {
				all = append(all, e)
			}
		}
		return all
	}
	w.until("hook", func() bool { return len(events()) == 1 })
	e := events()[0]
	if e["event"] != "watched" || e["label"] != "Heat (1995)" || e["id"] != "1" || !strings.HasPrefix(e["path"].(string), "file:///") {
		t.Errorf("%v", e)
	}
	screen.signals <- notify.Signal{ID: id, Key: "undo"}
	w.until("undo", func() bool { _, _, shown := screen.find("Watched"); return !shown })
	w.log.mu.Lock()
	if got := strings.Join(w.ran, "; "); got != "undo 1" {
		t.Errorf("typed %q", got)
	}
	w.log.mu.Unlock()

	// A bare name is asked about, with the hook of its own; nothing of it went out.
	before := len(w.calls())
	m.Command(t, "loadfile", clips.Slow(t, "crash.mkv", 600))
	defer func() {
		if t.Failed() {
			t.Logf("on the screen: %+v", screen.shows)
		}
	}()
	w.until("question", func() bool {
		_, n, ok := screen.find("Which title is crash.mkv?")
		return ok && n.Command == "simkld fix 2" && !n.Quiet
	})
	w.until("second hook", func() bool { return len(events()) == 2 })
	if e := events()[1]; e["event"] != "unmatched" || e["id"] != "2" {
		t.Errorf("%v", e)
	}
	if after := len(w.calls()); after != before {
		t.Errorf("%d calls for a bare name", after-before)
	}
}
