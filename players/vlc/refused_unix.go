//go:build !windows

package vlc

import (
	"errors"
	"syscall"
)

// dialWithin is the deadline of a connection.
const dialWithin = answerWithin

// refused reports whether nobody listens.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
