package app

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/scrobbler"
)

// remote shows lines in players and steers them. It never blocks.
type remote struct{ *Daemon }

var (
	_ scrobbler.Remote   = remote{}
	_ scrobbler.Notifier = remote{}
)

// Resume shows where a file was left, or goes there, over the first channel that can.
func (r remote) Resume(o scrobbler.Resume) {
	place := fmt.Sprintf("%s (%d %%)", term.Clock(o.To), int(o.Point.Progress))
	if !o.Seek {
		r.show(config.OSDNeedsYou, o.Ways, "Left at "+place+", "+r.day(o.Point.At))
		return
	}
	for _, way := range o.Ways {
		if r.seek(way, o.Path, o.To) {
			r.log.Info("going where it was left", zap.Int64("watch", int64(o.Watch)), zap.String("channel", way.Channel),
				zap.Duration("to", o.To.Truncate(time.Second)))
			r.show(config.OSDNeedsYou, o.Ways, "Going on at "+place+", where it was left "+r.day(o.Point.At))
			return
		}
	}
}

func (r remote) seek(way players.Way, path string, to time.Duration) bool {
	w := r.watched.Load()
	switch {
	case way.Channel == "mpv" && w.mpv != nil:
		return w.mpv.Seek(way.Instance, path, to)
	case way.Channel == "mpris" && w.mpris != nil:
		return w.mpris.Seek(way.Instance, path, to)
	case way.Channel == "vlc" && w.vlc != nil:
		return w.vlc.Seek(way.Instance, path, to)
	}
	return false
}

func (r remote) day(at time.Time) string { return term.When(at, r.wall()) }

// Notify tells of what deserves attention: on the desktop, and in mpv where the player is one.
func (r remote) Notify(n scrobbler.Notify) {
	r.opt.Notifier.Notify(n)
	label := titleOf(n.Match, n.Path)
	switch n.Kind {
	case scrobbler.NoticeWatched:
		r.ask(n, config.OSDAll, "Watched: "+label, mpv.ActionUndo)
	case scrobbler.NoticeNotCounted:
		r.ask(n, config.OSDNeedsYou, fmt.Sprintf("Not counted: %s, %d %% played, %d %% needed", label, int(n.Played), int(n.Needed)), mpv.ActionCount)
	case scrobbler.NoticeNotRecognised:
		r.ask(n, config.OSDNeedsYou, "Not recognised: "+label, mpv.ActionFix)
	}
}

// ask shows a line about a watch with the key that answers it. That key is about this watch for as long as somebody may
// still be reading.
func (r remote) ask(n scrobbler.Notify, from string, line string, action mpv.Action) {
	for _, instance := range r.show(from, n.Ways, line, action) {
		r.keys.expect(instance, action, n.Watch, r.now().Mono)
	}
}

// scrobbling tells once for a watch that Simkl has heard of it.
func (r remote) scrobbling(watch media.WatchID, label string) {
	if r.config().Players.MPV.OSD != config.OSDAll || r.shown.Swap(int64(watch)) == int64(watch) {
		return
	}
	for _, v := range r.runner.Snapshot().Sessions {
		if v.Watch == watch {
			r.show(config.OSDAll, v.Ways, "Scrobbling: "+label)
		}
	}
}

// show shows a line in an mpv, if the setting osd is at least from. It gives the instances that show it.
func (r remote) show(from string, ways []players.Way, line string, offers ...mpv.Action) (shown []string) {
	w := r.watched.Load()
	osd := r.config().Players.MPV.OSD
	if w.mpv == nil || osd == config.OSDOff || from == config.OSDAll && osd != config.OSDAll {
		return nil
	}
	for _, way := range ways {
		if way.Channel == "mpv" && w.mpv.Show(way.Instance, line, offers...) {
			shown = append(shown, way.Instance)
		}
	}
	return shown
}
