package vlc_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

const secret = "geheim"

var film = playerstest.VLCFilm{
	URI: "/films/Heat (1995).mkv", Length: 45 * time.Minute, Meta: map[string]string{"title": "Heat", "show": "A Show"},
}

// scene is a source that watches one fake VLC, in a bubble where time is ours.
type scene struct {
	*playerstest.FakeVLC
	rec  *playerstest.Recorder
	src  *vlc.Source
	logs *observer.ObservedLogs
	wake chan struct{}
	mark int
}

func play(t *testing.T, change func(*vlc.Config), act func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		core, logs := observer.New(zap.InfoLevel)
		s := &scene{
			FakeVLC: playerstest.NewFakeVLC(t, secret), rec: playerstest.NewRecorder(), logs: logs,
			wake: make(chan struct{}, 1),
		}
		cfg := vlc.Config{
			Instances: []vlc.Instance{{URL: "http://127.0.0.1:8080", Password: secret}},
			Now: func() media.Moment {
				d := time.Since(start)
				return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
			},
			Log: zap.New(core), Wake: s.wake,
		}
		if change != nil {
			change(&cfg)
		}
		s.src = vlc.NewDialing(cfg, s.Dial)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1) // one result
		go func() { done <- s.src.Run(ctx, s.rec) }()
		synctest.Wait()
		act(t, s)
		cancel()
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, r := range s.Requests() {
			if strings.Contains(r, "command") {
				t.Errorf("the player was told %s", r)
			}
		}
	})
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// next gives the next event that fits, within a minute of the bubble's time.
func (s *scene) next(t *testing.T, what string, fits func(players.Event) bool) players.Event {
	t.Helper()
	for range 240 {
		events := s.rec.Events()
		for ; s.mark < len(events); s.mark++ {
			if fits(events[s.mark]) {
				s.mark++
				return events[s.mark-1]
			}
		}
		after(250 * time.Millisecond)
	}
	t.Fatalf("nothing told: %s\n%s", what, playerstest.List(s.rec.Events()))
	return players.Event{}
}

func running(e players.Event) bool { return e.State == players.Playing && e.Known }
func paused(e players.Event) bool  { return e.State == players.Paused }
func stopped(e players.Event) bool { return e.State == players.Stopped }
func jumped(e players.Event) bool  { return e.Jumped }

// plays plays a film until it is told.
func (s *scene) plays(t *testing.T, f playerstest.VLCFilm) players.Event {
	t.Helper()
	s.Play(f)
	return s.next(t, "it plays", running)
}

func near(t *testing.T, e players.Event, want, off time.Duration) {
	t.Helper()
	if (e.Position - want).Abs() > off {
		t.Errorf("at %v, want %v", e.Position, want)
	}
}

// none fails if anything was told since.
func (s *scene) none(t *testing.T, what string, fits func(players.Event) bool) {
	t.Helper()
	for _, e := range s.rec.Events()[min(s.mark, s.rec.Len()):] {
		if fits(e) {
			t.Errorf("%s: %s", what, playerstest.List([]players.Event{e}))
		}
	}
}

func TestFilmIsToldWithPathTagsLengthAndPicture(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		e := s.plays(t, film)
		it := e.Item
		if e.Player != "VLC" || e.Channel != "vlc" || e.Instance != "127.0.0.1:8080" || it.Path != film.URI ||
			it.Title != "Heat" || it.Tags["SHOW"] != "A Show" || it.Length != film.Length || it.Growing ||
			it.Picture != media.PictureVideo || e.Rate != 1 {
			t.Errorf("told as %+v", e)
		}
		if it.Tags["ARTWORK_URL"] != "" || it.Tags["FILENAME"] != "" {
			t.Errorf("tags %v", it.Tags)
		}
	})
}

func TestPlaylistIsReadOncePerItem(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(time.Minute)
		s.Pause(true)
		after(time.Minute)
		s.plays(t, film)
		after(time.Minute)
		n := 0
		for _, r := range s.Requests() {
			if strings.HasPrefix(r, "/requests/playlist.json") {
				n++
			}
		}
		if n != 2 {
			t.Errorf("the playlist was read %d times for two items", n)
		}
	})
}

func TestQuestionsAreAsRareAsTheyMayBe(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		after(time.Minute) // what comes just after VLC came up
		count := func(d time.Duration) int {
			before := len(s.Requests())
			after(d)
			return len(s.Requests()) - before
		}
		if n := count(time.Hour); n < 239 || n > 241 {
			t.Errorf("%d requests in an hour without an item, want one in 15 s", n)
		}
		s.plays(t, film)
		after(10 * time.Second)
		if n := count(time.Minute); n < 59 || n > 61 {
			t.Errorf("%d requests in a minute of playing, want one a second", n)
		}
		if n := s.Dials(); n != 1 {
			t.Errorf("%d connections, want one that is kept", n)
		}
	})
}

func TestNobodyIsAskedWithoutVLCWhereABusTells(t *testing.T) {
	play(t, func(c *vlc.Config) { c.OnBus = always }, func(t *testing.T, s *scene) {
		s.Down(true)
		s.wake <- struct{}{}
		after(time.Minute)
		before := s.Dials()
		after(24 * time.Hour)
		if n := s.Dials() - before; n != 0 {
			t.Errorf("%d connections in a day without VLC", n)
		}
		s.wake <- struct{}{} // its name comes before its interface
		after(100 * time.Millisecond)
		s.Down(false)
		s.plays(t, film)
	})
}

func always() bool { return true }

func TestVLCIsLookedForAgainOnceTheBusIsGone(t *testing.T) {
	var onBus atomic.Bool
	onBus.Store(true)
	play(t, func(c *vlc.Config) { c.OnBus = onBus.Load }, func(t *testing.T, s *scene) {
		s.Down(true)
		after(time.Hour)
		before := s.Dials()
		onBus.Store(false)
		s.wake <- struct{}{}
		after(time.Hour)
		if n := s.Dials() - before; n < 119 || n > 126 {
			t.Errorf("%d connections in an hour without a bus, want 120", n)
		}
		onBus.Store(true)
		s.wake <- struct{}{}
		after(time.Minute)
		before = s.Dials()
		after(time.Hour)
		if n := s.Dials() - before; n != 0 {
			t.Errorf("%d connections in an hour with a bus", n)
		}
	})
}

func TestVLCThatIsNotRunningIsLookedForOnceInThirtySeconds(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.Down(true)
		after(time.Minute)
		before := s.Dials()
		after(time.Hour)
		if n := s.Dials() - before; n < 119 || n > 121 {
			t.Errorf("%d connections in an hour, want 120", n)
		}
		s.Down(false)
		s.plays(t, film)
	})
}

func TestRemoteVLCIsLookedForThoughThereIsABus(t *testing.T) {
	play(t, func(c *vlc.Config) {
		c.OnBus, c.Instances[0].URL = always, "http://192.0.2.7:8080"
	}, func(t *testing.T, s *scene) {
		s.Down(true)
		after(time.Hour)
		s.Down(false)
		e := s.plays(t, playerstest.VLCFilm{URI: "file:///C:/Films/Heat%20(1995).mkv", Length: time.Hour})
		if e.Item.Path != "C:/Films/Heat (1995).mkv" || e.PID != 0 || e.Instance != "192.0.2.7:8080 (2)" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPauseAndResumeAreToldWithinASecond(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		for i := range 20 {
			after(time.Duration(5000+137*i) * time.Millisecond)
			s.Pause(true)
			at, where := time.Now(), s.Position()
			e := s.next(t, "it is paused", paused)
			if d := time.Since(at); d > 1200*time.Millisecond {
				t.Errorf("a pause was told after %v", d)
			}
			near(t, e, where, time.Millisecond)
			s.Pause(false)
			if e := s.next(t, "it plays on", running); e.Playback != first.Playback || e.Jumped {
				t.Errorf("told as %+v", e)
			}
		}
	})
}

func TestSeeksEitherWayAreJumpsAndPlayingIsNone(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(5 * time.Minute)
		s.none(t, "playing is a jump", jumped)
		for _, to := range []time.Duration{20 * time.Minute, 19*time.Minute + 50*time.Second, 20*time.Minute + 10*time.Second, 0} {
			s.Seek(to)
			near(t, s.next(t, "it jumped", jumped), to, 1100*time.Millisecond)
			after(5 * time.Second)
			s.none(t, "one seek is two jumps", jumped)
		}
		s.Pause(true)
		s.next(t, "it is paused", paused)
		s.Seek(30 * time.Minute)
		e := s.next(t, "it jumped", jumped)
		near(t, e, 30*time.Minute, 0)
		if e.State != players.Paused {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestHighSpeedIsNoJump(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		s.Speed(31.25)
		e := s.next(t, "it is fast", func(e players.Event) bool { return e.Rate == 31.25 })
		after(time.Minute)
		s.none(t, "a jump", jumped)
		if e.State != players.Playing {
			t.Errorf("told as %+v", e)
		}
		s.Speed(1)
		s.next(t, "it is slow", func(e players.Event) bool { return e.Rate == 1 })
		after(time.Minute)
		s.none(t, "a jump", jumped)
	})
}

func TestPositionThatStandsStillIsAStall(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(20 * time.Second)
		s.Speed(0)
		where := s.Position()
		e := s.next(t, "it stalls", func(e players.Event) bool { return e.State == players.Stalled })
		near(t, e, where, time.Millisecond)
		s.Speed(1)
		if e := s.next(t, "it plays on", running); e.Jumped {
			t.Errorf("told as %+v", e)
		}
		s.none(t, "a jump", jumped)
	})
}

func TestEndIsReachedOnlyCloseToTheEnd(t *testing.T) {
	for _, c := range []struct {
		at   time.Duration
		want players.End
	}{{film.Length - 2*time.Second, players.EndReached}, {film.Length - time.Minute, players.EndStopped}, {time.Minute, players.EndStopped}} {
		play(t, nil, func(t *testing.T, s *scene) {
			s.plays(t, film)
			s.Seek(c.at)
			s.next(t, "it jumped", jumped)
			after(1500 * time.Millisecond)
			where := s.Position()
			s.Stop()
			e := s.next(t, "it stopped", stopped)
			if e.End != c.want || e.Item.Path != film.URI {
				t.Errorf("stopped at %v of %v, told as %+v", where, film.Length, e)
			}
			near(t, e, where, 1100*time.Millisecond)
		})
	}
}

func TestShortStopIsNoEnd(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		after(time.Minute)
		s.Stop()
		after(1900 * time.Millisecond)
		s.none(t, "an end", stopped)
		s.Back()
		after(5 * time.Second)
		s.none(t, "an end", stopped)
		if e := s.next(t, "it plays", running); e.Playback != first.Playback {
			t.Errorf("another playback: %+v", e)
		}
		s.Stop()
		at := time.Now()
		e := s.next(t, "it stopped", stopped)
		if d := time.Since(at); d < 2*time.Second || d > 3500*time.Millisecond {
			t.Errorf("told after %v", d)
		}
		if e.At.Wall.Sub(at) > time.Second {
			t.Errorf("it stopped at %v, told as %v", at, e.At.Wall)
		}
	})
}

func TestNextItemEndsTheOneBeforeFirst(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		after(time.Minute)
		second := film
		second.URI = "/films/Ronin (1998).mkv"
		s.Stop()
		after(time.Second)
		s.Play(second)
		if e := s.next(t, "anything", func(players.Event) bool { return true }); !stopped(e) && e.Playback != first.Playback {
			t.Errorf("before the end came %+v", e)
		}
		s.next(t, "the second plays", func(e players.Event) bool { return running(e) && e.Item.Path == second.URI })
		ends := 0
		for _, e := range s.rec.Events() {
			if stopped(e) {
				ends++
				if e.Playback != first.Playback || e.Item.Path != film.URI {
					t.Errorf("ended: %+v", e)
				}
			} else if e.Item.Path == second.URI && (ends != 1 || e.Playback == first.Playback) {
				t.Errorf("after %d ends: %+v", ends, e)
			}
		}
	})
}

func TestPauseAtTheEndIsTheEnd(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		s.Seek(film.Length - 3*time.Second)
		after(2500 * time.Millisecond)
		s.Pause(true) // --play-and-pause
		if e := s.next(t, "it is at the end", paused); e.End != players.EndReached {
			t.Errorf("told as %+v", e)
		}
		s.Seek(time.Minute)
		if e := s.next(t, "it went back", jumped); e.End != players.EndNone || e.State != players.Paused {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestLoopIsAJumpWithinOnePlayback(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		s.Seek(film.Length - 3*time.Second)
		s.next(t, "it jumped", jumped)
		after(2 * time.Second)
		s.Again()
		e := s.next(t, "it began again", jumped)
		near(t, e, 0, time.Second)
		if e.Playback != first.Playback {
			t.Errorf("told as %+v", e)
		}
		s.none(t, "an end", stopped)
	})
}

func TestMusicAndPicturesAreTold(t *testing.T) {
	for _, c := range []struct {
		film playerstest.VLCFilm
		want media.Picture
	}{
		{playerstest.VLCFilm{URI: "/music/song.flac", Length: time.Minute, Sound: true}, media.PictureNone},
		{playerstest.VLCFilm{URI: "/pictures/holiday.JPG", Length: 10 * time.Second}, media.PictureStill},
	} {
		play(t, nil, func(t *testing.T, s *scene) {
			s.Play(c.film)
			s.next(t, "what it is", func(e players.Event) bool { return e.Item.Picture == c.want })
			s.mark = 0
			s.none(t, "taken for a film", func(e players.Event) bool { return e.Item.Picture == media.PictureVideo })
		})
	}
}

func TestStreamWithoutLengthHasNone(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		e := s.plays(t, playerstest.VLCFilm{URI: "http://radio.example/live.ts?token=abc", Meta: map[string]string{"filename": "live.ts?token=abc"}})
		if !e.Item.Growing || e.Item.Length != 0 || e.Item.Title != "live.ts" || e.Item.Path != "http://radio.example/live.ts?token=abc" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestVLCThatIsGoneEndsAtOnce(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(30 * time.Second)
		where, at := s.Position(), time.Now()
		s.Down(true)
		e := s.next(t, "it is gone", stopped)
		if d := time.Since(at); d > 1200*time.Millisecond || e.End != players.EndGone {
			t.Errorf("after %v told as %+v", d, e)
		}
		near(t, e, where, 1100*time.Millisecond)
		s.Down(false)
		after(time.Minute)
		if e := s.next(t, "it is back", running); e.Instance != "127.0.0.1:8080 (2)" {
			t.Errorf("another VLC is told as %+v", e)
		}
	})
}

// silence takes requests and answers none of them, until the asker gives up.
func silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestNoAnswerForTenSecondsIsAnEnd(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		after(30 * time.Second)
		told := s.Position()
		s.Answer(silence)
		at := time.Now()
		e := s.next(t, "it is silent", stopped)
		if d := time.Since(at); e.End != players.EndSilent || d < 8*time.Second || d > 13*time.Second {
			t.Errorf("after %v told as %+v", d, e)
		}
		near(t, e, told, 1100*time.Millisecond)
		s.Answer(nil)
		if e := s.next(t, "it speaks", running); e.Playback == first.Playback || e.Instance != first.Instance {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestOneSlowAnswerEndsNothing(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		s.Answer(silence)
		after(7 * time.Second)
		s.Answer(nil)
		after(time.Minute)
		s.none(t, "an end or a jump", func(e players.Event) bool { return stopped(e) || e.Jumped })
	})
}

func TestOddAnswersEndNothingBeforeTenSeconds(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(time.Minute)
		for _, answer := range []string{"", "{", "<html>"} {
			s.Answer(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
			after(3 * time.Second)
			s.Answer(nil)
			after(30 * time.Second)
		}
		s.none(t, "an end or a jump", func(e players.Event) bool { return stopped(e) || e.Jumped })
		s.Password("another")
		at := time.Now()
		e := s.next(t, "it is given up", stopped)
		if d := time.Since(at); e.End != players.EndSilent || d < 8*time.Second || d > 13*time.Second {
			t.Errorf("after %v told as %+v", d, e)
		}
		after(time.Minute)
		if st := s.src.Statuses(); st[0].Trouble != vlc.TroublePassword {
			t.Errorf("status %+v", st)
		}
	})
}

func TestTroublesAreToldApartAndSaidOnce(t *testing.T) {
	html := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		arrange func(f *playerstest.FakeVLC)
		want    vlc.Trouble
		said    int
	}{
		"off":             {func(f *playerstest.FakeVLC) { f.Down(true) }, vlc.TroubleOff, 0},
		"wrong password":  {func(f *playerstest.FakeVLC) { f.Password("another") }, vlc.TroublePassword, 1},
		"no password":     {func(f *playerstest.FakeVLC) { f.Password("") }, vlc.TroubleNoPassword, 1},
		"silent":          {func(f *playerstest.FakeVLC) { f.Answer(silence) }, vlc.TroubleSilent, 1},
		"another program": {func(f *playerstest.FakeVLC) { f.Answer(html(200, "<html>hello</html>")) }, vlc.TroubleNotVLC, 1},
		"another 404":     {func(f *playerstest.FakeVLC) { f.Answer(html(404, "nothing here")) }, vlc.TroubleNotVLC, 1},
		"another login":   {func(f *playerstest.FakeVLC) { f.Answer(html(401, "who are you?")) }, vlc.TroubleNotVLC, 1},
		"broken":          {func(f *playerstest.FakeVLC) { f.Answer(html(500, "")) }, vlc.TroubleNotVLC, 1},
		"other JSON":      {func(f *playerstest.FakeVLC) { f.Answer(html(200, `{"status":"ok","state":"playing"}`)) }, vlc.TroubleNotVLC, 1},
		"certificate page": {func(f *playerstest.FakeVLC) {
			f.Answer(html(400, "Client sent an HTTP request to an HTTPS server."))
		}, vlc.TroubleNotVLC, 1},
		"no HTTP": {func(f *playerstest.FakeVLC) {
			f.Answer(func(w http.ResponseWriter, _ *http.Request) {
				if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
					fmt.Fprint(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n")
					c.Close()
				}
			})
		}, vlc.TroubleNotVLC, 1},
		"redirect": {func(f *playerstest.FakeVLC) {
			f.Answer(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("the redirect was followed")
				}
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			})
		}, vlc.TroubleNotVLC, 1},
		"200 MB": {func(f *playerstest.FakeVLC) {
			f.Answer(func(w http.ResponseWriter, _ *http.Request) {
				chunk := bytes.Repeat([]byte("a"), 1<<20)
				for n := range 200 {
					if _, err := w.Write(chunk); err != nil {
						if n > 3 {
							t.Errorf("%d MB were read", n)
						}
						return
					}
				}
				t.Error("everything was read")
			})
		}, vlc.TroubleNotVLC, 1},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *scene) {
				c.arrange(s.FakeVLC)
				after(20 * time.Minute)
				st := s.src.Statuses()
				if len(st) != 1 || st[0].Trouble != c.want || st[0].Address != "127.0.0.1:8080" || c.want != "" && st[0].Detail == "" {
					t.Errorf("status %+v, want %q", st, c.want)
				}
				if n := s.logs.Len(); n != c.said {
					t.Errorf("%d lines in the log: %v", n, s.logs.All())
				}
				for _, line := range s.logs.All() {
					if strings.Contains(fmt.Sprint(line), secret) {
						t.Errorf("the password is in the log: %v", line)
					}
				}
				s.Down(false)
				s.Password(secret)
				after(6 * time.Minute)
				if st := s.src.Statuses(); st[0].Trouble != vlc.TroubleNone || st[0].Version != "3.0.24 Vetinari" {
					t.Errorf("mended, and still %+v", st)
				}
				s.plays(t, film)
			})
		})
	}
}

func TestPortOfAnotherProgramIsLeftAlone(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.Answer(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
		after(time.Minute)
		before := len(s.Requests())
		after(time.Hour)
		if n := len(s.Requests()) - before; n > 12 {
			t.Errorf("another program was asked %d times in an hour", n)
		}
	})
}

func TestVLCThatHasNoPagesYetIsNoTrouble(t *testing.T) {
	play(t, func(c *vlc.Config) { c.OnBus = always }, func(t *testing.T, s *scene) {
		s.Down(true)
		after(time.Minute)
		s.Answer(func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
		s.Open()
		s.wake <- struct{}{}
		after(time.Second)
		s.Down(false)
		s.plays(t, film)
		if s.logs.Len() != 0 {
			t.Errorf("said %v", s.logs.All())
		}
	})
}

func TestAddressThatIsNoneIsSaidOnceWithoutThePassword(t *testing.T) {
	play(t, func(c *vlc.Config) {
		c.Instances = append(c.Instances, vlc.Instance{URL: "http://:geheim@[bad"}, vlc.Instance{URL: "geheim@host:8080"})
	}, func(t *testing.T, s *scene) {
		after(time.Hour)
		if s.logs.Len() != 2 {
			t.Errorf("said %v", s.logs.All())
		}
		for _, line := range s.logs.All() {
			if strings.Contains(fmt.Sprint(line, line.Context), secret) {
				t.Errorf("the password is in the log: %v", line)
			}
		}
		s.plays(t, film)
	})
}

func TestFrozenVLCIsAskedLessAndLessOften(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		s.Answer(silence)
		after(10 * time.Minute)
		before := len(s.Requests())
		after(time.Hour)
		if n := len(s.Requests()) - before; n > 120 {
			t.Errorf("%d requests in an hour of silence", n)
		}
		s.Answer(nil)
		s.next(t, "it is back", running)
	})
}

func TestProfilesThatShareAPortAreTriedInTurn(t *testing.T) {
	play(t, func(c *vlc.Config) {
		c.Instances = append([]vlc.Instance{{URL: "http://127.0.0.1:8080/", Password: "of the flatpak"}}, c.Instances...)
	}, func(t *testing.T, s *scene) {
		s.plays(t, film)
		after(time.Minute)
		before := len(s.Requests())
		after(time.Minute)
		if n := len(s.Requests()) - before; n > 61 {
			t.Errorf("%d requests a minute: the password that fits is not kept", n)
		}
		if s.logs.Len() != 0 {
			t.Errorf("said %v", s.logs.All())
		}
	})
}

func TestInterfaceThatIsSwitchedOnLaterIsFound(t *testing.T) {
	var found []vlc.Instance
	play(t, func(c *vlc.Config) {
		c.Instances, c.OnBus = nil, always
		c.Find = func() []vlc.Instance { return found }
	}, func(t *testing.T, s *scene) {
		after(time.Hour)
		found = []vlc.Instance{{URL: "http://127.0.0.1:9090", Password: secret}}
		s.wake <- struct{}{}
		if e := s.plays(t, film); e.Instance != "127.0.0.1:9090" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPasswordThatChangedIsTriedSoon(t *testing.T) {
	var password atomic.Value
	password.Store("of last week")
	play(t, func(c *vlc.Config) {
		c.Instances = nil
		c.Find = func() []vlc.Instance {
			return []vlc.Instance{{URL: "http://127.0.0.1:8080", Password: password.Load().(string)}}
		}
	}, func(t *testing.T, s *scene) {
		after(time.Minute)
		if st := s.src.Statuses(); len(st) != 1 || st[0].Trouble != vlc.TroublePassword {
			t.Errorf("status %+v", st)
		}
		password.Store(secret)
		s.Play(film)
		after(time.Minute)
		s.next(t, "it plays", running)
	})
}

func TestAnotherVLCOnTheSamePortIsSeenByWhatItPlays(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		first := s.plays(t, film)
		after(time.Minute)
		second := film
		second.URI = "/films/Ronin (1998).mkv"
		s.Restart(second) // its entries have the same numbers
		end := s.next(t, "the first is over", stopped)
		if end.Playback != first.Playback || end.Item.Path != film.URI {
			t.Errorf("ended: %+v", end)
		}
		if e := s.next(t, "the second plays", running); e.Item.Path != second.URI {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestFloodOfHintsIsNotHandedOn(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.plays(t, film)
		before := len(s.Requests())
		for range 1000 {
			select {
			case s.wake <- struct{}{}:
			default:
			}
			after(10 * time.Millisecond)
		}
		if n := len(s.Requests()) - before; n > 50 {
			t.Errorf("%d requests in 10 s of hints", n)
		}
	})
}

func TestPlaylistThatCannotBeReadLeavesTheTitle(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		s.Answer(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/requests/playlist.json" {
				fmt.Fprint(w, strings.Repeat(`{"children":[`, 1000))
				return
			}
			fmt.Fprintf(w, `{"version":"3.0.24","state":"playing","currentplid":7,"length":60,"time":10,"position":%f,"fullscreen":true,
				"information":{"category":{"meta":{"filename":"Heat (1995).mkv"}}}}`, 0.2)
		})
		e := s.next(t, "it plays", running)
		if e.Item.Path != "" || e.Item.Title != "Heat (1995).mkv" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestAbsurdAnswersAreBounded(t *testing.T) {
	play(t, nil, func(t *testing.T, s *scene) {
		answers := []string{
			`"length":-1,"time":-1,"position":-3,"rate":-1`, `"length":1e300,"time":1e300,"position":1e300,"rate":1e300`,
			`"length":"60","time":"30","position":"0,5","rate":"1"`, `"length":null,"time":[],"position":{},"rate":true`,
			`"length":60,"time":30,"position":0.5,"rate":1,"information":[]`, `"length":60,"time":99999,"position":7`,
		}
		i := 0
		s.Answer(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/requests/playlist.json" {
				fmt.Fprint(w, `{"id":7,"uri":"file:///a.mkv"}`)
				return
			}
			i++
			fmt.Fprintf(w, `{"version":"3","state":"playing","currentplid":7,"fullscreen":false,%s}`, answers[i%len(answers)])
		})
		after(2 * time.Minute)
		for _, e := range s.rec.Events() {
			if e.Position < 0 || e.Position > 48*time.Hour || e.Item.Length < 0 || e.Item.Length > 48*time.Hour || e.Rate <= 0 || e.Rate > 100 ||
				e.Item.Length > 0 && e.Position > e.Item.Length {
				t.Errorf("told %s", playerstest.List([]players.Event{e}))
			}
		}
		if s.rec.Len() == 0 || s.rec.Len() > 130 {
			t.Errorf("%d events in two minutes", s.rec.Len())
		}
	})
}
