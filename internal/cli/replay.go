package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/record"
	"github.com/simkld/simkld/internal/replay"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newReplay(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "replay FILE", Short: "run what 'record' has written through the whole program", GroupID: groupTry, Args: between(1, 1),
		Long: `Against a Simkl of its own, with its own clock, in a moment. Nothing of yours is
touched, and no account is used.`,
		RunE: func(cmd *cobra.Command, args []string) error { return replayFile(cmd.Context(), env, args[0]) },
	}
}

func replayFile(ctx context.Context, env *Env, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := record.Read(in)
	if bad, ok := errors.AsType[*record.Error](err); ok {
		return fault.Wrap(fault.Usage, err, fmt.Sprintf("%s:%d: %s", file, bad.Line, bad.What), "record it anew with 'simkld record'")
	}
	if err != nil {
		return err
	}
	tell := func(replay.Row) {}
	if !env.flags.json {
		fmt.Fprintf(env.Out, "%8s  %-12s  %-38s  %s\n", "TIME", "PLAYER", "IDENTITY", "BECAME")
		tell = func(row replay.Row) { fmt.Fprintln(env.Out, replayLine(row)) }
	}
	result, err := replay.Run(ctx, r, tell)
	switch {
	case err != nil:
		return err
	case env.flags.json:
		return env.print(result)
	}
	return sayHistory(env, result)
}

func replayLine(r replay.Row) string {
	at := term.Clock(seconds(r.AtS))
	if r.Call != "" {
		progress := ""
		if r.Progress > 0 {
			progress = fmt.Sprintf("%.2f %%  ", r.Progress)
		}
		return fmt.Sprintf("%8s  %-12s  => %s  %s%d", at, "", r.Call, progress, r.Status)
	}
	became := r.State + ", " + r.Scrobble
	if r.Reason != "" {
		became += ": " + r.Reason
	}
	identity := r.Identity
	if identity == "" {
		identity = "-"
	}
	return fmt.Sprintf("%8s  %-12s  %-38s  %s at %s", at, term.Cut(r.Player, 12), term.Cut(term.Foreign(identity), 38), became, term.Percent(r.Progress))
}

// sayHistory shows what Simkl has in the end.
func sayHistory(env *Env, result replay.Result) error {
	if len(result.History) == 0 {
		fmt.Fprintln(env.Out, "Nothing was watched.")
	}
	for _, w := range result.History {
		fmt.Fprintf(env.Out, "watched  %s  at %s, by %s\n", watchedName(w), w.WatchedAt.Format(time.TimeOnly), w.Via)
	}
	for _, w := range result.Watches {
		if w.Outcome == string(store.OutcomeSent) {
			continue
		}
		words := becameWords(store.Outcome(w.Outcome))
		if w.Reason != "" {
			words += ", " + w.Reason
		}
		identity := w.Identity
		if identity == "" {
			identity = "watch " + w.ID
		}
		fmt.Fprintf(env.Out, "%s  %s  ended at %s, %s played\n", words, term.Foreign(identity), term.Percent(w.Progress), term.Percent(w.Played))
	}
	return nil
}

func watchedName(w sandbox.Watched) string {
	name := term.Foreign(w.Title)
	switch {
	case w.Season > 0 || w.Kind == "tv" && w.Episode > 0:
		return fmt.Sprintf("%s S%02dE%02d", name, w.Season, w.Episode)
	case w.Episode > 0:
		return fmt.Sprintf("%s E%02d", name, w.Episode)
	}
	return fmt.Sprintf("%s (%d)", name, w.Year)
}
