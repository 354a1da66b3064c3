package cli

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/store"
)

// openStore opens the state for a command. A damaged file is moved aside if no daemon has it; moved is where it went.
func openStore(ctx context.Context, p paths.Paths, now func() time.Time) (s *store.Store, moved string, err error) {
	if err := paths.PrivateDir(p.State); err != nil {
		return nil, "", fault.Wrap(fault.Failed, err, "the state folder "+p.State+" cannot be used", "check it, or use --state-dir")
	}
	s, _, err = store.Open(ctx, p.State, store.Options{Now: now})
	if err == nil || !store.IsDamaged(err) {
		return s, "", stateFault(err)
	}
	lock, held := paths.TryLock(p.State)
	if held != nil {
		return nil, "", stateFault(err)
	}
	defer func() {
		_ = lock.Close() // the file is closed either way, and that lets go
	}()
	s, damage, err := store.Open(ctx, p.State, store.Options{Now: now, Repair: true})
	if damage != nil {
		moved = damage.MovedTo
	}
	return s, moved, stateFault(err)
}

func stateFault(err error) error {
	if err == nil {
		return nil
	}
	return app.StoreFault(err)
}

// identifier says what a file is as the daemon would: by the rules of fix and of the settings, then by its name.
func (e *Env) identifier(ctx context.Context) (*identify.Identifier, error) {
	l, err := e.load()
	if err != nil {
		return nil, err
	}
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	c := identify.Config{Places: app.PlacesOf(l.Config), Relations: app.RelationsOf(p)}
	s, err := e.stateIfAny(ctx)
	if err != nil {
		return nil, err
	}
	if c.Rules, err = app.RulesOf(ctx, l, s); err != nil {
		return nil, err
	}
	return identify.New(c), nil
}

// tokens is where the token of the account is kept.
func (e *Env) tokens() (*app.Tokens, error) {
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	return app.NewTokens(p, e.getenv, zap.NewNop(), e.Now), nil
}

// connect makes a client of Simkl for the account that is linked, with the limits that all processes share.
func (e *Env) connect(ctx context.Context, settings config.Simkl) (app.Linked, error) {
	s, err := e.state(ctx)
	if err != nil {
		return app.Linked{}, err
	}
	return e.connectBy(ctx, settings, s, nil)
}

// connectBy is connect with a state and a transport of the caller's; nil for no log of requests and for the usual
// transport.
func (e *Env) connectBy(ctx context.Context, settings config.Simkl, s *store.Store, by http.RoundTripper) (app.Linked, error) {
	p, err := e.paths()
	if err != nil {
		return app.Linked{}, err
	}
	tokens, err := e.tokens()
	if err != nil {
		return app.Linked{}, err
	}
	return app.Connect(ctx, app.ClientOptions{
		Paths: p, Config: settings, Tokens: tokens, Store: s, Log: zap.NewNop(), HTTP: by, Now: e.Now,
	})
}
