//go:build linux

package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/players/playerstest"
)

const (
	heat      = "Heat.1995.1080p.BluRay.x264-GRP.mkv"
	heatBody  = `{"progress":%g,"movie":{"title":"Heat","year":1995,"ids":{"imdb":"tt0113277"}}}`
	heatScene = 150 * time.Second // a quarter of ten minutes
)

// elsewhere lets another machine of the same account pause Heat.
func (w *world) elsewhere(progress float64) {
	w.t.Helper()
	w.tv(http.MethodPost, "/scrobble/pause", fmt.Sprintf(heatBody, progress))
}

// tv is a request of another machine of the same account.
func (w *world) tv(method, path, body string) []byte {
	w.t.Helper()
	address := "http://" + w.addr + path + "?client_id=abc&app-name=tv&app-version=1"
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "tv/1")
	req.Header.Set("Authorization", "Bearer "+w.env["SIMKLD_TOKEN"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		w.t.Fatalf("the other machine: %s %s: %s, %v", method, path, resp.Status, err)
	}
	return answer
}

// asked are the requests in order, without those of the other machine.
func (w *world) asked() string {
	var out []string
	for _, r := range w.simkl.Requests() {
		if r.UserAgent != "tv/1" {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return strings.Join(out, ", ")
}

const seekThere = "[scrobble]\nresume = \"seek\"\n"

func TestARealMPVGoesToThePointOfAnotherMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seekThere)
	w.elsewhere(25)
	w.start()
	m := w.mpvIn(clips.Clip(t, heat, 600))
	w.until("seek", func() bool { return positionOf(t, m) >= heatScene })
	w.until("start", func() bool { return len(w.calls()) == 2 })
	if got := w.asked(); !strings.Contains(got, "GET /sync/activities, GET /sync/playback, POST /scrobble/start") {
		t.Errorf("asked %s", got)
	}
	if p := positionOf(t, m); p > heatScene+20*time.Second {
		t.Errorf("it is at %v", p)
	}
}

func positionOf(t *testing.T, m *playerstest.MPV) time.Duration {
	t.Helper()
	v, err := m.Try("get_property", "time-pos")
	if err != nil {
		return 0 // nothing is loaded yet
	}
	s, _ := v.(float64)
	return time.Duration(s * float64(time.Second))
}

func TestAPointIsShownInMPV(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "[scrobble]\nresume = \"offer\"\n")
	w.elsewhere(25)
	w.start()
	log := filepath.Join(w.dir, "mpv.log")
	m := w.mpvIn("--log-file="+log, "--msg-level=cplayer=trace", clips.Clip(t, heat, 600))
	w.until("line", func() bool { return strings.Contains(textOf(log), "Left at 2:30 (25 %), today") })
	if p := positionOf(t, m); p > time.Minute {
		t.Errorf("it went to %v", p)
	}
}

// textOf is a file, which may not be there yet.
func textOf(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

func TestARealVLCGoesToThePointOfAnotherMachine(t *testing.T) {
	t.Parallel()
	v := playerstest.RealVLC(t)
	w := newWorld(t, seekThere+fmt.Sprintf("[[players.vlc]]\nurl = %q\npassword = %q\n[players.mpris]\nenabled = false\n", v.URL, playerstest.VLCPassword))
	w.elsewhere(25)
	w.start()
	v.Load(t, lively(t, heat))
	w.startsAt(v, 25)
}

func TestAPlayerOnTheBusGoesToThePointOfAnotherMachine(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	w := newWorld(t, seekThere+fmt.Sprintf("[players.mpris]\naddress = %q\n[players.mpv]\nenabled = false\n", bus.Address))
	w.elsewhere(25)
	w.start()
	v := bus.VLC(t)
	v.Load(t, lively(t, heat))
	w.startsAt(v, 25)
}

// startsAt waits for a start, kills the player, and looks where Simkl saw the film last.
func (w *world) startsAt(p playerstest.Player, progress float64) {
	w.t.Helper()
	w.untilCalls("pause", "start")
	p.Kill(w.t)
	w.untilCalls("pause", "start", "stop")
	time.Sleep(1100 * time.Millisecond) // three requests in a second are a burst
	var rows []struct{ Progress float64 }
	if err := json.Unmarshal(w.tv(http.MethodGet, "/sync/playback", ""), &rows); err != nil {
		w.t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Progress < progress || rows[0].Progress > progress+5 {
		w.t.Errorf("left at %+v", rows)
	}
}

// lively is a film that VLC can play, in a folder that it can read.
func lively(t *testing.T, name string) string {
	t.Helper()
	own, err := playerstest.NewMedia()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	own.AddSound()
	if err := os.Chmod(own.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	return own.Clip(t, name, 600)
}

func TestWhatAnotherMachinePlayedCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.elsewhere(60)
	w.start()
	m := w.mpvIn("--start=60%", "--speed=100", clips.Slow(t, heat, 600))
	w.until("history", func() bool { return len(w.simkl.History()) == 1 })
	m.Quit(t)
	<-m.Exited()
	before := len(w.calls())
	w.mpvIn("--start=85%", "--speed=20", clips.Slow(t, heat, 600))
	w.until("pause", func() bool { return strings.HasSuffix(strings.Join(w.calls()[before:], " "), "start pause") })
	if n := len(w.simkl.History()); n != 1 {
		t.Errorf("%d watches", n)
	}
}
