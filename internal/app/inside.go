package app

import (
	"context"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/netwatch"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/players"
)

// Inside is what the edges of a daemon speak to.
type Inside struct {
	// Players takes what players say.
	Players players.Sink
	// Door is what commands ask.
	Door api.Backend
	// Machine takes what the machine says of its network and its sleep.
	Machine func(ctx context.Context, e netwatch.Event)
	// Store is the state file, which commands of other processes change too.
	Store *store.Store
	// Step lets the sessions do what is due by the clock, and waits until Simkl was told of it.
	Step func(ctx context.Context) error
}
