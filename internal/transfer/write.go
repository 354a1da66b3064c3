package transfer

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Watched is a watch that counted, as the journal has it.
type Watched struct {
	Match media.Match
	// Answer is what Simkl took it for, nil when it has not said.
	Answer *media.Answer
	At     time.Time
}

// title is what a service is told of a watch.
type title struct {
	Title string         `json:"title"`
	Year  int            `json:"year,omitempty"`
	IDs   map[string]any `json:"ids"`
}

// titleOf gives the title, with Simkl's own id or without.
func titleOf(w Watched, simkl bool) title {
	name, year, ids := w.Match.Title, w.Match.Year, w.Match.IDs
	if w.Answer != nil {
		name, year, ids = w.Answer.Title, cmp.Or(w.Answer.Year, year), w.Answer.IDs
	}
	t := title{Title: media.Sanitize(name), Year: year, IDs: map[string]any{}}
	if simkl && ids.Simkl != 0 {
		t.IDs["simkl"] = ids.Simkl
	}
	for key, id := range map[string]string{"imdb": ids.IMDB, "tmdb": ids.TMDB, "tvdb": ids.TVDB} {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && !simkl {
			t.IDs[key] = n // Trakt's are numbers
		} else if id != "" {
			t.IDs[key] = id
		}
	}
	if simkl {
		for key, id := range map[string]string{"mal": ids.MAL, "anidb": ids.AniDB} {
			if id != "" {
				t.IDs[key] = id
			}
		}
	}
	return t
}

// place is the season and the number of an episode, Simkl's own or as the file has them.
func place(w Watched, simkl bool) (season int, number media.Number, ok bool) {
	if a := w.Answer; simkl && a != nil && a.Episode != nil {
		season = 1
		if a.Season != nil {
			season = *a.Season
		}
		return season, media.Number(*a.Episode), true
	}
	if a := w.Answer; !simkl && a != nil && a.TVDBSeason != nil && a.TVDBEpisode != nil {
		return *a.TVDBSeason, media.Number(*a.TVDBEpisode), true
	}
	season = 1
	if w.Match.Season != nil {
		season = *w.Match.Season
	}
	for _, list := range [][]media.Number{w.Match.Episodes, w.Match.Absolute} {
		if len(list) > 0 {
			return season, list[0], true
		}
	}
	return 0, 0, false
}

type episode struct {
	Number    media.Number `json:"number"`
	WatchedAt string       `json:"watched_at"`
}

type season struct {
	Number   int       `json:"number"`
	Episodes []episode `json:"episodes"`
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Simkl writes a backup as Simkl's own: the lists of /sync/all-items with the time of each episode (simkl-api.md 7.2).
// left counts what cannot be said in it.
func Simkl(out io.Writer, watches []Watched) (left int, err error) {
	type movie struct {
		Status string `json:"status"`
		Last   string `json:"last_watched_at"`
		Movie  title  `json:"movie"`
	}
	type show struct {
		Last    string    `json:"last_watched_at"`
		Show    title     `json:"show"`
		Seasons []*season `json:"seasons"`
	}
	file := struct {
		Shows  []*show `json:"shows"`
		Anime  []*show `json:"anime"`
		Movies []movie `json:"movies"`
	}{[]*show{}, []*show{}, []movie{}}
	for _, w := range watches {
		t := titleOf(w, true)
		if w.Match.Kind == media.KindMovie {
			file.Movies = append(file.Movies, movie{"completed", utc(w.At), t})
			continue
		}
		s, n, ok := place(w, true)
		if !ok {
			left++
			continue
		}
		list := &file.Shows
		if w.Answer != nil && w.Answer.Kind == media.AnswerAnime {
			list = &file.Anime
		}
		i := slices.IndexFunc(*list, func(o *show) bool { return same(o.Show, t) })
		if i < 0 {
			i = len(*list)
			*list = append(*list, &show{Show: t, Seasons: []*season{}})
		}
		(*list)[i].Seasons = addEpisode((*list)[i].Seasons, s, episode{n, utc(w.At)})
		(*list)[i].Last = max((*list)[i].Last, utc(w.At))
	}
	return left, encode(out, file)
}

func same(a, b title) bool {
	for key, id := range a.IDs {
		if other, ok := b.IDs[key]; ok {
			return id == other
		}
	}
	return a.Title == b.Title && a.Year == b.Year
}

func addEpisode(seasons []*season, number int, e episode) []*season {
	i := slices.IndexFunc(seasons, func(s *season) bool { return s.Number == number })
	if i < 0 {
		i = len(seasons)
		seasons = append(seasons, &season{Number: number})
	}
	seasons[i].Episodes = append(seasons[i].Episodes, e)
	return seasons
}

// Trakt writes what Trakt's /sync/history takes: movies and shows by their ids, each watch with its time.
func Trakt(out io.Writer, watches []Watched) (left int, err error) {
	type movie struct {
		title
		WatchedAt string `json:"watched_at"`
	}
	type show struct {
		title
		Seasons []*season `json:"seasons"`
	}
	file := struct {
		Movies []movie `json:"movies"`
		Shows  []*show `json:"shows"`
	}{[]movie{}, []*show{}}
	for _, w := range watches {
		t := titleOf(w, false)
		if w.Match.Kind == media.KindMovie {
			file.Movies = append(file.Movies, movie{t, utc(w.At)})
			continue
		}
		s, n, ok := place(w, false)
		if _, whole := n.Int(); !ok || !whole {
			left++
			continue
		}
		i := slices.IndexFunc(file.Shows, func(o *show) bool { return same(o.title, t) })
		if i < 0 {
			i = len(file.Shows)
			file.Shows = append(file.Shows, &show{title: t, Seasons: []*season{}})
		}
		file.Shows[i].Seasons = addEpisode(file.Shows[i].Seasons, s, episode{n, utc(w.At)})
	}
	return left, encode(out, file)
}

func encode(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Letterboxd writes its import table (letterboxd.com/about/importing-data): films alone, each with the day on which it was
// watched where the user is. left counts the episodes, which it does not take.
func Letterboxd(out io.Writer, watches []Watched, zone *time.Location) (left int, err error) {
	table := csv.NewWriter(out)
	rows := [][]string{{"tmdbID", "imdbID", "Title", "Year", "WatchedDate", "Rewatch"}}
	seen := map[string]bool{}
	for _, w := range slices.Backward(watches) { // oldest first: what comes again is a rewatch
		if w.Match.Kind != media.KindMovie {
			left++
			continue
		}
		t := titleOf(w, true)
		text := func(key string) string { s, _ := t.IDs[key].(string); return s }
		year := ""
		if t.Year != 0 {
			year = strconv.Itoa(t.Year)
		}
		key := cmp.Or(text("imdb"), text("tmdb"), t.Title+" "+year)
		rows = append(rows, []string{
			text("tmdb"), text("imdb"), t.Title, year, w.At.In(zone).Format(time.DateOnly), strconv.FormatBool(seen[key]),
		})
		seen[key] = true
	}
	return left, table.WriteAll(rows)
}
