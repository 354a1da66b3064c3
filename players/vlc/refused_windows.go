package vlc

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// dialWithin is the deadline of a connection: Windows knocks three times, half a second apart, at a port where nobody
// listens before it says so.
const dialWithin = 4 * time.Second

// refused reports whether nobody listens.
func refused(err error) bool {
	return errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, syscall.ECONNREFUSED)
}
