package scrobbler_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/scrobbler"
)

// The rows of product.md 5 on files with several episodes, films in several files, and loops.

func TestPlaysOneFileWithSeveralEpisodesEachInTurnAtItsShare(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/double")
	f.after(25 * time.Minute)
	p.pauses()
	f.after(time.Minute)
	p.resumes()
	f.told("start S01E01 0.16", "pause S01E01 50", "start S01E01 50")
	f.after(25*time.Minute + time.Second)
	f.told("watched S01E01 100", "start S01E02 0")
	f.after(50 * time.Minute)
	p.ends()
	f.told("watched S01E02 100")
	if f.calls[0].Watch == f.calls[4].Watch {
		t.Errorf("both episodes have the same number")
	}
}

func TestSkipFromTheFirstEpisodeOfAFileIntoTheSecondClosesTheFirst(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/double")
	f.after(20 * time.Minute).told("start S01E01 0.16")
	p.seeks(60 * time.Minute)
	f.told("stop S01E01 40", "start S01E02 20")
	f.after(40 * time.Minute)
	p.ends()
	f.told("watched S01E02 100")
}

func TestStopAfterASkipIntoTheSecondEpisodeOfAFileIsNotTheEndOfTheFirst(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/double")
	f.after(20 * time.Minute).told("start S01E01 0.16")
	p.pos = 60 * time.Minute
	p.stops()
	f.told("stop S01E01 40")
}

func TestCreditsOfTheFirstEpisodeOfAFileMayBeSkipped(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/double")
	f.after(45 * time.Minute).told("start S01E01 0.16")
	p.seeks(52 * time.Minute)
	f.told("watched S01E01 90", "start S01E02 4")
}

func TestSeekWhilePausedIntoAnotherEpisodeOfTheFileIsNotItsEnd(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	p := f.plays("/double")
	f.after(10 * time.Minute).told("start S01E01 0.16")
	p.pauses()
	p.pos = 60 * time.Minute // no player tells every seek that is made in a pause
	p.say()
	f.told("stop S01E01 20")
}

func TestPositionThatTremblesBetweenTwoEpisodesEndsNone(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	p := f.plays("/double")
	f.after(50*time.Minute+100*time.Millisecond).told("start S01E01 0.16", "watched S01E01 100", "start S01E02 0")
	p.pos -= 200 * time.Millisecond
	p.say()
	f.after(time.Minute).told()
}

func TestPlaysOneFilmInSeveralFilesOneItemWatchedWhenTheLastEnds(t *testing.T) {
	f := newFilm(t)
	f.set.MinPlayed = 80
	f.do(f.m.Reload(f.set, f.now))
	p := f.plays("/cd1")
	f.after(long)
	p.ends()
	f.told("start Long/1 0.04", "stop Long/1 50")
	p.opens("/cd2")
	f.after(long)
	p.ends()
	f.told("start Long/2 50.04", "watched Long/2 100")
	if len(f.kept) != 0 {
		t.Errorf("the watch counted and something of it is kept: %v", f.kept)
	}
}

func TestTheLastFileOfAFilmAloneIsHalfOfIt(t *testing.T) {
	f := newFilm(t)
	p := f.player().opensAt("/cd2", 10*time.Minute)
	f.after(90 * time.Minute)
	p.ends()
	f.told("start Long/2 55.04", "pause Long/2 100") // 45 %
}

func TestNoFileOfAFilmButTheLastIsAWatchHoweverFarItComes(t *testing.T) {
	f := newFilm(t)
	part := f.titles["/cd2"]
	part.Part, part.Parts = 5, 6
	f.titles["/part5"] = part
	f.set.MinPlayed = 0
	f.do(f.m.Reload(f.set, f.now))
	p := f.plays("/part5")
	f.after(long)
	p.seeks(0) // no round is over either
	f.told("start Long/5 66.68")
	f.after(long)
	p.ends()
	f.told("stop Long/5 79.99")
	f.noticed()
}

func TestARoundThatEndsNearTheEndIsWhole(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(96 * time.Minute)
	p.seeks(0)
	f.told("start Heat 0.08", "watched Heat 100")
}

func TestLoopsTheSameItemTheFirstRoundOnly(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(long)
	p.seeks(0) // loop-file
	f.told("start Heat 0.08", "watched Heat 100")
	for range 3 {
		f.after(long)
		p.seeks(0)
	}
	f.shows(scrobbler.ScrobbleIgnored, media.ReasonLooped)
	p.stops()
	f.told()
}

func TestLoopsAPlaylistOfOneTheFirstRoundOnly(t *testing.T) {
	f := newFilm(t)
	p := f.player()
	for range 3 {
		p.opens("/heat")
		f.after(long)
		p.ends()
	}
	f.told("start Heat 0.08", "watched Heat 100")
}

func TestStoppedAndOpenedAgainIsNotALoop(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(90 * time.Minute)
	p.stops()
	p.opens("/heat")
	f.after(time.Minute).told("start Heat 0.08", "watched Heat 90", "start Heat 0.08")
}

func TestEndThatAgreesWithWhatWasPlayedIsBelieved(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(85 * time.Minute)
	p.seeks(30 * time.Minute)
	f.after(time.Minute)
	p.ends()
	f.told("start Heat 0.08", "watched Heat 100")
}

func TestPlayedAgainLaterIsANewWatch(t *testing.T) {
	f := newFilm(t)
	p := f.player()
	for range 2 {
		p.opens("/heat")
		f.after(long)
		p.ends()
		f.after(time.Minute)
	}
	f.told("start Heat 0.08", "watched Heat 100", "start Heat 0.08", "watched Heat 100")
	if f.calls[1].Watch == f.calls[3].Watch {
		t.Errorf("two watches have the same number")
	}
}

func TestSeekFromTheEndToTheStartOfWhatDoesNotCountIsOnlyASeek(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	f.after(time.Minute).told("start Heat 0.08")
	p.seeks(95 * time.Minute)
	f.after(10 * time.Second)
	p.seeks(0)
	f.after(time.Minute).told()
	f.noticed()
}
