package sandbox

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// meter counts the recent calls of one token or client id (section 15).
type meter struct {
	gets, posts []time.Time
	blocked     time.Time
}

// quota counts the calls of one day in New York.
type quota struct {
	Day  string `json:"day"`
	Used int    `json:"used"`
}

// gate refuses what the service refuses before it looks at the request itself.
func (s *Server) gate(c *call, e endpoint, known bool) (response, bool) {
	c.client = c.query.Get("client_id")
	if c.client == "" {
		c.client = c.r.Header.Get("simkl-api-key")
	}
	if c.client == "" && e.oauth {
		c.client = clientOf(c)
	}
	if e.data {
		s.noteManners(c)
		return response{}, false // plain files at the edge: no key is asked for (section 11)
	}
	if c.client == "" || slices.Contains(s.opts.RefusedClients, c.client) {
		if strings.HasPrefix(c.r.URL.Path, "/oauth2/") {
			return oauth2Problem(http.StatusUnauthorized, "invalid_client", "the client is unknown or suspended"), true
		}
		return problem(http.StatusPreconditionFailed, "client_id_failed", "client_id is missing, unknown or suspended"), true
	}
	if missing := s.noteManners(c); missing != "" && !s.opts.Lenient {
		return problem(http.StatusPreconditionFailed, "client_id_failed", missing+" is required on every request"), true
	}
	if !known {
		return problem(http.StatusNotFound, "url_failed", "no such endpoint"), true
	}
	if out, refused := debugLimit(c); refused {
		return out, true
	}
	if out, refused := s.identify(c, e); refused {
		return out, true
	}
	if e.free {
		return response{}, false
	}
	if out, refused := s.pace(c); refused {
		return out, true
	}
	if out, refused := s.spend(c); refused {
		return out, true
	}
	return s.contentType(c, e)
}

// noteManners names the first of the three parameters and the User-Agent that is missing (section 1), and notes every
// breach.
func (s *Server) noteManners(c *call) string {
	first := ""
	miss := func(name string) {
		c.note("without " + name)
		if first == "" {
			first = name
		}
	}
	if c.query.Get("client_id") == "" && c.r.Header.Get("simkl-api-key") == "" {
		miss("client_id")
	}
	for _, k := range []string{"app-name", "app-version"} {
		if c.query.Get(k) == "" {
			miss(k)
		}
	}
	if c.r.UserAgent() == "" || strings.HasPrefix(c.r.UserAgent(), "Go-http-client/") {
		miss("a descriptive User-Agent")
	}
	return first
}

// contentType asks for JSON on a POST with a body; the authorization endpoints also take forms (section 1).
func (s *Server) contentType(c *call, e endpoint) (response, bool) {
	if c.r.Method != http.MethodPost || len(c.body) == 0 {
		return response{}, false
	}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind == "application/json" || e.oauth && kind == "application/x-www-form-urlencoded" {
		return response{}, false
	}
	c.note("Content-Type is " + strconv.Quote(c.r.Header.Get("Content-Type")))
	if s.opts.Lenient {
		return response{}, false
	}
	return problem(http.StatusBadRequest, "wrong_parameter", "Content-Type must be application/json"), true
}

// debugLimit is the vendor's hook: the genuine answer without spending anything (section 15).
func debugLimit(c *call) (response, bool) {
	switch c.query.Get("debug_limit") {
	case "user":
		return overDaily("user_limit_exceeded", c.now), true
	case "app":
		return overDaily("app_limit_exceeded", c.now), true
	}
	return response{}, false
}

func overDaily(id string, now time.Time) response {
	wait := int(nextMidnight(now).Sub(now)/time.Second) + 1
	return problem(http.StatusTooManyRequests, id, "the daily allowance is used up; it is renewed at midnight in New York").
		with("Retry-After", strconv.Itoa(wait))
}

// identify finds who calls. Under V1 the public endpoints need no user; a V2 app needs one nearly everywhere (3.5).
func (s *Server) identify(c *call, e endpoint) (response, bool) {
	if e.oauth {
		return response{}, false
	}
	header := c.r.Header.Get("Authorization")
	if e.cached {
		if header != "" {
			c.note("Authorization on a cached endpoint")
		}
		return response{}, false
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if header == "" || !strings.EqualFold(scheme, "Bearer") || token == "" {
		if isV2(c.client) {
			return problem(http.StatusUnauthorized, "user_token_required", "this app must send the token of a user"), true
		}
		if e.user {
			return problem(http.StatusUnauthorized, "user_token_failed", "the Authorization header is missing or malformed"), true
		}
		return response{}, false
	}
	g := s.findAccess(token)
	switch {
	case g == nil || g.Client != c.client || isV2(c.client) && !c.now.Before(g.AccessUntil):
		if isV2(c.client) {
			return problem(http.StatusUnauthorized, "invalid_token", "user_token_failed: the access token is unknown or has expired"), true
		}
		return problem(http.StatusUnauthorized, "user_token_failed", "the token is unknown or was revoked"), true
	case isV2(c.client) && !g.allows(c, e):
		return problem(http.StatusForbidden, "insufficient_scope", "the token lacks the scope for this call").
			with("WWW-Authenticate", `Bearer error="insufficient_scope", scope="media:read media:write"`), true
	}
	c.grant, c.user = g, s.st.userByID(g.User)
	if c.user == nil {
		return problem(http.StatusUnauthorized, "user_token_failed", "the account is gone"), true
	}
	return response{}, false
}

// pace holds the per-second caps: a GET too many is 429 and clears by itself, a POST too many starts a block that is
// seen as 412 (section 15).
func (s *Server) pace(c *call) (response, bool) {
	key := "client:" + c.client
	if c.grant != nil {
		key = "token:" + c.grant.key()
	}
	m := s.meters[key]
	if m == nil {
		m = &meter{}
		s.meters[key] = m
	}
	post := c.r.Method == http.MethodPost
	var over bool
	if post {
		m.posts, over = tick(m.posts, c.now, s.opts.POSTsPerSecond)
	} else {
		m.gets, over = tick(m.gets, c.now, s.opts.GETsPerSecond)
	}
	if post && over {
		c.note("burst of POSTs")
		m.blocked = c.now.Add(s.opts.BlockFor)
	}
	if c.now.Before(m.blocked) {
		return problem(http.StatusPreconditionFailed, "client_id_failed", fmt.Sprintf("too many writes: blocked until %s", stamp(m.blocked).Format(time.RFC3339))), true
	}
	if over {
		return problem(http.StatusTooManyRequests, "rate_limit", "more than "+strconv.Itoa(s.opts.GETsPerSecond)+" requests in a second").
			with("Retry-After", strconv.Itoa(int(nextMidnight(c.now).Sub(c.now)/time.Second)+1)), true
	}
	return response{}, false
}

// tick adds now to the calls of the last second and says whether they are more than limit.
func tick(calls []time.Time, now time.Time, limit int) ([]time.Time, bool) {
	if limit < 0 {
		return nil, false
	}
	calls = slices.DeleteFunc(calls, func(t time.Time) bool { return now.Sub(t) >= time.Second || t.After(now) })
	calls = append(calls, now)
	return calls, len(calls) > limit
}

// spend counts the call against the day: per user for V2, per app for V1 (section 15).
func (s *Server) spend(c *call) (response, bool) {
	key, id, limit := "app:"+c.client, "app_limit_exceeded", s.opts.AppDaily
	if isV2(c.client) {
		if c.user == nil {
			return response{}, false
		}
		key, id, limit = s.userQuotaKey(c), "user_limit_exceeded", s.userLimit(c.user)
	}
	q := s.st.Quotas[key]
	if day := nyDay(c.now); q == nil || q.Day != day {
		q = &quota{Day: day}
		s.st.Quotas[key] = q
	}
	if limit > 0 && q.Used >= limit {
		return overDaily(id, c.now), true
	}
	q.Used++
	return response{}, false
}

func (s *Server) userQuotaKey(c *call) string { return "user:" + strconv.FormatInt(c.user.ID, 10) }

func (s *Server) userLimit(u *user) int {
	if s.opts.UserDaily > 0 {
		return s.opts.UserDaily
	}
	switch u.Plan {
	case PlanPro:
		return 1000
	case PlanVIP:
		return 10000
	}
	return 500
}

// quotaHeaders tells a V2 app what is left; not on the first call of a fresh token (section 15).
func (s *Server) quotaHeaders(c *call, e endpoint, out response) response {
	if !isV2(c.client) || e.free {
		return out
	}
	if !c.grant.Used {
		c.grant.Used = true
		return out
	}
	limit := s.userLimit(c.user)
	left := limit
	if q := s.st.Quotas[s.userQuotaKey(c)]; q != nil {
		left = max(0, limit-q.Used)
	}
	return out.with("X-Ratelimit-Limit", strconv.Itoa(limit)).with("X-Ratelimit-Remaining", strconv.Itoa(left))
}

// writeLock is one user's lock on scrobbles and sync writes: held while a call runs, and at most 20 s (5.4).
type writeLock struct {
	since time.Time
	freed chan struct{}
}

const lockLife = 20 * time.Second

// lockWrites takes the lock of a user, waiting as long as the options say. It is called, and returns, with the
// mutex held; it gives the mutex away while it waits.
func (s *Server) lockWrites(ctx context.Context, id int64) (release func(), ok bool) {
	deadline := s.opts.Now().Add(s.opts.LockWait)
	for {
		held := s.locks[id]
		now := s.opts.Now()
		if held == nil || now.Sub(held.since) >= lockLife {
			mine := &writeLock{since: now, freed: make(chan struct{})}
			s.locks[id] = mine
			return func() {
				if s.locks[id] == mine {
					delete(s.locks, id)
				}
				close(mine.freed)
			}, true
		}
		wait := min(deadline.Sub(now), lockLife-now.Sub(held.since))
		if wait <= 0 {
			return nil, false
		}
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-held.freed:
		case <-timer.C:
		case <-ctx.Done():
			deadline = now
		}
		timer.Stop()
		s.mu.Lock()
	}
}

// nyOffset is New York's distance from UTC: DST from the second Sunday of March to the first of November, 2 o'clock. It
// is computed so that the server needs no time zone files.
func nyOffset(t time.Time) time.Duration {
	t = t.UTC()
	start := sunday(t.Year(), time.March, 2).Add(7 * time.Hour)
	end := sunday(t.Year(), time.November, 1).Add(6 * time.Hour)
	if !t.Before(start) && t.Before(end) {
		return -4 * time.Hour
	}
	return -5 * time.Hour
}

// sunday is the n-th Sunday of a month, at midnight UTC.
func sunday(year int, m time.Month, n int) time.Time {
	first := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(n-1))
}

// nyDay is the date in New York, on which the daily allowances depend.
func nyDay(t time.Time) string { return t.UTC().Add(nyOffset(t)).Format("2006-01-02") }

// nextMidnight is when the day in New York ends.
func nextMidnight(t time.Time) time.Time {
	local := t.UTC().Add(nyOffset(t))
	y, m, d := local.Date()
	midnight := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	return midnight.Add(-nyOffset(midnight.Add(5 * time.Hour)))
}
