package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
	if u.Private && u != c.user {
		return problem(http.StatusForbidden, "private_profile", "this profile is private")
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
			if c.now.Sub(w.At) < 7*24*time.Hour {
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
