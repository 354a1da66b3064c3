package scrobbler_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// elsewhere says that another machine left an item at a share of it, some time ago.
func (f *film) elsewhere(path string, progress float64, ago time.Duration) {
	for i := range f.titles[path].Count() {
		f.simkl[scrobbler.PointKey(f.titles[path].Episode(i))] = scrobbler.Point{Progress: progress, At: f.now.Wall.Add(-ago)}
	}
}

// resumes sets scrobble.resume.
func (f *film) resumes(mode scrobbler.ResumeMode) *film {
	f.set.Resume = mode
	f.do(f.m.Reload(f.set, f.now))
	return f
}

func TestAPointOfAnotherMachineCountsAsPlayedUpToIt(t *testing.T) {
	f := newFilm(t)
	f.elsewhere("/heat", 60, time.Hour)
	p := f.player().opensAt("/heat", 60*time.Minute)
	f.after(25 * time.Minute)
	p.stops()
	f.told("start Heat 60.08", "watched Heat 85")
	if n := f.journal[0].Played; n != 85 {
		t.Errorf("played %v %%", n)
	}
}

func TestAPointFrom80OnOrOurOwnCountsNothing(t *testing.T) {
	for name, point := range map[string]scrobbler.Point{"80": {Progress: 80}, "own": {Progress: 60}} {
		f := newFilm(t)
		f.elsewhere("/heat", point.Progress, time.Hour)
		if name == "own" {
			f.left[scrobbler.PointKey(f.titles["/heat"])] = scrobbler.Point{Progress: 60, At: f.now.Wall.Add(-time.Hour - 5*time.Minute)}
		}
		p := f.player().opensAt("/heat", 82*time.Minute)
		f.after(10 * time.Minute)
		p.stops()
		f.told("start Heat 82.08", "pause Heat 92")
	}
}

func TestAPointOfAnotherMachineCountsOnce(t *testing.T) {
	f := newFilm(t)
	f.elsewhere("/heat", 60, time.Hour)
	p := f.player().opensAt("/heat", 60*time.Minute)
	f.after(25 * time.Minute)
	p.stops()
	f.told("start Heat 60.08", "watched Heat 85")
	f.after(24 * time.Hour)
	p.opensAt("/heat", 85*time.Minute) // Simkl's list may still show it
	f.after(10 * time.Minute)
	p.stops()
	f.told("start Heat 85.08", "pause Heat 95")
}

func TestOurOwnNewerPauseBeatsThePointThatWasRead(t *testing.T) {
	f := newFilm(t).resumes(scrobbler.ResumeSeek)
	f.elsewhere("/heat", 70, time.Minute)
	p := f.plays("/heat")
	f.resumed = nil
	f.after(20 * time.Minute)
	p.stops()
	f.told("start Heat 0.08", "stop Heat 20")
	f.after(time.Minute)
	p.opens("/heat") // what was read is still that of the other machine
	if len(f.resumed) != 1 || f.resumed[0].To != 20*time.Minute || f.resumed[0].Point.Progress != 20 {
		t.Errorf("resumed %+v", f.resumed)
	}
}

func TestAPointIsShownOrGoneToByTheFilesOwnLength(t *testing.T) {
	for mode, seek := range map[scrobbler.ResumeMode]bool{scrobbler.ResumeOffer: false, scrobbler.ResumeSeek: true} {
		f := newFilm(t).resumes(mode)
		f.elsewhere("/heat", 25, time.Hour)
		f.player().loads(media.Item{Path: "/heat", Length: 2 * time.Hour, Picture: media.PictureVideo}, 0)
		if len(f.resumed) != 1 {
			t.Fatalf("%s: resumed %+v", mode, f.resumed)
		}
		if got := f.resumed[0]; got.To != 30*time.Minute || got.Seek != seek || got.Path != "/heat" {
			t.Errorf("%s: resumed %+v", mode, got)
		}
	}
}

func TestNothingIsGoneToUnlessTheFileWasJustOpened(t *testing.T) {
	for name, act := range map[string]func(f *film){
		"off":            func(f *film) { f.resumes(scrobbler.ResumeOff).plays("/heat") },
		"the player did": func(f *film) { f.player().opensAt("/heat", 31*time.Second) },
		"near the point": func(f *film) { f.elsewhere("/heat", 0.2, time.Hour); f.plays("/heat") },
		"at the end":     func(f *film) { f.elsewhere("/heat", 96, time.Hour); f.plays("/heat") },
		"removed there":  func(f *film) { gone(f); f.plays("/heat") },
		"private": func(f *film) {
			f.do(f.m.SetPrivate(scrobbler.Private{Until: f.now.Wall.Add(time.Hour)}, f.now))
			f.plays("/heat")
		},
		"not to be told":  func(f *film) { f.plays("/home") },
		"it has no title": func(f *film) { f.plays("/unknown") },
		"late": func(f *film) {
			f.mute = true
			f.plays("/heat")
			f.after(31 * time.Second)
			f.mute = false
			f.point(scrobbler.AskPoints{Watch: 1, Match: f.titles["/heat"]})
		},
	} {
		f := newFilm(t).resumes(scrobbler.ResumeSeek)
		f.elsewhere("/heat", 25, time.Hour)
		act(f)
		if len(f.resumed) != 0 {
			t.Errorf("%s: resumed %+v", name, f.resumed)
		}
	}
}

// gone: our own pause of long ago, of which Simkl knows nothing any more.
func gone(f *film) {
	key := scrobbler.PointKey(f.titles["/heat"])
	delete(f.simkl, key)
	f.left[key] = scrobbler.Point{Progress: 40, At: f.now.Wall.Add(-time.Hour)}
}

func TestWithoutSimklOurOwnPauseIsGoneTo(t *testing.T) {
	f := newFilm(t).resumes(scrobbler.ResumeSeek)
	gone(f)
	f.offline = true
	f.plays("/heat")
	if len(f.resumed) != 1 || f.resumed[0].To != 40*time.Minute {
		t.Errorf("resumed %+v", f.resumed)
	}
}

func TestAStartWaitsForTheAnswerAboutPointsButNotForLong(t *testing.T) {
	f := newFilm(t)
	f.set.StartAfter = 0
	f.do(f.m.Reload(f.set, f.now))
	f.plays("/heat")
	f.told("start Heat 0")

	f = newFilm(t)
	f.set.StartAfter = 0
	f.do(f.m.Reload(f.set, f.now))
	f.mute = true
	f.plays("/heat")
	f.after(3 * time.Second).told()
	f.after(2 * time.Second).told("start Heat 0.06")
}

func TestThePointOfAnEpisodeIsInItsShareOfTheFile(t *testing.T) {
	f := newFilm(t).resumes(scrobbler.ResumeSeek)
	f.simkl[scrobbler.PointKey(f.titles["/double"].Episode(1))] = scrobbler.Point{Progress: 50, At: f.now.Wall.Add(-time.Hour)}
	p := f.plays("/double")
	if len(f.resumed) != 1 || f.resumed[0].To != 75*time.Minute {
		t.Fatalf("resumed %+v", f.resumed)
	}
	p.seeks(75 * time.Minute)
	f.after(25 * time.Minute)
	p.ends()
	f.told("start S01E02 50.16", "watched S01E02 100")
}

func TestThePointOfAFilmInTwoFilesIsOfTheWholeFilm(t *testing.T) {
	f := newFilm(t).resumes(scrobbler.ResumeSeek)
	f.elsewhere("/cd2", 75, time.Hour)
	p := f.plays("/cd2")
	if len(f.resumed) != 1 || f.resumed[0].To != 50*time.Minute {
		t.Fatalf("resumed %+v", f.resumed)
	}
	p.seeks(50 * time.Minute)
	f.after(50 * time.Minute)
	p.ends()
	f.told("start Long/2 75.04", "watched Long/2 100")
	if n := f.journal[0].Played; n < 99.9 { // all of the first file, half of the second elsewhere, the rest here
		t.Errorf("played %v %%", n)
	}
}

func TestWhatWasCountedOfAnotherMachineSurvivesARestart(t *testing.T) {
	f := newFilm(t)
	f.elsewhere("/heat", 60, time.Hour)
	p := f.player().opensAt("/heat", 60*time.Minute)
	f.after(5 * time.Minute).told("start Heat 60.08")
	f.restart(true, time.Second, everybody)
	f.after(20 * time.Minute)
	p.stops()
	f.told("watched Heat 85.01")
}

func TestThePlayerIsReachedOverAllItsChannels(t *testing.T) {
	f := newFilm(t).resumes(scrobbler.ResumeSeek)
	f.elsewhere("/heat", 25, time.Hour)
	p := f.player()
	p.item, p.state, p.playback = media.Item{Path: "/heat", Length: long}, players.Stalled, 1
	e := p.event()
	e.Channel, e.Instance = "mpris", ":1.9"
	p.send(e)
	p.state = players.Playing
	p.say()
	if len(f.resumed) != 1 {
		t.Fatalf("resumed %+v", f.resumed)
	}
	ways := f.resumed[0].Ways
	if len(ways) != 2 || ways[0] != (players.Way{Channel: "mpv", Instance: "mpv 1"}) || ways[1].Instance != ":1.9" {
		t.Errorf("ways %v", ways)
	}
}

// Whatever is known of where an item was left: what counts as played is between nothing and that point, a place to go
// to lies in the file, and nothing is gone to twice.
func TestPointsStayWithinTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFilm(t).resumes(scrobbler.ResumeSeek)
		point := func(label string) scrobbler.Point {
			return scrobbler.Point{
				Progress: rapid.Float64Range(-10, 200).Draw(t, label),
				At:       f.now.Wall.Add(-time.Duration(rapid.IntRange(-60, 600).Draw(t, label+" ago")) * time.Minute),
			}
		}
		path := rapid.SampledFrom([]string{"/heat", "/cd1", "/cd2", "/double", "/e1"}).Draw(t, "path")
		for i := range f.titles[path].Count() {
			key := scrobbler.PointKey(f.titles[path].Episode(i))
			if rapid.Bool().Draw(t, "simkl") {
				f.simkl[key] = point("simkl")
			}
			if rapid.Bool().Draw(t, "own") {
				f.left[key] = point("own")
			}
		}
		p := f.player().opensAt(path, time.Duration(rapid.IntRange(0, 6000).Draw(t, "at"))*time.Second)
		f.after(time.Minute)
		if len(f.resumed) > 1 {
			t.Fatalf("resumed %+v", f.resumed)
		}
		for _, r := range f.resumed {
			if r.To <= 0 || r.To >= long {
				t.Fatalf("resumed %+v", r)
			}
		}
		for _, v := range f.m.Snapshot().Sessions {
			if n := v.Played(f.now); n < 0 || n > 100 {
				t.Fatalf("played %v %%", n)
			}
		}
		p.stops()
	})
}
