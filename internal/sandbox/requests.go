package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLog bounds the request log of a long-running server.
const maxLog = 10000

// Request is one row of the log, with the columns of the service's developer view (section 13).
type Request struct {
	Time       time.Time  `json:"time"`
	Burst      int        `json:"burst,omitempty"` // how many came in the same second, from 3 on
	Method     string     `json:"method"`
	Scheme     string     `json:"scheme"`
	Host       string     `json:"host"`
	Path       string     `json:"path"`
	Query      url.Values `json:"query"` // secrets are masked
	AppVersion string     `json:"app_version"`
	ClientID   string     `json:"client_id"`
	User       string     `json:"user,omitempty"`
	Status     int        `json:"status"` // 0: the connection was dropped
	LatencyMS  int64      `json:"latency_ms"`
	ClientIP   string     `json:"client_ip"`
	UserAgent  string     `json:"user_agent"`
	BodyLength int        `json:"body_length"`
	Notes      []string   `json:"notes,omitempty"` // what a well-behaved client does not do
}

var maskedKeys = []string{"code", "token", "access_token", "refresh_token", "redirect", "redirect_uri", "pin"}

// Requests lists the calls that were answered, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests()
}

// requests marks the bursts: three or more calls of one address in the same second.
func (s *Server) requests() []Request {
	out := slices.Clone(s.log)
	if out == nil {
		out = []Request{}
	}
	type second struct {
		ip string
		at int64
	}
	count := map[second]int{}
	for _, r := range out {
		count[second{r.ClientIP, r.Time.Unix()}]++
	}
	for i, r := range out {
		if n := count[second{r.ClientIP, r.Time.Unix()}]; n >= 3 {
			out[i].Burst = n
		}
	}
	return out
}

// record logs an API or data call; the pages for people are not logged.
func (s *Server) record(c *call, out response, f *Fault) {
	if e, ok := route(c.r.Method, c.r.URL.Path); ok && e.site {
		return
	}
	status := out.status
	if f != nil {
		status = f.logged(out.status)
	}
	q := url.Values{}
	for k, v := range c.query {
		q[k] = slices.Clone(v)
		if slices.Contains(maskedKeys, strings.ToLower(k)) {
			q[k] = []string{"***"}
		}
	}
	ip, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		ip = c.r.RemoteAddr
	}
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := Request{
		Time: c.began.UTC(), Method: c.r.Method, Scheme: scheme, Host: c.r.Host, Path: c.r.URL.Path, Query: q,
		AppVersion: c.query.Get("app-version"), ClientID: c.client, Status: status,
		LatencyMS: s.opts.Now().Sub(c.began).Milliseconds(), ClientIP: ip, UserAgent: c.r.UserAgent(), BodyLength: len(c.body),
		Notes: c.notes,
	}
	if c.user != nil {
		row.User = c.user.Name
	}
	s.log = append(s.log, row)
	if len(s.log) > maxLog {
		s.log = slices.Delete(s.log, 0, maxLog/10)
	}
}

// logged is the status that the client saw.
func (f *Fault) logged(status int) int {
	switch f.Kind {
	case FaultStatus:
		return f.Status
	case FaultDrop:
		return 0
	case FaultHTML:
		return max(http.StatusOK, f.Status)
	case FaultGarbage, FaultEndless:
		return http.StatusOK
	case FaultRedirect:
		return http.StatusFound
	}
	return status
}

// frontPage says what this server is and shows the history, for people.
func (s *Server) frontPage(c *call) response {
	var b strings.Builder
	b.WriteString("This is simkld's sandbox: a Simkl-compatible server for tests and for trying things out.\n" +
		"Nothing here reaches simkl.com.\n\nLog in: /pin\nAs JSON: /sandbox/history /sandbox/watching /sandbox/requests\n\n")
	for _, u := range s.st.Users {
		s.mature(u, c.now)
		b.WriteString("Watched by " + u.Name + ":\n")
		for _, w := range s.historyOf(u) {
			b.WriteString("  " + w.WatchedAt.Format("2006-01-02 15:04") + "  " + w.Title + " (" + strconv.Itoa(w.Year) + ")")
			if w.Episode > 0 {
				b.WriteString(" S" + pad(w.Season) + "E" + pad(w.Episode))
			}
			b.WriteString("  by " + w.Via + "\n")
		}
	}
	return text(http.StatusOK, b.String())
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func (s *Server) historyJSON(c *call) response {
	out := []Watched{}
	for _, u := range s.st.Users {
		s.mature(u, c.now)
		out = append(out, s.historyOf(u)...)
	}
	return reply(http.StatusOK, inOrder(out))
}

func (s *Server) watchingJSON(c *call) response {
	out := []Watching{}
	for _, u := range s.st.Users {
		if w, ok := s.watchingNow(u, c.now); ok {
			out = append(out, w)
		}
	}
	return reply(http.StatusOK, out)
}

func (s *Server) requestsJSON(*call) response { return reply(http.StatusOK, s.requests()) }
