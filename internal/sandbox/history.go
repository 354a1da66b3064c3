package sandbox

import (
	"net/http"
	"slices"
	"time"
)

type historyAnswer struct {
	Added struct {
		Movies   int         `json:"movies"`
		Shows    int         `json:"shows"`
		Episodes int         `json:"episodes"`
		Statuses []statusRow `json:"statuses"`
	} `json:"added"`
	NotFound notFound `json:"not_found"`
}

// addHistory answers POST /sync/history (8.1).
func (s *Server) addHistory(c *call) response {
	items, out, ok := s.readSync(c, true)
	if !ok {
		return out
	}
	a := historyAnswer{NotFound: newNotFound(true)}
	a.Added.Statuses = []statusRow{}
	for _, it := range items {
		s.addItem(c, it, &a)
	}
	return reply(http.StatusCreated, a)
}

func (s *Server) addItem(c *call, it syncItem, a *historyAnswer) {
	f, ok := s.resolveItem(it)
	if !ok {
		a.NotFound.add(it, it.raw)
		return
	}
	t, now := f.titles[0], stamp(c.now)
	spots := s.spots(f, it, now)
	if !t.film() && len(it.Seasons) == 0 && len(it.Episodes) == 0 && it.container != "episode" {
		spots = s.wholeTitle(c, f, it, now)
	}
	pinned := c.user.Entries[t.Simkl].rewatchByID(int64(it.RewatchID.N))
	if it.aboutRewatch(t, pinned != nil) {
		spots = nil
		if bool(it.IsRewatch) && !it.RewatchID.Set && it.RewatchStatus == "active" {
			pinned = s.openEmpty(c, t)
		}
	}
	hits, misses := splitSpots(spots)
	if len(misses) > 0 {
		a.NotFound.add(it, it.missed(misses, len(hits) == 0))
	}
	if len(hits) > 0 {
		t = hits[0].t
	} else if len(misses) > 0 {
		return
	}
	row := statusRow{Request: it.request()}
	added := s.addSpots(c, it, hits, &row.Response)
	switch {
	case t.film():
		a.Added.Movies += added
	case added > 0:
		a.Added.Shows++
		a.Added.Episodes += added
	}
	e := c.user.entry(t, now)
	s.decorate(c, e, t, it, len(hits) == 0)
	if pinned == nil && row.Response.RewatchID != nil {
		pinned = e.rewatchByID(*row.Response.RewatchID)
	}
	if pinned != nil && c.yes("allow_rewatch") && c.user.Plan != PlanFree {
		e.setRewatch(pinned, it.RewatchStatus, t)
		row.Response.RewatchID, row.Response.RewatchStatus = &pinned.ID, pinned.Status
	}
	response := statusOf(t, e.Status)
	response.RewatchID, response.RewatchStatus = row.Response.RewatchID, row.Response.RewatchStatus
	row.Response = response
	a.Added.Statuses = append(a.Added.Statuses, row)
}

// aboutRewatch says whether an item without episodes means only the state of a rewatch. A film has no other pieces, so
// there it must name a rewatch that exists.
func (it syncItem) aboutRewatch(t *title, pinned bool) bool {
	if len(it.Seasons) > 0 || len(it.Episodes) > 0 || it.container == "episode" {
		return false
	}
	if t.film() {
		return pinned && it.RewatchStatus != ""
	}
	return it.RewatchID.Set || it.RewatchStatus != ""
}

// openEmpty begins a rewatch of a completed title without a viewing in it yet, where the account may (8.2).
func (s *Server) openEmpty(c *call, t *title) *rewatch {
	e := c.user.Entries[t.Simkl]
	if e == nil || e.Status != statusCompleted || len(e.Rewatches) >= rewatchLimit || !c.yes("allow_rewatch") || c.user.Plan == PlanFree {
		return nil
	}
	c.user.touch(group(t), e.Status, stamp(c.now))
	e.Changed = stamp(c.now)
	return s.newRewatch(e)
}

// resolveItem finds the title of a sync item; an item of episodes[] is named by the ids of the episode alone.
func (s *Server) resolveItem(it syncItem) (found, bool) {
	if it.container == "episode" {
		for _, key := range []string{"tvdb", "anidb"} {
			if ref, ok := s.cat.byEp[key+":"+it.IDs[key]]; ok {
				return found{[]*title{ref.t}, key}, true
			}
		}
		return found{}, false
	}
	f := s.cat.resolve(it.container, it.reqMedia)
	if len(it.Seasons) > 0 || len(it.Episodes) > 0 {
		f.titles = slices.DeleteFunc(f.titles, (*title).film) // a film has no episodes
	}
	return f, len(f.titles) > 0
}

// wholeTitle is what an item without episodes marks: by the airing state, what aired (8.1).
func (s *Server) wholeTitle(c *call, f found, it syncItem, now time.Time) []spot {
	if it.Status != "" && it.Status != statusCompleted && c.yes("skip_auto_watching") {
		return nil
	}
	titles := f.titles[:1]
	if it.Status == statusCompleted && bool(it.TVDB) && broad(f.by) {
		titles = f.titles
	}
	at := firstTime(it.WatchedAt.Time, now)
	var out []spot
	for _, t := range titles {
		for _, ep := range t.regular(true) {
			out = append(out, spot{t: t, ep: ep, at: at})
		}
	}
	return out
}

func splitSpots(spots []spot) (hits, misses []spot) {
	for _, sp := range spots {
		if sp.miss != nil {
			misses = append(misses, sp)
		} else {
			hits = append(hits, sp)
		}
	}
	return hits, misses
}

// addSpots writes the normal watches; only if that changed nothing the write may become a rewatch (8.2).
func (s *Server) addSpots(c *call, it syncItem, hits []spot, r *statusResponse) int {
	added := 0
	now := stamp(c.now)
	for _, h := range hits {
		if s.mark(c.user, h.t, h.ep, h.at, now, "history") {
			added++
		}
	}
	if added > 0 || !c.yes("allow_rewatch") || c.user.Plan == PlanFree {
		return added
	}
	pinned := int64(it.RewatchID.N)
	for _, h := range hits {
		rw, status := s.rewatch(c.user, h.t, h.ep, h.at, now, "history", pinned)
		r.RewatchStatus = status
		if rw == nil {
			continue
		}
		added++
		pinned, r.RewatchID = rw.ID, &rw.ID
	}
	return added
}

// decorate stores what an item says besides watches: time of adding, rating, memo.
func (s *Server) decorate(c *call, e *entry, t *title, it syncItem, bare bool) {
	now := stamp(c.now)
	if !it.AddedAt.IsZero() {
		e.Added = it.AddedAt.Time
	}
	if it.Memo != nil && len([]rune(it.Memo.Text)) <= 140 {
		e.Memo = it.Memo
	}
	if n := it.Rating.N; n >= 1 && n <= 10 {
		e.Rating, e.Rated = n, now
		c.user.touch(group(t), "rated_at", now)
	}
	switch {
	case bare && it.Status != statusCompleted && validFor(t, it.Status):
		c.user.setStatus(e, t, it.Status, now)
	case e.Status == "":
		c.user.setStatus(e, t, statusWatching, now)
	}
}

// removeHistory answers POST /sync/history/remove (8.3). An item without seasons takes the title off the list.
func (s *Server) removeHistory(c *call) response {
	items, out, ok := s.readSync(c, false)
	if !ok {
		return out
	}
	var a struct {
		Deleted struct {
			Movies   int `json:"movies"`
			Shows    int `json:"shows"`
			Episodes int `json:"episodes"`
		} `json:"deleted"`
		NotFound notFound `json:"not_found"`
	}
	a.NotFound = newNotFound(false)
	now := stamp(c.now)
	for _, it := range items {
		f, ok := s.resolveItem(it)
		if !ok {
			a.NotFound.add(it, it.raw)
			continue
		}
		t := f.titles[0]
		whole := len(it.Seasons) == 0 && len(it.Episodes) == 0 && it.container != "episode"
		switch {
		case whole && c.user.Entries[t.Simkl] == nil:
		case whole && it.container == "movie":
			c.user.remove(t, now)
			a.Deleted.Movies++
		case whole:
			c.user.remove(t, now)
			a.Deleted.Shows++
		default:
			hits, misses := splitSpots(s.spots(f, it, now))
			if len(misses) > 0 {
				a.NotFound.add(it, it.missed(misses, len(hits) == 0))
			}
			for _, h := range hits {
				a.Deleted.Episodes += c.user.unmark(h.t, h.ep, now)
			}
		}
	}
	return reply(http.StatusCreated, a)
}

// unmark takes the viewings of one episode back; the title stays on the list.
func (u *user) unmark(t *title, ep episodeKey, now time.Time) int {
	e := u.Entries[t.Simkl]
	if e == nil {
		return 0
	}
	if _, ok := e.Watches[ep]; !ok {
		return 0
	}
	delete(e.Watches, ep)
	e.Rewatches = slices.DeleteFunc(e.Rewatches, func(r *rewatch) bool {
		delete(r.Watches, ep) // a later viewing of what was never watched would make no sense
		return len(r.Watches) == 0
	})
	delete(u.Finalized, finalKey(t, ep))
	e.Last = time.Time{}
	for _, w := range e.Watches {
		if w.At.After(e.Last) {
			e.Last = w.At
		}
	}
	u.setStatus(e, t, statusWatching, now)
	return 1
}

// validFor says whether a title may have the status: films know no watching and hold (2.2).
func validFor(t *title, status string) bool {
	switch status {
	case statusWatching, statusHold:
		return !t.film()
	case statusPlan, statusDropped, statusCompleted:
		return true
	}
	return false
}
