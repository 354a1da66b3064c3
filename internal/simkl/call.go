package simkl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

const (
	// answerMost bounds an answer, errorMost the body of an error.
	answerMost = 16 << 20
	errorMost  = 64 << 10
	// lockWait is how long Simkl's write lock is held at most (simkl-api.md 5.4).
	lockWait = 20 * time.Second
)

// auth says whose name a request is made in.
type auth int

const (
	// authUser is the linked account's.
	authUser auth = iota
	// authV2 is the account's where V2 wants it, and nobody's under V1 (simkl-api.md 3.5, 9).
	authV2
	// authNone is nobody's: a token would defeat the edge's cache (simkl-api.md 1).
	authNone
)

// request is one call before the three parameters, the headers and the token are on it.
type request struct {
	method string
	base   *url.URL
	path   string
	query  url.Values
	auth   auth
	// body is sent as JSON, form as a form; at most one is set.
	body any
	form url.Values
	// uncounted is for what Simkl does not count (limits.Call).
	uncounted bool
	// longest is the limit of the answer in bytes, 0 for answerMost.
	longest int64
	// have is the version of a file that the caller has: then "not modified" is a success.
	have Version
}

func (r request) endpoint() string { return r.method + " " + maskPath(r.path) }

// answer is a whole answer of status 2xx.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// decode reads the answer into out and says that it is foreign when it is not JSON or when ok finds the wrong shape.
func (a answer) decode(r request, out any, ok func() bool) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return foreign(r, a.status, errors.New("the answer is not JSON"))
	}
	if !ok() {
		return foreign(r, a.status, errors.New("the answer is JSON of another shape"))
	}
	return nil
}

func foreign(r request, status int, err error) *Error {
	return &Error{Class: Foreign, Status: status, Endpoint: r.endpoint(), Err: err}
}

// do makes the call: with a fresh token, once more after a refreshed one, and for what the user typed once more after
// Simkl's write lock (product.md 6).
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	a, err := c.doAuthorized(ctx, r)
	if ClassOf(err) != Locked || priorityOf(ctx) != limits.Typed {
		return a, err
	}
	if waited := sleep(ctx, lockWait); waited != nil {
		return a, waited
	}
	return c.doAuthorized(ctx, r)
}

func (c *Client) doAuthorized(ctx context.Context, r request) (answer, error) {
	if r.auth == authNone {
		return c.attempt(ctx, r, Token{})
	}
	grant, err := c.freshGrant(ctx)
	if err != nil {
		return answer{}, err
	}
	if grant.IsZero() && r.auth == authUser {
		return answer{}, &Error{Class: Login, Endpoint: r.endpoint(), Err: errNotLinked}
	}
	if grant.Generation != V2 && r.auth == authV2 {
		return c.attempt(ctx, r, Token{})
	}
	a, err := c.attempt(ctx, r, grant.Access)
	if !tokenDead(err) || grant.Access.IsZero() {
		return a, err
	}
	renewed, renewErr := c.renew(ctx, grant)
	switch {
	case renewErr != nil:
		return a, renewErr
	case renewed.Access == grant.Access, renewed.Access.IsZero():
		return a, err
	}
	return c.attempt(ctx, r, renewed.Access)
}

// errNotLinked is a call in the name of an account that there is not.
var errNotLinked = errors.New("no account is linked")

// tokenDead reports an answer that another token could change.
func tokenDead(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == Login && e.Status == http.StatusUnauthorized && e.Code != "user_token_required"
}

// attempt makes one request under the limits and tells the log.
func (c *Client) attempt(ctx context.Context, r request, token Token) (answer, error) {
	hr, err := c.build(ctx, r, token)
	if err != nil {
		return answer{}, err
	}
	permit, err := c.cfg.Limits.Begin(ctx, limits.Call{
		Write:     r.method != http.MethodGet,
		Uncounted: r.uncounted,
		Priority:  priorityOf(ctx),
		Timeout:   c.cfg.Timeout,
	})
	if err != nil {
		return answer{}, err
	}
	begun := c.cfg.Now()
	sent, a, err := c.exchange(ctx, r, hr)
	c.log(hr, begun, a, err)
	if ended := permit.End(ctx, result(sent, a, err)); ended != nil && err != nil {
		err = errors.Join(err, ended)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Class == Blocked {
		if hold, holdErr := c.cfg.Limits.Hold(ctx); holdErr == nil && hold != nil {
			e.RetryAfter = max(e.RetryAfter, hold.Until.Sub(c.cfg.Now())) // for those who say when to try again
		}
	}
	// What was answered stays answered though it could not be recorded; the next call will say so.
	return a, err
}

// build puts on a request what every request carries (simkl-api.md 1). This is the one place that does.
func (c *Client) build(ctx context.Context, r request, token Token) (*http.Request, error) {
	u := r.base.JoinPath(r.path)
	u.RawQuery = c.query
	if len(r.query) > 0 {
		u.RawQuery = r.query.Encode() + "&" + c.query
	}
	var body []byte
	kind := ""
	switch {
	case r.body != nil:
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, fmt.Errorf("encode %s: %w", r.endpoint(), err)
		}
		kind = "application/json"
	case r.form != nil:
		body, kind = []byte(r.form.Encode()), "application/x-www-form-urlencoded"
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	hr, err := http.NewRequestWithContext(ctx, r.method, u.String(), reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.endpoint(), err)
	}
	hr.Header.Set("User-Agent", c.cfg.UserAgent)
	hr.Header.Set("Accept", "application/json")
	if kind != "" {
		hr.Header.Set("Content-Type", kind)
	}
	for name, value := range map[string]string{"If-None-Match": r.have.ETag, "If-Modified-Since": r.have.LastModified} {
		if value != "" {
			hr.Header.Set(name, value)
		}
	}
	if !token.IsZero() {
		hr.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	return hr, nil
}

// exchange sends the request and reads the whole answer, within the time limit.
func (c *Client) exchange(ctx context.Context, r request, hr *http.Request) (sent time.Time, a answer, err error) {
	var wrote atomic.Int64
	trace := &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			wrote.Store(c.cfg.Now().UnixNano())
		}
	}}
	timed, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, trace), c.cfg.Timeout)
	defer cancel()
	a, err = c.roundTrip(timed, r, hr)
	if n := wrote.Load(); n != 0 {
		sent = time.Unix(0, n)
	} else if a.status != 0 {
		sent = c.cfg.Now() // a transport that traces nothing
	}
	if err != nil && canceled(ctx) {
		err = ctx.Err()
	}
	return sent, a, err
}

func (c *Client) roundTrip(ctx context.Context, r request, hr *http.Request) (answer, error) {
	resp, err := c.http.RoundTrip(hr.WithContext(ctx))
	if err != nil {
		return answer{}, unreachable(r, err)
	}
	defer func() {
		_ = resp.Body.Close() // all that is wanted of it has been read
	}()
	a := answer{status: resp.StatusCode, header: resp.Header}
	good := resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusNotModified && r.have != Version{}
	most := int64(errorMost)
	if good {
		most = answerMost
		if r.longest > 0 {
			most = r.longest
		}
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case good && err != nil:
		return a, unreachable(r, err)
	case good && int64(len(a.body)) > most:
		return a, foreign(r, a.status, fmt.Errorf("the answer has more than %d bytes", most))
	case good:
		return a, nil
	}
	// The status of a failure says enough even when its body is cut.
	return a, answered(r.endpoint(), a.status, a.header, a.body[:min(int64(len(a.body)), most)], c.cfg.Now())
}

// holds are the failures after which nothing is sent for a while.
var holds = map[Class]limits.Reason{Blocked: limits.Blocked, DailyLimit: limits.Daily, Overloaded: limits.Overloaded}

// result tells the limits what became of a call.
func result(sent time.Time, a answer, err error) limits.Result {
	res := limits.Result{Sent: sent, OK: err == nil}
	if a.header != nil {
		if n, convErr := strconv.Atoi(strings.TrimSpace(a.header.Get("X-RateLimit-Remaining"))); convErr == nil && n >= 0 {
			res.Remaining = &n
		}
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return res
	}
	res.RateLimited = e.Class == Busy
	if reason, ok := holds[e.Class]; ok {
		res.Hold, res.After = reason, e.RetryAfter
	}
	if e.Class == DailyLimit && e.RetryAfter == 0 {
		res.After = time.Hour // the end of the day is Simkl's to say; an hour asks again soon enough
	}
	return res
}

func (c *Client) log(hr *http.Request, begun time.Time, a answer, err error) {
	if c.cfg.Log == nil {
		return
	}
	e := Entry{
		Time: begun.UTC(), Method: hr.Method, Scheme: hr.URL.Scheme, Host: hr.URL.Host,
		Path: maskPath(hr.URL.Path), Query: maskQuery(hr.URL.Query()),
		Status: a.status, Latency: c.cfg.Now().Sub(begun), UserAgent: hr.UserAgent(),
	}
	if a.header != nil {
		e.Cache = safe(text(cmp.Or(a.header.Get("CF-Cache-Status"), a.header.Get("X-Cache"))), 40)
	}
	e.Error = logWords(err)
	c.cfg.Log.Add(e)
}

// logWords is why a request failed, in a word or two that hold nothing secret.
func logWords(err error) string {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return "canceled"
	case e.Code != "":
		return e.Code
	case e.Cause != "":
		return string(e.Cause)
	}
	return string(e.Class)
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
