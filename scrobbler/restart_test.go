package scrobbler_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// What outlives a run, and what is on disk when (product.md 5, the paragraph on crashes).

func TestPlayGoesOnOverARestart(t *testing.T) {
	for _, killed := range []bool{false, true} {
		f := newFilm(t)
		p := f.plays("/heat")
		f.after(20 * time.Minute).told("start Heat 0.08")
		f.restart(killed, time.Minute, everybody)
		f.told() // less than 2 minutes: Simkl need not hear of it
		f.after(30 * time.Minute)
		p.seeks(90 * time.Minute)
		f.after(time.Minute)
		p.stops()
		f.told("watched Heat 91") // 20 + 1 + 30 + 1 %
	}
}

func TestPlayDuringALongRestartCountsAndIsStartedAnew(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	f.restart(false, 40*time.Minute, everybody)
	f.told("pause Heat 20", "start Heat 60")
	p.seeks(90 * time.Minute)
	p.stops()
	f.told("watched Heat 90")
}

func TestASeekDuringARestartDoesNotCount(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	p.pos = 85 * time.Minute
	f.restart(true, time.Minute, everybody)
	f.after(5 * time.Minute)
	p.stops()
	f.told("pause Heat 91")
}

func TestAPlayerThatSpeaksBeforeItKnowsItsPositionGoesOnOverARestart(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	p.unknown = true
	f.restart(true, 30*time.Second, everybody)
	p.unknown = false
	p.say()
	f.after(9*time.Minute + 30*time.Second)
	p.stops()
	f.told("stop Heat 30")
	if played := f.journal[0].Played; played < 29.8 {
		t.Errorf("%v %% played", played)
	}
}

func TestAPlayerThatIsGoneAfterARestartIsStoppedWithTheLastKnownProgressAndTime(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	killed := f.now.Wall
	f.restart(true, 5*time.Hour, nobody)
	f.told("stop Heat 20")
	if at := f.calls[1].At; killed.Sub(at) > 11*time.Second || at.After(killed) {
		t.Errorf("stopped at %v, killed at %v", at, killed)
	}
	if len(f.saved) != 0 {
		t.Errorf("its state is kept")
	}
}

func TestAPlayerThatMovedOnDuringARestartIsStoppedBeforeTheNextStart(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	p.item.Path, p.pos = "/ronin", 0
	f.restart(true, time.Minute, everybody)
	f.told("stop Heat 20")
	f.after(10 * time.Second).told("start Ronin 1.08")
}

func TestAnAliveButSilentPlayerBlocksOtherStartsOnlyForSeconds(t *testing.T) {
	f := newFilm(t)
	a := f.plays("/heat")
	f.plays("/ronin")
	f.after(20*time.Minute).told("start Heat 0.08", "start Ronin 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Watch: f.calls[1].Watch}, f.now)) // Ronin has something to start later
	f.told("pause Ronin 20")
	f.do(f.m.SetPrivate(scrobbler.Private{}, f.now))
	f.told("start Ronin 20")
	a.state = players.Stopped // says nothing, though its process lives
	f.restart(true, 3*time.Minute, everybody)
	f.after(4*time.Second).told("pause Ronin 20", "stop Heat 20", "start Ronin 23.05")
}

func TestAnEpisodeThatEndsDuringARestartIsWatched(t *testing.T) {
	f := newFilm(t)
	f.plays("/double")
	f.after(45 * time.Minute).told("start S01E01 0.16")
	f.restart(true, 10*time.Minute, everybody)
	f.told("pause S01E01 90", "watched S01E01 100", "start S01E02 10")
}

// A watch has the time at which it was watched, not that at which a daemon came back to find it so.
func TestWhatEndedDuringARestartHasTheTimeAtWhichItEnded(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(70 * time.Minute).told("start Heat 0.08")
	ends := f.now.Wall.Add(30 * time.Minute)
	f.restart(true, 5*time.Hour, func(*player) bool {
		p.pos, p.state, p.end = long, players.Paused, players.EndReached
		return true
	})
	f.told("pause Heat 70", "watched Heat 100")
	if at := f.calls[len(f.calls)-1].At; at.Sub(ends).Abs() > 11*time.Second {
		t.Errorf("watched at %v, it ended at %v", at, ends)
	}
}

func TestAnotherPlayersWordsDoNotMakeAPositionOnDiskOlder(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.pass(6 * time.Second)
	f.plays("/ronin")
	f.after(30 * time.Minute)
	for range 20 {
		f.after(time.Second)
		var s scrobbler.Saved
		if err := json.Unmarshal(f.saved[f.calls[0].Watch], &s); err != nil {
			t.Fatal(err)
		}
		if age := f.now.Wall.Sub(s.At); age > 11*time.Second {
			t.Fatalf("what is on disk is %v old", age)
		}
	}
}

func TestALoopDuringARestartIsAnotherRound(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(95 * time.Minute).told("start Heat 0.08")
	p.pos = -5 * time.Minute // it has five more to its end
	f.restart(true, 15*time.Minute, everybody)
	f.told("pause Heat 95", "watched Heat 100")
	f.after(30 * time.Minute)
	p.dies()
	f.told()
}

func TestEachEpisodeThatPassedDuringARestartIsWatchedAtItsOwnTime(t *testing.T) {
	f := newFilm(t)
	f.plays("/triple")
	f.after(30 * time.Minute).told("start S01E01 0.25")
	began := f.now.Wall.Add(-30 * time.Minute)
	f.restart(true, time.Hour, everybody)
	f.told("pause S01E01 90", "watched S01E01 100", "watched S01E02 100", "start S01E03 70")
	for i, call := range f.calls[len(f.calls)-3 : len(f.calls)-1] {
		if ends := began.Add(time.Duration(i+1) * long / 3); call.At.Sub(ends).Abs() > 11*time.Second {
			t.Errorf("episode %d is watched at %v, it ended at %v", i+1, call.At, ends)
		}
	}
}

func TestARestartDoesNotMakeSimklRunAhead(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(20 * time.Minute).told("start Heat 0.08")
	f.restart(true, time.Second, everybody)
	f.plays("/ronin")
	f.after(time.Minute).told("start Ronin 0.08")
}

func TestPrivateOverAKillStaysPrivate(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(85 * time.Minute).told("start Heat 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Watch: f.calls[0].Watch}, f.now))
	f.told("pause Heat 85")
	f.restart(true, time.Minute, nobody)
	f.told()
	if len(f.journal) != 0 {
		t.Errorf("journal: %v", f.journal)
	}
}

func TestAKillBetweenTheWatchAndTheDiskMakesTheSameCallAgain(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(85 * time.Minute).told("start Heat 0.08")
	state := f.saved[1]
	p.stops()
	f.told("watched Heat 85")
	f.saved[1] = state // killed before the state was taken away
	f.restart(true, time.Second, nobody)
	f.told("watched Heat 85")
	if a, b := f.calls[1], f.calls[2]; a.Watch != b.Watch || a.Seq != b.Seq {
		t.Errorf("(%d, %d) became (%d, %d): two rows", a.Watch, a.Seq, b.Watch, b.Seq)
	}
}

func TestAKillAfterALiveCallDoesNotSwallowALaterOne(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(30 * time.Minute).told("start Heat 0.08")
	state := f.saved[1]
	p.pauses()
	f.after(time.Minute).told("pause Heat 30")
	f.saved[1] = state // killed before the pause was on disk
	f.restart(true, time.Second, nobody)
	f.told("stop Heat 30")
	if f.calls[2].Seq <= f.calls[1].Seq {
		t.Errorf("stop has number %d after %d: it would be taken for the pause", f.calls[2].Seq, f.calls[1].Seq)
	}
}

func TestAStartIsOnDiskBeforeItGoesOut(t *testing.T) {
	f := newFilm(t)
	f.check = func(e scrobbler.Effect) {
		if s, ok := e.(scrobbler.Send); ok && s.Call.Verb == media.VerbStart && len(f.saved) == 0 {
			t.Errorf("a start went out before anything was written")
		}
	}
	f.plays("/heat")
	f.after(time.Minute).told("start Heat 0.08")
}

func TestStartSeekPauseAndChangeOfItemAreOnDiskWithinASecond(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	steps := []struct {
		name string
		do   func()
	}{
		{"open", func() {}},
		{"start", func() { f.after(5 * time.Second) }},
		{"seek", func() { p.seeks(50 * time.Minute) }},
		{"pause", func() { p.pauses() }},
		{"resume", func() { p.resumes() }},
		{"change of item", func() { p.opens("/ronin") }},
	}
	for _, step := range steps {
		writes := f.writes
		step.do()
		f.after(time.Second)
		if f.writes == writes {
			t.Errorf("%s: not on disk after a second", step.name)
		}
	}
}

func TestThePositionIsOnDiskEvery10SecondsHoweverOftenThePlayerSpeaks(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(10 * time.Second)
	writes := f.writes
	for range 400 {
		f.after(250 * time.Millisecond)
		p.say()
	}
	if n := f.writes - writes; n < 9 || n > 11 {
		t.Errorf("%d writes in 100 s, want about 10", n)
	}
}

func TestAHandOnTheSeekBarIsNotAWritePerMove(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(time.Minute)
	writes := f.writes
	for i := range 100 {
		f.after(20 * time.Millisecond)
		p.seeks(time.Duration(i) * time.Minute / 2)
	}
	f.after(time.Second)
	if n := f.writes - writes; n > 6 {
		t.Errorf("%d writes for 2 s of seeking", n)
	}
}
