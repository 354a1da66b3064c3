package sim_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The kinds of call, as docs/reliability.md prints them.
const (
	kindStart    = "start"
	kindPause    = "pause"
	kindStop     = "stop"
	kindWatched  = "watched, by stop"
	kindHistory  = "watched, by history"
	kindConfirm  = "confirm"
	kindTakeBack = "take-back"
	kindOther    = "other"
)

var kinds = []string{kindStart, kindPause, kindStop, kindWatched, kindHistory, kindConfirm, kindTakeBack}

// The rows of the answer table of product.md 6.
const (
	rowDone     = "2xx, trusted"
	rowUnknown  = "not_found, 404, not trusted"
	rowAlready  = "409"
	rowLocked   = "400 RATE_LIMIT"
	rowRefused  = "400 refused"
	rowTooMany  = "max_items of more"
	rowExpired  = "401 V2"
	rowRevoked  = "401 V1, 403"
	rowBlocked  = "412"
	rowOdd      = "unknown 4xx"
	rowCrowded  = "429 rate_limit"
	rowDaily    = "429 daily, 503 with a time"
	rowUnsteady = "other 5xx, no answer, not Simkl"
)

var rows = []string{
	rowDone, rowUnknown, rowAlready, rowLocked, rowRefused, rowTooMany, rowExpired, rowRevoked, rowBlocked, rowOdd, rowCrowded,
	rowDaily, rowUnsteady,
}

// variants are the ways in which a row comes. Those of the last row also come for a while, for all calls.
var variants = map[string][]string{
	rowUnknown:  {"404", "elsewhere"},
	rowAlready:  {"409"},
	rowLocked:   {"RATE_LIMIT", "rate_limit"},
	rowRefused:  {"empty_field", "wrong_parameter", "max_items"},
	rowTooMany:  {"max_items"},
	rowExpired:  {"401"},
	rowRevoked:  {"401", "403"},
	rowBlocked:  {"412"},
	rowOdd:      {"418", "451"},
	rowCrowded:  {"429"},
	rowDaily:    {"user", "app", "503"},
	rowUnsteady: unsteady,
}

var unsteady = []string{
	"no network", "no name", "refused", "no TLS", "hung", "time-out before", "time-out after", "reset before", "reset after",
	"500 before", "500 after", "502 page", "503 bare", "cut", "endless", "page", "garbage", "portal", "redirect",
}

// fault spoils the next calls of a kind.
type fault struct {
	kind, row, variant string
	left               int
}

// seenCall is one call as the wire saw it.
type seenCall struct {
	at      time.Time // handed to the network
	kind    string
	read    bool // a GET
	wrote   bool // it was on the wire
	works   []string
	hit     bool // it took effect
	row     string
	other   bool // of the other process
	left    int  // of the day, as Simkl had said before; -1: it never did
	verb    string
	prog    float64
	asked   string // the work as the request named it
	lost    bool   // the answer was not the true one
	path    string
	variant string // of the fault
	status  int    // as the daemon saw it
	cut     bool   // it died before it saw the answer
}

// wire is the network of one process.
type wire struct {
	w    *world
	life *life // nil: the other process
}

var errDead = errors.New("the process is dead")

// RoundTrip is one request.
func (x *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w := x.w
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if x.life != nil {
		if x.life.dead() {
			return nil, errDead
		}
		x.life.sent++
		if at := x.life.diesAt; at.what == "request" && at.nth == x.life.sent && !at.after {
			x.life.die()
			return nil, errDead
		}
	}
	c := w.read(r, body)
	c.other = x.life == nil
	f := w.spoils(&c)
	resp, err := x.carry(r, body, &c, f)
	if x.life != nil {
		at := x.life.diesAt
		c.cut = x.life.dead() || at.what == "request" && at.nth == x.life.sent && at.after
	}
	w.saw(r, c, f, resp, err)
	if x.life != nil {
		if at := x.life.diesAt; at.what == "request" && at.nth == x.life.sent && at.after {
			x.life.die()
			return nil, errDead
		}
	}
	return resp, err
}

// carry brings a request to Simkl and back, as far as the fault lets it.
func (x *wire) carry(r *http.Request, body []byte, c *seenCall, f *fault) (*http.Response, error) {
	ctx := r.Context()
	v := ""
	if f != nil {
		v = f.variant
		c.row, c.lost, c.variant = f.row, true, f.variant
	}
	switch v {
	case "no network":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
	case "no name":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.simkl.com", IsNotFound: true}}
	case "refused":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "no TLS":
		return nil, &tls.CertificateVerificationError{Err: errors.New("a portal's certificate")}
	case "hung":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c.wrote = true
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.WroteRequest != nil {
		t.WroteRequest(httptrace.WroteRequestInfo{})
	}
	if !pass(ctx, 5*time.Millisecond) {
		return nil, ctx.Err()
	}
	if f == nil || effective(f, c.kind) {
		resp, err := x.ask(r, body, c)
		if err != nil || f == nil {
			return resp, err
		}
		if f.row == rowAlready && !c.hit { // it says that Simkl has it, and Simkl does not lie
			c.row, c.lost, c.variant = trueRow(resp.StatusCode), false, ""
			return resp, nil
		}
		return spoilt(ctx, r, f, body, resp)
	}
	return spoilt(ctx, r, f, body, nil)
}

// effective reports whether the call takes effect though its answer is spoilt.
func effective(f *fault, _ string) bool {
	switch f.variant {
	case "time-out after", "reset after", "500 after", "cut", "endless", "page", "garbage", "409":
		return true
	}
	return false
}

// pass lets time pass on the wire.
func pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ask makes the true call over the pipe and reads the whole answer.
func (x *wire) ask(r *http.Request, body []byte, c *seenCall) (*http.Response, error) {
	again := r.Clone(context.WithoutCancel(r.Context()))
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := x.w.pipe.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	c.hit = resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusConflict
	x.w.took(c, resp, answer)
	if !pass(r.Context(), x.w.delay()) {
		return nil, r.Context().Err()
	}
	return resp, nil
}

func answerOf(r *http.Request, status int, kind, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {kind}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func envelope(r *http.Request, status int, id string, header ...string) *http.Response {
	return answerOf(r, status, "application/json; charset=utf-8", fmt.Sprintf(`{"error":%q,"code":%d}`, id, status), header...)
}

const page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please accept the terms.</body></html>"

// spoilt is what comes back instead of the true answer.
func spoilt(ctx context.Context, r *http.Request, f *fault, body []byte, truly *http.Response) (*http.Response, error) {
	switch f.row {
	case rowUnknown:
		return notKnown(r, f, body), nil
	case rowAlready:
		return answerOf(r, 409, "application/json", `{"watched_at":"2026-05-22T18:00:00Z","expires_at":"2026-05-22T19:00:00Z"}`), nil
	case rowLocked, rowRefused, rowTooMany:
		return envelope(r, 400, f.variant), nil
	case rowExpired:
		return envelope(r, 401, "invalid_token"), nil
	case rowRevoked:
		if f.variant == "403" {
			return envelope(r, 403, "insufficient_scope"), nil
		}
		return envelope(r, 401, "user_token_failed"), nil
	case rowBlocked:
		return envelope(r, 412, "client_id_failed"), nil
	case rowOdd:
		if f.variant == "451" {
			return envelope(r, 451, "of_tomorrow"), nil
		}
		return envelope(r, 418, "teapot"), nil
	case rowCrowded:
		return envelope(r, 429, "rate_limit", "Retry-After", "30000"), nil
	case rowDaily:
		switch f.variant {
		case "user":
			return envelope(r, 429, "user_limit_exceeded", "Retry-After", "900"), nil
		case "app":
			return envelope(r, 429, "app_limit_exceeded", "Retry-After", "1500"), nil
		}
		return answerOf(r, 503, "text/plain", "", "Retry-After", "240"), nil
	}
	switch f.variant {
	case "time-out before", "time-out after":
		<-ctx.Done()
		return nil, ctx.Err()
	case "reset before", "reset after":
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case "500 before", "500 after":
		return envelope(r, 500, "internal"), nil
	case "502 page":
		return answerOf(r, 502, "text/html", page), nil
	case "503 bare":
		return answerOf(r, 503, "text/html", page), nil
	case "portal":
		return answerOf(r, 511, "text/html", page), nil
	case "redirect":
		return answerOf(r, 302, "text/html", "", "Location", "https://portal.example/"), nil
	case "page":
		return answerOf(r, 200, "text/html", page), nil
	case "garbage":
		return answerOf(r, 200, "application/json", "\x1f\x8b{\"id\": 12, \x00\xff}}]"), nil
	case "cut":
		text, _ := io.ReadAll(truly.Body)
		truly.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text[:len(text)/2]), broken{}))
		return truly, nil
	case "endless":
		truly.Body = io.NopCloser(endless{ctx})
		return truly, nil
	}
	panic("no such fault: " + f.variant)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// endless gives a little every second.
type endless struct{ ctx context.Context }

func (e endless) Read(p []byte) (int, error) {
	if !pass(e.ctx, time.Second) {
		return 0, e.ctx.Err()
	}
	return copy(p, " "), nil
}

// notKnown is an answer of a Simkl that does not know what is meant, or takes it for something else.
func notKnown(r *http.Request, f *fault, body []byte) *http.Response {
	const json = "application/json; charset=utf-8"
	switch {
	case strings.HasPrefix(r.URL.Path, "/search/"):
		return answerOf(r, 200, json, "[]")
	case r.Method == http.MethodDelete:
		return envelope(r, 404, "empty")
	case r.URL.Path == "/sync/history":
		return answerOf(r, 201, json, `{"added":{"movies":0,"shows":0,"episodes":0,"statuses":[]},"not_found":`+asNotFound(body)+`}`)
	case f.variant == "404":
		return envelope(r, 404, "id_err")
	}
	action, id := strings.TrimPrefix(r.URL.Path, "/scrobble/"), 4711
	if action == "start" {
		id = 0
	}
	media := fmt.Sprintf(`"movie":{"title":%q,"year":1931,"ids":{"simkl":%d,"imdb":"tt0000001"}}`, elsewhere.name, elsewhere.simkl)
	if action == "stop" {
		action = "scrobble"
	}
	return answerOf(r, 201, json, fmt.Sprintf(`{"id":%d,"action":%q,"progress":50,%s}`, id, action, media))
}

// asNotFound says of all that a write to the history carries that it is not known: anime stand under shows.
func asNotFound(body []byte) string {
	var in map[string][]json.RawMessage
	if json.Unmarshal(body, &in) != nil {
		return `{"movies":[],"shows":[],"episodes":[]}`
	}
	out := map[string][]json.RawMessage{"movies": {}, "shows": {}, "episodes": {}}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		to := key
		if key == "anime" {
			to = "shows"
		}
		out[to] = append(out[to], in[key]...)
	}
	text, _ := json.Marshal(out)
	return string(text)
}

// read tells what a request is.
func (w *world) read(r *http.Request, body []byte) seenCall {
	c := seenCall{at: w.clocks.now(), kind: kindOther, read: r.Method == http.MethodGet, row: rowDone, left: w.left, path: r.URL.Path}
	path := r.URL.Path
	switch {
	case path == "/search/id":
		c.kind = kindConfirm
	case r.Method == http.MethodDelete && strings.HasPrefix(path, "/sync/playback/"):
		c.kind = kindTakeBack
	case path == "/sync/history":
		c.kind = kindHistory
		c.works = historyWorks(body)
	case strings.HasPrefix(path, "/scrobble/"):
		var in scrobbleIn
		if json.Unmarshal(body, &in) != nil {
			break
		}
		c.verb, c.prog = strings.TrimPrefix(path, "/scrobble/"), in.Progress
		work, bare := in.work()
		c.works, c.asked = []string{work}, work
		switch {
		case c.verb == "pause" && bare:
			c.kind = kindTakeBack
		case c.verb == "stop" && in.Progress >= 80:
			c.kind = kindWatched
		default:
			c.kind = c.verb
		}
	}
	return c
}

type titleIn struct {
	Title   string         `json:"title"`
	Year    int            `json:"year"`
	IDs     map[string]any `json:"ids"`
	Seasons []struct {
		Number   int         `json:"number"`
		Episodes []episodeIn `json:"episodes"`
	} `json:"seasons"`
	Episodes []episodeIn `json:"episodes"`
}

type episodeIn struct {
	Season *int `json:"season"`
	Number int  `json:"number"`
}

type scrobbleIn struct {
	Progress float64    `json:"progress"`
	Movie    *titleIn   `json:"movie"`
	Show     *titleIn   `json:"show"`
	Anime    *titleIn   `json:"anime"`
	Episode  *episodeIn `json:"episode"`
}

// work names what a scrobble is of. Bare is one that names a title by Simkl's number alone, as only a take-back does.
func (in scrobbleIn) work() (name string, bare bool) {
	for _, t := range []*titleIn{in.Movie, in.Show, in.Anime} {
		if t == nil {
			continue
		}
		bare = t.Title == "" && len(t.IDs) == 1 && t.IDs["simkl"] != nil
		season, number := 0, 0
		if in.Episode != nil {
			number = in.Episode.Number
			if in.Episode.Season != nil {
				season = *in.Episode.Season
			}
		}
		return t.work(season, number), bare
	}
	return "?", false
}

// work is the name under which the model knows it.
func (t *titleIn) work(season, number int) string {
	found := find(t.IDs, t.Title, t.Year)
	if found == nil {
		return "unknown " + t.Title
	}
	return found.work(season, number)
}

func historyWorks(body []byte) []string {
	var in map[string][]titleIn
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	var out []string
	for _, kind := range []string{"movies", "shows", "anime"} {
		for _, t := range in[kind] {
			n := len(out)
			for _, s := range t.Seasons {
				for _, e := range s.Episodes {
					out = append(out, t.work(s.Number, e.Number))
				}
			}
			for _, e := range t.Episodes {
				out = append(out, t.work(1, e.Number))
			}
			if len(out) == n {
				out = append(out, t.work(0, 0))
			}
		}
	}
	return out
}

// spoils gives the fault that a call meets: that of the link, else the first that waits for its kind.
func (w *world) spoils(c *seenCall) *fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link != "" {
		return &fault{row: rowUnsteady, variant: w.link}
	}
	if c.other {
		return nil
	}
	for i, f := range w.faults {
		if f.kind != c.kind || f.row == rowTooMany && len(c.works) < 2 {
			continue
		}
		hit := *f
		if f.left--; f.left <= 0 {
			w.faults = slices.Delete(w.faults, i, i+1)
		}
		return &hit
	}
	return nil
}

// saw writes a call into the log of effects and counts it.
func (w *world) saw(r *http.Request, c seenCall, f *fault, resp *http.Response, err error) {
	what := "no answer"
	if err == nil {
		what, c.status = fmt.Sprint(resp.StatusCode), resp.StatusCode
	}
	if f != nil {
		what += " (" + f.variant + ")"
	}
	if err == nil && f == nil {
		c.row = trueRow(resp.StatusCode)
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.met[c.kind+"\x00"+c.row]++
	if f != nil {
		w.met["variant\x00"+f.variant]++
	}
	if c.row == rowRevoked && !c.other {
		w.needsLogin = true
	}
	w.mu.Unlock()
	progress := ""
	if c.verb != "" {
		progress = fmt.Sprintf(" %.2f", c.prog)
	}
	who := ""
	if c.other {
		who = "other: "
	}
	w.effect(c.at, "%s%s %s %s%s: %s", who, r.Method, r.URL.Path, strings.Join(c.works, ", "), progress, what)
}

// trueRow is the row of an answer that the sandbox gave by itself.
func trueRow(status int) string {
	switch {
	case status/100 == 2:
		return rowDone
	case status == 404:
		return rowUnknown
	case status == 409:
		return rowAlready
	case status == 400:
		return rowLocked
	case status == 401, status == 403:
		return rowRevoked
	case status == 412:
		return rowBlocked
	case status == 429:
		return rowDaily
	}
	return rowUnsteady
}
