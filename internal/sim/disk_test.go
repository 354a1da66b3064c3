package sim_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"sync"

	"modernc.org/sqlite"
)

// disk decides at each commit of a state file what becomes of it. It knows which daemon writes: one that is dead
// writes nothing any more.
type disk struct {
	mu      sync.Mutex // guards what follows
	full    bool
	commits int   // of this life
	life    *life // nil: only the person writes
}

// disks are the disks of all worlds, by the folder of their state: hooks of SQLite are of the whole process.
var disks sync.Map

func init() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, dsn string) error {
		u, err := url.Parse(dsn)
		if err != nil {
			return err
		}
		d, known := disks.Load(filepath.Dir(u.Path))
		if !known {
			return nil
		}
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return fmt.Errorf("the driver has no hooks")
		}
		hooks.RegisterCommitHook(d.(*disk).commit)
		return nil
	})
}

// commit refuses with 1.
func (d *disk) commit() int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.life == nil {
		return 0
	}
	if d.full || d.life.dead() {
		return 1
	}
	d.commits++
	if at := d.life.diesAt; at.what == "commit" && at.nth == d.commits {
		d.life.die()
		if !at.after {
			return 1
		}
	}
	return 0
}

func (d *disk) fill(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func (d *disk) of(l *life) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life, d.commits = l, 0
}
