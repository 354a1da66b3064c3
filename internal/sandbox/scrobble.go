package sandbox

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Windows of section 5.
const (
	duplicateWindow = time.Hour
	checkinLate     = 10 * time.Second // a check-in is completed 0 to 2 minutes late
	watchedAt       = 80               // inclusive
)

// scrobbleBody is the request of start, pause, stop and checkin (5.1).
type scrobbleBody struct {
	Progress *json.Number `json:"progress"`
	Movie    *reqMedia    `json:"movie"`
	Show     *reqMedia    `json:"show"`
	Anime    *reqMedia    `json:"anime"`
	Episode  *reqEpisode  `json:"episode"`
}

// scrobbleAnswer is the answer of all four (5.2). The last two keys are there only when a rewatch was allowed (5.6).
type scrobbleAnswer struct {
	ID       int64        `json:"id"`
	Action   string       `json:"action"`
	Progress float64      `json:"progress"`
	Episode  *episodeJSON `json:"episode,omitempty"`
	Movie    *mediaJSON   `json:"movie,omitempty"`
	Show     *mediaJSON   `json:"show,omitempty"`
	Anime    *mediaJSON   `json:"anime,omitempty"`
	*rewatchAnswer
}

type rewatchAnswer struct {
	ID     *int64  `json:"rewatch_id"`
	Status *string `json:"rewatch_status"`
}

// played is a resolved scrobble.
type played struct {
	t        *title
	ep       episodeKey
	progress float64
}

// readScrobble resolves the body of a scrobble.
func (s *Server) readScrobble(c *call) (played, response, bool) {
	var b scrobbleBody
	if len(c.body) > 0 {
		if out, ok := c.json(&b); !ok {
			return played{}, out, false
		}
	}
	container, m, out, ok := b.media()
	if !ok {
		return played{}, out, false
	}
	if out, ok := s.checkSlug(c, m.IDs); !ok {
		return played{}, out, false
	}
	progress, out, ok := s.readProgress(b.Progress)
	if !ok {
		return played{}, out, false
	}
	t, ep, out, ok := s.findPlayed(container, m, b.Episode)
	return played{t, ep, progress}, out, ok
}

// media is the one object of the body; none is empty_field, several are wrong (5.1, 5.4).
func (b scrobbleBody) media() (string, reqMedia, response, bool) {
	var container string
	var media *reqMedia
	n := 0
	for _, it := range []struct {
		key string
		m   *reqMedia
	}{{"movie", b.Movie}, {"show", b.Show}, {"anime", b.Anime}} {
		if it.m != nil {
			container, media = it.key, it.m
			n++
		}
	}
	switch {
	case n == 0:
		return "", reqMedia{}, problem(http.StatusBadRequest, "empty_field", `Missed "movie", "show" or "anime" parameter`), false
	case n > 1:
		return "", reqMedia{}, problem(http.StatusBadRequest, "wrong_parameter", "exactly one of movie, show and anime"), false
	}
	return container, *media, response{}, true
}

// checkSlug refuses the one id that is for answers only (section 4).
func (s *Server) checkSlug(c *call, ids idSet) (response, bool) {
	if ids["slug"] == "" {
		return response{}, true
	}
	c.note("slug in a request")
	if s.opts.Lenient {
		return response{}, true
	}
	return problem(http.StatusBadRequest, "wrong_parameter", "slug is not accepted in requests"), false
}

// readProgress applies 17 row 22; a missing value is 0 (5.1).
func (s *Server) readProgress(n *json.Number) (float64, response, bool) {
	if n == nil || *n == "" {
		return 0, response{}, true
	}
	p, err := strconv.ParseFloat(string(*n), 64)
	if err != nil || math.IsNaN(p) || math.IsInf(p, 0) {
		return 0, problem(http.StatusBadRequest, "wrong_parameter", "progress is not a number"), false
	}
	if s.opts.ClampProgress {
		return round2(min(100, max(0, p))), response{}, true
	}
	if p < 0 || p > 100 || round2(p) != p {
		return 0, problem(http.StatusBadRequest, "wrong_parameter", "progress must be 0 to 100 with at most two decimals"), false
	}
	return p, response{}, true
}

func round2(p float64) float64 { return math.Round(p*100) / 100 }

func noMatch() response { return problem(http.StatusNotFound, "id_err", "") }

// findPlayed resolves the title and its episode. An anime film comes without an episode; a series needs one.
func (s *Server) findPlayed(container string, m reqMedia, ep *reqEpisode) (*title, episodeKey, response, bool) {
	f := s.cat.resolve(container, m)
	if len(f.titles) == 0 {
		return nil, episodeKey{}, noMatch(), false
	}
	if ep == nil {
		i := slices.IndexFunc(f.titles, (*title).film)
		if i < 0 {
			return nil, episodeKey{}, problem(http.StatusBadRequest, "empty_field", `Missed "episode" parameter`), false
		}
		return f.titles[i], episodeKey{}, response{}, true
	}
	f.titles = slices.DeleteFunc(f.titles, (*title).film)
	if len(f.titles) == 0 {
		return nil, episodeKey{}, noMatch(), false
	}
	t, key, ok := s.cat.place(f, *ep, broad(f.by))
	if !ok {
		return nil, episodeKey{}, noMatch(), false
	}
	return t, key, response{}, true
}

func (s *Server) scrobbled(action string, id int64, p played) scrobbleAnswer {
	a := scrobbleAnswer{ID: id, Action: action, Progress: p.progress, Episode: p.t.episode(p.ep)}
	switch p.t.container() {
	case "movie":
		a.Movie = p.t.media()
	case "show":
		a.Show = p.t.media()
	default:
		a.Anime = p.t.media()
	}
	return a
}

// start makes the item the one being watched and clears its earlier pauses; it marks nothing but what a previous start
// has meanwhile played to 80 % (5.3).
func (s *Server) start(c *call) response {
	p, out, ok := s.readScrobble(c)
	if !ok {
		return out
	}
	s.finalizePrevious(c.user, c.now)
	c.user.dropPlayback(p.t, c.now)
	c.user.Active = &active{Simkl: p.t.Simkl, Episode: p.ep, Progress: p.progress, At: c.now}
	return reply(http.StatusCreated, s.scrobbled("start", 0, p))
}

// checkin is a start that completes by itself (5.5).
func (s *Server) checkin(c *call) response {
	p, out, ok := s.readScrobble(c)
	if !ok {
		return out
	}
	if s.opts.IgnoreCheckinProgress {
		p.progress = 0
	}
	s.finalizePrevious(c.user, c.now)
	c.user.dropPlayback(p.t, c.now)
	id := s.st.id()
	c.user.Active = &active{
		ID: id, Simkl: p.t.Simkl, Episode: p.ep, Progress: p.progress, At: c.now, CheckIn: true, Rewatch: c.yes("allow_rewatch"),
	}
	return reply(http.StatusCreated, s.scrobbled("checkin", id, p))
}

// pause saves a resume point at any progress and marks nothing (5.3).
func (s *Server) pause(c *call) response {
	p, out, ok := s.readScrobble(c)
	if !ok {
		return out
	}
	if s.opts.PauseConflicts && p.progress >= watchedAt {
		if out, conflict := s.conflict(c.user, p, c.now); conflict {
			return out
		}
	}
	return s.savePause(c, p)
}

func (s *Server) savePause(c *call, p played) response {
	c.user.endActive(p.t)
	c.user.dropPlayback(p.t, c.now)
	id := s.st.id()
	c.user.Playbacks = append(c.user.Playbacks, &playback{ID: id, Simkl: p.t.Simkl, Episode: p.ep, Progress: p.progress, Paused: stamp(c.now)})
	c.user.touch(group(p.t), "playback", stamp(c.now))
	return reply(http.StatusCreated, s.scrobbled("pause", id, p))
}

// stop at 80 % or more marks the item as watched, below it is a pause (5.3).
func (s *Server) stop(c *call) response {
	p, out, ok := s.readScrobble(c)
	if !ok {
		return out
	}
	if p.progress < watchedAt {
		return s.savePause(c, p)
	}
	if out, conflict := s.conflict(c.user, p, c.now); conflict {
		c.user.endActive(p.t)
		return out
	}
	c.user.endActive(p.t)
	c.user.dropPlayback(p.t, c.now)
	a := s.scrobbled("scrobble", s.st.id(), p)
	asked := c.yes("allow_rewatch")
	rw := s.finish(c.user, p.t, p.ep, stamp(c.now), stamp(c.now), "scrobble", asked)
	if asked {
		a.rewatchAnswer = &rw
	}
	return reply(http.StatusCreated, a)
}

// conflict is 409 for an item that was finalized within the hour (5.4, 17 row 6).
func (s *Server) conflict(u *user, p played, now time.Time) (response, bool) {
	at, ok := u.Finalized[finalKey(p.t, p.ep)]
	if !ok || now.Sub(at) >= duplicateWindow {
		return response{}, false
	}
	type body struct {
		Error     string `json:"error"`
		WatchedAt string `json:"watched_at"`
		ExpiresAt string `json:"expires_at"`
	}
	return reply(http.StatusConflict, body{"already_watched", zulu(at), zulu(at.Add(duplicateWindow))}), true
}

func finalKey(t *title, ep episodeKey) string {
	b, _ := ep.MarshalText() // never fails
	return strconv.FormatInt(t.Simkl, 10) + "/" + string(b)
}

// finish records a scrobbled watch and opens the hour in which a second one conflicts.
func (s *Server) finish(u *user, t *title, ep episodeKey, at, now time.Time, via string, allowRewatch bool) rewatchAnswer {
	u.Finalized[finalKey(t, ep)] = now
	for k, when := range u.Finalized {
		if now.Sub(when) >= duplicateWindow {
			delete(u.Finalized, k)
		}
	}
	return s.markScrobbled(u, t, ep, at, now, via, allowRewatch)
}

// progress is where the server believes an active scrobble to be: it advances with the clock by the runtime (5.3).
func (s *Server) progress(a *active, now time.Time) float64 {
	t := s.cat.byID[a.Simkl]
	if t == nil || now.Before(a.At) {
		return a.Progress
	}
	run := time.Duration(t.minutes()) * time.Minute
	return min(100, a.Progress+100*float64(now.Sub(a.At))/float64(run))
}

// ends is when the item's runtime is over.
func (s *Server) ends(a *active) time.Time {
	t := s.cat.byID[a.Simkl]
	if t == nil {
		return a.At
	}
	run := time.Duration(t.minutes()) * time.Minute
	return a.At.Add(time.Duration((100 - a.Progress) / 100 * float64(run)))
}

// finalizePrevious records what was started before and has by now reached 80 % (5.3): the rule that marks things nobody
// finished.
func (s *Server) finalizePrevious(u *user, now time.Time) {
	a := u.Active
	if a == nil {
		return
	}
	u.Active = nil
	t := s.cat.byID[a.Simkl]
	if t == nil || s.progress(a, now) < watchedAt {
		return
	}
	at := s.ends(a)
	if at.After(now) {
		at = now
	}
	via := "extrapolated"
	if a.CheckIn {
		via = "checkin"
	}
	s.finish(u, t, a.Episode, stamp(at), stamp(now), via, a.Rewatch)
}

// mature completes a check-in whose runtime is over; a start only expires (5.3, 5.5).
func (s *Server) mature(u *user, now time.Time) {
	if a := u.Active; a != nil && a.CheckIn && !now.Before(s.ends(a).Add(checkinLate)) {
		s.finalizePrevious(u, now)
	}
}

// endActive ends "Watching now" of a title.
func (u *user) endActive(t *title) {
	if u.Active != nil && u.Active.Simkl == t.Simkl {
		u.Active = nil
	}
}

// group is the key of a title's kind in activities; all-items calls tv_shows shows (7.1).
func group(t *title) string {
	switch t.Kind {
	case kindMovie:
		return "movies"
	case kindAnime:
		return "anime"
	}
	return "tv_shows"
}

// touch moves an activity timestamp.
func (u *user) touch(group, bucket string, now time.Time) {
	u.Activities[group+"."+bucket] = now
	if !strings.HasPrefix(group, "settings") {
		u.Activities[group+".all"] = now
	}
	u.Activities["all"] = now
}
