package simkl

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Token is a secret. Every form it can be printed in is masked; Reveal alone gives it out.
type Token struct{ value string }

// NewToken takes a secret, without the white space that a file or an environment variable leaves around it.
func NewToken(value string) Token { return Token{value: strings.TrimSpace(value)} }

// Reveal is the secret itself, for a request and for the place where it is kept.
func (t Token) Reveal() string { return t.value }

// IsZero reports that there is no token.
func (t Token) IsZero() bool { return t.value == "" }

const masked = "***"

// String is "***", or "" without a token.
func (t Token) String() string {
	if t.IsZero() {
		return ""
	}
	return masked
}

// Format writes the masked form for every verb, %#v and %x too.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText gives the masked form, to JSON and to every logger.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Generation is the kind of authorization that a client_id was registered for (simkl-api.md 3.1).
type Generation string

// The written forms are stored and printed ("auth" of product.md 7) and never change.
const (
	V1 Generation = "v1"
	V2 Generation = "v2"
)

// Grant is what an account gave us: a V1 token, or a V2 pair.
type Grant struct {
	Generation Generation
	Access     Token
	// Refresh, Expires and Scope are V2's. Expires is when Access dies, in UTC. A grant with Refresh alone is a whole
	// one: the first call gets the access token.
	Refresh Token
	Expires time.Time
	Scope   string
}

// IsZero reports that no account is linked.
func (g Grant) IsZero() bool { return g.Access.IsZero() && g.Refresh.IsZero() }

// CanWrite reports whether the grant's scope lets us scrobble. V1 tokens always do.
func (g Grant) CanWrite() bool {
	return g.Generation == V1 || strings.Contains(" "+g.Scope+" ", " media:write ")
}

// GrantOf makes a grant of a token that a person gave (product.md 3, $SIMKLD_TOKEN): V2 tokens are known by their
// prefix (simkl-api.md 3.4), anything else is a V1 token.
func GrantOf(value string) Grant {
	t := NewToken(value)
	switch {
	case strings.HasPrefix(t.value, "simkl_rt_"):
		return Grant{Generation: V2, Refresh: t}
	case strings.HasPrefix(t.value, "simkl_at_"):
		return Grant{Generation: V2, Access: t}
	case t.value == "":
		return Grant{}
	}
	return Grant{Generation: V1, Access: t}
}

// TokenStore is where the grant is kept. All processes of a user must see the same one: a refreshed access token makes
// the one before it worthless at once (simkl-api.md 3.5).
type TokenStore interface {
	// Load gives the grant, a zero one when no account is linked.
	Load(ctx context.Context) (Grant, error)
	// Save keeps a refreshed grant in place of the one that was loaded.
	Save(ctx context.Context, g Grant) error
}
