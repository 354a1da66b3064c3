package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/store"
)

// damagedWords say what a damaged state that is in use needs: only when it is not can it be moved aside.
const damagedWords = "the state file is damaged, what can be read of it is kept: stop simkld, then run 'simkld doctor --fix'"

// upkeep forgets each day what is too old, and looks whether the whole state can still be read: of a large one, opening
// looks at the queue alone. damaged is called when it cannot.
func upkeep(ctx context.Context, s *store.Store, log *zap.Logger, damaged func(error)) error {
	day := time.NewTicker(24 * time.Hour)
	defer day.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-day.C:
		}
		if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
			log.Warn("old state could not be pruned", zap.Error(err)) // again tomorrow
		}
		if err := s.Check(ctx); store.IsDamaged(err) {
			damaged(err)
		}
	}
}

// unsound says that the state is damaged, until simkld is started anew.
func (d *Daemon) unsound(err error) {
	if !d.damagedNow.Swap(true) {
		d.log.Error(damagedWords, zap.Error(err))
	}
}
