package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// On macOS it is the uptime that stands still in a sleep, and the monotonic clock that goes on.
func sinceBoot() (mono, boot time.Duration) {
	return read(unix.CLOCK_UPTIME_RAW), read(unix.CLOCK_MONOTONIC)
}
