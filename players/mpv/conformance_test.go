//go:build unix

package mpv_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/players/playerstest"
)

func TestConformance(t *testing.T) {
	playerstest.Conformance(t, playerstest.Kit{
		Media:  clips,
		Coarse: 1500 * time.Millisecond, // a picture a second, and a machine with other work
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			args := []string{}
			if opts.KeepOpen {
				args = append(args, "--keep-open=yes")
			}
			if opts.Loop {
				args = append(args, "--loop-file=inf")
			}
			m := playerstest.RealMPV(t, args...)
			watchTo(t, rec, m.Socket)
			return m
		},
	})
}
