package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/query"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

func newCheckin(env *Env) *cobra.Command {
	var cancel bool
	cmd := &cobra.Command{
		Use: "checkin QUERY", Short: "say what you watch elsewhere; Simkl marks it watched at its end", GroupID: groupSimkl, Args: between(0, -1),
		Long: queryHelp + `
One call, nothing follows: Simkl counts the time by itself. 'simkld status' shows it.`,
		Example: `  simkld checkin "Heat (1995)"
  simkld checkin Severance S02E03
  simkld checkin --cancel`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cancel && len(args) > 0:
				return fault.New(fault.Usage, "--cancel ends the check-in that runs, a title beside it says nothing", "leave the title out")
			case cancel:
				return cancelCheckin(cmd.Context(), env)
			}
			return checkin(cmd.Context(), env, args)
		},
	}
	cmd.Flags().BoolVar(&cancel, "cancel", false, "take back the check-in that runs")
	return cmd
}

func checkin(ctx context.Context, env *Env, args []string) error {
	q, err := parseQuery(args)
	if err != nil {
		return err
	}
	if len(q.Numbers()) > 1 || q.Season != nil && q.From == 0 {
		return fault.New(fault.Usage, q.Spec()+" are several episodes, a check-in is of one", "name one: S02E03")
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	hit, err := env.findTitle(ctx, linked.Client, q, query.FilmFirst)
	if err != nil {
		return err
	}
	if !query.Film(hit) && !q.HasEpisodes() {
		return fault.New(fault.Usage, term.Foreign(hit.Title)+" is a series", "name an episode: S02E03")
	}
	target, err := query.Locate(ctx, linked.Client, q, hit)
	if err != nil {
		return err
	}
	call := simkl.Scrobble{Title: target.Title, Season: target.Season}
	if len(target.Numbers) > 0 {
		call.Number = &target.Numbers[0]
	}
	got, err := linked.Client.Checkin(ctx, call)
	if simkl.ClassOf(err) == simkl.NoMatch {
		return unknownTitle(hit, q.Spec(), err)
	}
	if err != nil {
		return err
	}
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // Simkl has it: it is remembered even if Ctrl-C comes now
	account := app.AccountKey(linked.Token)
	now := env.Now()
	c := app.Checkin{
		Playback: got.Playback, Answer: got.Answer, Label: titleLabel(hit, q), At: now, Account: account,
		Ends: now.Add(runtimeOf(ctx, library.New(linked.Client, s, account), got.Answer)),
	}
	if err := app.KeepCheckin(ctx, s, c); err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			ID    int64     `json:"id"`
			Title string    `json:"title"`
			URL   string    `json:"url"`
			Since time.Time `json:"since"`
		}{got.Playback, c.Label, page(&got.Answer), now.UTC()})
	}
	out := env.out()
	_, err = fmt.Fprintf(env.Out, "%s  checked in: %s; Simkl marks it watched at its end  %s\n", out.Paint(term.Done, "ok"), c.Label, out.Address(got.Page()))
	fmt.Fprintf(env.Err, "To take it back: %s checkin --cancel\n", about.Name)
	return err
}

// runtimeOf is how long a title runs, as far as this machine knows; else how long one may.
func runtimeOf(ctx context.Context, lib *library.Library, a media.Answer) time.Duration {
	rows, err := lib.Items(ctx, a.Kind, false)
	if err != nil {
		rows = nil // a guess will do
	}
	for _, r := range rows {
		if r.IDs.Simkl == a.IDs.Simkl && r.Runtime > 0 {
			return r.Runtime + 2*time.Minute // it is marked up to two minutes late (simkl-api.md 5.5)
		}
	}
	if a.Episode == nil {
		return 3 * time.Hour
	}
	return time.Hour
}

func cancelCheckin(ctx context.Context, env *Env) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	none := fault.New(fault.NotFound, "no check-in runs that was made here", "")
	if s == nil {
		return none
	}
	running, err := app.RunningCheckin(ctx, s, env.Now())
	if err != nil {
		return err
	}
	if running == nil {
		return none
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	if running.Account != app.AccountKey(linked.Token) {
		return fault.New(fault.Failed, "the check-in of "+running.Label+" belongs to another account, nothing was changed", "link that account first")
	}
	err = linked.Client.DeletePlayback(ctx, running.Playback)
	gone := simkl.ClassOf(err) == simkl.Gone
	if err != nil && !gone {
		return err
	}
	if err := app.ForgetCheckin(context.WithoutCancel(ctx), s); err != nil {
		return err
	}
	if gone {
		return fault.Wrap(fault.NotFound, err, "the check-in of "+running.Label+" does not run any more", "if it was marked watched, take that back on "+page(&running.Answer))
	}
	if env.flags.json {
		return env.print(struct {
			Canceled string `json:"canceled"`
			URL      string `json:"url"`
		}{running.Label, page(&running.Answer)})
	}
	out := env.out()
	_, err = fmt.Fprintf(env.Out, "%s  the check-in is taken back: %s  %s\n", out.Paint(term.Done, "ok"), running.Label, out.Address(running.Answer.Page()))
	return err
}
