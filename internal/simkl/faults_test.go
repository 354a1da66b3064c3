package simkl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/simkl"
)

// trouble is a transport on which something goes wrong in each exchange.
type trouble struct {
	status int
	header string
	body   io.Reader
	// slow is how long the answer is waited for.
	slow time.Duration
	// err comes instead of an answer.
	err error
}

func (f trouble) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.slow > 0 {
		select {
		case <-time.After(f.slow):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	w := httptest.NewRecorder()
	if name, value, ok := strings.Cut(f.header, ": "); ok {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.status)
	resp := w.Result()
	resp.Body = io.NopCloser(f.body)
	return resp, nil
}

// endless gives a body that never ends, and counts what was taken of it.
type endless struct{ taken int64 }

var chunk = bytes.Repeat([]byte(`{"a":[`), 10_000)

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, chunk)
	e.taken += int64(n)
	return n, nil
}

// cutBody gives the beginning of a body.
func cutBody() io.Reader { return io.MultiReader(strings.NewReader(`{"id":`), errReader{}) }

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Each call meets each thing that can go wrong: the class is that of the fault and not of the call, nothing panics, and
// every call ends within its time limit having read no more than a bounded body.
func TestEachCallMeetsEachFault(t *testing.T) {
	most := &endless{}
	faults := []struct {
		name string
		make func() trouble
		want simkl.Class
	}{
		{"cut", func() trouble { return trouble{status: 200, body: cutBody()} }, simkl.Unreachable},
		{"a failure that is cut", func() trouble { return trouble{status: 500, body: cutBody()} }, simkl.ServerError},
		{"endless", func() trouble { return trouble{status: 200, body: most} }, simkl.Foreign},
		{"an endless failure", func() trouble { return trouble{status: 503, body: most} }, simkl.ServerError},
		{"a page", func() trouble { return trouble{status: 200, body: strings.NewReader("<html>Welcome</html>")} }, simkl.Foreign},
		{"garbage", func() trouble {
			return trouble{status: 200, body: strings.NewReader("\x1f\x8b{\"id\": 12, \x00\xff}}]")}
		}, simkl.Foreign},
		{"another host", func() trouble {
			return trouble{status: 302, header: "Location: http://portal.example/", body: http.NoBody}
		}, simkl.Foreign},
		{"slow", func() trouble { return trouble{slow: time.Hour} }, simkl.Unreachable},
		{"nothing", func() trouble { return trouble{status: 200, body: http.NoBody} }, simkl.Foreign},
		{"no answer", func() trouble { return trouble{err: io.EOF} }, simkl.Unreachable},
	}
	for _, f := range failures {
		if f.status < 400 {
			continue // what a success must look like differs from call to call
		}
		faults = append(faults, struct {
			name string
			make func() trouble
			want simkl.Class
		}{f.name, func() trouble { return trouble{status: f.status, header: f.header, body: strings.NewReader(f.body)} }, f.want})
	}
	for _, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			cfg := config(t, "https://api.example", v1())
			now := &exchange{}
			cfg.HTTP, cfg.Timeout = now, 10*time.Second
			c := client(t, cfg)
			for _, f := range faults {
				time.Sleep(26 * time.Hour) // no hold lasts longer
				now.RoundTripper = f.make()
				begun := time.Now()
				err := call.call(t.Context(), c)
				if want, got := classFor(call.request, f.name, f.want), simkl.ClassOf(err); got != want {
					t.Errorf("%s, %s: class %q, want %q (%v)", call.request, f.name, got, want, err)
				}
				if took := time.Since(begun); took > 11*time.Second {
					t.Errorf("%s, %s: took %v", call.request, f.name, took)
				}
				if err != nil && (strings.Contains(err.Error(), "portal") || strings.Contains(fmt.Sprint(simkl.Explain(err, time.Now())), "<html>")) {
					t.Errorf("%s, %s: a stranger's words: %v", call.request, f.name, err)
				}
			}
		})
	}
	// The largest body that any call takes is 16 MiB; a failure's is 64 KiB.
	if bound := int64(len(calls)) * (17 << 20); most.taken > bound {
		t.Errorf("%d bytes were read, the bound is %d", most.taken, bound)
	}
}

// exchange is what the transport does at the moment.
type exchange struct{ http.RoundTripper }

// classFor is what a fault means to a call, where that is not what it means to all others.
func classFor(call, fault string, usual simkl.Class) simkl.Class {
	bad := fault == "a page" || fault == "garbage" || fault == "endless"
	missing := strings.HasPrefix(fault, "404") || fault == "no match" || fault == "no such playback" || fault == "bad path" || fault == "another 404"
	switch {
	case fault == "nothing" && (strings.HasPrefix(call, "DELETE") || strings.HasSuffix(call, "/revoke")):
		return "" // the status says all there
	case bad && strings.HasSuffix(call, "/revoke"):
		if fault == "endless" {
			return usual
		}
		return "" // always 200, and confirms nothing (simkl-api.md 3.5)
	case missing && strings.HasPrefix(call, "GET /discover"):
		return simkl.Gone // a file that is not there is plain text
	}
	return usual
}

// A caller that goes away ends its call at once, and that is no failure of the service.
func TestEachCallEndsWithItsContext(t *testing.T) {
	for _, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			cfg := config(t, "https://api.example", v1())
			cfg.HTTP = trouble{slow: time.Hour}
			c := client(t, cfg)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begun := time.Now()
			if err := call.call(ctx, c); !errors.Is(err, context.DeadlineExceeded) || simkl.ClassOf(err) != "" || time.Since(begun) > 2*time.Second {
				t.Errorf("%s: %v after %v", call.request, err, time.Since(begun))
			}
		})
	}
}
