package mpv

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/windows"
)

// dial opens a named pipe. Overlapped, a read has a deadline and ends when the pipe is closed (real-parts.md, Wine).
func dial(path string) (conn, error) {
	return os.OpenFile(path, os.O_RDWR|windows.O_FILE_FLAG_OVERLAPPED, 0)
}

// busy tells that all instances of the pipe are taken for the moment.
func busy(err error) bool { return errors.Is(err, windows.ERROR_PIPE_BUSY) }

// peerOf asks the system for the process that made the pipe.
func peerOf(c conn) (peer, error) {
	f, ok := c.(*os.File)
	if !ok {
		return peer{}, nil
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	var pid uint32
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = windows.GetNamedPipeServerProcessId(windows.Handle(fd), &pid)
	}); err != nil {
		return peer{}, err
	}
	return peer{pid: int(pid)}, failed
}

// allowed is decided by the access list of the pipe.
func allowed(peer) bool { return true }

// folderOf is unknown: working-directory is used.
func folderOf(int) string { return "" }

// pipesLike are the pipes that an entry names: itself, or those that are there where it is a glob.
func pipesLike(entry string) []string {
	if !strings.ContainsAny(entry, "*?") {
		return []string{entry}
	}
	pattern, err := windows.UTF16PtrFromString(entry)
	if err != nil {
		return nil
	}
	var found windows.Win32finddata
	search, err := windows.FindFirstFile(pattern, &found)
	if err != nil {
		return nil // there is none
	}
	defer windows.FindClose(search) //nolint:errcheck // it was only read
	var out []string
	for ; err == nil; err = windows.FindNextFile(search, &found) {
		out = append(out, pipes+windows.UTF16ToString(found.FileName[:]))
	}
	return out
}
