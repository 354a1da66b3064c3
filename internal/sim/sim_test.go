package sim_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	onlySeed    = flag.Int64("seed", -1, "play this one evening, and tell of it")
	seeds       = flag.Int("seeds", 25, "how many evenings to play")
	same        = flag.Int("same", 3, "how many evenings to play twice")
	child       = flag.Bool("child", false, "this is the program of another test")
	stopAtFirst = flag.Bool("stop", false, "stop at the first evening that breaks a law")
	coverage    = flag.Bool("coverage", false, "demand that each kind of call meets each row of the answer table 20 times")
	from        = flag.Int("from", 1, "the first of them")
)

// evening is what became of one.
type evening struct {
	log, broken []string
	met         map[string]int
}

// play lets one evening go by.
func play(t *testing.T, seed uint64, talk io.Writer) (e evening) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, talk)
		w.live()
		w.judge()
		w.close()
		e = evening{log: w.log, broken: w.broken, met: w.met}
	})
	return e
}

// TestEvenings plays some evenings and holds the laws against each. Without the race detector it plays as many as is asked.
func TestEvenings(t *testing.T) {
	if *onlySeed >= 0 {
		for _, b := range play(t, uint64(*onlySeed), os.Stderr).broken {
			t.Error(b)
		}
		return
	}
	s := newSeries(t)
	s.play(uint64(*from), *seeds)
	t.Logf("%d evenings, %d with a broken law\n%s", s.played, s.bad, table(s.met))
	if *coverage {
		s.covers()
	}
}

// TestAThousandEvenings plays them in a program of its own, without the race detector, which they do not fit into.
func TestAThousandEvenings(t *testing.T) {
	if testing.Short() || *onlySeed >= 0 || *child {
		return
	}
	program := filepath.Join(t.TempDir(), "evenings")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program, "-test.run", "^TestEvenings$", "-test.v", "-child", "-seeds", "1000").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestSoak plays one evening after another for as long as $SOAK says, and looks that nothing grows.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		return // only make soak asks for it
	}
	s := newSeries(t)
	began := time.Now()
	first := uint64(began.UnixNano() % 1_000_000_000) // other evenings than the tests play
	var before usage
	for n := uint64(0); time.Since(began) < length; n += 50 {
		s.play(first+n, 50)
		if now := measure(); n == 50 {
			before = now
		} else if n > 50 && now.beyond(before) {
			t.Errorf("after %d evenings %+v, it was %+v", s.played, now, before)
		}
	}
	t.Logf("%d evenings from seed %d in %v, %d with a broken law; %+v\n%s",
		s.played, first, time.Since(began).Round(time.Second), s.bad, measure(), table(s.met))
}

// usage is what a process holds.
type usage struct {
	Goroutines, Files int
	Memory            uint64
}

func measure() usage {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd")
	return usage{Goroutines: runtime.NumGoroutine(), Files: len(files), Memory: m.HeapAlloc}
}

func (u usage) beyond(before usage) bool {
	return u.Goroutines > before.Goroutines+5 || u.Files > before.Files+10 || u.Memory > before.Memory+32<<20
}

// series is many evenings.
type series struct {
	t *testing.T

	mu          sync.Mutex // guards what follows
	met         map[string]int
	played, bad int
	broken      []string
}

func newSeries(t *testing.T) *series { return &series{t: t, met: map[string]int{}} }

// play plays evenings, two at a time.
func (s *series) play(first uint64, n int) {
	next := make(chan uint64)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for seed := range next {
				s.add(seed, play(s.t, seed, nil))
			}
		})
	}
	for i := range n {
		if *stopAtFirst && s.anyBad() {
			break
		}
		next <- first + uint64(i)
	}
	close(next)
	all.Wait()
}

func (s *series) anyBad() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad > 0
}

func (s *series) add(seed uint64, e evening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played++
	for k, n := range e.met {
		s.met[k] += n
	}
	if len(e.broken) == 0 {
		return
	}
	s.bad++
	s.broken = append(s.broken, e.broken...)
	s.t.Errorf("seed %d (replay: go test ./internal/sim -run TestEvenings -v -seed %d):\n\t%s", seed, seed, strings.Join(e.broken, "\n\t"))
}

// covers: each kind of call has met each row of the answer table often enough.
func (s *series) covers() {
	for _, kind := range kinds {
		for _, row := range rows {
			if row == rowTooMany && kind != kindHistory {
				continue // only a write of several can be too many
			}
			if n := s.met[kind+"\x00"+row]; n < 20 {
				s.t.Errorf("%q has met %q only %d times", kind, row, n)
			}
		}
	}
}

// table is how often each kind of call met each row of the answer table.
func table(met map[string]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-34s", "")
	for _, kind := range kinds {
		fmt.Fprintf(&b, "%20s", kind)
	}
	for _, row := range rows {
		fmt.Fprintf(&b, "\n%-34s", row)
		for _, kind := range kinds {
			fmt.Fprintf(&b, "%20d", met[kind+"\x00"+row])
		}
	}
	var names []string
	for k := range met {
		if v, ok := strings.CutPrefix(k, "variant\x00"); ok {
			names = append(names, fmt.Sprintf("%s %d", v, met[k]))
		}
	}
	slices.Sort(names)
	return b.String() + "\n" + strings.Join(names, ", ")
}

// TestTheSameSeedHasTheSameEffects: a seed that failed can be played again.
func TestTheSameSeedHasTheSameEffects(t *testing.T) {
	for seed := range uint64(*same) {
		first, second := play(t, seed, nil).log, play(t, seed, nil).log
		for i := range max(len(first), len(second)) {
			if i >= len(first) || i >= len(second) || first[i] != second[i] {
				t.Errorf("seed %d: line %d differs:\n%s\n%s", seed, i, strings.Join(first[max(0, i-3):min(i+1, len(first))], "\n"),
					strings.Join(second[max(0, i-3):min(i+1, len(second))], "\n"))
				break
			}
		}
	}
}
