// Package transfer takes over what other programs kept, and writes what others take: pure functions from bytes to watches
// and back. Whether a watch is sent or only remembered is decided by who calls.
//
// The formats were read from the sources of trakt-scrobbler (watched_backlog.json, remap_rules.toml) and simkl-mps
// (backlog.json, watch_history.json). It must not know where files or rows are kept.
package transfer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/simkld/simkld/internal/media"
)

// Watch is one film or episode that another program saw.
type Watch struct {
	Match media.Match
	// At is when it was watched, in UTC.
	At   time.Time
	Path string
	// Waits: the other program had not sent it yet.
	Waits bool
}

// Rule is a correction of trakt-scrobbler. It names Trakt's title, which says nothing to Simkl.
type Rule struct {
	Path, Title, Kind string
	// Is is what Trakt calls it: a number, a word of an address or a title.
	Is     string
	Season *int
	Delta  int
}

// Found is what a file holds.
type Found struct {
	// From is the program: "trakt-scrobbler" or "simkl-mps".
	From    string
	Watches []Watch
	Rules   []Rule
	// Left are sentences on what cannot be taken over.
	Left []string
}

// ErrUnknown says that the file is none of those that are known.
var ErrUnknown = errors.New("neither a backlog, a history nor rules of trakt-scrobbler or simkl-mps")

// Read finds out what a file is by its content. Times without a zone are in zone, as simkl-mps writes them.
func Read(data []byte, zone *time.Location) (Found, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !json.Valid(data) {
		return readRules(data)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		var byKey map[string]json.RawMessage
		if err := json.Unmarshal(data, &byKey); err != nil {
			return Found{}, ErrUnknown
		}
		for _, key := range slices.Sorted(keys(byKey)) {
			items = append(items, byKey[key])
		}
	}
	var f Found
	for n, raw := range items {
		var it item
		if err := json.Unmarshal(raw, &it); err != nil || it.Info == nil && it.Title == "" {
			f.leave(fmt.Sprintf("entry %d", n+1), "it cannot be understood")
			continue
		}
		from := f.From
		if it.Info != nil {
			f.backlogOfTrakt(it)
		} else {
			f.ofSimklMPS(it, zone)
		}
		if from != "" && from != f.From {
			return Found{}, ErrUnknown
		}
	}
	if f.From == "" && len(items) > 0 {
		return Found{}, ErrUnknown
	}
	return f, nil
}

func keys(m map[string]json.RawMessage) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// item is an entry of any of the JSON files.
type item struct {
	// trakt-scrobbler
	Info      *info   `json:"media_info"`
	UpdatedAt float64 `json:"updated_at"`
	// simkl-mps
	SimklID   any        `json:"simkl_id"`
	Title     string     `json:"title"`
	Type      string     `json:"type"`
	Year      any        `json:"year"`
	Season    any        `json:"season"`
	Episode   any        `json:"episode"`
	WatchedAt string     `json:"watched_at"`
	Timestamp string     `json:"timestamp"`
	Attempts  *int       `json:"attempt_count"`
	IMDB      string     `json:"imdb_id"`
	File      string     `json:"file_path"`
	Original  string     `json:"original_filepath"`
	Episodes  []mpsWatch `json:"episodes"`
}

type mpsWatch struct {
	Number    any    `json:"number"`
	WatchedAt string `json:"watched_at"`
	File      string `json:"file_path"`
}

type info struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Year    any    `json:"year"`
	Season  any    `json:"season"`
	Episode any    `json:"episode"`
}

func (f *Found) leave(what, why string) { f.Left = append(f.Left, what+": "+why) }

// number reads a number that may be written as text.
func number(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<40 {
			return 0, false
		}
		return int(v), true
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil
	}
	return 0, false
}

// numbers reads one number or a list of them.
func numbers(v any) []int {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []int
	for _, v := range list {
		if n, ok := number(v); ok && n >= 0 {
			out = append(out, n)
		}
	}
	return out
}

func (f *Found) backlogOfTrakt(it item) {
	f.From = "trakt-scrobbler"
	m := media.Match{Title: strings.TrimSpace(it.Info.Title), Confidence: 1, Source: "import"}
	if y, ok := number(it.Info.Year); ok && y > 1800 && y < 3000 {
		m.Year = y
	}
	seconds := it.UpdatedAt
	switch {
	case m.Title == "":
		f.leave("an entry", "it has no title")
		return
	case seconds < 946684800 || seconds > 1<<40: // before 2000
		f.leave(m.Title, "it has no time")
		return
	}
	at := time.Unix(int64(seconds), 0).UTC()
	if it.Info.Type == "movie" {
		m.Kind = media.KindMovie
		f.Watches = append(f.Watches, Watch{Match: m, At: at, Waits: true})
		return
	}
	f.episodes(m, it.Info.Season, it.Info.Episode, Watch{At: at, Waits: true})
}

// episodes adds one watch for each episode: Simkl is told of one at a time.
func (f *Found) episodes(m media.Match, season, episode any, w Watch) {
	list := numbers(episode)
	if len(list) == 0 {
		f.leave(m.Title, "it names no episode, and a whole show is not marked")
		return
	}
	m.Kind = media.KindEpisode
	n, ok := number(season)
	if ok && n >= 0 {
		m.Season = &n
	}
	for _, e := range list {
		w.Match = m
		if m.Season != nil {
			w.Match.Episodes = []media.Number{media.Number(e)}
		} else {
			w.Match.Absolute = []media.Number{media.Number(e)}
		}
		f.Watches = append(f.Watches, w)
	}
}

func (f *Found) ofSimklMPS(it item, zone *time.Location) {
	f.From = "simkl-mps"
	m := media.Match{Title: strings.TrimSpace(it.Title), Confidence: 1, Source: "import", IDs: media.IDs{IMDB: it.IMDB}}
	if y, ok := number(it.Year); ok && y > 1800 && y < 3000 {
		m.Year = y
	}
	if id, ok := number(it.SimklID); ok && id > 0 {
		m.IDs.Simkl = media.SimklID(id)
	}
	if m.IDs.IsZero() && m.Year == 0 {
		f.leave(m.Title, "simkl-mps had not found out what it is")
		return
	}
	w := Watch{Path: cmp.Or(it.File, it.Original), Waits: it.Attempts != nil}
	at, ok := stamp(cmp.Or(it.WatchedAt, it.Timestamp), zone)
	if w.At = at; !ok {
		f.leave(m.Title, "it has no time")
		return
	}
	switch it.Type {
	case "movie":
		m.Kind = media.KindMovie
		w.Match = m
		f.Watches = append(f.Watches, w)
	case "tv", "show", "anime", "episode":
		m.Anime = it.Type == "anime"
		if len(it.Episodes) == 0 {
			f.episodes(m, it.Season, it.Episode, w)
			return
		}
		for _, e := range it.Episodes {
			one := w
			one.Path = cmp.Or(e.File, w.Path)
			if at, ok := stamp(e.WatchedAt, zone); ok {
				one.At = at
			}
			f.episodes(m, it.Season, e.Number, one)
		}
	default:
		f.leave(m.Title, "it is neither a film nor an episode")
	}
}

// stamp reads a time of Python's isoformat, which has a zone or not.
func stamp(text string, zone *time.Location) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", text, zone)
	}
	if err != nil || t.Year() < 2000 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.UTC().Truncate(time.Second), true
}

func readRules(data []byte) (Found, error) {
	var file struct {
		Rules []struct {
			Match struct {
				Path  string `toml:"path"`
				Title string `toml:"title"`
			} `toml:"match"`
			Type   string         `toml:"type"`
			ID     map[string]any `toml:"id"`
			Season *int           `toml:"season"`
			Delta  int            `toml:"episode_delta"`
		} `toml:"rules"`
	}
	if err := toml.Unmarshal(data, &file); err != nil || len(file.Rules) == 0 {
		return Found{}, ErrUnknown
	}
	f := Found{From: "trakt-scrobbler"}
	for _, r := range file.Rules {
		rule := Rule{Path: r.Match.Path, Title: r.Match.Title, Kind: r.Type, Season: r.Season, Delta: r.Delta}
		for _, key := range []string{"trakt_id", "trakt_slug", "title"} {
			if v, ok := r.ID[key]; ok && rule.Is == "" {
				rule.Is = strings.ReplaceAll(key, "_", " ") + " " + fmt.Sprint(v)
			}
		}
		f.Rules = append(f.Rules, rule)
	}
	return f, nil
}
