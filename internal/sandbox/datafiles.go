package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
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
	made := c.now.UTC().Truncate(refreshed(c.r.URL.Path))
	out := reply(http.StatusOK, body)
	tag := etag(out.body)
	out = out.with("Last-Modified", made.Format(http.TimeFormat)).with("ETag", tag).with("Cache-Control", "public, max-age=3600")
	if notModified(c.r.Header, tag, made) {
		out.status, out.body = http.StatusNotModified, nil
		out.header.Del("Content-Type")
	}
	return out
}

// refreshed is how often a file is made anew (11.1, 11.2).
func refreshed(path string) time.Duration {
	switch {
	case strings.Contains(path, "/today_"):
		return time.Hour
	case strings.HasPrefix(path, "/calendar/"):
		return 6 * time.Hour
	}
	return 24 * time.Hour
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// notModified asks the tag first and the time only without one, as HTTP has it.
func notModified(h http.Header, tag string, made time.Time) bool {
	if asked := h.Get("If-None-Match"); asked != "" {
		return strings.Contains(asked, tag) || asked == "*"
	}
	since, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err == nil && !made.After(since)
}

// dataBody makes the content of a file; false when there is no such file.
func (s *Server) dataBody(file string, now time.Time) (any, bool) {
	seg := strings.Split(strings.TrimSuffix(file, ".json"), "/")
	if !strings.HasSuffix(file, ".json") || len(seg) < 2 {
		return nil, false
	}
	switch seg[0] + "/" + seg[1] {
	case "discover/trending":
		return s.trending(seg[2:], now)
	case "discover/dvd":
		if n, ok := listSize(seg[2:], "releases"); ok {
			return s.ranked("movies", n, now), true
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

func (s *Server) trending(seg []string, now time.Time) (any, bool) {
	kinds := map[string]bool{"movies": true, "tv": true, "anime": true}
	if len(seg) == 2 && kinds[seg[0]] {
		n, ok := listSize(seg[1:], "today", "week", "month")
		return s.ranked(seg[0], n, now), ok
	}
	n, ok := listSize(seg, "today", "week", "month")
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	for k := range kinds {
		out[k] = s.ranked(k, n, now)
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
	Overview  *string        `json:"overview,omitempty"`
	Metadata  *string        `json:"metadata,omitempty"`
	Romaji    string         `json:"title_romaji,omitempty"`
	DVD       *string        `json:"dvd_date,omitempty"`
	Theater   *string        `json:"theater,omitempty"`
	Network   *string        `json:"network,omitempty"`
	Total     int            `json:"total_episodes,omitempty"`
	AnimeType string         `json:"anime_type,omitempty"`
}

// ranked lists titles by watchers, which here is the order of the catalog.
func (s *Server) ranked(kind string, n int, now time.Time) []trend {
	out := []trend{}
	for _, t := range s.cat.titles {
		if t.folder() == kind && t.released() && len(out) < n {
			out = append(out, s.trendRow(t, now))
		}
	}
	return out
}

// trend is what both have of a title.
func (s *Server) trend(t *title, now time.Time) trend {
	release := t.aired(t.firstPiece(), now)
	run := t.minutes()
	watchers := max(1, 1000-t.rank)
	return trend{
		Title: t.Title, Alt: t.altTitles(), URL: strings.Replace(t.url(), "/movies/", "/movie/", 1), Poster: textOrNil(t.poster()), Fanart: textOrNil(t.fanart()),
		IDs: t.fileIDs(), Release: release.Format(fileDate), Rank: t.rank, DropRate: "2.4%", Watched: watchers, Plan: 10 * watchers,
		Watching: watchers / 4, Completed: 40 * watchers, Ratings: t.ratings(), Country: t.Country, Language: t.language(), Status: t.Status,
		Runtime: strconv.Itoa(run/60) + "h " + strconv.Itoa(run%60) + "m", Genres: append([]string{}, t.Genres...), AnimeType: fileAnimeType(t.AnimeType),
	}
}

// trendRow is a row of the trending and DVD files.
func (s *Server) trendRow(t *title, now time.Time) trend {
	r := s.trend(t, now)
	release := t.aired(t.firstPiece(), now)
	r.Overview, r.Metadata = new(t.overview()), new(release.Format("January 2, 2006"))
	if t.Kind == kindMovie {
		r.DVD, r.Theater = new(release.AddDate(0, 2, 0).Format(fileDate)), &r.Release
		return r
	}
	r.Network, r.Total = textOrNil(t.Network), len(t.regular(false))
	return r
}

// metadata is a title's block in calendar v2. That of TV may be sparse, and its status the literal text "undefined" (11.2).
func (s *Server) metadata(t *title, now time.Time) trend {
	r := s.trend(t, now)
	switch t.Kind {
	case kindMovie:
		r.DVD = new(t.aired(episodeKey{}, now).AddDate(0, 2, 0).Format(fileDate))
	case kindAnime:
		r.Network, r.Total, r.Romaji = textOrNil(t.Network), len(t.regular(false)), t.Title
	default:
		r.Network, r.Total = textOrNil(t.Network), len(t.regular(false))
		if t.Network == "" {
			r.Status, r.Total = "undefined", 0
		}
	}
	return r
}

// fileDate is how the files write dates (2.1).
const fileDate = "01/02/2006"

// fileIDs are ids as the data files write them: simkl_id, and older names of two of the others (section 4).
func (t *title) fileIDs() map[string]any {
	ids := t.outerIDs()
	older := map[string]string{"letterboxd": "letterslug", "traktslug": "trakttvslug"}
	if t.Kind == kindMovie {
		older["traktslug"] = "traktmslug"
	}
	for now, then := range older {
		if v, ok := ids[now]; ok {
			ids[then] = v
			delete(ids, now)
		}
	}
	return ids
}

// fileAnimeType: the files say music where the rest says music video (section 4).
func fileAnimeType(s string) string { return strings.TrimSuffix(s, " video") }

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
		if v2 && from.After(time.Date(today.Year(), today.Month()+3, 1, 0, 0, 0, 0, time.UTC)) {
			return nil, false
		}
		seg = seg[2:]
	}
	kind, ok := map[string]string{"tv": kindTV, "anime": kindAnime, "movie_release": kindMovie}[seg[0]]
	if len(seg) != 1 || !ok {
		return nil, false
	}
	rows := s.airings(kind, from, to, now)
	if v2 {
		return s.calendarV2(rows, now), true
	}
	out := []any{}
	for _, a := range rows {
		out = append(out, a.v1())
	}
	return out, true
}

// airings lists what is shown from one day to another, by time.
func (s *Server) airings(kind string, from, to, now time.Time) []airing {
	var out []airing
	for _, t := range s.cat.titles {
		if t.Kind != kind {
			continue
		}
		eps := t.regular(false)
		if t.film() {
			eps = []episodeKey{{}}
		}
		for _, ep := range eps {
			if at := t.aired(ep, now); !at.Before(from) && at.Before(to) {
				out = append(out, airing{t, ep, at})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b airing) int { return a.at.Compare(b.at) })
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
	local := a.t.local(a.at)
	return row{
		a.t.Title, textOrNil(a.t.poster()), local.Format(time.RFC3339), local.Format(time.DateOnly), a.t.rank, a.t.url(), a.t.ratings(),
		a.t.fileIDs(), a.episode(), fileAnimeType(a.t.AnimeType),
	}
}

// finale is 2 for the last episode of a season and 3 for the last one of a title that has ended; nil for any other.
func (a airing) finale() *int {
	switch {
	case a.ep.Number != a.t.Seasons[a.ep.Season-1]:
		return nil
	case a.ep.Season == len(a.t.Seasons) && a.t.Status == "ended":
		return new(3)
	}
	return new(2)
}

func (s *Server) calendarV2(rows []airing, now time.Time) any {
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
			r.Finale = a.finale()
		}
		out.Calendar = append(out.Calendar, r)
		out.Metadata[strconv.FormatInt(a.t.Simkl, 10)] = s.metadata(a.t, now)
	}
	return out
}
