package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/term"
)

func newService(env *Env) *cobra.Command {
	var system bool
	sub := func(name, short string, do func(context.Context, *Env, service.Manager) error) *cobra.Command {
		return &cobra.Command{
			Use: name, Short: short, Args: between(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				o, err := env.serviceOptions(system)
				if err != nil {
					return err
				}
				return do(cmd.Context(), env, service.New(o))
			},
		}
	}
	cmd := group("service", "run in the background, from every login on",
		sub("install", "install it, start it, and start it at every login", installService),
		sub("uninstall", "stop it and remove what install made", uninstallService),
		sub("start", "start it now", steer("started", service.Manager.Start)),
		sub("stop", "stop it until the next login", steer("stopped", service.Manager.Stop)),
		sub("restart", "start it anew", steer("started anew", service.Manager.Restart)),
		sub("status", "say whether it is installed and runs", serviceStatus))
	cmd.GroupID = groupSetup
	cmd.Long = `A systemd user unit on Linux, an agent of launchd on macOS, a log-on task on Windows.
install may be repeated: it brings an older unit up to date. --config and --state-dir
are kept in it.`
	cmd.PersistentFlags().BoolVar(&system, "system", false, "for a machine without a desktop: a systemd unit of the system, with a user of its own")
	return cmd
}

// serviceOptions say what a service manager is to start: this program, with the flags that say where its files are.
func (e *Env) serviceOptions(system bool) (service.Options, error) {
	p, err := e.paths()
	if err != nil {
		return service.Options{}, err
	}
	program, err := service.Program()
	if err != nil {
		return service.Options{}, err
	}
	o := service.Options{
		Program: program, Home: p.Home, Config: e.getenv("XDG_CONFIG_HOME"), System: system, Getenv: e.getenv,
	}
	if o.Home == "" && !system {
		return o, fault.New(fault.Usage, "no home folder is known", "set HOME")
	}
	if e.flags.config != "" {
		o.Args = append(o.Args, "--config", p.Config)
	}
	if e.flags.stateDir != "" {
		o.Args = append(o.Args, "--state-dir", p.State)
	}
	return o, nil
}

type installedJSON struct {
	Manager string      `json:"manager"`
	File    string      `json:"file"`
	Was     service.Age `json:"was"`
	Notes   []string    `json:"notes"`
}

func installService(ctx context.Context, env *Env, m service.Manager) error {
	if err := env.nobodyElseRuns(ctx, m); err != nil {
		return err
	}
	done, err := m.Install(ctx)
	if err != nil {
		return err
	}
	if env.flags.json {
		notes := make([]string, len(done.Notes))
		for i, n := range done.Notes {
			notes[i] = media.Sanitize(n)
		}
		return env.print(installedJSON{m.Name(), media.Sanitize(done.File), done.Was, notes})
	}
	words := map[service.Age]string{
		service.Missing: "written", service.Old: "brought up to date", service.Current: "was there already",
	}
	ok := env.out().Paint(term.Done, "ok")
	fmt.Fprintf(env.Out, "%s  %s: %s\n", ok, env.home(done.File), words[done.Was])
	fmt.Fprintf(env.Out, "%s  %s, running now and after every login\n", ok, m.Name())
	for _, n := range done.Notes {
		fmt.Fprintf(env.Out, "    %s\n", media.Sanitize(n))
	}
	return nil
}

// nobodyElseRuns refuses to start a second daemon for the same state, which could not run.
func (e *Env) nobodyElseRuns(ctx context.Context, m service.Manager) error {
	st, err := m.Status(ctx)
	if err != nil || st.Running {
		return err
	}
	d, err := e.daemon()
	if err != nil {
		return err
	}
	ctx, cancel := soon(ctx)
	defer cancel()
	if now, err := d.Status(ctx); err == nil {
		return fault.New(fault.Failed, fmt.Sprintf("%s runs already, by other means (pid %d)", about.Name, now.PID),
			"end that one, then run this again")
	}
	return nil
}

func uninstallService(ctx context.Context, env *Env, m service.Manager) error {
	was, err := m.Uninstall(ctx)
	if err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Removed bool `json:"removed"`
		}{was})
	}
	words := "Nothing was installed."
	if was {
		words = env.out().Paint(term.Done, "ok") + "  stopped and removed; account, queue and settings are kept"
	}
	_, err = fmt.Fprintln(env.Out, words)
	return err
}

func steer(done string, do func(service.Manager, context.Context) error) func(context.Context, *Env, service.Manager) error {
	return func(ctx context.Context, env *Env, m service.Manager) error {
		if err := do(m, ctx); err != nil {
			return err
		}
		if env.flags.json {
			st, err := m.Status(ctx)
			if err != nil {
				return err
			}
			return env.print(serviceJSONOf(m, st))
		}
		_, err := fmt.Fprintf(env.Out, "%s  %s\n", env.out().Paint(term.Done, "ok"), done)
		return err
	}
}

type serviceJSON struct {
	Manager   string      `json:"manager"`
	Installed bool        `json:"installed"`
	File      string      `json:"file"`
	Age       service.Age `json:"age"`
	Enabled   bool        `json:"enabled"`
	Running   bool        `json:"running"`
	PID       int         `json:"pid"`
	Since     *time.Time  `json:"since"`
	Failed    string      `json:"failed"`
}

func serviceJSONOf(m service.Manager, st service.State) serviceJSON {
	return serviceJSON{
		m.Name(), st.Installed(), media.Sanitize(st.File), st.Age, st.Enabled, st.Running, st.PID, timeOrNil(st.Since), media.Sanitize(st.Failed),
	}
}

// serviceStatus ends with code 4 where the daemon does not run, as status does.
func serviceStatus(ctx context.Context, env *Env, m service.Manager) error {
	st, err := m.Status(ctx)
	if err != nil {
		return err
	}
	if env.flags.json {
		err = env.print(serviceJSONOf(m, st))
	} else {
		_, err = fmt.Fprintf(env.Out, "%s: %s\n", m.Name(), env.serviceWords(st))
	}
	switch {
	case err != nil || st.Running:
		return err
	case !st.Installed():
		return fault.New(fault.NoDaemon, "the service is not installed", "run '"+about.Name+" service install'")
	}
	return fault.New(fault.NoDaemon, "the service does not run", "run '"+about.Name+" service start'")
}

func (e *Env) serviceWords(st service.State) string {
	if !st.Installed() {
		return "not installed"
	}
	words := e.home(st.File)
	switch st.Age {
	case service.Old:
		words += " (old)"
	case service.Foreign:
		words += " (not ours)"
	case service.Current, service.Missing:
	}
	if st.Enabled {
		words += ", enabled"
	} else {
		words += ", not enabled"
	}
	switch {
	case st.Running && st.PID > 0 && !st.Since.IsZero():
		words += fmt.Sprintf(", running as pid %d for %s", st.PID, term.Span(e.Now().Sub(st.Since)))
	case st.Running:
		words += ", running"
	case st.Failed != "":
		words += ", not running: " + media.Sanitize(st.Failed)
	default:
		words += ", not running"
	}
	return words
}
