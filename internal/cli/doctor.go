package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/doctor"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/vlc"
)

func newDoctor(env *Env) *cobra.Command {
	var mend bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "check everything, and say what mends it", GroupID: groupSetup, Args: between(0, 0),
		Long: `One line for each check: ok, hint (works) or FAIL (watches are not seen or not sent).
It exits 1 if anything fails.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return examine(cmd.Context(), env, mend) },
	}
	cmd.Flags().BoolVar(&mend, "fix", false, "do by itself what is safe")
	return cmd
}

func examine(ctx context.Context, env *Env, mend bool) error {
	p, err := env.paths()
	if err != nil {
		return err
	}
	findings := doctor.Look(ctx, env.checks(p), mend, func(did string) { fmt.Fprintln(env.Err, media.Sanitize(did)) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i := range findings {
		findings[i].Text, findings[i].Mend = media.Sanitize(findings[i].Text), media.Sanitize(findings[i].Mend)
	}
	fails, hints := doctor.Count(findings)
	if env.flags.json {
		err = env.print(findings)
	} else {
		err = sayFindings(env, findings, fails, hints)
	}
	if err == nil && fails > 0 {
		err = fault.New(fault.Failed, term.Count(fails, "check fails", "checks fail"), "each line says what mends it")
	}
	return err
}

func sayFindings(env *Env, findings []doctor.Finding, fails, hints int) error {
	out := env.out()
	marks := map[doctor.State]term.Cell{
		doctor.OK: {Text: "ok", Style: term.Done}, doctor.Hint: {Text: "hint", Style: term.Waits},
		doctor.Fail: {Text: "FAIL", Style: term.NeedsYou},
	}
	for _, f := range findings {
		mark := marks[f.State]
		line := fmt.Sprintf("%s%*s  %-8s  %s", out.Paint(mark.Style, mark.Text), 4-len(mark.Text), "", f.Check, f.Text)
		if f.Mend != "" {
			line += ": " + out.Paint(term.Command, f.Mend)
		}
		if _, err := fmt.Fprintln(env.Out, line); err != nil {
			return err
		}
	}
	words := "No trouble found."
	switch {
	case fails > 0:
		words = fmt.Sprintf("%d fail, %s.", fails, term.Count(hints, "hint", "hints"))
	case hints > 0:
		words = "No trouble found, " + term.Count(hints, "hint", "hints") + "."
	}
	_, err := fmt.Fprintln(env.Out, words)
	return err
}

// checks are all of them, in the order in which they depend on each other.
func (e *Env) checks(p paths.Paths) []doctor.Check {
	loaded, broken := e.load()
	settings := doctor.Of("config", func(context.Context) doctor.Finding { return e.configFinding(loaded, broken) })
	if broken != nil {
		// The others would judge settings that nobody wants.
		return []doctor.Check{settings, doctor.Files{State: p.State}, doctor.Queue{State: p.State, Now: e.Now}}
	}
	c := loaded.Config
	simkl := &doctor.Simkl{
		ClientID: app.ClientID(c.Simkl), APIURL: c.Simkl.APIURL, Proxy: c.Simkl.Proxy, Now: e.Now,
		Connect: func(ctx context.Context, transport http.RoundTripper) (app.Linked, error) {
			// A state that cannot be opened is the queue's trouble; here it only means that no request is logged.
			s, err := e.stateToLook(ctx)
			if err != nil {
				s = nil
			}
			return e.connectBy(ctx, c.Simkl, s, transport)
		},
	}
	places := append(mpv.DefaultSockets(mpv.Surroundings{
		Runtime: e.getenv("XDG_RUNTIME_DIR"), Home: p.Home, Config: e.getenv("XDG_CONFIG_HOME"),
	}), c.Players.MPV.Sockets...)
	onBus := c.Players.MPRIS.Enabled && app.HasBus
	bus := func(ctx context.Context) mpris.Probed {
		return mpris.Probe(ctx, mpris.Config{Address: c.Players.MPRIS.Address, Deny: c.Players.MPRIS.Deny, Getenv: e.getenv})
	}
	return []doctor.Check{
		settings,
		doctor.Files{State: p.State},
		doctor.Disk{State: p.State},
		e.keyringCheck(), simkl.Account(), simkl.Clock(), simkl.Network(),
		doctor.MPV{Enabled: c.Players.MPV.Enabled, Places: places},
		doctor.MPRIS{Enabled: onBus, Probe: bus, Denied: e.deniedPlayers},
		e.vlcCheck(p, c, func(ctx context.Context) bool { return onBus && bus(ctx).Trouble == nil }),
		doctor.Queue{State: p.State, Now: e.Now},
		doctor.Of("daemon", e.daemonFinding),
		doctor.Others{Processes: doctor.Players, Container: doctor.Container},
		doctor.Environment{Shell: e.Environ, Daemon: e.daemonEnviron},
		e.serviceCheck(),
	}
}

func (e *Env) keyringCheck() doctor.Check {
	check := doctor.Keyring{Present: account.SystemKeyring(e.getenv) != nil}
	check.Ask = func(ctx context.Context) error {
		tokens, err := e.tokens()
		if err == nil {
			_, err = tokens.Store().LoadKeyring(ctx)
		}
		return err
	}
	return check
}

// daemonEnviron is what the daemon that runs was started with, nil without one of this user.
func (e *Env) daemonEnviron(ctx context.Context) []string {
	d, err := e.daemon()
	if err != nil {
		return nil
	}
	ctx, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(ctx)
	if err != nil {
		return nil
	}
	return doctor.Environ(st.PID)
}

func (e *Env) serviceCheck() doctor.Check {
	o, err := e.serviceOptions(false)
	if err != nil {
		return doctor.Of("service", func(context.Context) doctor.Finding { return doctor.NotAsked(err.Error()) })
	}
	age, err := service.NewAutostart(o).Status()
	return doctor.Service{
		Manager: service.New(o), Runs: e.daemonRuns, Autostart: err == nil && (age == service.Current || age == service.Old), Now: e.Now,
	}
}

func (e *Env) configFinding(l config.Loaded, broken error) doctor.Finding {
	if broken != nil {
		f := doctor.Finding{State: doctor.Fail, Text: broken.Error()}
		if err, ok := explain(broken).(*fault.Error); ok { //nolint:errorlint // explain gives it bare
			f.Text, f.Mend = err.What, err.Do
		}
		return f
	}
	text := "no file, all defaults"
	if l.File != "" {
		text = e.home(l.File)
	}
	return doctor.Finding{State: doctor.OK, Text: text + ", " + term.Count(set(l.Entries), "key set", "keys set")}
}

func (e *Env) daemonFinding(ctx context.Context) doctor.Finding {
	d, err := e.daemon()
	if err != nil {
		return doctor.Finding{State: doctor.Fail, Text: err.Error()}
	}
	ctx, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(ctx)
	switch {
	case api.IsNoDaemon(err):
		return doctor.Finding{State: doctor.Fail, Text: "not running: nothing is seen", Mend: about.Name + " run"}
	case err != nil:
		return doctor.Finding{State: doctor.Fail, Text: "it does not answer", Mend: "stop it and start it again"}
	}
	text := fmt.Sprintf("running, pid %d, up %s", st.PID, term.Span(time.Duration(st.UptimeS)*time.Second))
	if len(st.Needs) > 0 {
		return doctor.Finding{State: doctor.Hint, Text: text + "; it needs you: " + st.Needs[0]}
	}
	return doctor.Finding{State: doctor.OK, Text: text}
}

// vlcCheck asks the interfaces that the settings name, else those of vlcrc.
func (e *Env) vlcCheck(p paths.Paths, c config.Config, onBus func(context.Context) bool) doctor.Check {
	check := doctor.VLC{
		OnBus: onBus,
		Found: vlc.Instances(vlc.Discover(vlc.Surroundings{Home: p.Home, Config: e.getenv("XDG_CONFIG_HOME")})),
	}
	for _, v := range c.Players.VLC {
		password, err := app.VLCPassword(v)
		if err != nil {
			return doctor.Of(check.Name(), func(context.Context) doctor.Finding {
				return doctor.Finding{State: doctor.Fail, Text: "the password cannot be read: " + err.Error(), Mend: "set players.vlc.password_file"}
			})
		}
		check.Named = append(check.Named, vlc.Instance{URL: v.URL, Password: password})
	}
	return check
}

// deniedPlayers are those that a running daemon leaves out; without one nobody knows.
func (e *Env) deniedPlayers(ctx context.Context) []string {
	d, err := e.daemon()
	if err != nil {
		return nil
	}
	ctx, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range st.Sessions {
		if s.Reason == string(media.ReasonDeniedPlayer) {
			names = append(names, s.Player)
		}
	}
	return names
}
