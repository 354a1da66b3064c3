package mpv

import (
	"context"
	"slices"
	"time"

	"github.com/simkld/simkld/players"
)

// pollEvery is the pause between two looks where the system does not tell of new sockets.
const pollEvery = 5 * time.Second

// poll looks for players again and again. It is for systems that cannot tell of a new pipe (Windows), and for the rare
// one that has no watch left to give. Looking for a name that is not there takes 0.1 ms.
func (s *Source) poll(ctx context.Context, out players.Sink) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		for _, path := range s.unreached() {
			s.reach(ctx, path, out)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sockets are all sockets that are there now.
func (s *Source) sockets() []string {
	var out []string
	for _, p := range s.places {
		for _, path := range p.sockets() {
			if !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// unreached are the sockets to which there is no connection.
func (s *Source) unreached() []string { return slices.DeleteFunc(s.sockets(), s.reached) }
