package simkl_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// seen is a request as the server saw it.
type seen struct {
	Method, Path, Query, Body string
	Header                    http.Header
}

// server answers with what answer says and remembers what it was asked.
type server struct {
	*httptest.Server
	mu   sync.Mutex // guards asked
	askd []seen
}

func newServer(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, body string)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.askd = append(s.askd, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
		s.mu.Unlock()
		answer(w, r, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) asked() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.askd...)
}

// reply always answers the same.
func reply(status int, body string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// tokens is a store in memory.
type tokens struct {
	mu    sync.Mutex // guards the rest
	grant simkl.Grant
	saved int
}

func (s *tokens) Load(context.Context) (simkl.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant, nil
}

func (s *tokens) Save(_ context.Context, g simkl.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grant = g
	s.saved++
	return nil
}

func v1() *tokens { return &tokens{grant: simkl.GrantOf("token-of-v1")} }

func config(t testing.TB, url string, store simkl.TokenStore) simkl.Config {
	t.Helper()
	l, err := limits.Open(limits.Config{Dir: t.TempDir(), Server: url, Account: "51", Client: "cid"})
	if err != nil {
		t.Fatal(err)
	}
	return simkl.Config{
		ClientID: "cid", AppName: "simkld", AppVersion: "1.2.0", UserAgent: "simkld/1.2.0",
		APIURL: url, DataURL: url, Tokens: store, Limits: l,
	}
}

func client(t testing.TB, cfg simkl.Config) *simkl.Client {
	t.Helper()
	c, err := simkl.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// typed marks calls as the user's own.
func typed(ctx context.Context) context.Context { return simkl.WithPriority(ctx, limits.Typed) }
