package simkl

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Playback is a resume point that Simkl keeps.
type Playback struct {
	media.Answer
	Progress float64
	// PausedAt is in UTC, zero when Simkl does not say.
	PausedAt time.Time
	// Raw is the row as Simkl sent it, for commands that print Simkl's own objects (product.md 7).
	Raw json.RawMessage
}

// PlaybackKind narrows a list of resume points.
type PlaybackKind string

// The kinds, as Simkl writes them in the path.
const (
	AllPlaybacks     PlaybackKind = ""
	MoviePlaybacks   PlaybackKind = "movies"
	EpisodePlaybacks PlaybackKind = "episodes"
)

// Playbacks lists the resume points, the newest first. since leaves out what was paused before; zero for all. It is to
// be asked only when Activities says that something moved.
func (c *Client) Playbacks(ctx context.Context, kind PlaybackKind, since time.Time) ([]Playback, error) {
	r := request{method: http.MethodGet, base: c.api, path: "/sync/playback"}
	if kind != AllPlaybacks {
		r.path += "/" + string(kind)
	}
	if !since.IsZero() {
		r.query = url.Values{"date_from": {since.UTC().Format(time.RFC3339)}}
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(r)
	if err != nil {
		return nil, err
	}
	out := make([]Playback, 0, len(rows))
	for _, raw := range rows {
		if p, ok := ReadPlayback(raw); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// ReadPlayback reads a row as Raw has it. It gives false for one without a title or an id.
func ReadPlayback(raw json.RawMessage) (Playback, bool) {
	var in struct {
		containersIn
		ID       integer `json:"id"`
		Progress decimal `json:"progress"`
		PausedAt moment  `json:"paused_at"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return Playback{}, false
	}
	title, ok := in.answer()
	title.Playback = in.ID.int64()
	return Playback{Answer: title, Progress: float64(in.Progress), PausedAt: in.PausedAt.UTC(), Raw: raw}, ok && title.Playback != 0
}

// DeletePlayback removes a resume point, or cancels the check-in whose answer gave the id. One that is not there is an
// *Error of class Gone.
func (c *Client) DeletePlayback(ctx context.Context, id int64) error {
	r := request{method: http.MethodDelete, base: c.api, path: "/sync/playback/" + strconv.FormatInt(id, 10)}
	if id <= 0 {
		return invalid("a playback needs its id") // the service would answer with the list
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	return a.confirms(r)
}

// rows reads an array of objects; null and {} are empty ones (simkl-api.md 2.3).
func (a answer) rows(r request) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if json.Unmarshal(a.body, &rows) == nil {
		return rows, nil
	}
	var none map[string]json.RawMessage
	return nil, a.decode(r, &none, func() bool { return len(none) == 0 })
}

// confirms accepts an empty answer or any JSON, where the status says all.
func (a answer) confirms(r request) error {
	if len(a.body) == 0 || json.Valid(a.body) {
		return nil
	}
	var none anything
	return a.decode(r, &none, func() bool { return true })
}
