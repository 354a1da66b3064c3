package matcher_test

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/simkld/simkld/matcher"
)

const (
	floorSpeed = 100_000 // names per second of one core
	ceilAllocs = 2       // allocations per name
)

// The time of the processor is measured, and that of this thread alone: what else the machine does is no matter.
func TestSpeedAndAllocationsHold(t *testing.T) {
	cases := loadCorpus(t, "dev")
	all := func() {
		for i := range cases {
			matcher.Match(matcher.Input{Path: cases[i].Path})
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cpu := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	all()
	best := 0.0
	for range 3 {
		start := cpu()
		all()
		best = max(best, float64(len(cases))/(cpu()-start).Seconds())
	}
	allocs := testing.AllocsPerRun(1, all) / float64(len(cases))
	t.Logf("%.0f names per second, %.2f allocations per name", best, allocs)
	if best < floorSpeed/raceCost {
		t.Errorf("%.0f names per second, the mark is %d", best, floorSpeed/raceCost)
	}
	if raceCost == 1 && allocs > ceilAllocs { // under the race detector a pool forgets what it was given
		t.Errorf("%.2f allocations per name, the mark is %d", allocs, ceilAllocs)
	}
}
