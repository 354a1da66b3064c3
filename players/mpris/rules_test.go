package mpris_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

// scene is a source on a minibus with one player, inside a bubble.
type scene struct {
	*minibus
	src *mpris.Source
	rec *playerstest.Recorder
}

const one = ":1.7"

func newScene(t *testing.T, cfg mpris.Config) *scene {
	t.Helper()
	s := &scene{minibus: newMinibus(), rec: playerstest.NewRecorder()}
	began := time.Now()
	cfg.Address = "test:"
	cfg.Now = func() media.Moment {
		d := time.Since(began)
		return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
	}
	s.src = mpris.New(cfg)
	s.src.DialWith(s.dial)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // one result
	go func() { done <- s.src.Run(ctx, s.rec) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return s
}

func file(path string, more ...any) dbus.Variant {
	m := map[string]dbus.Variant{
		"mpris:trackid": dbus.MakeVariant(dbus.ObjectPath("/1")), "xesam:url": dbus.MakeVariant("file://" + path),
		"mpris:length": dbus.MakeVariant(int64(2700e6)),
	}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = dbus.MakeVariant(more[i+1])
	}
	return dbus.MakeVariant(m)
}

// plays lets a player appear that plays a film of 45 minutes from the start, and waits until it is told.
func (s *scene) plays(t *testing.T, name, path string) {
	t.Helper()
	s.pids[one] = 4242
	s.owner("org.mpris.MediaPlayer2."+name, "", one)
	s.with(one, func(m *model) { m.move(0, 1) })
	s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file(path)})
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

func (s *scene) status(status string) {
	s.with(one, func(m *model) {
		rate := 0.0
		if status == "Playing" {
			rate = 1
		}
		m.move(m.now(), rate)
	})
	s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant(status)})
	synctest.Wait()
}

func (s *scene) last(t *testing.T) players.Event {
	t.Helper()
	events := s.rec.Events()
	if len(events) == 0 {
		t.Fatal("nothing was told")
	}
	return events[len(events)-1]
}

func bubble(t *testing.T, cfg mpris.Config, do func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { do(t, newScene(t, cfg)) })
}

func TestPauseIsToldAtOnceAndWithThePosition(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		time.Sleep(10 * time.Minute)
		paused := time.Now()
		s.status("Paused")
		e := s.last(t)
		if e.State != players.Paused || !e.Known || (e.Position-602*time.Second).Abs() > time.Second || time.Since(paused) > 0 {
			t.Errorf("told as %+v", e)
		}
		if e.Player != "A player" || e.Channel != "mpris" || e.PID != 4242 || e.Item.Path != "/films/Film (2001).mkv" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPlayingIsAskedAboutThreeTimesAMinuteAtMost(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		time.Sleep(time.Minute)
		before := s.asked(one + " GetAll")
		time.Sleep(10 * time.Minute)
		if n := s.asked(one+" GetAll") - before; n < 10 || n > 30 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	})
}

func TestPausedPlayerIsNeverAsked(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		s.status("Paused")
		time.Sleep(time.Second)
		before := s.total()
		time.Sleep(10 * time.Hour)
		if n := s.total() - before; n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestSeekWithoutASignalIsFoundByReading(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		s.with(one, func(m *model) { m.move(20*time.Minute, 1) })
		time.Sleep(30 * time.Second)
		if !slices.ContainsFunc(s.rec.Events(), func(e players.Event) bool { return e.Jumped && e.Position >= 20*time.Minute }) {
			t.Errorf("no jump\n%s", playerstest.List(s.rec.Events()))
		}
	})
}

func TestSeekedThatMovesNothingIsNotTold(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		before := s.rec.Len()
		for range 2400 { // four times a second for ten minutes
			time.Sleep(250 * time.Millisecond)
			at := time.Duration(0)
			s.with(one, func(m *model) { at = m.now() })
			s.seeked(one, at)
			s.change(one, map[string]dbus.Variant{"Metadata": file("/films/Film (2001).mkv")})
		}
		synctest.Wait()
		for _, e := range s.rec.Events()[before:] {
			if e.State != players.Playing || e.Jumped || e.Playback != 1 {
				t.Fatalf("told as %+v", e)
			}
		}
		if n := s.rec.Len() - before; n > 100 {
			t.Errorf("%d events", n)
		}
	})
}

func TestSmallSeeksInARowAreAJump(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/Film (2001).mkv")
		for range 10 {
			s.with(one, func(m *model) { m.move(m.now()+1500*time.Millisecond, 1) })
			at := time.Duration(0)
			s.with(one, func(m *model) { at = m.now() })
			s.seeked(one, at)
			synctest.Wait()
		}
		if e := s.last(t); !e.Jumped || e.Position < 14*time.Second {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestStoppedBetweenTwoItemsIsNoStopOfTheSecond(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		s.status("Stopped")
		time.Sleep(190 * time.Millisecond)
		s.with(one, func(m *model) { m.move(0, 1) })
		s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/films/b.mkv")})
		time.Sleep(3 * time.Second)
		var got []string
		for _, e := range s.rec.Events() {
			got = append(got, fmt.Sprintf("%d %s %s", e.Playback, e.State, e.Item.Path))
		}
		want := []string{"1 stalled /films/a.mkv", "1 playing /films/a.mkv", "1 stopped /films/a.mkv", "2 stalled /films/b.mkv", "2 playing /films/b.mkv"}
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("told as %q", got)
		}
	})
}

func TestStoppedForAMomentIsNoStop(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		s.status("Stopped")
		time.Sleep(300 * time.Millisecond)
		s.status("Playing")
		time.Sleep(3 * time.Second)
		for _, e := range s.rec.Events() {
			if e.State == players.Stopped || e.Playback != 1 {
				t.Errorf("told as %+v", e)
			}
		}
	})
}

func TestHungPlayerIsSilentAndHoldsUpNoOther(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		time.Sleep(time.Minute)
		s.with(one, func(m *model) { m.hung = true })
		hung := time.Now()

		const other = ":1.8"
		s.owner("org.mpris.MediaPlayer2.mpv", "", other)
		s.with(other, func(m *model) { m.move(0, 1) })
		s.change(other, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/films/b.mkv")})
		time.Sleep(2 * time.Second)
		if e := s.last(t); e.Instance != "mpv :1.8" || e.State != players.Playing {
			t.Errorf("the other is told as %+v", e)
		}
		e := s.rec.WaitFor(t, 5*time.Minute, 0, "silence", func(e players.Event) bool { return e.End == players.EndSilent })
		if d := time.Since(hung); d < 10*time.Second || d > 36*time.Second || e.Instance != "vlc :1.7" {
			t.Errorf("silent after %v as %+v", d, e)
		}
		asked := s.asked(one + " GetAll")
		time.Sleep(time.Hour)
		if n := s.asked(one+" GetAll") - asked; n != 0 {
			t.Errorf("asked %d times after it was given up", n)
		}
		s.with(one, func(m *model) { m.hung = false })
		s.status("Paused")
		time.Sleep(2 * time.Second)
		again := func(e players.Event) bool {
			return e.Instance == "vlc :1.7" && e.State == players.Paused && e.Playback == 2
		}
		if events := s.rec.Events(); !slices.ContainsFunc(events, again) {
			t.Errorf("it speaks again and is not told anew\n%s", playerstest.List(events))
		}
	})
}

func TestLostAnswersAreNoSilence(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		s.with(one, func(m *model) { m.hung = true }) // it answers nothing, but it speaks
		for range 60 {
			time.Sleep(5 * time.Second)
			s.change(one, map[string]dbus.Variant{"Rate": dbus.MakeVariant(1.0)})
		}
		if e := s.last(t); e.State != players.Playing || e.Playback != 1 {
			t.Errorf("told as %+v", e)
		}
		s.with(one, func(m *model) { m.hung = false; m.move(20*time.Minute, 1) })
		time.Sleep(time.Minute)
		if e := s.last(t); e.Position < 20*time.Minute {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestNameThatIsOwnedAndNeverAnswersCostsNothing(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.owner("org.mpris.MediaPlayer2.mute", "", one)
		s.with(one, func(m *model) { m.hung = true })
		time.Sleep(time.Hour)
		before := s.total()
		time.Sleep(10 * time.Hour)
		if n := s.total() - before; n != 0 || s.rec.Len() != 0 || before > 12 {
			t.Errorf("asked %d times, then %d; told %d events", before, n, s.rec.Len())
		}
	})
}

func TestPlaybackGoesOnWhenTheBusComesBackWithinHalfAMinute(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		time.Sleep(10 * time.Minute)
		s.hangUp(t)
		time.Sleep(20 * time.Second)
		s.status("Paused")
		for _, e := range s.rec.Events() {
			if e.State == players.Stopped || e.Playback != 1 || e.Instance != "vlc :1.7" || e.Jumped {
				t.Errorf("told as %+v", e)
			}
		}
		if e := s.last(t); e.State != players.Paused {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPlayerWhoseBusStaysAwayIsGone(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		time.Sleep(10 * time.Minute)
		s.src.DialWith(func(context.Context) (*dbus.Conn, error) { return nil, context.DeadlineExceeded })
		s.hangUp(t)
		time.Sleep(40 * time.Second)
		e := s.last(t)
		if e.End != players.EndGone || (e.Position-602*time.Second).Abs() > 2*time.Second {
			t.Errorf("told as %+v", e)
		}
		if tr := s.src.Trouble(); tr == nil || tr.Kind != mpris.Unreachable {
			t.Errorf("the trouble is %v", tr)
		}
	})
}

func TestPlayerThatStandsStillDoesNotPlay(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		s.with(one, func(m *model) { m.move(m.now(), 0) }) // it buffers, which nobody says
		time.Sleep(time.Minute)
		if e := s.last(t); e.State != players.Stalled || e.Position > 5*time.Second {
			t.Errorf("told as %+v", e)
		}
		s.with(one, func(m *model) { m.move(m.now(), 1) })
		time.Sleep(time.Minute)
		if e := s.last(t); e.State != players.Playing {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPlayingThatNeverMovesIsNotToldAsPlaying(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.owner("org.mpris.MediaPlayer2.vlc", "", one)
		s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/films/a.mkv")})
		time.Sleep(10 * time.Minute)
		for _, e := range s.rec.Events() {
			if e.State != players.Stalled {
				t.Errorf("told as %+v", e)
			}
		}
	})
}

func TestSameFileAgainIsASecondPlayback(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "mpv", "/films/a.mkv")
		time.Sleep(time.Minute)
		s.with(one, func(m *model) { m.move(0, 1) })
		s.change(one, map[string]dbus.Variant{"Metadata": file("/films/a.mkv")})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Playback != 2 || e.State != players.Playing || e.Position > 5*time.Second {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestNewTrackOfTheSameFileThatGoesOnIsTheSamePlayback(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "mpv", "/films/a.mkv")
		time.Sleep(time.Minute)
		s.change(one, map[string]dbus.Variant{"Metadata": file("/films/a.mkv", "mpris:trackid", "/2")})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Playback != 1 || e.State != players.Playing {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestStreamWithoutLengthGrows(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		for i := range 5 {
			s.change(one, map[string]dbus.Variant{"Metadata": file("/films/live.mkv", "mpris:length", int64(i+3)*1e6)})
			time.Sleep(time.Second)
		}
		if e := s.last(t); !e.Item.Growing || e.Item.Length != 0 {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestBrowserIsDeniedAndNotAskedAgain(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.owner("org.mpris.MediaPlayer2.chromium.instance42", "", one)
		s.with(one, func(m *model) { m.move(0, 1); m.identity = "Chrome" })
		s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": dbus.MakeVariant(
			map[string]dbus.Variant{"xesam:title": dbus.MakeVariant("My Page")})})
		time.Sleep(time.Hour)
		if s.rec.Len() != 0 || s.asked(one+" GetAll") > 3 {
			t.Errorf("%d events, asked %d times", s.rec.Len(), s.asked(one+" GetAll"))
		}
		if got := s.src.Denied(); len(got) != 1 || got[0].Player != "A player" && got[0].Player != "Chrome" || got[0].Instance == "" {
			t.Errorf("denied are %+v", got)
		}
		s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Stopped")})
		time.Sleep(time.Second)
		if got := s.src.Denied(); len(got) != 0 {
			t.Errorf("denied are %+v after it stopped", got)
		}
	})
}

func TestPrivateWindowIsNotTold(t *testing.T) {
	bubble(t, mpris.Config{Allow: []string{"chromium"}}, func(t *testing.T, s *scene) {
		s.owner("org.mpris.MediaPlayer2.chromium.instance42", "", one)
		s.with(one, func(m *model) { m.move(0, 1) })
		s.change(one, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": dbus.MakeVariant(
			map[string]dbus.Variant{"xesam:title": dbus.MakeVariant("A site is playing media")})})
		time.Sleep(time.Minute)
		if n := s.rec.Len(); n != 0 {
			t.Errorf("told %d events", n)
		}
	})
}

func TestURLIsToldIfItsHostIsIncluded(t *testing.T) {
	cfg := mpris.Config{AllowURL: func(url string) bool { return strings.HasPrefix(url, "https://films.example/") }}
	bubble(t, cfg, func(t *testing.T, s *scene) {
		s.plays(t, "browser", "/x")
		s.change(one, map[string]dbus.Variant{"Metadata": dbus.MakeVariant(map[string]dbus.Variant{
			"xesam:url": dbus.MakeVariant("https://films.example/watch?v=1"), "xesam:title": dbus.MakeVariant("Film"),
		})})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Item.Path != "https://films.example/watch?v=1" || e.State != players.Playing {
			t.Errorf("told as %+v", e)
		}
		s.change(one, map[string]dbus.Variant{"Metadata": dbus.MakeVariant(map[string]dbus.Variant{
			"xesam:url": dbus.MakeVariant("https://else.example/watch?v=1"), "xesam:title": dbus.MakeVariant("Other"),
		})})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Item.Path != "https://films.example/watch?v=1" || e.State != players.Stopped {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestDeniedNamesAreNotAsked(t *testing.T) {
	bubble(t, mpris.Config{Deny: []string{"kdeconnect", "Celluloid"}}, func(t *testing.T, s *scene) {
		for i, name := range []string{"playerctld", "kdeconnect.mpris_1", "io.github.celluloid_player.Celluloid.instance-1"} {
			unique := fmt.Sprintf(":1.%d", 20+i)
			s.owner("org.mpris.MediaPlayer2."+name, "", unique)
			s.change(unique, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/a.mkv")})
			time.Sleep(time.Minute)
			if n := s.asked(unique + " GetAll"); n != 0 || s.rec.Len() != 0 {
				t.Errorf("%s was asked %d times, %d events", name, n, s.rec.Len())
			}
		}
	})
}

func TestAllowNamesThoseThatAreTold(t *testing.T) {
	bubble(t, mpris.Config{Allow: []string{"VLC media player"}}, func(t *testing.T, s *scene) {
		s.plays(t, "mpv", "/a.mkv")
		if s.rec.Len() != 0 {
			t.Errorf("told %s", playerstest.List(s.rec.Events()))
		}
		const vlc = ":1.9"
		s.mu.Lock()
		s.players[vlc] = &model{props: map[string]dbus.Variant{}, identity: "VLC media player"}
		s.mu.Unlock()
		s.owner("org.mpris.MediaPlayer2.vlc", "", vlc)
		s.with(vlc, func(m *model) { m.move(0, 1) })
		s.change(vlc, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": dbus.MakeVariant(
			map[string]dbus.Variant{"xesam:title": dbus.MakeVariant("A stream")})})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Player != "VLC media player" || e.Item.Title != "A stream" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestOneProcessWithTwoNamesIsOnePlayer(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		const twin = ":1.8"
		s.pids[twin] = 4242
		s.plays(t, "vlc", "/a.mkv")
		s.owner("org.mpris.MediaPlayer2.vlc.instance4242", "", twin)
		both := map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/a.mkv")}
		s.with(twin, func(m *model) { m.move(0, 1) })
		s.change(twin, both)
		time.Sleep(time.Minute)
		for _, e := range s.rec.Events() {
			if e.Instance != "vlc "+one {
				t.Fatalf("told as %+v", e)
			}
		}
		s.owner("org.mpris.MediaPlayer2.vlc", one, "")
		time.Sleep(time.Minute)
		if e := s.last(t); e.End != players.EndGone {
			t.Errorf("told as %+v", e)
		}
		s.change(twin, both) // it takes over now that it has spoken
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.Instance != "vlc "+twin || e.State != players.Playing {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestPlayerThatGivesNothingAtOnceIsAskedOneByOne(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.owner("org.mpris.MediaPlayer2.old", "", one)
		s.with(one, func(m *model) {
			m.single = true
			m.move(0, 1)
			m.props["PlaybackStatus"], m.props["Metadata"] = dbus.MakeVariant("Playing"), file("/a.mkv")
		})
		time.Sleep(3 * time.Second)
		if e := s.last(t); e.State != players.Playing || e.Item.Path != "/a.mkv" {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestNonsenseOfOnePlayerIsBoundedAndHarmsNoOther(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		const bad = ":1.66"
		s.owner("org.mpris.MediaPlayer2.bad", "", bad)
		nonsense := []any{
			int64(-1), uint64(1 << 63), "no number", 1e300,
			[]string{},
			map[string]dbus.Variant{},
			"", dbus.ObjectPath("/x"),
			int32(-5),
			[]byte{1, 2},
			strings.Repeat("x", 1<<20),
			struct{ A, B int32 }{1, 2},
			true, 0.0,
		}
		for _, v := range nonsense {
			for _, name := range []string{"PlaybackStatus", "Rate", "Metadata", "Position"} {
				s.change(bad, map[string]dbus.Variant{name: dbus.MakeVariant(v)})
			}
			s.change(bad, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/b.mkv",
				"mpris:length", v, "xesam:title", v, "mpris:trackid", v, "xesam:artist", v)})
			s.signal(bad, "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player", "Seeked", v)
			s.signal(bad, "/org/mpris/MediaPlayer2", "org.freedesktop.DBus.Properties", "PropertiesChanged", v)
			s.signal(bad, "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player", "Seeked")
			s.signal(bad, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "org.mpris.MediaPlayer2.vlc", one, "")
			time.Sleep(time.Second)
		}
		s.status("Paused")
		if e := s.last(t); e.State != players.Paused || e.Instance != "vlc "+one {
			t.Errorf("told as %+v", e)
		}
		for _, e := range s.rec.Events() {
			if e.Position < 0 || e.Position > 48*time.Hour || e.Item.Length < 0 || e.Rate < 0.01 || e.Rate > 100 ||
				len(e.Item.Title) > 1<<16 {
				t.Errorf("told as %+v", e)
			}
		}
	})
}

func TestFloodIsMergedAndItsLastWordCounts(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		s.plays(t, "vlc", "/films/a.mkv")
		before, began := s.rec.Len(), time.Now()
		for i := range 20_000 {
			s.status([]string{"Paused", "Playing"}[i%2])
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		s.status("Paused")
		time.Sleep(time.Second)
		seconds := time.Since(began).Seconds()
		if n := s.rec.Len() - before; float64(n) > 100+40*seconds {
			t.Errorf("%d events in %.1f s", n, seconds)
		}
		if e := s.last(t); e.State != players.Paused {
			t.Errorf("told as %+v", e)
		}
	})
}

func TestTwentyPlayersAtOnceLoseNothing(t *testing.T) {
	bubble(t, mpris.Config{}, func(t *testing.T, s *scene) {
		want := map[string]players.State{}
		for i := range 20 {
			unique := fmt.Sprintf(":1.%d", 100+i)
			s.owner(fmt.Sprintf("org.mpris.MediaPlayer2.p%d", i), "", unique)
			s.with(unique, func(m *model) { m.move(0, 1) })
			s.change(unique, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file(fmt.Sprintf("/%d.mkv", i))})
		}
		time.Sleep(3 * time.Second)
		for i := range 20 {
			unique, state := fmt.Sprintf(":1.%d", 100+i), players.Playing
			if i%2 == 0 {
				state = players.Paused
				s.with(unique, func(m *model) { m.move(m.now(), 0) })
				s.change(unique, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Paused")})
			}
			want[fmt.Sprintf("p%d %s", i, unique)] = state
		}
		synctest.Wait()
		got := map[string]players.State{}
		for _, e := range s.rec.Events() {
			got[e.Instance] = e.State
		}
		for instance, state := range want {
			if got[instance] != state {
				t.Errorf("%s is %s, not %s", instance, got[instance], state)
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapInuse > 30<<20 {
			t.Errorf("the heap has %d MiB", m.HeapInuse>>20)
		}
	})
}
