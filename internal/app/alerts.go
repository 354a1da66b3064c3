package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/hooks"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/notify"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/queue"
	"github.com/simkld/simkld/scrobbler"
)

// alerts tells the desktop and the hooks what deserves attention. A button does what the command of its name does.
type alerts struct {
	d      *Daemon
	center *notify.Center
	hooks  *hooks.Runner
	// news is what run has to look up in the state before it can be told. It holds what a burst of ends may bring.
	news chan any

	// Of the goroutine of run alone.
	muted map[media.WatchID]bool // typed: nobody needs to be told
	asked map[media.WatchID]bool // not recognised, and told
}

var _ scrobbler.Notifier = (*alerts)(nil)

// What comes through news besides scrobbler.Notify.
type (
	muted struct {
		watch media.WatchID
		on    bool
	}
	loginLost struct{}
)

func newAlerts(d *Daemon) *alerts {
	desktop := d.opt.Desktop
	if desktop == nil {
		desktop = notify.NewDesktop(d.opt.Getenv)
	}
	a := &alerts{
		d: d, hooks: hooks.New(d.log.Named("hooks"), d.opt.Paths.Home), news: make(chan any, 64),
		muted: map[media.WatchID]bool{}, asked: map[media.WatchID]bool{},
	}
	a.center = notify.New(notify.Config{
		Desktop: desktop, Log: d.log.Named("notify"), Enabled: a.wanted, Busy: a.busy, Press: a.press,
	})
	return a
}

func (a *alerts) wanted(k notify.Kind) bool {
	c := a.d.config().Notify
	return c.Enabled && map[notify.Kind]bool{
		notify.Watched: c.Watched, notify.NotCounted: c.NotCounted, notify.NotRecognised: c.NotRecognised, notify.Login: c.Login,
	}[k]
}

// busy reports that a film may be full-screen, which players do not tell alike, or that nothing is to be told.
func (a *alerts) busy() (bool, <-chan struct{}) {
	changed := a.d.runner.Changed()
	snap := a.d.runner.Snapshot()
	if a.d.wall().Before(snap.Private.Until) {
		return true, changed
	}
	for _, v := range snap.Sessions {
		if v.State == players.Playing && v.Reason != media.ReasonMusic && v.Reason != media.ReasonPicture {
			return true, changed
		}
	}
	return false, changed
}

// Notify takes what a session has to tell. It never blocks.
func (a *alerts) Notify(n scrobbler.Notify) { a.tell(n) }

// mute keeps what somebody typed from being told: they see it where they typed it.
func (a *alerts) mute(w media.WatchID, on bool) { a.tell(muted{w, on}) }

// heard takes what the queue has to tell. It never blocks.
func (a *alerts) heard(e queue.Event) {
	if e.Kind == queue.EventUnmatched {
		a.tell(scrobbler.Notify{Kind: scrobbler.NoticeNotRecognised, Watch: e.Row.Watch, Match: e.Row.Match, Path: e.Row.Path})
	}
	if e.Kind == queue.EventLoginNeeded {
		a.tell(loginLost{})
	}
}

func (a *alerts) tell(what any) {
	if a.d.opt.Sealed != nil {
		return // a simulation has nobody to tell
	}
	select {
	case a.news <- what:
	default:
		a.d.log.Warn("too much happens at once: somebody is not notified")
	}
}

// run looks up what is to be told until ctx ends.
func (a *alerts) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case what := <-a.news:
			switch what := what.(type) {
			case muted:
				if delete(a.muted, what.watch); what.on {
					a.muted[what.watch] = true
				}
			case loginLost:
				a.center.Post(notify.Notice{
					Kind: notify.Login, Title: "Simkl needs you to log in", Body: capital(kept(a.d.queue.Status().Pending)) + ".",
					Command: about.Name + " login", Buttons: a.pageButton("Open"),
				})
			case scrobbler.Notify:
				a.about(ctx, what)
			}
		}
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (a *alerts) pageButton(label string) []notify.Button {
	if a.d.opt.Command == nil || !a.d.config().Dashboard.Enabled {
		return nil
	}
	return []notify.Button{{Key: keyPage, Label: label}}
}

// about tells of one watch.
func (a *alerts) about(ctx context.Context, n scrobbler.Notify) {
	e, err := a.d.store.Entry(ctx, n.Watch)
	if err != nil {
		e = store.Entry{ID: n.Watch, Match: n.Match, Path: n.Path, Played: n.Played, WatchedAt: a.d.wall()}
	}
	c := a.d.config().Hooks
	switch n.Kind {
	case scrobbler.NoticeWatched:
		a.hook(c.OnWatched, "watched", e)
	case scrobbler.NoticeNotRecognised:
		if a.asked[n.Watch] {
			return
		}
		a.asked[n.Watch] = true
		a.center.Withdraw(func(s notify.Notice) bool { return s.Watch == n.Watch })
		a.hook(c.OnUnmatched, "unmatched", e)
	case scrobbler.NoticeNotCounted:
	}
	if a.muted[n.Watch] {
		delete(a.muted, n.Watch)
		return
	}
	notice := a.notice(n, e)
	if n.Kind == scrobbler.NoticeWatched && a.d.offersRewatch(ctx, e) {
		notice.Body += " Watched before."
		notice.Command = about.Name + " mark --rewatch " + strconv.FormatInt(int64(n.Watch), 10)
		notice.Buttons = a.buttons(notify.Button{Key: keyRewatch, Label: "Rewatch"}, notify.Button{Key: keyUndo, Label: "Undo"})
	}
	a.center.Post(notice)
}

// The keys of buttons.
const (
	keyUndo    = "undo"
	keyCount   = "count"
	keyRewatch = "rewatch"
	keyFix     = "fix"
	keyPage    = "page"
	keyPick    = "pick:" // with the number of a title
)

func (a *alerts) notice(n scrobbler.Notify, e store.Entry) notify.Notice {
	number := strconv.FormatInt(int64(n.Watch), 10)
	label := nameOf(n.Match, n.Path)
	if n.Kind == scrobbler.NoticeNotRecognised && n.Path != "" {
		label = nameOf(media.Match{}, n.Path) // what was read out of the name is what is doubted
	}
	switch n.Kind {
	case scrobbler.NoticeWatched:
		at := e.WatchedAt
		if at.IsZero() {
			at = e.Ended
		}
		body := "Counted for " + term.When(at, a.d.wall().Local()) + "."
		if st := a.d.queue.Status(); !st.Reachable || st.LoginNeeded || a.d.link.needs() != "" {
			body = "Kept, sent later."
		}
		return notify.Notice{
			Kind: notify.Watched, Watch: n.Watch, Title: "Watched: " + label, Body: body, Quiet: true, For: 10 * time.Minute,
			Command: about.Name + " undo " + number, Buttons: a.buttons(notify.Button{Key: keyUndo, Label: "Undo"}),
		}
	case scrobbler.NoticeNotCounted:
		return notify.Notice{
			Kind: notify.NotCounted, Watch: n.Watch, Title: "Not counted: " + label, Quiet: true,
			Body:    fmt.Sprintf("%s really played, %s needed.", term.Percent(n.Played), term.Percent(n.Needed)),
			Command: about.Name + " mark " + number, Buttons: a.buttons(notify.Button{Key: keyCount, Label: "Count it"}),
		}
	case scrobbler.NoticeNotRecognised:
	}
	return notify.Notice{
		Kind: notify.NotRecognised, Watch: n.Watch, Title: "Which title is " + label + "?",
		Body: "Nothing was sent, the watch is kept.", Command: about.Name + " fix " + number,
		Buttons: a.buttons(notify.Button{Key: keyFix, Label: "Fix"}), Key: titleKey(n),
	}
}

// buttons are those that somebody can do something about.
func (a *alerts) buttons(all ...notify.Button) []notify.Button {
	if a.d.opt.Command == nil {
		return nil
	}
	return all
}

// titleKey is the same for all episodes of one title, so that a season is asked about once.
func titleKey(n scrobbler.Notify) string {
	if n.Match.Kind == media.KindEpisode && n.Match.Title != "" {
		return n.Match.TitleKey()
	}
	if n.Path != "" {
		return n.Path
	}
	return n.Match.Label()
}

// nameOf is the title, or the name of the file where that is not known.
func nameOf(m media.Match, file string) string {
	if m.Kind != media.KindNone && m.Kind != "" && m.Title != "" {
		return m.Label()
	}
	base, _, _ := strings.Cut(file, "?") // an address has its secrets there
	return path.Base(strings.ReplaceAll(base, `\`, "/"))
}

// pressWithin bounds what a button does.
const pressWithin = 30 * time.Second

// press does what a button asks for.
func (a *alerts) press(ctx context.Context, p notify.Pressed) *notify.Notice {
	number := strconv.FormatInt(int64(p.Notice.Watch), 10)
	switch {
	case p.Key == keyUndo:
		return a.command(ctx, p.Notice, "undo", number)
	case p.Key == keyCount:
		return a.command(ctx, p.Notice, "mark", number)
	case p.Key == keyRewatch:
		return a.command(ctx, p.Notice, "mark", "--rewatch", number)
	case p.Key == keyFix:
		return a.candidates(ctx, p.Notice)
	case strings.HasPrefix(p.Key, keyPick):
		return a.command(ctx, p.Notice, "fix", number, "--simkl", strings.TrimPrefix(p.Key, keyPick))
	case a.pageButton("") != nil: // a click beside the buttons too
		return a.command(ctx, p.Notice, "dashboard")
	}
	return nil
}

// command runs a command as if it had been typed. Where it fails, a notice in the place of the one that was pressed says
// why.
func (a *alerts) command(ctx context.Context, n notify.Notice, args ...string) *notify.Notice {
	ctx, cancel := context.WithTimeout(ctx, pressWithin)
	defer cancel()
	if a.d.opt.Command == nil {
		return nil
	}
	if _, err := a.d.opt.Command(ctx, a.d.store, args); err != nil {
		a.d.log.Warn("a button of a notification did not do it", zap.Strings("command", args), zap.Error(err))
		what, do := err.Error(), n.Command
		if e, ok := errors.AsType[*fault.Error](err); ok {
			what, do = e.What, e.Do
		}
		return &notify.Notice{Watch: n.Watch, Title: n.Title, Body: capital(what) + ".", Command: do, Quiet: n.Quiet, For: n.For}
	}
	a.d.log.Info("a button of a notification was pressed", zap.Strings("command", args))
	return nil
}

// candidates asks which of the titles it is that are known to fit.
func (a *alerts) candidates(ctx context.Context, n notify.Notice) *notify.Notice {
	rows, err := a.d.store.Unmatched(ctx)
	if err != nil {
		a.d.log.Warn("what is not recognised cannot be read", zap.Error(err))
	}
	ask := &notify.Notice{Watch: n.Watch, Title: n.Title, Body: n.Body, Command: n.Command}
	if e, err := a.d.store.Entry(ctx, n.Watch); err == nil {
		ask.Body = "Played " + term.When(e.Ended, a.d.wall().Local())
		if e.Length > 0 {
			ask.Body += ", " + term.Clock(e.Length)
		}
		ask.Body += "."
	}
	var before string
	for _, r := range rows {
		if r.Watch != n.Watch {
			continue
		}
		for _, c := range r.Candidates {
			if c.IDs.Simkl == 0 || len(ask.Buttons) == 2 {
				continue
			}
			label := fmt.Sprintf("%s (%d)", c.Title, c.Year)
			if c.Title == before {
				label = fmt.Sprintf("(%d)", c.Year)
			}
			before = c.Title
			ask.Buttons = append(ask.Buttons, notify.Button{
				Key: keyPick + strconv.FormatInt(int64(c.IDs.Simkl), 10), Label: media.Sanitize(label),
			})
		}
	}
	ask.Buttons = append(ask.Buttons, a.pageButton("Other")...)
	return ask
}

// changed takes away what is no longer true after a command, or another process, changed the state.
func (a *alerts) changed(k api.Kick) {
	if k == api.KickAccount {
		a.center.Withdraw(func(n notify.Notice) bool { return n.Kind == notify.Login })
	}
	if k == api.KickPrivate || len(a.center.Notices()) == 0 {
		return
	}
	a.center.Withdraw(func(n notify.Notice) bool {
		if n.Watch == 0 {
			return false
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		e, err := a.d.store.Entry(ctx, n.Watch)
		if err != nil {
			return false // it is not known, so it stays
		}
		switch n.Kind {
		case notify.Watched:
			return e.Outcome == store.OutcomeUndone || e.Outcome == store.OutcomeDropped
		case notify.NotCounted:
			return e.Outcome != store.OutcomeNotCounted
		case notify.NotRecognised:
			return e.Outcome != store.OutcomeUnmatched && e.Outcome != store.OutcomeNone
		case notify.Login:
		}
		return false
	})
}

// hookEvent is what a hook reads (docs/hooks.md). Names stay, fields may be added.
type hookEvent struct {
	Event         string      `json:"event"`
	ID            string      `json:"id"`
	Time          time.Time   `json:"time"`
	Label         string      `json:"label"`
	Path          string      `json:"path"`
	Player        string      `json:"player"`
	WatchedAt     *time.Time  `json:"watched_at"`
	Progress      float64     `json:"progress"`
	PlayedPercent float64     `json:"played_percent"`
	Identity      media.Match `json:"identity"`
	// Simkl is what Simkl took it for, null while it has not said.
	Simkl *hookAnswer `json:"simkl"`
}

type hookAnswer struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	Year  int       `json:"year"`
	IDs   media.IDs `json:"ids"`
}

func (a *alerts) hook(commands []string, event string, e store.Entry) {
	if len(commands) == 0 {
		return
	}
	at := e.WatchedAt
	if at.IsZero() {
		at = e.Ended
	}
	h := hookEvent{
		Event: event, ID: strconv.FormatInt(int64(e.ID), 10), Time: a.d.wall().UTC().Truncate(time.Second),
		Label: media.Sanitize(nameOf(e.Match, e.Path)), Path: PathURL(e.Path), Player: media.Sanitize(e.Player), WatchedAt: timeOrNil(at),
		Progress: e.Progress, PlayedPercent: e.Played, Identity: Clean(Enriched(e.Match, e.Answer)),
	}
	h.Identity.Because = nil
	if e.Answer != nil {
		h.Simkl = &hookAnswer{URL: "https://" + e.Answer.Page(), Title: media.Sanitize(e.Answer.Title), Year: e.Answer.Year, IDs: e.Answer.IDs}
	}
	text, err := json.Marshal(h)
	if err != nil {
		a.d.log.Error("the event for a hook cannot be written", zap.Error(err))
		return
	}
	a.hooks.Put(commands, append(text, '\n'))
}
