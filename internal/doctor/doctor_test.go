//go:build unix

package doctor_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/doctor"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/sandbox"
)

func want(t *testing.T, got doctor.Finding, state doctor.State, words string) {
	t.Helper()
	if got.State != state || !strings.Contains(got.Text+": "+got.Mend, words) {
		t.Errorf("%s is %s %q (mend %q), want %s with %q", got.Check, got.State, got.Text, got.Mend, state, words)
	}
}

// mender fails until it was mended.
type mender struct{ mended, broken bool }

func (*mender) Name() string { return "thing" }

func (m *mender) Look(context.Context) doctor.Finding {
	if m.mended {
		return doctor.Finding{State: doctor.OK, Text: "whole"}
	}
	return doctor.Finding{State: doctor.Fail, Text: "broken", Mend: "mend it"}
}

func (m *mender) Mend(context.Context) (string, error) {
	if m.broken {
		return "", os.ErrPermission
	}
	m.mended = true
	return "mended it", nil
}

func TestLookingMendsNothingAndMendingLooksAgain(t *testing.T) {
	var said []string
	hear := func(s string) { said = append(said, s) }
	m := &mender{}
	found := doctor.Look(t.Context(), []doctor.Check{m}, false, hear)
	want(t, found[0], doctor.Fail, "broken: mend it")
	if m.mended || len(said) > 0 {
		t.Error("looking mended something")
	}
	found = doctor.Look(t.Context(), []doctor.Check{m}, true, hear)
	want(t, found[0], doctor.OK, "whole")
	if len(said) != 1 || said[0] != "thing: mended it" {
		t.Errorf("said %q", said)
	}
	found = doctor.Look(t.Context(), []doctor.Check{&mender{broken: true}}, true, hear)
	want(t, found[0], doctor.Fail, "broken")
	if !strings.Contains(said[len(said)-1], "could not be mended") {
		t.Errorf("said %q", said)
	}
}

func TestCountTellsHintsFromFailures(t *testing.T) {
	fails, hints := doctor.Count([]doctor.Finding{{State: doctor.OK}, {State: doctor.Hint}, {State: doctor.Fail}, {State: doctor.Hint}})
	if fails != 1 || hints != 2 {
		t.Errorf("%d fails, %d hints", fails, hints)
	}
}

func TestFilesOpenToOthersAreClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	want(t, doctor.Files{State: dir}.Look(t.Context()), doctor.OK, "no state yet")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(dir, "token.json")
	if err := os.WriteFile(token, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	files := doctor.Files{State: dir}
	want(t, files.Look(t.Context()), doctor.Fail, "can be read by others")
	if did, err := files.Mend(t.Context()); err != nil || did == "" {
		t.Fatalf("mend: %q, %v", did, err)
	}
	want(t, files.Look(t.Context()), doctor.OK, "yours alone")
	for name, mode := range map[string]os.FileMode{dir: 0o700, token: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// listen makes a socket in a folder whose name is short enough for one.
func listen(t *testing.T, answer func(line string) string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "doctor") //nolint:usetesting // a socket's address must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "mpv.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
				fmt.Fprint(conn, answer(line))
			}
		}
	}()
	return socket
}

func TestEveryMPVIsAsked(t *testing.T) {
	good := listen(t, func(string) string {
		return `{"event":"idle"}` + "\n" + `{"data":"mpv 0.40.0","request_id":7301,"error":"success"}` + "\n"
	})
	hung := listen(t, func(string) string { return "" })
	gone := filepath.Join(filepath.Dir(good), "gone.sock")
	l, err := net.Listen("unix", gone)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	look := func(places ...string) doctor.Finding {
		return doctor.MPV{Enabled: true, Places: places}.Look(t.Context())
	}
	want(t, look(filepath.Dir(good)), doctor.OK, "mpv 0.40.0; 1 running")
	want(t, look(filepath.Join(filepath.Dir(good), "*.sock")), doctor.OK, "1 running")
	want(t, look(gone, "/nowhere/*.sock"), doctor.Hint, "none runs with a socket")
	want(t, look(good, hung), doctor.Fail, hung+" does not answer")
	want(t, doctor.MPV{Places: []string{hung}}.Look(t.Context()), doctor.OK, "not watched")
}

// world is a Simkl whose clock is off, and a linked account.
func world(t *testing.T, off time.Duration, token string) (*doctor.Simkl, *sandbox.Server, *httptest.Server) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().UTC().Add(off).Format(http.TimeFormat))
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	if token == "linked" {
		token = s.LinkToken("mine", "mika")
	}
	env := map[string]string{"HOME": t.TempDir(), "SIMKLD_TOKEN": token, "SIMKLD_STATE_DIR": t.TempDir()}
	p, err := paths.Resolve(paths.Options{Getenv: func(k string) string { return env[k] }})
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default().Simkl
	c.ClientID, c.APIURL, c.Timeout = "mine", srv.URL, 5*time.Second
	return &doctor.Simkl{
		ClientID: "mine", APIURL: srv.URL, Now: time.Now,
		Connect: func(ctx context.Context, by http.RoundTripper) (app.Linked, error) {
			tokens := app.NewTokens(p, func(k string) string { return env[k] }, zap.NewNop(), time.Now)
			return app.Connect(ctx, app.ClientOptions{Paths: p, Config: c, Tokens: tokens, Log: zap.NewNop(), HTTP: by, Now: time.Now})
		},
	}, s, srv
}

func TestClockIsComparedWithSimkls(t *testing.T) {
	for _, tt := range []struct {
		off   time.Duration
		state doctor.State
		words string
	}{
		{0, doctor.OK, "right, by Simkl's"},
		{-20 * time.Second, doctor.OK, "ahead of Simkl's"},
		{3 * time.Minute, doctor.Hint, "behind Simkl's: set the clock"},
		{-2 * time.Hour, doctor.Fail, "ahead of Simkl's, watches get wrong times"},
	} {
		s, _, _ := world(t, tt.off, "linked")
		want(t, s.Clock().Look(t.Context()), tt.state, tt.words)
	}
}

func TestAccountAndNetworkTellTheirTroublesApart(t *testing.T) {
	s, _, _ := world(t, 0, "linked")
	want(t, s.Account().Look(t.Context()), doctor.OK, "linked to mika (free), token in $SIMKLD_TOKEN")
	want(t, s.Network().Look(t.Context()), doctor.OK, " calls left today")

	s, _, _ = world(t, 0, "nobody's")
	want(t, s.Account().Look(t.Context()), doctor.Fail, "no longer accepts this account's token: simkld login")
	want(t, s.Network().Look(t.Context()), doctor.OK, " ms")

	s, _, _ = world(t, 0, "")
	want(t, s.Account().Look(t.Context()), doctor.Fail, "no account is linked: simkld login")
	want(t, s.Network().Look(t.Context()), doctor.OK, " ms")

	s, _, srv := world(t, 0, "linked")
	srv.Close()
	want(t, s.Account().Look(t.Context()), doctor.Hint, "not asked: Simkl cannot be reached")
	want(t, s.Clock().Look(t.Context()), doctor.Hint, "not asked")
	want(t, s.Network().Look(t.Context()), doctor.Fail, "Simkl cannot be reached")

	s, _, _ = world(t, 0, "linked")
	s.ClientID = ""
	want(t, s.Account().Look(t.Context()), doctor.Fail, "there is no client_id: simkld login")
	want(t, s.Clock().Look(t.Context()), doctor.Hint, "not asked: there is no client_id")
	want(t, s.Network().Look(t.Context()), doctor.Hint, "not asked: there is no client_id")
}

func TestClientThatCannotBeMadeIsSaid(t *testing.T) {
	s := &doctor.Simkl{
		ClientID: "mine", APIURL: "https://x", Now: time.Now,
		Connect: func(context.Context, http.RoundTripper) (app.Linked, error) { return app.Linked{}, os.ErrPermission },
	}
	want(t, s.Account().Look(t.Context()), doctor.Fail, "permission denied")
	want(t, s.Clock().Look(t.Context()), doctor.Hint, "not asked")
	want(t, s.Network().Look(t.Context()), doctor.Fail, "permission denied")
}
