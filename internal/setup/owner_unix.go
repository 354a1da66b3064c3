//go:build unix

package setup

import (
	"os"
	"path/filepath"
	"syscall"
)

// likeBeside gives a new file or folder to the owner of the folder that it is in: sudo must not leave files in a home
// folder that its user's player cannot read.
func likeBeside(path string) error { return ownerOf(filepath.Dir(path))(path) }

// ownerOf remembers to whom a file belongs: the result gives a path to the same. Only root has to and can.
func ownerOf(path string) func(path string) error {
	info, err := os.Stat(path)
	if err != nil || os.Getuid() != 0 {
		return func(string) error { return err }
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return func(string) error { return nil }
	}
	return func(path string) error { return os.Chown(path, int(st.Uid), int(st.Gid)) }
}
