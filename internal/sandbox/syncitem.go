package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"
)

// maxBatch is the most items of one sync write (17 row 25).
const maxBatch = 100

// syncBody is a sync write: arrays of items, each kept as it came for the echo.
type syncBody struct {
	Movies   []json.RawMessage `json:"movies"`
	Shows    []json.RawMessage `json:"shows"`
	Anime    []json.RawMessage `json:"anime"`
	Episodes []json.RawMessage `json:"episodes"`
}

// syncItem is one item of a sync write; every endpoint reads the fields it knows.
type syncItem struct {
	reqMedia
	WatchedAt     when          `json:"watched_at"`
	LastWatchedAt when          `json:"last_watched_at"`
	AddedAt       when          `json:"added_at"`
	RatedAt       when          `json:"rated_at"`
	Status        string        `json:"status"`
	To            string        `json:"to"`
	Rating        looseInt      `json:"rating"`
	Memo          *memo         `json:"memo"`
	TVDB          flag          `json:"use_tvdb_anime_seasons"`
	IsRewatch     flag          `json:"is_rewatch"`
	RewatchID     looseInt      `json:"rewatch_id"`
	RewatchStatus string        `json:"rewatch_status"`
	Seasons       []syncSeason  `json:"seasons"`
	Episodes      []syncEpisode `json:"episodes"`

	raw       json.RawMessage
	container string
}

type syncSeason struct {
	Number    looseInt      `json:"number"`
	WatchedAt when          `json:"watched_at"`
	Episodes  []syncEpisode `json:"episodes"`
}

type syncEpisode struct {
	Number    looseInt `json:"number"`
	Season    looseInt `json:"season"`
	WatchedAt when     `json:"watched_at"`
	IDs       idSet    `json:"ids"`
}

// readSync reads a sync write whole before anything is changed: one bad item refuses the request.
func (s *Server) readSync(c *call, withAnime bool) ([]syncItem, response, bool) {
	var b syncBody
	if len(c.body) > 0 {
		if out, ok := c.json(&b); !ok {
			return nil, out, false
		}
	}
	if !withAnime {
		b.Anime = nil // ignored by the removals (section 4)
	}
	if n := len(b.Movies) + len(b.Shows) + len(b.Anime) + len(b.Episodes); n > maxBatch {
		return nil, problem(http.StatusBadRequest, "max_items", "at most 100 items in one request"), false
	}
	var items []syncItem
	for _, set := range []struct {
		container string
		raw       []json.RawMessage
	}{{"movie", b.Movies}, {"show", b.Shows}, {"anime", b.Anime}, {"episode", b.Episodes}} {
		for _, raw := range set.raw {
			it := syncItem{raw: raw, container: set.container}
			if err := json.Unmarshal(raw, &it); err != nil {
				return nil, problem(http.StatusBadRequest, "wrong_parameter", "an item of "+set.container+" cannot be read: "+err.Error()), false
			}
			if out, ok := s.checkSlug(c, it.IDs); !ok {
				return nil, out, false
			}
			items = append(items, it)
		}
	}
	return items, response{}, true
}

// notFound echoes what was not matched, verbatim; anime goes under shows (8.1).
type notFound struct {
	Movies   []json.RawMessage  `json:"movies"`
	Shows    []json.RawMessage  `json:"shows"`
	Episodes *[]json.RawMessage `json:"episodes,omitempty"`
}

func newNotFound(episodes bool) notFound {
	n := notFound{Movies: []json.RawMessage{}, Shows: []json.RawMessage{}}
	if episodes {
		n.Episodes = &[]json.RawMessage{}
	}
	return n
}

func (n *notFound) add(it syncItem, raw json.RawMessage) {
	switch {
	case it.container == "movie":
		n.Movies = append(n.Movies, raw)
	case it.container == "episode" && n.Episodes != nil:
		*n.Episodes = append(*n.Episodes, raw)
	default:
		n.Shows = append(n.Shows, raw)
	}
}

// spot is one thing that an item names: a film or an episode of a title, and when it was watched.
type spot struct {
	t    *title
	ep   episodeKey
	at   time.Time
	miss *miss // set instead of t when it was not found
}

// miss remembers where in the item an unmatched episode stood.
type miss struct {
	season *syncSeason // nil: the item's own episodes
	number syncEpisode
}

// spots lists what the item names. A show without seasons or episodes names every episode that aired: the danger of 8.1.
func (s *Server) spots(f found, it syncItem, now time.Time) []spot {
	at := firstTime(it.WatchedAt.Time, now)
	switch {
	case it.container == "episode":
		ref := s.cat.byEp[f.by+":"+it.IDs[f.by]]
		return []spot{{t: ref.t, ep: ref.ep, at: at}}
	case f.titles[0].film():
		return []spot{{t: f.titles[0], at: at}}
	}
	if it.TVDB {
		f = s.cat.cours(f)
	}
	var out []spot
	place := func(season looseInt, e syncEpisode, sat time.Time, in *syncSeason) {
		if e.Season.Set {
			season = e.Season
		}
		t, ep, ok := s.cat.place(f, reqEpisode{season, e.Number, e.IDs}, bool(it.TVDB))
		if !ok {
			out = append(out, spot{miss: &miss{in, e}})
			return
		}
		out = append(out, spot{t: t, ep: ep, at: firstTime(e.WatchedAt.Time, sat)})
	}
	for i := range it.Seasons {
		se := &it.Seasons[i]
		sat := firstTime(se.WatchedAt.Time, at)
		if len(se.Episodes) > 0 {
			for _, e := range se.Episodes {
				place(se.Number, e, sat, se)
			}
			continue
		}
		whole := s.wholeSeason(f, se.Number, bool(it.TVDB))
		for _, w := range whole {
			out = append(out, spot{t: w.t, ep: w.ep, at: sat})
		}
		if len(whole) == 0 {
			out = append(out, spot{miss: &miss{season: se}})
		}
	}
	one := looseInt{1, true}
	for _, e := range it.Episodes {
		place(one, e, at, nil)
	}
	return out
}

// wholeSeason lists the aired episodes of a season, by TVDB's numbers where the item counts so.
func (s *Server) wholeSeason(f found, season looseInt, tvdb bool) []episodeRef {
	var out []episodeRef
	for _, t := range f.titles {
		for _, ep := range t.regular(true) {
			at, mapped := t.toTVDB(ep)
			switch {
			case t.Kind == kindAnime && tvdb && mapped:
				if at.Season == season.N {
					out = append(out, episodeRef{t, ep})
				}
			case ep.Season == season.N && t == f.titles[0]:
				out = append(out, episodeRef{t, ep})
			}
		}
		if t.Kind == kindTV && season.N == 0 && season.Set {
			for k := range t.Specials {
				out = append(out, episodeRef{t, episodeKey{0, k + 1}})
			}
		}
	}
	return out
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return stamp(t)
		}
	}
	return time.Time{}
}

type statusRow struct {
	Request  statusRequest  `json:"request"`
	Response statusResponse `json:"response"`
}

type statusRequest struct {
	Title     string          `json:"title,omitempty"`
	Year      *int            `json:"year,omitempty"`
	IDs       json.RawMessage `json:"ids,omitempty"`
	WatchedAt json.RawMessage `json:"watched_at,omitempty"`
	Type      string          `json:"type"`
	Rating    *int            `json:"rating"`
}

type statusResponse struct {
	Status        string  `json:"status"`
	SimklType     string  `json:"simkl_type"`
	AnimeType     *string `json:"anime_type"`
	RewatchID     *int64  `json:"rewatch_id,omitempty"`
	RewatchStatus string  `json:"rewatch_status,omitempty"`
}

// request is the item as the answer echoes it.
func (it syncItem) request() statusRequest {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(it.raw, &raw) // it was read before
	r := statusRequest{Title: it.Title, IDs: raw["ids"], WatchedAt: raw["watched_at"], Type: it.container}
	if it.Year.Set {
		r.Year = &it.Year.N
	}
	if it.Rating.Set {
		r.Rating = &it.Rating.N
	}
	return r
}

func statusOf(t *title, status string) statusResponse {
	r := statusResponse{Status: status, SimklType: t.Kind}
	if t.Kind == kindAnime {
		r.AnimeType = &t.AnimeType
	}
	return r
}

// missed is the item as not_found shows it: verbatim when nothing of it was matched, else with only what was not.
func (it syncItem) missed(misses []spot, all bool) json.RawMessage {
	if all {
		return it.raw
	}
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(it.raw, &raw) // it was read before
	raw = maps.Clone(raw)
	type ep struct {
		Number int   `json:"number"`
		IDs    idSet `json:"ids,omitempty"`
	}
	type season struct {
		Number   int  `json:"number"`
		Episodes []ep `json:"episodes,omitempty"`
	}
	var seasons []season
	var own []ep
	for _, m := range misses {
		e := ep{m.miss.number.Number.N, m.miss.number.IDs}
		if m.miss.season == nil {
			own = append(own, e)
			continue
		}
		n := m.miss.season.Number.N
		if len(seasons) == 0 || seasons[len(seasons)-1].Number != n {
			seasons = append(seasons, season{Number: n})
		}
		if len(m.miss.season.Episodes) > 0 {
			last := &seasons[len(seasons)-1]
			last.Episodes = append(last.Episodes, e)
		}
	}
	delete(raw, "seasons")
	delete(raw, "episodes")
	if len(seasons) > 0 {
		raw["seasons"], _ = json.Marshal(seasons) // numbers and strings only
	}
	if len(own) > 0 {
		raw["episodes"], _ = json.Marshal(own)
	}
	b, _ := json.Marshal(raw)
	return b
}
