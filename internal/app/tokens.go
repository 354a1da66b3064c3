package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/secret"
	"github.com/simkld/simkld/internal/simkl"
)

// Tokens is where this process finds and keeps the account's token.
type Tokens struct {
	store *account.Store
	log   *zap.Logger
}

var _ simkl.TokenStore = (*Tokens)(nil)

// NewTokens looks in the places of product.md 3. getenv is the environment of the process.
func NewTokens(p paths.Paths, getenv func(string) string, log *zap.Logger, now func() time.Time) *Tokens {
	return newTokens(p, getenv, log, now, account.SystemKeyring(getenv))
}

func newTokens(p paths.Paths, getenv func(string) string, log *zap.Logger, now func() time.Time, ring account.Keyring) *Tokens {
	return &Tokens{
		store: account.New(account.Options{
			Credentials: p.Credentials, State: p.State, Given: getenv("SIMKLD_TOKEN"), Keyring: ring, Now: now,
		}),
		log: log,
	}
}

// Store is the places themselves, for login and logout.
func (t *Tokens) Store() *account.Store { return t.store }

// quick is the token without asking the keyring, for a start that waits for nobody.
func (t *Tokens) quick() (account.Token, error) {
	found, err := t.store.LoadFiles()
	t.say(found.Notices)
	return found.Token, err
}

// Token is the token of the linked account, zero without one.
func (t *Tokens) Token(ctx context.Context) (account.Token, error) {
	found, err := t.store.Load(ctx)
	t.say(found.Notices)
	return found.Token, err
}

func (t *Tokens) say(notices []string) {
	for _, n := range notices {
		t.log.Warn(n)
	}
}

// Load is the grant of the linked account.
func (t *Tokens) Load(ctx context.Context) (simkl.Grant, error) {
	token, err := t.Token(ctx)
	return GrantOf(token), err
}

// Save keeps a renewed grant where every process finds it.
func (t *Tokens) Save(ctx context.Context, g simkl.Grant) error {
	before, err := t.Token(ctx)
	if err != nil {
		return err
	}
	_, err = t.store.Save(ctx, TokenOf(g, before))
	return err
}

// GrantOf is a token as the client takes it.
func GrantOf(t account.Token) simkl.Grant {
	return simkl.Grant{
		Generation: simkl.Generation(t.Generation), Access: simkl.NewToken(t.Access.Reveal()),
		Refresh: simkl.NewToken(t.Refresh.Reveal()), Expires: t.Expiry, Scope: t.Scope,
	}
}

// TokenOf is a grant as it is kept; what is known of the account comes from before.
func TokenOf(g simkl.Grant, before account.Token) account.Token {
	before.Generation = account.Generation(g.Generation)
	before.Access, before.Refresh = secret.Text(g.Access.Reveal()), secret.Text(g.Refresh.Reveal())
	before.Expiry, before.Scope = g.Expires, g.Scope
	return before
}
