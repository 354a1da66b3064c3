package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newStatus(env *Env) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use: "status", Short: "what plays, what became of it, and what waits", GroupID: groupWatch, Args: between(0, 0),
		Long: `With --follow it stays: redrawn each second on a terminal (q ends), a line for each
change in a pipe, and with --json a line of JSON for each change and each whole percent.
It waits for a daemon that is not there.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if follow {
				return followStatus(cmd.Context(), env)
			}
			return status(cmd.Context(), env)
		},
	}
	cmd.Flags().BoolVar(&follow, "follow", false, "stay and show every change")
	return cmd
}

func status(ctx context.Context, env *Env) error {
	d, err := env.daemon()
	if err != nil {
		return err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(wait)
	switch {
	case api.IsNoDaemon(err):
		return noDaemon(env.keptWords(ctx))
	case err != nil:
		return err
	case env.flags.json:
		return env.print(cleanStatus(st))
	}
	_, err = fmt.Fprint(env.Out, env.renderStatus(st, env.out()))
	return err
}

// keptWords says how many finished watches wait while no daemon runs, "" when that is not known.
func (e *Env) keptWords(ctx context.Context) string {
	s, err := e.stateToLook(ctx)
	if s == nil || err != nil {
		return ""
	}
	rows, err := s.Queue(ctx)
	if err != nil {
		return ""
	}
	n := 0
	for _, r := range rows {
		if r.Watched() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return term.Count(n, "watch kept", "watches kept")
}

// stateToLook opens the state if there is one, and neither makes nor mends anything.
func (e *Env) stateToLook(ctx context.Context) (*store.Store, error) {
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(p.State, store.FileName)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no state is a normal state
	}
	if e.opened == nil {
		s, _, err := store.Open(ctx, p.State, store.Options{Now: e.Now})
		if err != nil {
			return nil, err
		}
		e.opened = s
	}
	return e.opened, nil
}

// cleanStatus makes sure that a list is never null and an address whole, whatever daemon answered.
func cleanStatus(st api.Status) api.Status {
	for i, s := range st.Sessions {
		st.Sessions[i].URL = webPage(s.URL)
	}
	if st.Last != nil {
		st.Last.URL = webPage(st.Last.URL)
	}
	if st.Checkin != nil {
		st.Checkin.URL = webPage(st.Checkin.URL)
	}
	if st.Sessions == nil {
		st.Sessions = []api.Session{}
	}
	if st.Players == nil {
		st.Players = []string{}
	}
	if st.Needs == nil {
		st.Needs = []string{}
	}
	return st
}

// renderStatus is the picture of `status`: needs you, playing, paused, waiting, ignored, account (screens.md 2).
func (e *Env) renderStatus(st api.Status, out term.Screen) string {
	v := statusView{env: e, out: out, st: st, now: e.Now(), percent: -1}
	if l, err := e.load(); err == nil {
		v.percent = l.Config.Scrobble.MinPlayedPercent
	}
	v.needs()
	v.sessions()
	v.checkin()
	v.waiting()
	v.account()
	return v.b.String()
}

type statusView struct {
	env     *Env
	out     term.Screen
	st      api.Status
	now     time.Time
	percent int // min_played_percent, -1 when unknown
	b       strings.Builder
}

func (v *statusView) line(format string, args ...any) { fmt.Fprintf(&v.b, format+"\n", args...) }

func (v *statusView) needs() {
	for _, n := range v.st.Needs {
		v.line("%s  %s", v.out.Paint(term.NeedsYou, "NEEDS YOU"), term.Foreign(capital(n)))
	}
}

// sessions shows what plays, what is paused and what is ignored; without any, what is listened to.
func (v *statusView) sessions() {
	var ignored []api.Session
	shown := 0
	for _, state := range []string{"playing", "paused", "stopped"} {
		for _, s := range v.st.Sessions {
			switch {
			case s.State != state:
			case s.Scrobble == "ignored":
				ignored = append(ignored, s)
			default:
				v.session(s)
				shown++
			}
		}
	}
	if len(ignored) > 0 {
		v.ignored(ignored)
	}
	if shown == 0 && len(ignored) == 0 {
		v.idle()
	}
}

// checkin shows what is watched elsewhere.
func (v *statusView) checkin() {
	if c := v.st.Checkin; c != nil {
		v.line("%s", besideAddress(v.out, "Checked in: "+term.Foreign(c.Label)+", since "+v.env.clock(c.Since)+". Back: simkld checkin --cancel", c.URL))
	}
}

func (v *statusView) idle() {
	ready := "No player is watched"
	if len(v.st.Players) > 0 {
		ready = "Ready: " + term.Foreign(strings.Join(v.st.Players, ", "))
	}
	v.line("Nothing plays. %s.", ready)
	if l := v.st.Last; l != nil {
		words := "Last: " + term.Foreign(l.Label)
		if l.WatchedAt != nil {
			words += ", watched " + term.When(*l.WatchedAt, v.now)
		}
		words += ", " + becameWords(store.Outcome(l.Outcome)) + "."
		v.line("%s", besideAddress(v.out, words, l.URL))
	}
}

func (v *statusView) session(s api.Session) {
	head := fmt.Sprintf("%-3s %s", term.Foreign(s.ID), sessionTitle(s))
	if s.Episode != "" {
		head += ` "` + term.Foreign(s.Episode) + `"`
	}
	head += "   " + term.Foreign(s.Player)
	v.line("%s", besideAddress(v.out, head, s.URL))
	state := s.State
	if s.Paused != nil {
		state += " " + v.env.clock(*s.Paused)
	}
	v.line("    %s %5s   %s of %s   %s", term.Bar(s.Progress), term.Percent(s.Progress),
		term.Clock(seconds(s.PositionS)), term.Clock(seconds(s.DurationS)), state)
	v.line("    %s", v.sessionWords(s))
	if r := s.Resume; r != nil {
		v.line("    Left at %s (%s), %s.", term.Clock(seconds(r.PositionS)), term.Percent(r.Progress), term.When(r.LeftAt, v.now))
	}
}

// sessionWords says what has become of a session, and what it still needs.
func (v *statusView) sessionWords(s api.Session) string {
	from := "Watched from " + term.Clock(seconds(s.DurationS)*8/10) + " on"
	if v.percent > 0 {
		from += fmt.Sprintf(", once %d %% was played (%s)", v.percent, term.Percent(s.PlayedPercent))
	}
	from += "."
	if s.Reason != "" && s.Scrobble != "watched" {
		return v.out.Paint(term.NeedsYou, "Not counted: "+term.Foreign(s.ReasonText)) + ". Why: simkld why " + term.Foreign(s.ID)
	}
	switch s.Scrobble {
	case "waiting":
		words := "Starts soon."
		if l, err := v.env.load(); err == nil && l.Config.Scrobble.StartAfter > 0 {
			words = "Starts once it played for " + term.Span(l.Config.Scrobble.StartAfter) + "."
		}
		return words + " " + from
	case "queued":
		return v.out.Paint(term.Waits, "Simkl could not be told yet; it is kept.") + " " + from
	case "started":
		words := "Scrobbling"
		if s.Started != nil {
			words += " since " + v.env.clock(*s.Started)
		}
		return v.out.Paint(term.Done, words) + ". " + from
	case "paused":
		return "Paused at Simkl. " + from
	case "watched":
		return v.out.Paint(term.Done, "Watched: it counts") + "."
	case "stopped":
		return "Ended."
	}
	return term.Foreign(s.Scrobble)
}

// ignored shows the first session that is ignored, and folds the others into a line.
func (v *statusView) ignored(all []api.Session) {
	s := all[0]
	if s.ID == "" { // a player that is not even asked what it plays
		v.line("    %s   Ignored: %s. Nothing was sent.", term.Foreign(s.Player), reasonOf(s))
	} else {
		v.line("%-3s %s   %s   Ignored: %s. Nothing was sent.     why: simkld why %s",
			term.Foreign(s.ID), sessionTitle(s), term.Foreign(s.Player), reasonOf(s), term.Foreign(s.ID))
	}
	if len(all) == 1 {
		return
	}
	var words []string
	for _, other := range all[1:] {
		if w := reasonOf(other); len(words) == 0 || words[len(words)-1] != w {
			words = append(words, w)
		}
	}
	v.line("also ignored: %d, %s", len(all)-1, term.List(words, 3))
}

func reasonOf(s api.Session) string {
	if s.ReasonText != "" {
		return term.Foreign(s.ReasonText)
	}
	return term.Foreign(s.Reason)
}

// sessionTitle is the title of a session, or its file while that is not known.
func sessionTitle(s api.Session) string {
	if s.Identity != nil && s.Identity.Kind != "none" && s.Identity.Title != "" {
		return term.Foreign(s.Identity.Label())
	}
	return term.Foreign(fileName(pathOf(s.Path)))
}

func (v *statusView) waiting() {
	q := v.st.Queue
	if !v.st.Simkl.Reachable {
		since, why := "", ""
		if v.st.Simkl.Since != nil {
			since = " since " + v.env.clock(*v.st.Simkl.Since)
		}
		if q.LastError != nil {
			why = " (" + term.Foreign(*q.LastError) + ")"
		}
		v.line("%s", v.out.Paint(term.Waits, "Simkl cannot be reached"+since+why+".")+" Nothing is lost.")
	}
	if q.HeldUntil != nil {
		v.line("%s", v.out.Paint(term.Waits, "Simkl holds us off until "+v.env.clock(*q.HeldUntil)+".")+" "+term.Foreign(q.HeldWhy))
	}
	if q.Pending == 0 {
		return
	}
	verb := "wait"
	if q.Pending == 1 {
		verb = "waits"
	}
	words := term.Count(q.Pending, "call", "calls") + " " + verb
	if q.Oldest != nil {
		words += ", the oldest from " + v.env.clock(*q.Oldest)
	}
	if q.NextAttempt != nil {
		next := "now"
		if q.NextAttempt.After(v.now) {
			next = v.env.clock(*q.NextAttempt)
		}
		words += ", next try " + next
	}
	v.line("%s.        simkld queue list", words)
}

func (v *statusView) account() {
	words := "No account is linked"
	if a := v.st.Account; a.Linked {
		words = "linked"
		if a.Name != "" {
			words = term.Foreign(a.Name) + ", linked"
		}
	}
	words += "."
	if v.st.PrivateUntil != nil {
		words += " Private until " + v.env.clock(*v.st.PrivateUntil) + "."
	}
	if q := v.st.Queue; q.Pending+q.Unmatched+q.Dead == 0 {
		words += " Nothing waits."
	}
	v.line("%s simkld %s, up %s.", words, term.Foreign(v.st.Version), term.Span(time.Duration(v.st.UptimeS)*time.Second))
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
