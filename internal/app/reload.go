package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/scrobbler"
)

// settleFile is how long a file that is being saved is left alone: editors write it in several steps.
const settleFile = 100 * time.Millisecond

// watchSettings reads the settings again when SIGHUP comes or the file is saved. A bad file changes nothing, and is said.
func (d *Daemon) watchSettings(ctx context.Context) error {
	if d.opt.Reload == nil {
		<-ctx.Done()
		return nil
	}
	saved, failed, stop := d.watchFile()
	defer stop()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.opt.Hangup:
			d.reload(ctx)
		case e := <-saved:
			if filepath.Clean(e.Name) == d.opt.Paths.Config {
				timer.Reset(settleFile)
			}
		case err := <-failed:
			d.log.Debug("the watch on the settings failed; SIGHUP reloads them", zap.Error(err))
		case <-timer.C:
			d.reload(ctx)
		}
	}
}

// watchFile watches the folder of the settings: a file that is replaced is another file. Where there is no such folder
// only SIGHUP reloads.
func (d *Daemon) watchFile() (saved <-chan fsnotify.Event, failed <-chan error, stop func()) {
	none := func() {}
	if d.opt.Paths.Config == "" {
		return nil, nil, none
	}
	w, err := fsnotify.NewWatcher()
	if err == nil {
		err = w.Add(filepath.Dir(d.opt.Paths.Config))
	}
	if err != nil {
		d.log.Debug("the settings are not watched; SIGHUP reloads them", zap.Error(err))
		return nil, nil, none
	}
	return w.Events, w.Errors, func() {
		if err := w.Close(); err != nil {
			d.log.Debug("the watch on the settings could not be closed", zap.Error(err))
		}
	}
}

func (d *Daemon) reload(ctx context.Context) {
	d.systemd.Reloading()
	defer d.systemd.Ready()
	loaded, err := d.opt.Reload()
	if err != nil {
		d.log.Error("the new settings are not taken, the old ones stay", zap.Error(err))
		return
	}
	if err := d.apply(ctx, loaded); err != nil {
		d.log.Error("the new settings are not taken, the old ones stay", zap.Error(err))
		return
	}
	d.log.Info("settings read again", zap.String("file", loaded.File))
}

// apply gives each part its new values, after all of them were found good.
func (d *Daemon) apply(ctx context.Context, loaded config.Loaded) error {
	rules, err := RulesOf(ctx, loaded, d.store)
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	old := d.loaded.Swap(&loaded)
	if err := d.link.configure(ctx, loaded.Config.Simkl); err != nil {
		d.loaded.Store(old)
		return err
	}
	if err := d.log.SetLevel(loaded.Config.Log.Level); err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	d.page.settingsChanged()
	poke(d.reloaded)
	d.queue.SetLiveMaxAge(loaded.Config.Queue.LiveMaxAge)
	d.who.Set(d.identifyConfig(rules))
	set := d.settings()
	return d.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect {
		return append(m.Reload(set, now), m.Again(now)...)
	})
}
