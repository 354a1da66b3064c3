// Package app wires simkld together and owns the lives of its parts.
//
//	players ─▶ Mailbox ─▶ scrobbler.Runner ─▶ queue ─▶ deliver ─▶ simkl.Client ─▶ Simkl
//	                         │    ▲              │        ▲
//	                      identify └── told ◀────┘      link (account, client)
//	                         │
//	                       store (SQLite)          api ◀── commands
//
// It promises one daemon per state folder, that every goroutine it starts is waited for, and that being killed is a
// normal end. It is the only package that imports everything; it decides nothing about sessions, titles or the queue.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/clock"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/deliver"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/notify"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/matcher"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/queue"
	"github.com/simkld/simkld/scrobbler"
)

// Options say how the daemon runs.
type Options struct {
	Paths  paths.Paths
	Loaded config.Loaded
	// Reload reads the settings again, after SIGHUP or a change of the file; nil: they never change.
	Reload func() (config.Loaded, error)
	// Hangup tells that SIGHUP came; nil: it never does.
	Hangup <-chan os.Signal
	Log    *logs.Log
	Getenv func(string) string
	// Ready is called once players are watched and the local door is open.
	Ready func()
	// Notifier hears of what deserves attention; nil for the desktop and the hooks.
	Notifier scrobbler.Notifier
	// Desktop shows notifications; nil for the one that this system has.
	Desktop notify.Desktop
	// Command runs a command of simkld, with the state that is open, for the page, for keys in mpv and for the buttons of
	// notifications; nil: there are none of these.
	Command func(ctx context.Context, state *store.Store, args []string) (printed []byte, err error)
	// HTTP, Now and Random stand in for the network, the clocks and chance; nil for the real ones.
	HTTP   http.RoundTripper
	Now    func() media.Moment
	Random func() float64
	// Sealed, if not nil, is handed the inside of the daemon once it runs. Then nothing of this machine is watched but
	// the state folder: a simulation, whose time is not the machine's, could not wait for it.
	Sealed func(Inside)
}

// Daemon is what runs.
type Daemon struct {
	opt     Options
	log     *logs.Log
	now     func() media.Moment
	started time.Time

	store  *store.Store
	damage *store.Damage
	who    *identify.Identifier
	mail   *players.Mailbox
	runner *scrobbler.Runner
	queue  *queue.Queue
	link   *link
	page   *page
	// pictures are the posters that the page has shown.
	pictures posters
	alerts   *alerts
	// systemd hears how the daemon is, where it was started by it.
	systemd *service.Notify
	told    chan scrobbler.Told

	loaded  atomic.Pointer[config.Loaded]
	watched atomic.Pointer[watched]
	// vlcComes wakes the source of VLC: VLC may have come or gone, or has other settings. reloaded tells that the settings
	// were read again. Size 1 each: wake-ups.
	vlcComes, reloaded chan struct{}
	keys               *keys
	shown              atomic.Int64           // the watch whose start was shown in mpv last
	trouble            atomic.Pointer[string] // what the disk does not take, nil if it does
	// damagedNow: the state that is in use turned out to be damaged.
	damagedNow atomic.Bool
}

// Run is the daemon. It blocks until ctx ends, and returns nil then; an error says why it cannot run.
func Run(ctx context.Context, o Options) error {
	if o.Now == nil {
		o.Now = clock.Now
	}
	if err := paths.PrivateDir(o.Paths.State); err != nil {
		return fault.Wrap(fault.Failed, err, "the state folder "+o.Paths.State+" cannot be used", "use --state-dir")
	}
	lock, err := paths.TryLock(o.Paths.State)
	if err != nil {
		return err
	}
	d := &Daemon{opt: o, log: o.Log, now: o.Now, systemd: service.NewNotify(o.Log.Logger), keys: newKeys()}
	d.vlcComes, d.reloaded = make(chan struct{}, 1), make(chan struct{}, 1)
	d.watched.Store(&watched{})
	d.started = d.now().Wall
	d.loaded.Store(&o.Loaded)
	d.alerts = newAlerts(d)
	if o.Notifier == nil {
		d.opt.Notifier = d.alerts
	}
	// A session says at most a few things at once; what does not fit is for status only (see heard).
	d.told = make(chan scrobbler.Told, 64)
	err = d.run(ctx)
	return errors.Join(err, lock.Close())
}

func (d *Daemon) run(ctx context.Context) error {
	var err error
	d.store, d.damage, err = store.Open(ctx, d.opt.Paths.State, store.Options{Repair: true, Now: d.wall})
	if err != nil {
		return StoreFault(err)
	}
	defer func() {
		if err := d.store.Close(); err != nil {
			d.log.Error("the state could not be closed", zap.Error(err))
		}
	}()
	if d.damage != nil {
		d.log.Error("the state file was damaged and moved aside: simkld doctor", zap.String("moved_to", d.damage.MovedTo),
			zap.Int("watches_recovered", d.damage.Watches), zap.Error(d.damage.Reason))
	}
	if err := d.store.Prune(ctx); err != nil {
		d.log.Warn("old state could not be pruned", zap.Error(err))
	}
	if d.who, err = d.identifier(ctx); err != nil {
		return StoreFault(err)
	}
	if d.link, err = d.newLink(ctx); err != nil {
		return err
	}
	if d.page, err = d.newPage(ctx); err != nil {
		return StoreFault(err)
	}
	nums := &numbers{store: d.store, log: d.log.Logger}
	return d.live(ctx, scrobbler.New(d.settings(), nums.next))
}

// live starts the goroutines and waits for the end.
func (d *Daemon) live(ctx context.Context, machine *scrobbler.Machine) error {
	mem := memory{store: d.store, log: d.log.Logger}
	saved, err := mem.restoreSessions(ctx)
	if err != nil {
		return StoreFault(err)
	}
	sender := deliver.New(d.link.api, deliver.NewPages(d.link.catalog, d.store), d.link.hold, d.wall, d.rewatchesAlone)
	d.queue = queue.New(d.store, sender, queue.Config{
		LiveMaxAge: d.config().Queue.LiveMaxAge, Events: d.heard, Now: d.wall, Random: d.opt.Random,
	})
	d.link.tell = d.queue.SetAccount
	d.link.announce()
	d.mail = players.NewMailbox()
	d.runner = scrobbler.NewRunner(scrobbler.RunnerConfig{
		Machine: machine, Mail: d.mail, Outbox: outbox{d.queue}, Identifier: d.who, Memory: mem,
		Notifier: remote{d}, Remote: remote{d}, Now: d.now, Trouble: d.diskTrouble,
		Points: newPoints(d.link, d.store, d.log.Logger, d.wall, func() bool { return d.queue.Status().Reachable }),
	})
	var door net.Listener
	if d.opt.Sealed == nil {
		if door, err = d.openDoor(ctx); err != nil {
			return err
		}
	}

	parts := newStages()
	parts.start(ctx, rankSessions, "sessions", d.runner.Run)
	parts.start(ctx, rankQueue, "answers", d.passOn)
	parts.start(ctx, rankQueue, "account", d.link.run)
	if door != nil {
		parts.start(ctx, rankDoors, "settings", d.watchSettings)
		parts.start(ctx, rankDoors, "network and sleep", d.watchMachine)
		parts.start(ctx, rankDoors, "memory", d.keepQuiet)
		parts.start(ctx, rankDoors, "upkeep", func(ctx context.Context) error {
			return upkeep(ctx, d.store, d.log.Logger, d.unsound)
		})
		parts.start(ctx, rankDoors, "watchdog", func(ctx context.Context) error { return d.systemd.Watchdog(ctx, d.answers) })
		parts.start(ctx, rankDoors, "local door", func(ctx context.Context) error { return api.Serve(ctx, door, api.Door(backend{d})) })
		parts.start(ctx, rankDoors, "page", d.servePage)
		parts.start(ctx, rankDoors, "alerts", d.alerts.run)
		parts.start(ctx, rankDoors, "notifications", d.alerts.center.Run)
		parts.start(ctx, rankDoors, "hooks", d.alerts.hooks.Run)
	}

	// What an earlier run left is known before a player can speak.
	private := d.private(ctx)
	err = d.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect {
		effects := m.SetPrivate(private, now)
		return append(effects, m.Restore(saved, d.stillThere, now)...)
	})
	parts.start(ctx, rankQueue, "queue", d.queue.Run) // what that run left open is closed first
	if d.opt.Sealed == nil {
		parts.start(ctx, rankPlayers, "players", func(ctx context.Context) error { return d.watchPlayers(ctx, d.mail) })
	}
	if err == nil {
		d.log.Info("ready", zap.Int("pid", os.Getpid()), zap.String("state", d.opt.Paths.State))
		d.systemd.Ready()
		if d.opt.Ready != nil {
			d.opt.Ready()
		}
		if d.opt.Sealed != nil {
			d.opt.Sealed(Inside{Players: d.mail, Door: backend{d}, Machine: d.machineSays, Store: d.store, Step: d.step})
		}
		select {
		case <-ctx.Done():
		case err = <-parts.failed:
		}
	} else if ctx.Err() != nil {
		err = nil // it was to end before it was ready
	}
	d.log.Info("stopping")
	d.systemd.Stopping()
	if stopped := parts.stop(); err == nil {
		err = stopped
	}
	return err
}

// stillThere reports whether the player of a saved session may still run.
func (d *Daemon) stillThere(s scrobbler.Saved) bool { return s.PID == 0 || alive(s.PID) }

// passOn tells the sessions what became of their calls.
func (d *Daemon) passOn(ctx context.Context) error {
	for {
		select {
		case t := <-d.told:
			err := d.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.Told(t, now) })
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// diskTrouble says when the disk does not take what must be kept, and when it does again.
func (d *Daemon) diskTrouble(err error) {
	if err == nil {
		if d.trouble.Swap(nil) != nil {
			d.log.Info("the disk takes writes again; nothing was lost")
		}
		return
	}
	if store.IsDamaged(err) {
		d.unsound(err)
		return
	}
	words := "the state cannot be written: nothing is lost while simkld runs; make room on the disk"
	if d.trouble.Swap(&words) == nil {
		d.log.Error(words, zap.Error(err))
		return
	}
	d.log.Debug("the state still cannot be written", zap.Error(err))
}

func (d *Daemon) wall() time.Time        { return d.now().Wall }
func (d *Daemon) config() *config.Config { return &d.loaded.Load().Config }

// settings are the keys that decide about sessions.
func (d *Daemon) settings() scrobbler.Settings {
	c := d.config()
	places := d.places()
	return scrobbler.Settings{
		StartAfter: c.Scrobble.StartAfter, PauseAfter: c.Scrobble.PauseAfter, MinDuration: c.Scrobble.MinDuration,
		MinPlayed: float64(c.Scrobble.MinPlayedPercent), Resume: resumeModes[c.Scrobble.Resume],
		Place: func(path string) scrobbler.Place {
			if entry, yes := places.Excluded(path); yes {
				return scrobbler.Place{Reason: media.ReasonExcluded, Rule: fmt.Sprintf("%q", entry)}
			}
			if !places.Included(path) {
				return scrobbler.Place{Reason: media.ReasonNotIncluded}
			}
			return scrobbler.Place{}
		},
	}
}

var resumeModes = map[string]scrobbler.ResumeMode{
	config.ResumeOff: scrobbler.ResumeOff, config.ResumeOffer: scrobbler.ResumeOffer, config.ResumeSeek: scrobbler.ResumeSeek,
}

func (d *Daemon) places() *identify.Places { return PlacesOf(*d.config()) }

// PlacesOf are the folders that the settings name.
func PlacesOf(c config.Config) *identify.Places {
	return identify.NewPlaces(c.Matcher.Library, c.Matcher.Include, c.Matcher.Exclude)
}

// identifier asks what `fix` learned before what the settings say: it is newer.
func (d *Daemon) identifier(ctx context.Context) (*identify.Identifier, error) {
	rules, err := RulesOf(ctx, *d.loaded.Load(), d.store)
	if err != nil {
		return nil, err
	}
	return identify.New(d.identifyConfig(rules)), nil
}

// RulesOf are the rules of `fix`, the newest first, then those of the settings. Without a store none were learned.
func RulesOf(ctx context.Context, l config.Loaded, s *store.Store) ([]identify.Rule, error) {
	var learned []store.Rule
	if s != nil {
		var err error
		if learned, err = s.Rules(ctx); err != nil {
			return nil, err
		}
	}
	kinds := map[media.AnswerKind]matcher.RuleKind{
		media.AnswerMovie: matcher.RuleMovie, media.AnswerShow: matcher.RuleShow, media.AnswerAnime: matcher.RuleAnime,
	}
	var rules []identify.Rule
	for _, r := range learned {
		rules = append(rules, identify.Rule{
			Origin: fmt.Sprintf("fix %d", r.ID), Folder: r.Folder,
			Rule: matcher.Rule{Title: r.Title, IDs: r.IDs, Kind: kinds[r.Kind], Season: r.Season, EpisodeOffset: r.Offset},
		})
	}
	for _, r := range l.Config.Matcher.Rules {
		rules = append(rules, identify.Rule{
			Origin: fmt.Sprintf("%s:%d", filepath.Base(l.File), r.Line),
			Rule: matcher.Rule{
				Path: r.Path, Title: r.Title, Ignore: r.Ignore,
				IDs: media.IDs{
					Simkl: media.SimklID(r.Simkl), IMDB: r.IMDB, TMDB: r.TMDB, TVDB: r.TVDB, AniDB: r.AniDB, MAL: r.MAL,
				},
				Kind: matcher.RuleKind(r.Kind), Season: r.Season, EpisodeOffset: r.EpisodeOffset,
			},
		})
	}
	return rules, nil
}
