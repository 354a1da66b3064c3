package media

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Kind is what a file is taken to be.
type Kind string

// The written forms are stored and printed and never change.
const (
	KindNone    Kind = "none"
	KindMovie   Kind = "movie"
	KindEpisode Kind = "episode"
)

// Number is the number of an episode. Recaps are numbered between two episodes (11.5).
type Number float64

// Int gives the number where it is a whole one.
func (n Number) Int() (int, bool) {
	i := int(n)
	return i, Number(i) == n
}

// String writes 3 as "3" and 11.5 as "11.5".
func (n Number) String() string { return strconv.FormatFloat(float64(n), 'f', -1, 64) }

// SimklID is the permanent number of a title on Simkl, unique over films, shows and anime (simkl-api.md 4).
type SimklID int64

// IDs are the names a title has in catalogues. All but Simkl's own are text (simkl-api.md 4).
type IDs struct {
	Simkl   SimklID `json:"simkl,omitempty"`
	IMDB    string  `json:"imdb,omitempty"`
	TMDB    string  `json:"tmdb,omitempty"`
	TVDB    string  `json:"tvdb,omitempty"`
	AniDB   string  `json:"anidb,omitempty"`
	MAL     string  `json:"mal,omitempty"`
	AniList string  `json:"anilist,omitempty"`
	Kitsu   string  `json:"kitsu,omitempty"`
}

// IsZero reports whether no id is known.
func (ids IDs) IsZero() bool { return ids == IDs{} }

// Shares reports whether both know the same catalogue's id and it is the same.
func (ids IDs) Shares(other IDs) bool {
	same := func(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
	return ids.Simkl != 0 && ids.Simkl == other.Simkl ||
		same(ids.IMDB, other.IMDB) || same(ids.TMDB, other.TMDB) || same(ids.TVDB, other.TVDB) ||
		same(ids.AniDB, other.AniDB) || same(ids.MAL, other.MAL) || same(ids.AniList, other.AniList) ||
		same(ids.Kitsu, other.Kitsu)
}

// Match is what a file is taken to be, how sure that is, and why. Its JSON is the "identity" of product.md 7.
type Match struct {
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	// Year is the year of release, 0 when unknown.
	Year int `json:"year,omitempty"`
	// Season is nil when unknown: 0 is the season of specials.
	Season   *int     `json:"season"`
	Episodes []Number `json:"episodes"`
	// Absolute are episode numbers counted over the whole series, or numbers without any season.
	Absolute []Number `json:"absolute"`
	// Date is the air date of a daily show, YYYY-MM-DD.
	Date string `json:"date,omitempty"`
	IDs  IDs    `json:"ids"`
	// Confidence is between 0 and 1; below 0.5 the daemon asks instead of acting.
	Confidence float64 `json:"confidence"`
	// Source names the rung that decided: "rule", "path id", "nfo", "tags", "file name", "folder".
	Source string `json:"source,omitempty"`

	// Anime is true where the name or its folders speak of an anime: a hint for the container that is tried first.
	Anime bool `json:"anime,omitempty"`
	// Part is the number of one file of several that make up a film (CD1, part 2); 0 when it is whole.
	Part int `json:"part,omitempty"`
	// Parts is how many such files there are, 0 when nobody looked.
	Parts int `json:"parts,omitempty"`
	// Edition is informative: "Director's Cut".
	Edition string `json:"edition,omitempty"`
	// Country tells series of one name apart: "US".
	Country string `json:"country,omitempty"`
	// Published is true where the path is evidence that this is a published film or series, so that its title may
	// go to Simkl unasked (product.md 5, Privacy).
	Published bool `json:"-"`
	// Refused says why Kind is none, where a rule said so: ReasonExtra, ReasonMusic, ... Empty: nothing was found.
	Refused Reason `json:"refused,omitempty"`
	// Because are the reasons, one sentence each, in the order they decided.
	Because []string `json:"because,omitempty"`
}

// MarshalJSON writes numbers as arrays even when there are none, as scripts expect.
func (m Match) MarshalJSON() ([]byte, error) {
	type plain Match
	p := plain(m)
	if p.Episodes == nil {
		p.Episodes = []Number{}
	}
	if p.Absolute == nil {
		p.Absolute = []Number{}
	}
	return json.Marshal(p)
}

// Count is the number of episodes that the file holds, at least 1.
func (m Match) Count() int { return max(1, len(m.Episodes), len(m.Absolute)) }

// Episode gives the identity of one episode of a file with several: the i-th from 0.
func (m Match) Episode(i int) Match {
	one := func(n []Number) []Number {
		if i < len(n) {
			return []Number{n[i]}
		}
		return nil
	}
	m.Episodes, m.Absolute = one(m.Episodes), one(m.Absolute)
	return m
}

// TitleKey names the film or series: equal for all episodes of a title, whatever the spelling of its name.
func (m Match) TitleKey() string {
	name := FoldKey(m.Title)
	switch {
	case m.IDs.Simkl != 0:
		name = "simkl:" + Number(m.IDs.Simkl).String()
	case name == "":
		name = fmt.Sprint(m.IDs)
	}
	return fmt.Sprintf("%s/%s/%d", m.Kind, name, m.Year)
}

// ItemKey names the film, the part of a film, or the episode.
func (m Match) ItemKey() string {
	var b strings.Builder
	b.WriteString(m.TitleKey())
	if m.Season != nil {
		fmt.Fprintf(&b, "/s%d", *m.Season)
	}
	for _, n := range m.Episodes {
		b.WriteString("/e" + n.String())
	}
	if m.Season == nil {
		for _, n := range m.Absolute {
			b.WriteString("/a" + n.String())
		}
	}
	if m.Date != "" {
		b.WriteString("/" + m.Date)
	}
	if m.Part > 0 {
		fmt.Fprintf(&b, "/part%d", m.Part)
	}
	return b.String()
}

// FoldKey is s with letters and digits alone, in lower case.
func FoldKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Label is how people read it: "Severance S02E03", "S02E03-E04", "葬送のフリーレン E05", "Heat (1995)".
func (m Match) Label() string {
	var b strings.Builder
	b.WriteString(m.Title)
	span := func(nums []Number) {
		for i, n := range nums {
			if i > 0 && i < len(nums)-1 {
				continue
			}
			if i > 0 {
				b.WriteByte('-')
			}
			s := n.String()
			if len(s) < 2 {
				s = "0" + s
			}
			b.WriteString("E" + s)
		}
	}
	switch {
	case m.Kind == KindMovie && m.Year > 0:
		fmt.Fprintf(&b, " (%d)", m.Year)
	case m.Kind == KindEpisode && m.Season != nil && len(m.Episodes) > 0:
		fmt.Fprintf(&b, " S%02d", *m.Season)
		span(m.Episodes)
	case m.Kind == KindEpisode && len(m.Episodes) > 0:
		b.WriteByte(' ')
		span(m.Episodes)
	case m.Kind == KindEpisode && len(m.Absolute) > 0:
		b.WriteByte(' ')
		span(m.Absolute)
	case m.Kind == KindEpisode && m.Season != nil && m.Date == "":
		fmt.Fprintf(&b, " S%02d", *m.Season)
	case m.Kind == KindEpisode && m.Date != "":
		b.WriteString(" " + m.Date)
	}
	return strings.TrimSpace(b.String())
}

// Reason is why something is not scrobbled or not counted (product.md 7).
type Reason string

// The written forms are a contract and never change.
const (
	ReasonNone         Reason = ""
	ReasonMusic        Reason = "music"
	ReasonPicture      Reason = "picture"
	ReasonShort        Reason = "short"
	ReasonLive         Reason = "live"
	ReasonNoDuration   Reason = "no-duration"
	ReasonExcluded     Reason = "excluded"
	ReasonNotIncluded  Reason = "not-included"
	ReasonPrivate      Reason = "private"
	ReasonUnmatched    Reason = "unmatched"
	ReasonExtra        Reason = "extra"
	ReasonDuplicate    Reason = "duplicate"
	ReasonDeniedPlayer Reason = "denied-player"
	ReasonLooped       Reason = "looped"
	ReasonNotPlayed    Reason = "not-played"
)
