package simkl

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Listed is a title of the account's library, or one later viewing of it (simkl-api.md 7.2, 7.3).
type Listed struct {
	// Answer is the title, without an episode.
	media.Answer
	// Status is "watching", "plantowatch", "hold", "dropped" or "completed".
	Status string
	// Rating is 1 to 10, 0 for none.
	Rating int
	// Added, LastAt and Rated are in UTC, zero for never.
	Added, LastAt, Rated time.Time
	// Last and Next are episodes as Simkl writes them: "S02E03", of an anime "E05"; Next is "" for who is caught up.
	Last, Next string
	// Watched, Total and NotAired count episodes.
	Watched, Total, NotAired int
	// Runtime is that of the film or of one episode, 0 when unknown.
	Runtime time.Duration
	// RewatchID is 0 for the normal row, RewatchStatus then "".
	RewatchID     int64
	RewatchStatus string
	// Seen are the episodes that were watched, where Simkl listed them.
	Seen []Seen
	// Raw is the row as Simkl sent it, without the episodes.
	Raw json.RawMessage
	// RawSeen are the episodes as Simkl sent them, null for none.
	RawSeen json.RawMessage
}

// Seen is an episode that was watched. TVDBSeason and TVDBNumber are an anime's at TVDB, nil when not given.
type Seen struct {
	Season, Number         int
	TVDBSeason, TVDBNumber *int
	// At is in UTC, zero when Simkl does not say.
	At time.Time
}

type listedIn struct {
	Added   moment          `json:"added_to_watchlist_at"`
	LastAt  moment          `json:"last_watched_at"`
	Rated   moment          `json:"user_rated_at"`
	Rating  integer         `json:"user_rating"`
	Status  text            `json:"status"`
	Last    text            `json:"last_watched"`
	Next    text            `json:"next_to_watch"`
	Watched integer         `json:"watched_episodes_count"`
	Total   integer         `json:"total_episodes_count"`
	Not     integer         `json:"not_aired_episodes_count"`
	Anime   text            `json:"anime_type"`
	Movie   object[mediaIn] `json:"movie"`
	Show    object[mediaIn] `json:"show"`
	Rewatch anyBool         `json:"is_rewatch"`
	ID      integer         `json:"rewatch_id"`
	State   text            `json:"rewatch_status"`
}

type mediaIn struct {
	titleIn
	Runtime integer `json:"runtime"`
}

// ReadListed reads a row of the library as Raw and RawSeen have it; kind is the array it stood in. It gives false for a row
// that names no title.
func ReadListed(kind media.AnswerKind, raw, seen json.RawMessage) (Listed, bool) {
	var in listedIn
	if json.Unmarshal(raw, &in) != nil {
		return Listed{}, false
	}
	title := in.Show.get()
	if in.Movie.value != nil {
		title = in.Movie.get()
	}
	ids := title.IDs.get()
	l := Listed{
		Answer: media.Answer{
			Kind: kind, Title: string(title.Title), Year: title.Year.int(), IDs: ids.ids(), Slug: string(ids.Slug), AnimeType: string(in.Anime),
		},
		Status: string(in.Status), Rating: in.Rating.int(), Added: in.Added.UTC(), LastAt: in.LastAt.UTC(), Rated: in.Rated.UTC(),
		Last: string(in.Last), Next: string(in.Next), Watched: in.Watched.int(), Total: in.Total.int(), NotAired: in.Not.int(),
		Runtime: time.Duration(max(0, min(title.Runtime.int64(), 100_000))) * time.Minute, Raw: raw, RawSeen: seen,
	}
	if in.Rewatch {
		l.RewatchID, l.RewatchStatus = in.ID.int64(), string(in.State)
	}
	l.Seen = readSeen(seen)
	return l, l.IDs.Simkl != 0
}

func readSeen(raw json.RawMessage) []Seen {
	var in list[struct {
		Number   integer `json:"number"`
		Episodes list[struct {
			Number integer           `json:"number"`
			At     moment            `json:"watched_at"`
			TVDB   object[episodeIn] `json:"tvdb"`
		}] `json:"episodes"`
	}]
	if len(raw) == 0 || json.Unmarshal(raw, &in) != nil {
		return nil
	}
	var out []Seen
	for _, season := range in {
		for _, e := range season.Episodes {
			tvdb := e.TVDB.get()
			out = append(out, Seen{
				Season: season.Number.int(), Number: e.Number.int(), TVDBSeason: tvdb.Season.pointer(), TVDBNumber: tvdb.number(), At: e.At.UTC(),
			})
		}
	}
	return out
}

// libraryKinds are the arrays of the library, with the kind of their titles.
var libraryKinds = []struct {
	name string
	kind media.AnswerKind
}{{"shows", media.AnswerShow}, {"anime", media.AnswerAnime}, {"movies", media.AnswerMovie}}

// LibraryQuery says what of the library is read.
type LibraryQuery struct {
	// Kind is one kind, or empty for all.
	Kind media.AnswerKind
	// Status narrows to one list, empty for all. It needs a Kind.
	Status string
	// Since leaves out what did not change since: Activities.All as it was saved, byte for byte; empty for everything.
	Since string
}

// Library reads the library with the episodes that were watched and, of Pro and VIP accounts, the later viewings. It is to
// be asked only for what Activities says has moved (simkl-api.md 7.1). TooMany asks for a narrower query.
func (c *Client) Library(ctx context.Context, q LibraryQuery) ([]Listed, error) {
	query := url.Values{
		"extended": {"full_anime_seasons"}, "episode_watched_at": {"yes"}, "include_all_episodes": {"original"}, "allow_rewatch": {"yes"},
	}
	if q.Since != "" {
		query.Set("date_from", q.Since)
	}
	return c.listed(ctx, "/sync/all-items", q.Kind, q.Status, query)
}

// LibraryIDs reads only which titles the library has of a kind, to find those that were removed (simkl-api.md 7.1).
func (c *Client) LibraryIDs(ctx context.Context, kind media.AnswerKind) ([]media.SimklID, error) {
	all, err := c.listed(ctx, "/sync/all-items", kind, "", url.Values{"extended": {"simkl_ids_only"}})
	ids := make([]media.SimklID, 0, len(all))
	for _, l := range all {
		ids = append(ids, l.IDs.Simkl)
	}
	return ids, err
}

// Ratings reads the titles of a kind whose rating changed since; a rating alone never shows in Library.
func (c *Client) Ratings(ctx context.Context, kind media.AnswerKind, since string) ([]Listed, error) {
	return c.listed(ctx, "/sync/ratings", kind, "", url.Values{"date_from": {since}})
}

func (c *Client) listed(ctx context.Context, path string, kind media.AnswerKind, status string, query url.Values) ([]Listed, error) {
	for _, k := range libraryKinds {
		if k.kind == kind {
			path += "/" + k.name
		}
	}
	if status != "" {
		path += "/" + status
	}
	r := request{method: http.MethodGet, base: c.api, path: path, query: query}
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(r) // null, [] and {} are all an empty library (simkl-api.md 2.3)
	if err == nil && len(rows) == 0 {
		return nil, nil
	}
	var in map[string]list[json.RawMessage]
	if json.Unmarshal(a.body, &in) != nil {
		return nil, foreign(r, a.status, errors.New("the answer is JSON of another shape"))
	}
	var out []Listed
	known := false
	for _, k := range libraryKinds {
		array, ok := in[k.name]
		known = known || ok
		for _, raw := range array {
			if l, ok := splitListed(k.kind, raw); ok {
				out = append(out, l)
			}
		}
	}
	if !known {
		return nil, foreign(r, a.status, errors.New("the answer is JSON of another shape"))
	}
	return out, nil
}

// splitListed reads a row as Simkl sends it, and parts the episodes from it.
func splitListed(kind media.AnswerKind, raw json.RawMessage) (Listed, bool) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return Listed{}, false
	}
	seen := parts["seasons"]
	delete(parts, "seasons")
	row, err := json.Marshal(parts)
	if err != nil {
		return Listed{}, false
	}
	return ReadListed(kind, row, seen)
}

// WithRating gives a row of the library with another rating: what Ratings says of a title whose row is kept.
func (l Listed) WithRating(from Listed) (Listed, bool) {
	var rated struct {
		Rating json.RawMessage `json:"user_rating"`
		At     json.RawMessage `json:"user_rated_at"`
	}
	if json.Unmarshal(from.Raw, &rated) != nil {
		return l, false
	}
	return l.with(map[string]json.RawMessage{"user_rating": rated.Rating, "user_rated_at": rated.At})
}

// WithRewatch gives a later viewing with another state.
func (l Listed) WithRewatch(status string) (Listed, bool) {
	word, err := json.Marshal(status)
	if err != nil {
		return l, false
	}
	return l.with(map[string]json.RawMessage{"rewatch_status": word})
}

func (l Listed) with(values map[string]json.RawMessage) (Listed, bool) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(l.Raw, &parts) != nil {
		return l, false
	}
	for key, value := range values {
		if value == nil {
			value = json.RawMessage("null")
		}
		parts[key] = value
	}
	row, err := json.Marshal(parts)
	if err != nil {
		return l, false
	}
	return ReadListed(l.Kind, row, l.RawSeen)
}
