package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/internal/transfer"
	"github.com/simkld/simkld/queue"
)

// maxImport bounds what is read: the backlogs of years are far smaller.
const maxImport = 64 << 20

func newImport(env *Env) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "take over what trakt-scrobbler or simkl-mps kept", GroupID: groupMend, Args: between(1, 1),
		Long: "Takes watched_backlog.json and remap_rules.toml of trakt-scrobbler, backlog.json and watch_history.json of simkl-mps.\n" +
			"It shows what it would do, then asks. What had waited is sent to Simkl, with its time; the rest goes into the history here.",
		RunE: func(cmd *cobra.Command, args []string) error { return importFile(cmd.Context(), env, args[0], yes) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func importFile(ctx context.Context, env *Env, file string, yes bool) error {
	data, err := readBounded(file)
	if err != nil {
		return err
	}
	found, err := transfer.Read(data, time.Local) //nolint:gosmopolitan // simkl-mps writes the machine's own time
	if errors.Is(err, transfer.ErrUnknown) {
		return fault.Wrap(fault.Failed, err, filepath.Base(file)+" is "+err.Error(), "give one of the files that 'simkld help import' names")
	}
	if err != nil {
		return err
	}
	fresh, known, err := newWatches(ctx, env, found.Watches)
	if err != nil {
		return err
	}
	if !env.flags.json {
		if err := showImport(env, found, fresh, known); err != nil {
			return err
		}
	}
	if len(fresh) > 0 && !yes {
		question := fmt.Sprintf("Take over %s?", term.Count(len(fresh), "watch", "watches"))
		if agreed, err := env.ask(ctx, question, "import", "--yes"); err != nil || !agreed {
			if err == nil {
				_, err = fmt.Fprintln(env.Err, "Nothing was taken over.")
			}
			return err
		}
	}
	if err := takeOver(ctx, env, found.From, fresh); err != nil {
		return err
	}
	waits := waiting(fresh)
	if env.flags.json {
		return env.print(struct {
			From    string   `json:"from"`
			Queued  int      `json:"queued"`
			History int      `json:"history"`
			Known   int      `json:"known"`
			Rules   int      `json:"rules"`
			Left    []string `json:"left"`
		}{found.From, waits, len(fresh) - waits, known, len(found.Rules), append([]string{}, found.Left...)})
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err = fmt.Fprintf(env.Out, "ok  %d to be sent to Simkl, %d in the history here\n", waits, len(fresh)-waits)
	return err
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxImport {
		return nil, fault.New(fault.Failed, filepath.Base(file)+" is too large to be a backlog", "check that it is the right file")
	}
	return data, nil
}

func waiting(list []transfer.Watch) int {
	n := 0
	for _, w := range list {
		if w.Waits {
			n++
		}
	}
	return n
}

// watchKey tells a watch that was taken over before.
func watchKey(m media.Match, at time.Time) string {
	return m.Label() + "\x00" + at.UTC().Format(time.RFC3339)
}

// newWatches leaves out what is in the history already: the same file may be taken twice.
func newWatches(ctx context.Context, env *Env, all []transfer.Watch) (fresh []transfer.Watch, known int, err error) {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return nil, 0, err
	}
	seen := map[string]bool{}
	if s != nil {
		entries, err := s.Entries(ctx, time.Time{}, 0)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range entries {
			seen[watchKey(e.Match, e.WatchedAt)] = true
		}
	}
	for _, w := range all {
		key := watchKey(w.Match, w.At)
		if seen[key] {
			known++
			continue
		}
		seen[key] = true
		fresh = append(fresh, w)
	}
	return fresh, known, nil
}

func showImport(env *Env, found transfer.Found, fresh []transfer.Watch, known int) error {
	if len(fresh) > 0 {
		var cells [][]term.Cell
		for _, w := range fresh {
			becomes := term.Cell{Text: "history here"}
			if w.Waits {
				becomes = term.Cell{Text: "sent to Simkl", Style: term.Waits}
			}
			cells = append(cells, []term.Cell{env.whenCell(w.At), whatCell(w.Match, w.Path), becomes})
		}
		columns := []term.Column{{Head: "WHEN"}, columnWhat, {Head: "BECOMES", Second: true}}
		if err := env.out().Table(columns, cells); err != nil {
			return err
		}
	}
	if known > 0 {
		fmt.Fprintf(env.Out, "%s here already.\n", term.Count(known, "watch is", "watches are"))
	}
	for _, left := range found.Left {
		fmt.Fprintf(env.Out, "not taken over: %s\n", media.Sanitize(left))
	}
	return showRules(env, found.Rules)
}

// showRules writes rules for the settings. What Trakt calls a title says nothing to Simkl, so that the number has to be
// looked up.
func showRules(env *Env, rules []transfer.Rule) error {
	if len(rules) == 0 {
		return nil
	}
	fmt.Fprintln(env.Out, "These rules name Trakt's titles. Put them into the settings with the number of the title's page on simkl.com:")
	for _, r := range rules {
		fmt.Fprintf(env.Out, "\n[[matcher.rules]]  # %s\n", media.Sanitize(r.Is))
		if r.Title != "" {
			fmt.Fprintf(env.Out, "title = %s\n", strconv.Quote(media.Sanitize(r.Title)))
		} else {
			fmt.Fprintf(env.Out, "path = \"\"  # a pattern for what this expression meant: %s\n", media.Sanitize(r.Path))
		}
		fmt.Fprintln(env.Out, "simkl = ")
		if r.Season != nil {
			fmt.Fprintf(env.Out, "season = %d\n", *r.Season)
		}
		if r.Delta != 0 {
			fmt.Fprintf(env.Out, "episode_offset = %d\n", r.Delta)
		}
	}
	return nil
}

// takeOver queues what had waited, and writes the rest into the journal.
func takeOver(ctx context.Context, env *Env, from string, list []transfer.Watch) error {
	if len(list) == 0 {
		return nil
	}
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	account, err := env.accountNow(ctx)
	if err != nil {
		return err
	}
	for _, w := range list {
		id, err := s.NextWatch(ctx)
		if err != nil {
			return err
		}
		if !w.Waits {
			err = s.SaveEntry(ctx, store.Entry{
				ID: id, Match: w.Match, Path: w.Path, Player: from, WatchedAt: w.At, Ended: w.At, Outcome: store.OutcomeSent,
				Via: "history", Account: account, Progress: 100, Played: 100,
			})
		} else {
			_, _, err = s.Add(ctx, queue.Row{
				Call: media.Call{
					Watch: id, Seq: 1, Verb: media.VerbWatched, Match: w.Match, Progress: 100, At: w.At, Path: w.Path, Player: from,
				},
				// Tried before, by the other program: it goes to the history, with its time.
				State: queue.StatePending, Account: account, Attempts: 1, CreatedAt: env.Now().UTC(),
			})
		}
		if err != nil {
			return err
		}
	}
	return env.kick(ctx, api.KickQueue)
}
