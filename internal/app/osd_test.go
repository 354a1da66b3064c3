//go:build linux

package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simkld/simkld/players/playerstest"
)

// screen is a real mpv with the script of simkld and keys of its user, and what it was shown.
type screen struct {
	*playerstest.MPV
	w   *world
	log string
}

func (w *world) screen(args ...string) *screen {
	w.t.Helper()
	dir := filepath.Join(w.dir, "mpv")
	if err := os.Mkdir(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	keys := "Ctrl+z script-binding simkld/undo\nCtrl+w script-binding simkld/count\nCtrl+f script-binding simkld/fix\n"
	if err := os.WriteFile(filepath.Join(dir, "input.conf"), []byte(keys), 0o600); err != nil {
		w.t.Fatal(err)
	}
	s := &screen{w: w, log: filepath.Join(w.dir, "mpv.log")}
	s.MPV = w.mpvIn(append([]string{
		"--config=yes", "--config-dir=" + dir, "--script=../setup/simkld.lua", "--log-file=" + s.log, "--msg-level=cplayer=trace",
	}, args...)...)
	return s
}

// shows waits until a line was shown.
func (s *screen) shows(line string) {
	s.w.t.Helper()
	s.w.until("line "+line, func() bool { return s.showed(line) })
}

func (s *screen) showed(line string) bool {
	text := strings.ReplaceAll(textOf(s.log), `\"`, `"`)
	return strings.Contains(text, line)
}

func TestMPVShowsWhatIsScrobbledAndWatchedAndItsKeysAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick+"[players.mpv]\nosd = \"all\"\n")
	w.start()
	m := w.screen(clips.Slow(t, heat, 600))
	m.shows("Scrobbling: Heat (1995)")
	m.Command(t, "keypress", "Ctrl+f")
	m.shows("Which title is this? Say it in a terminal: simkld fix 1")
	m.Command(t, "keypress", "Ctrl+w")
	m.shows("Counted: Heat (1995)  [Ctrl+z: undo]")
	w.until("history", func() bool { return len(w.simkl.History()) == 1 })
	m.Command(t, "keypress", "Ctrl+z")
	w.until("undo", func() bool { return slices.Contains(w.commands(), "undo --json 1") })
}

// The line about a film that has just ended names a key, which is about that film and not about the next one.
func TestTheKeyOfALineIsAboutTheWatchOfThatLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.start()
	m := w.screen("--start=85%", clips.Slow(t, heat, 600), clips.Slow(t, "Severance.S02E03.1080p.WEB.h264-GRP.mkv", 600))
	w.untilCalls("start")
	m.Command(t, "playlist-next")
	m.shows(" % played, 50 % needed  [Ctrl+w: count]")
	w.untilCalls("start", "pause", "start")
	m.Command(t, "keypress", "Ctrl+w")
	w.until("mark", func() bool { return slices.Equal(w.commands(), []string{"mark --json 1"}) })
	if m.showed("Scrobbling") {
		t.Error("what needs nobody was shown")
	}
}

func TestNothingIsShownInMPVWhereOSDIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick+"[players.mpv]\nosd = \"off\"\n")
	w.start()
	m := w.screen(clips.Slow(t, heat, 600))
	w.untilCalls("start")
	m.Command(t, "keypress", "Ctrl+w")
	w.until("history", func() bool { return len(w.simkl.History()) == 1 })
	m.Command(t, "show-text", "that is all")
	m.shows("that is all")
	for _, line := range []string{"Scrobbling", "Watched", "Counted"} {
		if m.showed(line + ": ") {
			t.Errorf("%s was shown", line)
		}
	}
}
