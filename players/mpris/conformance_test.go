//go:build linux

package mpris_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

func TestConformanceOfMPV(t *testing.T) {
	playerstest.Conformance(t, playerstest.Kit{
		Media:  clips,
		Coarse: 2500 * time.Millisecond, // a picture a second, batches of 100 ms, and a machine with other work
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			var args []string
			if opts.KeepOpen {
				args = append(args, "--keep-open=yes")
			}
			if opts.Loop {
				args = append(args, "--loop-file=inf")
			}
			bus := playerstest.NewBus(t)
			m := bus.MPV(t, args...)
			watchTo(t, rec, mpris.Config{Address: bus.Address})
			return m
		},
		Cannot: map[string]string{
			"tags": "the plugin hands on the title only",
			"the same file twice": "the plugin sends the same metadata again, and within the first seconds no position " +
				"shows that it began again (TestSameFileAgainIsASecondPlayback does it later)",
		},
	})
}

func TestConformanceOfVLC(t *testing.T) {
	playerstest.Conformance(t, playerstest.Kit{
		Media:  clips,
		Coarse: 2500 * time.Millisecond,
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			var args []string
			if opts.KeepOpen {
				args = append(args, "--play-and-pause")
			}
			if opts.Loop {
				args = append(args, "--repeat")
			}
			bus := playerstest.NewBus(t)
			watchTo(t, rec, mpris.Config{Address: bus.Address})
			return bus.VLC(t, args...)
		},
		Cannot: map[string]string{
			"tags":              "VLC hands on the title only",
			"seek while paused": "VLC says nothing of it until it plays on",
		},
	})
}
