package limits_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/simkl/limits"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, dir string) *limits.Limits {
	t.Helper()
	l, err := limits.Open(limits.Config{Dir: dir, Server: "https://api.example", Account: "51", Client: "cid"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func begin(t testing.TB, l *limits.Limits, c limits.Call) *limits.Permit {
	t.Helper()
	p, err := l.Begin(t.Context(), c)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	return p
}

func end(t testing.TB, p *limits.Permit, r limits.Result) {
	t.Helper()
	if err := p.End(t.Context(), r); err != nil {
		t.Fatalf("end: %v", err)
	}
}

// once makes one call that is answered at once, and gives the time at which it started.
func once(t testing.TB, l *limits.Limits, c limits.Call) time.Time {
	t.Helper()
	p := begin(t, l, c)
	now := time.Now()
	end(t, p, limits.Result{Sent: now, OK: true})
	return now
}

var (
	write    = limits.Call{Write: true, Priority: limits.Finished, Timeout: 15 * time.Second}
	read     = limits.Call{Priority: limits.Typed, Timeout: 15 * time.Second}
	detail   = limits.Call{Uncounted: true, Timeout: 15 * time.Second}
	answered = limits.Result{OK: true}
)

func TestWritesAreElevenTenthsOfASecondApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		first := once(t, l, write)
		second := once(t, l, write)
		if gap := second.Sub(first); gap < 1100*time.Millisecond || gap > 1200*time.Millisecond {
			t.Errorf("the second write came after %v", gap)
		}
	})
}

func TestTwoReadsGoAtOnceAndTheThirdWaitsForTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		first, second, third := once(t, l, read), once(t, l, read), once(t, l, detail)
		if second != first {
			t.Errorf("the second read waited %v", second.Sub(first))
		}
		if gap := third.Sub(first); gap < time.Second || gap > 1100*time.Millisecond {
			t.Errorf("the third came after %v", gap)
		}
	})
}

func TestBlockHoldsAMinuteAndDoublesToAnHourUntilASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			end(t, begin(t, l, write), limits.Result{Sent: time.Now(), Hold: limits.Blocked})
			_, err := l.Begin(t.Context(), write)
			hold, ok := errors.AsType[*limits.HoldError](err)
			if !ok || hold.Reason != limits.Blocked {
				t.Fatalf("no hold: %v", err)
			}
			if got, want := time.Until(hold.Until), time.Duration(minutes)*time.Minute; got != want {
				t.Errorf("held for %v, want %v", got, want)
			}
			time.Sleep(time.Until(hold.Until))
		}
		once(t, l, write)
		time.Sleep(2 * time.Second)
		end(t, begin(t, l, write), limits.Result{Sent: time.Now(), Hold: limits.Blocked})
		hold, err := l.Hold(t.Context())
		if err != nil || hold == nil || time.Until(hold.Until) != time.Minute {
			t.Errorf("after a success the hold is %v (%v)", hold, err)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, t.TempDir())
		p := begin(t, l, write)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Begin(ctx, write); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		end(t, p, answered)
		begun := begin(t, l, write)
		end(t, begun, answered)
	})
}

func BenchmarkBeginAndEnd(b *testing.B) {
	var shift time.Duration
	l, err := limits.Open(limits.Config{Dir: b.TempDir(), Now: func() time.Time { return time.Now().Add(shift) }})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		shift += 2 * time.Second
		p, err := l.Begin(b.Context(), read)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.End(b.Context(), limits.Result{Sent: time.Now().Add(shift), OK: true}); err != nil {
			b.Fatal(err)
		}
	}
}
