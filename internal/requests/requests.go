// Package requests is the log of what was asked of Simkl, as people and scripts read it: rows with their bursts marked,
// and filters over them (simkl-api.md 13).
//
// It owns the names of the columns, which are the keys of the JSON, the heads of the CSV and the fields of a filter, and
// the words of a filter. It promises that all text in a row is safe to show. It must not know where the log is kept or
// how a row is drawn; what is secret was masked by who logged it.
package requests

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Row is one request. The JSON keys are product.md 7's and never change.
type Row struct {
	ID int64 `json:"id"`
	// Time is when it was begun, in UTC.
	Time   time.Time         `json:"time"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Query  map[string]string `json:"query"`
	// Status is 0 where there was no answer; Error says why.
	Status    int    `json:"status"`
	LatencyMS int64  `json:"latency_ms"`
	Cache     string `json:"cache"`
	UserAgent string `json:"user_agent"`
	// Burst is true where three or more fell in one second.
	Burst bool   `json:"burst"`
	Error string `json:"error"`

	// InSecond is how many fell in the fullest second that this one belongs to.
	InSecond int `json:"-"`
}

// burstFrom is how many requests in one second are a burst (simkl-api.md 13).
const burstFrom = 3

// MarkBursts sets Burst and InSecond of rows that are in the order of their times. A second may begin at any request.
func MarkBursts(rows []Row) {
	for i := range rows {
		end := i
		for end < len(rows) && rows[end].Time.Sub(rows[i].Time) < time.Second {
			end++
		}
		for j := i; j < end; j++ {
			rows[j].InSecond = max(rows[j].InSecond, end-i)
			rows[j].Burst = rows[j].InSecond >= burstFrom
		}
	}
}

// Clean makes the text of a row safe to show.
func (r Row) Clean() Row {
	query := make(map[string]string, len(r.Query))
	for k, v := range r.Query {
		query[media.Sanitize(k)] = media.Sanitize(v)
	}
	r.Method, r.Path, r.Query = media.Sanitize(r.Method), media.Sanitize(r.Path), query
	r.Cache, r.UserAgent, r.Error = media.Sanitize(r.Cache), media.Sanitize(r.UserAgent), media.Sanitize(r.Error)
	return r
}

// field is a column: its name, other names that a filter takes for it, and its text.
type field struct {
	name   string
	others []string
	text   func(Row) string
}

// fields are the columns in the order in which they are written.
var fields = []field{
	{"id", nil, func(r Row) string { return strconv.FormatInt(r.ID, 10) }},
	{"time", nil, func(r Row) string { return r.Time.UTC().Format("2006-01-02T15:04:05.000Z") }},
	{"method", nil, func(r Row) string { return r.Method }},
	{"path", nil, func(r Row) string { return r.Path }},
	{"query", nil, Row.queryText},
	{"status", nil, func(r Row) string { return strconv.Itoa(r.Status) }},
	{"latency_ms", []string{"latency"}, func(r Row) string { return strconv.FormatInt(r.LatencyMS, 10) }},
	{"cache", []string{"cache status"}, func(r Row) string { return r.Cache }},
	{"user_agent", []string{"user agent", "user-agent", "agent"}, func(r Row) string { return r.UserAgent }},
	{"burst", nil, func(r Row) string { return strconv.FormatBool(r.Burst) }},
	{"error", nil, func(r Row) string { return r.Error }},
}

// Fields are the names of the columns.
func Fields() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// Cells are the texts of a row, in the order of Fields.
func (r Row) Cells() []string {
	cells := make([]string, len(fields))
	for i, f := range fields {
		cells[i] = f.text(r)
	}
	return cells
}

// queryText is the query as it stands in an address, in the order of its names; what it says is not escaped, so that
// a filter finds what a person typed.
func (r Row) queryText() string {
	pairs := make([]string, 0, len(r.Query))
	for _, k := range slices.Sorted(maps.Keys(r.Query)) {
		pairs = append(pairs, k+"="+r.Query[k])
	}
	return strings.Join(pairs, "&")
}

// Values is the query as a request takes it.
func (r Row) Values() url.Values {
	v := make(url.Values, len(r.Query))
	for k, s := range r.Query {
		v.Set(k, s)
	}
	return v
}
