package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/scrobbler"
)

const privateSetting = "private_until"

// SavePrivate remembers until when nothing is to be told; a zero time ends it.
func SavePrivate(ctx context.Context, s *store.Store, until time.Time) error {
	if until.IsZero() {
		return s.DeleteSetting(ctx, privateSetting)
	}
	return s.SetSetting(ctx, privateSetting, until.UTC().Format(time.RFC3339))
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
	until, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return scrobbler.Private{}
	}
	return scrobbler.Private{Until: until}
}
