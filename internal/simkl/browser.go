package simkl

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

// StepBrowser is an address to open in a browser on this machine, in Prompt.URL.
const StepBrowser StepKind = "browser"

// browserWait is how long a person has in the browser. A refusal of V1 does not come back (simkl-api.md 3.3), so that
// waiting longer would help nobody.
const browserWait = 5 * time.Minute

// ErrDenied is a login that was refused in the browser.
var ErrDenied = errors.New("the login was refused")

// AuthorizeBrowser links an account through a browser on this machine: V1 with the client secret or with PKCE, V2 with
// PKCE, over a redirect to a loopback address (simkl-api.md 3.3, 3.5). show is told the address to open. It waits at most
// 5 minutes; ErrNotApproved is nobody who answered, which is also how V1 says no. It keeps nothing, as Authorize.
func (c *Client) AuthorizeBrowser(ctx context.Context, show func(Step)) (Grant, error) {
	ctx = WithPriority(ctx, limits.Typed)
	// Which generation a client_id is can only be found out by asking for a code, which is then not used (simkl-api.md 3.1).
	probe, err := c.requestCode(ctx, "")
	if err != nil {
		return Grant{}, err
	}
	back, err := listenForRedirect(ctx)
	if err != nil {
		return Grant{}, err
	}
	defer back.close()
	ask := consentRequest{generation: probe.Generation, redirect: back.address(), state: rand.Text()}
	if c.cfg.ClientSecret.IsZero() || ask.generation == V2 {
		ask.verifier = rand.Text() + rand.Text()
	}
	expires := c.cfg.Now().UTC().Add(browserWait)
	show(Step{Kind: StepBrowser, Prompt: Prompt{Generation: ask.generation, URL: c.consentURL(ask), Expires: expires}})
	code, err := back.wait(ctx, ask, browserWait)
	if err != nil {
		return Grant{}, err
	}
	grant, err := c.exchangeCode(ctx, ask, code)
	if err == nil && !grant.CanWrite() {
		return Grant{}, readOnly("POST /oauth2/token")
	}
	return grant, err
}

// consentRequest is one login through a browser.
type consentRequest struct {
	generation      Generation
	redirect, state string
	// verifier is the secret of PKCE, "" where the client secret takes its place.
	verifier string
}

// consentURL is the page where the person says yes.
func (c *Client) consentURL(r consentRequest) string {
	path := "/oauth/authorize"
	q := url.Values{"response_type": {"code"}, "redirect_uri": {r.redirect}, "state": {r.state}}
	if r.generation == V2 {
		path = "/oauth2/authorize"
		q.Set("scope", scopes)
	}
	if r.verifier != "" {
		sum := sha256.Sum256([]byte(r.verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	u := c.site.JoinPath(path)
	u.RawQuery = q.Encode() + "&" + c.query
	return u.String()
}

// exchangeCode makes a grant of the code that the browser brought. The code is used up by any attempt.
func (c *Client) exchangeCode(ctx context.Context, ask consentRequest, code string) (Grant, error) {
	if ask.generation == V2 {
		return c.token(ctx, url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {ask.redirect}, "code_verifier": {ask.verifier},
		})
	}
	r := request{method: http.MethodPost, base: c.api, path: "/oauth/token", auth: authNone, longest: errorMost, body: codeOut{
		GrantType: "authorization_code", Code: code, ClientID: c.cfg.ClientID, ClientSecret: secretUnless(ask.verifier, c.cfg.ClientSecret),
		Verifier: ask.verifier, Redirect: ask.redirect,
	}}
	a, err := c.do(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	var in struct {
		Access text `json:"access_token"`
	}
	if err := a.decode(r, &in, func() bool { return in.Access != "" }); err != nil {
		return Grant{}, err
	}
	return Grant{Generation: V1, Access: NewToken(string(in.Access))}, nil
}

// codeOut is the body of V1's exchange (simkl-api.md 3.3): the secret, or in its place what proves PKCE.
type codeOut struct {
	GrantType    string `json:"grant_type"`
	Code         string `json:"code"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
	Verifier     string `json:"code_verifier,omitempty"`
	Redirect     string `json:"redirect_uri"`
}

func secretUnless(verifier string, secret Token) string {
	if verifier != "" {
		return ""
	}
	return secret.Reveal()
}

// readOnly is a grant that may not write.
func readOnly(endpoint string) *Error {
	return &Error{Class: Login, Code: "insufficient_scope", Endpoint: endpoint, Err: errors.New("the grant lacks media:write")}
}

// issuer is who a redirect of V2 comes from (simkl-api.md 3.5).
const issuer = "https://simkl.com"

// codeOf reads what the browser brings back. done is false for what is not the answer to this login.
func codeOf(q url.Values, ask consentRequest) (code string, done bool, err error) {
	if !sameText(q.Get("state"), ask.state) {
		return "", false, nil // somebody else's: the right one may still come
	}
	switch iss := q.Get("iss"); {
	case iss != "" && iss != issuer:
		return "", false, nil
	case q.Get("error") == "access_denied":
		return "", true, ErrDenied
	case q.Get("error") != "":
		return "", true, &Error{
			Class: Refused, Code: safe(text(q.Get("error")), 60), Message: safe(text(cmp.Or(q.Get("error_description"), q.Get("error"))), 300),
			Endpoint: "GET authorize", Err: errors.New("the consent page refused the request"),
		}
	case q.Get("code") == "":
		return "", false, nil
	}
	return q.Get("code"), true, nil
}
