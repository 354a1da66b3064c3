package simkl

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Detail is a title as its page has it (simkl-api.md 10).
type Detail struct {
	Kind  media.AnswerKind
	Title string
	Year  int
	IDs   media.IDs
	Slug  string
	// AltTitles are all other names, the English one of an anime too.
	AltTitles []string
	AnimeType string
	// Runtime is that of the film or of one episode; 0 when unknown.
	Runtime time.Duration
	// Episodes is how many there are, 0 when unknown or for a film.
	Episodes int
	// Status is "airing", "ended" or "tba" for series.
	Status string
	// Country is two letters in the case Simkl has them, "" when unknown.
	Country string
	// Poster is a path fragment (simkl-api.md 2.6).
	Poster string
}

// sections are the parts of the catalogue's addresses.
var sections = map[media.AnswerKind]string{media.AnswerMovie: "movies", media.AnswerShow: "tv", media.AnswerAnime: "anime"}

// Detail reads a title's page. Simkl does not count it, caches it and wants no token on it. An unknown id is an *Error
// of class Gone.
func (c *Client) Detail(ctx context.Context, kind media.AnswerKind, id media.SimklID) (Detail, error) {
	r, err := c.catalog(kind, "", id)
	if err != nil {
		return Detail{}, err
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return Detail{}, err
	}
	var in struct {
		titleIn
		AltTitles list[nameIn] `json:"alt_titles"`
		EnTitle   text         `json:"en_title"`
		Runtime   integer      `json:"runtime"`
		Episodes  integer      `json:"total_episodes"`
		Status    text         `json:"status"`
		Country   text         `json:"country"`
		Poster    text         `json:"poster"`
	}
	var none []json.RawMessage
	if json.Unmarshal(a.body, &none) == nil && len(none) == 0 {
		return Detail{}, &Error{Class: Gone, Status: a.status, Endpoint: r.endpoint()} // simkl-api.md 2.3
	}
	if err := a.decode(r, &in, func() bool { return in.Title != "" && in.IDs.value != nil }); err != nil {
		return Detail{}, err
	}
	ids := in.IDs.get()
	d := Detail{
		Kind: kind, Title: string(in.Title), Year: in.Year.int(), IDs: ids.ids(), Slug: string(ids.Slug),
		AnimeType: string(in.AnimeType), Episodes: in.Episodes.int(), Status: string(in.Status),
		Country: string(in.Country), Poster: string(in.Poster),
		Runtime: minutes(in.Runtime),
	}
	d.AltTitles = names(append(list[nameIn]{nameIn(in.EnTitle)}, in.AltTitles...))
	return d, nil
}

// minutes is a running time; what cannot be one is unknown.
func minutes(n integer) time.Duration {
	return time.Duration(max(0, min(n.int64(), 100_000))) * time.Minute
}

func (c *Client) catalog(kind media.AnswerKind, part string, id media.SimklID) (request, error) {
	section, ok := sections[kind]
	if !ok || id <= 0 {
		return request{}, invalid("a page needs a kind and an id")
	}
	return request{
		method: http.MethodGet, base: c.api, path: "/" + section + part + "/" + strconv.FormatInt(int64(id), 10),
		auth: authNone, uncounted: true,
	}, nil
}

// nameIn is one name of a title: a string, or an object with it.
type nameIn string

// UnmarshalJSON reads both forms.
func (n *nameIn) UnmarshalJSON(data []byte) error {
	var in struct {
		Name  text `json:"name"`
		Title text `json:"title"`
	}
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &in); err != nil {
			return err
		}
		*n = nameIn(in.Name)
		if *n == "" {
			*n = nameIn(in.Title)
		}
		return nil
	}
	var s text
	err := s.UnmarshalJSON(data)
	*n = nameIn(s)
	return err
}

// names leaves out what is empty or there already.
func names(in []nameIn) []string {
	var out []string
	seen := map[nameIn]bool{"": true}
	for _, n := range in {
		if !seen[n] {
			seen[n] = true
			out = append(out, string(n))
		}
	}
	return out
}

// Episode is one row of a title's episode list.
type Episode struct {
	ID    media.SimklID
	Title string
	// Season and Number are Simkl's own: a special has neither, an anime no season. The others are TVDB's, of an anime.
	Season, Number, TVDBSeason, TVDBNumber *int
	Special, Aired                         bool
	// Date is when it was first shown, with the offset Simkl gives it; zero when unknown.
	Date time.Time
}

// Episodes lists the episodes of a show or anime. Simkl does not count it. An unknown id is an empty list.
func (c *Client) Episodes(ctx context.Context, kind media.AnswerKind, id media.SimklID) ([]Episode, error) {
	if kind == media.AnswerMovie {
		return nil, invalid("a film has no episodes")
	}
	r, err := c.catalog(kind, "/episodes", id)
	if err != nil {
		return nil, err
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(r)
	if err != nil {
		return nil, err
	}
	out := make([]Episode, 0, len(rows))
	for _, raw := range rows {
		var in struct {
			episodeIn
			Type  text              `json:"type"`
			Aired anyBool           `json:"aired"`
			Date  moment            `json:"date"`
			IDs   object[idsIn]     `json:"ids"`
			TVDB  object[episodeIn] `json:"tvdb"`
		}
		if json.Unmarshal(raw, &in) != nil {
			continue
		}
		tvdb := in.TVDB.get()
		e := Episode{
			ID: in.IDs.get().ids().Simkl, Title: string(in.Title), Season: in.Season.pointer(), Number: in.number(),
			TVDBSeason: tvdb.Season.pointer(), TVDBNumber: tvdb.number(),
			Special: in.Type == "special", Aired: bool(in.Aired), Date: in.Date.Time,
		}
		out = append(out, e)
	}
	return out, nil
}
