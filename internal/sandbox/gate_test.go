package sandbox_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/simkld/simkld/internal/sandbox"
)

func TestStrictRefusesAndNotesWhatIsMissing(t *testing.T) {
	for name, spoil := range map[string]func(*http.Request){
		"app-name":    func(r *http.Request) { drop(r, "app-name") },
		"app-version": func(r *http.Request) { drop(r, "app-version") },
		"User-Agent":  func(r *http.Request) { r.Header.Del("User-Agent") },
		"client_id":   func(r *http.Request) { drop(r, "client_id") },
	} {
		p := newPeer(t, sandbox.Options{})
		r := p.request("GET", "/sync/activities", "")
		r.Header.Set("Authorization", "Bearer "+p.token)
		spoil(r)
		status, b, _ := p.send(r)
		if status != 412 || object(t, b)["error"] != "client_id_failed" {
			t.Errorf("without %s: %d %s", name, status, b)
		}
		log := p.s.Requests()
		if len(log) != 1 || log[0].Status != 412 || name != "client_id" && !strings.Contains(strings.Join(log[0].Notes, " "), name) {
			t.Errorf("without %s: log %+v", name, log)
		}
	}
}

func drop(r *http.Request, key string) {
	q := r.URL.Query()
	q.Del(key)
	r.URL.RawQuery = q.Encode()
}

func TestLenientNotesButAnswers(t *testing.T) {
	p := newPeer(t, sandbox.Options{Lenient: true})
	r := p.request("GET", "/sync/activities", "")
	r.Header.Set("Authorization", "Bearer "+p.token)
	drop(r, "app-name")
	if status, b, _ := p.send(r); status != 200 {
		t.Fatal(status, b)
	}
	if log := p.s.Requests(); len(log[0].Notes) == 0 {
		t.Fatal("not noted")
	}
}

func TestStrictRefusesWrongContentTypeAndSlug(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	r := p.request("POST", "/scrobble/start", `{`+severance+`}`)
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "text/plain")
	if status, b, _ := p.send(r); status != 400 || object(t, b)["error"] != "wrong_parameter" {
		t.Fatal(status, b)
	}
	if status, b := p.do("POST", "/scrobble/start", `{"movie":{"ids":{"simkl":53801,"slug":"heat"}}}`); status != 400 {
		t.Fatal(status, b)
	}
}

func TestSecondPostInASecondBlocksForAMinute(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	post := func() int {
		r := p.request("POST", "/scrobble/start", `{`+severance+`}`)
		r.Header.Set("Authorization", "Bearer "+p.token)
		status, _, _ := p.send(r)
		return status
	}
	if got := post(); got != 201 {
		t.Fatal(got)
	}
	p.clock.add(900 * time.Millisecond)
	if got := post(); got != 412 {
		t.Fatal("0.9 s later:", got)
	}
	if status, b := p.do("GET", "/sync/activities", ""); status != 412 {
		t.Fatal("the block is on the token:", status, b)
	}
	p.clock.add(57 * time.Second)
	if got := post(); got != 412 {
		t.Fatal("a post in the block:", got)
	}
	p.clock.add(2 * time.Second)
	if got := post(); got != 201 {
		t.Fatal("after the block:", got)
	}
}

func TestEleventhGetInASecondIsRateLimited(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	var last int
	var body string
	for range 11 {
		r := p.request("GET", "/sync/activities", "")
		r.Header.Set("Authorization", "Bearer "+p.token)
		last, body, _ = p.send(r)
	}
	if last != 429 || object(t, body)["error"] != "rate_limit" {
		t.Fatal(last, body)
	}
	if status, b := p.do("GET", "/sync/activities", ""); status != 200 {
		t.Fatal("a second later:", status, b)
	}
	if log := p.s.Requests(); log[0].Burst != 11 || log[11].Burst != 0 {
		t.Fatal("burst marks:", log[0].Burst, log[11].Burst)
	}
}

func TestDailyAllowanceOfV2EndsAtMidnightInNewYork(t *testing.T) {
	p := newV2(t, sandbox.Options{UserDaily: 3})
	p.token = p.s.LinkToken(p.client, "sandbox")
	get := func() (int, string, http.Header) {
		p.clock.add(1100 * time.Millisecond)
		r := p.request("GET", "/sync/activities", "")
		r.Header.Set("Authorization", "Bearer "+p.token)
		return p.send(r)
	}
	if _, _, h := get(); h.Get("X-RateLimit-Limit") != "" {
		t.Fatal("the first call of a fresh token carries no limits")
	}
	if _, _, h := get(); h.Get("X-RateLimit-Limit") != "3" || h.Get("X-RateLimit-Remaining") != "1" {
		t.Fatal(h)
	}
	if status, _, h := get(); status != 200 || h.Get("X-RateLimit-Remaining") != "0" {
		t.Fatal("0 arrives on a successful answer:", status, h)
	}
	status, b, h := get()
	if status != 429 || object(t, b)["error"] != "user_limit_exceeded" {
		t.Fatal(status, b)
	}
	wait, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		t.Fatal(h)
	}
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	local := p.clock.Now().In(ny)
	midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, ny)
	if got := p.clock.Now().Add(time.Duration(wait) * time.Second); got.Before(midnight) || got.Sub(midnight) > 2*time.Second {
		t.Fatalf("Retry-After ends at %v, midnight is %v", got, midnight)
	}
	p.clock.add(time.Duration(wait) * time.Second)
	if status, b, _ := get(); status != 200 {
		t.Fatal(status, b)
	}
}

func TestMidnightInNewYorkIsThatOfTheZoneFilesAllYear(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2024, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2032; at = at.Add(3*time.Hour + 17*time.Minute) {
		local := at.In(ny)
		if got := sandbox.NewYorkDay(at); got != local.Format("2006-01-02") {
			t.Fatalf("%v: day %s, want %v", at, got, local)
		}
		want := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, ny)
		if got := sandbox.NextMidnight(at); !got.Equal(want) {
			t.Fatalf("%v: midnight %v, want %v", at, got, want.UTC())
		}
	}
}

func TestAppAllowanceOfV1(t *testing.T) {
	p := newPeer(t, sandbox.Options{AppDaily: 1})
	p.do("GET", "/sync/activities", "")
	status, b := p.do("GET", "/sync/activities", "")
	if status != 429 || object(t, b)["error"] != "app_limit_exceeded" {
		t.Fatal(status, b)
	}
	if status, b := p.do("GET", "/movies/53801", ""); status != 200 {
		t.Fatal("details are not counted:", status, b)
	}
}

func TestDebugLimitSpendsNothing(t *testing.T) {
	p := newPeer(t, sandbox.Options{AppDaily: 1})
	for kind, id := range map[string]string{"user": "user_limit_exceeded", "app": "app_limit_exceeded"} {
		status, b := p.do("GET", "/sync/activities?debug_limit="+kind, "")
		if status != 429 || object(t, b)["error"] != id {
			t.Fatal(status, b)
		}
	}
	if status, b := p.do("GET", "/sync/activities", ""); status != 200 {
		t.Fatal(status, b)
	}
}

func TestRefusedClientIsUnknown(t *testing.T) {
	p := newPeer(t, sandbox.Options{RefusedClients: []string{"cid"}})
	if status, b := p.do("GET", "/oauth/pin", ""); status != 412 || object(t, b)["error"] != "client_id_failed" {
		t.Fatal(status, b)
	}
	if status, m, _ := p.form("/oauth2/device", "client_id", "cid"); status != 401 || m["error"] != "invalid_client" {
		t.Fatal(status, m)
	}
}

func TestPreflightIsAnswered(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	status, b, h := p.send(p.request("OPTIONS", "/scrobble/start", ""))
	if status != 204 || b != "" || h.Get("Access-Control-Max-Age") != "86400" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Fatal(status, b, h)
	}
}

func TestSecretsAreMaskedInTheLog(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("GET", "/sync/activities?token=abc&code=def", "")
	q := p.s.Requests()[0].Query
	if q.Get("token") != "***" || q.Get("code") != "***" || q.Get("app-name") != "test" {
		t.Fatal(q)
	}
}
