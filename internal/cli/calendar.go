package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

const (
	// calendarAhead is how many months of the future Simkl's calendar has (simkl-api.md 11.2).
	calendarAhead = 3
	monthForm     = "2006-01"
)

func newCalendar(env *Env) *cobra.Command {
	var month, kind, ics string
	var mine bool
	cmd := &cobra.Command{
		Use: "calendar", Short: "what is shown when, by Simkl's calendar", GroupID: groupSimkl, Args: between(0, 0),
		Long: `Without --month it goes from yesterday on for 33 days. It needs no account but for --mine: Simkl
makes these lists for everybody, every 6 hours. They are asked for only when a newer one is due, and
shown from the cache else. Days and times are those of this machine's zone.`,
		Example: `  simkld calendar
  simkld calendar --kind anime --month 2026-06
  simkld calendar --mine --ics ~/simkl.ics`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(kindFlagWords, kind) {
				return fault.Usagef("use "+orList(kindFlagWords), "--kind is %q", kind)
			}
			of, err := env.parseMonth(month)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("ics") && ics == "" {
				return fault.New(fault.Usage, "--ics names no file", "give one, as --ics simkl.ics")
			}
			return calendar(cmd.Context(), env, calendarOf{kindFlag[kind], of, mine}, ics)
		},
	}
	cmd.Flags().StringVar(&month, "month", "", "of `MONTH`, as 2026-06")
	cmd.Flags().StringVar(&kind, "kind", "tv", "`KIND` is tv, anime or movies")
	cmd.Flags().BoolVar(&mine, "mine", false, "only titles of your watchlist that are not dropped")
	cmd.Flags().StringVar(&ics, "ics", "", "write `FILE` for calendar programs")
	completeWords(cmd, "kind", kindFlagWords)
	return cmd
}

// parseMonth reads a month that Simkl's calendar can have; zero without one.
func (e *Env) parseMonth(word string) (time.Time, error) {
	if word == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(monthForm, word)
	if err != nil {
		return time.Time{}, fault.Usagef("write it like 2026-06", "--month is %q, which is no month", word)
	}
	now := e.Now().UTC()
	last := time.Date(now.Year(), now.Month()+calendarAhead, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case t.Year() < 1900:
		return time.Time{}, fault.Usagef("name a later one", "--month is %q, before there was television", word)
	case t.After(last):
		return time.Time{}, fault.Usagef("name an earlier one", "--month is %q, and Simkl's calendar ends with %s", word, last.Format(monthForm))
	}
	return t, nil
}

// calendarOf says which dates are wanted. A zero month is the rolling file.
type calendarOf struct {
	kind  media.AnswerKind
	month time.Time
	mine  bool
}

func calendar(ctx context.Context, env *Env, of calendarOf, ics string) error {
	body, age, err := env.dataFile(ctx, simkl.CalendarFile(of.kind, of.month))
	if simkl.ClassOf(err) == simkl.Gone {
		return fault.Wrap(fault.NotFound, err, "Simkl's calendar has nothing for "+of.month.Format(monthForm), "name another month")
	}
	if err != nil {
		return err
	}
	rows, err := simkl.Airings(body, of.kind)
	if err != nil {
		return err
	}
	if of.mine {
		listed, err := env.onWatchlist(ctx, of.kind)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r simkl.Airing) bool { return !listed[r.IDs.Simkl] })
	}
	slices.SortStableFunc(rows, func(a, b simkl.Airing) int { return a.At.Compare(b.At) })
	switch {
	case ics != "":
		return writeICS(env, ics, rows)
	case env.flags.json:
		return env.print(rawRows(rows, simkl.Airing.JSON))
	}
	return calendarTable(env, of, rows, age)
}

// onWatchlist are the titles of a kind on the watchlist that are not dropped, as they were read last where Simkl cannot be
// reached.
func (e *Env) onWatchlist(ctx context.Context, kind media.AnswerKind) (map[media.SimklID]bool, error) {
	lib, _, ctx, err := e.ownLibrary(ctx)
	if err != nil {
		return nil, err
	}
	unread := lib.Sync(ctx, library.Parts{Kinds: []media.AnswerKind{kind}})
	if unread != nil && fault.KindOf(explain(unread)) != fault.Unreachable {
		return nil, unread
	}
	rows, err := lib.Items(ctx, kind, false)
	switch {
	case err != nil:
		return nil, err
	case unread != nil && len(rows) == 0:
		return nil, unread
	case unread != nil:
		fmt.Fprintf(e.Err, "%s: this is by the watchlist as it was read last.\n", media.Sanitize(capital(explain(unread).Error())))
	}
	listed := map[media.SimklID]bool{}
	for _, r := range rows {
		if r.Status != "dropped" {
			listed[r.IDs.Simkl] = true
		}
	}
	return listed, nil
}

func writeICS(env *Env, file string, rows []simkl.Airing) error {
	if err := paths.WriteFile(file, icsOf(rows, env.Now()), 0o644); err != nil {
		return fault.Wrap(fault.Failed, err, file+" cannot be written", "give another file with --ics")
	}
	if env.flags.json {
		return env.print(struct {
			File  string `json:"file"`
			Dates int    `json:"dates"`
		}{media.Sanitize(file), len(rows)})
	}
	_, err := fmt.Fprintf(env.Out, "%s  %s\n", media.Sanitize(file), term.Count(len(rows), "date", "dates"))
	return err
}

func calendarTable(env *Env, of calendarOf, rows []simkl.Airing, age time.Duration) error {
	span := "from yesterday on"
	if !of.month.IsZero() {
		span = of.month.Format(monthForm)
	}
	if of.mine {
		span += ", your watchlist"
	}
	heading := aged("Simkl's calendar, "+kindHeading[of.kind]+", "+span, age)
	if len(rows) == 0 {
		_, err := fmt.Fprintf(env.Out, "%s: nothing there.\n", heading)
		return err
	}
	fmt.Fprintln(env.Out, heading)
	columns := []term.Column{{}, {}, {Shrink: term.CutTitle}, {Second: true}}
	if of.kind == media.AnswerMovie {
		columns = slices.Delete(columns, 1, 2) // a film comes out on a day, not at a time
	}
	cells := make([][]term.Cell, len(rows))
	last := ""
	for i, r := range rows {
		day, clock := env.airs(r)
		shown := day
		if day == last && env.out().Terminal {
			shown = "" // in a pipe each line says all
		}
		last = day
		cells[i] = []term.Cell{text(shown), text(clock), {Text: airingText(r, true), Short: airingText(r, false)}, addressCell(r.Page())}
		if of.kind == media.AnswerMovie {
			cells[i] = slices.Delete(cells[i], 1, 2)
		}
	}
	return env.out().Table(columns, cells)
}

// airs is the day and the time of a date in this machine's zone; a film has only a day, and that is the same everywhere.
func (e *Env) airs(r simkl.Airing) (day, clock string) {
	at := r.At
	if r.Kind != media.AnswerMovie {
		at = at.In(e.Now().Location())
		clock = at.Format("15:04")
	}
	day = at.Format("Mon 2 Jan")
	if at.Year() != e.Now().Year() {
		day = at.Format("Mon 2 Jan 2006")
	}
	return day, clock
}

// airingText names what is shown: Severance S02E04 "Woe's Hollow".
func airingText(r simkl.Airing, long bool) string {
	var b strings.Builder
	b.WriteString(r.Title)
	switch {
	case r.Number == nil && long && r.Year != 0:
		fmt.Fprintf(&b, " (%d)", r.Year)
	case r.Number != nil && r.Season != nil:
		fmt.Fprintf(&b, " S%02dE%02d", *r.Season, *r.Number)
	case r.Number != nil:
		fmt.Fprintf(&b, " E%02d", *r.Number)
	}
	if long && r.EpisodeTitle != "" {
		b.WriteString(` "` + r.EpisodeTitle + `"`)
	}
	return b.String()
}
