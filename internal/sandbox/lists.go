package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type listedItem struct {
	To   string          `json:"to"`
	IDs  json.RawMessage `json:"ids,omitempty"`
	Type string          `json:"type"`
	Memo *memo           `json:"memo,omitempty"` // echoed, but not kept (8.4)
}

// addToList answers POST /sync/add-to-list (8.4). Every item has its own "to"; one bad item refuses the request.
func (s *Server) addToList(c *call) response {
	items, out, ok := s.readSync(c, true)
	if !ok {
		return out
	}
	for _, it := range items {
		if it.To == "" {
			return problem(http.StatusBadRequest, "empty_field", `Missed "to" parameter`)
		}
		if !slices.Contains(statuses, it.To) {
			return problem(http.StatusBadRequest, "wrong_parameter", `"to" is not a status`)
		}
	}
	var a struct {
		Added struct {
			Movies []listedItem `json:"movies"`
			Shows  []listedItem `json:"shows"`
		} `json:"added"`
		NotFound notFound `json:"not_found"`
	}
	a.Added.Movies, a.Added.Shows, a.NotFound = []listedItem{}, []listedItem{}, newNotFound(false)
	for _, it := range items {
		f, ok := s.resolveItem(it)
		if !ok || it.container == "episode" {
			a.NotFound.add(it, it.raw)
			continue
		}
		row := listedItem{s.list(c, f.titles[0], it), it.request().IDs, it.container, it.Memo}
		if it.container == "movie" {
			a.Added.Movies = append(a.Added.Movies, row)
		} else {
			a.Added.Shows = append(a.Added.Shows, row)
		}
	}
	return reply(http.StatusCreated, a)
}

// list moves a title to a status and says which it got: a film is never watching or on hold, and only what has ended
// can be completed (8.4).
func (s *Server) list(c *call, t *title, it syncItem) string {
	now := stamp(c.now)
	e := c.user.entry(t, now)
	if !it.AddedAt.IsZero() {
		e.Added = it.AddedAt.Time
	}
	to := it.To
	if !validFor(t, to) {
		to = statusCompleted
	}
	if to == statusCompleted {
		at := firstTime(it.WatchedAt.Time, now)
		for _, ep := range t.pieces() {
			s.mark(c.user, t, ep, at, now, "list")
		}
		switch {
		case !t.released():
			to = statusPlan
		case !t.film() && t.Status != "ended":
			to = statusWatching
		}
	}
	c.user.setStatus(e, t, to, now)
	return to
}

// pieces lists what can be watched of a title by now: the film, or the episodes that aired.
func (t *title) pieces() []episodeKey {
	switch {
	case !t.released():
		return nil
	case t.film():
		return []episodeKey{{}}
	}
	return t.regular(true)
}

// addRatings answers POST /sync/ratings (8.5). A rating out of range is not found; a title that was not listed is filed.
func (s *Server) addRatings(c *call) response {
	items, out, ok := s.readSync(c, true)
	if !ok {
		return out
	}
	type rated struct {
		Request  json.RawMessage `json:"request"`
		Response struct {
			Status string `json:"status"`
		} `json:"response"`
	}
	var a struct {
		Added struct {
			Movies   int     `json:"movies"`
			Shows    int     `json:"shows"`
			Statuses []rated `json:"statuses"`
		} `json:"added"`
		NotFound notFound `json:"not_found"`
	}
	a.Added.Statuses, a.NotFound = []rated{}, newNotFound(false)
	for _, it := range items {
		f, ok := s.resolveItem(it)
		if !ok || it.container == "episode" || it.Rating.N < 1 || it.Rating.N > 10 {
			a.NotFound.add(it, it.raw)
			continue
		}
		row := rated{Request: it.raw}
		row.Response.Status = s.rate(c, f.titles[0], it)
		a.Added.Statuses = append(a.Added.Statuses, row)
		if it.container == "movie" {
			a.Added.Movies++
		} else {
			a.Added.Shows++
		}
	}
	return reply(http.StatusCreated, a)
}

func (s *Server) rate(c *call, t *title, it syncItem) string {
	now := stamp(c.now)
	e := c.user.entry(t, now)
	if e.Status == "" {
		s.file(c.user, e, t, now)
	}
	e.Rating, e.Rated = it.Rating.N, firstTime(it.RatedAt.Time, now)
	c.user.touch(group(t), "rated_at", now)
	return e.Status
}

// file gives a status to a title that was rated without being listed (8.5).
func (s *Server) file(u *user, e *entry, t *title, now time.Time) {
	switch {
	case !t.released():
		u.setStatus(e, t, statusPlan, now)
	case len(t.pieces()) == 1:
		s.mark(u, t, t.pieces()[0], now, now, "rating")
		u.setStatus(e, t, statusCompleted, now)
	default:
		u.setStatus(e, t, statusWatching, now)
	}
}

// removeRatings answers POST /sync/ratings/remove: matched items count even if unrated, and stay listed (8.5).
func (s *Server) removeRatings(c *call) response {
	items, out, ok := s.readSync(c, false)
	if !ok {
		return out
	}
	var a struct {
		Deleted struct {
			Movies int `json:"movies"`
			Shows  int `json:"shows"`
		} `json:"deleted"`
		NotFound notFound `json:"not_found"`
	}
	a.NotFound = newNotFound(false)
	now := stamp(c.now)
	for _, it := range items {
		f, ok := s.resolveItem(it)
		if !ok || it.container == "episode" {
			a.NotFound.add(it, it.raw)
			continue
		}
		t := f.titles[0]
		if e := c.user.Entries[t.Simkl]; e != nil && e.Rating > 0 {
			e.Rating, e.Rated = 0, now
			c.user.touch(group(t), "rated_at", now)
		}
		if it.container == "movie" {
			a.Deleted.Movies++
		} else {
			a.Deleted.Shows++
		}
	}
	return reply(http.StatusCreated, a)
}

// ratings answers GET /sync/ratings[/{type}[/{ratings}]] (7.4). A removed rating shows in a delta as null (7.1).
func (s *Server) ratings(c *call) response {
	from, _, out, ok := c.dates()
	if !ok {
		return out
	}
	seg := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	kind := "all"
	if len(seg) > 2 {
		kind = seg[2]
	}
	wanted := map[int]bool{}
	if len(seg) > 3 {
		for word := range strings.SplitSeq(seg[3], ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > 10 {
				return reply(http.StatusOK, struct{}{})
			}
			wanted[n] = true
		}
	}
	all := map[string][]itemRow{}
	for _, e := range c.user.byID() {
		t := s.cat.byID[e.Simkl]
		delta := !from.IsZero() && e.Rated.After(from)
		switch {
		case t == nil || kind != "all" && kind != bucketOf(t):
		case from.IsZero() && e.Rating == 0, !from.IsZero() && !delta:
		case len(wanted) > 0 && !wanted[e.Rating]:
		default:
			all[bucketOf(t)] = append(all[bucketOf(t)], s.row(c, e, t))
		}
	}
	return reply(http.StatusOK, all)
}
