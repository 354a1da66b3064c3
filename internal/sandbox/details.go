package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// altTitle is another name of a title; lang is an internal code of the service (11.1).
type altTitle struct {
	Name string `json:"name"`
	Lang int    `json:"lang"`
	Type string `json:"type"`
}

func (t *title) altTitles() []altTitle {
	out := []altTitle{}
	for _, a := range t.Alt {
		out = append(out, altTitle{a, 0, "synonym"})
	}
	return out
}

// record is the full description of a title (section 10); it is always full.
type record struct {
	Title         string         `json:"title"`
	Year          int            `json:"year"`
	Type          string         `json:"type"`
	IDs           map[string]any `json:"ids"`
	Rank          int            `json:"rank"`
	Poster        *string        `json:"poster"`
	Fanart        *string        `json:"fanart"`
	Runtime       *int           `json:"runtime"`
	Certification *string        `json:"certification"`
	Overview      *string        `json:"overview"`
	Genres        []string       `json:"genres"`
	Country       *string        `json:"country"`
	Ratings       map[string]any `json:"ratings"`
	Trailers      []any          `json:"trailers"`
	Users         []any          `json:"users_recommendations"`
	*movieRecord
	*seriesRecord
	*animeRecord
}

type movieRecord struct {
	Released     *string    `json:"released"`
	ReleaseDates []any      `json:"release_dates"`
	Director     *string    `json:"director"`
	Budget       *int       `json:"budget"`
	Revenue      *int       `json:"revenue"`
	AltTitles    []altTitle `json:"alt_titles"`
}

type seriesRecord struct {
	FirstAired *string        `json:"first_aired"`
	LastAired  *string        `json:"last_aired"`
	Airs       map[string]any `json:"airs"`
	Total      int            `json:"total_episodes"`
	Status     string         `json:"status"`
	Network    *string        `json:"network"`
}

type animeRecord struct {
	AnimeType  string  `json:"anime_type"`
	English    *string `json:"en_title"`
	Studios    []any   `json:"studios"`
	Relations  []any   `json:"relations"`
	MappedTVDB []int   `json:"mapped_tvdb_seasons,omitempty"`
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// detail answers GET /movies|/tv|/anime/{simkl} with the odd shapes of 2.3: an unknown number is 200 [], a word is 404
// for movies and an unrelated object for the others.
func (s *Server) detail(c *call) response {
	seg := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	id, err := strconv.ParseInt(seg[1], 10, 64)
	if err != nil {
		if seg[0] == "movies" {
			return problem(http.StatusNotFound, "url_failed", "the id is not a number")
		}
		return reply(http.StatusOK, s.describe(s.cat.first(seg[0]), c))
	}
	t := s.cat.byID[id]
	if t == nil || t.folder() != seg[0] {
		return reply(http.StatusOK, []any{})
	}
	return reply(http.StatusOK, s.describe(t, c))
}

// first is some title of a section of the catalog.
func (c *catalog) first(folder string) *title {
	return c.titles[max(0, slices.IndexFunc(c.titles, func(t *title) bool { return t.folder() == folder }))]
}

// folder is the first segment of a title's addresses.
func (t *title) folder() string {
	if t.Kind == kindMovie {
		return "movies"
	}
	return t.Kind
}

func (s *Server) describe(t *title, c *call) record {
	r := record{
		Title: t.Title, Year: t.Year, Type: t.Kind, IDs: t.ids(), Rank: t.rank, Poster: textOrNil(t.poster()), Fanart: textOrNil(t.fanart()),
		Overview: new(t.overview()), Genres: append([]string{}, t.Genres...), Country: textOrNil(t.Country), Ratings: t.ratings(), Users: []any{},
	}
	if t.Runtime > 0 {
		r.Runtime = &t.Runtime
	}
	if t.Kind == kindMovie {
		r.movieRecord = &movieRecord{Released: new(t.aired(episodeKey{}, c.now).Format(time.DateOnly)), ReleaseDates: []any{}, AltTitles: t.altTitles()}
		return r
	}
	if t.Kind == kindTV {
		r.Type = "show"
	}
	r.seriesRecord = &seriesRecord{
		Airs: map[string]any{"day": nil, "time": nil, "timezone": nil}, FirstAired: t.date(t.firstPiece(), c.now), LastAired: t.lastAired(c.now), Total: len(t.regular(false)),
		Status: t.Status, Network: textOrNil(t.Network),
	}
	if t.Kind == kindAnime {
		r.animeRecord = &animeRecord{AnimeType: t.AnimeType, English: textOrNil(t.English), Studios: []any{}, Relations: []any{}}
		if c.query.Get("extended") == "full_anime_seasons" {
			r.MappedTVDB = t.tvdbSeasons()
		}
	}
	return r
}

// lastAired is when the last episode so far was shown, nil where none was.
func (t *title) lastAired(now time.Time) *string {
	eps := t.regular(true)
	if len(eps) == 0 {
		return nil
	}
	return t.date(eps[len(eps)-1], now)
}

// listedEpisode is a row of the episode lists; specials have neither season nor episode, anime no season (section 10).
type listedEpisode struct {
	Title       string         `json:"title"`
	Description *string        `json:"description"`
	Season      int            `json:"season,omitempty"`
	Episode     int            `json:"episode,omitempty"`
	Type        string         `json:"type"`
	Img         *string        `json:"img"`
	Date        *string        `json:"date"`
	Aired       bool           `json:"aired"`
	TVDB        map[string]int `json:"tvdb,omitempty"`
	IDs         map[string]any `json:"ids"`
}

// date is when an episode is shown, with the network's offset (2.1).
func (t *title) date(ep episodeKey, now time.Time) *string {
	return new(t.local(t.aired(ep, now)).Format(time.RFC3339))
}

// episodes answers GET /tv|/anime/episodes/{simkl}.
func (s *Server) episodes(c *call) response {
	seg := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	if len(seg) < 3 {
		return problem(http.StatusBadRequest, "empty_id", "the id is missing")
	}
	rows := []listedEpisode{}
	id, err := strconv.ParseInt(seg[2], 10, 64)
	t := s.cat.byID[id]
	if err != nil || t == nil || t.Kind != seg[0] {
		return reply(http.StatusOK, rows)
	}
	aired := len(t.regular(true))
	for i, ep := range t.regular(false) {
		row := listedEpisode{
			Title: t.episodeTitle(ep), Season: ep.Season, Episode: ep.Number, Type: "episode", Aired: i < aired, Date: t.date(ep, c.now),
			IDs: map[string]any{"simkl_id": t.episodeID(ep)},
		}
		if t.Kind == kindAnime {
			row.Season = 0
			if at, ok := t.toTVDB(ep); ok {
				row.TVDB = map[string]int{"season": at.Season, "episode": at.Number}
			}
		}
		rows = append(rows, row)
	}
	for k := range t.Specials {
		ep := episodeKey{0, k + 1}
		rows = append(rows, listedEpisode{Title: t.episodeTitle(ep), Type: "special", Aired: true, Date: t.date(ep, c.now), IDs: map[string]any{"simkl_id": t.episodeID(ep)}})
	}
	return reply(http.StatusOK, rows)
}
