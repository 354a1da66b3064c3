//go:build linux

package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simkld/simkld/players/playerstest"
)

// save writes other settings into the file that the daemon watches.
func (w *world) save(toml string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "config.toml")
	text := "[simkl]\nclient_id = \"abc\"\napi_url = \"http://" + w.addr + "\"\n" + toml
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil { // as editors do
		w.t.Fatal(err)
	}
}

func TestSettingsOfPlayersThatAreSavedAreTakenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.start()
	socket := filepath.Join(w.dir, "other.sock")
	playerstest.StartMPV(t, socket, "", clips.Slow(t, heat, 600))
	usual := w.mpvIn(clips.Slow(t, "Severance.S02E03.1080p.WEB.h264-GRP.mkv", 600))
	w.untilCalls("start")
	w.save(quick + "[players.mpv]\nsockets = [\"" + socket + "\"]\n")
	// The one that was seen is gone for a moment, then both are there.
	w.until("three starts", func() bool { return strings.Count(strings.Join(w.calls(), " "), "start") == 3 })
	w.save(quick + "[players.mpv]\nenabled = false\n")
	w.until("both are closed", func() bool {
		calls := strings.Join(w.calls(), " ")
		return strings.Count(calls, "stop")+strings.Count(calls, "pause") == 3
	})
	w.save("[players.mpv]\nenabled = \"maybe\"\n")
	w.until("a bad file is said", func() bool { return strings.Contains(w.log.String(), "the old ones stay") })
	if _, err := usual.Try("get_property", "pause"); err != nil {
		t.Errorf("the player was harmed: %v", err)
	}
}
