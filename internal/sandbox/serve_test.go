package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// listen serves on a loopback port and gives the address; the server is stopped and waited for at the end of the test.
func listen(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // one result of Serve
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}

// remote is a well-behaved client over a real connection.
type remote struct {
	t     *testing.T
	http  *http.Client
	base  string
	token string
}

func newRemote(t *testing.T, base, token string) *remote {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &remote{t: t, base: base, token: token, http: &http.Client{
		Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (r *remote) do(ctx context.Context, method, path, body string) (int, string, error) {
	r.t.Helper()
	u, err := url.Parse(r.base + path)
	if err != nil {
		r.t.Fatal(err)
	}
	q := u.Query()
	q.Set("client_id", "cid")
	q.Set("app-name", "test")
	q.Set("app-version", "1.0")
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("User-Agent", "test/1.0")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := r.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, string(b), err
}

func TestFaults(t *testing.T) {
	stop := `{"progress":100,` + severance + `}`
	for _, c := range []struct {
		name    string
		fault   sandbox.Fault
		status  int
		body    string
		broken  bool
		watches int
	}{
		{"status before", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Body: "x", Header: http.Header{"Retry-After": {"7"}}}, 503, "x", false, 0},
		{"status after", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500, After: true}, 500, "", false, 1},
		{"drop before", sandbox.Fault{Kind: sandbox.FaultDrop}, 0, "", true, 0},
		{"drop after", sandbox.Fault{Kind: sandbox.FaultDrop, After: true}, 0, "", true, 1},
		{"cut", sandbox.Fault{Kind: sandbox.FaultCut}, 201, `{"id":`, true, 1},
		{"html", sandbox.Fault{Kind: sandbox.FaultHTML}, 200, "<!DOCTYPE html>", false, 0},
		{"garbage", sandbox.Fault{Kind: sandbox.FaultGarbage, After: true}, 200, "\x1f\x8b", false, 1},
		{"endless", sandbox.Fault{Kind: sandbox.FaultEndless}, 200, `{"a":"xxx`, false, 0},
		{"redirect", sandbox.Fault{Kind: sandbox.FaultRedirect, To: "http://other.invalid/"}, 302, "", false, 0},
		{"delay", sandbox.Fault{Delay: 10 * time.Millisecond}, 201, `{"id":`, false, 1},
		{"another call", sandbox.Fault{Kind: sandbox.FaultDrop, Match: func(r *http.Request) bool { return r.Method == http.MethodGet }}, 201, `{"id":`, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := sandbox.New(sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := newRemote(t, listen(t, s), s.LinkToken("cid", "sandbox"))
			c.fault.Times = 1
			s.Inject(c.fault)
			status, body, err := r.do(t.Context(), "POST", "/scrobble/stop", stop)
			if status != c.status || !strings.HasPrefix(body, c.body) || (err != nil) != c.broken {
				t.Errorf("%d %.80q %v", status, body, err)
			}
			if n := len(s.History()); n != c.watches {
				t.Errorf("%d watches, want %d", n, c.watches)
			}
			if log := s.Requests(); len(log) != 1 || log[0].Status != c.status || log[0].BodyLength != len(stop) {
				t.Errorf("log %+v", log)
			}
			r.http.CloseIdleConnections()
			if status, _, err := r.do(t.Context(), "GET", "/users/settings", ""); c.name != "another call" && (status != 200 || err != nil) {
				t.Errorf("the fault was for one call: %d %v", status, err)
			}
		})
	}
}

func TestFaultsCanBeAskedForByHeaderAndQuery(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	if status, _ := p.do("POST", "/scrobble/stop?sandbox_fault=503,after", `{"progress":100,`+severance+`}`); status != 503 || len(p.s.History()) != 1 {
		t.Fatal(status)
	}
	r := p.request("GET", "/oauth/pin", "")
	r.Header.Set("X-Sandbox-Fault", "html")
	if _, b, _ := p.send(r); !strings.HasPrefix(b, "<!DOCTYPE") {
		t.Fatal(b)
	}
}

func TestMatchMayAskTheServer(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.s.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500, Match: func(*http.Request) bool { return len(p.s.Requests()) == 1 }})
	for i, want := range []int{200, 500, 200} {
		if status, _ := p.do("GET", "/users/settings", ""); status != want {
			t.Fatal(i, status)
		}
	}
}

func TestInjectedFaultCanBeTakenBack(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	remove := p.s.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502})
	for range 2 {
		if status, _ := p.do("GET", "/users/settings", ""); status != 502 {
			t.Fatal(status)
		}
	}
	remove()
	if status, _ := p.do("GET", "/users/settings", ""); status != 200 {
		t.Fatal(status)
	}
}

// pipes is a listener of in-memory connections, for tests in a bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }
func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case p.conns <- b:
		return a, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// 5.4 and 17 row 8: a write that holds the lock makes the next one of that user wait as configured, then 400; after 20 s
// the lock is free again, whatever holds it.
func TestWriteLock(t *testing.T) {
	for _, c := range []struct {
		hold, wait time.Duration
		want       int
	}{
		{5 * time.Second, 0, 400},
		{5 * time.Second, 10 * time.Second, 201},
		{15 * time.Second, 10 * time.Second, 400},
		{time.Minute, 30 * time.Second, 201},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, err := sandbox.New(sandbox.Options{LockWait: c.wait})
			if err != nil {
				t.Fatal(err)
			}
			ln := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1) // one result of Serve
			go func() { done <- s.Serve(ctx, ln) }()
			tr := &http.Transport{DialContext: ln.dial}
			r := &remote{t: t, base: "http://sandbox.test", token: s.LinkToken("cid", "sandbox"), http: &http.Client{Transport: tr}}
			s.Inject(sandbox.Fault{Hold: c.hold, Times: 1})
			first := make(chan int, 1) // one status
			go func() {
				status, _, _ := r.do(ctx, "POST", "/scrobble/start", `{`+severance+`}`)
				first <- status
			}()
			time.Sleep(2 * time.Second)
			status, body, err := r.do(ctx, "POST", "/scrobble/start", `{"movie":{"ids":{"simkl":53801}}}`)
			if status != c.want || err != nil || status == 400 && object(t, body)["error"] != "RATE_LIMIT" {
				t.Errorf("%+v: %d %s %v", c, status, body, err)
			}
			if status := <-first; status != 201 {
				t.Errorf("%+v: the first call got %d", c, status)
			}
			tr.CloseIdleConnections()
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	p := newPeer(t, sandbox.Options{StateFile: file, Plan: sandbox.PlanPro})
	p.do("POST", "/scrobble/stop", `{"progress":100,`+severance+`}`)
	p.do("POST", "/scrobble/stop", `{"progress":100,"movie":{"ids":{"simkl":53801}}}`)
	p.do("POST", "/scrobble/pause", `{"progress":20,"movie":{"ids":{"simkl":472214}}}`)
	p.do("POST", "/scrobble/start", `{"progress":20,"anime":{"ids":{"mal":21}},"episode":{"number":1000}}`)
	if err := p.s.StateError(); err != nil {
		t.Fatal(err)
	}
	again := newPeer(t, sandbox.Options{StateFile: file, Now: p.clock.Now})
	if again.token != p.token {
		t.Fatal("the token was forgotten")
	}
	again.clock = p.clock
	h := again.s.History()
	if len(h) != 2 || h[0].Title != "Severance" || h[0].Episode != 3 || h[1].Title != "Heat" {
		t.Fatalf("%+v", h)
	}
	if len(again.s.Playbacks("sandbox")) != 1 {
		t.Fatal("the playback was forgotten")
	}
	if w, on := again.s.WatchingNow("sandbox"); !on || w.Episode != 1000 {
		t.Fatalf("%+v %v", w, on)
	}
	if status, b := again.do("POST", "/scrobble/stop", `{"progress":100,`+severance+`}`); status != 409 {
		t.Fatal("the hour was forgotten:", status, b)
	}
	left, err := filepath.Glob(file + ".new-*")
	if err != nil || len(left) != 0 {
		t.Fatal(left, err)
	}
}

func TestDamagedStateIsMovedAside(t *testing.T) {
	for _, content := range []string{"", "{", `{"next_id":1}`, `{"next_id":40771934512,"users":[null]}`, `{"next_id":40771934512,"grants":{"x":null}}`} {
		file := filepath.Join(t.TempDir(), "sandbox.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		p := newPeer(t, sandbox.Options{StateFile: file})
		kept, err := os.ReadFile(p.s.DamagedState())
		if err != nil || string(kept) != content {
			t.Errorf("%q: %v", content, err)
		}
		if status, b := p.do("GET", "/users/settings", ""); status != 200 {
			t.Errorf("%q: %d %s", content, status, b)
		}
	}
}

func TestPagesForPeople(t *testing.T) {
	p := newPeer(t, sandbox.Options{ApproveAfter: -1})
	p.do("POST", "/scrobble/stop", `{"progress":100,`+severance+`}`)
	p.do("POST", "/scrobble/start", `{"progress":0,"movie":{"ids":{"simkl":53801}}}`)
	page := func(path string) string {
		t.Helper()
		r := p.request("GET", path, "")
		r.URL.RawQuery = strings.TrimPrefix(path[strings.Index(path+"?", "?"):], "?")
		r.Header.Del("User-Agent")
		status, b, _ := p.send(r)
		if status != 200 {
			t.Fatal(path, status, b)
		}
		return b
	}
	if b := page("/"); !strings.Contains(b, "Severance (2022) S02E03") {
		t.Error(b)
	}
	if b := page("/sandbox/history"); !strings.Contains(b, `"title":"Severance"`) {
		t.Error(b)
	}
	if b := page("/sandbox/watching"); !strings.Contains(b, `"title":"Heat"`) {
		t.Error(b)
	}
	if b := page("/sandbox/requests"); strings.Count(b, `"method":"POST"`) != 2 {
		t.Error(b)
	}
	_, b := p.do("GET", "/oauth/pin", "")
	code := text(object(t, b), "user_code")
	if b := page("/pin"); !strings.Contains(b, code) {
		t.Error(b)
	}
	page("/pin?user_code=" + code)
	if _, b := p.do("GET", "/oauth/pin/"+code, ""); !strings.Contains(b, "access_token") {
		t.Error(b)
	}
}

func TestServeEndsWithItsContextAndSaysWhyItCouldNotRun(t *testing.T) {
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	_ = ln.Close()
	if err := s.Serve(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}

func TestRevokedTokenIsRefused(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.s.Revoke(p.token)
	if status, b := p.do("GET", "/users/settings", ""); status != 401 || object(t, b)["error"] != "user_token_failed" {
		t.Fatal(status, b)
	}
}
