package playerstest

import (
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Player is a real player under test. Each method ends the test if the player refuses.
type Player interface {
	// Load plays the files one after the other, in the place of what played before.
	Load(t testing.TB, files ...string)
	Pause(t testing.TB, paused bool)
	Seek(t testing.TB, to time.Duration)
	Speed(t testing.TB, speed float64)
	// Next goes on to the next file.
	Next(t testing.TB)
	Stop(t testing.TB)
	// Quit ends the player as its user does, Kill as kill -9 does.
	Quit(t testing.TB)
	Kill(t testing.TB)
	// Freeze stops the process without ending it (SIGSTOP), Thaw lets it go on.
	Freeze(t testing.TB)
	Thaw(t testing.TB)
	PID() int
}

// Options are how a player is started.
type Options struct {
	// KeepOpen stays at the end of the last file.
	KeepOpen bool
	// Loop plays a file again and again.
	Loop bool
}

// Kit is one source with the player that it watches.
type Kit struct {
	// Start starts a player and the source, which reports to rec; both end with the test.
	Start func(t testing.TB, rec *Recorder, opts Options) Player
	Media *Media
	// Cannot are the rows that the player cannot show, by name, each with the reason.
	Cannot map[string]string
	// Late is true where a player under load tells no position for seconds: then the end of a long file is shown.
	Late bool
	// Coarse is how far a reported position may be off.
	Coarse time.Duration
}

// row is one promise that every source keeps.
type row struct {
	name string
	run  func(t *testing.T, s *stage)
}

// Conformance runs every row against the kit.
func Conformance(t *testing.T, kit Kit) {
	t.Helper()
	left := map[string]bool{}
	for name := range kit.Cannot {
		left[name] = true
	}
	for _, r := range append(rows(), nameRows()...) {
		if reason, ok := kit.Cannot[r.name]; ok {
			delete(left, r.name)
			t.Logf("not shown by this player: %s: %s", r.name, reason)
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run(t, &stage{kit: kit, rec: NewRecorder()})
		})
	}
	for name := range left {
		t.Errorf("there is no row %q to leave out", name)
	}
}

// stage is one player with its recorder.
type stage struct {
	kit Kit
	rec *Recorder
	Player
	mark int
}

func (s *stage) start(t testing.TB, opts Options) { s.Player = s.kit.Start(t, s.rec, opts) }

// next gives the next event that fits, among those not seen by an earlier next.
func (s *stage) next(t testing.TB, what string, fits func(players.Event) bool) players.Event {
	t.Helper()
	return s.nextFor(t, Patience, what, fits)
}

func (s *stage) nextFor(t testing.TB, patience time.Duration, what string, fits func(players.Event) bool) players.Event {
	t.Helper()
	var at int
	e := s.rec.WaitFor(t, patience, s.mark, what, fits)
	events := s.rec.Events()
	for at = s.mark; at < len(events); at++ {
		if fits(events[at]) {
			break
		}
	}
	s.mark = at + 1
	return e
}

// plays loads files and waits until the first one runs.
func (s *stage) plays(t testing.TB, files ...string) players.Event {
	t.Helper()
	s.Load(t, files...)
	return s.next(t, "it plays with a known position", running)
}

// playsOut plays a file that is soon over, and then the others.
func (s *stage) playsOut(t testing.TB, others ...string) {
	t.Helper()
	if !s.kit.Late {
		s.plays(t, append([]string{s.kit.Media.Clip(t, "short.mkv", 3)}, others...)...)
		return
	}
	s.plays(t, append([]string{s.kit.Media.Clip(t, "long.mkv", 60)}, others...)...)
	s.Seek(t, 52*time.Second)
	s.next(t, "it jumped", jumped)
}

func (s *stage) film(t testing.TB) string { return s.kit.Media.Clip(t, "film.mkv", 60) }

func (s *stage) near(t testing.TB, e players.Event, want time.Duration) {
	t.Helper()
	if d := (e.Position - want).Abs(); d > s.kit.Coarse {
		t.Errorf("at %v, want %v ± %v\n%s", e.Position, want, s.kit.Coarse, List(s.rec.Events()))
	}
}

// playbacks are the numbers of the playbacks that were reported, in order.
func (s *stage) playbacks() []int64 {
	var out []int64
	for _, e := range s.rec.Events() {
		if len(out) == 0 || out[len(out)-1] != e.Playback {
			out = append(out, e.Playback)
		}
	}
	return out
}

func running(e players.Event) bool { return e.State == players.Playing && e.Known }
func paused(e players.Event) bool  { return e.State == players.Paused }
func stopped(e players.Event) bool { return e.State == players.Stopped }
func jumped(e players.Event) bool  { return e.Jumped && e.Known }

func ended(end players.End) func(players.Event) bool {
	return func(e players.Event) bool { return e.State == players.Stopped && e.End == end }
}

func rows() []row {
	return append(ends(), append(commands(), kinds()...)...) // the one that takes longest begins first
}

// commands are what a user does while something plays.
func commands() []row {
	return []row{
		{"load", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			film := s.film(t)
			e := s.plays(t, film)
			if e.Item.Path != film || e.Item.Length.Round(time.Second) != time.Minute || e.Item.Picture != media.PictureVideo ||
				e.Item.Growing || e.Rate != 1 || e.PID != s.PID() || e.End != players.EndNone || e.Jumped {
				t.Errorf("told as %+v", e)
			}
			s.near(t, e, 0)
		}},
		{"pause", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Seek(t, 20*time.Second)
			s.next(t, "it jumped", jumped)
			s.Pause(t, true)
			s.near(t, s.next(t, "it is paused", func(e players.Event) bool { return paused(e) && e.Known }), 20*time.Second)
		}},
		{"resume", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			first := s.plays(t, s.film(t))
			s.Pause(t, true)
			s.next(t, "it is paused", paused)
			s.Pause(t, false)
			if e := s.next(t, "it plays on", running); e.Playback != first.Playback || e.Jumped {
				t.Errorf("resumed as %+v", e)
			}
		}},
		{"seek", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Seek(t, 40*time.Second)
			s.near(t, s.next(t, "it jumped", jumped), 40*time.Second)
		}},
		{"seek while paused", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Pause(t, true)
			s.next(t, "it is paused", paused)
			s.Seek(t, 30*time.Second)
			e := s.next(t, "it jumped", jumped)
			s.near(t, e, 30*time.Second)
			if e.State != players.Paused {
				t.Errorf("after a seek while paused it is %s", e.State)
			}
		}},
		{"speed", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Speed(t, 2)
			s.next(t, "it plays at double speed", func(e players.Event) bool { return running(e) && e.Rate == 2 })
		}},
		{"the next file", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			a, b := s.film(t), s.kit.Media.Clip(t, "second.mkv", 60)
			first := s.plays(t, a, b)
			s.Next(t)
			end := s.next(t, "the first is over", stopped)
			if end.Playback != first.Playback || end.Item.Path != a {
				t.Errorf("the wrong one ended: %+v", end)
			}
			if e := s.next(t, "the second plays", running); e.Item.Path != b || e.Playback == first.Playback {
				t.Errorf("after the first plays %+v", e)
			}
		}},
		{"the same file twice", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			film := s.film(t)
			first := s.plays(t, film)
			s.Load(t, film)
			s.next(t, "the first is over", stopped)
			if e := s.next(t, "it plays again", running); e.Playback == first.Playback {
				t.Errorf("the same file again is still playback %d", e.Playback)
			}
		}},
	}
}

// ends are the ways in which it can be over.
func ends() []row {
	return []row{
		{"hang", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			first := s.plays(t, s.film(t))
			s.Freeze(t)
			s.nextFor(t, 40*time.Second, "it is silent", ended(players.EndSilent))
			s.Thaw(t)
			s.Pause(t, true)
			if e := s.next(t, "it is told anew", paused); e.Playback == first.Playback {
				t.Errorf("a playback that was given up goes on as number %d", e.Playback)
			}
		}},
		{"end", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.playsOut(t)
			s.next(t, "it reached the end", ended(players.EndReached))
		}},
		{"playlist runs on by itself", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			film := s.film(t)
			s.playsOut(t, film)
			s.next(t, "the first reached its end", ended(players.EndReached))
			if e := s.next(t, "the second plays", running); e.Item.Path != film {
				t.Errorf("plays %q", e.Item.Path)
			}
		}},
		{"stop", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Stop(t)
			s.next(t, "it was stopped", ended(players.EndStopped))
		}},
		{"quit", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Quit(t)
			s.next(t, "the player is gone", ended(players.EndGone))
		}},
		{"kill -9", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.plays(t, s.film(t))
			s.Kill(t)
			s.next(t, "the player is gone", ended(players.EndGone))
		}},
		{"keep open", func(t *testing.T, s *stage) {
			s.start(t, Options{KeepOpen: true})
			s.plays(t, s.kit.Media.Clip(t, "short.mkv", 3))
			s.next(t, "it stays at the end", func(e players.Event) bool { return paused(e) && e.End == players.EndReached })
			s.Seek(t, 0)
			e := s.next(t, "it went back", jumped)
			s.near(t, e, 0)
			if e.End != players.EndNone {
				t.Errorf("it went back and is still at the end: %+v", e)
			}
		}},
		{"loop", func(t *testing.T, s *stage) {
			s.start(t, Options{Loop: true})
			s.plays(t, s.kit.Media.Clip(t, "short.mkv", 3))
			for range 2 {
				s.near(t, s.next(t, "it began again", jumped), 0)
			}
			if got := s.playbacks(); len(got) != 1 {
				t.Errorf("a loop is one playback, not %v", got)
			}
		}},
	}
}

// kinds are things other than films.
func kinds() []row {
	kind := func(name string, path func(*testing.T, *Media) string, want func(media.Item) bool) row {
		return row{name, func(t *testing.T, s *stage) {
			s.start(t, Options{})
			s.Load(t, path(t, s.kit.Media))
			s.next(t, name, func(e players.Event) bool { return e.State != players.Stopped && want(e.Item) })
		}}
	}
	return []row{
		kind("a stream without a length",
			func(t *testing.T, m *Media) string { return m.Endless(t, "endless.mkv", 600) },
			func(it media.Item) bool { return it.Growing && it.Length == 0 }),
		kind("music",
			func(t *testing.T, m *Media) string { return m.Song(t, "music/song.flac", 60) },
			func(it media.Item) bool { return it.Picture == media.PictureNone && it.Length == time.Minute }),
		kind("music with a cover",
			func(t *testing.T, m *Media) string { return m.CoveredSong(t, "covered/song.flac", 60) },
			func(it media.Item) bool { return it.Picture == media.PictureNone && it.Length == time.Minute }),
		kind("a picture",
			func(t *testing.T, m *Media) string { return m.Picture(t, "pictures/picture.png") },
			func(it media.Item) bool { return it.Picture == media.PictureStill }),
		{"tags", func(t *testing.T, s *stage) {
			s.start(t, Options{})
			e := s.plays(t, s.kit.Media.Clip(t, "tags.mkv", 60, "title=Pilot", "show=Some Show", "season_number=1",
				"episode_sort=2"))
			if e.Item.Title != "Pilot" || e.Item.Tags["SHOW"] != "Some Show" || e.Item.Tags["EPISODE_SORT"] != "2" {
				t.Errorf("told as %+v", e.Item)
			}
		}},
	}
}

// nameRows are file names that are easily damaged on the way.
func nameRows() []row {
	names := map[string]string{
		"a name with signs of a URL":           "1 + 1 = 100% #2 really?.mkv",
		"a name with escapes":                  "100%25 \\n \"quoted\".mkv",
		"a Japanese name":                      "葬送のフリーレン 第05話.mkv",
		"a name with a line break":             "two\nlines.mkv",
		"a name that is not UTF-8":             "caf\xe9 \xff\xfe.mkv",
		"a name that runs from right to left":  "\u202eשלום.mkv",
		"a name with a scheme in the middle":   "a http- b.mkv",
		"a name in a folder with a line break": "a\nfolder/film.mkv",
	}
	var out []row
	for name, file := range names {
		out = append(out, row{name, func(t *testing.T, s *stage) {
			s.start(t, Options{})
			path := s.kit.Media.Clip(t, file, 60)
			if e := s.plays(t, path); e.Item.Path != path {
				t.Errorf("told as %q, is %q", e.Item.Path, path)
			}
		}})
	}
	return out
}
