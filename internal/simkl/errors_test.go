package simkl_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// The rows of simkl-api.md section 14 and of product.md section 6's table of answers, and what else comes instead of one.
var failures = []struct {
	name   string
	status int
	header string // "Name: value"
	body   string
	want   simkl.Class
	retry  time.Duration
	held   limits.Reason
}{
	{name: "field missing", status: 400, body: `{"error":"empty_field","code":400,"message":"Missed \"to\" parameter"}`, want: simkl.Refused},
	{name: "value not accepted", status: 400, body: `{"error":"wrong_parameter","code":400}`, want: simkl.Refused},
	{name: "write lock", status: 400, body: `{"error":"RATE_LIMIT","code":400}`, want: simkl.Locked},
	{name: "write lock in lower case", status: 400, body: `{"error":"rate_limit","error_description":"another sync is in progress"}`, want: simkl.Locked},
	{name: "too many items", status: 400, body: `{"error":"max_items","code":400}`, want: simkl.TooMany},
	{name: "episodes without id", status: 400, body: `{"error":"empty_id","code":400}`, want: simkl.Refused},
	{name: "V2 client at V1", status: 400, body: `{"error":"unauthorized_client","code":400,"message":"use /oauth2/device"}`, want: simkl.WrongClient},
	{name: "another 400", status: 400, body: `{"error":"something_new","code":400}`, want: simkl.Unknown},
	{name: "V1 token", status: 401, body: `{"error":"user_token_failed","code":401}`, want: simkl.Login},
	{name: "V2 token", status: 401, body: `{"error":"invalid_token"}`, want: simkl.Login},
	{name: "no token", status: 401, body: `{"error":"user_token_required","code":401}`, want: simkl.Login},
	{name: "secret", status: 401, body: `{"error":"secret_error"}`, want: simkl.WrongClient},
	{name: "grant", status: 401, body: `{"error":"grant_error"}`, want: simkl.Login},
	{name: "401 whose body was lost", status: 401, header: `WWW-Authenticate: Bearer realm="api.simkl.com", error="user_token_failed"`, want: simkl.Login},
	{name: "401 of a proxy", status: 401, header: `WWW-Authenticate: Basic realm="corp"`, body: "<html>", want: simkl.Foreign},
	{name: "403 field", status: 403, body: `{"error":"empty_field"}`, want: simkl.Refused},
	{name: "403 redirect", status: 403, body: `{"error":"redirect_failed"}`, want: simkl.Refused},
	{name: "scope", status: 403, body: `{"error":"insufficient_scope","code":403}`, want: simkl.Login},
	{name: "V1 on custom lists", status: 403, body: `{"error":"oauth2_token_required"}`, want: simkl.Login},
	{name: "forbidden", status: 403, body: `{"error":"forbidden"}`, want: simkl.Login},
	{name: "private", status: 403, body: `{"error":"private_list"}`, want: simkl.Login},
	{name: "403 of a firewall", status: 403, body: "<!DOCTYPE html><title>Attention Required!</title>", want: simkl.Foreign},
	{name: "no match", status: 404, body: `{"error":"id_err","code":404}`, want: simkl.NoMatch},
	{name: "no such playback", status: 404, body: `{"error":"empty","code":404}`, want: simkl.Gone},
	{name: "bad path", status: 404, body: `{"error":"url_failed","code":404}`, want: simkl.Refused},
	{name: "404 page", status: 404, body: "<h1>Not Found</h1>", want: simkl.Foreign},
	{name: "another 404", status: 404, body: `{"error":"whatever"}`, want: simkl.Unknown},
	{name: "already", status: 409, body: `{"watched_at":"2024-05-01T18:00:00-05:00","expires_at":"2024-05-01T19:00:00-05:00"}`, want: simkl.Already},
	{name: "already, enveloped", status: 409, body: `{"error":"already_watched","code":409,"watched_at":"2024-01-15T10:30:00.000Z"}`, want: simkl.Already},
	{name: "already, empty", status: 409, want: simkl.Already},
	{name: "409 page", status: 409, body: " <html>", want: simkl.Foreign},
	{name: "block", status: 412, body: `{"error":"client_id_failed","code":412}`, want: simkl.Blocked, retry: time.Minute, held: limits.Blocked},
	{name: "block of the edge", status: 412, body: "<html>", want: simkl.Blocked, retry: time.Minute, held: limits.Blocked},
	{name: "per second", status: 429, header: "Retry-After: 40000", body: `{"error":"rate_limit","code":429}`, want: simkl.Busy, retry: time.Second},
	{name: "user's day", status: 429, header: "Retry-After: 3600", body: `{"error":"user_limit_exceeded","code":429}`, want: simkl.DailyLimit, retry: time.Hour, held: limits.Daily},
	{name: "app's day", status: 429, header: "Retry-After: 60", body: `{"error":"app_limit_exceeded","code":429}`, want: simkl.DailyLimit, retry: time.Minute, held: limits.Daily},
	{name: "429 of the edge", status: 429, header: "Retry-After: 30", body: "error code: 1015", want: simkl.Overloaded, retry: 30 * time.Second, held: limits.Overloaded},
	{name: "internal", status: 500, body: `{"error":"internal","code":500}`, want: simkl.ServerError},
	{name: "gateway", status: 502, body: "<html>bad gateway</html>", want: simkl.ServerError},
	{name: "overload with a time", status: 503, header: "Retry-After: 120", body: "<html>", want: simkl.Overloaded, retry: 2 * time.Minute, held: limits.Overloaded},
	{name: "overload", status: 503, want: simkl.ServerError},
	{name: "unheard-of 5xx", status: 599, want: simkl.ServerError},
	{name: "teapot", status: 418, body: `{"error":"teapot"}`, want: simkl.Unknown},
	{name: "portal: redirect", status: 302, header: "Location: http://portal.example/login", want: simkl.Foreign},
	{name: "portal: page with 200", status: 200, body: "<html>Welcome to the hotel</html>", want: simkl.Foreign},
	{name: "portal: JSON with 200", status: 200, body: `{"status":"login","url":"http://portal.example"}`, want: simkl.Foreign},
	{name: "portal: network authentication", status: 511, body: "<html>", want: simkl.ServerError},
	{name: "nothing with 200", status: 200, want: simkl.Foreign},
	{name: "null with 201", status: 201, body: "null", want: simkl.Foreign},
	{name: "array with 201", status: 201, body: "[]", want: simkl.Foreign},
	{name: "half an answer", status: 201, body: pausedSeverance[:100], want: simkl.Foreign},
	{name: "an action without a title", status: 201, body: `{"action":"scrobble","id":1}`, want: simkl.Foreign},
	{name: "a title without an action", status: 201, body: `{"movie":{"title":"Heat","ids":{"simkl":53801}}}`, want: simkl.Foreign},
	{name: "binary garbage", status: 201, body: "\x00\xff\xfe{\x01", want: simkl.Foreign},
}

func TestEveryAnswerOfTheTableHasItsClass(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				if name, value, ok := strings.Cut(f.header, ": "); ok {
					w.Header().Set(name, value)
				}
				w.WriteHeader(f.status)
				_, _ = io.WriteString(w, f.body)
			})
			cfg := config(t, s.URL, v1())
			c := client(t, cfg)

			_, err := c.Stop(t.Context(), severance(), false)

			e, ok := errors.AsType[*simkl.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Class != f.want || e.Status != f.status || (e.RetryAfter-f.retry).Abs() > 5*time.Second {
				t.Errorf("class %s, status %d, retry after %v; want %s, %v", e.Class, e.Status, e.RetryAfter, f.want, f.retry)
			}
			if f.want == simkl.Already && strings.Contains(f.body, "watched_at") && e.WatchedAt.IsZero() {
				t.Error("the time of the watch was not read")
			}
			if n := len(s.asked()); n != 1 {
				t.Errorf("asked %d times", n)
			}
			checkHeld(t, c, f.held)
		})
	}
}

// checkHeld makes another call, which must not reach the server when there is a hold.
func checkHeld(t *testing.T, c *simkl.Client, want limits.Reason) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := c.Activities(ctx)
	hold, held := errors.AsType[*simkl.HoldError](err)
	switch {
	case held != (want != ""):
		t.Errorf("the next call: %v", err)
	case held && hold.Reason != want:
		t.Errorf("held for %s", hold.Reason)
	case held && simkl.ClassOf(err) != simkl.Held:
		t.Errorf("class %s", simkl.ClassOf(err))
	}
}

func TestEveryFailureHasWordsForAPerson(t *testing.T) {
	now := time.Date(2026, 5, 22, 14, 0, 0, 0, time.UTC)
	kinds := map[simkl.Class]fault.Kind{
		simkl.Login: fault.Account, simkl.NoMatch: fault.NotFound, simkl.Gone: fault.NotFound, simkl.WrongClient: fault.Usage,
		simkl.Blocked: fault.Unreachable, simkl.DailyLimit: fault.Unreachable, simkl.Overloaded: fault.Unreachable,
		simkl.ServerError: fault.Unreachable, simkl.Foreign: fault.Unreachable, simkl.Busy: fault.Unreachable,
	}
	for _, f := range failures {
		said := simkl.Explain(&simkl.Error{Class: f.want, Status: f.status, Endpoint: "POST /x", Err: errors.New("json: go text")}, now)
		e, ok := errors.AsType[*fault.Error](said)
		if !ok || e.What == "" || strings.Contains(said.Error(), "json") || strings.Contains(said.Error(), strconv.Itoa(f.status)) {
			t.Errorf("%s is told as %q", f.name, said)
		}
		if want := kinds[f.want]; want != "" && fault.KindOf(said) != want {
			t.Errorf("%s is of kind %s", f.want, fault.KindOf(said))
		}
	}
	for _, tt := range []struct {
		err  error
		want string
		code int
	}{
		{&simkl.Error{Class: simkl.Unreachable, Cause: simkl.NoNetwork}, "Simkl cannot be reached (no network): check the network, or try again later", 5},
		{&simkl.HoldError{Reason: limits.Daily, Until: now.Add(14*time.Hour + time.Second)}, "the requests that Simkl allows in a day are used up: try again at 04:01 on 23 May", 5},
		{&simkl.HoldError{Reason: limits.Overloaded, Until: now.Add(time.Minute)}, "Simkl is overloaded and asked us to wait: try again at 14:01", 5},
		{&simkl.Error{Class: simkl.Overloaded, RetryAfter: time.Hour}, "Simkl is overloaded: try again at 15:00", 5},
		{&simkl.Error{Class: simkl.Refused, Message: "Missed to"}, "Simkl did not accept the request (Missed to)", 1},
		{simkl.ErrBudget, "the last requests of the day are kept for finished watches: try again after midnight in New York", 5},
		{simkl.ErrNotApproved, "nobody approved the login in time: run 'simkld login' again", 3},
	} {
		got := simkl.Explain(tt.err, now)
		if got.Error() != tt.want || fault.ExitCode(got) != tt.code {
			t.Errorf("told %q with code %d, want %q with %d", got, fault.ExitCode(got), tt.want, tt.code)
		}
	}
	if other := errors.New("x"); !errors.Is(simkl.Explain(other, now), other) || fault.KindOf(simkl.Explain(other, now)) != fault.Failed {
		t.Error("an error of another package was changed")
	}
}

func TestTheServersWordsAreMadeSafe(t *testing.T) {
	s := newServer(t, reply(400, `{"error":"empty_field\u001b[31m`+strings.Repeat("x", 500)+`","message":"a\u001b]0;title\u0007`+strings.Repeat("y", 5000)+`"}`))
	_, err := client(t, config(t, s.URL, v1())).Activities(t.Context())
	e, ok := errors.AsType[*simkl.Error](err)
	if !ok || strings.ContainsAny(e.Code+e.Message+e.Error(), "\x1b\a") || len(e.Code) > 100 || len(e.Message) > 400 {
		t.Errorf("%q %q", e.Code, e.Message)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	var stolen []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, thief.URL, status)
		})
		c := client(t, config(t, s.URL, v1()))
		if _, err := c.Activities(t.Context()); simkl.ClassOf(err) != simkl.Foreign {
			t.Errorf("%d: %v", status, err)
		}
	}
	if len(stolen) != 0 {
		t.Errorf("the other host was asked: %q", stolen)
	}
}

func TestWhyTheServiceCannotBeReached(t *testing.T) {
	hang := make(chan struct{})
	slow := newServer(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	defer close(hang)
	cut := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"action":"pause",`)
	})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // it would say that the client hung up
	encrypted.StartTLS()
	defer encrypted.Close()

	for _, tt := range []struct {
		name, url string
		want      simkl.Cause
	}{
		{"no answer", slow.URL, simkl.TimedOut},
		{"cut", cut.URL, simkl.Cut},
		{"nothing there", gone.URL, simkl.Rejected},
		{"a certificate nobody knows", encrypted.URL, simkl.Untrusted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(t, tt.url, v1())
			if tt.want == simkl.TimedOut {
				cfg.Timeout = 200 * time.Millisecond
			}
			_, err := client(t, cfg).Pause(t.Context(), severance())
			e, ok := errors.AsType[*simkl.Error](err)
			if !ok || e.Class != simkl.Unreachable || e.Cause != tt.want {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// failing is a network on which every request fails.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestWhyThereIsNoNetwork(t *testing.T) {
	for want, cause := range map[simkl.Cause]error{
		simkl.NoName:     &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example", IsNotFound: true}},
		simkl.NoNetwork:  &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "api.example"}},
		simkl.OtherCause: errors.New("something"),
	} {
		cfg := config(t, "https://api.example", v1())
		cfg.HTTP = failing{cause}
		_, err := client(t, cfg).Activities(t.Context())
		if e, ok := errors.AsType[*simkl.Error](err); !ok || e.Cause != want {
			t.Errorf("%v is told as %v, want %s", cause, err, want)
		}
	}
}

func TestACallEndsWithItsContextAndThatIsNoFailureOfTheService(t *testing.T) {
	started := make(chan struct{}, 1)
	s := newServer(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		started <- struct{}{}
		<-r.Context().Done()
	})
	c := client(t, config(t, s.URL, v1()))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends when the server has the request
		<-started
		cancel()
	}()
	_, err := c.Pause(ctx, severance())
	if !errors.Is(err, context.Canceled) || simkl.ClassOf(err) != "" {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		_, _ = io.WriteString(w, `{"x":"`)
		chunk := strings.Repeat("x", 1<<16)
		for { // until the client hangs up
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	})
	c := client(t, config(t, s.URL, v1()))
	if _, err := c.Activities(t.Context()); simkl.ClassOf(err) != simkl.Foreign {
		t.Errorf("got %v", err)
	}
}

func TestOnlyLoopbackMayDoWithoutTLS(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://api.simkl.com": true, "https://api.simkl.com/": true, "http://127.0.0.1:8080": true, "http://[::1]:1": true,
		"http://localhost:1": true, "http://127.9.9.9": true,
		"http://api.simkl.com": false, "http://127.0.0.1.evil.example": false, "http://localhost.evil.example": false,
		"ftp://api.simkl.com": false, "api.simkl.com": false, "https://": false, "https://user:pw@api.simkl.com": false,
		"http://192.168.1.2": false, "https://api.simkl.com?x=1": false, "::": false,
	} {
		_, err := simkl.New(config(t, address, nil))
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWithoutANameNothingIsMade(t *testing.T) {
	for _, spoil := range []func(*simkl.Config){
		func(c *simkl.Config) { c.AppName = "" },
		func(c *simkl.Config) { c.AppVersion = "" },
		func(c *simkl.Config) { c.UserAgent = "" },
		func(c *simkl.Config) { c.Limits = nil },
		func(c *simkl.Config) { c.Proxy = "::" },
	} {
		cfg := config(t, "https://api.example", nil)
		spoil(&cfg)
		if _, err := simkl.New(cfg); err == nil {
			t.Errorf("made with %+v", cfg)
		}
	}
}
