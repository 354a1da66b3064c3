//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processors is the number that this process may use.
func processors() int { return runtime.NumCPU() }

// cost is what a process used in a while.
type cost struct {
	cpu time.Duration
	// Context switches of all threads: those that fell asleep by themselves, and those that another program drove out.
	voluntary, forced int64
}

func (c cost) String() string {
	return fmt.Sprintf("%.1f ms / %d (%d of them forced by others)", ms(c.cpu), c.voluntary+c.forced, c.forced)
}

// watch measures the daemon for d.
func (w *world) watch(ctx context.Context, d time.Duration) (cost, error) {
	pid := w.daemon.Process.Pid
	before, err := costOf(pid)
	if err != nil {
		return cost{}, err
	}
	if err := pass(ctx, d); err != nil {
		return cost{}, err
	}
	after, err := costOf(pid)
	return cost{after.cpu - before.cpu, after.voluntary - before.voluntary, after.forced - before.forced}, err
}

// costOf is what a process used so far: by its own CPU clock, which has nanoseconds and counts threads that ended.
func costOf(pid int) (cost, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil { //nolint:gosec // a number of a process has 22 bits
		return cost{}, fmt.Errorf("the CPU clock of %d: %w", pid, err)
	}
	c := cost{cpu: time.Duration(t.Nano())}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return cost{}, err
	}
	for _, file := range threads {
		c.voluntary += field(file, "voluntary_ctxt_switches:")
		c.forced += field(file, "nonvoluntary_ctxt_switches:")
	}
	return c, nil
}

// memory is in KiB.
type memory struct{ rss, pss, dirty int64 }

func memoryOf(pid int) (memory, error) {
	file := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	if _, err := os.Stat(file); err != nil {
		return memory{}, err
	}
	return memory{field(file, "Rss:"), field(file, "Pss:"), field(file, "Private_Dirty:")}, nil
}

// field is the number after a name in a file of /proc; 0 where there is none, as in that of a thread that has ended.
func field(file, name string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // the kernel writes numbers
			return n
		}
	}
	return 0
}
