package app

import (
	"context"
	"math"
	"runtime/debug"
	"time"

	"github.com/simkld/simkld/players"
)

const (
	// quietAfter is how long nothing plays or waits before the daemon is quiet.
	quietAfter = 2 * time.Second
	// quietMemory bounds what may pile up without a collection while it is quiet, in bytes: questions by status bars.
	quietMemory = 12 << 20
	// usualGC is Go's own setting.
	usualGC = 100
)

// keepQuiet gives memory back once nothing plays or waits, and keeps Go from collecting garbage every two minutes where
// none is made: an idle daemon wakes for nothing.
func (d *Daemon) keepQuiet(ctx context.Context) error {
	timer := time.NewTimer(quietAfter)
	defer timer.Stop()
	quiet := false
	for {
		changed := d.runner.Changed()
		switch busy := d.busy(); {
		case busy && quiet:
			quiet = false
			usualMemory()
		case busy:
			timer.Stop()
		case !quiet:
			timer.Reset(quietAfter)
		}
		select {
		case <-ctx.Done():
			usualMemory()
			return nil
		case <-changed:
		case <-timer.C:
			quiet = true
			debug.FreeOSMemory()
			debug.SetGCPercent(-1)
			debug.SetMemoryLimit(quietMemory)
		}
	}
}

func usualMemory() {
	debug.SetMemoryLimit(math.MaxInt64)
	debug.SetGCPercent(usualGC)
}

// busy reports whether anything plays or waits to be sent.
func (d *Daemon) busy() bool {
	for _, v := range d.runner.Snapshot().Sessions {
		if v.State != players.Stopped {
			return true
		}
	}
	return d.queue.Status().Pending > 0
}
