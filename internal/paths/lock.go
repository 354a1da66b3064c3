package paths

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"github.com/simkld/simkld/internal/fault"
)

// Lock is held by the one daemon of a state folder. The kernel lets go of it when the process dies.
type Lock struct {
	lock *flock.Flock
	pid  string // its file
}

// TryLock takes the state folder, which must exist. If another process has it, the error is of kind fault.Failed and
// names that process.
func TryLock(state string) (*Lock, error) {
	l := &Lock{
		lock: flock.New(filepath.Join(state, "daemon.lock"), flock.SetPermissions(0o600)),
		// A file of its own, since a locked file cannot be read on Windows.
		pid: filepath.Join(state, "daemon.pid"),
	}
	ok, err := l.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", state, err)
	}
	if !ok {
		return nil, fault.New(fault.Failed,
			"already running for this state folder (pid "+holder(l.pid)+")", "stop it or use --state-dir")
	}
	if err := WriteFile(l.pid, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(err, l.lock.Unlock())
	}
	return l, nil
}

// Close lets go.
func (l *Lock) Close() error {
	// The pid goes first: a later holder's must not be removed.
	return errors.Join(os.Remove(l.pid), l.lock.Unlock())
}

func holder(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return "unknown"
	}
	return strconv.Itoa(pid)
}
