package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players/playerstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon is a Backend that plays one film.
type daemon struct {
	mu      sync.Mutex
	status  api.Status
	changed chan struct{}
	kicks   []api.Kick

	ran    []string
	prints []byte
	fails  error
}

func newDaemon() *daemon {
	return &daemon{changed: make(chan struct{}), status: api.Status{Version: "1.0.0", PID: 7, Sessions: []api.Session{{ID: "1", Progress: 10.2, PositionS: 1}}}}
}

func (d *daemon) Status(context.Context) api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.status
	st.Sessions = append([]api.Session(nil), st.Sessions...)
	return st
}

func (d *daemon) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

func (d *daemon) change(f func(*api.Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Sessions = append([]api.Session(nil), d.status.Sessions...)
	f(&d.status)
	close(d.changed)
	d.changed = make(chan struct{})
}

func (*daemon) NextPercent() time.Duration { return 0 }

func (*daemon) Why(_ context.Context, path string, watch media.WatchID) (api.Why, error) {
	if watch == 404 {
		return api.Why{}, fault.New(fault.NotFound, "there is no watch 404", "look at simkld history")
	}
	return api.Why{Path: path, Title: "Heat"}, nil
}

func (d *daemon) SetPrivate(ctx context.Context, req api.PrivateRequest) (api.Status, error) {
	d.change(func(st *api.Status) { st.PrivateUntil = req.Until })
	return d.Status(ctx), nil
}

func (*daemon) Mark(_ context.Context, req api.MarkRequest) (api.Marked, error) {
	return api.Marked{Watch: req.Watch, Label: "Heat (1995)"}, nil
}

func (*daemon) Link(context.Context) (api.Link, error) {
	return api.Link{URL: "http://127.0.0.1:1/open?key=k"}, nil
}

func (d *daemon) Command(_ context.Context, args ...string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ran = append(d.ran, strings.Join(args, " "))
	return d.prints, d.fails
}

func (d *daemon) Kicked(_ context.Context, k api.Kick) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kicks = append(d.kicks, k)
	return nil
}

// serve opens the door of d and gives a client to it.
func serve(t *testing.T, d *daemon) (*api.Client, string) {
	t.Helper()
	dir := playerstest.ShortDir(t)
	path := filepath.Join(dir, "s")
	l, err := api.Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, l, api.Door(d)) }()
	c := api.NewClient(api.DialAny([]string{filepath.Join(dir, "nobody"), path}))
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return c, path
}

func TestCommandsReachTheDaemon(t *testing.T) {
	d := newDaemon()
	c, _ := serve(t, d)
	st, err := c.Status(t.Context())
	if err != nil || st.PID != 7 || len(st.Sessions) != 1 {
		t.Errorf("status %+v, %v", st, err)
	}
	if why, err := c.Why(t.Context(), "/films/Heat +%.mkv", 0); err != nil || why.Path != "/films/Heat +%.mkv" {
		t.Errorf("why %+v, %v", why, err)
	}
	until := time.Date(2026, 5, 22, 20, 0, 0, 0, time.UTC)
	if st, err = c.SetPrivate(t.Context(), api.PrivateRequest{Until: &until}); err != nil || !st.PrivateUntil.Equal(until) {
		t.Errorf("private %+v, %v", st.PrivateUntil, err)
	}
	if m, err := c.Mark(t.Context(), 3); err != nil || m.Watch != 3 {
		t.Errorf("mark %+v, %v", m, err)
	}
	if err := c.Kick(t.Context(), api.KickRules); err != nil || len(d.kicks) != 1 || d.kicks[0] != api.KickRules {
		t.Errorf("kicks %v, %v", d.kicks, err)
	}
}

func TestAFailureKeepsItsKindAndItsWords(t *testing.T) {
	c, _ := serve(t, newDaemon())
	_, err := c.Why(t.Context(), "", 404)
	if fault.KindOf(err) != fault.NotFound || err.Error() != "there is no watch 404: look at simkld history" {
		t.Errorf("got %v of kind %s", err, fault.KindOf(err))
	}
}

func TestWithoutADaemonCommandsKnowIt(t *testing.T) {
	c := api.NewClient(api.DialAny([]string{filepath.Join(t.TempDir(), "s")}))
	defer c.Close()
	if _, err := c.Status(t.Context()); !api.IsNoDaemon(err) {
		t.Errorf("status says %v", err)
	}
	if err := c.Kick(t.Context(), api.KickQueue); err != nil {
		t.Errorf("there is nobody to kick, which is no error: %v", err)
	}
}

func TestFollowSaysChangesAndWholePercentsAndNoPositions(t *testing.T) {
	d := newDaemon()
	c, _ := serve(t, d)
	enough := errors.New("enough")
	var got []float64
	steps := []func(*api.Status){
		func(st *api.Status) { st.Sessions[0].PositionS, st.Sessions[0].Progress = 2, 10.9 }, // a position: not said
		func(st *api.Status) { st.Sessions[0].Progress = 11.1 },
		func(st *api.Status) { st.Sessions[0].State = "paused" },
	}
	err := c.Follow(t.Context(), func(st api.Status) error {
		got = append(got, st.Sessions[0].Progress)
		if len(got) == 3 {
			return enough
		}
		for len(steps) > 0 {
			step := steps[0]
			steps = steps[1:]
			d.change(step)
			if len(steps) != 2 { // the first is not said: the next one follows at once
				break
			}
		}
		return nil
	})
	if !errors.Is(err, enough) || len(got) != 3 || got[0] != 10.2 || got[2] != 11.1 {
		t.Errorf("said %v, %v", got, err)
	}
}

func TestFollowEndsWithTheDaemon(t *testing.T) {
	d := newDaemon()
	dir := playerstest.ShortDir(t)
	l, err := api.Listen(t.Context(), filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, l, api.Door(d)) }()
	c := api.NewClient(api.DialAny([]string{filepath.Join(dir, "s")}))
	defer c.Close()
	err = c.Follow(t.Context(), func(api.Status) error { cancel(); return nil })
	if !api.IsNoDaemon(err) {
		t.Errorf("follow ended with %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestTheSocketIsItsOwnersAlone(t *testing.T) {
	_, path := serve(t, newDaemon())
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("socket %v in folder %v", info.Mode(), folder.Mode())
	}
}

func TestWhatIsNotARequestDoesNoHarm(t *testing.T) {
	c, path := serve(t, newDaemon())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	for _, body := range []string{"", "{", `{"watch":"x"}`, strings.Repeat("[", 1<<21), "\x00\xff"} {
		resp, err := client.Post("http://d/v1/mark", "application/json", strings.NewReader(body))
		if err != nil {
			continue // it may hang up on what is too long
		}
		var f api.Failure
		if body != "" && json.NewDecoder(resp.Body).Decode(&f) == nil && f.Kind != "usage" {
			t.Errorf("%.20q is answered with %+v", body, f)
		}
		resp.Body.Close()
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestThePageRunsWhatSomebodyCouldType holds what each address of the page runs, and that nothing in it becomes a flag.
func TestThePageRunsWhatSomebodyCouldType(t *testing.T) {
	for _, test := range []struct {
		method, place, body, ran string
		fails                    bool
	}{
		{"GET", "history", "", "history --json --limit=50", false},
		{"GET", "history?limit=5", "", "history --json --limit=5", false},
		{"GET", "history?limit=-1", "", "", true},
		{"GET", "history?limit=100000", "", "", true},
		{"GET", "requests?where=status+contains+4&where=--again", "", "requests --json --where=status contains 4 --where=--again", false},
		{"GET", "requests.csv?where=a", "", "requests --csv --where=a", false},
		{"POST", "undo", `{"entry":38}`, "undo --json 38", false},
		{"POST", "undo", `{}`, "", true},
		{"POST", "undo", `{"entry":-1}`, "", true},
		{"POST", "undo", `{"entry":"--help"}`, "", true},
		{"POST", "mark", `{"entry":3}`, "mark --json 3", false},
		{"POST", "drop", `{"entry":3}`, "queue drop --yes --json 3", false},
		{"POST", "retry", `{}`, "", true},
		{"POST", "retry-all", `{}`, "queue retry --json", false},
		{"POST", "find", `{"entry":3,"words":"--simkl=1"}`, "fix 3 --json --find=--simkl=1", false},
		{"POST", "fix", `{"entry":3,"simkl":12001,"season":2,"episode":0}`, "fix 3 --json --simkl=12001 --season=2 --episode=0", false},
		{"POST", "fix", `{"entry":3}`, "", true},
		{"POST", "playback-remove", `{"playback":"9007199254740993"}`, "playback remove 9007199254740993 --json", false},
		{"POST", "playback-remove", `{"playback":"--yes"}`, "", true},
	} {
		d := newDaemon()
		d.prints = []byte(`[]`)
		w := httptest.NewRecorder()
		api.Handler(d).ServeHTTP(w, httptest.NewRequest(test.method, "/v1/command/"+test.place, strings.NewReader(test.body)))
		if ran := strings.Join(d.ran, "; "); ran != test.ran || (w.Code != http.StatusOK) != test.fails {
			t.Errorf("%s %s %s ran %q and answered %d, want %q", test.method, test.place, test.body, ran, w.Code, test.ran)
		}
	}
}

func TestACommandThatPrintsAndFailsIsShown(t *testing.T) {
	d := newDaemon()
	d.fails = fault.New(fault.Failed, "1 check fails", "")
	get := func(place string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		api.Handler(d).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/command/"+place, nil))
		return w
	}
	d.prints = []byte(`[{"check":"mpv"}]`)
	if w := get("doctor"); w.Code != http.StatusOK || w.Body.String() != string(d.prints) {
		t.Errorf("doctor answers %d, %s", w.Code, w.Body)
	}
	if w := get("requests.csv"); w.Code == http.StatusOK {
		t.Errorf("half a table is given out as whole: %s", w.Body)
	}
	d.prints = nil
	if w := get("doctor"); w.Code == http.StatusOK || !strings.Contains(w.Body.String(), "1 check fails") {
		t.Errorf("a command that only fails answers %d, %s", w.Code, w.Body)
	}
}

func TestEventsAreAStream(t *testing.T) {
	d := newDaemon()
	srv := httptest.NewServer(api.Handler(d))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/v1/events", nil)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("it is %q", got)
	}
	lines := bufio.NewReader(resp.Body)
	for _, want := range []int{7, 8} {
		line, err := lines.ReadString('\n')
		var st api.Status
		data, ok := strings.CutPrefix(line, "data: ")
		if err != nil || !ok || json.Unmarshal([]byte(data), &st) != nil || st.PID != want {
			t.Fatalf("%q, %v", line, err)
		}
		if end, _ := lines.ReadString('\n'); end != "\n" {
			t.Errorf("the event ends with %q", end)
		}
		d.change(func(st *api.Status) { st.PID = 8 })
	}
}
