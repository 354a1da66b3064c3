package dashboard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/dashboard"
)

// kept is a state in memory.
type kept map[string]string

func (k kept) Setting(_ context.Context, key string) (value string, ok bool, err error) {
	value, ok = k[key]
	return value, ok, nil
}

func (k kept) SetSetting(_ context.Context, key, value string) error {
	k[key] = value
	return nil
}

// house is a door with an API that says what reached it.
type house struct {
	door    *dashboard.Door
	reached []string
	now     time.Time
}

func newHouse(t *testing.T, k kept) *house {
	t.Helper()
	h := &house{now: time.Date(2026, 5, 22, 20, 0, 0, 0, time.UTC)}
	var err error
	h.door, err = dashboard.New(t.Context(), dashboard.Config{
		Keep: k, Now: func() time.Time { return h.now },
		API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.reached = append(h.reached, r.Method+" "+r.URL.Path)
			_, _ = io.WriteString(w, "{}")
		}),
		Poster: func(_ context.Context, session string) ([]byte, string, error) {
			if session != "44" {
				return nil, "", io.EOF
			}
			return []byte("RIFF"), "image/webp", nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const host = "127.0.0.1:38231"

// ask makes a request of a browser that is let in by cookie (nil: it is not).
func (h *house) ask(method, place string, cookie *http.Cookie, change func(*http.Request)) reply {
	r := httptest.NewRequest(method, "http://"+host+place, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return reply{StatusCode: w.Code, Header: w.Header(), text: w.Body.String()}
}

type reply struct {
	StatusCode int
	Header     http.Header
	text       string
}

// open follows a one-time link.
func (h *house) open(t *testing.T, link string) (*http.Cookie, reply) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	resp := h.ask(http.MethodGet, u.RequestURI(), nil, nil)
	set := resp.Header.Get("Set-Cookie")
	if set == "" {
		return nil, resp
	}
	cookie, err := http.ParseSetCookie(set)
	if err != nil {
		t.Fatal(err)
	}
	return cookie, resp
}

func origin(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Origin", value) }
}

func TestALinkLetsABrowserInOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	link := h.door.Link(host)
	cookie, resp := h.open(t, link)
	if cookie == nil || resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" {
		t.Fatalf("the link gives %d, %v", resp.StatusCode, resp.Header)
	}
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || len(cookie.Name) < 16 || len(cookie.Value) < 16 {
		t.Errorf("the cookie is %v", cookie)
	}
	if got := h.ask(http.MethodGet, "/", cookie, nil); got.StatusCode != http.StatusOK {
		t.Errorf("with the cookie the page answers %d", got.StatusCode)
	}
	if again, resp := h.open(t, link); again != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the same link again gives %v, %d", again, resp.StatusCode)
	}
	late := h.door.Link(host)
	h.now = h.now.Add(time.Hour)
	if got, _ := h.open(t, late); got != nil {
		t.Error("a link of an hour ago still lets in")
	}
	for _, wrong := range []string{"/open", "/open?key=", "/open?key=x"} {
		if got, _ := h.open(t, "http://"+host+wrong); got != nil {
			t.Errorf("%s lets in", wrong)
		}
	}
}

func TestTheCookieOutlivesTheDaemon(t *testing.T) {
	t.Parallel()
	k := kept{}
	before := newHouse(t, k)
	cookie, _ := before.open(t, before.door.Link(host))
	if got := newHouse(t, k).ask(http.MethodGet, "/", cookie, nil); got.StatusCode != http.StatusOK {
		t.Errorf("after a restart the page answers %d", got.StatusCode)
	}
	if got := newHouse(t, kept{}).ask(http.MethodGet, "/", cookie, nil); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("another daemon takes the cookie: %d", got.StatusCode)
	}
}

func TestOnlyThisMachinesNamesAreAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	for name, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:1": 200, "localhost": 200, "localhost:8080": 200, "[::1]": 200, "[::1]:99": 200,
		"simkl.example": 403, "127.0.0.1.nip.example:38231": 403, "127.0.0.2": 403, "0.0.0.0:38231": 403, "::1": 403, "": 403,
		"localhost.": 403, "localhost:x": 403, "127.0.0.1:": 403, "[::1": 403, "127.0.0.1:80:80": 403, "user@127.0.0.1": 403,
	} {
		for _, place := range []string{"/", "/api/v1/status"} {
			got := h.ask(http.MethodGet, place, cookie, func(r *http.Request) { r.Host = name })
			if got.StatusCode != want {
				t.Errorf("%s as %q answers %d, want %d", place, name, got.StatusCode, want)
			}
		}
	}
}

func TestAChangeNeedsTheCookieAndTheOwnOriginBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	h.reached = nil
	forged := &http.Cookie{Name: cookie.Name, Value: "x" + cookie.Value[1:]}
	own := origin("http://" + host)
	for _, place := range []string{"/api/", "/api/v1/mark", "/api/v1/no-such-thing", "/api/../api/v1/mark", "//api/v1/mark"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"} {
			for what, test := range map[string]struct {
				cookie *http.Cookie
				change func(*http.Request)
				want   int
			}{
				"no cookie":              {nil, own, 401},
				"no cookie, bad origin":  {nil, origin("http://evil.example"), 401},
				"no cookie, bad host":    {nil, func(r *http.Request) { r.Host = "evil.example" }, 401},
				"forged cookie":          {forged, own, 401},
				"no origin":              {cookie, nil, 403},
				"null origin":            {cookie, origin("null"), 403},
				"another origin":         {cookie, origin("http://evil.example"), 403},
				"another port":           {cookie, origin("http://127.0.0.1:1"), 403},
				"another name":           {cookie, origin("http://localhost:38231"), 403},
				"https":                  {cookie, origin("https://" + host), 403},
				"own origin, other host": {cookie, func(r *http.Request) { r.Host = "evil.example"; own(r) }, 403},
				"rebound host": {cookie, func(r *http.Request) {
					r.Host = "evil.example"
					r.Header.Set("Origin", "http://evil.example")
				}, 403},
			} {
				if got := h.ask(method, place, test.cookie, test.change); got.StatusCode != test.want {
					t.Errorf("%s %s with %s answers %d, want %d", method, place, what, got.StatusCode, test.want)
				}
			}
		}
	}
	if len(h.reached) > 0 {
		t.Errorf("the API was reached by %v", h.reached)
	}
	if got := h.ask(http.MethodPost, "/api/v1/mark", cookie, own); got.StatusCode != http.StatusOK || len(h.reached) != 1 || h.reached[0] != "POST /v1/mark" {
		t.Errorf("the page itself gets %d, reached %v", got.StatusCode, h.reached)
	}
}

func TestOtherPagesReadNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	h.reached = nil
	if got := h.ask(http.MethodGet, "/api/v1/status", nil, nil); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the cookie: %d", got.StatusCode)
	}
	fetch := func(site, mode string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", site)
			r.Header.Set("Sec-Fetch-Mode", mode)
		}
	}
	for _, test := range []struct {
		place  string
		change func(*http.Request)
		want   int
	}{
		{"/api/v1/status", fetch("same-site", "cors"), 403}, // another program of this machine
		{"/api/v1/status", fetch("cross-site", "no-cors"), 403},
		{"/api/v1/status", fetch("cross-site", "navigate"), 403},
		{"/api/v1/status", origin("http://localhost:1"), 403},
		{"/app.js", fetch("cross-site", "no-cors"), 403},
		{"/", fetch("cross-site", "navigate"), 200}, // a link that somebody follows
		{"/api/v1/status", fetch("same-origin", "cors"), 200},
		{"/", fetch("none", "navigate"), 200},
	} {
		if got := h.ask(http.MethodGet, test.place, cookie, test.change); got.StatusCode != test.want {
			t.Errorf("%s answers %d, want %d", test.place, got.StatusCode, test.want)
		}
	}
	if len(h.reached) != 1 {
		t.Errorf("the API was reached by %v", h.reached)
	}
}

func TestEveryAnswerIsBoundToItsOwnFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	for _, place := range []string{"/", "/app.js", "/style.css", "/icon.svg", "/favicon.ico", "/api/v1/status", "/nothing", "/open", "/poster/44", "/poster/1"} {
		for _, c := range []*http.Cookie{cookie, nil} {
			got := h.ask(http.MethodGet, place, c, nil).Header
			csp := got.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: the policy %q lacks %q", place, csp, part)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy is too wide: %q", place, csp)
			}
			if got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Referrer-Policy") != "no-referrer" || got.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s: headers %v", place, got)
			}
		}
	}
}

func TestWithoutTheCookieThePageSaysHowToGetOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	got := h.ask(http.MethodGet, "/", nil, nil)
	if got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.text, "simkld dashboard") {
		t.Errorf("it answers %d, %.200s", got.StatusCode, got.text)
	}
	for place, want := range map[string]int{"/app.js": 401, "/poster/44": 401, "/index.html": 401, "/style.css": 200, "/icon.svg": 200} {
		if got := h.ask(http.MethodGet, place, nil, nil); got.StatusCode != want {
			t.Errorf("%s answers %d, want %d", place, got.StatusCode, want)
		}
	}
}

func TestThePageIsSmallWholeAndOfThisMachineAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	sum := 0
	for _, place := range []string{"/", "/app.js", "/style.css", "/icon.svg"} {
		got := h.ask(http.MethodGet, place, cookie, nil)
		text := got.text
		if got.StatusCode != http.StatusOK || len(text) < 100 {
			t.Errorf("%s: %d, %d bytes", place, got.StatusCode, len(text))
		}
		sum += len(text)
		for _, inline := range []string{" onclick=\"", " style=\"", "<script>", "<style>", "javascript:", "innerHTML =", "insertAdjacentHTML", "eval("} {
			if strings.Contains(text, inline) {
				t.Errorf("%s has %q", place, inline)
			}
		}
		for _, load := range []string{`src="http`, "url(", "@import", "fetch('http"} {
			if strings.Contains(text, load) {
				t.Errorf("%s loads something from elsewhere: %q", place, load)
			}
		}
	}
	if sum > 60_000 {
		t.Errorf("the page is %d bytes without posters", sum)
	}
	t.Logf("the page is %d bytes", sum)
}

func TestFilesAreAskedForAnewAndSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, kept{})
	cookie, _ := h.open(t, h.door.Link(host))
	tag := h.ask(http.MethodGet, "/app.js", cookie, nil).Header.Get("ETag")
	got := h.ask(http.MethodGet, "/app.js", cookie, func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	if tag == "" || got.StatusCode != http.StatusNotModified {
		t.Errorf("tag %q, answer %d", tag, got.StatusCode)
	}
	if got := h.ask(http.MethodPost, "/", cookie, nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST / answers %d", got.StatusCode)
	}
	if got := h.ask(http.MethodGet, "/poster/44", cookie, nil); got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "image/webp" {
		t.Errorf("the poster: %d, %v", got.StatusCode, got.Header)
	}
	if got := h.ask(http.MethodGet, "/poster/45", cookie, nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("a poster that is not there: %d", got.StatusCode)
	}
}
