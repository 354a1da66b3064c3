//go:build unix

package mpris

import (
	"os"
	"syscall"
)

// ownerOf is the user to whom a socket belongs.
func ownerOf(path string) (uid int, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(sys.Uid), true
	}
	return 0, false
}
