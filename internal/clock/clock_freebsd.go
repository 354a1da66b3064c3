package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// FreeBSD's clocks stand still in a sleep; the gap is seen by the position of the player alone.
func sinceBoot() (mono, boot time.Duration) {
	mono = read(unix.CLOCK_MONOTONIC)
	return mono, mono
}
