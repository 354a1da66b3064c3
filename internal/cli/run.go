package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/term"
)

func newRun(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: "watch the players and tell Simkl, until Ctrl-C", GroupID: groupWatch,
		Annotations: map[string]string{noJSON: "yes"}, Args: between(0, 0),
		Long: `The daemon in the foreground. It logs to standard error: readable on a terminal, JSON
in a pipe or file, with priorities under journald. Without an account it stays up and
keeps what was watched. SIGHUP, or saving the file, reads the settings again.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), env) },
	}
}

func run(ctx context.Context, env *Env) error {
	loaded, err := env.load()
	if err != nil {
		return err
	}
	p, err := env.paths()
	if err != nil {
		return err
	}
	log, err := env.newLog(loaded.Config.Log.Level)
	if err != nil {
		return err
	}
	hangup := make(chan os.Signal, 1) // one reload answers any number of signals
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	// Who reads the log may go away (journald restarts, a pipe ends): that ends no daemon.
	signal.Ignore(syscall.SIGPIPE)
	return service.RunUnder(ctx, false, func(ctx context.Context) error {
		return app.Run(ctx, app.Options{
			Paths: p, Loaded: loaded, Hangup: hangup, Log: log, Getenv: env.getenv,
			Reload:  func() (config.Loaded, error) { return env.read() },
			Command: env.forPage,
		})
	})
}

// newLog is the log of the daemon, on standard error.
func (e *Env) newLog(level string) (*logs.Log, error) {
	form := logs.JSON
	if f, ok := e.Err.(*os.File); ok {
		form = logs.FormOf(f)
	}
	log, err := logs.New(logs.Options{
		Out: e.Err, Form: form, Level: level, Color: term.ColorWanted(e.flags.color, form == logs.Text, e.getenv),
	})
	if err == nil {
		log.Redactor.Add(e.getenv("SIMKLD_TOKEN"))
	}
	return log, err
}
