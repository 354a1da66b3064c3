package scrobbler_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// The paragraphs under the table of product.md 5: what was played, over sittings and restarts; order; identity.

func TestTwoSittingsAddUp(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(40 * time.Minute)
	p.dies()
	f.told("start Heat 0.08", "stop Heat 40")
	f.after(24 * time.Hour)
	f.player().opensAt("/heat", 80*time.Minute)
	f.after(15 * time.Minute)
	f.players[1].dies()
	f.told("start Heat 80.08", "watched Heat 95") // 40 + 15
}

func TestWhatPlaysTwiceCountsOnce(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	for range 6 {
		f.after(10 * time.Minute)
		p.seeks(0)
	}
	p.seeks(85 * time.Minute)
	f.after(10 * time.Minute)
	p.stops()
	f.told("start Heat 0.08", "pause Heat 95") // 20 %
}

func TestMediaTimeCountsAtAnySpeed(t *testing.T) {
	f := newFilm(t)
	p := f.player()
	p.rate = 2
	p.opens("/heat")
	f.after(45 * time.Minute)
	p.stops()
	f.told("start Heat 0.16", "watched Heat 90")
}

func TestACountedWatchClearsWhatWasPlayed(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(40 * time.Minute)
	p.stops()
	f.after(time.Hour)
	p.opensAt("/heat", 40*time.Minute)
	f.after(60 * time.Minute)
	p.ends()
	f.told("start Heat 0.08", "stop Heat 40", "start Heat 40.08", "watched Heat 100")
	f.after(72 * time.Hour)
	p.opensAt("/heat", 95*time.Minute) // a jump to the credits, days later
	f.after(5 * time.Minute)
	p.ends()
	f.told("start Heat 95.08", "pause Heat 100")
}

func TestSeasonZeroIsASeason(t *testing.T) {
	f := newFilm(t)
	f.plays("/special")
	f.after(time.Minute).told("start S00E01 0.08")
	if s := f.calls[0].Match.Season; s == nil || *s != 0 {
		t.Errorf("season %v", s)
	}
}

func TestALoopOverOneMinuteDoesNotAddUp(t *testing.T) {
	f := newFilm(t)
	p := f.player().opensAt("/heat", 85*time.Minute)
	for range 90 {
		f.after(time.Minute)
		p.seeks(85 * time.Minute)
	}
	p.stops()
	f.told("start Heat 85.08", "pause Heat 86")
}

func TestAWatchIsDatedWhenItLastPlayed(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(95 * time.Minute)
	paused := f.now.Wall
	p.pauses()
	f.after(10 * time.Hour)
	p.dies()
	f.told("start Heat 0.08", "pause Heat 95", "watched Heat 95")
	if at := f.calls[2].At; !at.Equal(paused) {
		t.Errorf("watched at %v, want %v", at, paused)
	}
}

func TestCountItCountsWhatTheRulesDidNot(t *testing.T) {
	for _, over := range []bool{false, true} {
		f := newFilm(t)
		p := f.plays("/heat")
		f.after(time.Minute).told("start Heat 0.08")
		if over {
			p.stops()
			f.told("stop Heat 1")
		}
		effects, ok := f.m.Mark(f.calls[0].Watch, f.now)
		f.do(effects)
		if !ok {
			t.Fatalf("not counted (over: %v)", over)
		}
		f.told("watched Heat 100")
		f.shows(scrobbler.ScrobbleWatched, "")
		if effects, again := f.m.Mark(f.calls[0].Watch, f.now); again {
			t.Errorf("counted twice: %v", effects)
		}
		if !over {
			f.after(99 * time.Minute)
			p.ends()
		}
		f.told()
		if len(f.kept) != 0 {
			t.Errorf("it counted and is still kept: %v", f.kept)
		}
	}
}

func TestTwoPlayersAtOnceAreTwoSessions(t *testing.T) {
	f := newFilm(t)
	a, b := f.plays("/heat"), f.plays("/ronin")
	f.after(90*time.Minute).told("start Heat 0.08", "start Ronin 0.08")
	a.stops()
	b.stops()
	f.told("watched Heat 90", "watched Ronin 90")
}

func TestAPlayerThatSimklCouldFinishByItselfIsPausedThereBeforeAnotherStart(t *testing.T) {
	f := newFilm(t)
	a := f.player().opensAt("/heat", 70*time.Minute)
	f.after(15 * time.Minute).told("start Heat 70.08")
	f.plays("/ronin")
	f.after(5*time.Second).told("pause Heat 85.08", "start Ronin 0.08")
	f.after(5 * time.Minute).told() // it still plays, and no start of it puts Ronin at risk
	a.pauses()
	f.after(time.Minute)
	a.resumes()
	f.told("start Heat 90.08") // the user's wish
	a.stops()
	f.told("pause Heat 90.08")
}

func TestSimklRunsAheadOfASeekBackAndIsPausedBeforeAnotherStart(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	a := f.player().opensAt("/heat", 70*time.Minute)
	f.after(time.Minute).told("start Heat 70.08")
	a.seeks(10 * time.Minute)
	f.after(20 * time.Minute)
	f.plays("/ronin")
	f.after(5*time.Second).told("pause Heat 30.08", "start Ronin 0.08")
}

func TestWhatHasEarnedItsWatchIsNotPausedForAnother(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(85 * time.Minute).told("start Heat 0.08")
	f.plays("/ronin")
	f.after(5 * time.Second).told("start Ronin 0.08")
}

func TestUnmatchedIsParkedOnlyIfItWouldHaveCounted(t *testing.T) {
	for _, c := range []struct {
		plays  time.Duration
		parked int
	}{{40 * time.Minute, 0}, {90 * time.Minute, 1}} {
		f := newFilm(t)
		p := f.plays("/home")
		f.after(c.plays)
		f.shows(scrobbler.ScrobbleIgnored, media.ReasonUnmatched)
		p.stops()
		p.dies()
		f.told()
		if len(f.parked) != c.parked || len(f.notices) != c.parked || len(f.journal) != c.parked {
			t.Errorf("after %v: parked %v, notices %v", c.plays, f.parked, f.notices)
		}
	}
}

func TestAParkedWatchIsNeitherParkedNorCountedAgain(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/home")
	f.after(long)
	p.staysAtEnd()
	if len(f.parked) != 1 {
		t.Fatalf("parked: %v", f.parked)
	}
	f.secret = nil // somebody says what it is, and the outbox sends what was parked
	f.do(f.m.Again(f.now))
	p.dies()
	f.told()
	p = f.player().opensAt("/home", 95*time.Minute)
	f.after(5 * time.Minute)
	p.ends()
	f.told("start Home 95.08", "pause Home 100")
	if len(f.parked) != 1 {
		t.Errorf("parked: %v", f.parked)
	}
}

func TestATitleThatSimklDoesNotKnowIsSaidOnceAndParkedAtItsEnd(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(time.Minute).told("start Heat 0.08")
	told := scrobbler.Told{Watch: f.calls[0].Watch, Verb: media.VerbStart, Unmatched: true}
	f.do(f.m.Told(told, f.now))
	f.do(f.m.Told(told, f.now))
	f.noticed(scrobbler.NoticeNotRecognised)
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonUnmatched)
	f.after(99 * time.Minute)
	p.ends()
	f.told() // the outbox has taken the start back
	if len(f.parked) != 1 || len(f.notices) != 0 {
		t.Errorf("parked %v, notices %v", f.parked, f.notices)
	}
}

func TestATitleThatSimklDoesNotKnowIsNotMarkedButParked(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(time.Minute).told("start Heat 0.08")
	w := f.calls[0].Watch
	f.do(f.m.Told(scrobbler.Told{Watch: w, Unmatched: true}, f.now))
	effects, ok := f.m.Mark(w, f.now)
	f.do(effects)
	if f.told(); !ok || len(f.parked) != 1 {
		t.Errorf("marked %v, parked %v", ok, f.parked)
	}
}

func TestAWatchThatTurnsOutUnmatchedAfterItsEndIsShownAsThat(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long)
	p.ends()
	f.shows(scrobbler.ScrobbleWatched, "")
	f.do(f.m.Told(scrobbler.Told{Watch: f.calls[1].Watch, Unmatched: true}, f.now))
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonUnmatched)
}

func TestIdentityThatComesLateStartsAtOnce(t *testing.T) {
	f := newFilm(t)
	f.late = true
	f.plays("/heat")
	f.after(10 * time.Minute).told()
	f.answer()
	f.told("start Heat 10")
}

func TestIdentityThatComesAtTheKeptEndCounts(t *testing.T) {
	f := newFilm(t)
	f.late = true
	p := f.plays("/heat")
	f.after(long)
	p.staysAtEnd()
	f.told()
	f.answer()
	f.told("watched Heat 100")
}

func TestIdentityThatNeverComesIsParkedWithItsPath(t *testing.T) {
	f := newFilm(t)
	f.late = true
	p := f.plays("/heat")
	f.after(90 * time.Minute)
	p.stops()
	f.answer()
	f.told()
	if len(f.parked) != 1 || f.parked[0].Path != "/heat" {
		t.Errorf("parked: %v", f.parked)
	}
}

func TestAnswerForAnItemThatHasChangedSinceIsNotTaken(t *testing.T) {
	f := newFilm(t)
	f.late = true
	p := f.plays("/heat")
	old := f.waiting[0]
	p.item.Title = "The title comes after the path"
	p.say()
	f.do(f.m.Identified(scrobbler.Identified{Watch: old.Watch, Turn: old.Turn, Match: f.titles["/ronin"], MayGo: true}, f.now))
	f.after(time.Minute).told()
	f.late = false
	f.answer()
	f.told("start Heat 1")
}

func TestIdentityCorrectedInTheMiddleClosesTheWrongTitleFirst(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(30 * time.Minute).told("start Heat 0.08")
	f.titles["/heat"] = f.titles["/ronin"]
	f.do(f.m.Again(f.now))
	f.told("pause Heat 30", "start Ronin 30")
	f.after(60 * time.Minute)
	p.stops()
	f.told("watched Ronin 90")
}

func TestSameIdentityAgainSendsNothing(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(30 * time.Minute).told("start Heat 0.08")
	f.do(f.m.Again(f.now))
	f.told()
}

func TestNoTimerRunsWhenNothingPlays(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(time.Minute)
	p.pauses()
	f.after(3 * time.Second)
	if f.wake != 0 {
		t.Errorf("paused, and a look is asked for at %v", f.wake)
	}
	f.do(f.m.Reload(f.set, f.now))
	p.resumes()
	f.after(time.Minute)
	p.opens("/ronin")
	f.set.Place = func(string) scrobbler.Place { return scrobbler.Place{Reason: media.ReasonExcluded} }
	f.do(f.m.Reload(f.set, f.now))
	if f.wake != 0 {
		t.Errorf("excluded, and a look is asked for at %v", f.wake)
	}
	p.stops()
	if f.wake != 0 {
		t.Errorf("stopped, and a look is asked for at %v", f.wake)
	}
}

func TestPrivateForEverIsNoBusyLoop(t *testing.T) {
	f := newFilm(t)
	f.do(f.m.SetPrivate(scrobbler.Private{Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, f.now))
	f.plays("/heat")
	f.after(time.Hour)
	if f.ticks > 10 {
		t.Errorf("%d looks in an hour", f.ticks)
	}
}

func TestClockStepsNeitherAddNorTakePlay(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	for _, step := range []time.Duration{24 * time.Hour, -48 * time.Hour, 0} {
		f.after(10 * time.Minute)
		f.now.Wall = f.now.Wall.Add(step)
	}
	f.now.Boot -= time.Hour
	f.after(10 * time.Minute)
	p.stops()
	f.told("start Heat 0.08", "stop Heat 40")
	if played := f.journal[0].Played; played != 40 {
		t.Errorf("%v %% played", played)
	}
}

func TestOddNumbersOfAPlayerDoNoHarm(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/double")
	nan := 0.0
	nan /= nan
	for _, rate := range []float64{0, -1, nan, 1e-300, 1e300} {
		for _, pos := range []time.Duration{-time.Hour, 1 << 62, -1 << 63} {
			e := p.event()
			e.Rate, e.Position = rate, pos
			p.send(e)
			f.after(time.Second)
		}
	}
	if f.ticks > 60 {
		t.Errorf("%d looks in some seconds", f.ticks)
	}
	for _, c := range f.calls {
		if !(c.Progress >= 0 && c.Progress <= 100) {
			t.Errorf("progress %v", c.Progress)
		}
	}
}

func TestAViewStaysAsItWas(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(40 * time.Minute)
	view := f.m.Snapshot().Sessions[0]
	then := f.now
	f.after(50 * time.Minute)
	p.stops()
	if got := view.Progress(then); got != 40 {
		t.Errorf("progress %v", got)
	}
	if got := view.Played(then); got != 40 {
		t.Errorf("played %v", got)
	}
	if view.State != players.Playing || view.Scrobble != scrobbler.ScrobbleStarted {
		t.Errorf("%s %s", view.State, view.Scrobble)
	}
}
