package app

import (
	"context"
	"slices"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

// rewatchesAlone reports whether a watch of what Simkl has already is to become a rewatch by itself.
func (d *Daemon) rewatchesAlone() bool {
	return d.config().Scrobble.Rewatch == config.RewatchAuto && d.link.mayRewatch()
}

// mayRewatch reports whether the account's plan has rewatches, as Simkl said when it was linked: of others Simkl would
// only refuse them (simkl-api.md 8.2).
func (l *link) mayRewatch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owner.Plan == "pro" || l.owner.Plan == "vip"
}

// offersRewatch reports whether a watch is of what was watched before, by the history here and what was read of the library,
// and may be offered as a rewatch. Nothing is asked of Simkl for it.
func (d *Daemon) offersRewatch(ctx context.Context, e store.Entry) bool {
	if d.config().Scrobble.Rewatch != config.RewatchAsk || !d.link.mayRewatch() {
		return false
	}
	before, err := d.store.SentBefore(ctx, e.ID, e.Match.ItemKey())
	if err == nil && before {
		return true
	}
	rows, err := library.New(nil, d.store, d.link.key()).Items(ctx, "", true)
	if err != nil {
		return false // what is not known is not offered
	}
	ids := e.Match.IDs
	if e.Answer != nil {
		ids = e.Answer.IDs
	}
	for _, r := range rows {
		if r.RewatchID != 0 || !r.IDs.Shares(ids) {
			continue
		}
		if e.Match.Kind == media.KindMovie && r.Status == "completed" && !r.LastAt.IsZero() && r.LastAt.Before(e.Started) {
			return true
		}
		for _, s := range r.Seen {
			if s.At.Before(e.Started) && slices.Contains(e.Match.Episodes, media.Number(s.Number)) && e.Match.Season != nil && *e.Match.Season == s.Season {
				return true
			}
		}
	}
	return false
}
