package query

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// Query is a QUERY as it was typed. It names a title by exactly one of IDs (one of them) and Title.
type Query struct {
	// Text is what was typed, for messages.
	Text string
	IDs  media.IDs
	// Kind is what the address says the title is; empty otherwise.
	Kind  media.AnswerKind
	Title string
	// Year is 0 when not given; it stands only beside Title.
	Year int
	// Season is nil when not given. Without From it is the whole season.
	Season *int
	// From and To are the episodes, both included; 0 when none is given.
	From, To int
}

// HasEpisodes reports whether a season or episodes are named: it cannot be a film.
func (q Query) HasEpisodes() bool { return q.Season != nil || q.From > 0 }

// Numbers are the episodes that are named one by one, nil for a whole season or none.
func (q Query) Numbers() []int {
	var all []int
	for n := q.From; n > 0 && n <= q.To; n++ {
		all = append(all, n)
	}
	return all
}

// Spec is the season and the episodes as people write them: "S02E03-E05", "S02", "E05"; empty for none.
func (q Query) Spec() string {
	spec := ""
	if q.Season != nil {
		spec = fmt.Sprintf("S%02d", *q.Season)
	}
	if q.From > 0 {
		spec += fmt.Sprintf("E%02d", q.From)
	}
	if q.To > q.From {
		spec += fmt.Sprintf("-E%02d", q.To)
	}
	return spec
}

const (
	// textMost bounds a QUERY in bytes: the longest titles have under 300.
	textMost = 600
	// rangeMost bounds a range: no season is longer.
	rangeMost = 2000
	firstYear = 1870
	lastYear  = 2199
)

// How a QUERY is written, for messages.
const forms = `write it like "Severance S02E03", "Inception (2010)", imdb:tt1375666 or simkl.com/tv/1109411`

var (
	// S02E03, S02E03-E05, S02E03-05, S02, 2x03, E05, E05-E07.
	specWord = regexp.MustCompile(`(?i)^(?:s(\d{1,5})(?:e(\d{1,6})(?:-(?:s(\d{1,5}))?e?(\d{1,6}))?)?|(\d{1,3})x(\d{1,6})|e(\d{1,6})(?:-e?(\d{1,6}))?)$`)
	yearWord = regexp.MustCompile(`^\((\d{4})\)$`)
	idWord   = regexp.MustCompile(`^([a-z]+):(\S*)$`)
	digits   = regexp.MustCompile(`^[1-9]\d{0,14}$`)
	imdb     = regexp.MustCompile(`^tt\d{5,12}$`)
	// An address is known by its scheme, or by a host with a slash behind it.
	address   = regexp.MustCompile(`(?i)^(?:[a-z][a-z0-9+.-]*://|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/)`)
	titlePage = regexp.MustCompile(`^/(movies?|tv|anime)/(\d{1,15})(?:/.*)?$`)
	pagePart  = regexp.MustCompile(`/(season|episode)-(\d{1,6})\b`)
)

// idKinds are the catalogues whose ids are understood.
const idKinds = "simkl, imdb, tmdb, tvdb, mal, anidb, anilist and kitsu"

// Parse reads a QUERY. Its errors are of kind fault.Usage and say how it is written.
func Parse(text string) (Query, error) {
	q := Query{Text: strings.TrimSpace(text)}
	switch {
	case q.Text == "":
		return q, fault.New(fault.Usage, "no title was named", forms)
	case len(q.Text) > textMost:
		return q, fault.Usagef(forms, "that is no title: it has %d characters", utf8.RuneCountInString(q.Text))
	case media.Sanitize(q.Text) != q.Text:
		return q, fault.New(fault.Usage, "the title has characters that no title has", forms)
	}
	words := strings.Fields(q.Text)
	words, err := q.takeEnd(words)
	if err != nil {
		return q, err
	}
	if len(words) == 0 {
		return q, fault.Usagef(forms, "%q names no title", q.Text)
	}
	switch m := idWord.FindStringSubmatch(words[0]); {
	case address.MatchString(words[0]):
		err = q.readAddress(words)
	case m != nil && len(words) == 1 && (isIDKind(m[1]) || strings.Trim(m[2], "t0123456789") == "" && m[2] != ""):
		err = q.readID(m[1], m[2])
	case m != nil && isIDKind(m[1]) && len(words) > 1:
		err = fault.Usagef(forms, "%q is not understood behind an id", strings.Join(words[1:], " "))
	default:
		q.Title = strings.Join(words, " ")
		return q, nil
	}
	if err == nil && q.Year != 0 {
		err = fault.New(fault.Usage, "an id names one title, a year beside it says nothing", "leave the year out")
	}
	return q, err
}

// takeEnd takes the episodes and the year off the end, in either order and each once.
func (q *Query) takeEnd(words []string) ([]string, error) {
	for len(words) > 0 {
		last := words[len(words)-1]
		if m := yearWord.FindStringSubmatch(last); m != nil && q.Year == 0 {
			year, _ := strconv.Atoi(m[1]) // four digits
			if year < firstYear || year > lastYear {
				return nil, fault.Usagef("write the year of its release", "no title is of the year %d", year)
			}
			q.Year, words = year, words[:len(words)-1]
			continue
		}
		m := specWord.FindStringSubmatch(last)
		if m == nil || q.HasEpisodes() {
			return words, nil
		}
		if err := q.readSpec(last, m); err != nil {
			return nil, err
		}
		words = words[:len(words)-1]
	}
	return words, nil
}

func (q *Query) readSpec(word string, m []string) error {
	season, from, to := m[1]+m[5], m[2]+m[6]+m[7], m[4]+m[8]
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // six digits at most
	if season != "" {
		n := number(season)
		if n > 9999 {
			return fault.Usagef(forms, "%s: there is no season %d", word, n)
		}
		q.Season = &n
	}
	if m[3] != "" && number(m[3]) != number(season) {
		return fault.Usagef("name one season at a time", "%s goes over several seasons", word)
	}
	if from == "" {
		return nil
	}
	q.From, q.To = number(from), number(from)
	if to != "" {
		q.To = number(to)
	}
	switch {
	case q.From < 1, q.From > 99_999, q.To > 99_999:
		return fault.Usagef("episodes are counted from 1", "%s is no number of an episode", word)
	case q.To < q.From:
		return fault.Usagef("write the first episode first", "%s ends before it begins", word)
	case q.To-q.From >= rangeMost:
		return fault.Usagef("name a season (S02) or fewer episodes", "%s are %d episodes", word, q.To-q.From+1)
	}
	return nil
}

func isIDKind(word string) bool {
	switch word {
	case "simkl", "imdb", "tmdb", "tvdb", "mal", "anidb", "anilist", "kitsu":
		return true
	}
	return false
}

// readID reads an id of a catalogue. A number where IMDb has "tt…", and the other way round, is of the wrong kind.
func (q *Query) readID(kind, id string) error {
	if kind == "imdb" {
		if !imdb.MatchString(id) {
			return fault.Usagef("write it like imdb:tt1375666", "%q is no id of a title on IMDb", id)
		}
		q.IDs.IMDB = id
		return nil
	}
	if !isIDKind(kind) {
		return fault.Usagef("use one of "+idKinds, "%q is no catalogue whose ids are understood", kind)
	}
	if !digits.MatchString(id) {
		return fault.Usagef("write it like "+kind+":1109411, with the number alone", "%q is no id of %s", id, catalogues[kind])
	}
	switch kind {
	case "simkl":
		n, _ := strconv.ParseInt(id, 10, 64) // fifteen digits at most
		q.IDs.Simkl = media.SimklID(n)
	case "tmdb":
		q.IDs.TMDB = id
	case "tvdb":
		q.IDs.TVDB = id
	case "mal":
		q.IDs.MAL = id
	case "anidb":
		q.IDs.AniDB = id
	case "anilist":
		q.IDs.AniList = id
	case "kitsu":
		q.IDs.Kitsu = id
	}
	return nil
}

var catalogues = map[string]string{
	"simkl": "Simkl", "tmdb": "TMDB", "tvdb": "TheTVDB", "mal": "MyAnimeList", "anidb": "AniDB", "anilist": "AniList", "kitsu": "Kitsu",
}

// readAddress reads the address of a title or an episode on simkl.com (simkl-api.md 4).
func (q *Query) readAddress(words []string) error {
	text := words[0]
	if len(words) > 1 {
		return fault.Usagef("give the address alone, or with S02E03", "%q is not understood behind an address", strings.Join(words[1:], " "))
	}
	if media.SchemeOf(text) == "" {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	host := ""
	if err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		host = strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	}
	if host != "simkl.com" {
		return fault.Usagef("give the title's address on simkl.com, or its id", "%q is no address on simkl.com", words[0])
	}
	m := titlePage.FindStringSubmatch(u.Path)
	id := int64(0)
	if m != nil {
		id, _ = strconv.ParseInt(m[2], 10, 64) // fifteen digits at most
	}
	if id == 0 {
		return fault.Usagef("open the title's page and copy its address", "%q is no page of a title", words[0])
	}
	q.IDs.Simkl = media.SimklID(id)
	q.Kind = map[string]media.AnswerKind{
		"movie": media.AnswerMovie, "movies": media.AnswerMovie, "tv": media.AnswerShow, "anime": media.AnswerAnime,
	}[m[1]]
	return q.readPageParts(words[0], u.Path)
}

// readPageParts reads the season and episode of an address, which must not contradict what stands behind it.
func (q *Query) readPageParts(word, path string) error {
	typed := q.HasEpisodes()
	for _, p := range pagePart.FindAllStringSubmatch(path, -1) {
		if typed {
			return fault.Usagef("give one of them", "%q names an episode, and %s another", word, q.Spec())
		}
		n, _ := strconv.Atoi(p[2]) // six digits at most
		if p[1] == "season" {
			q.Season = &n
		} else if n > 0 {
			q.From, q.To = n, n
		}
	}
	if q.HasEpisodes() && q.Kind == media.AnswerMovie {
		return fault.New(fault.Usage, "that is a film, which has no episode", "leave "+q.Spec()+" out")
	}
	return nil
}
