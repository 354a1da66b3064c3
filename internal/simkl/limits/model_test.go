package limits_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/simkl/limits"
)

// span is one call: when it was on the wire, and until when.
type span struct {
	begin, end time.Time
	call       limits.Call
}

// lawsOf are the rules that any sequence of calls must hold. early is how much earlier than in truth a begin may have
// been measured.
func lawsOf(t interface{ Errorf(string, ...any) }, spans []span, early time.Duration) {
	slices.SortFunc(spans, func(a, b span) int { return a.begin.Compare(b.begin) })
	var lastWrite, lastCounted *span
	for i, s := range spans {
		if i >= 2 {
			if gap := s.begin.Sub(spans[i-2].begin); gap < time.Second-early {
				t.Errorf("three requests in %v", gap)
			}
		}
		if s.call.Write {
			if lastWrite != nil && s.begin.Sub(lastWrite.begin) < limits.WriteGap-early {
				t.Errorf("two writes %v apart", s.begin.Sub(lastWrite.begin))
			}
			lastWrite = &spans[i]
		}
		if !s.call.Uncounted {
			if lastCounted != nil && s.begin.Before(lastCounted.end) {
				t.Errorf("two counted calls in flight at once")
			}
			lastCounted = &spans[i]
		}
	}
}

func TestAnyMixOfCallsHoldsTheRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type job struct {
			after, lasts time.Duration
			call         limits.Call
		}
		jobs := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) job {
			kind := rapid.SampledFrom([]limits.Call{write, read, detail}).Draw(rt, "call")
			return job{
				after: time.Duration(rapid.IntRange(0, 3000).Draw(rt, "after")) * time.Millisecond,
				lasts: time.Duration(rapid.IntRange(0, 1500).Draw(rt, "lasts")) * time.Millisecond,
				call:  kind,
			}
		}), 2, 12).Draw(rt, "jobs")
		var spans []span
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			var mu sync.Mutex // guards spans
			var wg sync.WaitGroup
			for i, j := range jobs {
				hand := open(t, dir)
				wg.Go(func() {
					time.Sleep(j.after)
					p, err := hand.Begin(t.Context(), j.call)
					if err != nil {
						t.Errorf("job %d: %v", i, err)
						return
					}
					begun := time.Now()
					time.Sleep(j.lasts)
					mu.Lock()
					spans = append(spans, span{begun, time.Now(), j.call})
					mu.Unlock()
					if err := p.End(t.Context(), limits.Result{Sent: begun, OK: true}); err != nil {
						t.Errorf("job %d: %v", i, err)
					}
				})
			}
			wg.Wait()
		})
		if len(spans) != len(jobs) {
			rt.Fatalf("%d of %d calls were made", len(spans), len(jobs))
		}
		lawsOf(rt, spans, 0)
	})
}

const childEnv = "SIMKLD_TEST_LIMITS_DIR"

// child is one of the processes of a test: it makes calls until its standard input ends, and prints when each began and
// ended. The first line that it reads may be "die": then it is to be killed inside a call.
func child() bool {
	dir := os.Getenv(childEnv)
	if dir == "" {
		return false
	}
	l, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: "51", Client: "cid"})
	if err != nil {
		fmt.Println("error", err)
		return true
	}
	ctx := context.Background() // it ends by being killed or with its input
	kinds := []limits.Call{write, read, detail}
	in := bufio.NewScanner(os.Stdin)
	for i := 0; in.Scan(); i++ {
		call := kinds[i%len(kinds)]
		p, err := l.Begin(ctx, call)
		if err != nil {
			fmt.Println("error", err)
			return true
		}
		begun := time.Now()
		if in.Text() == "die" {
			fmt.Println("inside")
			select {}
		}
		err = p.End(ctx, limits.Result{Sent: begun, OK: true})
		fmt.Println("call", i%len(kinds), begun.UnixNano(), time.Now().UnixNano(), err)
	}
	return true
}

// start runs this binary as a child, which makes one call for each line of input.
func start(t *testing.T, dir, input string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write([]byte(input)); err != nil {
		t.Fatal(err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func TestThreeProcessesTogetherHoldTheRules(t *testing.T) {
	dir := t.TempDir()
	const each = 4
	var wg sync.WaitGroup
	results := make([][]span, 3)
	for i := range results {
		cmd, out := start(t, dir, strings.Repeat("go\n", each))
		wg.Go(func() {
			for out.Scan() {
				var kind int
				var begun, ended int64
				var rest string
				if n, _ := fmt.Sscan(out.Text()+" ", &rest, &kind, &begun, &ended); n != 4 {
					t.Errorf("a child said %q", out.Text())
					continue
				}
				results[i] = append(results[i], span{time.Unix(0, begun), time.Unix(0, ended), []limits.Call{write, read, detail}[kind]})
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := slices.Concat(results...)
	if len(all) != 3*each {
		t.Fatalf("%d calls of %s were made", len(all), strconv.Itoa(3*each))
	}
	// Between the start that is recorded and the time a child prints lie microseconds; on a busy machine, more.
	lawsOf(t, all, 10*time.Millisecond)
}

func TestAKilledProcessLeavesNoLockBehind(t *testing.T) {
	dir := t.TempDir()
	cmd, out := start(t, dir, "die\n")
	if !out.Scan() || out.Text() != "inside" {
		t.Fatalf("the child said %q", out.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	begun := time.Now()
	once(t, open(t, dir), read)
	if waited := time.Since(begun); waited > 2*time.Second {
		t.Errorf("waited %v for a dead process", waited)
	}
}
