//go:build linux

package mpris_test

import (
	"context"
	"testing"

	"go.uber.org/zap/zaptest"

	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

// watch runs a source over a bus until the test ends.
func watch(t testing.TB, address string) (*mpris.Source, *playerstest.Recorder) {
	t.Helper()
	rec := playerstest.NewRecorder()
	return watchTo(t, rec, mpris.Config{Address: address}), rec
}

func watchTo(t testing.TB, rec *playerstest.Recorder, cfg mpris.Config) *mpris.Source {
	t.Helper()
	cfg.Now, cfg.Log = now, zaptest.NewLogger(t)
	src := mpris.New(cfg)
	run(t, src, rec)
	return src
}

// run runs a source until the test ends.
func run(t testing.TB, src *mpris.Source, rec *playerstest.Recorder) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
