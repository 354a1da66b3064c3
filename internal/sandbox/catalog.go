package sandbox

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

//go:embed catalog.json
var builtinCatalog []byte

// builtin is read once: it never changes, and tests make many servers.
var builtin = sync.OnceValues(func() (*catalog, error) { return readCatalog(builtinCatalog) })

// Kinds of a title, as the service names them in simkl_type.
const (
	kindMovie = "movie"
	kindTV    = "tv"
	kindAnime = "anime"
)

// title is one record of the catalog file.
type title struct {
	Simkl     int64             `json:"simkl"`
	Kind      string            `json:"kind"`
	AnimeType string            `json:"anime_type,omitempty"`
	Title     string            `json:"title"`
	English   string            `json:"en_title,omitempty"`
	Slug      string            `json:"slug"`
	Year      int               `json:"year"`
	Runtime   int               `json:"runtime,omitempty"` // minutes; 0 is unknown
	Status    string            `json:"status,omitempty"`  // released, upcoming, ended, airing, tba
	Released  string            `json:"released,omitempty"`
	Alt       []string          `json:"alt,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`
	// Seasons holds the number of episodes of each TV season from the first; an anime has one number.
	Seasons []int `json:"seasons,omitempty"`
	// Specials is the number of episodes of season 0.
	Specials int `json:"specials,omitempty"`
	// Unaired is how many of the last regular episodes are still to come.
	Unaired int `json:"unaired,omitempty"`
	// TVDB maps stretches of an anime's own numbers to TVDB's.
	TVDB     []tvdbRun             `json:"tvdb,omitempty"`
	Episodes map[episodeKey]string `json:"episodes,omitempty"`
	// EpisodeIDs names tvdb or anidb ids of single episodes.
	EpisodeIDs map[episodeKey]map[string]string `json:"episode_ids,omitempty"`
	Genres     []string                         `json:"genres,omitempty"`
	Country    string                           `json:"country,omitempty"`
	Network    string                           `json:"network,omitempty"`

	rank int // by place in the file
}

// tvdbRun says that Count episodes beginning with the title's number From stand at TVDB's season Season from Number on.
type tvdbRun struct {
	From   int `json:"from"`
	Season int `json:"season"`
	Number int `json:"number"`
	Count  int `json:"count"`
}

// catalog finds titles; it never changes after it was read.
type catalog struct {
	titles []*title
	byID   map[int64]*title
	byExt  map[string][]*title // "imdb:tt1375666"; several cours share one
	byName map[string][]*title
	byEp   map[string]episodeRef // "tvdb:123"
}

type episodeRef struct {
	t  *title
	ep episodeKey
}

// readCatalog reads one title per line.
func readCatalog(b []byte) (*catalog, error) {
	c := &catalog{byID: map[int64]*title{}, byExt: map[string][]*title{}, byName: map[string][]*title{}, byEp: map[string]episodeRef{}}
	line := 0
	for raw := range bytes.Lines(b) {
		line++
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		t := &title{}
		if err := dec.Decode(t); err != nil {
			return nil, fmt.Errorf("catalog line %d: %w", line, err)
		}
		if err := c.add(t); err != nil {
			return nil, fmt.Errorf("catalog line %d: %w", line, err)
		}
	}
	return c, nil
}

func (c *catalog) add(t *title) error {
	switch {
	case t.Simkl <= 0 || t.Title == "" || t.Slug == "":
		return fmt.Errorf("%q: simkl, title and slug are needed", t.Title)
	case c.byID[t.Simkl] != nil:
		return fmt.Errorf("%q: simkl id %d is taken", t.Title, t.Simkl)
	case t.Kind != kindMovie && t.Kind != kindTV && t.Kind != kindAnime:
		return fmt.Errorf("%q: kind %q", t.Title, t.Kind)
	case t.Kind == kindAnime && t.AnimeType == "":
		return fmt.Errorf("%q: an anime needs anime_type", t.Title)
	case !t.film() && len(t.Seasons) == 0:
		return fmt.Errorf("%q: seasons are needed", t.Title)
	}
	if t.Status == "" {
		t.Status = "ended"
		if t.Kind == kindMovie {
			t.Status = "released"
		}
	}
	c.titles = append(c.titles, t)
	t.rank = len(c.titles)
	c.byID[t.Simkl] = t
	for k, v := range t.IDs {
		c.byExt[k+":"+strings.ToLower(v)] = append(c.byExt[k+":"+strings.ToLower(v)], t)
	}
	seen := map[string]bool{}
	for _, name := range t.names() {
		f := fold(name)
		if f != "" && !seen[f] {
			seen[f] = true
			c.byName[f] = append(c.byName[f], t)
		}
	}
	for ep, ids := range t.EpisodeIDs {
		for k, v := range ids {
			c.byEp[k+":"+v] = episodeRef{t, ep}
		}
	}
	return nil
}

func (t *title) names() []string {
	names := []string{t.Title}
	if t.English != "" {
		names = append(names, t.English)
	}
	return append(names, t.Alt...)
}

// film says whether the title is watched as one piece: a movie or an anime movie.
func (t *title) film() bool {
	return t.Kind == kindMovie || t.Kind == kindAnime && t.AnimeType == "movie"
}

// fits says whether a request under the container can mean this title: anime resolves under show and anime, an anime
// film too and also under movie (section 4: removals want all anime in shows[]; a film sent by a TMDB id may be an anime).
func (t *title) fits(container string) bool {
	switch container {
	case "movie":
		return t.film()
	case "show":
		return t.Kind != kindMovie
	case "anime":
		return t.Kind == kindAnime
	}
	return true
}

// container is the key under which answers show the title.
func (t *title) container() string {
	if t.Kind == kindTV {
		return "show"
	}
	return t.Kind
}

// minutes is the runtime, with the defaults of 5.3 for titles that have none.
func (t *title) minutes() int {
	switch {
	case t.Runtime > 0:
		return t.Runtime
	case t.film():
		return 90
	case t.Kind == kindAnime:
		return 25
	}
	return 45
}

// has says whether the episode exists.
func (t *title) has(ep episodeKey) bool {
	if t.film() {
		return ep == episodeKey{}
	}
	if ep.Season == 0 {
		return ep.Number >= 1 && ep.Number <= t.Specials
	}
	return ep.Season >= 1 && ep.Season <= len(t.Seasons) && ep.Number >= 1 && ep.Number <= t.Seasons[ep.Season-1]
}

// regular lists the episodes that aired, or all of them, without specials.
func (t *title) regular(aired bool) []episodeKey {
	var eps []episodeKey
	for i, n := range t.Seasons {
		for k := range n {
			eps = append(eps, episodeKey{i + 1, k + 1})
		}
	}
	if aired {
		if t.Status == "upcoming" || t.Status == "tba" {
			return nil
		}
		eps = eps[:max(0, len(eps)-t.Unaired)]
	}
	return eps
}

// released says whether anything of the title can have been watched.
func (t *title) released() bool { return t.Status != "upcoming" && t.Status != "tba" }

// episodeTitle is the known title, or the plain word that databases use.
func (t *title) episodeTitle(ep episodeKey) string {
	if name := t.Episodes[ep]; name != "" {
		return name
	}
	return "Episode " + strconv.Itoa(ep.Number)
}

// toTVDB maps an anime's own number to TVDB's season and number.
func (t *title) toTVDB(ep episodeKey) (episodeKey, bool) {
	for _, r := range t.TVDB {
		if n := ep.Number - r.From; ep.Season == 1 && n >= 0 && n < r.Count {
			return episodeKey{r.Season, r.Number + n}, true
		}
	}
	return episodeKey{}, false
}

// fromTVDB is the reverse of toTVDB.
func (t *title) fromTVDB(at episodeKey) (episodeKey, bool) {
	for _, r := range t.TVDB {
		if n := at.Number - r.Number; at.Season == r.Season && n >= 0 && n < r.Count {
			return episodeKey{1, r.From + n}, true
		}
	}
	return episodeKey{}, false
}

// episodeID is the Simkl id of an episode; it fits in 53 bits and is unique.
func (t *title) episodeID(ep episodeKey) int64 {
	return t.Simkl*1_000_000 + int64(ep.Season)*10_000 + int64(ep.Number)
}

// firstPiece is the first thing that is watched of a title.
func (t *title) firstPiece() episodeKey {
	if t.film() {
		return episodeKey{}
	}
	return episodeKey{1, 1}
}

// rating and its votes are made up of the place in the catalog; what did not come out yet has none (section 10).
func (t *title) ratings() map[string]any {
	out := map[string]any{}
	if !t.released() {
		return out
	}
	type rating struct {
		Rating float64 `json:"rating"`
		Votes  int     `json:"votes"`
		Rank   int     `json:"rank,omitempty"`
	}
	value := float64(92-t.rank%40) / 10
	out["simkl"] = rating{Rating: value, Votes: 20000 / t.rank}
	if t.IDs["imdb"] != "" {
		out["imdb"] = rating{Rating: value, Votes: 900000 / t.rank}
	}
	if t.IDs["mal"] != "" {
		out["mal"] = rating{Rating: value, Votes: 300000 / t.rank, Rank: t.rank}
	}
	return out
}

// language is the original one, by the country.
func (t *title) language() string {
	if t.Country == "jp" {
		return "ja"
	}
	return "en"
}

// overview is a sentence that says what kind of title it is.
func (t *title) overview() string {
	return t.Title + ", " + strings.ToLower(strings.Join(t.Genres, ", ")) + " of " + strconv.Itoa(t.Year) + "."
}

// url is the address of the title's page on the site, without the host.
func (t *title) url() string {
	return "/" + t.folder() + "/" + strconv.FormatInt(t.Simkl, 10) + "/" + t.Slug
}

// ids are the title's ids as answers show them: simkl is the only integer (section 4).
func (t *title) ids() map[string]any {
	out := map[string]any{"simkl": t.Simkl, "slug": t.Slug}
	for k, v := range t.IDs {
		out[k] = v
	}
	return out
}

// letters maps accented Latin letters to plain ones for comparing names.
var letters = strings.NewReplacer(
	"&", " and ", "à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "æ", "ae", "ç", "c", "è", "e", "é", "e", "ê", "e",
	"ë", "e", "ē", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ō", "o",
	"ø", "o", "ß", "ss", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ý", "y", "ž", "z", "š", "s", "č", "c", "×", "x",
)

// fold reduces a name to what is compared: letters and digits of any script, no case, no accents, no punctuation.
func fold(s string) string {
	s = letters.Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f {
			return -1 // accents written on their own, as names from macOS have them
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, s)
}
