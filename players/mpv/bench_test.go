package mpv_test

import (
	"slices"
	"testing"
	"time"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
)

// BenchmarkPauseToEvent is the time from the command to pause until the event is handed on, with a real mpv. Half of
// it is mpv's own.
func BenchmarkPauseToEvent(b *testing.B) {
	m := playerstest.RealMPV(b, clips.Clip(b, "film.mkv", 600))
	rec := watch(b, m.Socket)
	rec.Wait(b, 0, "it plays", playing)
	var took []time.Duration
	paused := false
	for b.Loop() {
		paused = !paused
		mark, start := rec.Len(), now()
		m.Command(b, "set_property", "pause", paused)
		e := rec.Wait(b, mark, "the edge", func(e players.Event) bool { return (e.State == players.Paused) == paused })
		took = append(took, e.At.Mono-start.Mono)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}
