package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

func sinceBoot() (mono, boot time.Duration) {
	return read(unix.CLOCK_MONOTONIC), read(unix.CLOCK_BOOTTIME)
}
