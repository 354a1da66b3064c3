//go:build linux

package mpris_test

import (
	"os"
	"testing"
	"time"

	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

func TestConformanceOfMPV(t *testing.T) {
	t.Parallel()
	playerstest.Conformance(t, playerstest.Kit{
		Media:  clips,
		Coarse: 2500 * time.Millisecond, // a picture a second, batches of 100 ms, and a machine with other work
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			args := []string{"--image-display-duration=5"} // as mpv 0.40 has it; 0.35 shows a picture for a second
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
				"shows that it began again (TestSameFileLaterAgainIsASecondPlaybackOfMPV does it later)",
			"a picture": "the plugin (0.7.1) says Stopped while it shows its first files",
		},
	})
}

func TestConformanceOfVLC(t *testing.T) {
	t.Parallel()
	own := newClips(t)
	own.AddSound() // else its end comes up to 3 s early
	playerstest.Conformance(t, playerstest.Kit{
		Media:  own,
		Late:   true,
		Coarse: 2500 * time.Millisecond,
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			var args []string
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
			"keep open":         "VLC says nothing of a seek while paused",
			"loop": "VLC stops for up to half a second between two rounds, as it does before another item; the session knows " +
				"the same file again",
			"a stream without a length": "VLC reads the end of the file for it; TestStreamWithoutLengthGrows has one that " +
				"does not",
		},
	})
}

// newClips are files of this test's own that VLC can read as another user.
func newClips(t *testing.T) *playerstest.Media {
	t.Helper()
	own, err := playerstest.NewMedia()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(own.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	return own
}
