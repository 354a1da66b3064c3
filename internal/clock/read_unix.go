//go:build unix

package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// read gives 0 for a clock that the system lacks: then no sleep is ever seen, and nothing else is wrong.
func read(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
