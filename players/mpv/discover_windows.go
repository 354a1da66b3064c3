package mpv

import (
	"context"

	"github.com/simkld/simkld/players"
)

// discover polls: Windows tells nobody of a new pipe.
func (s *Source) discover(ctx context.Context, out players.Sink) error { return s.poll(ctx, out) }
