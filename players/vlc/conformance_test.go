//go:build unix

package vlc_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	playerstest.Conformance(t, playerstest.Kit{
		Media:  clips,
		Coarse: 2 * time.Second, // VLC's clock starts 1.2 s late, and it is asked once a second
		Cannot: map[string]string{
			"a stream without a length": "VLC reads the end of the file for it; TestRealStreamWithoutLength shows one that it cannot",
		},
		Start: func(t testing.TB, rec *playerstest.Recorder, opts playerstest.Options) playerstest.Player {
			args := []string{}
			if opts.KeepOpen {
				args = append(args, "--play-and-pause")
			}
			if opts.Loop {
				args = append(args, "--repeat")
			}
			v := playerstest.RealVLC(t, args...)
			watchTo(t, rec, vlc.Instance{URL: v.URL, Password: playerstest.VLCPassword})
			return v
		},
	})
}
