package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is a desktop that shows notices as a real one does: one with a number takes the place of that number.
type screen struct {
	mu      sync.Mutex
	next    uint32
	shows   map[uint32]notify.Notice
	log     []string
	broken  error
	signals chan notify.Signal
}

func newScreen() *screen {
	return &screen{shows: map[uint32]notify.Notice{}, signals: make(chan notify.Signal, 4)}
}

func (s *screen) Show(_ context.Context, replaces uint32, n notify.Notice) (uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return 0, s.broken
	}
	id := replaces
	if id == 0 {
		s.next++
		id = s.next
	}
	s.shows[id] = n
	s.log = append(s.log, n.Title)
	return id, nil
}

func (s *screen) Close(_ context.Context, id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shows, id)
}

func (s *screen) Signals() <-chan notify.Signal { return s.signals }
func (s *screen) End()                          {}

// titles are what is on the screen.
func (s *screen) titles() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, n := range s.shows {
		all = append(all, n.Title)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func (s *screen) press(title, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range s.shows {
		if n.Title == title {
			s.signals <- notify.Signal{ID: id, Key: key}
			if key == "" {
				delete(s.shows, id)
			}
		}
	}
}

// film is whether one plays.
type film struct {
	mu      sync.Mutex
	plays   bool
	changed chan struct{}
}

func (f *film) set(plays bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plays = plays
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *film) busy() (bool, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plays, f.changed
}

// inBubble runs a Center in a bubble of time.
func inBubble(t *testing.T, press func(notify.Pressed) *notify.Notice, f func(*notify.Center, *screen, *film)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, playing := newScreen(), &film{changed: make(chan struct{})}
		c := notify.New(notify.Config{
			Desktop: s, Log: zap.NewNop(), Enabled: func(k notify.Kind) bool { return k != notify.Login }, Busy: playing.busy,
			Press: func(_ context.Context, p notify.Pressed) *notify.Notice { return press(p) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		f(c, s, playing)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if left := s.titles(); left != "" {
			t.Errorf("%s is left when the daemon ends", left)
		}
	})
}

func expect(t *testing.T, s *screen, want string) {
	t.Helper()
	synctest.Wait()
	if got := s.titles(); got != want {
		t.Errorf("on the screen: %q, want %q", got, want)
	}
}

func nothing(notify.Pressed) *notify.Notice { return nil }

func watched(n int) notify.Notice {
	return notify.Notice{Kind: notify.Watched, Title: fmt.Sprintf("Watched: %d", n), Body: "Counted."}
}

func TestEachKindReplacesItsLastInPlace(t *testing.T) {
	inBubble(t, nothing, func(c *notify.Center, s *screen, _ *film) {
		c.Post(watched(1))
		expect(t, s, "Watched: 1")
		c.Post(watched(2))
		expect(t, s, "Watched: 2")
		c.Post(notify.Notice{Kind: notify.NotCounted, Title: "Not counted: 3"})
		expect(t, s, "Not counted: 3; Watched: 2")
		c.Post(notify.Notice{Kind: notify.Login, Title: "off by the settings"})
		expect(t, s, "Not counted: 3; Watched: 2")
	})
}

func TestNothingLiesOverAFilmAndWhatWaitedBecomesOne(t *testing.T) {
	inBubble(t, nothing, func(c *notify.Center, s *screen, f *film) {
		f.set(true)
		for n := range 3 {
			c.Post(notify.Notice{Kind: notify.NotRecognised, Title: fmt.Sprintf("Which title is %d?", n)})
			c.Post(watched(n))
		}
		time.Sleep(2 * time.Hour)
		expect(t, s, "")
		f.set(false)
		expect(t, s, "3 titles need you; Watched: 2")
		if len(s.log) != 2 {
			t.Errorf("shown one after the other: %q", s.log)
		}
	})
}

func TestNoticeGoesWhenItIsNoLongerTrue(t *testing.T) {
	inBubble(t, nothing, func(c *notify.Center, s *screen, f *film) {
		n := watched(1)
		n.Watch, n.For = 7, 10*time.Minute
		c.Post(n)
		expect(t, s, "Watched: 1")
		time.Sleep(9 * time.Minute)
		expect(t, s, "Watched: 1")
		time.Sleep(2 * time.Minute)
		expect(t, s, "")
		c.Post(n)
		expect(t, s, "Watched: 1")
		c.Withdraw(func(n notify.Notice) bool { return n.Watch == 7 })
		expect(t, s, "")
		// Also while it waits.
		f.set(true)
		c.Post(n)
		c.Withdraw(func(n notify.Notice) bool { return n.Watch == 7 })
		f.set(false)
		expect(t, s, "")
	})
}

func TestOneTitleIsAskedAboutOnce(t *testing.T) {
	inBubble(t, nothing, func(c *notify.Center, s *screen, _ *film) {
		n := notify.Notice{Kind: notify.NotRecognised, Title: "Which title is E01?", Key: "the series"}
		c.Post(n)
		expect(t, s, "Which title is E01?")
		n.Title = "Which title is E02?"
		c.Post(n)
		expect(t, s, "Which title is E01?")
	})
}

func TestButtonsDoTheirWorkInPlace(t *testing.T) {
	var pressed []string
	inBubble(t, func(p notify.Pressed) *notify.Notice {
		pressed = append(pressed, p.Notice.Title+" "+p.Key)
		if p.Key == "fix" {
			return &notify.Notice{Title: "Which of them?", Buttons: []notify.Button{{Key: "pick:1", Label: "Crash (2004)"}}}
		}
		return nil
	}, func(c *notify.Center, s *screen, _ *film) {
		c.Post(notify.Notice{Kind: notify.NotRecognised, Title: "Which title is crash.mkv?"})
		expect(t, s, "Which title is crash.mkv?")
		s.press("Which title is crash.mkv?", "fix")
		expect(t, s, "Which of them?")
		s.press("Which of them?", "pick:1")
		expect(t, s, "")
		// One that somebody closed is forgotten: the next is a new one.
		c.Post(watched(1))
		expect(t, s, "Watched: 1")
		s.press("Watched: 1", "")
		synctest.Wait()
		if left := c.Notices(); len(left) != 0 {
			t.Errorf("%v are thought to be shown", left)
		}
	})
	if want := []string{"Which title is crash.mkv? fix", "Which of them? pick:1"}; !slices.Equal(pressed, want) {
		t.Errorf("%q", pressed)
	}
}

func TestBrokenDesktopDelaysNobody(t *testing.T) {
	inBubble(t, nothing, func(c *notify.Center, s *screen, _ *film) {
		s.broken = errors.New("no bus")
		for n := range 200 {
			c.Post(watched(n))
		}
		expect(t, s, "")
		s.broken = nil
		c.Post(watched(1000))
		expect(t, s, "Watched: 1000")
	})
}
