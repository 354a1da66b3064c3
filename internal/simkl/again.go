package simkl

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// Again sends a GET of the request log once more, as it was sent then and with today's token, and gives the answer's
// body, which is untrusted text. What was masked in the log cannot be sent and is refused.
func (c *Client) Again(ctx context.Context, path string, query url.Values) ([]byte, error) {
	r := request{method: http.MethodGet, base: c.api, path: path, query: maps.Clone(query)}
	for _, ours := range []string{"client_id", "app-name", "app-version"} {
		delete(r.query, ours) // build adds them
	}
	if strings.Contains(path, masked) || strings.Contains(r.query.Encode(), url.QueryEscape(masked)) {
		return nil, invalid("it held a secret, which is not kept")
	}
	switch section, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); section {
	case "discover", "calendar":
		r.base, r.auth, r.uncounted = c.data, authNone, true
	case "movies", "tv", "anime":
		r.auth, r.uncounted = authNone, true
	case "oauth":
		r.auth = authNone
	case "search":
		r.auth = authV2
	}
	a, err := c.do(ctx, r)
	if err == nil && !json.Valid(a.body) {
		err = foreign(r, a.status, errors.New("the answer is not JSON"))
	}
	return a.body, err
}
