package app

import (
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/scrobbler"
)

const privateSetting = "private_until"

// SavePrivate remembers until when from now on nothing is to be told; a zero time ends it.
func SavePrivate(ctx context.Context, s *store.Store, until, now time.Time) error {
	if until.IsZero() {
		return s.DeleteSetting(ctx, privateSetting)
	}
	return s.SetSetting(ctx, privateSetting, until.UTC().Format(time.RFC3339)+" "+now.UTC().Format(time.RFC3339))
}

// private reads what was remembered.
func (d *Daemon) private(ctx context.Context) scrobbler.Private {
	text, ok, err := d.store.Setting(ctx, privateSetting)
	if err != nil {
		d.log.Warn("the private time could not be read", zap.Error(err))
	}
	if !ok {
		return scrobbler.Private{}
	}
	return scrobbler.Private{Until: privateUntil(text, d.now().Wall)}
}

// privateUntil is the end of a private time that was remembered with its beginning. Before that no time is private: the clock
// was set back since, and what is over would begin again.
func privateUntil(text string, now time.Time) time.Time {
	end, since, _ := strings.Cut(text, " ")
	until, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return time.Time{}
	}
	if began, err := time.Parse(time.RFC3339, since); err == nil && now.Before(began) {
		return time.Time{}
	}
	return until
}
