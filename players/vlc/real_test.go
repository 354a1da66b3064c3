//go:build unix

package vlc_test

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

func watched(t testing.TB, v *playerstest.VLC) (*playerstest.Recorder, *vlc.Source) {
	t.Helper()
	rec := playerstest.NewRecorder()
	return rec, watchTo(t, rec, vlc.Instance{URL: v.URL, Password: playerstest.VLCPassword})
}

func TestRealStreamWithoutLength(t *testing.T) {
	t.Parallel()
	source := clips.Clip(t, "for raw.mkv", 60)
	raw := filepath.Join(clips.Folder(), "raw.h264")
	out, err := exec.Command("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i", source, "-an", "-c", "copy", "-f", "h264", raw).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	v := playerstest.RealVLC(t)
	rec, _ := watched(t, v)
	v.Load(t, raw)
	rec.Wait(t, 0, "it has no length", func(e players.Event) bool { return e.Item.Path == raw && e.Item.Growing && e.Item.Length == 0 })
}

func TestRealStreamOverHTTPIsNamedByItsURL(t *testing.T) {
	t.Parallel()
	film := clips.Clip(t, "1 + 1 = 100%.mkv", 60)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.FileServer(http.Dir(clips.Folder()))}
	served := make(chan struct{})
	go func() { server.Serve(l); close(served) }() // ends with Close
	t.Cleanup(func() { server.Close(); <-served })
	v := playerstest.RealVLC(t)
	rec, _ := watched(t, v)
	address := "http://" + l.Addr().String() + "/" + url.PathEscape(filepath.Base(film)) + "?token=abc"
	v.Command(t, "in_play", "input", address)
	e := rec.Wait(t, 0, "it plays", running)
	if e.Item.Path != address || e.Item.Title != "1 + 1 = 100%.mkv" || e.Item.Length != time.Minute {
		t.Errorf("told as %+v", e.Item)
	}
}

func TestRealVLCRefusesAWrongPassword(t *testing.T) {
	t.Parallel()
	v := playerstest.RealVLC(t)
	for password, want := range map[string]vlc.Trouble{
		playerstest.VLCPassword: vlc.TroubleNone, "wrong": vlc.TroublePassword, "": vlc.TroublePassword,
	} {
		st, err := vlc.Probe(t.Context(), vlc.Instance{URL: v.URL, Password: password})
		if err != nil || st.Trouble != want || (want == vlc.TroubleNone) != (st.Version != "") {
			t.Errorf("with %q: %+v, %v", password, st, err)
		}
	}
	v.Kill(t)
	<-v.Exited()
	if st, err := vlc.Probe(t.Context(), vlc.Instance{URL: v.URL}); err != nil || st.Trouble != vlc.TroubleOff {
		t.Errorf("gone: %+v, %v", st, err)
	}
}

func TestRealVLCWithoutAPasswordIsToldApart(t *testing.T) {
	t.Parallel()
	v := playerstest.RealVLC(t, playerstest.NoVLCPassword)
	st, err := vlc.Probe(t.Context(), vlc.Instance{URL: v.URL, Password: "x"})
	if err != nil || st.Trouble != vlc.TroubleNoPassword {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestRealVLCThatCameBackOnItsPortIsAnotherOne(t *testing.T) {
	t.Parallel()
	film := clips.Clip(t, "film.mkv", 60)
	v := playerstest.RealVLC(t, film)
	rec, _ := watched(t, v)
	first := rec.Wait(t, 0, "it plays", running)
	v.Kill(t)
	<-v.Exited()
	u, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	again := playerstest.StartVLC(t, port, film) // faster than the next question, mostly
	if e := rec.Wait(t, 0, "the first is over", stopped); e.Instance != first.Instance || e.End != players.EndGone {
		t.Errorf("told as %+v", e)
	}
	e := rec.WaitFor(t, 40*time.Second, 0, "the second plays", func(e players.Event) bool { return running(e) && e.Instance != first.Instance })
	if e.PID != again.PID() || first.PID != v.PID() {
		t.Errorf("processes %d and %d are told as %d and %d", v.PID(), again.PID(), first.PID, e.PID)
	}
}

func TestRealVLCGoesWhereItIsAsked(t *testing.T) {
	t.Parallel()
	film := clips.Clip(t, "resumed.mkv", 600)
	v := playerstest.RealVLC(t, film)
	rec, src := watched(t, v)
	e := rec.Wait(t, 0, "it plays", running)
	if src.Seek("nobody", film, 5*time.Minute) {
		t.Error("nobody was reached")
	}
	src.Seek(e.Instance, "/films/another.mkv", time.Minute) // by now it plays another file, so to speak
	waitFor(t, "that is dropped", func() bool { return !src.Seeking() })
	src.Seek(e.Instance, film, 5*time.Minute)
	got := rec.Wait(t, 0, "it went there", func(e players.Event) bool { return e.Jumped && e.Known })
	if (got.Position - 5*time.Minute).Abs() > 3*time.Second {
		t.Errorf("it is at %v", got.Position)
	}
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(playerstest.Patience); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", playerstest.Patience, what)
		}
	}
}

// BenchmarkPauseToEvent is the time from the command to pause until the event is handed on, with a real VLC. It is
// asked once a second, so half a second is the least that the median can be.
func BenchmarkPauseToEvent(b *testing.B) {
	v := playerstest.RealVLC(b, clips.Clip(b, "film.mkv", 600))
	rec, _ := watched(b, v)
	rec.Wait(b, 0, "it plays", running)
	var took []time.Duration
	pause := false
	for b.Loop() {
		pause = !pause
		b.StopTimer()
		// Not in step with the questions.
		time.Sleep(time.Duration(len(took)*377%1000) * time.Millisecond)
		b.StartTimer()
		mark, start := rec.Len(), now()
		v.Pause(b, pause)
		e := rec.Wait(b, mark, "the edge", func(e players.Event) bool { return (e.State == players.Paused) == pause })
		took = append(took, e.At.Mono-start.Mono)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-worst")
}

func TestProcessOfTheListenerIsFound(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", ":0"} { // the last one listens for IPv6 as well
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		here := net.IPv4(127, 0, 0, 1)
		if pid := vlc.OwnerOf(here, port); vlc.KnowsOwners && pid != os.Getpid() {
			t.Errorf("%s: the listener is of process %d, this is %d", address, pid, os.Getpid())
		}
		l.Close()
		if pid := vlc.OwnerOf(here, port); pid != 0 {
			t.Errorf("%s: a port that nobody listens at is of process %d", address, pid)
		}
	}
}
