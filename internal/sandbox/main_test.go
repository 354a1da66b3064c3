package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 22, 16, 8, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// peer is a client that talks to a server without a network.
type peer struct {
	t      testing.TB
	s      *sandbox.Server
	clock  *clock
	client string
	token  string
}

// newPeer makes a server and a client of the first generation that is logged in.
func newPeer(t testing.TB, o sandbox.Options) *peer {
	t.Helper()
	p := &peer{t: t, clock: newClock(), client: "cid"}
	if o.Now == nil {
		o.Now = p.clock.Now
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.s = s
	p.token = s.LinkToken(p.client, "sandbox")
	return p
}

// request builds a well-behaved request: the three parameters, a User-Agent, JSON.
func (p *peer) request(method, path, body string) *http.Request {
	p.t.Helper()
	u, err := url.Parse("http://sandbox.test" + path)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	for k, v := range map[string]string{"client_id": p.client, "app-name": "test", "app-version": "1.0"} {
		if !q.Has(k) {
			q.Set(k, v)
		}
	}
	u.RawQuery = q.Encode()
	r := httptest.NewRequestWithContext(context.Background(), method, u.String(), strings.NewReader(body))
	r.Header.Set("User-Agent", "test/1.0")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (p *peer) send(r *http.Request) (int, string, http.Header) {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.s.ServeHTTP(w, r)
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// do sends a request with the token, a little more than a second after the one before.
func (p *peer) do(method, path, body string) (int, string) {
	p.t.Helper()
	p.clock.add(1100 * time.Millisecond)
	r := p.request(method, path, body)
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	status, b, _ := p.send(r)
	return status, b
}

// want sends a request and compares the answer with hand-typed JSON, whatever the order of its keys.
func (p *peer) want(method, path, body string, status int, golden string) {
	p.t.Helper()
	got, b := p.do(method, path, body)
	if got != status {
		p.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got, status, b)
	}
	if diff := jsonDiff(p.t, golden, b); diff != "" {
		p.t.Fatalf("%s %s: %s", method, path, diff)
	}
}

func jsonDiff(t testing.TB, want, got string) string {
	t.Helper()
	if want == "" || got == "" {
		if want != got {
			return "body " + got + ", want " + want
		}
		return ""
	}
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("golden %s: %v", want, err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		return "not JSON: " + got
	}
	a, _ := json.Marshal(w)
	b, _ := json.Marshal(g)
	if string(a) != string(b) {
		return "got\n" + string(b) + "\nwant\n" + string(a)
	}
	return ""
}

func object(t testing.TB, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return m
}
