package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/term"
)

// Simkl asks Simkl once, and lets the checks of account, clock and network read the answer.
type Simkl struct {
	// Connect makes the client; its requests must go through the transport.
	Connect func(ctx context.Context, transport http.RoundTripper) (app.Linked, error)
	// ClientID is the one that is used, "" for none.
	ClientID string
	APIURL   string
	Proxy    string
	Now      func() time.Time

	once   sync.Once
	linked app.Linked
	who    simkl.Settings
	failed error
	took   time.Duration
	date   *dateReader
}

// ask makes the one request: whose account it is, or a page of the catalogue without an account.
func (s *Simkl) ask(ctx context.Context) {
	s.once.Do(func() {
		s.date = newDateReader(s.Proxy, s.Now)
		if s.ClientID == "" {
			return // Simkl answers nobody without one
		}
		if s.linked, s.failed = s.Connect(ctx, s.date); s.failed != nil {
			return
		}
		typed := simkl.WithPriority(ctx, limits.Typed)
		if s.linked.Token.IsZero() {
			_, s.failed = s.linked.Client.Detail(typed, media.AnswerMovie, 53801)
			if simkl.ClassOf(s.failed) == simkl.Gone {
				s.failed = nil // it answered
			}
		} else {
			s.who, s.failed = s.linked.Client.Settings(typed)
		}
		s.took = s.date.took()
	})
}

// Account looks whether an account is linked and accepted.
func (s *Simkl) Account() Check {
	return Of("account", func(ctx context.Context) Finding {
		login := about.Name + " login"
		if s.ClientID == "" {
			return fail("there is no client_id", login)
		}
		s.ask(ctx)
		t := s.linked.Token
		switch class := simkl.ClassOf(s.failed); {
		case t.IsZero() && s.failed != nil && class == "":
			return fail(words(s.failed), login)
		case t.IsZero():
			return fail("no account is linked", login)
		case class == simkl.Login:
			return fail(words(s.failed), login)
		case s.failed != nil:
			return hint("linked"+named(t.Account.Name)+", "+place(t)+"; not asked: "+words(s.failed), "")
		}
		text := "linked" + named(s.who.Name)
		if s.who.Plan != "" {
			text += " (" + s.who.Plan + ")"
		}
		return fine(text + ", " + place(t))
	})
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " to " + name
}

func place(t account.Token) string { return "token in " + string(t.Origin) }

const (
	clockHint = time.Minute
	clockFail = 10 * time.Minute
)

// Clock compares the time of day with Simkl's.
func (s *Simkl) Clock() Check {
	return Of("clock", func(ctx context.Context) Finding {
		s.ask(ctx)
		off, known := s.date.off()
		size := off.Abs()
		text := term.Span(size) + " behind Simkl's"
		if off > 0 {
			text = term.Span(size) + " ahead of Simkl's"
		}
		mend := "set the clock of this machine"
		switch {
		case s.ClientID == "":
			return NotAsked("there is no client_id")
		case !known:
			return NotAsked("Simkl did not answer")
		case size >= clockFail:
			return fail(text+", watches get wrong times", mend)
		case size >= clockHint:
			return hint(text, mend)
		case size <= 2*time.Second:
			return fine("right, by Simkl's")
		}
		return fine(text)
	})
}

// Network looks whether Simkl can be reached, and what is left of the day's calls.
func (s *Simkl) Network() Check {
	return Of("network", func(ctx context.Context) Finding {
		s.ask(ctx)
		if s.ClientID == "" {
			return NotAsked("there is no client_id")
		}
		host := s.APIURL
		if u, err := url.Parse(s.APIURL); err == nil && u.Host != "" {
			host = u.Host
		}
		if s.failed != nil && simkl.ClassOf(s.failed) != simkl.Login {
			text, mend := words(s.failed), ""
			if e, ok := errors.AsType[*fault.Error](explained(s.failed)); ok {
				text, mend = e.What, e.Do
			}
			return fail(text, mend)
		}
		text := fmt.Sprintf("%s in %d ms", host, s.took.Milliseconds())
		if s.linked.Limits != nil {
			if left, err := s.linked.Limits.Left(ctx); err == nil {
				text += fmt.Sprintf("; about %d calls left today", left)
			}
		}
		return fine(text)
	})
}

func explained(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return simkl.Explain(err, time.Now())
}

// words are the words of an error without what to do.
func words(err error) string {
	if e, ok := errors.AsType[*fault.Error](explained(err)); ok {
		return e.What
	}
	return err.Error()
}

// dateReader is a transport that notes when the server says it is.
type dateReader struct {
	base http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex // guards what follows
	skew  time.Duration
	known bool
	spent time.Duration
}

func newDateReader(proxy string, now func() time.Time) *dateReader {
	choose := http.ProxyFromEnvironment
	if u, err := url.Parse(proxy); err == nil && proxy != "" {
		choose = http.ProxyURL(u)
	}
	return &dateReader{now: now, base: &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if h := r.URL.Hostname(); h == "localhost" || h == "::1" || strings.HasPrefix(h, "127.") {
				return nil, nil
			}
			return choose(r)
		},
		DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second,
	}}
}

// RoundTrip sends a request.
func (d *dateReader) RoundTrip(r *http.Request) (*http.Response, error) {
	before := d.now()
	resp, err := d.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	after := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spent = after.Sub(before)
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The header has whole seconds: it is half a second late on average.
		middle := before.Add(d.spent / 2)
		d.skew, d.known = middle.Sub(at.Add(time.Second/2)), true
	}
	return resp, nil
}

func (d *dateReader) off() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.skew, d.known
}

func (d *dateReader) took() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spent
}
