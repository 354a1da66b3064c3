package sim_test

import (
	"context"
	"time"

	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// tokens is where the other process finds the token: in the same file. No keyring of this machine is asked.
type tokens struct{ store *account.Store }

func (t tokens) Load(ctx context.Context) (simkl.Grant, error) {
	found, err := t.store.Load(ctx)
	return app.GrantOf(found.Token), err
}

func (t tokens) Save(ctx context.Context, g simkl.Grant) error {
	found, err := t.store.Load(ctx)
	if err != nil {
		return err
	}
	_, err = t.store.Save(ctx, app.TokenOf(g, found.Token))
	return err
}

// client is that of another process of the user: it shares the limits and the token with the daemon.
func (w *world) client2(ctx context.Context) (*simkl.Client, error) {
	now := func() time.Time { return w.clocks.moment().Wall }
	store := account.New(account.Options{State: w.paths().State, Now: now})
	found, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	l, err := limits.Open(limits.Config{
		Dir: w.paths().Limits, Server: apiURL, Account: app.AccountKey(found.Token), Client: w.client, Now: now,
	})
	if err != nil {
		return nil, err
	}
	return simkl.New(simkl.Config{
		ClientID: w.client, AppName: "simkld", AppVersion: "0", UserAgent: "simkld/0 (command)", APIURL: apiURL,
		HTTP: &wire{w: w}, Limits: l, Tokens: tokens{store}, Now: now,
	})
}

// command is what a person types: a look at Simkl, and the first time a watch.
func (w *world) command(n int) {
	ctx := simkl.WithPriority(context.Background(), limits.Typed)
	c, err := w.client2(ctx)
	if err != nil {
		w.breaks("command: %v", err)
		return
	}
	ids := media.IDs{IMDB: contact.ids["imdb"]}
	if _, err := c.SearchID(ctx, simkl.Title{IDs: ids}); err != nil || n > 1 {
		return
	}
	at := w.clocks.now()
	_, err = c.AddHistory(ctx, []simkl.HistoryItem{{Title: simkl.Title{Container: media.AnswerMovie, IDs: ids}, WatchedAt: at}})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.extra = append(w.extra, extraWatch{contact.name, at, err == nil})
}
