package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	scopeRead   = "media:read"
	scopeWrite  = "media:write"
	scopeBoth   = scopeRead + " " + scopeWrite
	accessLife  = 7 * 24 * time.Hour
	refreshLife = 180 * 24 * time.Hour
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
)

// allows applies the scope rule of 3.5: a GET without a body reads; everything else, and all of /scrobble, writes.
func (g *grant) allows(c *call, e endpoint) bool {
	need := scopeWrite
	if c.r.Method == http.MethodGet && len(c.body) == 0 && !e.scrobble {
		need = scopeRead
	}
	return strings.Contains(g.Scope, need)
}

// grantScope is what a request for scope really gives: nothing asked, or misspelled, is read-only (3.4).
func grantScope(asked string) string {
	for word := range strings.FieldsSeq(asked) {
		if word == scopeWrite {
			return scopeBoth
		}
	}
	return scopeRead
}

func (s *Server) grantV2(client string, user int64, scope string, now time.Time) *grant {
	g := &grant{Client: client, User: user, Scope: scope, Refresh: "simkl_rt_" + secretText(34), RefreshUntil: now.Add(refreshLife)}
	g.renew(now)
	s.st.Grants[g.Refresh] = g
	return g
}

// renew makes a new access token; the one before dies at once (3.5).
func (g *grant) renew(now time.Time) {
	g.Access, g.AccessUntil, g.Used = "simkl_at_"+secretText(34), now.Add(accessLife), false
	g.RefreshUntil = now.Add(refreshLife)
}

// oauth2Problem is the error form of /oauth2/*: no code (section 14).
func oauth2Problem(status int, id, description string) response {
	type body struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}
	return noStore(reply(status, body{id, description}))
}

func noStore(r response) response { return r.with("Cache-Control", "no-store") }

// clientV2 checks who calls an /oauth2 endpoint, and the secret of a server registration.
func (s *Server) clientV2(c *call, f url.Values) (string, response, bool) {
	client, secret := f.Get("client_id"), f.Get("client_secret")
	id, pw, basic := c.r.BasicAuth()
	if basic {
		client, secret = id, pw
	}
	if !isV2(client) {
		return "", oauth2Problem(http.StatusUnauthorized, "invalid_client", "the client is unknown or not registered for AUTH V2"), false
	}
	if !s.isSecret(client, secret) {
		out := oauth2Problem(http.StatusUnauthorized, "invalid_client", "the client secret is wrong")
		if basic {
			out = out.with("WWW-Authenticate", `Basic realm="oauth2"`)
		}
		return "", out, false
	}
	return client, response{}, true
}

type deviceAnswer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int    `json:"expires_in"`
	Interval   int    `json:"interval"`
}

// device answers POST /oauth2/device (3.4).
func (s *Server) device(c *call) response {
	f := c.form()
	client, out, ok := s.clientV2(c, f)
	if !ok {
		return out
	}
	s.sweep(c.now)
	user := codeText(8)
	p := &pin{
		UserCode: user[:4] + "-" + user[4:], Device: "dc_" + secretText(40), Client: client, Scope: grantScope(f.Get("scope")),
		Made: c.now, Interval: int(pollInterval / time.Second),
	}
	s.st.Devices[p.Device] = p
	where := s.site(c) + "/pin"
	return noStore(reply(http.StatusOK, deviceAnswer{p.Device, p.UserCode, where, where + "?user_code=" + p.UserCode, int(codeLife.Seconds()), p.Interval}))
}

// tokenV2 answers POST /oauth2/token (3.4, 3.5).
func (s *Server) tokenV2(c *call) response {
	f := c.form()
	client, out, ok := s.clientV2(c, f)
	if !ok {
		return out
	}
	switch f.Get("grant_type") {
	case deviceGrant:
		return s.pollDevice(c, client, f.Get("device_code"))
	case "refresh_token":
		return s.refresh(c, client, f)
	case "authorization_code":
		return s.exchangeV2(c, client, f)
	case "":
		return oauth2Problem(http.StatusBadRequest, "invalid_request", "grant_type is missing")
	}
	return oauth2Problem(http.StatusBadRequest, "unsupported_grant_type", "")
}

// pollDevice: a poll that comes too early re-arms the timer and lengthens the interval by 5 s.
func (s *Server) pollDevice(c *call, client, device string) response {
	p := s.st.Devices[device]
	if p == nil || p.Client != client || !c.now.Before(p.Made.Add(codeLife)) {
		delete(s.st.Devices, device)
		return oauth2Problem(http.StatusBadRequest, "expired_token", "the device code is unknown or has expired")
	}
	fast := !p.Polled.IsZero() && c.now.Sub(p.Polled) < time.Duration(p.Interval)*time.Second
	p.Polled = c.now
	if fast {
		p.Interval += int(pollInterval / time.Second)
		return oauth2Problem(http.StatusBadRequest, "slow_down", "")
	}
	if !s.approvedBy(p, c.now) {
		return oauth2Problem(http.StatusBadRequest, "authorization_pending", "")
	}
	delete(s.st.Devices, device)
	return tokenAnswer(s.grantV2(client, s.approver(p), p.Scope, c.now), c.now)
}

func tokenAnswer(g *grant, now time.Time) response {
	type token struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
	}
	return noStore(reply(http.StatusOK, token{g.Access, "Bearer", int(g.AccessUntil.Sub(now).Seconds()), g.Refresh, g.Scope}))
}

// refresh renews the access token; the refresh token stays and its 180 days start again. A narrower scope is ignored.
func (s *Server) refresh(c *call, client string, f url.Values) response {
	g := s.st.Grants[f.Get("refresh_token")]
	if g == nil || g.Refresh == "" || g.Client != client || !c.now.Before(g.RefreshUntil) {
		return oauth2Problem(http.StatusBadRequest, "invalid_grant", "the refresh token is unknown or has expired")
	}
	for word := range strings.FieldsSeq(f.Get("scope")) {
		if !strings.Contains(g.Scope, word) {
			return oauth2Problem(http.StatusBadRequest, "invalid_scope", "a refresh cannot widen the scope")
		}
	}
	g.renew(c.now)
	return tokenAnswer(g, c.now)
}

// revokeV2 answers POST /oauth2/revoke: always 200, and confirms nothing (3.5).
func (s *Server) revokeV2(c *call) response {
	f := c.form()
	client, out, ok := s.clientV2(c, f)
	if !ok {
		return out
	}
	for _, g := range s.st.Grants {
		if t := f.Get("token"); t != "" && g.Client == client && (g.Access == t || g.Refresh == t) {
			s.revoke(t)
			break
		}
	}
	return noStore(reply(http.StatusOK, struct{}{}))
}

// issuer is the iss of callbacks, which the service fixes whatever its address.
const issuer = "https://simkl.com"

func (s *Server) exchangeV2(c *call, client string, f url.Values) response {
	k := s.takeCode(f.Get("code"), client, c.now)
	if k == nil || k.Redirect != f.Get("redirect_uri") || !k.proves(f.Get("code_verifier")) {
		return oauth2Problem(http.StatusBadRequest, "invalid_grant", "the code, its redirect_uri or its verifier is wrong")
	}
	return tokenAnswer(s.grantV2(client, k.User, k.Scope, c.now), c.now)
}

// discovery answers /.well-known/oauth-authorization-server with this server's own endpoints.
func (s *Server) discovery(c *call) response {
	base := s.site(c)
	type metadata struct {
		Issuer    string   `json:"issuer"`
		Authorize string   `json:"authorization_endpoint"`
		Token     string   `json:"token_endpoint"`
		Device    string   `json:"device_authorization_endpoint"`
		Revoke    string   `json:"revocation_endpoint"`
		Scopes    []string `json:"scopes_supported"`
		Responses []string `json:"response_types_supported"`
		Grants    []string `json:"grant_types_supported"`
		Methods   []string `json:"code_challenge_methods_supported"`
	}
	return reply(http.StatusOK, metadata{
		issuer, base + "/oauth2/authorize", base + "/oauth2/token", base + "/oauth2/device", base + "/oauth2/revoke",
		[]string{scopeRead, scopeWrite},
		[]string{"code"},
		[]string{"authorization_code", "refresh_token", deviceGrant},
		[]string{"S256"},
	})
}
