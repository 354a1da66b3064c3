package app

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/store"
)

// StoreFault says in words why the state cannot be used.
func StoreFault(err error) error {
	if newer, ok := errors.AsType[*store.NewerError](err); ok {
		return fault.Wrap(fault.Failed, err, "the state was written by a newer simkld and is left alone",
			"install that one again, or use --state-dir; the file is "+newer.Path)
	}
	if damaged, ok := errors.AsType[*store.DamagedError](err); ok {
		return fault.Wrap(fault.Failed, err, "the state file is damaged",
			"start the daemon: it moves "+filepath.Base(damaged.Path)+" aside and keeps what can be read")
	}
	if store.IsFull(err) {
		return fault.Wrap(fault.Failed, err, "the disk is full, the state cannot be written", "make room")
	}
	return fault.Wrap(fault.Failed, err, fmt.Sprintf("the state cannot be used (%v)", err), "check the state folder, or use --state-dir")
}
