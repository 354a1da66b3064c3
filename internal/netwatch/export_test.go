package netwatch

import "context"

// SetSources stands in for the system, for tests that own the time.
func (w *Watcher) SetSources(
	network func(ctx context.Context, note func(up bool)) error, sleep func(ctx context.Context, tell func(asleep bool)) error,
) {
	w.network, w.sleep = network, sleep
}

// SetNetwork stands in for the network alone.
func (w *Watcher) SetNetwork(network func(ctx context.Context, note func(up bool)) error) {
	w.network = network
}
