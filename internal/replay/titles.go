package replay

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
	"github.com/simkld/simkld/players"
)

// entry is a title as the sandbox reads it.
type entry struct {
	Simkl     int               `json:"simkl"`
	Kind      string            `json:"kind"`
	AnimeType string            `json:"anime_type,omitempty"`
	Title     string            `json:"title"`
	Slug      string            `json:"slug"`
	Year      int               `json:"year"`
	Runtime   int               `json:"runtime,omitempty"`
	Seasons   []int             `json:"seasons,omitempty"`
	Specials  int               `json:"specials,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`
}

const (
	// firstID keeps the numbers of these titles away from those of real ones.
	firstID = 1_000_001
	// The most seasons and episodes that a title is given: numbers of a file are whatever somebody has written.
	seasonsMost  = 60
	episodesMost = 3000
	yearUnknown  = 2000
)

// titles is a catalog with every title that the recording names, so that a name that was replaced is known too.
func titles(events []players.Event) []byte {
	var list []*entry
	known := map[string]*entry{}
	for _, e := range events {
		m := matcher.Match(matcher.Input{Path: e.Item.Path, Title: e.Item.Title, Tags: e.Item.Tags})
		if m.Kind == media.KindNone || m.Title == "" {
			continue
		}
		key := fmt.Sprintf("%s %s %v", m.Kind, m.Title, len(m.Absolute) > 0 && m.Season == nil)
		t := known[key]
		if t == nil {
			t = &entry{Simkl: firstID + len(list), Kind: "tv", Title: m.Title, Year: m.Year, Runtime: int(e.Item.Length.Minutes())}
			t.Slug = fmt.Sprintf("title-%d", t.Simkl)
			known[key] = t
			list = append(list, t)
		}
		t.learn(m)
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for _, t := range list {
		if t.Year == 0 {
			t.Year = yearUnknown
		}
		if err := out.Encode(t); err != nil {
			continue // an entry of texts and numbers can always be written
		}
	}
	if b.Len() == 0 {
		b.WriteByte('\n') // a catalog without titles, not the built-in one
	}
	return b.Bytes()
}

// learn lets a title have what a file says of it.
func (t *entry) learn(m media.Match) {
	if t.Year == 0 {
		t.Year = m.Year
	}
	if t.IDs == nil {
		t.IDs = map[string]string{}
	}
	for key, id := range map[string]string{"imdb": m.IDs.IMDB, "tmdb": m.IDs.TMDB, "tvdb": m.IDs.TVDB, "mal": m.IDs.MAL, "anidb": m.IDs.AniDB} {
		if id != "" && t.IDs[key] == "" {
			t.IDs[key] = id
		}
	}
	if m.Kind == media.KindMovie {
		t.Kind = "movie"
		return
	}
	season, numbers := 1, m.Episodes
	switch {
	case m.Season != nil:
		season = *m.Season
	case len(m.Absolute) > 0:
		t.Kind, t.AnimeType, numbers = "anime", "tv", m.Absolute
	}
	most := 1
	for _, n := range numbers {
		most = max(most, min(int(n), episodesMost))
	}
	if season == 0 {
		t.Specials = max(t.Specials, most)
		season, most = 1, 1
	}
	season = min(season, seasonsMost)
	for len(t.Seasons) < season {
		t.Seasons = append(t.Seasons, 1)
	}
	t.Seasons[season-1] = max(t.Seasons[season-1], most)
}
