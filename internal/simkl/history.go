package simkl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// HistoryItem is one watch, or one to take back.
type HistoryItem struct {
	Title
	// Season and Number are the episode. A number alone is the title's own (anime) or season 1's.
	Season, Number *int
	// Also are further episodes of the same season, beside Number.
	Also []int
	// Whole must be set for anything but a film that has no number: an anime film, a whole season, a whole show. Without it such an
	// item is refused here, since Simkl would mark (or remove, with its rating) everything (simkl-api.md 8.1, 8.3).
	Whole bool
	// WatchedAt is when it was watched; zero lets Simkl take the time of the request. It is not sent when removing.
	WatchedAt time.Time
	// TVDBSeasons says that season and number are TVDB's also for an anime; with Completed, that all its seasons are meant.
	TVDBSeasons bool
	// Completed marks, beside Whole, every episode that aired (simkl-api.md 8.1).
	Completed bool
	// Rewatch is for AddRewatch alone.
	Rewatch *Rewatch
}

// Rewatch says which viewing of a completed title a watch belongs to (simkl-api.md 8.2).
type Rewatch struct {
	// ID is the viewing that an earlier answer named; 0 lets Simkl choose the active one, or open one.
	ID int64
	// Status is "active", "closed" or "completed"; empty leaves it.
	Status string
}

// Found says what became of one item.
type Found string

// What can become of an item. Unclear is an answer that says of some item of the batch that it was not found, but not of which:
// a smaller batch tells.
const (
	Taken    Found = "taken"
	NotFound Found = "not-found"
	Unclear  Found = "unclear"
)

// HistoryResult is what became of an item.
type HistoryResult struct {
	Found Found
	// Status is the list Simkl put the title on, SimklType ("movie", "tv", "anime") what it took it for, AnimeType the kind
	// of anime; each empty where Simkl does not say.
	Status, SimklType, AnimeType string
	// Missing are those of several episodes that Simkl does not know; Found is NotFound only when it knows none of them.
	Missing []int
	// RewatchID and RewatchStatus belong to AddRewatch; else 0 and "".
	RewatchID     int64
	RewatchStatus string
}

// HistoryAnswer is what became of a batch.
type HistoryAnswer struct {
	// Items has one result for each item sent, in the same order.
	Items []HistoryResult
	// Movies, Shows and Episodes are how many Simkl added or removed. A watch it had already is not among them.
	Movies, Shows, Episodes int
}

type historyEpisodeOut struct {
	Number    int     `json:"number"`
	WatchedAt *string `json:"watched_at,omitempty"`
}

type historySeasonOut struct {
	Number    int                 `json:"number"`
	WatchedAt *string             `json:"watched_at,omitempty"`
	Episodes  []historyEpisodeOut `json:"episodes,omitempty"`
}

type historyItemOut struct {
	titleOut
	WatchedAt   *string             `json:"watched_at,omitempty"`
	TVDBSeasons bool                `json:"use_tvdb_anime_seasons,omitempty"`
	Status      string              `json:"status,omitempty"`
	Seasons     []historySeasonOut  `json:"seasons,omitempty"`
	Episodes    []historyEpisodeOut `json:"episodes,omitempty"`
	*rewatchOut
}

type rewatchOut struct {
	IsRewatch bool   `json:"is_rewatch"`
	ID        int64  `json:"rewatch_id,omitempty"`
	Status    string `json:"rewatch_status,omitempty"`
}

type historyOut struct {
	Movies []historyItemOut `json:"movies,omitempty"`
	Shows  []historyItemOut `json:"shows,omitempty"`
	Anime  []historyItemOut `json:"anime,omitempty"`
}

func (it HistoryItem) out() (historyItemOut, error) {
	out := historyItemOut{titleOut: *it.Title.out(), TVDBSeasons: it.TVDBSeasons && (it.Season != nil || it.Completed)}
	if it.Rewatch != nil {
		out.rewatchOut = &rewatchOut{IsRewatch: true, ID: it.Rewatch.ID, Status: it.Rewatch.Status}
	}
	if it.Name == "" && it.IDs.IsZero() {
		return out, invalid("a title needs a name or an id")
	}
	var at *string
	if !it.WatchedAt.IsZero() {
		s := it.WatchedAt.UTC().Format("2006-01-02T15:04:05Z")
		at = &s
	}
	switch {
	case it.Container == media.AnswerMovie:
		if it.Season != nil || it.Number != nil {
			return out, invalid("a film has no episode")
		}
		out.WatchedAt = at
	case it.Number == nil && len(it.Also) > 0, it.Completed && (!it.Whole || it.Number != nil || it.Season != nil):
		return out, invalid("an item says two things of what was watched")
	case it.Number == nil && !it.Whole:
		return out, invalid("an item without an episode would mark the whole show")
	case it.Number == nil && it.Season == nil:
		out.WatchedAt = at
		if it.Completed {
			out.Status = "completed"
		}
	case it.Number == nil:
		out.Seasons = []historySeasonOut{{Number: *it.Season, WatchedAt: at}}
	case it.Season == nil:
		out.Episodes = it.episodes(at)
	default:
		out.Seasons = []historySeasonOut{{Number: *it.Season, Episodes: it.episodes(at)}}
	}
	return out, nil
}

func (it HistoryItem) episodes(at *string) []historyEpisodeOut {
	out := []historyEpisodeOut{{Number: *it.Number, WatchedAt: at}}
	for _, n := range it.Also {
		out = append(out, historyEpisodeOut{Number: n, WatchedAt: at})
	}
	return out
}

func historyBody(items []HistoryItem, removing bool) (historyOut, error) {
	var body historyOut
	for _, it := range items {
		if removing {
			it.WatchedAt, it.Completed, it.Rewatch = time.Time{}, false, nil
		}
		out, err := it.out()
		if err != nil {
			return body, err
		}
		switch it.Container {
		case media.AnswerMovie:
			body.Movies = append(body.Movies, out)
		case media.AnswerShow:
			body.Shows = append(body.Shows, out)
		case media.AnswerAnime:
			if removing {
				body.Shows = append(body.Shows, out) // anime is ignored there (simkl-api.md 8.3)
			} else {
				body.Anime = append(body.Anime, out)
			}
		default:
			return body, invalid(fmt.Sprintf("unknown container %q", it.Container))
		}
	}
	return body, nil
}

// AddHistory writes watches, at most 50 in one call. The same watch again changes nothing at Simkl. It never asks for a rewatch.
func (c *Client) AddHistory(ctx context.Context, items []HistoryItem) (HistoryAnswer, error) {
	if slices.ContainsFunc(items, func(it HistoryItem) bool { return it.Rewatch != nil }) {
		return HistoryAnswer{}, invalid("a rewatch is never written by the way")
	}
	return c.history(ctx, "/sync/history", nil, items, false)
}

// AddRewatch writes watches of what was completed before, as a later viewing. Simkl tries the normal write first, and takes
// a rewatch of Pro and VIP accounts only (simkl-api.md 8.2): the caller checks the plan. It must not be repeated: each
// time may be another viewing.
func (c *Client) AddRewatch(ctx context.Context, items []HistoryItem) (HistoryAnswer, error) {
	return c.history(ctx, "/sync/history", url.Values{"allow_rewatch": {"yes"}}, items, false)
}

// RemoveHistory takes watches back. A film, or an item with Whole and no season, loses its place in the library and its rating.
func (c *Client) RemoveHistory(ctx context.Context, items []HistoryItem) (HistoryAnswer, error) {
	return c.history(ctx, "/sync/history/remove", nil, items, true)
}

type historyCountsIn struct {
	Movies   integer           `json:"movies"`
	Shows    integer           `json:"shows"`
	Episodes integer           `json:"episodes"`
	Statuses list[historyEcho] `json:"statuses"`
}

// historyEcho is one row of "statuses": an item as it was sent, and what Simkl made of it.
type historyEcho struct {
	Request  object[historyRef] `json:"request"`
	Response struct {
		Status        text    `json:"status"`
		SimklType     text    `json:"simkl_type"`
		AnimeType     text    `json:"anime_type"`
		RewatchID     integer `json:"rewatch_id"`
		RewatchStatus text    `json:"rewatch_status"`
	} `json:"response"`
}

type notFoundIn struct {
	Movies   list[historyRef] `json:"movies"`
	Shows    list[historyRef] `json:"shows"`
	Anime    list[historyRef] `json:"anime"`
	Episodes list[historyRef] `json:"episodes"`
}

// any reports whether there is an item that Simkl did not find.
func (n notFoundIn) any() bool {
	return len(n.Movies)+len(n.Shows)+len(n.Anime)+len(n.Episodes) > 0
}

// historyRef is an item that an answer echoes.
type historyRef struct {
	titleIn
	Seasons list[struct {
		Number   integer         `json:"number"`
		Episodes list[episodeIn] `json:"episodes"`
	}] `json:"seasons"`
	Episodes list[episodeIn] `json:"episodes"`
}

func (c *Client) history(ctx context.Context, path string, query url.Values, items []HistoryItem, removing bool) (HistoryAnswer, error) {
	if len(items) == 0 {
		return HistoryAnswer{}, nil
	}
	body, err := historyBody(items, removing)
	if err != nil {
		return HistoryAnswer{}, err
	}
	r := request{method: http.MethodPost, base: c.api, path: path, query: query, body: body}
	a, err := c.do(ctx, r)
	if err != nil {
		return HistoryAnswer{}, err
	}
	var in struct {
		Added    object[historyCountsIn] `json:"added"`
		Deleted  object[historyCountsIn] `json:"deleted"`
		NotFound object[notFoundIn]      `json:"not_found"`
	}
	if err := a.decode(r, &in, func() bool { return in.Added.value != nil || in.Deleted.value != nil }); err != nil {
		return HistoryAnswer{}, err
	}
	counts := in.Added.get()
	if removing {
		counts = in.Deleted.get()
	}
	return HistoryAnswer{
		Items:  historyResults(items, counts.Statuses, in.NotFound.get()),
		Movies: counts.Movies.int(), Shows: counts.Shows.int(), Episodes: counts.Episodes.int(),
	}, nil
}

// historyResults finds for each item what the answer says of it.
func historyResults(items []HistoryItem, statuses []historyEcho, missing notFoundIn) []HistoryResult {
	out := make([]HistoryResult, len(items))
	for i, it := range items {
		out[i].Found = Taken
		for _, s := range statuses {
			if ref := s.Request.get(); ref.names(it) && out[i].Status == "" {
				out[i].Status, out[i].SimklType, out[i].AnimeType =
					string(s.Response.Status), string(s.Response.SimklType), string(s.Response.AnimeType)
				out[i].RewatchID, out[i].RewatchStatus = s.Response.RewatchID.int64(), string(s.Response.RewatchStatus)
			}
		}
	}
	refs := append(append(append([]historyRef(nil), missing.Shows...), missing.Anime...), missing.Episodes...)
	strikeOut(out, items, refs, func(it HistoryItem) bool { return it.Container != media.AnswerMovie })
	strikeOut(out, items, missing.Movies, func(it HistoryItem) bool { return it.Container == media.AnswerMovie })
	return out
}

// strikeOut marks what was not found. Of a reference that names none of the items, any of the kind may be meant.
func strikeOut(out []HistoryResult, items []HistoryItem, refs []historyRef, kind func(HistoryItem) bool) {
	for _, ref := range refs {
		named := false
		for i, it := range items {
			if kind(it) && ref.names(it) {
				named = true
				if out[i].Missing = ref.missing(it); len(out[i].Missing) == 0 || len(out[i].Missing) > len(it.Also) {
					out[i].Found = NotFound
				}
			}
		}
		if named {
			continue
		}
		var candidates []int
		for i, it := range items {
			if kind(it) {
				candidates = append(candidates, i)
			}
		}
		for _, i := range candidates {
			switch {
			case len(candidates) == 1:
				out[i].Found = NotFound
			case out[i].Found == Taken:
				out[i].Found = Unclear
			}
		}
	}
}

// names says whether the reference is to the item: its ids, or else its name and year, and its episode where the reference has one.
func (ref historyRef) names(it HistoryItem) bool {
	ids := ref.IDs.get()
	same := ids.ids().Shares(it.IDs)
	if !same && (ids.ids().IsZero() || it.IDs.IsZero()) {
		same = ref.Title != "" && string(ref.Title) == it.Name && (ref.Year.int() == it.Year)
	}
	if !same || it.Number == nil || len(it.Also) > 0 || len(ref.Seasons) == 0 && len(ref.Episodes) == 0 {
		return same
	}
	has := func(episodes []episodeIn) bool {
		for _, e := range episodes {
			if e.Number.value == nil || e.Number.int() == *it.Number {
				return true
			}
		}
		return len(episodes) == 0
	}
	if it.Season == nil {
		return has(ref.Episodes)
	}
	for _, s := range ref.Seasons {
		if s.Number.int() == *it.Season && has(s.Episodes) {
			return true
		}
	}
	return len(ref.Seasons) == 0
}

// missing are those of an item's several episodes that the reference names; nil for an item with one.
func (ref historyRef) missing(it HistoryItem) []int {
	if len(it.Also) == 0 {
		return nil
	}
	named := ref.Episodes
	for _, s := range ref.Seasons {
		if it.Season != nil && s.Number.int() == *it.Season {
			named = append(named, s.Episodes...)
		}
	}
	var out []int
	for _, n := range append([]int{*it.Number}, it.Also...) {
		if slices.ContainsFunc(named, func(e episodeIn) bool { return e.Number.int() == n }) {
			out = append(out, n)
		}
	}
	return out
}
