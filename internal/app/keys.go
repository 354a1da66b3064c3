package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/scrobbler"
)

const (
	// lineFor is how long a key is about the line that was shown last, and not about what plays now: it stays for 4 s.
	lineFor = 10 * time.Second
	// keyWithin is how long what a key asks for may take.
	keyWithin = 30 * time.Second
)

// keys knows which watch a key is about: the line that offers it may be about what has just ended.
type keys struct {
	mu    sync.Mutex // guards lines
	lines map[string]line
}

// line is a line that a player shows.
type line struct {
	action mpv.Action
	watch  media.WatchID
	at     time.Duration
}

func newKeys() *keys { return &keys{lines: map[string]line{}} }

// expect notes that a player shows a line about a watch with a key.
func (k *keys) expect(instance string, action mpv.Action, watch media.WatchID, mono time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines[instance] = line{action: action, watch: watch, at: mono}
}

// about is the watch that a key is about, 0 where no line says so.
func (k *keys) about(c mpv.Command, mono time.Duration) media.WatchID {
	k.mu.Lock()
	defer k.mu.Unlock()
	l, ok := k.lines[c.Instance]
	delete(k.lines, c.Instance)
	if !ok || l.action != c.Action || mono-l.at > lineFor {
		return 0
	}
	return l.watch
}

// listenToKeys does what is asked for with keys in mpv, one at a time.
func (d *Daemon) listenToKeys(ctx context.Context, source *mpv.Source) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-source.Commands():
			words, counted := d.pressed(ctx, c)
			d.log.Info("a key in mpv", zap.String("action", string(c.Action)), zap.String("done", words))
			n := scrobbler.Notify{Watch: counted, Ways: []players.Way{{Channel: "mpv", Instance: c.Instance}}}
			if counted != 0 {
				remote{d}.ask(n, config.OSDNeedsYou, words, mpv.ActionUndo)
			} else {
				remote{d}.show(config.OSDNeedsYou, n.Ways, words)
			}
		}
	}
}

// pressed does what a key asks for and says in a line what became of it, and which watch has counted by it.
func (d *Daemon) pressed(ctx context.Context, c mpv.Command) (words string, counted media.WatchID) {
	ctx, cancel := context.WithTimeout(ctx, keyWithin)
	defer cancel()
	watch := d.keys.about(c, d.now().Mono)
	if watch == 0 && c.Action != mpv.ActionUndo {
		watch = d.playsIn(c.Instance)
	}
	var err error
	switch c.Action {
	case mpv.ActionUndo:
		words, err = d.undoByKey(ctx, watch)
	case mpv.ActionCount:
		words, counted, err = d.countByKey(ctx, watch)
	case mpv.ActionFix:
		words, err = d.fixByKey(ctx, watch)
	}
	if err != nil {
		return fault.Line(about.Name, err), 0
	}
	return words, counted
}

// playsIn is the watch that a player shows, 0 if it shows none.
func (d *Daemon) playsIn(instance string) media.WatchID {
	var watch media.WatchID
	for _, v := range d.runner.Snapshot().Sessions {
		for _, way := range v.Ways {
			if way == (players.Way{Channel: "mpv", Instance: instance}) {
				watch = v.Watch
			}
		}
	}
	return watch
}

// undoByKey takes back the watch of the line, else the last one.
func (d *Daemon) undoByKey(ctx context.Context, watch media.WatchID) (string, error) {
	args := []string{"undo", "--json"}
	if watch != 0 {
		args = append(args, strconv.FormatInt(int64(watch), 10))
	}
	printed, err := d.command(ctx, args)
	if err != nil {
		return "", err
	}
	return "Taken back: " + d.labelIn(ctx, printed), nil
}

// countByKey counts what plays, or what the line is about, as watched.
func (d *Daemon) countByKey(ctx context.Context, watch media.WatchID) (string, media.WatchID, error) {
	marked, err := backend{d}.Mark(ctx, api.MarkRequest{Watch: watch})
	if err == nil {
		return "Counted: " + marked.Label, marked.Watch, nil
	}
	if fault.KindOf(err) != fault.NotFound || watch == 0 {
		return "", 0, err
	}
	// What does not play any more is in the journal.
	printed, err := d.command(ctx, []string{"mark", "--json", strconv.FormatInt(int64(watch), 10)})
	if err != nil {
		return "", 0, err
	}
	return "Counted: " + d.labelIn(ctx, printed), watch, nil
}

// fixByKey says how to say which title it really is: a question with candidates needs a keyboard and a screen.
func (d *Daemon) fixByKey(ctx context.Context, watch media.WatchID) (string, error) {
	if watch == 0 {
		e, err := d.store.LastEntry(ctx)
		if err != nil {
			return "", fault.New(fault.NotFound, "nothing was played yet that could be corrected", "")
		}
		watch = e.ID
	}
	return fmt.Sprintf("Which title is this? Say it in a terminal: %s fix %d", about.Name, watch), nil
}

// command runs a command of simkld as a person would.
func (d *Daemon) command(ctx context.Context, args []string) ([]byte, error) {
	if d.opt.Command == nil {
		return nil, fault.New(fault.Failed, "this is not possible from here", "run it in a terminal")
	}
	return d.opt.Command(ctx, d.store, args)
}

// labelIn is the title of the watch that a command printed the number of.
func (d *Daemon) labelIn(ctx context.Context, printed []byte) string {
	var out struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(printed, &out) != nil {
		return ""
	}
	id, err := strconv.ParseInt(out.ID, 10, 64)
	if err != nil {
		return ""
	}
	e, err := d.store.Entry(ctx, media.WatchID(id))
	if err != nil {
		return ""
	}
	return media.Sanitize(titleOf(e.Match, e.Path))
}
