package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// itemRow is one title of a watchlist (7.2).
type itemRow struct {
	Added   *string `json:"added_to_watchlist_at,omitempty"`
	LastAt  *string `json:"last_watched_at"`
	RatedAt *string `json:"user_rated_at"`
	Rating  *int    `json:"user_rating"`
	Status  string  `json:"status"`
	*episodeCounts
	AnimeType    string         `json:"anime_type,omitempty"`
	Movie        *itemMedia     `json:"movie,omitempty"`
	Show         *itemMedia     `json:"show,omitempty"`
	Seasons      []seasonRow    `json:"seasons,omitempty"`
	MappedTVDB   []int          `json:"mapped_tvdb_seasons,omitempty"`
	NextInfo     *nextInfo      `json:"next_to_watch_info,omitempty"`
	Memo         map[string]any `json:"memo,omitzero"`
	IsRewatch    *bool          `json:"is_rewatch,omitempty"`
	RewatchID    int64          `json:"rewatch_id,omitempty"`
	RewatchState string         `json:"rewatch_status,omitempty"`
}

// episodeCounts are the fields of a row that a film does not have.
type episodeCounts struct {
	Last     *string `json:"last_watched"`
	Next     *string `json:"next_to_watch"`
	Watched  int     `json:"watched_episodes_count"`
	Total    int     `json:"total_episodes_count"`
	NotAired int     `json:"not_aired_episodes_count"`
}

type itemMedia struct {
	Title   string         `json:"title"`
	Poster  *string        `json:"poster"`
	Year    int            `json:"year"`
	Runtime *int           `json:"runtime"`
	IDs     map[string]any `json:"ids"`
}

type nextInfo struct {
	Title   string  `json:"title"`
	Season  int     `json:"season"`
	Episode int     `json:"episode"`
	Date    *string `json:"date"`
}

type seasonRow struct {
	Number   int          `json:"number"`
	Episodes []watchedRow `json:"episodes"`
}

type watchedRow struct {
	Number    int            `json:"number"`
	WatchedAt *string        `json:"watched_at,omitempty"`
	TVDB      map[string]int `json:"tvdb,omitempty"`
	IDs       map[string]any `json:"ids,omitempty"`
	Runtime   *int           `json:"runtime,omitempty"`
}

// bucketOf is the array of all-items in which a title stands: the shows of activities' tv_shows (7.1).
func bucketOf(t *title) string {
	switch t.Kind {
	case kindMovie:
		return "movies"
	case kindAnime:
		return "anime"
	}
	return "shows"
}

// byID lists a user's titles in a stable order.
func (u *user) byID() []*entry {
	out := make([]*entry, 0, len(u.Entries))
	for _, e := range u.Entries {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *entry) int { return cmp.Compare(a.Simkl, b.Simkl) })
	return out
}

// allItems answers GET /sync/all-items[/{type}[/{status}]] (7.2) with the odd shapes of 2.3.
func (s *Server) allItems(c *call) response {
	seg := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	kind, status := "all", "all"
	if len(seg) > 2 && slices.Contains([]string{"shows", "movies", "anime"}, seg[2]) {
		kind = seg[2]
	}
	if len(seg) > 3 {
		status = seg[3]
	}
	from, _, out, ok := c.dates()
	if !ok {
		return out
	}
	if status != "all" && !slices.Contains(statuses, status) {
		if kind == "all" {
			kind = "shows"
		}
		return reply(http.StatusOK, map[string][]itemRow{kind: {}})
	}
	bare := c.query.Get("extended") == "simkl_ids_only" || c.query.Get("extended") == "ids_only"
	rows := map[string][]any{}
	for _, e := range c.user.byID() {
		t := s.cat.byID[e.Simkl]
		switch {
		case t == nil || kind != "all" && kind != bucketOf(t) || status != "all" && status != e.Status:
		case !from.IsZero() && !e.Changed.After(from):
		case c.query.Get("anime_type") != "" && t.Kind == kindAnime && !s.animeType(c, t):
		case bare:
			rows[bucketOf(t)] = append(rows[bucketOf(t)], bareRow(c, t))
		default:
			rows[bucketOf(t)] = append(rows[bucketOf(t)], s.row(c, e, t))
			for _, r := range s.rewatchRows(c, e, t) {
				rows[bucketOf(t)] = append(rows[bucketOf(t)], r)
			}
		}
	}
	return reply(http.StatusOK, rows)
}

// animeType filters anime; the parameter speaks in the plural of the one value that is known.
func (s *Server) animeType(c *call, t *title) bool {
	return strings.TrimSuffix(c.query.Get("anime_type"), "s") == t.AnimeType
}

func bareRow(c *call, t *title) any {
	ids := map[string]any{"simkl": t.Simkl}
	if c.query.Get("extended") == "ids_only" {
		ids = t.ids()
	}
	media := map[string]any{"ids": ids}
	if t.Kind == kindMovie {
		return map[string]any{"movie": media}
	}
	return map[string]any{"show": media}
}

// row is a title of the list; anime is wrapped under show, never under anime (7.2).
func (s *Server) row(c *call, e *entry, t *title) itemRow {
	r := itemRow{Added: zuluOrNil(e.Added), LastAt: zuluOrNil(e.Last), RatedAt: zuluOrNil(e.Rated), Status: e.Status, AnimeType: t.AnimeType}
	if e.Rating > 0 {
		r.Rating = &e.Rating
	}
	media := &itemMedia{Title: t.Title, Poster: textOrNil(t.poster()), Year: t.Year, IDs: t.ids()}
	if strings.EqualFold(c.query.Get("language"), "en") && t.English != "" {
		media.Title = t.English
	}
	if t.Runtime > 0 {
		media.Runtime = &t.Runtime
	}
	if t.Kind == kindMovie {
		r.Movie = media
	} else {
		r.Show = media
	}
	if !t.film() {
		s.counts(c, &r, e, t)
		r.Seasons = seasons(c, e, t)
	}
	if c.yes("memos") {
		r.Memo = map[string]any{}
		if e.Memo != nil {
			r.Memo = map[string]any{"text": e.Memo.Text, "is_private": e.Memo.Private}
		}
	}
	if s.rewatchesAsked(c) {
		r.IsRewatch = new(false)
	}
	if c.query.Get("extended") == "full_anime_seasons" && t.Kind == kindAnime && !t.film() {
		r.MappedTVDB = t.tvdbSeasons()
	}
	return r
}

func (s *Server) counts(c *call, r *itemRow, e *entry, t *title) {
	all, aired := t.regular(false), t.regular(true)
	r.episodeCounts = &episodeCounts{}
	r.Total, r.NotAired = len(all), len(all)-len(aired)
	last := episodeKey{}
	for ep := range e.Watches {
		if ep.Season > 0 {
			r.Watched++
			if ep.Season > last.Season || ep.Season == last.Season && ep.Number > last.Number {
				last = ep
			}
		}
	}
	if r.Watched > 0 {
		r.Last = new(t.short(last))
	}
	if e.Status == statusCompleted || e.Status == statusDropped {
		return
	}
	for _, ep := range aired {
		if ep.Season > last.Season || ep.Season == last.Season && ep.Number > last.Number {
			r.Next = new(t.short(ep))
			if c.yes("next_watch_info") && e.Status == statusWatching {
				r.NextInfo = &nextInfo{Title: t.episodeTitle(ep), Season: ep.Season, Episode: ep.Number, Date: t.date(ep, c.now)}
			}
			return
		}
	}
}

// short is an episode as lists write it: SxxEyy for shows, Eyy for anime (7.2).
func (t *title) short(ep episodeKey) string {
	if t.Kind == kindAnime {
		return "E" + pad(ep.Number)
	}
	return "S" + pad(ep.Season) + "E" + pad(ep.Number)
}

// seasons lists the watched episodes for extended=full; completed and dropped titles only with include_all_episodes.
func seasons(c *call, e *entry, t *title) []seasonRow {
	extended := c.query.Get("extended")
	if extended != "full" && extended != "full_anime_seasons" {
		return nil
	}
	all := c.yes("include_all_episodes") || c.query.Get("include_all_episodes") == "original"
	if !all && (e.Status == statusCompleted || e.Status == statusDropped) {
		return nil
	}
	eps := make([]episodeKey, 0, len(e.Watches))
	for ep := range e.Watches {
		eps = append(eps, ep)
	}
	slices.SortFunc(eps, func(a, b episodeKey) int {
		return cmp.Or(cmp.Compare(a.Season, b.Season), cmp.Compare(a.Number, b.Number))
	})
	var out []seasonRow
	for _, ep := range eps {
		if len(out) == 0 || out[len(out)-1].Number != ep.Season {
			out = append(out, seasonRow{Number: ep.Season})
		}
		last := &out[len(out)-1]
		last.Episodes = append(last.Episodes, watchedEpisode(c, e, t, ep))
	}
	return out
}

func watchedEpisode(c *call, e *entry, t *title, ep episodeKey) watchedRow {
	row := watchedRow{Number: ep.Number}
	if c.yes("episode_watched_at") {
		row.WatchedAt = zuluOrNil(e.Watches[ep].At)
	}
	if at, ok := t.toTVDB(ep); ok && c.query.Get("extended") == "full_anime_seasons" {
		row.TVDB = map[string]int{"season": at.Season, "episode": at.Number}
	}
	if id := t.EpisodeIDs[ep]["tvdb"]; id != "" && c.yes("episode_tvdb_id") {
		row.IDs = map[string]any{"tvdb_id": id}
	}
	if t.Runtime > 0 && c.yes("episode_runtime") {
		row.Runtime = &t.Runtime
	}
	return row
}

func (t *title) tvdbSeasons() []int {
	var out []int
	for _, r := range t.TVDB {
		if !slices.Contains(out, r.Season) {
			out = append(out, r.Season)
		}
	}
	slices.Sort(out)
	return out
}

// rewatchesAsked: the flag is ignored for free accounts (7.3).
func (s *Server) rewatchesAsked(c *call) bool {
	return c.yes("allow_rewatch") && c.user.Plan != PlanFree
}

// rewatchRows are the extra rows of 7.3; without extended=full they are summaries whose count is 0.
func (s *Server) rewatchRows(c *call, e *entry, t *title) []itemRow {
	if !s.rewatchesAsked(c) {
		return nil
	}
	var out []itemRow
	for _, rw := range e.Rewatches {
		run := &entry{Simkl: e.Simkl, Status: e.Status, Watches: rw.Watches}
		for _, w := range rw.Watches {
			if w.At.After(run.Last) {
				run.Last = w.At
			}
		}
		row := s.row(c, run, t)
		row.Added, row.IsRewatch, row.RewatchID, row.RewatchState = nil, new(true), rw.ID, rw.Status
		if row.episodeCounts != nil {
			row.Next = nil
			if !strings.HasPrefix(c.query.Get("extended"), "full") {
				row.Watched, row.Last = 0, nil
			}
		}
		out = append(out, row)
	}
	return out
}
