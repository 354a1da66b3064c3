package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody bounds a request body; a batch of 100 items is far below it.
const maxBody = 4 << 20

// call is one request on its way to a handler.
type call struct {
	r      *http.Request
	query  url.Values
	body   []byte
	began  time.Time
	now    time.Time // when the call takes effect, after any wait
	client string
	grant  *grant
	user   *user
	notes  []string
}

func (c *call) note(text string) { c.notes = append(c.notes, text) }

// response is an answer that is not yet written, so that a fault can still spoil it.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (r response) with(key, value string) response {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(key, value)
	return r
}

// reply makes a JSON answer.
func reply(status int, v any) response {
	b, err := json.Marshal(v)
	if err != nil {
		return problem(http.StatusInternalServerError, "internal", err.Error())
	}
	return response{status: status, body: b}.with("Content-Type", "application/json; charset=utf-8")
}

// text makes a plain answer for people and for unknown data files.
func text(status int, body string) response {
	return response{status: status, body: []byte(body)}.with("Content-Type", "text/plain; charset=utf-8")
}

// envelope is the error form of section 14.
type envelope struct {
	Error   string `json:"error"`
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// problem makes an error answer; 401 names its challenge (section 14).
func problem(status int, id, message string) response {
	r := reply(status, envelope{id, status, message})
	if status == http.StatusUnauthorized {
		r = r.with("WWW-Authenticate", `Bearer realm="api.simkl.com", error="`+id+`"`)
	}
	return r
}

// ServeHTTP answers for the API, the data files and the site, told apart by path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{r: r, query: r.URL.Query(), began: s.opts.Now()}
	c.now = c.began
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c.body = body
	var out response
	var f *Fault
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		out = problem(http.StatusRequestEntityTooLarge, "wrong_parameter", "the body is too large")
	case err != nil:
		out = problem(http.StatusBadRequest, "wrong_parameter", "the body ended early")
	default:
		out, f = s.answer(r.Context(), c)
	}
	s.record(c, out, f)
	if f != nil && f.spoil(w, r, out) {
		return
	}
	write(w, r, out)
}

func write(w http.ResponseWriter, r *http.Request, out response) {
	h := w.Header()
	maps.Copy(h, out.header)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "X-RateLimit-Limit, X-RateLimit-Remaining, Retry-After, X-Pagination-Page, X-Pagination-Limit, X-Pagination-Page-Count, X-Pagination-Item-Count")
	w.WriteHeader(out.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out.body) // the client may be gone; there is nobody else to tell
	}
}

// answer runs one call: fault, gate, lock, handler.
func (s *Server) answer(ctx context.Context, c *call) (response, *Fault) {
	if c.r.Method == http.MethodOptions {
		return response{status: http.StatusNoContent}.
			with("Access-Control-Max-Age", "86400").
			with("Access-Control-Allow-Headers", "Authorization, Content-Type, simkl-api-key").
			with("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"), nil
	}
	e, ok := route(c.r.Method, c.r.URL.Path)
	if ok && e.site {
		s.mu.Lock()
		defer s.mu.Unlock()
		return e.handle(s, c), nil
	}
	f := s.takeFault(c.r)
	if f != nil && !f.After {
		if out, done := f.before(ctx); done {
			return out, f
		}
	}
	out := s.guarded(ctx, c, e, ok, f)
	if strings.HasPrefix(c.r.URL.Path, "/oauth2/") {
		out = noStore(out) // also what the gate refuses (3.4)
	}
	if f != nil && f.After {
		sleep(ctx, f.Delay)
	}
	return out, f
}

// guarded passes the gate and runs the handler under the server's mutex, and a write also under the user's lock.
func (s *Server) guarded(ctx context.Context, c *call, e endpoint, known bool, f *Fault) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.opts.Now() // under the mutex, so that calls are counted in the order of their times
	if out, refused := s.gate(c, e, known); refused {
		return out
	}
	if e.write {
		release, ok := s.lockWrites(ctx, c.user.ID)
		if !ok {
			return problem(http.StatusBadRequest, "RATE_LIMIT", "another sync is in progress")
		}
		defer release()
		if f != nil && f.Hold > 0 {
			s.mu.Unlock()
			sleep(ctx, f.Hold)
			s.mu.Lock()
		}
	}
	c.now = s.opts.Now() // the lock may have been waited for
	if c.user != nil {
		s.mature(c.user, c.now)
		s.prune(c.user, c.now)
	}
	out := e.handle(s, c)
	if c.grant != nil {
		out = s.quotaHeaders(c, e, out)
	}
	if c.r.Method != http.MethodGet || e.saves {
		s.save()
	}
	return out
}

// json decodes the body into v. A body that is not JSON of that shape is the client's mistake.
func (c *call) json(v any) (response, bool) {
	if err := json.Unmarshal(c.body, v); err != nil {
		return problem(http.StatusBadRequest, "wrong_parameter", "the body is not the JSON that is expected here: "+err.Error()), false
	}
	return response{}, true
}

// form reads the body of an authorization call: form encoded, or JSON whose values are plain strings (3.3, 3.4).
func (c *call) form() url.Values {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind == "application/json" {
		var m map[string]string
		if json.Unmarshal(c.body, &m) != nil {
			return url.Values{}
		}
		v := url.Values{}
		for k, s := range m {
			v.Set(k, s)
		}
		return v
	}
	v, err := url.ParseQuery(string(c.body))
	if err != nil {
		return url.Values{}
	}
	return v
}

// yes reads the service's truth words in a query.
func (c *call) yes(key string) bool {
	switch strings.ToLower(c.query.Get(key)) {
	case "yes", "true", "1":
		return true
	}
	return false
}
