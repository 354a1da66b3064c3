// Package dashboard is the local web page: static files, and the door through which a browser of this machine reaches
// the daemon's API.
//
// It promises what product.md 8 says: only 127.0.0.1, localhost and [::1] are answered as Host, a change needs the
// cookie of a one-time link and an Origin that is the Host, nothing comes from elsewhere, and nothing is run that is not
// in a file of its own. It must not know what the API does.
package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Keep remembers the cookie, so that an open page survives a restart of the daemon.
type Keep interface {
	Setting(ctx context.Context, key string) (value string, ok bool, err error)
	SetSetting(ctx context.Context, key, value string) error
}

// Config is what a Door works with.
type Config struct {
	// API answers below /api/.
	API http.Handler
	// Poster gives the picture of the session with that id; nil for none.
	Poster func(ctx context.Context, session string) (picture []byte, contentType string, err error)
	Keep   Keep
	Now    func() time.Time
}

// Door lets in who has the cookie.
type Door struct {
	files  http.Handler
	api    http.Handler
	cookie cookie
	now    func() time.Time

	mu    sync.Mutex // guards links
	links []link
}

// link is a way in that works once.
type link struct {
	key     string
	expires time.Time
}

const (
	// linkLife is how long a link waits to be opened: time enough to set up an ssh -L.
	linkLife = 15 * time.Minute
	// linksMost is how many may wait; the oldest goes.
	linksMost = 16
	// cookieLife is how long a browser stays let in.
	cookieLife = 365 * 24 * time.Hour
	cookieKey  = "dashboard.cookie"
)

// cookie lets a browser in. Its name is random too: browsers keep cookies by host alone, whatever the port.
type cookie struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// New makes a door that is not yet open anywhere.
func New(ctx context.Context, c Config) (*Door, error) {
	d := &Door{files: files(c.Poster), api: c.API, now: c.Now}
	text, ok, err := c.Keep.Setting(ctx, cookieKey)
	if err != nil {
		return nil, err
	}
	if ok && json.Unmarshal([]byte(text), &d.cookie) == nil && d.cookie.Name != "" && d.cookie.Value != "" {
		return d, nil
	}
	d.cookie = cookie{Name: rand.Text(), Value: rand.Text()}
	made, err := json.Marshal(d.cookie)
	if err != nil {
		return nil, fmt.Errorf("write the page's cookie: %w", err)
	}
	if err := c.Keep.SetSetting(ctx, cookieKey, string(made)); err != nil {
		return nil, err
	}
	return d, nil
}

// Link makes an address at which the page lets a browser in, once.
func (d *Door) Link(addr string) string {
	l := link{key: rand.Text(), expires: d.now().Add(linkLife)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.links = append(d.links, l)
	if len(d.links) > linksMost {
		d.links = d.links[1:]
	}
	return "http://" + addr + "/open?key=" + l.key
}

// take reports whether key is that of a link, which works no more from then on.
func (d *Door) take(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.IndexFunc(d.links, func(l link) bool { return same(l.key, key) })
	if at < 0 {
		return false
	}
	fresh := d.now().Before(d.links[at].expires)
	d.links = slices.Delete(d.links, at, at+1)
	return fresh
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// policy lets the page load its own files and speak to its own server, and nothing else. No text becomes HTML.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")

	place := path.Clean("/" + r.URL.Path)
	toAPI := place == "/api" || strings.HasPrefix(place, "/api/")
	known := d.known(r)
	switch {
	case toAPI && r.Method != http.MethodGet && !known:
		refuse(w, http.StatusUnauthorized, "this browser was not let in", "run simkld dashboard")
	case toAPI && r.Method != http.MethodGet && r.Header.Get("Origin") != "http://"+r.Host:
		refuse(w, http.StatusForbidden, "the request comes from another page", "use the page itself")
	case !loopback(r.Host):
		refuse(w, http.StatusForbidden, "this page answers as 127.0.0.1, localhost and [::1] alone", "use one of them, and ssh -L from elsewhere")
	case fromElsewhere(r, toAPI):
		refuse(w, http.StatusForbidden, "the request comes from another page", "use the page itself")
	case place == "/open" && r.Method == http.MethodGet:
		d.open(w, r)
	case toAPI && !known:
		refuse(w, http.StatusUnauthorized, "this browser was not let in", "run simkld dashboard")
	case toAPI:
		http.StripPrefix("/api", d.api).ServeHTTP(w, r)
	case !known && !open(place):
		locked(w)
	default:
		d.files.ServeHTTP(w, r)
	}
}

// known reports whether a request has the cookie.
func (d *Door) known(r *http.Request) bool {
	for _, c := range r.CookiesNamed(d.cookie.Name) {
		if same(c.Value, d.cookie.Value) {
			return true
		}
	}
	return false
}

// loopback reports whether a Host is one of the three that may be used. A name that somebody else's DNS turns into
// 127.0.0.1 is none of them.
func loopback(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if port == "" || strings.Trim(port, "0123456789") != "" {
			return false
		}
		if name == "::1" {
			return strings.HasPrefix(host, "[")
		}
		return name == "127.0.0.1" || strings.EqualFold(name, "localhost")
	}
	return host == "127.0.0.1" || strings.EqualFold(host, "localhost") || host == "[::1]"
}

// fromElsewhere reports whether another page asks. Somebody who follows a link to the page itself is welcome.
func fromElsewhere(r *http.Request, toAPI bool) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return toAPI || r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// open takes a one-time link for the cookie. The key leaves the address bar at once.
func (d *Door) open(w http.ResponseWriter, r *http.Request) {
	if !d.take(r.URL.Query().Get("key")) && !d.known(r) {
		locked(w)
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // there is no TLS on a loopback address
		Name: d.cookie.Name, Value: d.cookie.Value, Path: "/", MaxAge: int(cookieLife.Seconds()),
		// Lax, so that a link to the page that is followed elsewhere leads in; requests of other pages are refused.
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// refuse answers as the API does.
func refuse(w http.ResponseWriter, status int, what, do string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text := fmt.Sprintf("{\"kind\":\"failed\",\"what\":%q,\"do\":%q}\n", what, do)
	if _, err := w.Write([]byte(text)); err != nil {
		return // the reader is gone: there is nobody to tell
	}
}
