package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/query"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

// kindFlag are the words of --kind, with the kinds of titles.
var kindFlag = map[string]media.AnswerKind{"tv": media.AnswerShow, "anime": media.AnswerAnime, "movies": media.AnswerMovie}

var kindFlagWords = []string{"tv", "anime", "movies"}

func newWatchlist(env *Env) *cobra.Command {
	cmd := group("watchlist", "your watchlist on Simkl: list, add", newWatchlistList(env), newWatchlistAdd(env))
	cmd.GroupID = groupSimkl
	return cmd
}

func newWatchlistList(env *Env) *cobra.Command {
	var kind string
	var only []string
	cmd := &cobra.Command{
		Use: "list", Short: "the titles on it, with what is left to watch", Args: between(0, 0),
		Long: `Simkl is asked what moved, and for that alone; the rest is from this machine. LEFT is what
was shown and not watched yet. Times are by the run time that Simkl has.`,
		Example: `  simkld watchlist list --status watching
  simkld watchlist list --kind anime --status plantowatch,hold
  simkld watchlist list --json | jq -r '.[].next_to_watch'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return listWatchlist(cmd.Context(), env, kind, only) },
	}
	cmd.Flags().StringVar(&kind, "kind", "", "only `KIND`: tv, anime or movies")
	cmd.Flags().StringSliceVar(&only, "status", nil, "only `STATUS`: "+orList(simkl.Statuses)+"; several as a,b")
	completeWords(cmd, "kind", kindFlagWords)
	completeWords(cmd, "status", simkl.Statuses)
	return cmd
}

// completeWords lets the shell complete the words of a flag.
func completeWords(cmd *cobra.Command, flag string, words []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}) // it fails for a flag that there is not
}

func listWatchlist(ctx context.Context, env *Env, kindWord string, only []string) error {
	kind, ok := kindFlag[kindWord]
	if !ok && kindWord != "" {
		return fault.Usagef("use "+orList(kindFlagWords), "--kind is %q", kindWord)
	}
	for _, status := range only {
		if err := checkStatus("--status", status); err != nil {
			return err
		}
	}
	lib, _, ctx, err := env.ownLibrary(ctx)
	if err != nil {
		return err
	}
	kinds := library.Kinds
	if kind != "" {
		kinds = []media.AnswerKind{kind}
	}
	if err := lib.Sync(ctx, library.Parts{Kinds: kinds}); err != nil {
		return err
	}
	rows, err := lib.Items(ctx, kind, false)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r simkl.Listed) bool {
		return r.RewatchID != 0 || len(only) > 0 && !slices.Contains(only, r.Status)
	})
	slices.SortStableFunc(rows, func(a, b simkl.Listed) int { return b.LastAt.Compare(a.LastAt) })
	if env.flags.json {
		return env.print(rawRows(rows, func(r simkl.Listed) json.RawMessage { return r.Raw }))
	}
	return showWatchlist(env, rows)
}

func checkStatus(flag, status string) error {
	if !slices.Contains(simkl.Statuses, status) {
		return fault.Usagef("use "+orList(simkl.Statuses), "%s is %q", flag, status)
	}
	return nil
}

// rawRows are Simkl's own objects with their text made safe, for --json.
func rawRows[T any](rows []T, raw func(T) json.RawMessage) []json.RawMessage {
	out := make([]json.RawMessage, len(rows))
	for i, r := range rows {
		out[i] = media.SanitizeJSON(raw(r))
	}
	return out
}

// showWatchlist writes a table for each list that has titles (screens.md 8).
func showWatchlist(env *Env, rows []simkl.Listed) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(env.Out, "Nothing is on this list.")
		return err
	}
	first := true
	for _, status := range simkl.Statuses {
		var of []simkl.Listed
		for _, r := range rows {
			if r.Status == status {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		if !first {
			fmt.Fprintln(env.Out)
		}
		first = false
		columns := []term.Column{
			{Head: fmt.Sprintf("%s (%d)", statusWords(status), len(of)), Shrink: term.CutTitle},
			{Head: "SEEN", Right: true, Drop: 3},
			{Head: "NEXT", Drop: 2},
			{Head: "RATED", Right: true, Drop: 1},
			{Head: "LEFT"},
			columnPage,
		}
		var cells [][]term.Cell
		for _, r := range of {
			cells = append(cells, watchlistCells(r))
		}
		if err := env.out().Table(columns, cells); err != nil {
			return err
		}
	}
	return nil
}

func watchlistCells(r simkl.Listed) []term.Cell {
	seen, next, rated := "", "", ""
	if r.Total > 0 {
		seen = fmt.Sprintf("%d/%d", r.Watched, r.Total)
	}
	if r.Status == "watching" || r.Status == "plantowatch" || r.Status == "hold" {
		next = r.Next
	}
	if r.Rating > 0 {
		rated = fmt.Sprint(r.Rating)
	}
	a := r.Answer
	return []term.Cell{
		{Text: answerTitle(a), Short: a.Title}, text(seen), text(next), text(rated), text(leftWords(r)), pageCell(&a),
	}
}

// leftWords is what is left of a title: "7 episodes, 5 h 50 min", of a film its length.
func leftWords(r simkl.Listed) string {
	if r.Total == 0 {
		if r.Status == "completed" || r.Runtime == 0 {
			return ""
		}
		return hours(r.Runtime)
	}
	left := max(0, r.Total-r.NotAired-r.Watched)
	switch {
	case r.Status == "completed" || r.Status == "dropped":
		return ""
	case left == 0 && r.NotAired > 0:
		return "caught up"
	case left == 0:
		return ""
	case r.Runtime == 0:
		return term.Count(left, "episode", "episodes")
	}
	return term.Count(left, "episode", "episodes") + ", " + hours(time.Duration(left)*r.Runtime)
}

// hours is a span of play: "5 h 50 min".
func hours(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}

func newWatchlistAdd(env *Env) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "add QUERY --to STATUS", Short: "put a title on one of its lists", Args: between(1, -1),
		Long: queryHelp + `
A film cannot be "watching" or on "hold": Simkl would mark it watched.`,
		Example: `  simkld watchlist add Andor --to plantowatch
  simkld watchlist add simkl.com/tv/1109411 --to hold`,
		RunE: func(cmd *cobra.Command, args []string) error { return addToWatchlist(cmd.Context(), env, args, to) },
	}
	cmd.Flags().StringVar(&to, "to", "", "put it on `STATUS`: "+orList(simkl.Statuses))
	completeWords(cmd, "to", simkl.Statuses)
	return cmd
}

func addToWatchlist(ctx context.Context, env *Env, args []string, to string) error {
	q, err := parseQuery(args)
	if err != nil {
		return err
	}
	if to == "" {
		return fault.New(fault.Usage, "watchlist add needs a list", "give --to with "+orList(simkl.Statuses))
	}
	if err := checkStatus("--to", to); err != nil {
		return err
	}
	if q.HasEpisodes() {
		return fault.New(fault.Usage, "a list has whole titles, "+q.Spec()+" is a part of one", "leave it out, or use 'simkld watch'")
	}
	noFilm := to == "watching" || to == "hold"
	if noFilm && q.Kind == media.AnswerMovie {
		return filmRefused(to)
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	want := query.Any
	if noFilm {
		want = query.SeriesFirst
	}
	hit, err := env.findTitle(ctx, linked.Client, q, want)
	if err != nil {
		return err
	}
	if noFilm && query.Film(hit) {
		return filmRefused(to)
	}
	a := answerOfTitle(hit)
	title := simkl.Title{Container: hit.Kind, IDs: media.IDs{Simkl: hit.IDs.Simkl}, Name: hit.Title, Year: hit.Year}
	got, err := linked.Client.AddToList(ctx, title, to)
	if simkl.ClassOf(err) == simkl.NoMatch {
		return unknownTitle(hit, "", err)
	}
	if err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Title  string `json:"title"`
			URL    string `json:"url"`
			To     string `json:"to"`
			Status string `json:"status"`
		}{a.Title, page(&a), to, media.Sanitize(got)})
	}
	words := answerTitle(a) + " is " + statusWords(got) + " now"
	if got != to {
		words += ", since Simkl does not have it as " + statusWords(to)
	}
	out := env.out()
	_, err = fmt.Fprintf(env.Out, "%s  %s  %s\n", out.Paint(term.Done, "ok"), words, out.Address(a.Page()))
	return err
}

func filmRefused(to string) error {
	return fault.New(fault.Usage, fmt.Sprintf("a film cannot be %q (Simkl would mark it watched)", to), "use plantowatch")
}
