package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// command is one of simkld's commands as the page may run it. What the page can do, somebody could type.
type command struct {
	method string
	args   func(ask) ([]string, error)
	csv    string // the name under which the output is saved, "" for JSON
}

// ask is what the page asks of a command, from the query of a GET and the body of a POST.
type ask struct {
	Entry   media.WatchID `json:"entry"`
	Simkl   media.SimklID `json:"simkl"`
	Season  *int          `json:"season"`
	Episode *int          `json:"episode"`
	Words   string        `json:"words"`
	// Playback is a resume point on Simkl: a number that JavaScript may have to write as a text, being too long for it.
	Playback json.Number `json:"playback"`

	query url.Values
}

// commands are all that the page may run, by the last part of their address. Values go in as "--flag=value" or as numbers, so that
// none is ever taken for a flag.
var commands = map[string]command{
	"history":      {method: http.MethodGet, args: history},
	"history.csv":  {method: http.MethodGet, args: words("history", "--csv"), csv: "simkld-history.csv"},
	"queue":        {method: http.MethodGet, args: words("queue", "list", "--json")},
	"unmatched":    {method: http.MethodGet, args: words("unmatched", "--json")},
	"playback":     {method: http.MethodGet, args: words("playback", "list", "--json")},
	"requests":     {method: http.MethodGet, args: requests("--json")},
	"requests.csv": {method: http.MethodGet, args: requests("--csv"), csv: "simkld-requests.csv"},
	"settings":     {method: http.MethodGet, args: words("config", "show", "--json")},
	"doctor":       {method: http.MethodGet, args: words("doctor", "--json")},

	"undo":            {method: http.MethodPost, args: entry("undo", "--json")},
	"mark":            {method: http.MethodPost, args: entry("mark", "--json")},
	"retry":           {method: http.MethodPost, args: entry("queue", "retry", "--json")},
	"retry-all":       {method: http.MethodPost, args: words("queue", "retry", "--json")},
	"drop":            {method: http.MethodPost, args: entry("queue", "drop", "--yes", "--json")},
	"find":            {method: http.MethodPost, args: find},
	"fix":             {method: http.MethodPost, args: fix},
	"playback-remove": {method: http.MethodPost, args: removePlayback},
}

// run answers with what the command prints.
func (c command) run(w http.ResponseWriter, r *http.Request, b Backend) {
	q := ask{query: r.URL.Query()}
	if c.method == http.MethodPost && !read(w, r, &q) {
		return
	}
	args, err := c.args(q)
	if err != nil {
		answer(w, nil, err)
		return
	}
	printed, err := b.Command(r.Context(), args...)
	if err != nil && (len(printed) == 0 || c.csv != "") {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if c.csv != "" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", "attachment; filename="+c.csv)
	}
	if _, err := w.Write(printed); err != nil {
		return // the reader is gone: there is nobody to tell
	}
}

func words(args ...string) func(ask) ([]string, error) {
	return func(ask) ([]string, error) { return args, nil }
}

// entry is a command on one watch.
func entry(args ...string) func(ask) ([]string, error) {
	return func(q ask) ([]string, error) {
		id, err := q.entry()
		return append(slices.Clip(args), id), err
	}
}

func (q ask) entry() (string, error) {
	if q.Entry <= 0 {
		return "", fault.New(fault.Usage, "the request names no watch", `send {"entry":47}`)
	}
	return strconv.FormatInt(int64(q.Entry), 10), nil
}

const (
	historyLimit = 50
	historyMost  = 1000
)

func history(q ask) ([]string, error) {
	limit := historyLimit
	if text := q.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > historyMost {
			return nil, fault.Usagef(fmt.Sprintf("use 1 to %d", historyMost), "limit is %q", text)
		}
		limit = n
	}
	return []string{"history", "--json", "--limit=" + strconv.Itoa(limit)}, nil
}

func requests(form string) func(ask) ([]string, error) {
	return func(q ask) ([]string, error) {
		args := []string{"requests", form}
		for _, where := range q.query["where"] {
			args = append(args, "--where="+where)
		}
		return args, nil
	}
}

// find asks Simkl which titles a watch may be.
func find(q ask) ([]string, error) {
	id, err := q.entry()
	return []string{"fix", id, "--json", "--find=" + q.Words}, err
}

func fix(q ask) ([]string, error) {
	id, err := q.entry()
	if err == nil && q.Simkl <= 0 {
		err = fault.New(fault.Usage, "the request names no title", `send {"entry":47,"simkl":12001}`)
	}
	args := []string{"fix", id, "--json", fmt.Sprintf("--simkl=%d", q.Simkl)}
	if q.Season != nil {
		args = append(args, fmt.Sprintf("--season=%d", *q.Season))
	}
	if q.Episode != nil {
		args = append(args, fmt.Sprintf("--episode=%d", *q.Episode))
	}
	return args, err
}

func removePlayback(q ask) ([]string, error) {
	id, err := q.Playback.Int64()
	if err != nil || id <= 0 {
		return nil, fault.New(fault.Usage, "the request names no resume point", `send {"playback":88213378}`)
	}
	return []string{"playback", "remove", strconv.FormatInt(id, 10), "--json"}, nil
}
