package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
)

// longestPrivate bounds a span: what is meant for ever is a rule of matcher.exclude.
const longestPrivate = 30 * 24 * time.Hour

func newPrivate(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "private [DURATION|file|off]", Short: "tell nothing for a while, or nothing of this file", GroupID: groupMend,
		Args: between(0, 1), ValidArgs: []string{"file", "off", "30m", "2h"},
		Long:    "Without a word it says whether private is on. What was started is paused at Simkl.",
		Example: "  simkld private 2h30m\n  simkld private file\n  simkld private off",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return privateNow(cmd.Context(), env)
			}
			return private(cmd.Context(), env, args[0])
		},
	}
}

func private(ctx context.Context, env *Env, word string) error {
	var req api.PrivateRequest
	switch word {
	case "off":
	case "file":
		req.File = true
	default:
		d, err := time.ParseDuration(word)
		if err != nil || d <= 0 || d > longestPrivate {
			return fault.Usagef("write it like 90m or 2h30m, at most 720h, or file, or off", "%q is no span of time", word)
		}
		until := env.Now().Add(d).UTC().Truncate(time.Second)
		req.Until = &until
	}
	d, err := env.daemon()
	if err != nil {
		return err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	_, err = d.SetPrivate(wait, req)
	switch {
	case api.IsNoDaemon(err) && req.File:
		return noDaemon("so nothing is known to play")
	case api.IsNoDaemon(err):
		err = privateOnDisk(ctx, env, req.Until)
	}
	if err != nil {
		return err
	}
	return env.sayPrivate(req.Until, req.File)
}

// privateOnDisk keeps the wish for the daemon's next start.
func privateOnDisk(ctx context.Context, env *Env, until *time.Time) error {
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	if until == nil {
		return app.SavePrivate(ctx, s, time.Time{}, time.Now())
	}
	return app.SavePrivate(ctx, s, *until, time.Now())
}

func privateNow(ctx context.Context, env *Env) error {
	d, err := env.daemon()
	if err != nil {
		return err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(wait)
	if api.IsNoDaemon(err) {
		return noDaemon("")
	}
	if err != nil {
		return err
	}
	file := false
	for _, s := range st.Sessions {
		file = file || s.Reason == "private" && st.PrivateUntil == nil
	}
	return env.sayPrivate(st.PrivateUntil, file)
}

func (e *Env) sayPrivate(until *time.Time, file bool) error {
	if e.flags.json {
		return e.print(struct {
			Until *time.Time `json:"private_until"`
			File  bool       `json:"file"`
		}{until, file})
	}
	words := "Private: off. What plays is scrobbled."
	switch {
	case file:
		words = "Private: this file, for as long as it plays. Nothing of it is told."
	case until != nil:
		words = "Private until " + e.clock(*until) + ". Nothing is told: simkld private off ends it."
	}
	_, err := fmt.Fprintln(e.Out, words)
	return err
}
