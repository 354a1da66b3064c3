package scrobbler_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

var errFull = errors.New("no space left on device")

// disk is the outbox and the memory: it notes what was written, in order, and can be full.
type disk struct {
	mu      sync.Mutex // guards the rest
	full    bool
	written []string
	saved   map[media.WatchID]scrobbler.Saved
	kept    map[string]scrobbler.Played
	unread  error
}

func (d *disk) write(what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errFull
	}
	d.written = append(d.written, what)
	return nil
}

func (d *disk) Put(_ context.Context, c media.Call) error {
	return d.write(string(c.Verb) + " " + name(c.Match))
}

func (d *disk) Park(_ context.Context, c media.Call) error { return d.write("park " + c.Path) }

func (d *disk) SaveSession(_ context.Context, s scrobbler.Saved) error {
	if err := d.write("save"); err != nil {
		return err
	}
	d.saved[s.Watch] = s
	return nil
}

func (d *disk) ForgetSession(_ context.Context, w media.WatchID) error {
	delete(d.saved, w)
	return d.write("forget")
}

func (d *disk) Earlier(_ context.Context, keys []string) (map[string]scrobbler.Played, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := map[string]scrobbler.Played{}
	for _, k := range keys {
		if p, ok := d.kept[k]; ok {
			found[k] = p
		}
	}
	return found, d.unread
}

func (d *disk) Keep(_ context.Context, key string, p scrobbler.Played) error {
	if err := d.write("keep"); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[key] = p
	return nil
}

func (d *disk) WriteJournal(_ context.Context, e scrobbler.Entry) error {
	return d.write("journal " + string(e.Ending))
}

func (d *disk) Leave(_ context.Context, _ string, p scrobbler.Point) error {
	return d.write(fmt.Sprintf("left at %g", p.Progress))
}

func (d *disk) CountedPoint(context.Context, string, time.Time) error {
	return d.write("counted a point")
}

func (d *disk) LeftOff(context.Context, media.Match) map[string]scrobbler.LeftOff { return nil }

func (d *disk) fill(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

// took gives what was written since the last look, without the saves.
func (d *disk) took() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var got []string
	for _, what := range d.written {
		if what != "save" {
			got = append(got, what)
		}
	}
	d.written = nil
	return got
}

// who takes its time to say who an item is; a negative time is never.
type who struct{ takes time.Duration }

func (w who) Identify(ctx context.Context, item media.Item) (media.Match, bool, string) {
	var timer <-chan time.Time
	if w.takes >= 0 {
		timer = time.After(w.takes)
	}
	select {
	case <-timer:
		return media.Match{Kind: media.KindMovie, Title: item.Path[1:], Year: 1995}, true, ""
	case <-ctx.Done():
		return media.Match{}, false, ""
	}
}

type desk struct{ kinds []scrobbler.NoticeKind }

func (*desk) Resume(scrobbler.Resume) {}

func (d *desk) Notify(n scrobbler.Notify) { d.kinds = append(d.kinds, n.Kind) }

// stage is a runner with everything around it.
type stage struct {
	t       *testing.T
	runner  *scrobbler.Runner
	mail    *players.Mailbox
	disk    *disk
	desk    *desk
	looks   atomic.Int64 // at the clock
	trouble []error
	begun   time.Time
	pos     time.Duration
}

// onStage runs act beside a running Runner, in a bubble; it gives what Run came to.
func onStage(t *testing.T, takes time.Duration, act func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{
			t: t, mail: players.NewMailbox(), desk: &desk{}, begun: time.Now(),
			disk: &disk{saved: map[media.WatchID]scrobbler.Saved{}, kept: map[string]scrobbler.Played{}},
		}
		var number media.WatchID
		s.runner = scrobbler.NewRunner(scrobbler.RunnerConfig{
			Machine: scrobbler.New(newFilm(t).set, func() media.WatchID { number++; return number }),
			Mail:    s.mail, Outbox: s.disk, Identifier: who{takes}, Memory: s.disk, Notifier: s.desk, Points: s.disk, Remote: s.desk,
			Now: func() media.Moment { s.looks.Add(1); return s.now() },
			Trouble: func(err error) {
				s.trouble = append(s.trouble, err)
			},
		})
		act(s)
	})
}

func (s *stage) now() media.Moment {
	mono := time.Since(s.begun) + time.Hour
	return media.Moment{Wall: time.Now().UTC(), Mono: mono, Boot: mono}
}

// run starts the runner; the returned function ends it and gives what it says.
func (s *stage) run() (stop func() error) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.runner.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

func (s *stage) say(path string, state players.State, end players.End) {
	s.mail.Put(players.Event{
		Player: "mpv", Channel: "mpv", Instance: "mpv 1", PID: 1, Playback: int64(len(path)), State: state, End: end,
		Item: media.Item{Path: path, Length: long}, Position: s.pos, Known: true, Rate: 1, At: s.now(),
	})
	synctest.Wait()
}

// plays lets an item play for d, with a word of its player every 10 s.
func (s *stage) plays(path string, d time.Duration) {
	s.say(path, players.Playing, players.EndNone)
	for range int(d / (10 * time.Second)) {
		time.Sleep(10 * time.Second) // in the bubble's time
		s.pos += 10 * time.Second
		s.say(path, players.Playing, players.EndNone)
	}
}

func (s *stage) wrote(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.disk.took()); diff != "" {
		s.t.Fatalf("written (-want +got):\n%s", diff)
	}
}

func (s *stage) ends(stop func() error, want error) {
	s.t.Helper()
	if err := stop(); !errors.Is(err, want) {
		s.t.Errorf("the runner says %v, want %v", err, want)
	}
}

func TestEffectsAreCarriedOutInTheirOrder(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", 90*time.Minute)
		s.wrote("start heat")
		s.say("/heat", players.Stopped, players.EndStopped)
		s.wrote("journal watched", "watched heat", "keep", "forget")
		s.ends(stop, nil)
		if diff := cmp.Diff([]scrobbler.NoticeKind{scrobbler.NoticeWatched}, s.desk.kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPauseIsToldWhenItIsDueThoughThePlayerSaysNothing(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", time.Minute)
		s.say("/heat", players.Paused, players.EndNone)
		s.wrote("start heat")
		time.Sleep(2*time.Second - time.Nanosecond)
		synctest.Wait()
		s.wrote()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		s.wrote("pause heat")
		s.ends(stop, nil)
	})
}

func TestNobodyLooksAtTheClockWhileNothingPlays(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		idle := func(when string) {
			before := s.looks.Load()
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if n := s.looks.Load() - before; n != 0 {
				t.Errorf("%s: %d looks in a day", when, n)
			}
		}
		idle("at first")
		s.plays("/heat", time.Minute)
		s.say("/heat", players.Paused, players.EndNone)
		time.Sleep(3 * time.Second)
		idle("paused")
		s.say("/heat", players.Stopped, players.EndGone)
		idle("gone")
		s.ends(stop, nil)
	})
}

func TestIdentityThatTakesAMinuteDelaysNothingElse(t *testing.T) {
	onStage(t, time.Minute, func(s *stage) {
		stop := s.run()
		s.plays("/heat", 50*time.Second)
		if n := len(s.runner.Snapshot().Sessions); n != 1 {
			t.Errorf("%d sessions are shown", n)
		}
		s.wrote()
		s.plays("/heat", 20*time.Second)
		s.wrote("start heat")
		s.ends(stop, nil)
	})
}

func TestIdentityThatNeverComesDoesNotKeepTheRunner(t *testing.T) {
	onStage(t, -1, func(s *stage) {
		stop := s.run()
		s.plays("/heat", time.Minute)
		s.ends(stop, nil)
		s.wrote()
	})
}

func TestEarlierSittingsThatCannotBeReadDoNotStopTheStart(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		s.disk.unread = errFull
		stop := s.run()
		s.plays("/heat", time.Minute)
		s.wrote("start heat")
		s.ends(stop, nil)
	})
}

func TestAFullDiskLosesNothingAndKeepsTheOrder(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", 90*time.Minute)
		s.wrote("start heat")
		s.disk.fill(true)
		s.say("/heat", players.Stopped, players.EndStopped)
		s.pos = 0
		s.plays("/ronin", time.Minute)
		s.wrote()
		s.disk.fill(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		s.wrote("journal watched", "watched heat", "keep", "forget", "start ronin")
		if len(s.disk.saved) != 1 {
			t.Errorf("%d saved sessions, one plays", len(s.disk.saved))
		}
		s.ends(stop, nil)
		if n := len(s.trouble); n < 2 || !errors.Is(s.trouble[0], errFull) || s.trouble[n-1] != nil {
			t.Errorf("trouble: %v", s.trouble)
		}
	})
}

func TestAFullDiskAtTheEndIsSaid(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", 90*time.Minute)
		s.disk.fill(true)
		s.say("/heat", players.Stopped, players.EndStopped)
		s.ends(stop, errFull)
	})
}

func TestShutdownWritesTheLastPositionsAndTellsNothing(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", 20*time.Minute)
		s.wrote("start heat")
		time.Sleep(7 * time.Second)
		s.ends(stop, nil)
		s.wrote()
		saved := s.disk.saved[1]
		if want := 20*time.Minute + 7*time.Second; saved.Position != want || saved.State != players.Playing {
			t.Errorf("saved %s at %v, want %v", saved.State, saved.Position, want)
		}
	})
}

func TestCommandsAreCarriedOutByTheOwnerAndWaitedFor(t *testing.T) {
	onStage(t, 0, func(s *stage) {
		stop := s.run()
		s.plays("/heat", time.Minute)
		s.wrote("start heat")
		changed := s.runner.Changed()
		var counted bool
		err := s.runner.Do(s.t.Context(), func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect {
			effects, ok := m.Mark(1, now)
			counted = ok
			return effects
		})
		if err != nil || !counted {
			t.Fatalf("counted %v, %v", counted, err)
		}
		s.wrote("journal watched", "watched heat", "keep")
		select {
		case <-changed:
		default:
			t.Error("nobody was told of the change")
		}
		if got := s.runner.Snapshot().Sessions[0].Scrobble; got != scrobbler.ScrobbleWatched {
			t.Errorf("shown as %s", got)
		}
		s.ends(stop, nil)
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		if err := s.runner.Do(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a command after the end: %v", err)
		}
	})
}

func TestManyPlayersAtOnceAreAllIdentified(t *testing.T) {
	onStage(t, time.Second, func(s *stage) {
		stop := s.run()
		for i := range 100 {
			s.mail.Put(players.Event{
				Instance: fmt.Sprint(i), Playback: 1, State: players.Playing, Rate: 1, Known: true, At: s.now(),
				Item: media.Item{Path: fmt.Sprintf("/%d", i), Length: long},
			})
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(s.disk.took()); n != 100 {
			t.Errorf("%d of 100 were started", n)
		}
		s.ends(stop, nil)
	})
}
