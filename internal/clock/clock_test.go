package clock_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/clock"
)

func TestClocksMoveTogetherWhileAwake(t *testing.T) {
	a := clock.Now()
	timer := time.NewTimer(20 * time.Millisecond)
	<-timer.C
	b := clock.Now()
	mono, boot, wall := b.Mono-a.Mono, b.Boot-a.Boot, b.Wall.Sub(a.Wall)
	if mono < 20*time.Millisecond || (mono-boot).Abs() > 5*time.Millisecond || (mono-wall).Abs() > 100*time.Millisecond {
		t.Errorf("20 ms are mono %v, boot %v, wall %v", mono, boot, wall)
	}
}

// TestBootClockIsTheOneThatGoesOn starts itself where the boot clock is an hour ahead. The kernel may forbid it.
func TestBootClockIsTheOneThatGoesOn(t *testing.T) {
	if os.Getenv("CLOCK_CHILD") != "" {
		now := clock.Now()
		t.Logf("gap %v", (now.Boot - now.Mono).Round(time.Minute))
		return
	}
	if runtime.GOOS != "linux" {
		return
	}
	here := clock.Now()
	cmd := exec.CommandContext(t.Context(), "unshare", "--time", "--fork", "--boottime", "3600",
		os.Args[0], "-test.run=TestBootClockIsTheOneThatGoesOn", "-test.v")
	cmd.Env = append(os.Environ(), "CLOCK_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "unshare") {
		t.Skipf("the kernel forbids time namespaces: %s", out)
	}
	want := (here.Boot - here.Mono + time.Hour).Round(time.Minute)
	if !strings.Contains(string(out), "gap "+want.String()) {
		t.Errorf("want gap %v, got %s (%v)", want, out, err)
	}
}
