package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// errShape is the reason for 400 wrong_parameter when a body has the wrong types.
var errShape = errors.New("not of the expected type")

// idSet holds the ids of a request. Numbers and strings are both accepted (section 4).
type idSet map[string]string

// UnmarshalJSON reads an object whose values are strings or numbers; null values are left out.
func (s *idSet) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	out := idSet{}
	for k, v := range raw {
		text, err := looseText(v)
		if err != nil {
			return err
		}
		if k == "simkl_id" {
			k = "simkl"
		}
		if text != "" {
			out[k] = text
		}
	}
	*s = out
	return nil
}

// looseText reads a string or a number as text; null is empty.
func looseText(v json.RawMessage) (string, error) {
	v = bytes.TrimSpace(v)
	switch {
	case bytes.Equal(v, []byte("null")):
		return "", nil
	case len(v) > 0 && v[0] == '"':
		var s string
		err := json.Unmarshal(v, &s)
		return strings.TrimSpace(s), err
	case len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9'):
		return string(v), nil
	}
	return "", errShape
}

// looseInt is a whole number, quoted or not; absent and null are told from zero by Set.
type looseInt struct {
	N   int
	Set bool
}

// UnmarshalJSON reads 3, "3" and null.
func (i *looseInt) UnmarshalJSON(b []byte) error {
	text, err := looseText(b)
	if err != nil || text == "" {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return errShape
	}
	i.N, i.Set = n, true
	return nil
}

// flag is a boolean that some clients send as 1 or "true".
type flag bool

// UnmarshalJSON reads true, "true", "yes", 1 and their opposites.
func (f *flag) UnmarshalJSON(b []byte) error {
	text := strings.ToLower(strings.Trim(string(b), `"`))
	switch text {
	case "true", "yes", "1":
		*f = true
	case "false", "no", "0", "null", "":
		*f = false
	default:
		return errShape
	}
	return nil
}

// when is a time as clients send it (2.1): RFC 3339 with any offset, or a bare date and time meant as UTC.
type when struct{ time.Time }

// UnmarshalJSON refuses what is not a time.
func (w *when) UnmarshalJSON(b []byte) error {
	text, err := looseText(b)
	if err != nil || text == "" {
		return err
	}
	t, ok := parseTime(text)
	if !ok {
		return errShape
	}
	w.Time = t
	return nil
}

func parseTime(text string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return stamp(t), true
		}
	}
	return time.Time{}, false
}

// reqMedia is a movie, show or anime of a scrobble.
type reqMedia struct {
	Title string   `json:"title"`
	Year  looseInt `json:"year"`
	IDs   idSet    `json:"ids"`
}

// reqEpisode is the episode of a scrobble.
type reqEpisode struct {
	Season looseInt `json:"season"`
	Number looseInt `json:"number"`
	IDs    idSet    `json:"ids"`
}

// mediaJSON is a title in answers.
type mediaJSON struct {
	Title     string         `json:"title"`
	Year      int            `json:"year"`
	IDs       map[string]any `json:"ids"`
	AnimeType string         `json:"anime_type,omitempty"`
}

func (t *title) media() *mediaJSON {
	return &mediaJSON{Title: t.Title, Year: t.Year, IDs: t.ids(), AnimeType: t.AnimeType}
}

// episodeJSON is an episode in scrobble and playback answers; Number or Episode is the key (17 row 13).
type episodeJSON struct {
	Season     int    `json:"season"`
	Number     int    `json:"number,omitempty"`
	Episode    int    `json:"episode,omitempty"`
	Title      string `json:"title"`
	TVDBSeason *int   `json:"tvdb_season,omitempty"`
	TVDBNumber *int   `json:"tvdb_number,omitempty"`
}

func (t *title) episode(ep episodeKey) *episodeJSON {
	if t.film() {
		return nil
	}
	e := &episodeJSON{Season: ep.Season, Number: ep.Number, Title: t.episodeTitle(ep)}
	if at, ok := t.toTVDB(ep); ok {
		e.TVDBSeason, e.TVDBNumber = &at.Season, &at.Number
	}
	return e
}

// zulu is how the service writes a user's timestamps.
func zulu(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// zuluOrNil is null for what has never happened (2.3).
func zuluOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	z := zulu(t)
	return &z
}
