package mpv_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/playerstest"
)

var film = playerstest.Film{Path: "/films/a.mkv", Length: 45 * time.Minute, Tags: map[string]string{"title": "A"}}

// scene is the client connected to a fake mpv, in a bubble where time is ours.
func scene(t *testing.T, act func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		clock := func() media.Moment {
			d := time.Since(begin)
			return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
		}
		ours, theirs := net.Pipe()
		f, rec := playerstest.NewFakeMPV(), playerstest.NewRecorder()
		ended := make(chan struct{}, 2) // one from each side
		go func() { f.Serve(theirs); ended <- struct{}{} }()
		go func() { mpv.Serve(t.Context(), ours, clock, rec); ended <- struct{}{} }()
		synctest.Wait()
		act(t, f, rec)
		f.Hangup()
		<-ended
		<-ended
		for _, c := range f.Commands() {
			if !strings.HasPrefix(c, `{"command":["get_property"`) && !strings.HasPrefix(c, `{"command":["observe_property"`) {
				t.Errorf("the player was told %s", c)
			}
			if strings.Contains(c, "observe_property") && strings.Contains(c, "time-pos") {
				t.Error("time-pos is observed: that is an event for every picture")
			}
		}
	})
}

func settle() {
	synctest.Wait()
	time.Sleep(50 * time.Millisecond) // longer than a stall is held back
	synctest.Wait()
}

func lastOf(t *testing.T, rec *playerstest.Recorder) players.Event {
	t.Helper()
	events := rec.Events()
	if len(events) == 0 {
		t.Fatal("nothing was told")
	}
	return events[len(events)-1]
}

func TestNothingIsAskedWhileNothingPlays(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, _ *playerstest.Recorder) {
		settle()
		before := len(f.Commands())
		time.Sleep(24 * time.Hour)
		f.Play(film)
		f.Pause(true)
		settle()
		paused := len(f.Commands())
		time.Sleep(24 * time.Hour)
		if n := len(f.Commands()); n != paused {
			t.Errorf("%d requests in a day of pause", n-paused)
		}
		if before > 15 || paused-before > 20 {
			t.Errorf("%d requests at the start, %d for a film", before, paused-before)
		}
	})
}

func TestPositionIsReadEveryTenSecondsWhilePlaying(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		settle()
		before, mark := len(f.Commands()), rec.Len()
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if n := len(f.Commands()) - before; n != 6 {
			t.Errorf("%d requests in a minute", n)
		}
		events := rec.Events()[mark:]
		if len(events) != 6 || !events[5].Known || (events[5].Position-time.Minute).Abs() > time.Second || events[5].Jumped {
			t.Errorf("told were\n%s", playerstest.List(events))
		}
	})
}

func TestSeekClosesTheStretchBeforeItAndJumpsAfterIt(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(5 * time.Second)
		settle()
		mark := rec.Len()
		f.Seek(30 * time.Minute)
		settle()
		events := rec.Events()[mark:]
		if len(events) != 2 || events[0].State != players.Stalled || events[0].Known || events[0].Jumped ||
			!events[1].Jumped || !events[1].Known || events[1].State != players.Playing ||
			(events[1].Position-30*time.Minute).Abs() > time.Second {
			t.Errorf("told were\n%s", playerstest.List(events))
		}
	})
}

func TestSeekWhilePausedIsOneJump(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		f.Pause(true)
		settle()
		mark := rec.Len()
		f.Seek(10 * time.Minute)
		settle()
		events := rec.Events()[mark:]
		if len(events) != 1 || events[0].State != players.Paused || !events[0].Jumped || events[0].Position != 10*time.Minute {
			t.Errorf("told were\n%s", playerstest.List(events))
		}
	})
}

func TestPauseAndResumeAreNotStalls(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(3 * time.Second)
		settle()
		mark := rec.Len()
		f.Pause(true)
		settle()
		f.Pause(false)
		settle()
		events := rec.Events()[mark:]
		if len(events) != 2 || events[0].State != players.Paused || events[1].State != players.Playing {
			t.Errorf("told were\n%s", playerstest.List(events))
		}
	})
}

func TestBufferingIsAStall(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(3 * time.Second)
		f.Stall(true)
		time.Sleep(8 * time.Second)
		e := lastOf(t, rec)
		if e.State != players.Stalled || (e.Position-3*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("told was %+v", e)
		}
		f.Stall(false)
		time.Sleep(2 * time.Second)
		f.Pause(true)
		settle()
		if e := lastOf(t, rec); (e.Position - 5*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("after 3 s, a stall and 2 s it is at %v", e.Position)
		}
	})
}

func TestSpeedCountsMediaTime(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		f.Speed(2)
		time.Sleep(9 * time.Second)
		f.Pause(true)
		settle()
		if e := lastOf(t, rec); (e.Position-18*time.Second).Abs() > 100*time.Millisecond || e.Rate != 2 || e.Jumped {
			t.Errorf("9 s at double speed: %+v", e)
		}
	})
}

func TestNoAnswerForTenSecondsIsTheEndAndAnAnswerANewBeginning(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(25 * time.Second) // the position was read at 20 s
		f.Mute(true)
		time.Sleep(14 * time.Second)
		if e := lastOf(t, rec); e.State != players.Playing {
			t.Fatalf("given up before 10 s without an answer: %+v", e)
		}
		time.Sleep(7 * time.Second)
		e := lastOf(t, rec)
		if e.End != players.EndSilent || e.Position < 19*time.Second || e.Position > 21*time.Second {
			t.Fatalf("a dumb player is told as %+v", e)
		}
		asked := len(f.Commands())
		time.Sleep(time.Hour)
		if n := len(f.Commands()); n != asked {
			t.Errorf("a dumb player was asked %d times in an hour", n-asked)
		}
		f.Mute(false)
		f.Pause(true)
		settle()
		if again := lastOf(t, rec); again.State != players.Paused || again.Playback == e.Playback || again.Item.Path != film.Path {
			t.Errorf("when it speaks again it is told as %+v", again)
		}
	})
}

func TestAShortHangIsNoEnd(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(11 * time.Second)
		f.Mute(true)
		time.Sleep(9 * time.Second)
		f.Mute(false)
		time.Sleep(time.Minute)
		for _, e := range rec.Events() {
			if e.State == players.Stopped {
				t.Fatalf("9 s of silence ended it:\n%s", playerstest.List(rec.Events()))
			}
		}
	})
}

func TestAPlayerThatSpeaksButOwesAnAnswerIsNotSilent(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(5 * time.Second)
		f.Lose(true)
		for range 12 {
			time.Sleep(5 * time.Second)
			f.Event("video-reconfig", "")
		}
		f.Lose(false)
		time.Sleep(30 * time.Second)
		if e := lastOf(t, rec); e.State != players.Playing || (e.Position-95*time.Second).Abs() > 11*time.Second {
			t.Errorf("told were\n%s", playerstest.List(rec.Events()))
		}
	})
}

func TestWhatNeverLoadsIsNotTold(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Event("start-file", `"playlist_entry_id":1`)
		f.Set("path", "/films/list.m3u")
		f.Event("end-file", `"reason":"redirect","playlist_entry_id":1`)
		f.Event("start-file", `"playlist_entry_id":2`)
		f.Set("path", "/films/gone.mkv")
		f.Event("end-file", `"reason":"error","playlist_entry_id":2`)
		settle()
		if n := rec.Len(); n != 0 {
			t.Errorf("told were\n%s", playerstest.List(rec.Events()))
		}
	})
}

func TestEndOfAnEntryThatIsOverDoesNotEndTheNextOne(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		f.Play(film)
		settle()
		f.Event("end-file", `"reason":"eof","playlist_entry_id":1`)
		settle()
		if e := lastOf(t, rec); e.Playback != 2 || e.State != players.Playing {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestLateValuesOfTheFileBeforeAreNotTaken(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		settle()
		next := film
		next.Path = "/films/b.mkv"
		f.Play(next)
		f.Raw([]byte(`{"event":"property-change","id":1,"name":"path","data":"/films/a.mkv"}` + "\n"))
		settle()
		if e := lastOf(t, rec); e.Item.Path != next.Path || e.Playback != 2 {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestALengthThatMovedIsNotBelievedForTenSeconds(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		time.Sleep(5 * time.Second)
		f.Set("duration", 46*60)
		settle()
		if e := lastOf(t, rec); !e.Item.Growing || e.Item.Length != 0 {
			t.Fatalf("told was %+v", e)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if e := lastOf(t, rec); e.Item.Growing || e.Item.Length != 46*time.Minute {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestAFilmWhosePictureIsSwitchedOffIsStillAFilm(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		settle()
		f.Unset("current-tracks/video/image", "current-tracks/video/albumart")
		settle()
		if e := lastOf(t, rec); e.Item.Picture != media.PictureVideo {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestGarbageChangesNothingAndTheNextFilmIsTold(t *testing.T) {
	garbage := []string{
		"", "\n\n\n", "null\n", "[]\n", "{\n", "{}\n", "\x00\x01\xff\n", `{"event":1}` + "\n", `{"event":"end-file","reason":7}` + "\n",
		`{"event":"property-change","id":-1,"data":true}` + "\n", `{"event":"property-change","id":1e99}` + "\n",
		`{"request_id":99999,"error":"success","data":"x"}` + "\n", `{"request_id":null,"error":5}` + "\n",
		`{"event":"property-change","id":9,"name":"metadata","data":[[[[[]]]]]}` + "\n",
		`{"event":"property-change","id":7,"name":"duration","data":"60"}` + "\n",
		`{"event":"property-change","id":6,"name":"speed","data":-3}` + "\n",
		`{"event":"property-change","id":8,"name":"media-title","data":"` + strings.Repeat("x", 1<<20) + `"}` + "\n",
		strings.Repeat("y", 17<<20) + "\n", strings.Repeat("[", 1<<20) + "\n",
	}
	for i, g := range garbage {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
				f.Raw([]byte(g))
				f.Play(film)
				settle()
				f.Raw([]byte(g))
				settle()
				next := film
				next.Path = "/films/next.mkv"
				f.Play(next)
				settle()
				if e := lastOf(t, rec); e.Item.Path != next.Path || e.State != players.Playing || !e.Known {
					t.Errorf("told was %+v", e)
				}
			})
		})
	}
}

func TestALineIsReadThoughItComesInPieces(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		settle()
		whole := `{"event":"property-change","id":2,"name":"pause","data":true}` + "\n"
		for _, piece := range []string{whole[:10], whole[10:40], whole[40:]} {
			f.Raw([]byte(piece))
			time.Sleep(3 * time.Second)
		}
		if e := lastOf(t, rec); e.State != players.Paused {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestAFilmThatRunsWhenWeComeIsOnePlayback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := playerstest.NewFakeMPV()
		f.Play(film)
		time.Sleep(10 * time.Minute)
		begin := time.Now()
		clock := func() media.Moment { return media.Moment{Mono: time.Since(begin)} }
		ours, theirs := net.Pipe()
		rec := playerstest.NewRecorder()
		ended := make(chan struct{}, 2) // one from each side
		go func() { f.Serve(theirs); ended <- struct{}{} }()
		go func() { mpv.Serve(t.Context(), ours, clock, rec); ended <- struct{}{} }()
		settle()
		e := lastOf(t, rec)
		if e.Playback != 1 || e.State != players.Playing || e.Jumped || (e.Position-10*time.Minute).Abs() > time.Second ||
			e.Item.Path != film.Path || e.Item.Tags["TITLE"] != "A" {
			t.Errorf("told was\n%s", playerstest.List(rec.Events()))
		}
		f.Quit()
		<-ended
		<-ended
		if e := lastOf(t, rec); e.End != players.EndGone || e.Playback != 1 {
			t.Errorf("told was %+v", e)
		}
	})
}

func TestAFileThatIsDeletedWhileItPlaysKeepsItsName(t *testing.T) {
	film, err := os.ReadFile(clips.Clip(t, "film.mkv", 60))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "deleted.mkv")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		t.Fatal(err)
	}
	m := playerstest.RealMPV(t, path)
	rec := watch(t, m.Socket)
	rec.Wait(t, 0, "it plays", func(e players.Event) bool { return e.State == players.Playing })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	mark := rec.Len()
	m.Command(t, "set_property", "pause", true)
	if e := rec.Wait(t, mark, "it is paused", func(e players.Event) bool { return e.State == players.Paused }); e.Item.Path != path {
		t.Errorf("told as %q", e.Item.Path)
	}
}

func TestALengthThatGrowsInSmallStepsIsNotBelieved(t *testing.T) {
	scene(t, func(t *testing.T, f *playerstest.FakeMPV, rec *playerstest.Recorder) {
		f.Play(film)
		for i := range 20 {
			time.Sleep(250 * time.Millisecond)
			f.Set("duration", 45*60+float64(i)/4)
		}
		settle()
		if e := lastOf(t, rec); !e.Item.Growing {
			t.Errorf("told was %+v", e)
		}
	})
}
