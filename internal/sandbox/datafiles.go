package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// dataFile answers the files of data.simkl.in (section 11). Unknown files are 404 in plain text, not JSON.
func (s *Server) dataFile(c *call) response {
	if c.r.Header.Get("Authorization") != "" {
		c.note("Authorization on a data file")
	}
	body, ok := s.dataBody(strings.Trim(c.r.URL.Path, "/"), c.now)
	if !ok {
		return text(http.StatusNotFound, "Not Found")
	}
	made := c.now.UTC().Truncate(time.Hour) // "today" is made anew every hour
	if since, err := http.ParseTime(c.r.Header.Get("If-Modified-Since")); err == nil && !made.After(since) {
		return response{status: http.StatusNotModified}.with("Last-Modified", made.Format(http.TimeFormat))
	}
	return reply(http.StatusOK, body).with("Last-Modified", made.Format(http.TimeFormat))
}

// dataBody makes the content of a file; false when there is no such file.
func (s *Server) dataBody(file string, now time.Time) (any, bool) {
	seg := strings.Split(strings.TrimSuffix(file, ".json"), "/")
	if !strings.HasSuffix(file, ".json") || len(seg) < 2 {
		return nil, false
	}
	switch seg[0] + "/" + seg[1] {
	case "discover/trending":
		return s.trending(seg[2:])
	case "discover/dvd":
		if n, ok := listSize(seg[2:], "releases"); ok {
			return s.ranked("movies", n), true
		}
	}
	if seg[0] == "calendar" {
		return s.calendar(seg[1:], now)
	}
	return nil, false
}

// listSize reads names such as today_100.
func listSize(seg []string, names ...string) (int, bool) {
	if len(seg) != 1 {
		return 0, false
	}
	name, size, _ := strings.Cut(seg[0], "_")
	for _, n := range names {
		if n == name && (size == "100" || size == "500") {
			return number(size), true
		}
	}
	return 0, false
}

func (s *Server) trending(seg []string) (any, bool) {
	kinds := map[string]bool{"movies": true, "tv": true, "anime": true}
	if len(seg) == 2 && kinds[seg[0]] {
		n, ok := listSize(seg[1:], "today", "week", "month")
		return s.ranked(seg[0], n), ok
	}
	n, ok := listSize(seg, "today", "week", "month")
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	for k := range kinds {
		out[k] = s.ranked(k, n)
	}
	return out, true
}

// trend is a row of the trending files and the metadata of calendar v2.
type trend struct {
	Title     string         `json:"title"`
	Alt       []altTitle     `json:"alt_titles"`
	URL       string         `json:"url"`
	Poster    *string        `json:"poster"`
	Fanart    *string        `json:"fanart"`
	IDs       map[string]any `json:"ids"`
	Release   string         `json:"release_date"`
	Rank      int            `json:"rank"`
	DropRate  string         `json:"drop_rate"`
	Watched   int            `json:"watched"`
	Plan      int            `json:"plan_to_watch"`
	Watching  int            `json:"watching"`
	Completed int            `json:"completed"`
	Ratings   map[string]any `json:"ratings"`
	Country   string         `json:"country"`
	Language  string         `json:"original_language"`
	Runtime   string         `json:"runtime"`
	Status    string         `json:"status"`
	Genres    []string       `json:"genres"`
	Trailer   *string        `json:"trailer"`
	Overview  string         `json:"overview"`
	Metadata  string         `json:"metadata"`
	DVD       *string        `json:"dvd_date,omitempty"`
	Theater   *string        `json:"theater,omitempty"`
	Network   *string        `json:"network,omitempty"`
	Total     int            `json:"total_episodes,omitempty"`
	AnimeType string         `json:"anime_type,omitempty"`
}

// ranked lists titles by watchers, which here is the order of the catalog.
func (s *Server) ranked(kind string, n int) []trend {
	out := []trend{}
	for _, t := range s.cat.titles {
		if t.folder() == kind && t.released() && len(out) < n {
			out = append(out, s.trend(t))
		}
	}
	return out
}

func (s *Server) trend(t *title) trend {
	release := "01/01/" + strconv.Itoa(t.Year)
	if d, err := time.Parse("2006-01-02", t.Released); err == nil {
		release = d.Format("01/02/2006")
	}
	run := t.minutes()
	watchers := max(1, 1000-t.rank)
	r := trend{
		Title: t.Title, Alt: t.altTitles(), URL: strings.Replace(t.url(), "/movies/", "/movie/", 1), IDs: t.outerIDs(), Release: release,
		Rank: t.rank, DropRate: "0%", Watched: watchers, Ratings: map[string]any{}, Country: t.Country, Status: t.Status,
		Runtime: strconv.Itoa(run/60) + "h " + strconv.Itoa(run%60) + "m", Genres: append([]string{}, t.Genres...), Metadata: strconv.Itoa(t.Year),
	}
	if t.Kind == kindMovie {
		r.DVD, r.Theater = &release, &release
		return r
	}
	r.Network, r.Total, r.AnimeType = textOrNil(t.Network), len(t.regular(false)), t.AnimeType
	return r
}

// airing is one date of the calendar.
type airing struct {
	t  *title
	ep episodeKey // of the title; zero for a film
	at time.Time
}

// calendar answers the rolling and the monthly files of both generations (11.2).
func (s *Server) calendar(seg []string, now time.Time) (any, bool) {
	v2 := len(seg) > 1 && seg[0] == "v2"
	if v2 {
		seg = seg[1:]
	}
	today := now.UTC().Truncate(24 * time.Hour)
	from, to := today.AddDate(0, 0, -1), today.AddDate(0, 0, 33)
	if len(seg) == 3 {
		year, month := number(seg[0]), number(seg[1])
		if year < 2000 || month < 1 || month > 12 || strconv.Itoa(month) != seg[1] {
			return nil, false // months are not padded
		}
		from = time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 1, 0)
		if from.After(time.Date(today.Year(), today.Month()+3, 1, 0, 0, 0, 0, time.UTC)) {
			return nil, false
		}
		seg = seg[2:]
	}
	kind, ok := map[string]string{"tv": kindTV, "anime": kindAnime, "movie_release": kindMovie}[seg[0]]
	if len(seg) != 1 || !ok {
		return nil, false
	}
	rows := s.airings(kind, from, to, today)
	if v2 {
		return s.calendarV2(rows), true
	}
	out := []any{}
	for _, a := range rows {
		out = append(out, a.v1())
	}
	return out, true
}

// airings invents dates for what is still to come: one episode a week from the next day that belongs to the title.
func (s *Server) airings(kind string, from, to, today time.Time) []airing {
	var out []airing
	for _, t := range s.cat.titles {
		if t.Kind != kind {
			continue
		}
		eps := t.regular(false)
		eps = eps[len(t.regular(true)):]
		if t.film() {
			if eps = nil; !t.released() {
				eps = []episodeKey{{}}
			}
		}
		at := today.Add(20*time.Hour).AddDate(0, 0, int((t.Simkl-int64(today.Weekday())+7)%7))
		for _, ep := range eps {
			if !at.Before(from) && at.Before(to) {
				out = append(out, airing{t, ep, at})
			}
			at = at.AddDate(0, 0, 7)
		}
	}
	return out
}

type calendarEpisode struct {
	Season  int     `json:"season,omitempty"`
	Episode int     `json:"episode"`
	Title   *string `json:"title,omitempty"`
	Runtime *int    `json:"runtime,omitempty"`
	URL     string  `json:"url"`
}

func (a airing) episode() *calendarEpisode {
	if a.t.film() {
		return nil
	}
	e := &calendarEpisode{Season: a.ep.Season, Episode: a.ep.Number, URL: a.t.url() + "/season-" + strconv.Itoa(a.ep.Season) + "/episode-" + strconv.Itoa(a.ep.Number)}
	if a.t.Kind == kindAnime {
		e.Season, e.URL = 0, a.t.url()+"/episode-"+strconv.Itoa(a.ep.Number)
	}
	return e
}

// v1 is a flat row, dated in the zone of the network.
func (a airing) v1() any {
	zone := time.FixedZone("", -5*3600)
	if a.t.Kind == kindAnime {
		zone = time.FixedZone("", 9*3600)
	}
	type row struct {
		Title     string           `json:"title"`
		Poster    *string          `json:"poster"`
		Date      string           `json:"date"`
		Release   string           `json:"release_date"`
		Rank      int              `json:"rank"`
		URL       string           `json:"url"`
		Ratings   map[string]any   `json:"ratings"`
		IDs       map[string]any   `json:"ids"`
		Episode   *calendarEpisode `json:"episode,omitempty"`
		AnimeType string           `json:"anime_type,omitempty"`
	}
	local := a.at.In(zone)
	return row{
		a.t.Title, nil, local.Format(time.RFC3339), local.Format("2006-01-02"), a.t.rank, a.t.url(),
		map[string]any{},
		a.t.outerIDs(), a.episode(),
		a.t.AnimeType,
	}
}

func (s *Server) calendarV2(rows []airing) any {
	type row struct {
		Simkl   int64            `json:"simkl_id"`
		Date    string           `json:"date"`
		Finale  *int             `json:"finale_type"`
		Episode *calendarEpisode `json:"episode,omitempty"`
	}
	out := struct {
		Calendar []row            `json:"calendar"`
		Metadata map[string]trend `json:"metadata"`
	}{[]row{}, map[string]trend{}}
	for _, a := range rows {
		r := row{Simkl: a.t.Simkl, Date: zulu(a.at), Episode: a.episode()}
		if r.Episode != nil {
			name := a.t.episodeTitle(a.ep)
			r.Episode.Title = &name
			if a.t.Runtime > 0 {
				r.Episode.Runtime = &a.t.Runtime
			}
			if a.ep.Season > 0 && a.ep.Number == a.t.Seasons[a.ep.Season-1] {
				r.Finale = new(2)
			}
		}
		out.Calendar = append(out.Calendar, r)
		out.Metadata[strconv.FormatInt(a.t.Simkl, 10)] = s.trend(a.t)
	}
	return out
}
