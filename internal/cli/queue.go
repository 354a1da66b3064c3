package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/queue"
)

func newQueue(env *Env) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "what waits to be sent", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return queueList(cmd.Context(), env) },
	}
	retry := &cobra.Command{
		Use: "retry [ENTRY...]", Short: "try again now; without numbers, all that is recognised", Args: between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return queueRetry(cmd.Context(), env, args) },
	}
	var yes bool
	drop := &cobra.Command{
		Use: "drop ENTRY...", Short: "forget what waits, for good", Args: between(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return queueDrop(cmd.Context(), env, args, yes) },
	}
	drop.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd := group("queue", "the offline queue: list, retry, drop", list, retry, drop)
	cmd.GroupID = groupMend
	return cmd
}

func rowsOf(ctx context.Context, env *Env) ([]queue.Row, error) {
	s, err := env.stateIfAny(ctx)
	if s == nil || err != nil {
		return nil, err
	}
	return s.Queue(ctx)
}

func queueList(ctx context.Context, env *Env) error {
	rows, err := rowsOf(ctx, env)
	if err != nil {
		return err
	}
	if env.flags.json {
		return env.print(rowsJSON(rows))
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(env.Out, "Nothing waits: all is on Simkl.")
		return err
	}
	columns := []term.Column{
		{Head: "ID", Right: true},
		columnWhat,
		{Head: "PLAYED", Second: true},
		{Head: "STATE", Second: true},
		{Head: "TRIES", Right: true, Drop: 2},
		{Head: "NEXT", Drop: 3},
		{Head: "LAST ERROR", Drop: 1},
	}
	var cells [][]term.Cell
	for _, r := range rows {
		cells = append(cells, []term.Cell{
			text(number(r.Watch)), rowWhat(r), env.whenCell(r.At), stateCell(r.State), text(strconv.Itoa(r.Attempts)),
			text(env.nextTry(r)), text(dash(r.LastError)),
		})
	}
	return env.out().Table(columns, cells)
}

// rowWhat is the title, with the call where it is not a finished watch.
func rowWhat(r queue.Row) term.Cell {
	what := whatCell(r.Match, r.Path)
	switch {
	case r.Watched():
	case r.Verb == queue.VerbTakeBack:
		what.Text += " (taking a wrong start back)"
	default:
		what.Text += " (" + string(r.Verb) + ")"
	}
	return what
}

func stateCell(s queue.State) term.Cell {
	if s == queue.StatePending {
		return term.Cell{Text: "waiting", Style: term.Waits}
	}
	return term.Cell{Text: "needs you", Style: term.NeedsYou}
}

func (e *Env) nextTry(r queue.Row) string {
	switch {
	case r.State != queue.StatePending:
		return "-"
	case r.NextAt.IsZero() || !r.NextAt.After(e.Now()):
		return "now"
	}
	return e.clock(r.NextAt)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// inQueue splits numbers into those with rows, and gives an error naming the first without.
func inQueue(rows []queue.Row, ids []media.WatchID) ([]queue.Row, error) {
	var found []queue.Row
	for _, id := range ids {
		at := slices.IndexFunc(rows, func(r queue.Row) bool { return r.Watch == id })
		if at < 0 {
			return nil, fault.New(fault.NotFound, fmt.Sprintf("watch %d is not in the queue", id),
				"'"+about.Name+" queue list' has what is")
		}
		for _, r := range rows {
			if r.Watch == id {
				found = append(found, r)
			}
		}
	}
	return found, nil
}

// retryable are the watches to try again: the named ones, else all but those that were not recognised. Those go out
// when a person has said what they are, or that they may.
func retryable(rows []queue.Row, ids []media.WatchID) ([]media.WatchID, error) {
	named, err := inQueue(rows, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range named {
		if r.Match.Kind == media.KindNone {
			return nil, fault.New(fault.Failed, labelOf(r.Match, r.Path)+" was not recognised, so that there is nothing to send",
				fmt.Sprintf("say what it is with '%s fix %d'", about.Name, r.Watch))
		}
	}
	if len(ids) > 0 {
		return ids, nil
	}
	for _, r := range rows {
		if r.State != queue.StateUnmatched && !slices.Contains(ids, r.Watch) {
			ids = append(ids, r.Watch)
		}
	}
	return ids, nil
}

func queueRetry(ctx context.Context, env *Env, args []string) error {
	ids, err := parseEntries(args)
	if err != nil {
		return err
	}
	rows, err := rowsOf(ctx, env)
	if err != nil {
		return err
	}
	if ids, err = retryable(rows, ids); err != nil {
		return err
	}
	n := 0
	if len(ids) > 0 {
		s, err := env.state(ctx)
		if err != nil {
			return err
		}
		if n, err = s.Retry(ctx, ids...); err != nil {
			return err
		}
	}
	if err := env.kick(ctx, api.KickQueue); err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Retried int `json:"retried"`
		}{n})
	}
	if n == 0 {
		words := "Nothing waits: all is on Simkl."
		if len(rows) > 0 {
			words = "Nothing can be tried: what is there was not recognised. See '" + about.Name + " unmatched'."
		}
		_, err := fmt.Fprintln(env.Out, words)
		return err
	}
	when := "tried again now"
	if !env.daemonRuns(ctx) {
		when = "tried again when the daemon runs"
	}
	_, err = fmt.Fprintf(env.Out, "ok  %s, %s\n", term.Count(n, "call", "calls"), when)
	return err
}

func queueDrop(ctx context.Context, env *Env, args []string, yes bool) error {
	ids, err := parseEntries(args)
	if err != nil {
		return err
	}
	rows, err := rowsOf(ctx, env)
	if err != nil {
		return err
	}
	found, err := inQueue(rows, ids)
	if err != nil {
		return err
	}
	if !yes {
		question := "Forget " + dropList(env, found) + "? It will not be sent to Simkl."
		agreed, err := env.ask(ctx, question, "queue drop", "--yes")
		if err != nil {
			return err
		}
		if !agreed {
			_, err := fmt.Fprintln(env.Err, "Nothing was dropped.")
			return err
		}
	}
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	n, err := s.Drop(ctx, ids...)
	if err != nil {
		return err
	}
	if err := env.kick(ctx, api.KickQueue); err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Dropped int `json:"dropped"`
		}{n})
	}
	_, err = fmt.Fprintf(env.Out, "ok  dropped: %s\n", dropList(env, found))
	return err
}

// dropList names what would be dropped, each watch once; a long list ends with how many more.
func dropList(env *Env, rows []queue.Row) string {
	var words []string
	seen := map[media.WatchID]bool{}
	for _, r := range rows {
		if seen[r.Watch] {
			continue
		}
		seen[r.Watch] = true
		words = append(words, fmt.Sprintf("%s of %s", labelOf(r.Match, r.Path), env.day(r.At)))
	}
	return term.List(words, 5)
}
