package limits_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zone that the rule of the day is compared with

	"github.com/simkld/simkld/internal/simkl/limits"
)

var live = limits.Call{Write: true, Timeout: 15 * time.Second}

func holdOf(t *testing.T, l *limits.Limits, c limits.Call) *limits.HoldError {
	t.Helper()
	p, err := l.Begin(t.Context(), c)
	if err == nil {
		end(t, p, limits.Result{})
		return nil
	}
	hold, ok := errors.AsType[*limits.HoldError](err)
	if !ok {
		t.Fatal(err)
	}
	return hold
}

func TestADailyHoldStopsOnlyWhatIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		end(t, begin(t, l, write), limits.Result{Sent: time.Now(), Hold: limits.Daily, After: 3 * time.Hour})
		if hold := holdOf(t, l, read); hold == nil || time.Until(hold.Until) != 3*time.Hour {
			t.Errorf("a counted call: %v", hold)
		}
		if hold := holdOf(t, l, detail); hold != nil {
			t.Errorf("a detail page: %v", hold)
		}
		time.Sleep(3 * time.Hour)
		if hold := holdOf(t, l, read); hold != nil {
			t.Errorf("afterwards: %v", hold)
		}
	})
}

func TestABlockStopsEverythingOfThatClientIDOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := open(t, dir)
		end(t, begin(t, l, write), limits.Result{Sent: time.Now(), Hold: limits.Blocked})
		if holdOf(t, l, detail) == nil {
			t.Error("a detail page went out during a block")
		}
		other, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: "51", Client: "another"})
		if err != nil {
			t.Fatal(err)
		}
		if hold := holdOf(t, other, read); hold != nil {
			t.Errorf("the right client_id is held for the wrong one: %v", hold)
		}
		if holdOf(t, l, read) == nil {
			t.Error("a call with another client_id ended the block")
		}
	})
}

func TestAccountsAndServersHaveLimitsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		end(t, begin(t, open(t, dir), write), limits.Result{Sent: time.Now(), Hold: limits.Blocked})
		for _, cfg := range []limits.Config{
			{Dir: dir, Server: "https://api.example", Account: "52", Client: "cid"},
			{Dir: dir, Server: "https://other.example", Account: "51", Client: "cid"},
		} {
			l, err := limits.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if hold := holdOf(t, l, read); hold != nil {
				t.Errorf("%s %s: %v", cfg.Server, cfg.Account, hold)
			}
		}
	})
}

func TestALoginDoesNotBeginTheSecondAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var begun []time.Time
		for _, account := range []string{"", "token:x", "51", "51", "52"} {
			l, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: account, Client: "cid"})
			if err != nil {
				t.Fatal(err)
			}
			begun = append(begun, once(t, l, read))
		}
		for i := range begun[2:] {
			if gap := begun[i+2].Sub(begun[i]); gap < time.Second {
				t.Errorf("three requests in %v", gap)
			}
		}
	})
}

func TestEachAccountHasADayOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		of := func(account string) *limits.Limits {
			l, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: account, Client: "cid"})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		left := 7
		end(t, begin(t, of("51"), read), limits.Result{Sent: time.Now(), OK: true, Remaining: &left})
		time.Sleep(2 * time.Second)
		once(t, of("52"), read)
		for account, want := range map[string]int{"51": 7, "52": limits.FreeCalls - 1, "53": limits.FreeCalls} {
			if got, err := of(account).Left(t.Context()); err != nil || got != want {
				t.Errorf("account %s has %d left (%v), want %d", account, got, err, want)
			}
		}
	})
}

func TestAfterAPerSecondLimitTheNextCallWaitsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		end(t, begin(t, l, read), limits.Result{Sent: time.Now(), RateLimited: true})
		begun := time.Now()
		if waited := once(t, l, read).Sub(begun); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestBelowTheReserveOnlyWhatMattersGoesOut(t *testing.T) {
	for _, tt := range []struct {
		left    int
		refused bool
	}{{100, false}, {99, true}, {0, true}} {
		synctest.Test(t, func(t *testing.T) {
			l := open(t, t.TempDir())
			end(t, begin(t, l, live), limits.Result{Sent: time.Now(), OK: true, Remaining: &tt.left})
			if _, err := l.Begin(t.Context(), live); errors.Is(err, limits.ErrBudget) != tt.refused {
				t.Errorf("%d left: %v", tt.left, err)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			l := open(t, t.TempDir())
			end(t, begin(t, l, live), limits.Result{Sent: time.Now(), OK: true, Remaining: &tt.left})
			once(t, l, write)
			once(t, l, read)
			once(t, l, detail)
		})
	}
}

func TestWithoutWordFromTheServiceAFreeAccountsCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour) // the bubble begins at midnight UTC, hours before New York's
		l := open(t, t.TempDir())
		for range 401 {
			once(t, l, write)
			once(t, l, detail) // does not count
			end(t, begin(t, l, read), limits.Result{})
		}
		if left, err := l.Left(t.Context()); left != 99 || err != nil {
			t.Errorf("%d left (%v)", left, err)
		}
		if _, err := l.Begin(t.Context(), live); !errors.Is(err, limits.ErrBudget) {
			t.Errorf("a live call: %v", err)
		}
		for range 24 {
			time.Sleep(time.Hour)
			if left, err := l.Left(t.Context()); err != nil || (left == limits.FreeCalls) != inNewYork(t, 2) {
				t.Errorf("at %v %d are left (%v)", time.Now(), left, err)
			}
		}
	})
}

// inNewYork says whether it is at least that day of January 2000 in New York.
func inNewYork(t *testing.T, day int) bool {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(zone).YearDay() >= day && time.Now().In(zone).Year() == 2000
}

// A stepped clock is one of the ways in which a home-theatre box without a battery starts its day.
func TestASteppedClockDelaysNobodyLongerThanTheRules(t *testing.T) {
	for _, step := range []time.Duration{-48 * time.Hour, -time.Hour, -2 * time.Second, -500 * time.Millisecond, time.Hour, 48 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var shift time.Duration
			l, err := limits.Open(limits.Config{Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(shift) }})
			if err != nil {
				t.Fatal(err)
			}
			once(t, l, write)
			once(t, l, read)
			end(t, begin(t, l, read), limits.Result{Sent: time.Now(), RateLimited: true})
			shift = step
			begun := time.Now()
			end(t, begin(t, l, write), limits.Result{Sent: time.Now().Add(shift), Hold: limits.Blocked})
			if waited := time.Since(begun); waited > 3200*time.Millisecond {
				t.Errorf("a step of %v made a call wait %v", step, waited)
			}
			shift = 0
			begun = time.Now()
			for holdOf(t, l, write) != nil {
				time.Sleep(time.Second)
			}
			if waited := time.Since(begun); waited > 2*time.Minute+2*time.Second {
				t.Errorf("a hold of a minute at a clock that was %v off lasted %v", step, waited)
			}
		})
	}
}

func stateFile(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "limits-*.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("state files: %q (%v)", found, err)
	}
	return found[0]
}

func TestADamagedStateIsMovedAsideAndSaidAndTheNextCallsKeepTheirDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		once(t, open(t, dir), write)
		path := stateFile(t, dir)
		if err := os.WriteFile(path, []byte(`{"last":[1,`), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		var said string
		l, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: "51", Client: "cid", Damaged: func(m string) { said = m }})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if waited := once(t, l, write).Sub(begun); waited < limits.WriteGap {
			t.Errorf("the next write waited %v", waited)
		}
		kept, err := os.ReadFile(said)
		if err != nil || string(kept) != `{"last":[1,` || !strings.HasPrefix(said, path+".damaged-") {
			t.Errorf("moved to %q: %q (%v)", said, kept, err)
		}
	})
}

func TestTheFolderMayBeClearedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "simkld")
		l := open(t, dir)
		once(t, l, write)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		once(t, l, write)
	})
}

func TestFilesAreForTheUserAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "simkld")
	once(t, open(t, dir), write)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if perm := info.Mode().Perm(); perm&0o077 != 0 {
			t.Errorf("%s has mode %v", e.Name(), perm)
		}
	}
}

func TestACountedCallWaitsForTheOneInFlightAndADetailPageDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := begin(t, open(t, dir), write)
		other := open(t, dir) // another process, as far as locks go
		begun := time.Now()
		once(t, other, detail)
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("the detail page waited %v", waited)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			once(t, other, read)
			if waited := time.Since(begun); waited < 10*time.Second || waited > 10*time.Second+50*time.Millisecond {
				t.Errorf("the counted call waited %v", waited)
			}
		})
		time.Sleep(10 * time.Second)
		end(t, p, answered)
		wg.Wait()
	})
}

func TestAFrozenProcessIsPassedBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		frozen := begin(t, open(t, dir), write) // never ended while it matters
		other := open(t, dir)
		begun := time.Now()
		once(t, other, write)
		if waited := time.Since(begun); waited < write.Timeout || waited > write.Timeout+10*time.Second {
			t.Errorf("waited %v", waited)
		}
		end(t, frozen, limits.Result{})
	})
}

func TestALateSendCountsFromWhenItWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		p := begin(t, l, write)
		time.Sleep(400 * time.Millisecond) // a connection had to be made first
		sent := time.Now()
		end(t, p, limits.Result{Sent: sent, OK: true})
		if gap := once(t, l, write).Sub(sent); gap < limits.WriteGap {
			t.Errorf("the next write came %v after", gap)
		}
	})
}

func TestAProcessWithMuchToWriteDoesNotShutOutTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		busy := open(t, dir)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { // ends when stop is closed
			for {
				select {
				case <-stop:
					return
				default:
					p := begin(t, busy, write)
					time.Sleep(200 * time.Millisecond)
					end(t, p, limits.Result{Sent: time.Now(), OK: true})
				}
			}
		})
		other := open(t, dir)
		for range 10 {
			time.Sleep(3 * time.Second)
			begun := time.Now()
			once(t, other, read)
			if waited := time.Since(begun); waited > 1500*time.Millisecond {
				t.Errorf("a command waited %v", waited)
			}
		}
		close(stop)
		wg.Wait()
	})
}
