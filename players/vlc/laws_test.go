package vlc_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

// Whatever VLC answers: a playback ends once and before the next one begins, no event is out of its bounds or before
// the one before it, and nothing is told twice.
func TestLawsOfPlaybacks(t *testing.T) {
	step := rapid.Custom(func(t *rapid.T) vlc.Step {
		length := time.Duration(rapid.SampledFrom([]int{0, 0, 4, 60, 60, 60, 2700}).Draw(t, "length")) * time.Second
		s := vlc.Step{
			State: rapid.SampledFrom([]string{"playing", "playing", "playing", "paused", "stopped", "opening"}).Draw(t, "state"),
			Plid:  rapid.SampledFrom([]string{"3", "3", "3", "4", ""}).Draw(t, "plid"),
			Rate:  rapid.SampledFrom([]float64{1, 1, 1, 4, 0.5}).Draw(t, "rate"), Length: length,
			Position: time.Duration(rapid.IntRange(0, int(length/time.Millisecond)).Draw(t, "position")) * time.Millisecond,
			Screen:   rapid.Bool().Draw(t, "screen"),
			Wait:     time.Duration(rapid.IntRange(1, 4000).Draw(t, "wait")) * time.Millisecond,
			Gone:     rapid.IntRange(0, 30).Draw(t, "gone") == 0, Silent: rapid.IntRange(0, 30).Draw(t, "silent") == 0,
		}
		s.Path = "/films/" + s.Plid + ".mkv"
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		events := vlc.Track(rapid.SliceOfN(step, 1, 60).Draw(t, "steps"))
		var last players.Event
		for _, e := range events {
			fail := func(law string) { t.Fatalf("%s\n%s", law, playerstest.List(events)) }
			switch {
			case e.Playback < last.Playback:
				fail("an earlier playback goes on")
			case e.Playback > last.Playback && last.Playback > 0 && last.State != players.Stopped:
				fail("a playback begins before the one before it ended")
			case e.Playback == last.Playback && last.State == players.Stopped:
				fail("a playback goes on after its end")
			case e.State == players.Stopped && (last.Playback != e.Playback || e.End == players.EndNone):
				fail("an end without a beginning, or without a reason")
			case e.State != players.Stopped && e.End != players.EndNone && e.State != players.Paused:
				fail("an end of something that runs")
			case e.At.Mono < last.At.Mono:
				fail("time runs backwards")
			case e.Position < 0, e.Item.Length > 0 && e.Position > e.Item.Length:
				fail("a position outside of the item")
			}
			last = e
		}
	})
}

// answers are VLC's words about one film, a second apart.
func answers(length time.Duration, positions ...time.Duration) []vlc.Step {
	var out []vlc.Step
	for _, p := range positions {
		out = append(out, vlc.Step{
			State: "playing", Plid: "3", Path: "/films/3.mkv", Rate: 1, Screen: true, Length: length, Position: p, Wait: time.Second,
		})
	}
	return out
}

func TestVLCThatExitsAfterTheEndReachedIt(t *testing.T) {
	steps := answers(time.Minute, 57*time.Second, 58*time.Second, 59*time.Second)
	steps = append(steps, vlc.Step{State: "stopped", Wait: time.Second}, vlc.Step{Gone: true})
	events := vlc.Track(steps)
	if last := events[len(events)-1]; last.End != players.EndReached || last.Position != time.Minute {
		t.Errorf("told\n%s", playerstest.List(events))
	}
}

func TestLengthThatRisesIsNotBelieved(t *testing.T) {
	const first = 20 * time.Second // what was there when it was opened
	steps := answers(first, 0, time.Second, 2*time.Second)
	for i := range 20 {
		at := time.Duration(3+i) * time.Second
		steps = append(steps, answers(first+at, at)...)
	}
	for i := range 15 {
		steps = append(steps, answers(42*time.Second, time.Duration(23+i)*time.Second)...)
	}
	events := vlc.Track(steps)
	grew := false
	for _, e := range events {
		grew = grew || e.Item.Growing && e.Item.Length == 0
	}
	if last := events[len(events)-1]; !grew || last.Item.Growing || last.Item.Length != 42*time.Second {
		t.Errorf("told\n%s", playerstest.List(events))
	}
}

func TestStallIsToldWhereItStands(t *testing.T) {
	events := vlc.Track(answers(time.Hour, 1*time.Second, 2*time.Second, 3*time.Second, 3*time.Second, 3*time.Second, 3*time.Second))
	before, last := events[len(events)-2], events[len(events)-1]
	// Who extrapolates hears within two seconds that it lags behind.
	if last.State != players.Stalled || last.Position != 3*time.Second || before.Position != 3*time.Second || before.Jumped || last.Jumped {
		t.Errorf("told\n%s", playerstest.List(events))
	}
}

func TestLengthOfTheItemBeforeIsNotBelieved(t *testing.T) {
	steps := append(answers(time.Hour, 0), answers(45*time.Minute, time.Second, 2*time.Second, 3*time.Second)...)
	events := vlc.Track(steps)
	if len(events) == 0 {
		t.Fatal("nothing was told")
	}
	for _, e := range events {
		if e.Item.Length != 45*time.Minute {
			t.Errorf("told\n%s", playerstest.List(events))
		}
	}
}
