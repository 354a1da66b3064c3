package requests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/requests"
)

func at(ms int) time.Time {
	return time.Date(2026, 5, 22, 20, 14, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func rows() []requests.Row {
	return []requests.Row{
		{ID: 1, Time: at(0), Method: "GET", Path: "/search/tv", Query: map[string]string{"q": "The Office", "client_id": "c"}, Status: 200, LatencyMS: 31, Cache: "HIT", UserAgent: "simkld/1.2.0"},
		{ID: 2, Time: at(1500), Method: "POST", Path: "/scrobble/stop", Status: 404, LatencyMS: 120, UserAgent: "simkld/1.2.0", Error: "id_err"},
		{ID: 3, Time: at(4000), Method: "DELETE", Path: "/sync/playback/7", Status: 204, LatencyMS: 40, UserAgent: "simkld/1.3.0"},
		{ID: 4, Time: at(9000), Method: "GET", Path: "/sync/activities", Error: "no network", UserAgent: "simkld/1.3.0"},
	}
}

func TestFiltersSayWhatTheyDo(t *testing.T) {
	for where, want := range map[string]string{
		"status equals 200":                    "1",
		"status not equals 200":                "2 3 4",
		"status contains 4":                    "2 3",
		"status not contains 4":                "1 4",
		"path starts with /sync":               "3 4",
		"path ends with stop":                  "2",
		"method in GET,DELETE":                 "1 3 4",
		"method in GET, delete":                "1 3 4",
		"method not in GET,POST":               "3",
		"METHOD  Not   In  get":                "2 3",
		"query contains q=the office":          "1",
		`query contains "the office"`:          "1",
		"query contains 'the  office'":         "",
		"user agent ends with 1.3.0":           "3 4",
		"user_agent ends with 1.3.0":           "3 4",
		"latency in 31,40":                     "1 3",
		"latency_ms starts with 1":             "2",
		"cache status equals hit":              "1",
		"cache equals hit":                     "1",
		`error equals ""`:                      "1 3",
		`error not equals ""`:                  "2 4",
		"error contains network":               "4",
		"time starts with 2026-05-22T20:14:04": "3",
		"id in 4,2":                            "2 4",
		"status equals 0":                      "4",
		"burst equals true":                    "",
		"path equals equals":                   "",
		"path contains in":                     "",
	} {
		f, err := requests.ParseFilter(where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got := ids(requests.Keep(rows(), []requests.Filter{f})); got != want {
			t.Errorf("%s gives %q, want %q", where, got, want)
		}
	}
}

func ids(rows []requests.Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Cells()[0])
	}
	return strings.Join(out, " ")
}

func TestSeveralFiltersMustAllHold(t *testing.T) {
	var all []requests.Filter
	for _, where := range []string{"method equals GET", "status contains 2"} {
		f, err := requests.ParseFilter(where)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if got := ids(requests.Keep(rows(), all)); got != "1" {
		t.Error(got)
	}
}

func TestAFilterThatIsNoneNamesWhatThereIs(t *testing.T) {
	for where, want := range map[string]string{
		"":                                  "begin with id, time, method",
		"stat equals 4":                     "begin with id, time, method",
		"statusequals 4":                    "begin with id, time, method",
		"status":                            "after status comes equals, not equals",
		"status is 4":                       "after status comes equals, not equals",
		"status not 4":                      "after status comes equals, not equals",
		"status equals":                     `or "" for nothing`,
		"status in   ":                      `or "" for nothing`,
		"path " + strings.Repeat("x", 5000): "shorten it",
	} {
		_, err := requests.ParseFilter(where)
		if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", where, err)
		}
	}
}

func TestThreeInAnySecondAreABurst(t *testing.T) {
	for name, c := range map[string]struct {
		at   []int
		want []int
	}{
		"two":                       {[]int{0, 10, 1010}, []int{2, 2, 1}},
		"three":                     {[]int{0, 500, 999}, []int{3, 3, 3}},
		"across the clock's second": {[]int{600, 900, 1300, 5000}, []int{3, 3, 3, 1}},
		"a second apart":            {[]int{0, 1000, 2000}, []int{1, 1, 1}},
		"the fullest second counts": {[]int{0, 900, 950, 1000, 1800}, []int{3, 4, 4, 4, 4}},
	} {
		var rows []requests.Row
		for _, ms := range c.at {
			rows = append(rows, requests.Row{Time: at(ms)})
		}
		requests.MarkBursts(rows)
		var got []int
		for _, r := range rows {
			got = append(got, r.InSecond)
			if r.Burst != (r.InSecond >= 3) {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestNothingInARowReachesATerminalRaw(t *testing.T) {
	r := requests.Row{Method: "G\x1b[1m", Path: "/\x07", Query: map[string]string{"q\n": "\u202e"}, Cache: "\x00", UserAgent: "\x7f", Error: "\x9b"}.Clean()
	for _, cell := range r.Cells() {
		if strings.ContainsAny(cell, "\x00\x07\x1b\n\x7f\u202e\u009b") {
			t.Errorf("%q", cell)
		}
	}
}

// FuzzParseFilter: whatever is typed, a filter matches without a panic, and what it does not match its opposite does.
func FuzzParseFilter(f *testing.F) {
	for _, where := range []string{"status contains 4", `error equals ""`, "method not in GET,DELETE", "user agent starts with 'x", "burst in ,", "id equals \xff"} {
		f.Add(where)
	}
	opposite := map[requests.Op]requests.Op{
		requests.Equals: requests.NotEquals, requests.Contains: requests.NotContains, requests.In: requests.NotIn,
		requests.NotEquals: requests.Equals, requests.NotContains: requests.Contains, requests.NotIn: requests.In,
	}
	f.Fuzz(func(t *testing.T, where string) {
		filter, err := requests.ParseFilter(where)
		if err != nil {
			if fault.KindOf(err) != fault.Usage {
				t.Errorf("%q: %v", where, err)
			}
			return
		}
		if !slices.Contains(requests.Ops(), filter.Op) || !slices.Contains(requests.Fields(), filter.Field) || len(filter.Values) == 0 {
			t.Errorf("%q: %+v", where, filter)
		}
		other := filter
		if op, ok := opposite[filter.Op]; ok {
			other.Op = op
		}
		for _, r := range rows() {
			if other.Op != filter.Op && filter.Match(r) == other.Match(r) {
				t.Errorf("%q and its opposite agree on %+v", where, r)
			}
		}
	})
}
