package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// The statuses of a watchlist (2.2).
const (
	statusWatching  = "watching"
	statusPlan      = "plantowatch"
	statusHold      = "hold"
	statusDropped   = "dropped"
	statusCompleted = "completed"
)

var statuses = []string{statusWatching, statusPlan, statusHold, statusDropped, statusCompleted}

// Rules of rewatches (8.2).
const (
	rewatchGap   = 48 * time.Hour
	rewatchLimit = 50
)

// entry finds a title on the user's list, or puts it there without a status.
func (u *user) entry(t *title, now time.Time) *entry {
	e := u.Entries[t.Simkl]
	if e == nil {
		e = &entry{Simkl: t.Simkl, Added: now, Watches: map[episodeKey]watch{}}
		u.Entries[t.Simkl] = e
	}
	return e
}

// mark records one viewing unless there is one already: watching twice changes nothing (8.1).
func (s *Server) mark(u *user, t *title, ep episodeKey, at, now time.Time, via string) bool {
	e := u.entry(t, now)
	if _, ok := e.Watches[ep]; ok {
		return false
	}
	e.Watches[ep] = watch{Seq: s.st.id(), At: at, Via: via}
	if at.After(e.Last) {
		e.Last = at
	}
	u.settle(e, t, now)
	return true
}

// settle gives the status that the watches imply: all that aired of an ended title is completed, else watching.
func (u *user) settle(e *entry, t *title, now time.Time) {
	status := statusWatching
	if t.film() || t.Status == "ended" && e.sawAll(t) {
		status = statusCompleted
	}
	u.setStatus(e, t, status, now)
}

func (u *user) setStatus(e *entry, t *title, status string, now time.Time) {
	e.Status, e.Changed = status, now
	u.touch(group(t), status, now)
}

// sawAll says whether every regular episode that aired was watched.
func (e *entry) sawAll(t *title) bool {
	return !slices.ContainsFunc(t.regular(true), func(ep episodeKey) bool { _, ok := e.Watches[ep]; return !ok })
}

// markScrobbled records a scrobbled viewing, as a rewatch where that was asked for and the normal write changed nothing
// (5.6, 8.2).
func (s *Server) markScrobbled(u *user, t *title, ep episodeKey, at, now time.Time, via string, allow bool) rewatchAnswer {
	e := u.entry(t, now)
	planned := e.Status == statusPlan
	if s.mark(u, t, ep, at, now, via) {
		return rewatchAnswer{Status: new("first_watch")}
	}
	switch {
	case !allow:
		return rewatchAnswer{}
	case u.Plan == PlanFree:
		return rewatchAnswer{Status: new("pro_required")}
	case planned:
		return rewatchAnswer{Status: new("not_eligible")}
	}
	r, status := s.rewatch(u, t, ep, at, now, via, 0)
	if r == nil {
		return rewatchAnswer{Status: &status}
	}
	return rewatchAnswer{ID: &r.ID, Status: &status}
}

// rewatch records a later viewing: in the pinned rewatch, in the active one, or in a new one.
func (s *Server) rewatch(u *user, t *title, ep episodeKey, at, now time.Time, via string, pinned int64) (*rewatch, string) {
	e := u.entry(t, now)
	if e.tooSoon(ep, at) {
		return nil, "too_soon"
	}
	r := e.openRewatch(ep, pinned)
	if r == nil {
		if len(e.Rewatches) >= rewatchLimit {
			return nil, "not_eligible"
		}
		r = s.newRewatch(e)
	}
	r.Watches[ep] = watch{Seq: s.st.id(), At: at, Via: via}
	if at.After(e.Last) {
		e.Last = at
	}
	if r.Status == "active" && r.covers(t) {
		r.Status = statusCompleted
	}
	e.Changed = now
	u.touch(group(t), e.Status, now)
	return r, r.Status
}

// newRewatch starts a run; only one per title is active.
func (s *Server) newRewatch(e *entry) *rewatch {
	for _, old := range e.Rewatches {
		if old.Status == "active" {
			old.Status = "closed"
		}
	}
	r := &rewatch{ID: s.st.id(), Status: "active", Watches: map[episodeKey]watch{}}
	e.Rewatches = append(e.Rewatches, r)
	return r
}

// tooSoon says whether the episode was watched within two days of the time.
func (e *entry) tooSoon(ep episodeKey, at time.Time) bool {
	near := func(w watch, ok bool) bool { return ok && at.Sub(w.At).Abs() < rewatchGap }
	w, ok := e.Watches[ep]
	if near(w, ok) {
		return true
	}
	return slices.ContainsFunc(e.Rewatches, func(r *rewatch) bool { w, ok := r.Watches[ep]; return near(w, ok) })
}

// openRewatch is the rewatch in which the episode belongs; nil when a new one is needed.
func (e *entry) openRewatch(ep episodeKey, pinned int64) *rewatch {
	for _, r := range e.Rewatches {
		_, has := r.Watches[ep]
		if !has && (pinned == r.ID || pinned == 0 && r.Status == "active") {
			return r
		}
	}
	return nil
}

// rewatchByID finds a rewatch; nil when there is none, also for a title that is not listed.
func (e *entry) rewatchByID(id int64) *rewatch {
	if e == nil {
		return nil
	}
	for _, r := range e.Rewatches {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// setRewatch applies a written rewatch_status: one run is active, and a series earns completed by its episodes (8.2).
func (e *entry) setRewatch(r *rewatch, status string, t *title) {
	switch status {
	case "active":
		for _, other := range e.Rewatches {
			if other.Status == "active" {
				other.Status = "closed"
			}
		}
		r.Status = status
	case "closed":
		r.Status = status
	case statusCompleted:
		if r.Status = "closed"; r.covers(t) {
			r.Status = statusCompleted
		}
	}
}

// covers says whether the rewatch has the film or every regular episode that aired.
func (r *rewatch) covers(t *title) bool {
	if t.film() {
		return true
	}
	return !slices.ContainsFunc(t.regular(true), func(ep episodeKey) bool { _, ok := r.Watches[ep]; return !ok })
}

// remove takes a title off the list: its rating, its rewatches and its saved playbacks go with it (5.3, 7.1).
func (u *user) remove(t *title, now time.Time) {
	delete(u.Entries, t.Simkl)
	u.dropPlayback(t, now)
	u.touch(group(t), "removed_from_list", now)
}

// activities answers /sync/activities (7.1): null for what has never happened.
func (s *Server) activities(c *call) response {
	at := func(g, bucket string) *string { return zuluOrNil(c.user.Activities[g+"."+bucket]) }
	type block map[string]*string
	kind := func(g string, buckets ...string) block {
		b := block{}
		for _, k := range append(buckets, "all", "rated_at", "playback", statusPlan, statusCompleted, statusDropped, "removed_from_list") {
			b[k] = at(g, k)
		}
		return b
	}
	type answer struct {
		All      *string          `json:"all"`
		Settings block            `json:"settings"`
		TV       block            `json:"tv_shows"`
		Anime    block            `json:"anime"`
		Movies   block            `json:"movies"`
		Lists    map[string]block `json:"custom_lists"`
	}
	return reply(http.StatusOK, answer{
		zuluOrNil(c.user.Activities["all"]),
		block{"all": at("settings", "all")},
		kind("tv_shows", statusWatching, statusHold), kind("anime", statusWatching, statusHold), kind("movies"),
		map[string]block{"lists": {"all": nil, "regular": nil, "favorites": nil, "recommendations": nil, "auto": nil}},
	})
}

// settings answers /users/settings (7.4).
func (s *Server) settings(c *call) response {
	type person struct {
		Name   string `json:"name"`
		Joined string `json:"joined_at"`
		Gender string `json:"gender"`
		Avatar string `json:"avatar"`
		Bio    string `json:"bio"`
		Loc    string `json:"loc"`
		Age    string `json:"age"`
	}
	type account struct {
		ID   int64  `json:"id"`
		Zone string `json:"timezone"`
		Type string `json:"type"`
	}
	type answer struct {
		User        person          `json:"user"`
		Account     account         `json:"account"`
		Connections map[string]bool `json:"connections"`
	}
	u := c.user
	return reply(http.StatusOK, answer{
		person{Name: u.Name, Joined: zulu(u.Joined)}, account{u.ID, u.Zone, u.Plan}, map[string]bool{"facebook": false},
	})
}
