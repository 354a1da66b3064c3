//go:build linux

package mpris_test

import (
	"slices"
	"testing"
	"time"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
)

// BenchmarkPauseOfMPV and BenchmarkPauseOfVLC measure from the command to the player until its pause is told. The
// plugin of mpv speaks in batches of 100 ms.
func BenchmarkPauseOfMPV(b *testing.B) {
	bus := playerstest.NewBus(b)
	pauses(b, bus, bus.MPV(b))
}

func BenchmarkPauseOfVLC(b *testing.B) {
	bus := playerstest.NewBus(b)
	pauses(b, bus, bus.VLC(b))
}

func pauses(b *testing.B, bus *playerstest.Bus, player playerstest.Player) {
	_, rec := watch(b, bus.Address)
	player.Load(b, clips.Clip(b, "hour.mkv", 3600))
	rec.Wait(b, 0, "it plays", playing)
	var took []time.Duration
	for b.Loop() {
		mark, began := rec.Len(), time.Now()
		player.Pause(b, true)
		rec.Wait(b, mark, "it is paused", func(e players.Event) bool { return e.State == players.Paused })
		took = append(took, time.Since(began))
		mark = rec.Len()
		player.Pause(b, false)
		rec.Wait(b, mark, "it plays on", playing)
		time.Sleep(300 * time.Millisecond) // an odd distance to the batches
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-ms")
}
