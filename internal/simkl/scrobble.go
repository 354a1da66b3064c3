package simkl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/simkld/simkld/internal/media"
)

// Title names a film or series to Simkl. Ids come first there, then title and year (simkl-api.md 5.1).
type Title struct {
	Container media.AnswerKind
	IDs       media.IDs
	Name      string
	Year      int
}

// Scrobble is one call about what is playing.
type Scrobble struct {
	Title
	// Season and Number are the episode; both are nil for a film, also for an anime film. An anime may have a number alone.
	Season, Number *int
	// Progress is 0 to 100; it is cut to two decimals.
	Progress float64
}

// Scrobbled is what Simkl took a call for and what it did.
type Scrobbled struct {
	media.Answer
	// Progress is the one Simkl keeps.
	Progress float64
	// RewatchID and RewatchStatus belong to a stop that asked for a rewatch (simkl-api.md 5.6); else 0 and "".
	RewatchID     int64
	RewatchStatus string
}

type titleOut struct {
	Title string  `json:"title,omitempty"`
	Year  int     `json:"year,omitempty"`
	IDs   *idsOut `json:"ids,omitempty"`
}

func (t Title) out() *titleOut { return &titleOut{Title: t.Name, Year: t.Year, IDs: outIDs(t.IDs)} }

type episodeOut struct {
	Season *int `json:"season,omitempty"`
	Number *int `json:"number,omitempty"`
}

type scrobbleOut struct {
	Progress float64     `json:"progress"`
	Movie    *titleOut   `json:"movie,omitempty"`
	Show     *titleOut   `json:"show,omitempty"`
	Anime    *titleOut   `json:"anime,omitempty"`
	Episode  *episodeOut `json:"episode,omitempty"`
}

func (s Scrobble) out() (scrobbleOut, error) {
	out := scrobbleOut{Progress: media.CutPercent(s.Progress)}
	if s.Name == "" && s.IDs.IsZero() {
		return out, invalid("a title needs a name or an id")
	}
	switch s.Container {
	case media.AnswerMovie:
		out.Movie = s.Title.out()
		if s.Season != nil || s.Number != nil {
			return out, invalid("a film has no episode")
		}
		return out, nil
	case media.AnswerShow:
		out.Show = s.Title.out()
		if s.Number == nil {
			return out, invalid("an episode needs its number")
		}
	case media.AnswerAnime:
		out.Anime = s.Title.out()
		if s.Number == nil && s.Season != nil {
			return out, invalid("an episode needs its number")
		}
	default:
		return out, invalid(fmt.Sprintf("unknown container %q", s.Container))
	}
	if s.Number != nil {
		out.Episode = &episodeOut{Season: s.Season, Number: s.Number}
	}
	return out, nil
}

// invalid is a request that is not sent because Simkl would refuse it or understand more than was meant.
func invalid(what string) *Error {
	return &Error{Class: Refused, Endpoint: "simkl request", Message: what, Err: fmt.Errorf("invalid request: %s", what)}
}

// Start says that playing began or went on.
func (c *Client) Start(ctx context.Context, s Scrobble) (Scrobbled, error) {
	return c.scrobble(ctx, "/scrobble/start", nil, s)
}

// Pause says that playing paused. It never marks anything watched.
func (c *Client) Pause(ctx context.Context, s Scrobble) (Scrobbled, error) {
	return c.scrobble(ctx, "/scrobble/pause", nil, s)
}

// Stop says that playing ended; at 80 or more it marks the item watched. rewatch asks for a rewatch where Simkl has the
// watch already (Pro and VIP).
func (c *Client) Stop(ctx context.Context, s Scrobble, rewatch bool) (Scrobbled, error) {
	var query url.Values
	if rewatch {
		query = url.Values{"allow_rewatch": {"yes"}}
	}
	return c.scrobble(ctx, "/scrobble/stop", query, s)
}

// Checkin says that something is being watched elsewhere; Simkl marks it watched by itself at its end. The answer's
// Playback is what DeletePlayback cancels it by.
func (c *Client) Checkin(ctx context.Context, s Scrobble) (Scrobbled, error) {
	return c.scrobble(ctx, "/scrobble/checkin", nil, s)
}

func (c *Client) scrobble(ctx context.Context, path string, query url.Values, s Scrobble) (Scrobbled, error) {
	body, err := s.out()
	if err != nil {
		return Scrobbled{}, err
	}
	r := request{method: http.MethodPost, base: c.api, path: path, query: query, body: body}
	a, err := c.do(ctx, r)
	if err != nil {
		return Scrobbled{}, err
	}
	var in struct {
		containersIn
		ID            integer `json:"id"`
		Action        text    `json:"action"`
		Progress      decimal `json:"progress"`
		RewatchID     integer `json:"rewatch_id"`
		RewatchStatus text    `json:"rewatch_status"`
		// NotFound is how the sync writes say that they matched nothing; product.md 6 wants it understood here too.
		NotFound object[notFoundIn] `json:"not_found"`
	}
	var title media.Answer
	if err := a.decode(r, &in, func() bool {
		var ok bool
		title, ok = in.answer()
		return ok && in.Action != "" || in.NotFound.get().any()
	}); err != nil {
		return Scrobbled{}, err
	}
	if in.NotFound.get().any() {
		return Scrobbled{}, &Error{Class: NoMatch, Status: a.status, Endpoint: r.endpoint()}
	}
	title.Action = string(in.Action)
	if title.Action == "pause" || title.Action == "checkin" {
		title.Playback = in.ID.int64() // the id of a start is never one to delete by (simkl-api.md 17, 11)
	}
	return Scrobbled{
		Answer: title, Progress: float64(in.Progress),
		RewatchID: in.RewatchID.int64(), RewatchStatus: string(in.RewatchStatus),
	}, nil
}
