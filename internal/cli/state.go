package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

// state opens the state file of this process, whether a daemon runs or not.
func (e *Env) state(ctx context.Context) (*store.Store, error) {
	if e.opened != nil {
		return e.opened, nil
	}
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	s, moved, err := openStore(ctx, p, e.Now)
	if err != nil {
		return nil, err
	}
	if moved != "" {
		fmt.Fprintf(e.Err, "%s: state file damaged, moved to %s: run '%s doctor'\n",
			about.Name, media.Sanitize(filepath.Base(moved)), about.Name)
	}
	e.opened = s
	return s, nil
}

// stateIfAny is state, or nil when nothing was ever kept: what only looks leaves no file behind.
func (e *Env) stateIfAny(ctx context.Context) (*store.Store, error) {
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(p.State, store.FileName)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no state is a normal state
	}
	return e.state(ctx)
}

// parseEntry reads the number of a watch.
func parseEntry(arg string) (media.WatchID, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(arg, "#"), 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.Usagef("use the number that 'simkld history' shows", "%q is no number of a watch", arg)
	}
	return media.WatchID(n), nil
}

func parseEntries(args []string) ([]media.WatchID, error) {
	ids := make([]media.WatchID, 0, len(args))
	for _, arg := range args {
		id, err := parseEntry(arg)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func noEntry(id media.WatchID) error {
	return fault.New(fault.NotFound, fmt.Sprintf("there is no watch %d", id), "'"+about.Name+" history' has their numbers")
}

// number writes the number of a watch as JSON has it.
func number(id media.WatchID) string { return strconv.FormatInt(int64(id), 10) }
