package scrobbler_test

import (
	"slices"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// The rows of product.md 5, in their order.

func TestPlaysARecognisedItemForStartAfterSendsStartWithTheCurrentProgress(t *testing.T) {
	f := newFilm(t)
	f.player().opensAt("/heat", 10*time.Minute)
	f.after(4900 * time.Millisecond).told()
	f.shows(scrobbler.ScrobbleWaiting, "")
	f.after(200 * time.Millisecond).told("start Heat 10.08")
	f.shows(scrobbler.ScrobbleStarted, "")
	f.after(20 * time.Minute).told()
}

func TestStartAfterCountsPlayAndNotPauses(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(3 * time.Second)
	p.pauses()
	f.after(time.Hour).told()
	p.resumes()
	f.after(1900 * time.Millisecond).told()
	f.after(200 * time.Millisecond).told("start Heat 0.08")
}

func TestStartAfterZeroSendsAtOnce(t *testing.T) {
	f := newFilm(t)
	f.set.StartAfter = 0
	f.do(f.m.Reload(f.set, f.now))
	f.plays("/heat")
	f.told("start Heat 0")
}

func TestPausesLongerThanPauseAfterAndResumes(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(10 * time.Minute).told("start Heat 0.08")
	p.pauses()
	f.after(1900 * time.Millisecond).told()
	f.after(200 * time.Millisecond).told("pause Heat 10")
	f.shows(scrobbler.ScrobblePaused, "")
	f.after(time.Hour).told()
	p.resumes()
	f.told("start Heat 10")
}

func TestPauseShorterThanPauseAfterIsNotSent(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(10 * time.Minute).told("start Heat 0.08")
	p.pauses()
	f.after(1900 * time.Millisecond)
	p.resumes()
	f.after(10 * time.Minute).told()
}

func TestSeeksBuffersChangesSpeedSendNothing(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(10 * time.Minute).told("start Heat 0.08")
	p.seeks(30 * time.Minute)
	f.after(time.Minute)
	p.stalls()
	f.after(time.Minute)
	p.resumes()
	p.rate = 1.5
	p.say()
	f.after(time.Minute)
	p.seeks(99 * time.Minute)
	p.seeks(time.Second)
	p.seeks(40 * time.Minute)
	f.told()
	p.pauses()
	f.after(time.Minute).told("pause Heat 40")
}

func TestSeekWhilePausedIsCarriedByTheNextCall(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(10 * time.Minute).told("start Heat 0.08")
	p.pauses()
	f.after(time.Second)
	p.seeks(20 * time.Minute)
	f.after(time.Minute).told("pause Heat 20")
	p.seeks(30 * time.Minute)
	f.after(time.Minute).told()
	p.resumes()
	f.told("start Heat 30")
}

func TestReachesTheEndSendsStopWith100(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long - time.Second).told("start Heat 0.08")
	p.ends()
	f.told("watched Heat 100")
	f.shows(scrobbler.ScrobbleWatched, "")
	f.noticed(scrobbler.NoticeWatched)
}

func TestStaysAtTheEndPausedSendsStopWith100Once(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long).told("start Heat 0.08")
	p.staysAtEnd()
	f.told("watched Heat 100")
	f.after(time.Hour)
	p.dies()
	f.told()
}

func TestStaysAtTheEndWithoutPauseSendsStopWith100(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long).told("start Heat 0.08")
	p.state, p.end = players.Stalled, players.EndReached
	p.say()
	f.told("watched Heat 100")
}

func TestSeekBackFromTheKeptEndIsNoSecondWatch(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long).told("start Heat 0.08")
	p.staysAtEnd()
	f.told("watched Heat 100")
	p.seeks(0)
	p.resumes()
	f.after(long)
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonLooped)
	p.staysAtEnd()
	p.dies()
	f.told()
}

func TestSeekBackFromTheKeptEndOfWhatDidNotCountGoesOn(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute)
	p.seeks(95 * time.Minute)
	f.after(5 * time.Minute).told("start Heat 0.08")
	p.staysAtEnd()
	f.told("pause Heat 100")
	f.noticed(scrobbler.NoticeNotCounted)
	p.seeks(20 * time.Minute)
	p.resumes()
	f.told("start Heat 20")
	f.after(75 * time.Minute)
	p.stops()
	f.told("watched Heat 95")
}

func TestStopsClosesOrCrashesSendsStopWithTheLastKnownProgress(t *testing.T) {
	for _, end := range []players.End{players.EndStopped, players.EndGone, players.EndReached} {
		t.Run(string(end), func(t *testing.T) {
			f := newFilm(t)
			p := f.plays("/heat")
			f.after(30 * time.Minute).told("start Heat 0.08")
			p.unknown, p.item, p.pos = true, media.Item{}, 0 // as mpv takes everything back before the end
			p.stopsAs(end)
			f.told("stop Heat 30")
			if len(f.saved) != 0 {
				t.Errorf("the state of a session that is over stays on disk")
			}
		})
	}
}

func TestPositionPutBackToZeroAtTheStopIsNotAPosition(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute).told("start Heat 0.08")
	p.pos = 0
	p.stops()
	f.told("watched Heat 90")
}

func TestWhatAPlayerSaysOfItsItemAtTheStopIsNotBelieved(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute).told("start Heat 0.08")
	p.item.Growing, p.item.Length = true, time.Second
	p.stops()
	f.told("watched Heat 90")
}

func TestGivesNoAnswerSendsStopWithTheLastKnownProgressAndTime(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(85 * time.Minute).told("start Heat 0.08")
	last := f.now.Wall
	f.pass(10 * time.Second)
	p.unknown = true
	p.stopsAs(players.EndSilent)
	f.told("watched Heat 85")
	if at := f.calls[1].At; !at.Equal(last) {
		t.Errorf("watched at %v, the player spoke last at %v", at, last)
	}
	if n := len(f.m.Snapshot().Sessions); n != 0 {
		t.Errorf("%d sessions of a player that is gone", n)
	}
}

func TestJumpsToTheNextItemSendsStopBeforeTheNextStart(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/e1")
	f.after(30 * time.Minute).told("start S01E01 0.08")
	p.opens("/e2")
	f.told("stop S01E01 30")
	f.after(5 * time.Second).told("start S01E02 0.08")
}

func TestAnotherPathIsAnotherItemThoughThePlayerSaysNothingOfIt(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/e1")
	f.after(90 * time.Minute)
	p.playback--
	p.opens("/e2")
	f.after(5*time.Second).told("start S01E01 0.08", "watched S01E01 90", "start S01E02 0.08")
}

func TestOfSixFilesOpenedForAnInstantOnlyTheOneThatPlayedIsHeardOf(t *testing.T) {
	f := newFilm(t)
	p := f.player()
	for _, path := range []string{"/heat", "/e1", "/ronin", "/special", "/home"} {
		p.opens(path)
		f.after(300 * time.Millisecond)
		p.stops()
	}
	writes := f.writes
	p.opens("/e2")
	f.after(30 * time.Second).told("start S01E02 0.08")
	if slices.ContainsFunc(f.order, func(e scrobbler.Effect) bool { _, ok := e.(scrobbler.Forget); return ok }) || writes != 0 {
		t.Errorf("%d writes for files that were opened for an instant", writes)
	}
}

func TestOpenedForAnInstantNearTheEndIsNotAWatch(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	p := f.player()
	for _, path := range []string{"/heat", "/home", "/unknown"} {
		p.opensAt(path, 95*time.Minute)
		f.after(time.Second)
		p.stops()
	}
	f.told()
	if len(f.parked) > 0 {
		t.Errorf("parked: %v", f.parked)
	}
}

func TestEndsAt80PercentWithTooLittlePlayedPausesAtTheEndOfTheLastStretch(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute)
	p.seeks(90 * time.Minute)
	f.after(6 * time.Minute).told("start Heat 0.08")
	p.stops()
	f.told("pause Heat 96")
	f.shows(scrobbler.ScrobbleStopped, media.ReasonNotPlayed)
	f.noticed(scrobbler.NoticeNotCounted)
	entry := f.journal[len(f.journal)-1]
	if entry.Ending != scrobbler.EndingNotCounted || entry.Reason != media.ReasonNotPlayed || entry.Played != 26 {
		t.Errorf("journal: %s %q, %v %% played", entry.Ending, entry.Reason, entry.Played)
	}
}

func TestTheRowOnMinPlayedWinsOverTheRowOnTheEnd(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(20 * time.Minute)
	p.seeks(97 * time.Minute)
	f.after(3 * time.Minute).told("start Heat 0.08")
	p.ends()
	f.told("pause Heat 100")
}

func TestSkipPastTheLastFrameEndsTheFileAndIsNotAWatch(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(60 * time.Minute).told("start Heat 0.08") // 60 % really played
	p.ends()                                          // "eof" at 60 %, since the seek went past the last key frame
	f.told("stop Heat 60")
}

func TestAsksOnlyThePositionWithMinPlayedPercentZero(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	p := f.plays("/heat")
	f.after(time.Minute)
	p.seeks(90 * time.Minute)
	f.after(time.Second)
	p.stops()
	f.told("start Heat 0.08", "watched Heat 90.01")
}

func TestEndsUnder80PercentIsNotAWatchHoweverMuchPlayed(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(79*time.Minute + 59*time.Second)
	p.stops()
	f.told("start Heat 0.08", "stop Heat 79.98")
}

func TestTheMachineSleepsSendsPauseAndTimeAsleepIsNotWatched(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(45 * time.Minute).told("start Heat 0.08")
	f.do(f.m.Sleep(f.now))
	f.told("pause Heat 45")
	f.after(2 * time.Second).told()
	f.sleeps(8 * time.Hour)
	p.say()
	f.told("start Heat 45.03")
	p.seeks(95 * time.Minute)
	f.after(time.Minute)
	p.stops()
	f.told("pause Heat 96") // 46 % played
}

func TestSleepThatNobodyAnnouncedIsPausedAtItsEnd(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(45 * time.Minute).told("start Heat 0.08")
	f.sleeps(8 * time.Hour)
	p.say()
	f.told("pause Heat 45", "start Heat 45")
}

func TestSleepThatDidNotComeIsOverAfterHalfAMinute(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(45 * time.Minute).told("start Heat 0.08")
	f.do(f.m.Sleep(f.now))
	f.told("pause Heat 45")
	f.after(29 * time.Second).told()
	f.after(2 * time.Second).told("start Heat 45.5")
}

func TestAWatchThatEndsWithASleepWasWatchedBeforeIt(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute).told("start Heat 0.08")
	fell := f.now.Wall
	f.sleeps(8 * time.Hour)
	p.dies()
	f.told("pause Heat 90", "watched Heat 90")
	if at := f.calls[2].At; !at.Equal(fell) {
		t.Errorf("watched at %v, fell asleep at %v", at, fell)
	}
}

func TestAPrivateTimeThatIsOverStaysOverWhenTheClockIsSetBack(t *testing.T) {
	f := newFilm(t)
	f.plays("/heat")
	f.after(10 * time.Minute).told("start Heat 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Until: f.now.Wall.Add(5 * time.Minute)}, f.now))
	f.told("pause Heat 10")
	f.after(6 * time.Minute).told("start Heat 15")
	f.now.Wall = f.now.Wall.Add(-5 * time.Hour)
	f.after(10 * time.Minute).told()
}

func TestAWatchThatComesToItsEndAfterASleepWasWatchedThen(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long - 5*time.Second).told("start Heat 0.08")
	f.sleeps(8 * time.Hour)
	f.pass(5 * time.Second)
	p.ends()
	f.told("pause Heat 100", "watched Heat 100")
	if at := f.calls[2].At; !at.Equal(f.now.Wall) {
		t.Errorf("watched at %v, ended at %v", at, f.now.Wall)
	}
}

func TestGoesPrivateInTheMiddlePausesWhatWasStartedThenNothing(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(30 * time.Minute).told("start Heat 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Until: f.now.Wall.Add(24 * time.Hour)}, f.now))
	f.told("pause Heat 30")
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonPrivate)
	f.after(long)
	p.ends()
	p.opens("/ronin")
	f.after(long)
	p.ends()
	f.told()
	if len(f.journal) != 0 || len(f.notices) != 0 {
		t.Errorf("private, and yet: %v %v", f.journal, f.notices)
	}
}

func TestPlayInPrivateIsNotCounted(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(30 * time.Minute).told("start Heat 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Until: f.now.Wall.Add(55*time.Minute + 3*time.Second)}, f.now))
	f.after(60*time.Minute).told("pause Heat 30", "start Heat 85.05")
	f.after(5 * time.Minute)
	p.stops()
	f.told("pause Heat 95") // 40 % in the open
	if played := f.journal[0].Played; played < 39.9 || played > 40 {
		t.Errorf("%v %% played in the open, want 39.95", played)
	}
}

func TestPrivateForTheFileThatPlaysLeavesTheNextAlone(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(time.Minute).told("start Heat 0.08")
	f.do(f.m.SetPrivate(scrobbler.Private{Watch: f.calls[0].Watch}, f.now))
	f.told("pause Heat 1")
	f.after(long)
	p.opens("/ronin")
	f.after(time.Minute).told("start Ronin 0.08")
}

func TestIsExcludedInTheMiddlePausesWhatWasStartedThenNothing(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute).told("start Heat 0.08")
	f.set.Place = func(string) scrobbler.Place {
		return scrobbler.Place{Reason: media.ReasonExcluded, Rule: "/**"}
	}
	f.do(f.m.Reload(f.set, f.now))
	f.told("pause Heat 90")
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonExcluded)
	f.after(10 * time.Minute)
	p.ends()
	f.told()
	if len(f.kept) != 0 || len(f.saved) != 0 {
		t.Errorf("something is kept of what is excluded: %v", f.kept)
	}
}

func TestSendsNothingAndSaysWhichReasonItWas(t *testing.T) {
	item := func(change func(*media.Item)) media.Item {
		it := media.Item{Path: "/heat", Length: long, Picture: media.PictureVideo}
		change(&it)
		return it
	}
	outside := func(string) scrobbler.Place { return scrobbler.Place{Reason: media.ReasonNotIncluded} }
	cases := []struct {
		name   string
		item   media.Item
		place  func(string) scrobbler.Place
		reason media.Reason
	}{
		{"music", item(func(it *media.Item) { it.Picture = media.PictureNone }), nil, media.ReasonMusic},
		{"picture", item(func(it *media.Item) { it.Picture = media.PictureStill }), nil, media.ReasonPicture},
		{"live stream", item(func(it *media.Item) { it.Growing = true }), nil, media.ReasonLive},
		{"no length", item(func(it *media.Item) { it.Length = 0 }), nil, media.ReasonNoDuration},
		{"length that is none", item(func(it *media.Item) { it.Length = 1 << 62 }), nil, media.ReasonNoDuration},
		{"trailer", item(func(it *media.Item) { it.Path = "/trailer" }), nil, media.ReasonExtra},
		{"short", item(func(it *media.Item) { it.Length = 179 * time.Second }), nil, media.ReasonShort},
		{"outside include", item(func(*media.Item) {}), outside, media.ReasonNotIncluded},
		{"unknown", item(func(it *media.Item) { it.Path = "/unknown" }), nil, media.ReasonUnmatched},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFilm(t)
			f.set.Place = c.place
			f.do(f.m.Reload(f.set, f.now))
			p := f.player().loads(c.item, 0)
			f.after(2 * time.Minute)
			f.shows(scrobbler.ScrobbleIgnored, c.reason)
			p.pauses()
			f.after(time.Minute)
			p.dies()
			f.told()
			if len(f.parked)+len(f.journal)+len(f.notices)+len(f.kept) > 0 && c.reason != media.ReasonUnmatched {
				t.Errorf("parked %v, journal %v, notices %v, kept %v", f.parked, f.journal, f.notices, f.kept)
			}
		})
	}
}

func TestMinDurationIsNotAskedOfAnEpisode(t *testing.T) {
	f := newFilm(t)
	p := f.player().loads(media.Item{Path: "/special", Length: 2 * time.Minute}, 0)
	f.after(2 * time.Minute)
	p.ends()
	f.told("start S00E01 4.16", "watched S00E01 100")
}

func TestLengthThatGrowsInTheMiddleIsLive(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute).told("start Heat 0.08")
	p.item.Growing = true
	p.say()
	f.told("pause Heat 90")
	writes := f.writes
	for range 400 {
		p.item.Length += 250 * time.Millisecond
		f.after(250 * time.Millisecond)
		p.say()
	}
	if n := f.writes - writes; n > 12 {
		t.Errorf("%d writes in 100 s because the length grows", n)
	}
	p.ends()
	f.told()
}

func TestLengthThatThePlayerStopsSayingIsStillTheLength(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(99 * time.Minute).told("start Heat 0.08")
	p.item.Length = 0
	p.say()
	p.item = media.Item{}
	p.stalls()
	p.ends()
	f.told("watched Heat 100")
}
