//go:build unix

package crash_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/players/playerstest"
)

// evenings is how many pairs of films are watched, four at a time.
const evenings = 16

var clips *playerstest.Media

func TestMain(m *testing.M) {
	if os.Getenv(envDir) != "" {
		os.Exit(child())
	}
	flag.Parse()
	// The films take their time whatever the number of processors.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(func() int {
		var err error
		if clips, err = playerstest.NewMedia(); err != nil {
			panic(err)
		}
		defer clips.Close()
		return m.Run()
	}())
}

// tally counts the points at which a daemon was killed.
type tally struct {
	mu     sync.Mutex // guards points
	points map[string]int
}

func (c *tally) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.points[name]++
}

// sum adds up the points whose name begins with one of the words.
func (c *tally) sum(words ...string) int {
	n := 0
	for name, count := range c.points {
		if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) }) {
			n += count
		}
	}
	return n
}

// The named points of the store and the wire. A film is paused once, so that each of them comes at least twice.
var named = func() []point {
	var all []point
	for _, when := range []string{"before", "after"} {
		for _, table := range []string{"outbox", "watches", "sessions", "played", "journal", "counter", "requests"} {
			all = append(all, point{when, "write", table, 1}, point{when, "write", table, 2})
		}
		for _, path := range []string{"/scrobble/start", "/scrobble/pause", "/scrobble/stop"} {
			all = append(all, point{when, "request", path, 1})
		}
	}
	return all
}()

func TestWhateverTheInstantOfTheCrashTheHistoryIsWhatWasPlayed(t *testing.T) {
	hit := &tally{points: map[string]int{}}
	random := rand.New(rand.NewPCG(4, 2026)) // the same evenings each time; what happens in them is not the same
	points := slices.Clone(named)
	random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	next := 0
	t.Run("evenings", func(t *testing.T) {
		for i := range evenings {
			var lives []life
			for range 3 {
				lives = append(lives, life{point: points[next%len(points)]})
				next++
			}
			at := [...]string{"playing", "paused", "random"}[i%3]
			lives = slices.Insert(lives, random.IntN(len(lives)), life{at: at, after: random.Float64()})
			offline := i%4 == 3
			if offline {
				when := [...]string{"before", "after"}[i/4%2]
				lives[len(lives)-1] = life{point: point{when, "request", "/sync/history", 1}}
			}
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				e := newEvening(t, lives, offline, hit)
				e.watch()
			})
		}
	})
	for _, name := range slices.Sorted(maps.Keys(hit.points)) {
		t.Logf("%3d killed %s", hit.points[name], name)
	}
	all, near := hit.sum(""), hit.sum("before ", "after ")
	t.Logf("%3d in all, %d of them at a write or a request", all, near)
	for _, kind := range []string{"before write", "after write", "before request", "after request", "while playing", "while paused", "at random"} {
		for range hit.sum(kind) {
			playerstest.Count(t, "kill "+kind)
		}
		if hit.sum(kind) == 0 {
			t.Errorf("none was killed %s", kind)
		}
	}
	if 3*near < all {
		t.Errorf("only %d of %d were killed at a write or a request", near, all)
	}
}

// simkl is a strict Simkl that can be taken away.
type simkl struct {
	*sandbox.Server
	addr string
	stop context.CancelFunc
	down chan error
}

func newSimkl(t *testing.T) *simkl {
	t.Helper()
	s := &simkl{addr: "127.0.0.1:0"}
	var err error
	if s.Server, err = sandbox.New(sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	s.online(t)
	t.Cleanup(s.offline)
	return s
}

func (s *simkl) online(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	s.stop, s.down = cancel, make(chan error, 1)
	go func() { s.down <- s.Serve(ctx, l) }() // ends with offline
}

func (s *simkl) offline() {
	if s.stop == nil {
		return
	}
	s.stop()
	<-s.down
	s.stop = nil
}
