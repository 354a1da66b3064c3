package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
)

// explain puts what other packages return into words for a person. A fault.Error already is.
func explain(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok || err == nil {
		return err
	}
	if e, ok := errors.AsType[*store.DamagedError](err); ok {
		return fault.Wrap(fault.Failed, err, "the state file "+e.Path+" is damaged",
			"run '"+about.Name+" run', which moves it aside and keeps what can be read")
	}
	if e, ok := errors.AsType[*store.NewerError](err); ok {
		return fault.Wrap(fault.Failed, err, e.Path+" was written by a newer "+about.Name, "update this one, or use another --state-dir")
	}
	if store.IsFull(err) {
		return fault.Wrap(fault.Failed, err, "the disk is full, nothing was changed", "make room")
	}
	if api.IsNoDaemon(err) {
		return noDaemon("")
	}
	if simkl.ClassOf(err) != "" || errors.Is(err, simkl.ErrNotApproved) || errors.Is(err, simkl.ErrDenied) {
		return simkl.Explain(err, time.Now())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Failed, err, "the daemon gave no answer in time", "try again, or stop it and start it anew")
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.Wrap(fault.Failed, err, filepath.Base(e.Path)+" cannot be used ("+e.Err.Error()+")", "check "+e.Path)
	}
	return err
}

// noDaemon is a command that needs the daemon. note says what is known without it, "" for nothing.
func noDaemon(note string) error {
	what := "the daemon is not running"
	if note != "" {
		what += " (" + note + ")"
	}
	return fault.New(fault.NoDaemon, what, "run '"+about.Name+" run'")
}
