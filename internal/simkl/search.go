package simkl

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// Hit is a title that a search found.
type Hit struct {
	Kind  media.AnswerKind
	Title string
	Year  int
	IDs   media.IDs
	Slug  string
	// AltTitles are the title's other names; only Search gives them.
	AltTitles []string
	AnimeType string
	// Status is "released", "upcoming", "ended", "airing" or "tba", "" when not given.
	Status string
	// Episodes is how many there are, 0 when not given.
	Episodes int
	// Poster is a path fragment (simkl-api.md 2.6).
	Poster string
}

type hitIn struct {
	titleIn
	SimklID      integer      `json:"simkl_id"`
	Type         text         `json:"type"`
	EndpointType text         `json:"endpoint_type"`
	Status       text         `json:"status"`
	Total        integer      `json:"total_episodes"`
	Count        integer      `json:"ep_count"`
	Poster       text         `json:"poster"`
	English      nameIn       `json:"title_en"`
	Romaji       nameIn       `json:"title_romaji"`
	All          list[nameIn] `json:"all_titles"`
	Alt          list[nameIn] `json:"alt_titles"`
}

// kinds are the words Simkl has for each container.
var kinds = map[text]media.AnswerKind{
	"movie": media.AnswerMovie, "movies": media.AnswerMovie,
	"tv": media.AnswerShow, "show": media.AnswerShow, "shows": media.AnswerShow,
	"anime": media.AnswerAnime,
}

// hit reads a row. asked is the kind that was searched for; a row may say another.
func (in hitIn) hit(asked media.AnswerKind) (Hit, bool) {
	ids := in.IDs.get()
	h := Hit{
		Kind: asked, Title: string(in.Title), Year: in.Year.int(), IDs: ids.ids(), Slug: string(ids.Slug),
		AnimeType: string(in.AnimeType), Status: string(in.Status), Poster: string(in.Poster),
		Episodes: max(in.Total.int(), in.Count.int()),
	}
	if h.IDs.Simkl == 0 {
		h.IDs.Simkl = media.SimklID(in.SimklID.int64())
	}
	switch {
	case kinds[in.EndpointType] != "":
		h.Kind = kinds[in.EndpointType]
		if h.AnimeType == "" && h.Kind == media.AnswerAnime {
			h.AnimeType = string(in.Type) // beside endpoint_type, type is the kind of anime (simkl-api.md 9.2)
		}
	case asked == "":
		h.Kind = kinds[in.Type]
	case asked == media.AnswerAnime:
		h.AnimeType = string(in.Type)
	}
	for _, n := range names(append(append(list[nameIn]{in.English, in.Romaji}, in.All...), in.Alt...)) {
		if n != h.Title {
			h.AltTitles = append(h.AltTitles, n)
		}
	}
	return h, h.Kind != "" && h.IDs.Simkl != 0
}

func (c *Client) hits(ctx context.Context, r request, asked media.AnswerKind) ([]Hit, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(r)
	if err != nil {
		return nil, err
	}
	var out []Hit
	for _, raw := range rows {
		var in hitIn
		if json.Unmarshal(raw, &in) != nil {
			continue
		}
		if h, ok := in.hit(asked); ok {
			out = append(out, h)
		}
	}
	return out, nil
}

// Search looks for a title of one kind by its name, with all its names. The best hit comes first. It is never made for what a
// player plays before that is sent (product.md 5, Trust).
func (c *Client) Search(ctx context.Context, kind media.AnswerKind, name string) ([]Hit, error) {
	word, ok := map[media.AnswerKind]string{media.AnswerMovie: "movie", media.AnswerShow: "tv", media.AnswerAnime: "anime"}[kind]
	if !ok || strings.TrimSpace(name) == "" {
		return nil, invalid("a search needs a kind and a name")
	}
	return c.hits(ctx, request{
		method: http.MethodGet, base: c.api, path: "/search/" + word, auth: authV2,
		query: url.Values{"q": {name}, "extended": {"full"}},
	}, kind)
}

// SearchID finds a title by one of its ids, or by its name and year where it has none. A TMDB id needs the container,
// since films and series are numbered apart.
func (c *Client) SearchID(ctx context.Context, t Title) ([]Hit, error) {
	q := url.Values{}
	ids := []struct{ key, value string }{
		{"imdb", t.IDs.IMDB},
		{"tvdb", t.IDs.TVDB},
		{"mal", t.IDs.MAL},
		{"anidb", t.IDs.AniDB},
		{"anilist", t.IDs.AniList},
		{"kitsu", t.IDs.Kitsu},
		{"tmdb", t.IDs.TMDB},
	}
	if t.IDs.Simkl != 0 {
		q.Set("simkl", strconv.FormatInt(int64(t.IDs.Simkl), 10))
	}
	for _, id := range ids {
		if len(q) == 0 && id.value != "" {
			q.Set(id.key, id.value)
		}
	}
	if len(q) == 0 && t.Name != "" {
		q.Set("title", t.Name)
		if t.Year != 0 {
			q.Set("year", strconv.Itoa(t.Year))
		}
	}
	if len(q) == 0 {
		return nil, invalid("a search needs an id or a name")
	}
	if kind := sections[t.Container]; kind != "" && (q.Has("tmdb") || q.Has("title")) {
		q.Set("type", strings.TrimSuffix(kind, "s"))
	}
	return c.hits(ctx, request{method: http.MethodGet, base: c.api, path: "/search/id", auth: authV2, query: q}, "")
}

// SearchFile asks Simkl what a file is, and says false where it does not know. Only the last part of name is sent. It is
// for single files that the user asked about, never for a library (simkl-api.md 15). part counts the episodes of a
// file with several from 1; 0 is not sent.
func (c *Client) SearchFile(ctx context.Context, name string, part int) (media.Answer, bool, error) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	if strings.Trim(base, "./ ") == "" {
		return media.Answer{}, false, invalid("a search needs a file name")
	}
	r := request{method: http.MethodPost, base: c.api, path: "/search/file", auth: authV2, body: struct {
		File string `json:"file"`
		Part int    `json:"part,omitempty"`
	}{base, part}}
	a, err := c.do(ctx, r)
	if err != nil {
		return media.Answer{}, false, err
	}
	var in struct {
		containersIn
		Type text `json:"type"`
	}
	var none []json.RawMessage
	if json.Unmarshal(a.body, &none) == nil && len(none) == 0 { // null or []
		return media.Answer{}, false, nil
	}
	var found media.Answer
	err = a.decode(r, &in, func() bool {
		var ok bool
		found, ok = in.answer()
		return ok
	})
	return found, err == nil, err
}
