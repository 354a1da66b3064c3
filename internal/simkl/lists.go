package simkl

import (
	"context"
	"net/http"
	"slices"

	"github.com/simkld/simkld/internal/media"
)

// Statuses are the lists of the watchlist (simkl-api.md 2.2). A film knows no "watching" and no "hold".
var Statuses = []string{"watching", "plantowatch", "hold", "dropped", "completed"}

type listOut struct {
	titleOut
	To     string `json:"to,omitempty"`
	Rating int    `json:"rating,omitempty"`
}

type listsOut struct {
	Movies []listOut `json:"movies,omitempty"`
	Shows  []listOut `json:"shows,omitempty"`
	Anime  []listOut `json:"anime,omitempty"`
}

func (l *listsOut) add(kind media.AnswerKind, item listOut) error {
	switch kind {
	case media.AnswerMovie:
		l.Movies = append(l.Movies, item)
	case media.AnswerShow:
		l.Shows = append(l.Shows, item)
	case media.AnswerAnime:
		l.Anime = append(l.Anime, item)
	default:
		return invalid("a title needs a container")
	}
	return nil
}

// AddToList puts a title on one of the lists and gives the list that Simkl chose: it may be another (simkl-api.md 8.4). A
// film to "watching" or "hold" is refused here, since Simkl would mark it watched. An *Error of class NoMatch is a title
// that Simkl does not know.
func (c *Client) AddToList(ctx context.Context, t Title, to string) (string, error) {
	if !slices.Contains(Statuses, to) {
		return "", invalid("there is no such list")
	}
	if t.Container == media.AnswerMovie && (to == "watching" || to == "hold") {
		return "", invalid("Simkl would mark the film watched")
	}
	var body listsOut
	if err := body.add(t.Container, listOut{titleOut: *t.out(), To: to}); err != nil {
		return "", err
	}
	r := request{method: http.MethodPost, base: c.api, path: "/sync/add-to-list", body: body}
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	type rowIn struct {
		To text `json:"to"`
	}
	type addedIn struct {
		Movies list[rowIn] `json:"movies"`
		Shows  list[rowIn] `json:"shows"`
		Anime  list[rowIn] `json:"anime"`
	}
	var in struct {
		Added    object[addedIn]    `json:"added"`
		NotFound object[notFoundIn] `json:"not_found"`
	}
	if err := a.decode(r, &in, func() bool { return in.Added.value != nil }); err != nil {
		return "", err
	}
	if in.NotFound.get().any() {
		return "", &Error{Class: NoMatch, Status: a.status, Endpoint: r.endpoint()}
	}
	added := in.Added.get()
	for _, row := range slices.Concat(added.Movies, added.Shows, added.Anime) {
		if row.To != "" {
			return string(row.To), nil
		}
	}
	return to, nil
}

// Rate rates a title from 1 to 10 and gives the list it is on since: rating one that was on none files it
// (simkl-api.md 8.5). Simkl rates no single episodes.
func (c *Client) Rate(ctx context.Context, t Title, rating int) (string, error) {
	if rating < 1 || rating > 10 {
		return "", invalid("a rating is 1 to 10")
	}
	var body listsOut
	if err := body.add(t.Container, listOut{titleOut: *t.out(), Rating: rating}); err != nil {
		return "", err
	}
	r := request{method: http.MethodPost, base: c.api, path: "/sync/ratings", body: body}
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	var in struct {
		Added    object[historyCountsIn] `json:"added"`
		NotFound object[notFoundIn]      `json:"not_found"`
	}
	if err := a.decode(r, &in, func() bool { return in.Added.value != nil }); err != nil {
		return "", err
	}
	if in.NotFound.get().any() {
		return "", &Error{Class: NoMatch, Status: a.status, Endpoint: r.endpoint()}
	}
	for _, s := range in.Added.get().Statuses {
		if s.Response.Status != "" {
			return string(s.Response.Status), nil
		}
	}
	return "", nil
}
