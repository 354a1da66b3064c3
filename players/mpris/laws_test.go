package mpris_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

// A player that does anything at all, in any order and at any pace, is told by these laws: a playback is numbered once,
// has one end at most and nothing after it; no time runs backwards; no position leaves the medium. And when it rests,
// the last word is true.
func TestWhateverAPlayerDoesTheLawsHold(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, mpris.Config{})
			s.pids[one] = 4242
			s.owner("org.mpris.MediaPlayer2.any", "", one)
			d := &dice{Rand: rand.New(rand.NewPCG(seed, 1)), scene: s}
			for range 60 {
				d.step()
				time.Sleep(time.Duration(d.ExpFloat64() * float64(d.pace())))
			}
			s.with(one, func(m *model) { m.hung = false; m.move(time.Minute, 1) })
			s.change(one, map[string]dbus.Variant{
				"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/films/last.mkv"), "Rate": dbus.MakeVariant(1.0),
			})
			time.Sleep(time.Minute)
			synctest.Wait()
			events := s.rec.Events()
			if broken := laws(events); broken != "" {
				t.Errorf("seed %d: %s\n%s", seed, broken, playerstest.List(events))
			}
			if e := s.last(t); e.Item.Path != "/films/last.mkv" || e.State != players.Playing {
				t.Errorf("seed %d: at last it is told as %+v\n%s", seed, e, playerstest.List(events))
			}
		})
	}
}

func laws(events []players.Event) string {
	var last players.Event
	for i, e := range events {
		switch {
		case e.Playback < last.Playback, e.Playback > last.Playback+1:
			return fmt.Sprintf("event %d: playback %d after %d", i, e.Playback, last.Playback)
		case e.Playback == last.Playback && last.State == players.Stopped:
			return fmt.Sprintf("event %d: playback %d goes on after its end", i, e.Playback)
		case i > 0 && e.Playback != last.Playback && last.State != players.Stopped:
			return fmt.Sprintf("event %d: playback %d has no end", i, last.Playback)
		case e.At.Mono < last.At.Mono:
			return fmt.Sprintf("event %d: time runs backwards", i)
		case e.Position < 0, e.Item.Length > 0 && e.Position > e.Item.Length:
			return fmt.Sprintf("event %d: the position is %v of %v", i, e.Position, e.Item.Length)
		case e.Rate < 0.01, e.Rate > 100:
			return fmt.Sprintf("event %d: the rate is %v", i, e.Rate)
		}
		last = e
	}
	return ""
}

type dice struct {
	*rand.Rand
	*scene
}

func (d *dice) pace() time.Duration {
	return []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second, 20 * time.Second}[d.IntN(4)]
}

func (d *dice) step() {
	switch d.IntN(8) {
	case 0, 1, 2:
		d.status([]string{"Playing", "Paused", "Stopped"}[d.IntN(3)])
	case 3:
		path := fmt.Sprintf("/films/%d.mkv", d.IntN(3))
		d.with(one, func(m *model) { m.move(0, m.rate) })
		d.change(one, map[string]dbus.Variant{"Metadata": file(path, "mpris:length", int64(d.IntN(3)-1)*600e6)})
	case 4:
		d.change(one, map[string]dbus.Variant{"Metadata": dbus.MakeVariant(map[string]dbus.Variant{})})
	case 5:
		to := time.Duration(d.IntN(700)) * time.Second
		d.with(one, func(m *model) { m.move(to, m.rate) })
		d.seeked(one, to)
	case 6:
		d.change(one, map[string]dbus.Variant{"Rate": dbus.MakeVariant([]float64{0, 1, 2, 1000, -1}[d.IntN(5)])})
	case 7:
		d.with(one, func(m *model) { m.hung = !m.hung })
	}
}
