package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dropPlayback forgets the resume point of a title; there is one per title (section 6).
func (u *user) dropPlayback(t *title, now time.Time) {
	before := len(u.Playbacks)
	u.Playbacks = slices.DeleteFunc(u.Playbacks, func(p *playback) bool { return p.Simkl == t.Simkl })
	if len(u.Playbacks) < before {
		u.touch(group(t), "playback", stamp(now))
	}
}

func (u *user) newestPlaybacks() []*playback {
	out := slices.Clone(u.Playbacks)
	slices.SortStableFunc(out, func(a, b *playback) int { return b.Paused.Compare(a.Paused) })
	return out
}

// prune forgets resume points older than the plan keeps them (section 15).
func (s *Server) prune(u *user, now time.Time) {
	days := 7
	switch u.Plan {
	case PlanPro:
		days = 30
	case PlanVIP:
		days = 90
	}
	oldest := now.AddDate(0, 0, -days)
	u.Playbacks = slices.DeleteFunc(u.Playbacks, func(p *playback) bool { return p.Paused.Before(oldest) })
}

type playbackJSON struct {
	ID       int64        `json:"id"`
	Progress float64      `json:"progress"`
	Paused   string       `json:"paused_at"`
	Type     string       `json:"type"`
	Episode  *episodeJSON `json:"episode,omitempty"`
	Movie    *mediaJSON   `json:"movie,omitempty"`
	Show     *mediaJSON   `json:"show,omitempty"`
	Anime    *mediaJSON   `json:"anime,omitempty"`
}

// listPlayback answers GET /sync/playback[/movies|/episodes] (section 6).
func (s *Server) listPlayback(c *call) response {
	kind := lastSegment(c.r.URL.Path)
	if kind == "playback" {
		kind = ""
	}
	if kind != "" && kind != "movies" && kind != "episodes" {
		if _, err := strconv.ParseUint(kind, 10, 64); err != nil {
			return problem(http.StatusNotFound, "url_failed", "no such type")
		}
		kind = "" // any method but DELETE on an item answers the list
	}
	from, to, out, ok := c.dates()
	if !ok {
		return out
	}
	limit := 10000
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil {
		limit = min(limit, max(1, n))
	}
	hide := !strings.EqualFold(c.query.Get("hide_watched"), "false")
	rows := []playbackJSON{}
	for _, p := range c.user.newestPlaybacks() {
		t := s.cat.byID[p.Simkl]
		if t == nil || kind != "" && t.film() != (kind == "movies") || len(rows) == limit {
			continue
		}
		if p.Paused.Before(from) || !to.IsZero() && !p.Paused.Before(to) || hide && c.user.overtaken(p) {
			continue
		}
		rows = append(rows, s.playbackRow(p, t))
	}
	return reply(http.StatusOK, rows)
}

// overtaken says whether the item was watched after the pause; a re-viewing of a finished item is not hidden.
func (u *user) overtaken(p *playback) bool {
	e := u.Entries[p.Simkl]
	if e == nil {
		return false
	}
	if w, ok := e.Watches[p.Episode]; ok && w.At.After(p.Paused) {
		return true
	}
	return slices.ContainsFunc(e.Rewatches, func(r *rewatch) bool { return r.Watches[p.Episode].At.After(p.Paused) })
}

func (s *Server) playbackRow(p *playback, t *title) playbackJSON {
	row := playbackJSON{ID: p.ID, Progress: p.Progress, Paused: zulu(p.Paused), Type: "movie", Episode: t.episode(p.Episode)}
	if row.Episode != nil {
		row.Type = "episode"
		if s.opts.PlaybackEpisodeKey {
			row.Episode.Number, row.Episode.Episode = 0, row.Episode.Number
		}
	}
	switch t.container() {
	case "movie":
		row.Movie = t.media()
	case "show":
		row.Show = t.media()
	default:
		row.Anime = t.media()
	}
	return row
}

// deletePlayback answers DELETE /sync/playback/{id}; the id of a check-in cancels it (5.5).
func (s *Server) deletePlayback(c *call) response {
	id, err := strconv.ParseInt(lastSegment(c.r.URL.Path), 10, 64)
	if err != nil || id <= 0 {
		return problem(http.StatusNotFound, "url_failed", "the id is missing or not a number")
	}
	u := c.user
	if a := u.Active; a != nil && a.CheckIn && a.ID == id {
		u.Active = nil
		return response{status: http.StatusNoContent}
	}
	for i, p := range u.Playbacks {
		if p.ID == id {
			u.Playbacks = slices.Delete(u.Playbacks, i, i+1)
			if t := s.cat.byID[p.Simkl]; t != nil {
				u.touch(group(t), "playback", stamp(c.now))
			}
			return response{status: http.StatusNoContent}
		}
	}
	return problem(http.StatusNotFound, "empty", "no such playback")
}

// dates reads date_from and date_to; what cannot be read is the client's mistake.
func (c *call) dates() (from, to time.Time, out response, ok bool) {
	for key, t := range map[string]*time.Time{"date_from": &from, "date_to": &to} {
		text := c.query.Get(key)
		if text == "" {
			continue
		}
		if *t, ok = parseTime(text); !ok {
			return from, to, problem(http.StatusBadRequest, "wrong_parameter", key+" is not a time"), false
		}
	}
	return from, to, response{}, true
}
