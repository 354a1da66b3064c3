package simkl_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/simkl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inMemory answers requests without a network, for tests that live in a synctest bubble.
type inMemory struct {
	mu     sync.Mutex // guards seen
	seen   []seen
	answer func(w http.ResponseWriter, r *http.Request, body string)
}

func (m *inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	m.mu.Lock()
	m.seen = append(m.seen, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
	m.mu.Unlock()
	w := httptest.NewRecorder()
	m.answer(w, r, string(body))
	resp := w.Result()
	resp.Body = io.NopCloser(bytes.NewReader(w.Body.Bytes()))
	return resp, nil
}

func (m *inMemory) asked() []seen {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]seen(nil), m.seen...)
}

// script answers each request with the next of its rows, and the last for ever.
type script struct {
	mu   sync.Mutex // guards next
	next int
	rows []row
}

type row struct {
	status int
	body   string
}

func (s *script) answer(w http.ResponseWriter, r *http.Request, body string) {
	s.mu.Lock()
	at := s.rows[min(s.next, len(s.rows)-1)]
	s.next++
	s.mu.Unlock()
	reply(at.status, at.body)(w, r, body)
}

func inBubble(t testing.TB, store simkl.TokenStore, answer func(http.ResponseWriter, *http.Request, string)) (*simkl.Client, *inMemory) {
	t.Helper()
	m := &inMemory{answer: answer}
	cfg := config(t, "https://api.example", store)
	cfg.HTTP = m
	return client(t, cfg), m
}
