package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

// The words of --period, --kind and --top, as product.md 2 has them.
var (
	trendPeriods = []string{string(simkl.Today), string(simkl.Week), string(simkl.Month)}
	trendKinds   = []string{kindAll, "movies", "tv", "anime", kindDVD}
	trendTops    = []int{100, 500}
)

const (
	kindAll = "all"
	kindDVD = "dvd"
)

// kindHeading are the kinds as headings say them.
var kindHeading = map[media.AnswerKind]string{media.AnswerMovie: "films", media.AnswerShow: "TV", media.AnswerAnime: "anime"}

func newTrending(env *Env) *cobra.Command {
	var period, kind string
	var top int
	cmd := &cobra.Command{
		Use: "trending", Short: "what is watched most on Simkl, and new on disc", GroupID: groupSimkl, Args: between(0, 0),
		Long: `It needs no account: Simkl makes these lists for everybody, "today" each hour and the others
each day. They are asked for only when a newer one is due, and shown from the cache else.`,
		Example: `  simkld trending
  simkld trending --kind tv --period week
  simkld trending --kind dvd --top 500 --json | jq -r '.[].title'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !slices.Contains(trendPeriods, period):
				return fault.Usagef("use "+orList(trendPeriods), "--period is %q", period)
			case !slices.Contains(trendKinds, kind):
				return fault.Usagef("use "+orList(trendKinds), "--kind is %q", kind)
			case !slices.Contains(trendTops, top):
				return fault.Usagef("use 100 or 500", "--top is %d", top)
			}
			return trending(cmd.Context(), env, simkl.Period(period), kind, top)
		},
	}
	cmd.Flags().StringVar(&period, "period", string(simkl.Today), "watched in `PERIOD`: today, week or month (not of dvd)")
	cmd.Flags().StringVar(&kind, "kind", kindAll, "`KIND` is all, movies, tv, anime or dvd")
	cmd.Flags().IntVar(&top, "top", trendTops[0], "the first `N`: 100 or 500")
	completeWords(cmd, "period", trendPeriods)
	completeWords(cmd, "kind", trendKinds)
	return cmd
}

func trending(ctx context.Context, env *Env, period simkl.Period, kind string, top int) error {
	file := simkl.TrendingFile(period, kindFlag[kind], top)
	if kind == kindDVD {
		file = simkl.DVDFile(top)
	}
	body, age, err := env.dataFile(ctx, file)
	if err != nil {
		return err
	}
	if env.flags.json {
		return env.printRaw(body)
	}
	when := map[simkl.Period]string{simkl.Today: "today", simkl.Week: "this week", simkl.Month: "this month"}[period]
	switch kind {
	case kindAll:
		all, err := simkl.AllTrends(body)
		if err != nil {
			return err
		}
		for i, k := range []media.AnswerKind{media.AnswerMovie, media.AnswerShow, media.AnswerAnime} {
			if i > 0 {
				fmt.Fprintln(env.Out)
			}
			if err := trendTable(env, aged("Trending on Simkl "+when+": "+kindHeading[k], age), all[k], watchedColumn); err != nil {
				return err
			}
		}
		return nil
	case kindDVD:
		rows, err := simkl.Trends(body, media.AnswerMovie)
		if err != nil {
			return err
		}
		return trendTable(env, aged("New on disc, by Simkl", age), rows, discColumn)
	}
	rows, err := simkl.Trends(body, kindFlag[kind])
	if err != nil {
		return err
	}
	return trendTable(env, aged("Trending on Simkl "+when+": "+kindHeading[kindFlag[kind]], age), rows, watchedColumn)
}

// trendColumn is the column that a list is about.
type trendColumn struct {
	head string
	cell func(simkl.Trend) string
}

var (
	watchedColumn = trendColumn{"WATCHED", func(t simkl.Trend) string { return strconv.Itoa(t.Watched) }}
	discColumn    = trendColumn{"ON DISC", func(t simkl.Trend) string { return dayOrDash(t.Disc) }}
)

func trendTable(env *Env, heading string, rows []simkl.Trend, about trendColumn) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintf(env.Out, "%s: nothing there.\n", heading)
		return err
	}
	fmt.Fprintln(env.Out, heading)
	columns := []term.Column{
		{Head: "#", Right: true},
		{Head: "TITLE", Shrink: term.Cut},
		{Head: "RATING", Right: true, Drop: 1},
		{Head: about.head, Right: true, Drop: 1},
		{Head: "SIMKL", Second: true},
	}
	cells := make([][]term.Cell, len(rows))
	for i, t := range rows {
		cells[i] = []term.Cell{text(strconv.Itoa(i + 1)), titleCell(t.Title, t.Year), text(ratingText(t.Rating)), text(about.cell(t)), addressCell(t.Page())}
	}
	return env.out().Table(columns, cells)
}

// titleCell is a title with its year, which goes first where there is little room.
func titleCell(title string, year int) term.Cell {
	if year == 0 {
		return text(title)
	}
	return term.Cell{Text: fmt.Sprintf("%s (%d)", title, year), Short: title}
}

func ratingText(r simkl.Rating) string {
	if r.Value <= 0 {
		return "-"
	}
	return strconv.FormatFloat(r.Value, 'f', 1, 64)
}

func dayOrDash(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}
