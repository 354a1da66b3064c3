package simkl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// posterMost bounds a poster in bytes: those of 340 points are some 30 kB.
const posterMost = 512 << 10

// fragment is what Simkl's fields hold of a picture's address (simkl-api.md 2.6).
var fragment = regexp.MustCompile(`^[0-9A-Za-z]{1,8}/[0-9A-Za-z]{1,64}$`)

// errNoPoster says that a title has no poster, or that none are wanted.
var errNoPoster = errors.New("there is no poster")

// Poster gets the poster of a title, 340 points wide, by the fragment of its detail page. It says who asks, but not for
// whom, and is no call of the API: Simkl neither counts nor limits it.
func (c *Client) Poster(ctx context.Context, of string) (picture []byte, contentType string, err error) {
	if c.image == nil || !fragment.MatchString(of) {
		return nil, "", errNoPoster
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.build(ctx, request{method: http.MethodGet, base: c.image, path: "/posters/" + of + "_m.webp", auth: authNone}, Token{})
	if err != nil {
		return nil, "", fmt.Errorf("get a poster: %w", err)
	}
	req.Header.Set("Accept", "image/*")
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, "", fmt.Errorf("get a poster: %w", err)
	}
	defer resp.Body.Close()
	contentType = resp.Header.Get("Content-Type")
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(contentType, "image/") || strings.HasPrefix(contentType, "image/svg") {
		return nil, "", fmt.Errorf("get a poster: the answer is %d, %q", resp.StatusCode, contentType)
	}
	picture, err = io.ReadAll(io.LimitReader(resp.Body, posterMost+1))
	if err == nil && len(picture) > posterMost {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, "", fmt.Errorf("get a poster: %w", err)
	}
	return picture, contentType, nil
}
