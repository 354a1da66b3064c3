package simkl

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

const (
	// codesMost bounds how many codes one login goes through. A login that nobody answers must not use up the day's calls.
	codesMost = 4
	// codeLife and pollEvery are taken where the server does not say (simkl-api.md 3.2).
	codeLife  = 15 * time.Minute
	pollEvery = 5 * time.Second
	slowDown  = 5 * time.Second
)

// Prompt is a code that a person must enter at an address.
type Prompt struct {
	Generation Generation
	Code       string
	// URL is where to enter the code, Complete the same with the code in it; empty where Simkl gives none.
	URL, Complete string
	// Expires is when the code is worth nothing any more, in UTC.
	Expires time.Time

	device   Token
	interval time.Duration
}

// StepKind says what happened in a login.
type StepKind string

// The kinds, printed by `login --json` and never changed.
const (
	// StepCode is a code to show, the first one.
	StepCode StepKind = "code"
	// StepReplaced is a new code to show: the one before expired or vanished.
	StepReplaced StepKind = "replaced"
	// StepPending is a poll that found no approval yet.
	StepPending StepKind = "pending"
	// StepTrouble is a poll that failed and will be repeated; Err says why.
	StepTrouble StepKind = "trouble"
)

// Step is something that happened in a login.
type Step struct {
	Kind   StepKind
	Prompt Prompt
	Err    error
}

// ErrNotApproved is a login that nobody answered.
var ErrNotApproved = errors.New("the login was not approved in time")

// Authorize links an account: it finds out which generation the client_id is (simkl-api.md 3.1), gets a code, lets
// show tell the person, and waits for the approval. Its calls have the priority of what the user typed. It keeps
// nothing; the caller saves the grant and calls Reload.
func (c *Client) Authorize(ctx context.Context, show func(Step)) (Grant, error) {
	ctx = WithPriority(ctx, limits.Typed)
	kind := StepCode
	var generation Generation
	for range codesMost {
		prompt, err := c.requestCode(ctx, generation)
		if err != nil {
			return Grant{}, err
		}
		generation = prompt.Generation
		show(Step{Kind: kind, Prompt: prompt})
		grant, err := c.await(ctx, prompt, show)
		if err != nil || !grant.IsZero() {
			return grant, err
		}
		kind = StepReplaced
	}
	return Grant{}, ErrNotApproved
}

// requestCode gets a code of the generation, or finds out the generation.
func (c *Client) requestCode(ctx context.Context, known Generation) (Prompt, error) {
	if known == V1 {
		return c.requestPIN(ctx)
	}
	prompt, err := c.requestDevice(ctx)
	if err == nil || known == V2 {
		return prompt, err
	}
	if slices.Contains([]Class{WrongClient, Gone, Unknown}, ClassOf(err)) {
		return c.requestPIN(ctx) // it is a V1 client_id, or a server that knows no V2
	}
	return Prompt{}, err
}

// await polls until the code is approved. A zero grant without an error is a code that is no longer worth anything.
func (c *Client) await(ctx context.Context, p Prompt, show func(Step)) (Grant, error) {
	for interval := p.interval; ; {
		if !c.cfg.Now().Add(interval).Before(p.Expires) {
			return Grant{}, sleep(ctx, max(0, p.Expires.Sub(c.cfg.Now())))
		}
		if err := sleep(ctx, interval); err != nil {
			return Grant{}, err
		}
		grant, state, err := c.poll(ctx, p)
		switch {
		case err != nil && !passing(err):
			return Grant{}, err
		case err != nil:
			show(Step{Kind: StepTrouble, Prompt: p, Err: err})
		case state == pollDone && !grant.CanWrite():
			return Grant{}, readOnly("POST /oauth2/token")
		case state == pollDone:
			return grant, nil
		case state == pollGone:
			return Grant{}, nil
		case state == pollSlower:
			interval += slowDown
			show(Step{Kind: StepPending, Prompt: p})
		default:
			show(Step{Kind: StepPending, Prompt: p})
		}
	}
}

// passing says whether a failed poll is worth repeating.
func passing(err error) bool {
	if hold, ok := errors.AsType[*HoldError](err); ok {
		return hold.Reason == limits.Overloaded
	}
	return slices.Contains([]Class{Unreachable, Foreign, ServerError, Overloaded, Busy, Locked}, ClassOf(err))
}

type pollState int

const (
	pollPending pollState = iota
	pollSlower
	pollGone
	pollDone
)

func (c *Client) poll(ctx context.Context, p Prompt) (Grant, pollState, error) {
	if p.Generation == V2 {
		return c.pollDevice(ctx, p)
	}
	return c.pollPIN(ctx, p)
}

// promptIn is the answer to the request of a code, of both generations.
type promptIn struct {
	UserCode text    `json:"user_code"`
	Device   text    `json:"device_code"`
	URI      text    `json:"verification_uri"`
	URL      text    `json:"verification_url"` // older answers (simkl-api.md 3.2)
	Complete text    `json:"verification_uri_complete"`
	Expires  integer `json:"expires_in"`
	Interval integer `json:"interval"`
}

func (c *Client) prompt(g Generation, in promptIn) Prompt {
	life, interval := codeLife, pollEvery
	if s := in.Expires.int64(); s > 0 && s <= int64(codeLife/time.Second)*4 {
		life = time.Duration(s) * time.Second
	}
	if s := in.Interval.int64(); s > 0 && s <= 60 {
		interval = time.Duration(s) * time.Second
	}
	p := Prompt{
		Generation: g, Code: string(in.UserCode),
		URL:      cmp.Or(webAddress(in.URI), webAddress(in.URL), c.site.String()+"/pin"),
		Complete: webAddress(in.Complete),
		Expires:  c.cfg.Now().UTC().Add(life),
		interval: interval,
	}
	if g == V2 {
		p.device = NewToken(string(in.Device))
	}
	return p
}

// webAddress gives an address that a person may be sent to; anything but a web page is none.
func webAddress(s text) string {
	u, err := url.Parse(string(s))
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return ""
	}
	return strings.TrimRight(u.String(), "/")
}

func (c *Client) requestPIN(ctx context.Context) (Prompt, error) {
	r := request{method: http.MethodGet, base: c.api, path: "/oauth/pin", auth: authNone, longest: errorMost}
	a, err := c.do(ctx, r)
	if err != nil {
		return Prompt{}, err
	}
	var in promptIn
	if err := a.decode(r, &in, func() bool { return in.UserCode != "" }); err != nil {
		return Prompt{}, err
	}
	return c.prompt(V1, in), nil
}

func (c *Client) pollPIN(ctx context.Context, p Prompt) (Grant, pollState, error) {
	r := request{method: http.MethodGet, base: c.api, path: pinPath + url.PathEscape(p.Code), auth: authNone, longest: errorMost}
	a, err := c.do(ctx, r)
	if err != nil {
		if ClassOf(err) == Gone || ClassOf(err) == NoMatch {
			return Grant{}, pollGone, nil
		}
		return Grant{}, pollPending, err
	}
	var in struct {
		Result  text `json:"result"`
		Message text `json:"message"`
		Access  text `json:"access_token"`
		Device  text `json:"device_code"`
	}
	if err := a.decode(r, &in, func() bool { return in.Result != "" || in.Access != "" || in.Device != "" }); err != nil {
		return Grant{}, pollPending, err
	}
	switch {
	case in.Access != "": // before result: a vanished code is "OK" too
		return Grant{Generation: V1, Access: NewToken(string(in.Access))}, pollDone, nil
	case in.Device != "": // the server made a new code instead (edge-cases.md T20)
		return Grant{}, pollGone, nil
	case strings.Contains(strings.ToLower(string(in.Message)), "slow"):
		return Grant{}, pollSlower, nil
	}
	return Grant{}, pollPending, nil
}

// scopes must be asked for: without them Simkl silently grants reading only (simkl-api.md 3.4).
const scopes = "media:read media:write"

func (c *Client) requestDevice(ctx context.Context) (Prompt, error) {
	r := c.oauth2("/oauth2/device", url.Values{"scope": {scopes}})
	a, err := c.do(ctx, r)
	if err != nil {
		return Prompt{}, err
	}
	var in promptIn
	if err := a.decode(r, &in, func() bool { return in.UserCode != "" && in.Device != "" }); err != nil {
		return Prompt{}, err
	}
	return c.prompt(V2, in), nil
}

func (c *Client) pollDevice(ctx context.Context, p Prompt) (Grant, pollState, error) {
	grant, err := c.token(ctx, url.Values{
		"grant_type":  {"urn:ietf:params:oauth:grant-type:device_code"},
		"device_code": {p.device.Reveal()},
	})
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusBadRequest {
		switch e.Code {
		case "authorization_pending":
			return Grant{}, pollPending, nil
		case "slow_down":
			return Grant{}, pollSlower, nil
		case "expired_token", "invalid_grant":
			return Grant{}, pollGone, nil
		}
	}
	if err != nil {
		return Grant{}, pollPending, err
	}
	return grant, pollDone, nil
}
