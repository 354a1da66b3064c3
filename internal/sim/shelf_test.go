package sim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// title is one of Simkl's catalogue, short enough that an evening of them is quick.
type title struct {
	simkl   int
	kind    string // movie, tv, anime
	name    string
	alt     string // another name
	year    int
	minutes int
	seasons []int
	ids     map[string]string
}

var (
	films = []*title{
		{1, "movie", "Heat", "", 1995, 7, nil, map[string]string{"imdb": "tt0113277", "tmdb": "949"}},
		{2, "movie", "Inception", "Origen", 2010, 6, nil, map[string]string{"imdb": "tt1375666", "tmdb": "27205"}},
		{3, "movie", "Blade Runner", "", 1982, 5, nil, map[string]string{"imdb": "tt0083658", "tmdb": "78"}},
		{4, "movie", "The Matrix", "", 1999, 6, nil, map[string]string{"imdb": "tt0133093", "tmdb": "603"}},
		{5, "movie", "Oppenheimer", "", 2023, 8, nil, map[string]string{"imdb": "tt15398776", "tmdb": "872585"}},
		{6, "movie", "John Wick", "", 2014, 5, nil, map[string]string{"imdb": "tt2911666", "tmdb": "245891"}},
		{7, "movie", "Alien", "", 1979, 6, nil, map[string]string{"imdb": "tt0078748", "tmdb": "348"}},
		{8, "movie", "Interstellar", "", 2014, 7, nil, map[string]string{"imdb": "tt0816692", "tmdb": "157336"}},
	}
	shows = []*title{
		{21, "tv", "Severance", "", 2022, 6, []int{9, 10}, map[string]string{"imdb": "tt11280740", "tmdb": "95396", "tvdb": "371980"}},
		{22, "tv", "Firefly", "", 2002, 5, []int{14}, map[string]string{"imdb": "tt0303461", "tmdb": "1437", "tvdb": "78874"}},
		{23, "tv", "The Wire", "", 2002, 7, []int{13, 12, 12}, map[string]string{"imdb": "tt0306414", "tmdb": "1438", "tvdb": "79126"}},
		{24, "tv", "Dark", "", 2017, 5, []int{10, 8, 8}, map[string]string{"imdb": "tt5753856", "tmdb": "70523"}},
		{25, "tv", "Andor", "Star Wars: Andor", 2022, 6, []int{12, 12}, map[string]string{"imdb": "tt9253284", "tmdb": "83867", "tvdb": "393189"}},
		{26, "anime", "Sousou no Frieren", "Frieren: Beyond Journey's End", 2023, 5, []int{28}, map[string]string{"mal": "52991", "anilist": "154587", "tvdb": "424536"}},
	}
	// elsewhere is what a mistaken Simkl takes things for. Nobody plays it.
	elsewhere = &title{99, "movie", "Somewhere Else Entirely", "", 1931, 80, nil, map[string]string{"imdb": "tt0000001"}}
	// contact is what the other process writes by itself.
	contact = &title{98, "movie", "Contact", "", 1997, 80, nil, map[string]string{"imdb": "tt0118884"}}
)

func catalog() []*title { return append(append([]*title{elsewhere, contact}, films...), shows...) }

// work is the name of a film or an episode.
func (t *title) work(season, number int) string {
	switch t.kind {
	case "movie":
		return t.name
	case "anime":
		season = 1
	}
	return fmt.Sprintf("%s %dx%02d", t.name, season, number)
}

func (t *title) length() time.Duration { return time.Duration(t.minutes) * time.Minute }

// find knows a title by any of its ids, else by its name.
func find(ids map[string]any, name string, year int) *title {
	for _, t := range catalog() {
		for key, id := range ids {
			if t.ids[key] == fmt.Sprint(id) || key == "simkl" && fmt.Sprint(t.simkl) == fmt.Sprint(id) {
				return t
			}
		}
	}
	if len(ids) > 0 {
		return nil
	}
	for _, t := range catalog() {
		if (strings.EqualFold(t.name, name) || t.alt != "" && strings.EqualFold(t.alt, name)) && (year == 0 || (year-t.year)*(year-t.year) <= 1) {
			return t
		}
	}
	return nil
}

// catalogFile is the catalogue as the sandbox reads it.
func catalogFile() []byte {
	var out []byte
	for _, t := range catalog() {
		row := map[string]any{
			"simkl": t.simkl, "kind": t.kind, "title": t.name, "slug": fmt.Sprint("t", t.simkl), "year": t.year,
			"runtime": t.minutes, "ids": t.ids,
		}
		if t.alt != "" {
			row["alt"] = []string{t.alt}
		}
		if t.seasons != nil {
			row["seasons"] = t.seasons
		}
		if t.kind == "anime" {
			row["anime_type"] = "tv"
			row["tvdb"] = []map[string]int{{"from": 1, "season": 1, "number": 1, "count": t.seasons[0]}}
		}
		line, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
