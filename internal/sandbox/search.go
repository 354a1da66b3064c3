package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// looseID is an id, quoted or not.
type looseID string

// UnmarshalJSON reads a string or a number.
func (i *looseID) UnmarshalJSON(b []byte) error {
	text, err := looseText(b)
	*i = looseID(text)
	return err
}

// searchFile answers POST /search/file (9.1): null without a file, [] without a match, always 200.
func (s *Server) searchFile(c *call) response {
	var q struct {
		File string   `json:"file"` // encoding/json also reads File into it
		Part looseInt `json:"part"`
	}
	if len(c.body) > 0 {
		if out, ok := c.json(&q); !ok {
			return out
		}
	}
	if q.File == "" {
		return reply(http.StatusOK, nil)
	}
	g := readFileName(q.File)
	media := reqMedia{Title: g.title, Year: looseInt{g.year, g.year > 0}}
	container := ""
	if len(g.episodes) > 0 {
		container = "show"
	}
	f := s.cat.resolve(container, media)
	if len(f.titles) == 0 {
		return reply(http.StatusOK, []any{})
	}
	t := f.titles[0]
	type fileAnswer struct {
		Type    string       `json:"type"`
		Movie   *mediaJSON   `json:"movie,omitempty"`
		Show    *mediaJSON   `json:"show,omitempty"`
		Episode *fileEpisode `json:"episode,omitempty"`
	}
	switch {
	case t.film():
		return reply(http.StatusOK, fileAnswer{Type: "movie", Movie: t.media()})
	case len(g.episodes) == 0:
		return reply(http.StatusOK, fileAnswer{Type: "show", Show: t.media()})
	}
	part := max(1, q.Part.N)
	n := g.episodes[min(part, len(g.episodes))-1]
	at, ep, ok := s.cat.place(s.cat.cours(f), reqEpisode{Season: looseInt{g.season, !g.numbered}, Number: looseInt{n, true}}, true)
	if !ok {
		return reply(http.StatusOK, []any{})
	}
	e := &fileEpisode{Title: at.episodeTitle(ep), Season: ep.Season, Episode: ep.Number, Multipart: false, IDs: map[string]any{"simkl": at.episodeID(ep)}}
	if len(g.episodes) > 1 {
		e.Multipart = 1
		if part >= len(g.episodes) {
			e.Multipart = 0
		}
	}
	return reply(http.StatusOK, fileAnswer{Type: "episode", Show: at.media(), Episode: e})
}

// fileEpisode has its number under "episode", not "number"; Multipart is false, 1 (more follow) or 0 (the last).
type fileEpisode struct {
	Title     string         `json:"title"`
	Season    int            `json:"season"`
	Episode   int            `json:"episode"`
	Multipart any            `json:"multipart"`
	IDs       map[string]any `json:"ids"`
}

// searchRow is a hit of the text search (9.2).
type searchRow struct {
	Title    string         `json:"title"`
	English  string         `json:"title_en,omitempty"`
	Romaji   string         `json:"title_romaji,omitempty"`
	Year     int            `json:"year"`
	Poster   *string        `json:"poster"`
	Type     string         `json:"type,omitempty"`
	Endpoint string         `json:"endpoint_type"`
	IDs      map[string]any `json:"ids"`
	*searchFull
}

type searchFull struct {
	AllTitles []string       `json:"all_titles"`
	URL       string         `json:"url"`
	Rank      int            `json:"rank"`
	Status    string         `json:"status"`
	Ratings   map[string]any `json:"ratings"`
	EpCount   int            `json:"ep_count,omitempty"`
}

// searchText answers GET /search/{movie|tv|anime} with pages in headers (2.4).
func (s *Server) searchText(c *call) response {
	kind := lastSegment(c.r.URL.Path)
	if kind != kindMovie && kind != kindTV && kind != kindAnime {
		return reply(http.StatusOK, nil)
	}
	hits := s.cat.search(kind, c.query.Get("q"))
	limit := 10
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil {
		limit = min(50, max(1, n))
	}
	pages := max(1, (len(hits)+limit-1)/limit)
	page := 1
	if n, err := strconv.Atoi(c.query.Get("page")); err == nil {
		page = min(20, max(1, n))
	}
	rows := []searchRow{}
	for _, t := range hits[min(len(hits), (page-1)*limit):min(len(hits), page*limit)] {
		rows = append(rows, searchHit(t, c.query.Get("extended") == "full"))
	}
	return reply(http.StatusOK, rows).
		with("X-Pagination-Page", strconv.Itoa(page)).with("X-Pagination-Limit", strconv.Itoa(limit)).
		with("X-Pagination-Page-Count", strconv.Itoa(pages)).with("X-Pagination-Item-Count", strconv.Itoa(len(hits)))
}

func searchHit(t *title, full bool) searchRow {
	r := searchRow{Title: t.Title, Year: t.Year, Poster: textOrNil(t.poster()), Endpoint: t.Kind, IDs: t.outerIDs()}
	switch t.Kind {
	case kindMovie:
		r.Endpoint = "movies"
	case kindAnime:
		r.English, r.Romaji, r.Type = t.English, t.Title, t.AnimeType
	}
	if full {
		r.searchFull = &searchFull{AllTitles: t.names(), URL: t.url(), Rank: t.rank, Status: t.Status, Ratings: t.ratings(), EpCount: len(t.regular(false))}
	}
	return r
}

// outerIDs are the ids as search, episode lists and data files write them: simkl_id (section 4).
func (t *title) outerIDs() map[string]any {
	ids := t.ids()
	delete(ids, "simkl")
	ids["simkl_id"] = t.Simkl
	return ids
}

// search finds titles by name: equal names first, then names that begin with, then that contain the words. An IMDb or
// Letterboxd address is an id (9.2).
func (c *catalog) search(kind, q string) []*title {
	if strings.Contains(q, "imdb.com/") {
		return slices.DeleteFunc(slices.Clone(c.byExt["imdb:"+cleanID("imdb", q)]), func(t *title) bool { return t.Kind != kind })
	}
	if _, slug, ok := strings.Cut(q, "letterboxd.com/film/"); ok {
		slug, _, _ = strings.Cut(slug, "/")
		return slices.DeleteFunc(slices.Clone(c.byExt["letterboxd:"+strings.ToLower(slug)]), func(t *title) bool { return t.Kind != kind })
	}
	want := fold(q)
	if want == "" {
		return nil
	}
	var equal, begin, within []*title
	for _, t := range c.titles {
		if t.Kind != kind {
			continue
		}
		best := 3
		for _, name := range t.names() {
			switch f := fold(name); {
			case f == want:
				best = min(best, 0)
			case strings.HasPrefix(f, want):
				best = min(best, 1)
			case strings.Contains(f, want):
				best = min(best, 2)
			}
		}
		switch best {
		case 0:
			equal = append(equal, t)
		case 1:
			begin = append(begin, t)
		case 2:
			within = append(within, t)
		}
	}
	return slices.Concat(equal, begin, within)
}

// idRow is a hit of the id search (9.3).
type idRow struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Poster    *string        `json:"poster"`
	Year      int            `json:"year"`
	Status    string         `json:"status"`
	Total     int            `json:"total_episodes,omitempty"`
	AnimeType string         `json:"anime_type,omitempty"`
	IDs       map[string]any `json:"ids"`
}

// searchID answers GET /search/id: [] for what is unknown or not asked.
func (s *Server) searchID(c *call) response {
	rows := []idRow{}
	for _, t := range s.byQuery(c) {
		rows = append(rows, idRow{
			t.Kind, t.Title, textOrNil(t.poster()), t.Year, t.Status, len(t.regular(false)), t.AnimeType, map[string]any{"simkl": t.Simkl, "slug": t.Slug},
		})
	}
	return reply(http.StatusOK, rows)
}

// byQuery resolves ids in a query; tmdb needs type, for its movies and series overlap.
func (s *Server) byQuery(c *call) []*title {
	m := reqMedia{Title: c.query.Get("title"), IDs: idSet{}}
	if y, err := strconv.Atoi(c.query.Get("year")); err == nil {
		m.Year = looseInt{y, true}
	}
	for _, k := range append([]string{"simkl"}, externalOrder...) {
		if v := c.query.Get(k); v != "" && (k != "tmdb" || c.query.Get("type") != "") {
			m.IDs[k] = v
		}
	}
	f := s.cat.resolve(containerOf(c.query.Get("type")), m)
	if f.by == "title" && m.Year.Set && f.titles[0].Year != m.Year.N {
		return nil // a search by title and year means both
	}
	return f.titles
}

// redirect answers GET /redirect: 301 with an address, never a body (9.4).
func (s *Server) redirect(c *call) response {
	to := "//simkl.com"
	if c.query.Get("to") == "simkl" {
		for _, t := range s.byQuery(c) {
			if (c.query.Get("season") != "" || c.query.Get("episode") != "") && t.film() {
				continue
			}
			to = "//simkl.com" + t.url() + episodePath(c, t)
			break
		}
	}
	return response{status: http.StatusMovedPermanently}.with("Location", to).with("Cache-Control", "no-store")
}

func episodePath(c *call, t *title) string {
	season, episode := c.query.Get("season"), c.query.Get("episode")
	switch {
	case episode == "":
		return ""
	case t.Kind == kindAnime:
		return "/episode-" + episode
	}
	return "/season-" + season + "/episode-" + episode
}
