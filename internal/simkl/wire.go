package simkl

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// The types of this file read what Simkl's answers hold in more than one form (simkl-api.md 2, 4). A value of a kind
// that they do not expect is no value; it never makes the rest of an answer unreadable.

// text is a string, also where a number or null is sent.
type text string

// UnmarshalJSON reads a string or a bare number.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = ""
	switch {
	case len(data) > 0 && data[0] == '"':
		var s string
		if json.Unmarshal(data, &s) == nil {
			*t = text(s)
		}
	case len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9'):
		*t = text(data)
	}
	return nil
}

// integer is a whole number of up to 64 bits, also where it is quoted; nil in Value where there is none.
type integer struct{ value *int64 }

// UnmarshalJSON reads a number or a quoted number.
func (i *integer) UnmarshalJSON(data []byte) error {
	i.value = nil
	s := strings.Trim(string(data), `"`)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		i.value = &n
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f == float64(int64(f)) && f > -1<<53 && f < 1<<53 {
		n := int64(f)
		i.value = &n
	}
	return nil
}

func (i integer) int64() int64 {
	if i.value == nil {
		return 0
	}
	return *i.value
}

func (i integer) int() int { return int(i.int64()) }

func (i integer) pointer() *int {
	if i.value == nil {
		return nil
	}
	n := int(*i.value)
	return &n
}

// decimal is a number, also where it is quoted.
type decimal float64

// UnmarshalJSON reads a number or a quoted number.
func (d *decimal) UnmarshalJSON(data []byte) error {
	*d = 0
	if f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64); err == nil {
		*d = decimal(f)
	}
	return nil
}

// moment is a time with any offset, with or without fractions; zero where there is none.
type moment struct{ time.Time }

// UnmarshalJSON reads RFC 3339, and the same without an offset, which is taken for UTC.
func (m *moment) UnmarshalJSON(data []byte) error {
	m.Time = time.Time{}
	s := strings.Trim(string(data), `"`)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			m.Time = t
			break
		}
	}
	return nil
}

// list is an array, also where an empty one is sent as null or {}. An element that cannot be read is left out.
type list[T any] []T

// UnmarshalJSON reads an array.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		raw = nil
	}
	for _, r := range raw {
		var v T
		if json.Unmarshal(r, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// object is an object; nil where null, [] or something else is sent.
type object[T any] struct{ value *T }

// UnmarshalJSON reads an object.
func (o *object[T]) UnmarshalJSON(data []byte) error {
	o.value = nil
	if data = bytes.TrimSpace(data); len(data) == 0 || data[0] != '{' {
		return nil
	}
	var v T
	if json.Unmarshal(data, &v) == nil {
		o.value = &v
	}
	return nil
}

func (o object[T]) get() T {
	if o.value == nil {
		var zero T
		return zero
	}
	return *o.value
}

// idsIn are the ids of an answer. Simkl's own is named in two ways.
type idsIn struct {
	Simkl   integer `json:"simkl"`
	SimklID integer `json:"simkl_id"`
	Slug    text    `json:"slug"`
	IMDB    text    `json:"imdb"`
	TMDB    text    `json:"tmdb"`
	TVDB    text    `json:"tvdb"`
	AniDB   text    `json:"anidb"`
	MAL     text    `json:"mal"`
	AniList text    `json:"anilist"`
	Kitsu   text    `json:"kitsu"`
}

func (in idsIn) ids() media.IDs {
	simkl := in.Simkl.int64()
	if simkl == 0 {
		simkl = in.SimklID.int64()
	}
	return media.IDs{
		Simkl: media.SimklID(simkl),
		IMDB:  string(in.IMDB), TMDB: string(in.TMDB), TVDB: string(in.TVDB), AniDB: string(in.AniDB),
		MAL: string(in.MAL), AniList: string(in.AniList), Kitsu: string(in.Kitsu),
	}
}

// idsOut are the ids of a request. They are written in one form only: Simkl's own as a number, the others as strings.
type idsOut struct {
	Simkl   media.SimklID `json:"simkl,omitempty"`
	IMDB    string        `json:"imdb,omitempty"`
	TMDB    string        `json:"tmdb,omitempty"`
	TVDB    string        `json:"tvdb,omitempty"`
	AniDB   string        `json:"anidb,omitempty"`
	MAL     string        `json:"mal,omitempty"`
	AniList string        `json:"anilist,omitempty"`
	Kitsu   string        `json:"kitsu,omitempty"`
}

func outIDs(ids media.IDs) *idsOut {
	if ids.IsZero() {
		return nil
	}
	out := idsOut(ids)
	return &out
}

// titleIn is the title object of an answer (simkl-api.md 4).
type titleIn struct {
	Title     text          `json:"title"`
	Year      integer       `json:"year"`
	AnimeType text          `json:"anime_type"`
	IDs       object[idsIn] `json:"ids"`
}

// episodeIn is the episode object of an answer. Its number is named in two ways (simkl-api.md 17, 13).
type episodeIn struct {
	Season     integer `json:"season"`
	Number     integer `json:"number"`
	Episode    integer `json:"episode"`
	Title      text    `json:"title"`
	TVDBSeason integer `json:"tvdb_season"`
	TVDBNumber integer `json:"tvdb_number"`
}

func (e episodeIn) number() *int {
	if e.Number.value != nil {
		return e.Number.pointer()
	}
	return e.Episode.pointer()
}

// anyBool is a truth value, also where it is a number or quoted.
type anyBool bool

// UnmarshalJSON takes true, 1 and their quoted forms for true.
func (b *anyBool) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	*b = s == "true" || s == "1"
	return nil
}

// containersIn is the part of an answer that names a title and an episode.
type containersIn struct {
	Movie   object[titleIn]   `json:"movie"`
	Show    object[titleIn]   `json:"show"`
	Anime   object[titleIn]   `json:"anime"`
	Episode object[episodeIn] `json:"episode"`
}

// answer gives the title and episode, and false where there is no title.
func (c containersIn) answer() (media.Answer, bool) {
	var a media.Answer
	var t titleIn
	switch {
	case c.Movie.value != nil:
		a.Kind, t = media.AnswerMovie, *c.Movie.value
	case c.Anime.value != nil:
		a.Kind, t = media.AnswerAnime, *c.Anime.value
	case c.Show.value != nil:
		a.Kind, t = media.AnswerShow, *c.Show.value
	default:
		return a, false
	}
	ids := t.IDs.get()
	a.Title, a.Year, a.AnimeType = string(t.Title), t.Year.int(), string(t.AnimeType)
	a.IDs, a.Slug = ids.ids(), string(ids.Slug)
	if e := c.Episode.value; e != nil {
		a.Season, a.Episode = e.Season.pointer(), e.number()
		a.TVDBSeason, a.TVDBEpisode = e.TVDBSeason.pointer(), e.TVDBNumber.pointer()
		a.EpisodeTitle = string(e.Title)
	}
	return a, a.Title != "" || !a.IDs.IsZero()
}
