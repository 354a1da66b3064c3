package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

// tableLimit is how many watches a table shows when nothing is said.
const tableLimit = 20

func newHistory(env *Env) *cobra.Command {
	var since string
	var limit int
	var asCSV bool
	var export string
	cmd := &cobra.Command{
		Use: "history", Short: "what was watched here, and what became of it", GroupID: groupWatch, Args: between(0, 0),
		Example: `  simkld history --since 2026-05-01 --csv > may.csv
  simkld history --since 48h --json | jq -r '.[].identity.title'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case asCSV && env.flags.json:
				return fault.New(fault.Usage, "--csv and --json exclude each other", "use one of them")
			case export != "" && (asCSV || env.flags.json):
				return fault.New(fault.Usage, "--export has a form of its own", "leave --csv and --json out")
			case export != "" && exporters[export] == nil:
				return fault.Usagef("use simkl, trakt or letterboxd", "--export %s is not known", export)
			case limit < 0:
				return fault.Usagef("use 1 or more, 0 for all", "--limit is %d", limit)
			}
			from, err := env.parseSince(since)
			if err != nil {
				return err
			}
			if export != "" {
				return historyExport(cmd.Context(), env, from, limit, export)
			}
			if !cmd.Flags().Changed("limit") && !asCSV && !env.flags.json {
				limit = tableLimit
			}
			return history(cmd.Context(), env, from, limit, asCSV)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "from `TIME` on: 2026-05-22, \"2026-05-22 20:14\", or a span as 48h")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N`, 0 for all (a table shows 20)")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print comma-separated values")
	cmd.Flags().StringVar(&export, "export", "", "print what counted for another `SERVICE` to import: simkl, trakt or letterboxd")
	return cmd
}

func history(ctx context.Context, env *Env, since time.Time, limit int, asCSV bool) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	var entries []store.Entry
	more := false
	if s != nil {
		if entries, more, err = ended(ctx, s, since, limit); err != nil {
			return err
		}
	}
	switch {
	case env.flags.json:
		return historyJSON(env, entries)
	case asCSV:
		return historyCSV(env, entries)
	case len(entries) == 0:
		_, err := fmt.Fprintln(env.Out, "Nothing was watched yet.")
		return err
	}
	columns := []term.Column{{Head: "ID", Right: true}, {Head: "WHEN"}, columnWhat, {Head: "BECAME", Second: true}, columnPage}
	var cells [][]term.Cell
	for _, e := range entries {
		cells = append(cells, []term.Cell{
			text(number(e.ID)), env.whenCell(when(e)), whatCell(e.Match, e.Path), becameCell(e.Outcome), pageCell(e.Answer),
		})
	}
	if err := env.out().Table(columns, cells); err != nil {
		return err
	}
	if more {
		_, err = fmt.Fprintf(env.Out, "There are older ones: %s history --csv\n", about.Name)
	}
	return err
}

// ended lists the watches that came to something: what still plays is not history. more says that there are older ones.
func ended(ctx context.Context, s *store.Store, since time.Time, limit int) (entries []store.Entry, more bool, err error) {
	for ask := limit + 16; ; ask *= 2 {
		if limit == 0 {
			ask = 0
		}
		all, err := s.Entries(ctx, since, ask)
		if err != nil {
			return nil, false, err
		}
		entries = entries[:0]
		for _, e := range all {
			if e.Outcome != store.OutcomeNone {
				entries = append(entries, e)
			}
		}
		if limit > 0 && len(entries) > limit {
			return entries[:limit], true, nil
		}
		if ask == 0 || len(all) < ask {
			return entries, false, nil
		}
	}
}

// when is the time of a watch: when it was watched, else when it ended.
func when(e store.Entry) time.Time {
	for _, t := range []time.Time{e.WatchedAt, e.Ended, e.Started} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// becameWords says an outcome in the words of screens.md 13.
func becameWords(o store.Outcome) string { return becameCell(o).Text }

func becameCell(o store.Outcome) term.Cell {
	switch o {
	case store.OutcomeSent:
		return term.Cell{Text: "sent", Style: term.Done}
	case store.OutcomeQueued:
		return term.Cell{Text: "waiting", Style: term.Waits}
	case store.OutcomeUnmatched, store.OutcomeDead:
		return term.Cell{Text: "needs you", Style: term.NeedsYou}
	case store.OutcomeNotCounted:
		return text("not counted")
	case store.OutcomeNone, store.OutcomeUndone, store.OutcomeDropped:
	}
	return text(term.Foreign(string(o)))
}

type entryJSON struct {
	ID        string      `json:"id"`
	Identity  media.Match `json:"identity"`
	Path      string      `json:"path"`
	Player    string      `json:"player"`
	WatchedAt *time.Time  `json:"watched_at"`
	EndedAt   *time.Time  `json:"ended_at"`
	Outcome   string      `json:"outcome"`
	Via       *string     `json:"via"`
	Reason    string      `json:"reason"`
	Progress  float64     `json:"progress"`
	Played    float64     `json:"played_percent"`
	Simkl     *answerJSON `json:"simkl"`
}

func historyJSON(env *Env, entries []store.Entry) error {
	out := make([]entryJSON, 0, len(entries))
	for _, e := range entries {
		j := entryJSON{
			ID: number(e.ID), Identity: cleanMatch(e.Match), Path: fileURL(e.Path), Player: media.Sanitize(e.Player),
			WatchedAt: timeOrNil(e.WatchedAt), EndedAt: timeOrNil(e.Ended), Outcome: string(e.Outcome),
			Reason: string(e.Reason), Progress: e.Progress, Played: e.Played,
		}
		if e.Via != "" {
			j.Via = &e.Via
		}
		if e.Answer != nil {
			a := answerOf(*e.Answer)
			j.Simkl = &a
		}
		out = append(out, j)
	}
	return env.print(out)
}

// historyCSV writes a line for each watch, with ids that other services know.
func historyCSV(env *Env, entries []store.Entry) error {
	w := csv.NewWriter(env.Out)
	rows := [][]string{{
		"id", "watched_at", "ended_at", "kind", "title", "year", "season", "episode", "outcome", "via", "player",
		"simkl", "imdb", "tmdb", "tvdb", "mal", "anidb", "url", "path",
	}}
	for _, e := range entries {
		rows = append(rows, csvRow(e))
	}
	for _, r := range rows {
		for i := range r {
			r[i] = noFormula(r[i])
		}
		if err := w.Write(r); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func csvRow(e store.Entry) []string {
	m, ids := cleanMatch(e.Match), e.Match.IDs
	if e.Answer != nil {
		ids = cleanMatch(media.Match{IDs: e.Answer.IDs}).IDs
	}
	number2 := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	season, episode := "", numberWords(m.Episodes)
	if m.Season != nil {
		season = fmt.Sprint(*m.Season)
	}
	if episode == "" {
		episode = numberWords(m.Absolute)
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	title := m.Title
	if title == "" {
		title = labelOf(m, e.Path)
	}
	return []string{
		number(e.ID), stamp(e.WatchedAt), stamp(e.Ended), string(m.Kind), title, number2(m.Year), season, episode, string(e.Outcome), e.Via,
		media.Sanitize(e.Player), number2(int(ids.Simkl)), ids.IMDB, ids.TMDB, ids.TVDB, ids.MAL, ids.AniDB, page(e.Answer),
		media.Sanitize(e.Path),
	}
}

// noFormula keeps a spreadsheet from running a title.
func noFormula(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
