package simkl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gofrs/flock"
)

const (
	// refreshEarly is how long before its end an access token is renewed (simkl-api.md 3.5).
	refreshEarly = 24 * time.Hour
	lockPoll     = 20 * time.Millisecond
	// renewMost bounds the wait for another process that renews.
	renewMost = time.Minute
)

// Reload forgets the grant that was loaded, after a login or logout: the next call asks the store.
func (c *Client) Reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant, c.loaded = Grant{}, false
}

// Grant is the account's grant as this client knows it, a zero one when no account is linked.
func (c *Client) Grant(ctx context.Context) (Grant, error) {
	c.mu.Lock()
	grant, loaded := c.grant, c.loaded
	c.mu.Unlock()
	if loaded {
		return grant, nil
	}
	return c.load(ctx)
}

func (c *Client) load(ctx context.Context) (Grant, error) {
	if c.cfg.Tokens == nil {
		return Grant{}, nil
	}
	grant, err := c.cfg.Tokens.Load(ctx)
	if err != nil {
		return Grant{}, fmt.Errorf("load the token: %w", err)
	}
	c.keep(grant)
	return grant, nil
}

func (c *Client) keep(grant Grant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant, c.loaded = grant, !grant.IsZero() // an account that is linked later is seen without Reload
}

// freshGrant is the grant, renewed when it soon ends.
func (c *Client) freshGrant(ctx context.Context) (Grant, error) {
	grant, err := c.Grant(ctx)
	if err != nil || !c.stale(grant) {
		return grant, err
	}
	renewed, err := c.renew(ctx, grant)
	switch {
	case err == nil:
		return renewed, nil
	case ClassOf(err) != Login && !grant.Access.IsZero() && c.cfg.Now().Before(grant.Expires):
		return grant, nil // still good; the next call tries to renew it again
	}
	return Grant{}, err
}

func (c *Client) stale(g Grant) bool {
	if g.Generation != V2 || g.Refresh.IsZero() {
		return false
	}
	return g.Access.IsZero() || !g.Expires.IsZero() && g.Expires.Sub(c.cfg.Now()) < refreshEarly
}

// renew gives a grant whose access token is another than that of used. One process renews; the others find its work in
// the store. A grant that cannot be renewed comes back as it is.
func (c *Client) renew(ctx context.Context, used Grant) (Grant, error) {
	lock := flock.New(c.cfg.Limits.RefreshLock(), flock.SetPermissions(0o600))
	patient, cancel := context.WithTimeout(ctx, renewMost)
	defer cancel()
	if _, err := lock.TryLockContext(patient, lockPoll); err != nil {
		if canceled(ctx) {
			return Grant{}, ctx.Err()
		}
		return Grant{}, fmt.Errorf("wait for the token to be renewed: %w", err)
	}
	defer func() {
		_ = lock.Close() // closing the file gives the lock back
	}()
	stored, err := c.load(ctx)
	if err != nil {
		return Grant{}, err
	}
	if stored.Access != used.Access && !c.stale(stored) {
		return stored, nil // another process renewed it, or another account was linked
	}
	if stored.Generation != V2 || stored.Refresh.IsZero() {
		return stored, nil
	}
	renewed, err := c.Refresh(ctx, stored.Refresh)
	if err != nil {
		return Grant{}, err
	}
	if renewed.Refresh.IsZero() {
		renewed.Refresh = stored.Refresh // the same one comes back, where one comes (simkl-api.md 3.5)
	}
	c.keep(renewed)
	// The one before is dead already: whoever comes next must find this one, even if the caller is gone.
	if err := c.cfg.Tokens.Save(context.WithoutCancel(ctx), renewed); err != nil {
		return Grant{}, fmt.Errorf("save the renewed token: %w", err)
	}
	return renewed, nil
}

// Refresh exchanges a V2 refresh token for a new pair. The access token before it dies at once, so only renew calls it
// for the linked account. A dead one is an *Error of class Login.
func (c *Client) Refresh(ctx context.Context, refresh Token) (Grant, error) {
	return c.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}})
}

// Revoke ends a V2 grant. Simkl confirms nothing (simkl-api.md 3.5); V1 has no such call.
func (c *Client) Revoke(ctx context.Context, g Grant) error {
	token := g.Refresh
	if token.IsZero() {
		token = g.Access
	}
	_, err := c.do(ctx, c.oauth2("/oauth2/revoke", url.Values{"token": {token.Reveal()}}))
	return err
}

// oauth2 is a request to the V2 authorization, which takes forms.
func (c *Client) oauth2(path string, form url.Values) request {
	form.Set("client_id", c.cfg.ClientID)
	if !c.cfg.ClientSecret.IsZero() {
		form.Set("client_secret", c.cfg.ClientSecret.Reveal())
	}
	return request{method: http.MethodPost, base: c.api, path: path, form: form, auth: authNone, longest: errorMost}
}

func (c *Client) token(ctx context.Context, form url.Values) (Grant, error) {
	r := c.oauth2("/oauth2/token", form)
	a, err := c.do(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	var in struct {
		Access  text    `json:"access_token"`
		Refresh text    `json:"refresh_token"`
		Expires integer `json:"expires_in"`
		Scope   text    `json:"scope"`
	}
	if err := a.decode(r, &in, func() bool { return in.Access != "" }); err != nil {
		return Grant{}, err
	}
	g := Grant{Generation: V2, Access: NewToken(string(in.Access)), Refresh: NewToken(string(in.Refresh)), Scope: string(in.Scope)}
	if seconds := in.Expires.int64(); seconds > 0 && seconds < int64(10*365*24*time.Hour/time.Second) {
		g.Expires = c.cfg.Now().UTC().Add(time.Duration(seconds) * time.Second)
	}
	return g, nil
}
