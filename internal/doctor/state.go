package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/queue"
)

// Files looks whether the state is closed to others.
type Files struct{ State string }

var _ Mender = Files{}

// Name is "files".
func (Files) Name() string { return "files" }

// Look finds what is open to others.
func (f Files) Look(context.Context) Finding {
	open, err := f.open()
	switch {
	case err != nil:
		return fail("the state folder cannot be read ("+reason(err)+")", "check its owner and rights")
	case len(open) > 0:
		return fail(term.List(open, 2)+" can be read by others", about.Name+" doctor --fix")
	case !exists(f.State):
		return fine("no state yet")
	}
	return fine("the state is yours alone")
}

// Mend closes what is open.
func (f Files) Mend(context.Context) (string, error) {
	open, err := f.open()
	if err != nil || len(open) == 0 {
		return "", err
	}
	for _, name := range open {
		if err := closeToOthers(name); err != nil {
			return "", err
		}
	}
	return "closed " + term.List(open, 5) + " to others", nil
}

// open lists what of the state others can read.
func (f Files) open() ([]string, error) {
	var open []string
	for _, name := range []string{"", store.FileName, store.FileName + "-wal", "token.json"} {
		path := filepath.Join(f.State, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if openToOthers(info) {
			open = append(open, path)
		}
	}
	return open, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// Queue looks whether the state file is sound, and what waits.
type Queue struct {
	State string
	Now   func() time.Time
}

var _ Mender = Queue{}

// Name is "queue".
func (Queue) Name() string { return "queue" }

// Look opens the state file and reads all of it.
func (q Queue) Look(ctx context.Context) Finding {
	if !exists(filepath.Join(q.State, store.FileName)) {
		return fine("empty; nothing was kept yet")
	}
	s, _, err := store.Open(ctx, q.State, store.Options{Now: q.Now})
	if err != nil {
		return q.trouble(err)
	}
	rows, err := s.Queue(ctx)
	if err == nil {
		err = s.Check(ctx)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return q.trouble(err)
	}
	return q.found(rows)
}

func (q Queue) trouble(err error) Finding {
	if _, ok := errors.AsType[*store.NewerError](err); ok {
		return fail("the state was written by a newer "+about.Name, "install that one again, or use --state-dir")
	}
	if store.IsDamaged(err) {
		return fail("the state file is damaged; what can be read of it is kept", about.Name+" doctor --fix")
	}
	return fail("the state file cannot be used ("+reason(err)+")", "check the state folder")
}

func (q Queue) found(rows []queue.Row) Finding {
	waiting, needs := 0, 0
	for _, r := range rows {
		if r.State == queue.StatePending {
			waiting++
		} else {
			needs++
		}
	}
	text := "empty"
	if waiting > 0 {
		text = term.Count(waiting, "call waits", "calls wait")
	}
	text += "; state file sound"
	old := q.aside()
	if len(old) > 0 {
		text += "; an older one was damaged and kept as " + old[0]
	}
	switch {
	case needs > 0:
		return hint(fmt.Sprintf("%s, %d need you", text, needs), about.Name+" queue list")
	case len(old) > 0:
		return hint(text, "remove it once nothing is missed")
	}
	return fine(text)
}

// aside are the damaged files that were moved aside.
func (q Queue) aside() []string {
	found, _ := filepath.Glob(filepath.Join(q.State, store.FileName+".damaged-*")) // the pattern is a good one
	var names []string
	for _, f := range found {
		if !strings.HasSuffix(f, "-wal") && !strings.HasSuffix(f, "-shm") {
			names = append(names, filepath.Base(f))
		}
	}
	return names
}

// Mend moves a damaged file aside, as the daemon does when it starts; not while one runs.
func (q Queue) Mend(ctx context.Context) (string, error) {
	s, _, err := store.Open(ctx, q.State, store.Options{Now: q.Now})
	if err == nil {
		// A large file is not read whole when it is opened.
		if err = errors.Join(s.Check(ctx), s.Close()); err == nil {
			return "", nil
		}
	}
	if !store.IsDamaged(err) {
		return "", nil
	}
	lock, held := paths.TryLock(q.State)
	if held != nil {
		return "", held
	}
	s, damage, err := store.Open(ctx, q.State, store.Options{Now: q.Now, Repair: true, Damaged: err})
	if err == nil {
		err = s.Close()
	}
	if err := errors.Join(err, lock.Close()); err != nil || damage == nil {
		return "", err
	}
	return fmt.Sprintf("moved the damaged file to %s; %s could be read from it", filepath.Base(damage.MovedTo),
		term.Count(damage.Watches, "waiting watch", "waiting watches")), nil
}
