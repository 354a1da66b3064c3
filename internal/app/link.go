package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/deliver"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/store"
)

// link is the account that is linked now and the client that acts for it. Both are swapped as one.
type link struct {
	opt   ClientOptions
	store *store.Store
	log   *zap.Logger
	// tell hears which account's watches are sent.
	tell func(key string)
	// redact keeps a secret out of the log.
	redact func(secret string)
	// again wakes run: there is another account to find the name of. Size 1: a wake-up.
	again chan struct{}

	mu     sync.Mutex // guards what follows
	linked Linked
	owner  account.Account
}

// AccountKey names the account of a token in the queue: by its number on Simkl, which outlives tokens, or by the token
// until that is known; empty without a token.
func AccountKey(t account.Token) string {
	switch {
	case t.IsZero():
		return ""
	case t.Account.ID != 0:
		return accountKey(t.Account)
	}
	return "token:" + Fingerprint(t)
}

func accountKey(a account.Account) string { return fmt.Sprintf("simkl:%d", a.ID) }

// ownerSetting is where the owner of a token that was given from outside is remembered.
func ownerSetting(t account.Token) string { return "owner/" + Fingerprint(t) }

// ownerOf says whose account a token is, as far as that was found out.
func ownerOf(ctx context.Context, s *store.Store, t account.Token) (account.Account, error) {
	if t.Account.ID != 0 || t.IsZero() {
		return t.Account, nil
	}
	var a account.Account
	text, ok, err := s.Setting(ctx, ownerSetting(t))
	if err != nil || !ok {
		return a, err
	}
	if json.Unmarshal([]byte(text), &a) != nil {
		a = account.Account{} // it is asked again
	}
	return a, nil
}

func (d *Daemon) newLink(ctx context.Context) (*link, error) {
	ring := account.SystemKeyring(d.opt.Getenv)
	if d.opt.Sealed != nil {
		ring = nil
	}
	l := &link{
		opt: ClientOptions{
			Paths: d.opt.Paths, Config: d.config().Simkl, Store: d.store, Log: d.log.Logger, HTTP: d.opt.HTTP, Now: d.wall,
			Tokens: newTokens(d.opt.Paths, d.opt.Getenv, d.log.Logger, d.wall, ring), Quick: true,
		},
		store: d.store, log: d.log.Logger, redact: d.log.Redactor.Add, again: make(chan struct{}, 1),
	}
	return l, l.connect(ctx)
}

func (l *link) options() ClientOptions {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opt
}

// connect takes up the account as it is kept now.
func (l *link) connect(ctx context.Context) error {
	linked, err := Connect(ctx, l.options())
	if err != nil {
		return err
	}
	owner, err := ownerOf(ctx, l.store, linked.Token)
	if err != nil {
		return err
	}
	l.redact(linked.Token.Access.Reveal())
	l.redact(linked.Token.Refresh.Reveal())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.linked, l.owner = linked, owner
	return nil
}

// announce tells the queue whose watches are sent, and says once what is missing.
func (l *link) announce() {
	if words := l.needs(); words != "" {
		l.log.Warn(words)
	}
	l.tell(l.key())
	select {
	case l.again <- struct{}{}:
	default:
	}
}

// key names the account for the queue: by its number once that is known, else by its token.
func (l *link) key() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ClientID(l.opt.Config) == "" {
		return ""
	}
	token := l.linked.Token
	token.Account = l.owner
	return AccountKey(token)
}

const (
	askOwnerFirst = time.Minute
	askOwnerMost  = time.Hour
)

// run finds out whose account a token is, where a login has not said so ($SIMKLD_TOKEN, the credentials folder).
func (l *link) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	wait := askOwnerFirst
	l.lookInKeyring(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.again:
			wait = askOwnerFirst
		case <-timer.C:
		}
		timer.Stop()
		if l.askOwner(ctx) {
			continue
		}
		timer.Reset(wait)
		wait = min(2*wait, askOwnerMost)
	}
}

// lookInKeyring takes up the account that only the keyring knows: the start did not wait for it.
func (l *link) lookInKeyring(ctx context.Context) {
	l.mu.Lock()
	l.opt.Quick = false
	before := Fingerprint(l.linked.Token)
	l.mu.Unlock()
	token, err := l.opt.Tokens.Token(ctx)
	if err != nil || Fingerprint(token) == before {
		return // an error is said by whoever needs the token
	}
	if err := l.reload(ctx); err != nil {
		l.log.Warn("the account of the keyring cannot be used", zap.Error(err))
	}
}

// askOwner reports whether there is nothing to ask any more.
func (l *link) askOwner(ctx context.Context) bool {
	old := l.key()
	l.mu.Lock()
	linked, known := l.linked, l.owner.ID != 0
	l.mu.Unlock()
	if known || old == "" {
		return true
	}
	set, err := linked.Client.Settings(simkl.WithPriority(ctx, limits.Typed))
	if err != nil {
		l.log.Debug("the account's name is not known yet", zap.Error(err))
		return simkl.ClassOf(err) == simkl.Login // the queue will say so, and a login asks again
	}
	owner := account.Account{ID: set.ID, Name: set.Name, Plan: set.Plan}
	if owner.ID == 0 {
		return true // this server has no numbers for accounts: the token names it
	}
	if err := l.rename(ctx, linked.Token, old, owner); err != nil {
		l.log.Warn("the account's name could not be kept", zap.Error(err))
		return false
	}
	l.mu.Lock()
	l.owner = owner
	l.mu.Unlock()
	l.tell(accountKey(owner))
	return true
}

// rename keeps whose token it is, and gives that account what its token's name has.
func (l *link) rename(ctx context.Context, t account.Token, old string, owner account.Account) error {
	text, err := json.Marshal(owner)
	if err != nil {
		return fmt.Errorf("write the owner of a token: %w", err)
	}
	if err := l.store.SetSetting(ctx, ownerSetting(t), string(text)); err != nil {
		return err
	}
	return l.store.RenameAccount(ctx, old, accountKey(owner))
}

// reload takes up another account after a login or logout.
func (l *link) reload(ctx context.Context) error {
	if err := l.connect(ctx); err != nil {
		return err
	}
	l.announce()
	return nil
}

// configure takes new settings of [simkl].
func (l *link) configure(ctx context.Context, c config.Simkl) error {
	old := l.options().Config
	if c == old {
		return nil
	}
	l.setConfig(c)
	if err := l.reload(ctx); err != nil {
		l.setConfig(old)
		return err
	}
	return nil
}

func (l *link) setConfig(c config.Simkl) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opt.Config = c
}

func (l *link) client() *simkl.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.linked.Client
}

func (l *link) api() deliver.API         { return l.client() }
func (l *link) catalog() deliver.Catalog { return l.client() }

// hold is how long Simkl's limits hold all calls from now on.
func (l *link) hold(ctx context.Context) time.Duration {
	l.mu.Lock()
	lim := l.linked.Limits
	l.mu.Unlock()
	held, err := lim.Hold(ctx)
	if err != nil || held == nil {
		return 0
	}
	return held.Until.Sub(l.opt.Now())
}

// needs says what is missing before anything can be sent, "" if nothing is.
func (l *link) needs() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case ClientID(l.opt.Config) == "":
		return "there is no client_id: simkld login"
	case l.linked.Token.IsZero():
		return "no account is linked: simkld login"
	}
	return ""
}

func (l *link) status() api.Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.linked.Token.IsZero() {
		return api.Account{}
	}
	return api.Account{Linked: true, Name: l.owner.Name, Auth: string(l.linked.Token.Generation)}
}
