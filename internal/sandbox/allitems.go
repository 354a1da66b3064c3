package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
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
	media := &itemMedia{Title: t.Title, Year: t.Year, IDs: t.ids()}
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
				r.NextInfo = &nextInfo{Title: t.episodeTitle(ep), Season: ep.Season, Episode: ep.Number}
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

// watchedQuery is one item of POST /sync/watched, with its ids in an object or flat (7.4).
type watchedQuery struct {
	reqMedia
	Type    string   `json:"type"`
	Season  looseInt `json:"season"`
	Episode looseInt `json:"episode"`
	Simkl   looseID  `json:"simkl"`
	IMDB    looseID  `json:"imdb"`
	TMDB    looseID  `json:"tmdb"`
	TVDB    looseID  `json:"tvdb"`
	MAL     looseID  `json:"mal"`
	AniDB   looseID  `json:"anidb"`
}

// askWatched answers POST /sync/watched: a parallel array, 200; null for an empty one (2.3, 7.4).
func (s *Server) askWatched(c *call) response {
	var raws []map[string]any
	var items []watchedQuery
	if out, ok := c.json(&raws); !ok {
		return out
	}
	if out, ok := c.json(&items); !ok {
		return out
	}
	extended := strings.Split(c.query.Get("extended"), ",")
	switch {
	case len(items) == 0:
		return reply(http.StatusOK, nil)
	case len(items) > 100 && c.query.Get("extended") != "":
		return problem(http.StatusBadRequest, "max_items", "at most 100 items with extended")
	}
	out := make([]map[string]any, len(items))
	for i, it := range items {
		row := raws[i]
		if row == nil {
			row = map[string]any{}
		}
		s.fillWatched(c, it, row, extended)
		out[i] = row
	}
	return reply(http.StatusOK, out)
}

func (s *Server) fillWatched(c *call, it watchedQuery, row map[string]any, extended []string) {
	if it.IDs == nil {
		it.IDs = idSet{}
	}
	for k, v := range map[string]looseID{"simkl": it.Simkl, "imdb": it.IMDB, "tmdb": it.TMDB, "tvdb": it.TVDB, "mal": it.MAL, "anidb": it.AniDB} {
		if v != "" {
			it.IDs[k] = string(v)
		}
	}
	f := s.cat.resolve(containerOf(it.Type), it.reqMedia)
	if len(f.titles) == 0 {
		row["result"] = "not_found"
		return
	}
	t := f.titles[0]
	e := c.user.Entries[t.Simkl]
	row["result"], row["list"], row["last_watched_at"] = false, nil, nil
	if e == nil {
		e = &entry{Simkl: t.Simkl}
	} else {
		row["list"], row["last_watched_at"] = e.Status, zuluOrNil(e.Last)
	}
	switch {
	case it.Episode.Set:
		at, ep, ok := s.cat.place(f, reqEpisode{Season: it.Season, Number: it.Episode}, broad(f.by))
		if !ok {
			row["result"] = "not_found"
			return
		}
		if other := c.user.Entries[at.Simkl]; other != nil {
			_, row["result"] = other.Watches[ep]
		}
	case t.film():
		_, row["result"] = e.Watches[episodeKey{}]
	default:
		row["result"] = t.released() && e.sawAll(t)
	}
	if t.film() {
		return
	}
	if slices.Contains(extended, "counters") {
		all, aired := len(t.regular(false)), len(t.regular(true))
		row["episodes_total"], row["episodes_aired"], row["episodes_to_be_aired"] = all, aired, all-aired
		row["episodes_watched"] = len(e.Watches)
	}
	if slices.Contains(extended, "episodes") {
		row["seasons"] = watchedSeasons(e, t, slices.Contains(extended, "specials"))
	}
}

func watchedSeasons(e *entry, t *title, specials bool) []map[string]any {
	var out []map[string]any
	add := func(season, count int) {
		eps := []map[string]any{}
		for k := range count {
			_, seen := e.Watches[episodeKey{season, k + 1}]
			eps = append(eps, map[string]any{"number": k + 1, "watched": seen})
		}
		out = append(out, map[string]any{"number": season, "episodes": eps})
	}
	if specials && t.Specials > 0 {
		add(0, t.Specials)
	}
	for i, n := range t.Seasons {
		add(i+1, n)
	}
	return out
}

// containerOf turns the type words of queries into the container they mean; empty is any.
func containerOf(kind string) string {
	switch kind {
	case "movie", "movies":
		return "movie"
	case "tv", "show", "shows":
		return "show"
	case "anime":
		return "anime"
	}
	return ""
}

// stats answers GET /users/{id}/stats (7.4).
func (s *Server) stats(c *call) response {
	seg := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	id, err := strconv.ParseInt(seg[1], 10, 64)
	if err != nil || id <= 0 {
		return problem(http.StatusNotFound, "user_id_failed", "the user id is not a number")
	}
	u := s.st.userByID(id)
	if u == nil {
		u = &user{}
	}
	type count map[string]int
	blocks := map[string]map[string]any{}
	mins := map[string]int{}
	week := map[string]int{}
	for _, kind := range []string{"movies", "tv", "anime"} {
		blocks[kind] = map[string]any{}
		for _, st := range statuses {
			if kind == "movies" {
				if validFor(&title{Kind: kindMovie}, st) {
					blocks[kind][st] = count{"mins": 0, "count": 0}
				}
				continue
			}
			blocks[kind][st] = count{
				"watched_episodes_count": 0, "count": 0, "left_to_watch_episodes": 0, "left_to_watch_mins": 0, "total_episodes_count": 0,
			}
		}
	}
	for _, e := range u.byID() {
		t := s.cat.byID[e.Simkl]
		if t == nil {
			continue
		}
		kind := map[string]string{kindMovie: "movies", kindTV: "tv", kindAnime: "anime"}[t.Kind]
		b, ok := blocks[kind][e.Status].(count)
		if !ok {
			continue
		}
		seen := len(e.Watches)
		mins[kind] += seen * t.minutes()
		for _, w := range e.Watches {
			if c.now.Sub(w.At) < 7*24*3600*1e9 {
				week[kind] += t.minutes()
			}
		}
		b["count"]++
		if kind == "movies" {
			b["mins"] += seen * t.minutes()
			continue
		}
		left := max(0, len(t.regular(true))-seen)
		b["watched_episodes_count"] += seen
		b["left_to_watch_episodes"] += left
		b["left_to_watch_mins"] += left * t.minutes()
		b["total_episodes_count"] += len(t.regular(false))
	}
	out := map[string]any{"total_mins": mins["movies"] + mins["tv"] + mins["anime"]}
	for kind, b := range blocks {
		b["total_mins"] = mins[kind]
		out[kind] = b
	}
	out["watched_last_week"] = count{
		"total_mins": week["movies"] + week["tv"] + week["anime"], "movies_mins": week["movies"], "tv_mins": week["tv"], "anime_mins": week["anime"],
	}
	return reply(http.StatusOK, out)
}
