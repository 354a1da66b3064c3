//go:build unix

package vlc_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

var begin = time.Now()

func now() media.Moment {
	t := time.Now()
	return media.Moment{Wall: t.UTC(), Mono: t.Sub(begin), Boot: t.Sub(begin)}
}

// watchTo runs a source over an interface until the test ends.
func watchTo(t testing.TB, rec *playerstest.Recorder, instances ...vlc.Instance) *vlc.Source {
	t.Helper()
	src := vlc.New(vlc.Config{Instances: instances, Now: now, Log: zaptest.NewLogger(t)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return src
}
