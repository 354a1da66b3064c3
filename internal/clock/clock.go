// Package clock reads the machine's three clocks at once.
//
// It promises that Mono stands still while the machine sleeps and Boot does not, where the system has such clocks,
// and that on one boot readings of two processes can be compared. It must not decide anything.
package clock

import (
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Now reads the clocks. Where the system tells no time that goes on through a sleep, Boot equals Mono.
func Now() media.Moment {
	mono, boot := sinceBoot()
	return media.Moment{Wall: time.Now().UTC(), Mono: mono, Boot: boot}
}
