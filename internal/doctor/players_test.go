//go:build linux

package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/doctor"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

func busOf(cfg mpris.Config) doctor.MPRIS {
	return doctor.MPRIS{
		Enabled: true, Denied: func(context.Context) []string { return nil },
		Probe: func(ctx context.Context) mpris.Probed { return mpris.Probe(ctx, cfg) },
	}
}

func finds(t *testing.T, f doctor.Finding, state doctor.State, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(f.Text+": "+f.Mend, w) {
			t.Errorf("%q is not in %+v", w, f)
		}
	}
	if f.State != state {
		t.Errorf("%+v, want %s", f, state)
	}
}

func TestPlayersOnTheBusAreAskedLive(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	check := busOf(mpris.Config{Address: bus.Address, Deny: []string{"playerctld"}})
	finds(t, check.Look(t.Context()), doctor.OK, "no media player now")
	m := bus.MPV(t)
	deadline := time.Now().Add(playerstest.Patience)
	for !strings.Contains(check.Look(t.Context()).Text, "1 media player (mpv)") {
		if time.Now().After(deadline) {
			t.Fatal(check.Look(t.Context()))
		}
	}
	denying := check
	denying.Denied = func(context.Context) []string { return []string{"Firefox"} }
	finds(t, denying.Look(t.Context()), doctor.Hint, "left out: Firefox", "players.mpris.allow")
	m.Freeze(t)
	finds(t, check.Look(t.Context()), doctor.Fail, "mpv gives no answer on the bus", "restart it")
	m.Thaw(t)
	bus.Kill(t)
	finds(t, check.Look(t.Context()), doctor.Fail, "cannot be reached")
	none := busOf(mpris.Config{Getenv: func(name string) string {
		return map[string]string{"XDG_RUNTIME_DIR": "/nonexistent"}[name]
	}})
	finds(t, none.Look(t.Context()), doctor.Hint, "there is no session bus")
	foreign := check
	foreign.Probe = func(context.Context) mpris.Probed {
		return mpris.Probed{Trouble: &mpris.Trouble{Kind: mpris.Refused, Address: "unix:path=/run/user/1000/bus", UID: 1000, Err: errors.New("closed")}}
	}
	finds(t, foreign.Look(t.Context()), doctor.Fail, "belongs to user 1000", "run simkld as the user who plays")
}

func TestEachTroubleOfVLCHasItsMend(t *testing.T) {
	t.Parallel()
	answering := func(h http.HandlerFunc) vlc.Instance {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return vlc.Instance{URL: s.URL, Password: "x"}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := vlc.Instance{URL: "http://" + l.Addr().String()}
	l.Close()
	for name, c := range map[string]struct {
		in    []vlc.Instance
		bus   bool
		state doctor.State
		words []string
	}{
		"nothing set up, a bus":  {nil, true, doctor.OK, []string{"seen over the bus"}},
		"nothing set up, no bus": {nil, false, doctor.Hint, []string{"VLC is not seen", "simkld setup vlc"}},
		"nobody listens":         {[]vlc.Instance{closed}, false, doctor.Hint, []string{"nobody listens at", "simkld setup vlc"}},
		"nobody listens, a bus":  {[]vlc.Instance{closed}, true, doctor.OK, []string{"seen over the bus too"}},
		"no address":             {[]vlc.Instance{{URL: "127.0.0.1:8080"}}, true, doctor.Fail, []string{"players.vlc.url"}},
		"another program": {[]vlc.Instance{answering(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html>hello")
		})}, true, doctor.Fail, []string{"is not VLC", "set players.vlc.url"}},
		"a wrong password": {[]vlc.Instance{answering(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="VLC stream"`)
			w.WriteHeader(http.StatusUnauthorized)
		})}, true, doctor.Fail, []string{"refuses the password", "simkld setup vlc"}},
		"no password set": {[]vlc.Instance{answering(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: http.StatusForbidden, false: http.StatusNotFound}[r.URL.Path == "/"])
			fmt.Fprint(w, "VLC_PASSWORD_NOT_SET")
		})}, true, doctor.Fail, []string{"no password set", "simkld setup vlc"}},
	} {
		check := doctor.VLC{Named: c.in, OnBus: func(context.Context) bool { return c.bus }}
		t.Run(name, func(t *testing.T) { finds(t, check.Look(t.Context()), c.state, c.words...) })
	}
}

func TestARealVLCAnswersTheDoctor(t *testing.T) {
	t.Parallel()
	v := playerstest.RealVLC(t)
	check := doctor.VLC{Named: []vlc.Instance{{URL: v.URL, Password: playerstest.VLCPassword}}, OnBus: func(context.Context) bool { return false }}
	finds(t, check.Look(t.Context()), doctor.OK, "answered in")
	check.Named[0].Password = "wrong"
	finds(t, check.Look(t.Context()), doctor.Fail, "refuses the password", "simkld setup vlc")
}
