package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/queue"
)

func newUnmatched(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "unmatched", Short: "what was not recognised, ready for fix", GroupID: groupMend, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return unmatched(cmd.Context(), env) },
	}
}

func unmatched(ctx context.Context, env *Env) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	var rows []queue.Row
	if s != nil {
		if rows, err = s.Unmatched(ctx); err != nil {
			return err
		}
	}
	rows = newestPerWatch(rows)
	if env.flags.json {
		return env.print(rowsJSON(rows))
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(env.Out, "Nothing is unmatched: every title was recognised.")
		return err
	}
	columns := []term.Column{
		{Head: "ID", Right: true}, {Head: "PLAYED"}, {Head: "WHAT", Shrink: term.CutPath}, {Head: "WHY", Second: true, Shrink: term.Cut},
	}
	var cells [][]term.Cell
	for _, r := range rows {
		cells = append(cells, []term.Cell{text(number(r.Watch)), env.whenCell(r.At), text(fileName(r.Path)), text(dash(r.LastError))})
	}
	if err := env.out().Table(columns, cells); err != nil {
		return err
	}
	for _, r := range rows {
		for _, c := range r.Candidates {
			c = cleanAnswer(c)
			if _, err := fmt.Fprintf(env.Out, "%s may be %s  %s\n", number(r.Watch), answerTitle(c), env.out().Address(c.Page())); err != nil {
				return err
			}
		}
	}
	kept := "The watches are"
	switch len(rows) {
	case 1:
		kept = "The watch is"
	case 2:
		kept = "Both watches are"
	}
	_, err = fmt.Fprintf(env.Out, "Which title: %s fix %s. %s kept until you say.\n", about.Name, number(rows[0].Watch), kept)
	return err
}

// newestPerWatch keeps the last row of each watch, which knows the most; newest watch first.
func newestPerWatch(rows []queue.Row) []queue.Row {
	last := map[media.WatchID]int{}
	for i, r := range rows {
		last[r.Watch] = i
	}
	var out []queue.Row
	for i := len(rows) - 1; i >= 0; i-- {
		if last[rows[i].Watch] == i {
			out = append(out, rows[i])
		}
	}
	return out
}

// answerTitle is a title of Simkl as people read it.
func answerTitle(a media.Answer) string {
	text := a.Title
	if a.Year > 0 {
		text += fmt.Sprintf(" (%d)", a.Year)
	}
	switch {
	case a.Season != nil && a.Episode != nil:
		text += fmt.Sprintf(" S%02dE%02d", *a.Season, *a.Episode)
	case a.Episode != nil:
		text += fmt.Sprintf(" E%02d", *a.Episode)
	}
	return text
}
