//go:build linux && desktop

package mpris_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

// page plays a film with a silent sound track: without one Chromium tells nobody (players.md 5).
const page = `<!DOCTYPE html><title>Some Film (2001) | StreamSite</title><video src="/film.webm" autoplay></video>`

func film(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.webm")
	out, err := exec.Command("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i",
		"color=c=black:s=64x36:r=5", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "60", "-c:v", "libvpx",
		"-c:a", "libopus", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return path
}

func TestBrowserIsToldOnlyIfItIsAllowed(t *testing.T) {
	path := film(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/film.webm" {
			http.ServeFile(w, r, path)
			return
		}
		fmt.Fprint(w, page)
	}))
	defer site.Close()
	bus := playerstest.NewBus(t)
	denying, none := watch(t, bus.Address)
	rec := playerstest.NewRecorder()
	watchTo(t, rec, mpris.Config{Address: bus.Address, Allow: []string{"chromium"}})
	bus.Player(t, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir=profile",
		"--autoplay-policy=no-user-gesture-required", site.URL)
	e := rec.WaitFor(t, time.Minute, 0, "the page plays", playing)
	if e.Item.Title != "Some Film (2001) | StreamSite" || e.Item.Path != "" || e.Item.Length.Round(time.Second) != time.Minute {
		t.Errorf("told as %+v", e)
	}
	if n := none.Len(); n != 0 {
		t.Errorf("told %d events of a browser that is not allowed", n)
	}
	waitUntil(t, "it is known as denied", func() bool { return len(denying.Denied()) == 1 })
	if e.State != players.Playing {
		t.Errorf("it is %s", e.State)
	}
}
