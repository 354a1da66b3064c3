package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/simkld/simkld/players/playerstest"
)

const quick = "[scrobble]\nstart_after = \"0s\"\npause_after = \"0s\"\n"

// mpvIn starts a real mpv that the daemon of w finds by itself.
func (w *world) mpvIn(args ...string) *playerstest.MPV {
	w.t.Helper()
	folder := filepath.Join(w.env["XDG_RUNTIME_DIR"], "simkld", "mpv")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		w.t.Fatal(err)
	}
	return playerstest.StartMPV(w.t, filepath.Join(folder, "1.sock"), "", args...)
}

func TestARealMPVPlaysAndSimklHearsIt(t *testing.T) {
	w := newWorld(t, quick)
	w.start()
	film := clips.Slow(t, "Severance.S02E03.1080p.WEB.h264-GRP.mkv", 600)
	m := w.mpvIn("--speed=100", film)
	w.untilCalls("start")
	m.Command(t, "set_property", "pause", true)
	w.untilCalls("start", "pause")
	m.Command(t, "set_property", "pause", false)
	w.untilCalls("start", "pause", "start")
	w.until("history", func() bool { return len(w.simkl.History()) == 1 })
	got := w.simkl.History()[0]
	if got.Title != "Severance" || got.Season != 2 || got.Episode != 3 || time.Since(got.WatchedAt).Abs() > 15*time.Second {
		t.Errorf("history has %+v", got)
	}
}
