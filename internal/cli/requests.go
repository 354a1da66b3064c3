package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/requests"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

// requestsShown is how long a request is kept (product.md 2).
const requestsShown = 24 * time.Hour

func newRequests(env *Env) *cobra.Command {
	var where []string
	var asCSV bool
	var again int64
	cmd := &cobra.Command{
		Use: "requests", Short: "what was asked of Simkl in the last 24 hours", GroupID: groupWatch, Args: between(0, 0),
		Long: `The newest comes last. A request that failed or was cut is there too; tokens and codes are
masked. BURST stands where three or more fell in one second.
A condition of --where is COLUMN OPERATOR VALUE; several must all hold. The columns are
` + strings.Join(requests.Fields(), ", ") + `;
the operators equals, not equals, contains, not contains, starts with, ends with, in and
not in, which take a list as a,b. Upper and lower case are the same.`,
		Example: `  simkld requests --where 'status contains 4'
  simkld requests --where 'method in POST,DELETE' --where 'path starts with /sync'
  simkld requests --where 'error not equals ""' --csv >failed.csv
  simkld requests --again 311`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("again") {
				if asCSV || len(where) > 0 {
					return fault.New(fault.Usage, "--again sends one request again", "give it alone")
				}
				return requestAgain(cmd.Context(), env, again)
			}
			if asCSV && env.flags.json {
				return fault.New(fault.Usage, "--csv and --json exclude each other", "use one of them")
			}
			return listRequests(cmd.Context(), env, where, asCSV)
		},
	}
	cmd.Flags().StringArrayVar(&where, "where", nil, "only those that fulfil `CONDITION`, as 'status contains 4'; may be repeated")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print comma-separated values")
	cmd.Flags().Int64Var(&again, "again", 0, "send the GET with the number `ID` again and print the answer")
	return cmd
}

// requestLog is the log of this state folder with its bursts marked.
func requestLog(ctx context.Context, env *Env) ([]requests.Row, error) {
	s, err := env.stateIfAny(ctx)
	if err != nil || s == nil {
		return nil, err
	}
	kept, err := s.Requests(ctx, env.Now().Add(-requestsShown))
	if err != nil {
		return nil, err
	}
	rows := make([]requests.Row, len(kept))
	for i, r := range kept {
		rows[i] = requestRow(r)
	}
	requests.MarkBursts(rows)
	return rows, nil
}

func requestRow(r store.Request) requests.Row {
	return requests.Row{
		ID: r.ID, Time: r.Time, Method: r.Method, Path: r.Path, Query: r.Query, Status: r.Status,
		LatencyMS: r.Latency.Milliseconds(), Cache: r.Cache, UserAgent: r.UserAgent, Error: r.Error,
	}.Clean()
}

func listRequests(ctx context.Context, env *Env, where []string, asCSV bool) error {
	filters := make([]requests.Filter, 0, len(where))
	for _, text := range where {
		f, err := requests.ParseFilter(text)
		if err != nil {
			return err
		}
		filters = append(filters, f)
	}
	all, err := requestLog(ctx, env)
	if err != nil {
		return err
	}
	rows := requests.Keep(all, filters)
	switch {
	case env.flags.json:
		return env.print(rows)
	case asCSV:
		return requestsCSV(env, rows)
	case len(all) == 0:
		_, err = fmt.Fprintln(env.Out, "Nothing was asked of Simkl in the last 24 hours.")
	case len(rows) == 0:
		_, err = fmt.Fprintf(env.Out, "None of the %s of the last 24 hours fits.\n", term.Count(len(all), "request", "requests"))
	default:
		err = requestTable(env, rows)
	}
	return err
}

func requestsCSV(env *Env, rows []requests.Row) error {
	w := csv.NewWriter(env.Out)
	if err := w.Write(requests.Fields()); err != nil {
		return err
	}
	for _, r := range rows {
		cells := r.Cells()
		for i := range cells {
			cells[i] = noFormula(cells[i])
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func requestTable(env *Env, rows []requests.Row) error {
	columns := []term.Column{
		{Head: "N", Right: true},
		{Head: "TIME"},
		{Head: "CALL", Shrink: term.Cut},
		{Head: "QUERY", Drop: 2, Shrink: term.Cut},
		{Head: "STATUS", Right: true, Second: true},
		{Head: "MS", Right: true, Second: true},
		{Head: "CACHE", Drop: 3},
		{Head: "USER AGENT", Drop: 1},
		{Head: "BURST", Second: true},
		{Head: "ERROR", Second: true, Shrink: term.Cut},
	}
	cells := make([][]term.Cell, len(rows))
	for i, r := range rows {
		cells[i] = []term.Cell{
			text(strconv.FormatInt(r.ID, 10)), env.secondCell(r.Time), text(r.Method + " " + r.Path), text(r.Cells()[4]),
			statusCell(r), text(strconv.FormatInt(r.LatencyMS, 10)), text(orDash(r.Cache)), text(r.UserAgent), burstCell(r), text(orDash(r.Error)),
		}
	}
	return env.out().Table(columns, cells)
}

// secondCell is the time of a request, with its day where that is not today.
func (e *Env) secondCell(t time.Time) term.Cell {
	now := e.Now()
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return text(t.Format(time.TimeOnly))
	}
	return term.Cell{Text: t.Format(time.DateTime), Short: t.Format("01-02 15:04:05")}
}

func statusCell(r requests.Row) term.Cell {
	switch {
	case r.Status == 0:
		return term.Cell{Text: "-", Style: term.NeedsYou}
	case r.Status >= http.StatusBadRequest:
		return term.Cell{Text: strconv.Itoa(r.Status), Style: term.NeedsYou}
	}
	return text(strconv.Itoa(r.Status))
}

func burstCell(r requests.Row) term.Cell {
	if !r.Burst {
		return text("")
	}
	return term.Cell{Text: fmt.Sprintf("BURST %d", r.InSecond), Style: term.NeedsYou}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// requestAgain sends a GET of the log once more.
func requestAgain(ctx context.Context, env *Env, id int64) error {
	rows, err := requestLog(ctx, env)
	if err != nil {
		return err
	}
	row, ok := requestByID(rows, id)
	switch {
	case !ok:
		return fault.New(fault.NotFound, fmt.Sprintf("there is no request %d of the last 24 hours", id), "'"+about.Name+" requests' has their numbers")
	case row.Method != http.MethodGet:
		return fault.Usagef("choose a GET", "request %d is a %s, which would change something again", id, row.Method)
	}
	loaded, err := env.load()
	if err != nil {
		return err
	}
	linked, err := env.connect(ctx, loaded.Config.Simkl)
	if err != nil {
		return err
	}
	body, err := linked.Client.Again(simkl.WithPriority(ctx, limits.Typed), row.Path, row.Values())
	if e, ok := errors.AsType[*simkl.Error](err); ok && e.Class == simkl.Refused && e.Status == 0 {
		return fault.Wrap(fault.Usage, err, fmt.Sprintf("request %d cannot be sent again: %s", id, e.Message), "choose another")
	}
	if err != nil {
		return err
	}
	if rows, err = requestLog(ctx, env); err != nil {
		return err
	}
	return sayAgain(env, rows[len(rows)-1], body)
}

func requestByID(rows []requests.Row, id int64) (requests.Row, bool) {
	for _, r := range rows {
		if r.ID == id {
			return r, true
		}
	}
	return requests.Row{}, false
}

// sayAgain prints the answer alone; what became of the request is said beside it.
func sayAgain(env *Env, r requests.Row, body []byte) error {
	body = media.SanitizeJSON(body)
	if env.flags.json {
		return env.print(struct {
			requests.Row
			Answer json.RawMessage `json:"answer"`
		}{r, body})
	}
	fmt.Fprintf(env.Err, "%s %s: %d in %d ms, request %d\n", r.Method, r.Path, r.Status, r.LatencyMS, r.ID)
	_, err := env.Out.Write(append(body, '\n'))
	return err
}
