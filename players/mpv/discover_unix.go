//go:build unix

package mpv

import (
	"context"
	"errors"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// discover connects to the sockets that are there and then sleeps until the system tells of a new one.
func (s *Source) discover(ctx context.Context, out players.Sink) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		s.log.Warn("the system gives no watch on folders: new players are looked for every few seconds", zap.Error(err))
		return s.poll(ctx, out)
	}
	defer func() { _ = watcher.Close() }() // it never fails
	d := &discovery{source: s, watcher: watcher, watched: map[string]bool{}, failed: map[string]bool{}}
	d.everything(ctx, out)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err, ok := <-watcher.Errors:
			if !ok {
				return nil
			}
			s.log.Debug("watch on folders", zap.Error(err))
			d.everything(ctx, out) // events may have been lost
		case e, ok := <-watcher.Events:
			if !ok {
				return nil
			}
			d.event(ctx, e, out)
		}
	}
}

// discovery is owned by the goroutine of discover.
type discovery struct {
	source  *Source
	watcher *fsnotify.Watcher
	watched map[string]bool
	failed  map[string]bool // folders that cannot be watched, said once each
}

func (d *discovery) event(ctx context.Context, e fsnotify.Event, out players.Sink) {
	switch {
	case e.Has(fsnotify.Create):
		d.created(ctx, e.Name, out)
	case e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename):
		if d.watched[e.Name] { // the folder itself is gone: wait for it one step higher
			d.unwatch(e.Name)
			d.everything(ctx, out)
		}
	}
}

func (d *discovery) created(ctx context.Context, path string, out players.Sink) {
	leads, holds := false, false
	for _, p := range d.source.places {
		leads = leads || p.leads(path)
		holds = holds || p.holds(path)
	}
	if leads && isFolder(path) {
		d.everything(ctx, out)
		return
	}
	if holds && !isFolder(path) { // perhaps not a socket: dialing tells
		d.source.reach(ctx, path, out)
	}
}

// everything sets the watches anew and tries all sockets, because some may have come into being before the watches
// stood, also under the name of one that is connected. A player that is watched already is recognised by its process.
func (d *discovery) everything(ctx context.Context, out players.Sink) {
	d.rewatch()
	for _, path := range d.source.sockets() {
		d.source.reach(ctx, path, out)
	}
}

// rewatch watches the folders that matter now and no others. A folder that appears while a watch is set on the one
// above it may be missed, so it looks again until nothing is new.
func (d *discovery) rewatch() {
	for {
		wanted := map[string]bool{}
		for _, p := range d.source.places {
			for _, folder := range p.folders() {
				wanted[folder] = true
			}
		}
		added := false
		for folder := range wanted {
			if !d.watched[folder] && d.add(folder) {
				added = true
			}
		}
		for folder := range d.watched {
			if !wanted[folder] {
				d.unwatch(folder)
			}
		}
		if !added {
			return
		}
	}
}

func (d *discovery) unwatch(folder string) {
	delete(d.watched, folder)
	if err := d.watcher.Remove(folder); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
		d.source.log.Debug("end the watch on a folder", zap.String("folder", media.Sanitize(folder)), zap.Error(err))
	}
}

func (d *discovery) add(folder string) bool {
	if err := d.watcher.Add(folder); err != nil {
		if !d.failed[folder] {
			d.failed[folder] = true
			d.source.log.Warn("a folder cannot be watched for players",
				zap.String("folder", media.Sanitize(folder)), zap.Error(err))
		}
		return false
	}
	d.watched[folder] = true
	return true
}
