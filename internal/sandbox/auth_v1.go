package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Times of the login codes (3.1): the code lives 900 s and is polled every 5 s. When it is over, V1 polls stay pending
// until the code is purged (17 row 2).
const (
	codeLife     = 900 * time.Second
	pollInterval = 5 * time.Second
	purgeAfter   = codeLife + time.Minute
	authCodeLife = 10 * time.Minute
	yearsFive    = 157680000
)

// grant is what a user gave an app: one V1 token, or a V2 access and refresh token.
type grant struct {
	Client       string    `json:"client"`
	User         int64     `json:"user"`
	Access       string    `json:"access"`
	AccessUntil  time.Time `json:"access_until,omitzero"`
	Refresh      string    `json:"refresh,omitempty"`
	RefreshUntil time.Time `json:"refresh_until,omitzero"`
	Scope        string    `json:"scope,omitempty"`
	Used         bool      `json:"used,omitempty"` // the access token has made a counted call
}

// key names the grant for the per-second caps.
func (g *grant) key() string { return g.Access }

// pin is a login that waits for approval: a V1 PIN or a V2 device code.
type pin struct {
	UserCode string    `json:"user_code"`
	Device   string    `json:"device,omitempty"`
	Client   string    `json:"client"`
	Scope    string    `json:"scope,omitempty"`
	Made     time.Time `json:"made"`
	Approved bool      `json:"approved,omitempty"`
	User     int64     `json:"user,omitempty"` // who approved it; 0 is the account of Options.User
	Polled   time.Time `json:"polled,omitzero"`
	Interval int       `json:"interval,omitempty"` // seconds; V2 grows it by slow_down
	Redirect string    `json:"redirect,omitempty"` // where the page sends the browser afterwards (V1)
}

// code is an authorization code of a browser login.
type code struct {
	Client    string    `json:"client"`
	User      int64     `json:"user"`
	Redirect  string    `json:"redirect"`
	Scope     string    `json:"scope,omitempty"`
	Challenge string    `json:"challenge,omitempty"`
	Method    string    `json:"method,omitempty"`
	Made      time.Time `json:"made"`
}

// findAccess finds a grant by its access token; nil if there is none.
func (s *Server) findAccess(token string) *grant {
	for _, g := range s.st.Grants {
		if g.Access == token {
			return g
		}
	}
	return nil
}

// grantV1 gives the one token that a user has with a V1 app: always the same (3.2).
func (s *Server) grantV1(client string, user int64) string {
	for _, g := range s.st.Grants {
		if g.Client == client && g.User == user {
			return g.Access
		}
	}
	g := &grant{Client: client, User: user, Access: secretText(64)}
	s.st.Grants[g.Access] = g
	return g.Access
}

func (s *Server) revoke(token string) {
	for k, g := range s.st.Grants {
		if g.Access == token || g.Refresh != "" && g.Refresh == token {
			delete(s.st.Grants, k)
		}
	}
}

// approved says whether the login went through, by a person or by itself.
func (s *Server) approvedBy(p *pin, now time.Time) bool {
	if !p.Approved && s.opts.ApproveAfter >= 0 {
		at := p.Made.Add(s.opts.ApproveAfter)
		p.Approved = !now.Before(at) && at.Before(p.Made.Add(codeLife))
	}
	return p.Approved
}

// approve lets a login through for an account; nil is no such login.
func (s *Server) approve(userCode string, u *user, now time.Time) *pin {
	want := foldCode(userCode)
	for _, set := range []map[string]*pin{s.st.Pins, s.st.Devices} {
		for _, p := range set {
			if foldCode(p.UserCode) == want && now.Before(p.Made.Add(codeLife)) {
				p.Approved, p.User = true, u.ID
				return p
			}
		}
	}
	return nil
}

// foldCode reads a code as a person may type it: any case, spaces, hyphens, I and L for 1, O for 0 (3.4).
func foldCode(code string) string {
	return strings.NewReplacer(" ", "", "-", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(code))
}

type pinAnswer struct {
	Result     string `json:"result"`
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	URL        string `json:"verification_url"`
	ExpiresIn  int    `json:"expires_in"`
	Interval   int    `json:"interval"`
}

// newPin answers GET /oauth/pin, and a poll for a code that is gone (3.2).
func (s *Server) newPin(c *call) response {
	if out, refused := onlyV1(c, "/oauth2/device"); refused {
		return out
	}
	s.sweep(c.now)
	p := &pin{UserCode: codeText(5), Client: c.client, Made: c.now, Redirect: webPage(c.query.Get("redirect"))}
	s.st.Pins[p.UserCode] = p
	where := s.site(c) + "/pin"
	return reply(http.StatusOK, pinAnswer{"OK", "DEVICE_CODE", p.UserCode, where, where, int(codeLife.Seconds()), int(pollInterval.Seconds())})
}

// webPage is an address that a browser may be sent to; "" for anything else.
func webPage(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		return address
	}
	return ""
}

// pollPin answers GET /oauth/pin/CODE. Every outcome is 200 (3.2).
func (s *Server) pollPin(c *call) response {
	if out, refused := onlyV1(c, "/oauth2/token"); refused {
		return out
	}
	name := strings.ToUpper(lastSegment(c.r.URL.Path))
	p := s.st.Pins[name]
	if p == nil || p.Client != c.client || !c.now.Before(p.Made.Add(purgeAfter)) {
		delete(s.st.Pins, name)
		c.note("poll for a code that is gone")
		return s.newPin(c)
	}
	type outcome struct {
		Result  string `json:"result"`
		Message string `json:"message,omitempty"`
		Token   string `json:"access_token,omitempty"`
	}
	fast := !p.Polled.IsZero() && c.now.Sub(p.Polled) < pollInterval
	p.Polled = c.now
	switch {
	case fast && s.opts.SlowDown:
		return reply(http.StatusOK, outcome{Result: "KO", Message: "Slow down"})
	case !s.approvedBy(p, c.now):
		return reply(http.StatusOK, outcome{Result: "KO", Message: "Authorization pending"})
	}
	delete(s.st.Pins, name) // the token is handed out once
	return reply(http.StatusOK, outcome{Result: "OK", Token: s.grantV1(c.client, s.approver(p))})
}

// approver is the account that a login links.
func (s *Server) approver(p *pin) int64 {
	if p.User != 0 {
		return p.User
	}
	return s.loginUser().ID
}

// sweep forgets the logins and codes that are long over.
func (s *Server) sweep(now time.Time) {
	old := func(_ string, p *pin) bool { return !now.Before(p.Made.Add(purgeAfter)) }
	maps.DeleteFunc(s.st.Pins, old)
	maps.DeleteFunc(s.st.Devices, old)
	maps.DeleteFunc(s.st.Codes, func(_ string, k *code) bool { return !now.Before(k.Made.Add(authCodeLife)) })
}

func (s *Server) loginUser() *user { return s.addUser(s.opts.User, "", "") }

// onlyV1 refuses a V2 app on a V1 endpoint (3.1).
func onlyV1(c *call, instead string) (response, bool) {
	if isV2(c.client) {
		return problem(http.StatusBadRequest, "unauthorized_client", "this app is registered for AUTH V2: use "+instead), true
	}
	return response{}, false
}

func (s *Server) newCode(k *code) string {
	name := secretText(40)
	s.st.Codes[name] = k
	return name
}

// takeCode consumes a code: any attempt uses it up (3.3).
func (s *Server) takeCode(name, client string, now time.Time) *code {
	k := s.st.Codes[name]
	delete(s.st.Codes, name)
	if k == nil || k.Client != client || !now.Before(k.Made.Add(authCodeLife)) {
		return nil
	}
	return k
}

// tokenV1 answers POST /oauth/token (3.3).
func (s *Server) tokenV1(c *call) response {
	f := c.form()
	client, secret := f.Get("client_id"), f.Get("client_secret")
	if id, pw, ok := c.r.BasicAuth(); ok {
		client, secret = id, pw
	}
	if client != "" {
		c.client = client
	}
	if out, refused := onlyV1(c, "/oauth2/token"); refused {
		return out
	}
	verifier, redirect := f.Get("code_verifier"), f.Get("redirect_uri")
	k := s.takeCode(f.Get("code"), client, c.now) // whatever comes of this attempt
	for _, field := range []struct{ name, value string }{
		{"grant_type", f.Get("grant_type")},
		{"code", f.Get("code")},
		{"client_id", client},
		{"client_secret or code_verifier", secret + verifier},
		{"redirect_uri", redirect + verifier}, // with PKCE there need be none
	} {
		if field.value == "" {
			return problem(http.StatusForbidden, "empty_field", "Missed \""+field.name+"\" parameter")
		}
	}
	switch {
	case f.Get("grant_type") != "authorization_code":
		return problem(http.StatusUnauthorized, "grant_error", "no such grant")
	case k == nil:
		return problem(http.StatusUnauthorized, "grant_error", "the code is unknown, expired or used")
	case redirect != k.Redirect && (verifier == "" || f.Has("redirect_uri")):
		return problem(http.StatusForbidden, "redirect_failed", "redirect_uri differs from the one at the consent page")
	case verifier != "" && !k.proves(verifier), verifier == "" && !s.isSecret(client, secret):
		return problem(http.StatusUnauthorized, "secret_error", "the secret or the PKCE verifier is wrong")
	}
	type token struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Scope   string `json:"scope"`
		Expires int    `json:"expires_in"`
	}
	return reply(http.StatusOK, token{s.grantV1(client, k.User), "bearer", "public", yearsFive})
}

// secretOf is the secret of a "server" registration, "" for any other app: what the options say, and by this server's own
// convention "secret" for an id that ends in -server.
func (s *Server) secretOf(client string) string {
	if secret, ok := s.opts.Secrets[client]; ok || !strings.HasSuffix(client, "-server") {
		return secret
	}
	return "secret"
}

// isSecret checks the secret of an app. One that has none may send any.
func (s *Server) isSecret(client, secret string) bool {
	want := s.secretOf(client)
	return want == "" || secret == want
}

// proves checks a PKCE verifier against the challenge.
func (k *code) proves(verifier string) bool {
	if k.Challenge == "" {
		return false
	}
	if k.Method == "plain" {
		return verifier == k.Challenge
	}
	sum := sha256.Sum256([]byte(verifier))
	return k.Method == "S256" && base64.RawURLEncoding.EncodeToString(sum[:]) == k.Challenge
}

// clientOf finds the client id of an authorization call in its body or Basic header.
func clientOf(c *call) string {
	if id, _, ok := c.r.BasicAuth(); ok {
		return id
	}
	return c.form().Get("client_id")
}

// site is the address at which people reach this server's pages.
func (s *Server) site(c *call) string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

// secretText is random text of n characters for tokens and codes.
func secretText(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	return randomText(n, alphabet)
}

// codeText is random text for a code that people type: no characters that look alike.
func codeText(n int) string { return randomText(n, "ABCDEFGHJKMNPQRSTUVWXYZ23456789") }

func randomText(n int, alphabet string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

func lastSegment(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	return segments[len(segments)-1]
}

// pendingCodes lists the logins that wait, for the page.
func (s *Server) pendingCodes(now time.Time) []string {
	codes := []string{}
	for _, set := range []map[string]*pin{s.st.Pins, s.st.Devices} {
		for _, p := range set {
			if !s.approvedBy(p, now) && now.Before(p.Made.Add(codeLife)) {
				codes = append(codes, p.UserCode)
			}
		}
	}
	slices.Sort(codes)
	return codes
}
