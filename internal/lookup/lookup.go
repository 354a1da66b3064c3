package lookup

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

// Catalog is what of Simkl is needed to find a title.
type Catalog interface {
	Search(ctx context.Context, kind media.AnswerKind, name string) ([]simkl.Hit, error)
	SearchFile(ctx context.Context, name string, part int) (media.Answer, bool, error)
	Detail(ctx context.Context, kind media.AnswerKind, id media.SimklID) (simkl.Detail, error)
	Episodes(ctx context.Context, kind media.AnswerKind, id media.SimklID) ([]simkl.Episode, error)
}

// Question is a file whose title is looked for.
type Question struct {
	// Words are searched for; empty for no search.
	Words string
	// Match is what the name of the file says.
	Match media.Match
	// File is a name whose last part goes to Simkl's own reader of file names; empty for none.
	File string
	// Length is how long the file runs, 0 when unknown.
	Length time.Duration
	// Known are titles that an earlier answer named.
	Known []media.Answer
}

// Candidate is a title that the file may be.
type Candidate struct {
	// Answer has the numbers, and the title, of the episode where the title has it.
	media.Answer
	// Country is two small letters, "" when unknown.
	Country string
	// Score is between 0 and 1.
	Score float64
	// Flaw says why the candidate cannot be right: "has no S03E07"; "" when nothing speaks against it.
	Flaw string

	names    []string
	runtime  time.Duration
	episodes []simkl.Episode
	listed   bool // episodes are what Simkl has
}

// The pages of the best few are read: they are not counted, but each takes its turn of half a second.
const (
	mostPages = 3
	mostShown = 6
)

// Find gives the titles that a file may be, the best first. A search that fails ends it; a page that cannot be read only
// leaves its title with less evidence.
func Find(ctx context.Context, from Catalog, q Question) ([]Candidate, error) {
	all, err := gather(ctx, from, q)
	if err != nil {
		return nil, err
	}
	rank(all, q)
	all = all[:min(len(all), mostShown)]
	for i := range all[:min(len(all), mostPages)] {
		if err := all[i].read(ctx, from, q); err != nil {
			return nil, err
		}
	}
	rank(all, q)
	return all, nil
}

// gather collects candidates, each once.
func gather(ctx context.Context, from Catalog, q Question) ([]Candidate, error) {
	var all []Candidate
	add := func(c Candidate) {
		for i := range all {
			if all[i].IDs.Simkl == c.IDs.Simkl {
				if len(all[i].names) == 0 {
					all[i].names = c.names
				}
				return
			}
		}
		all = append(all, c)
	}
	if q.Words != "" {
		for _, kind := range kindsOf(q.Match) {
			hits, err := from.Search(ctx, kind, q.Words)
			if err != nil {
				return nil, err
			}
			for _, h := range hits {
				add(Candidate{Answer: AnswerOf(h), names: h.AltTitles})
			}
		}
	}
	if q.File != "" {
		answer, found, err := from.SearchFile(ctx, q.File, 0)
		if err != nil {
			return nil, err
		}
		if found && answer.IDs.Simkl != 0 {
			add(Candidate{Answer: titleOf(answer)})
		}
	}
	for _, known := range q.Known {
		if known.IDs.Simkl != 0 {
			add(Candidate{Answer: titleOf(known)})
		}
	}
	return all, nil
}

// kindsOf are the kinds that a file can be: one search is made for each.
func kindsOf(m media.Match) []media.AnswerKind {
	switch m.Kind {
	case media.KindMovie:
		if m.Anime {
			return []media.AnswerKind{media.AnswerAnime, media.AnswerMovie}
		}
		return []media.AnswerKind{media.AnswerMovie, media.AnswerAnime}
	case media.KindEpisode:
		if m.Anime || m.Season == nil && len(m.Absolute) > 0 {
			return []media.AnswerKind{media.AnswerAnime, media.AnswerShow}
		}
		return []media.AnswerKind{media.AnswerShow, media.AnswerAnime}
	case media.KindNone:
	}
	return []media.AnswerKind{media.AnswerMovie, media.AnswerShow, media.AnswerAnime}
}

// AnswerOf is a hit of a search as an answer without an episode.
func AnswerOf(h simkl.Hit) media.Answer {
	return media.Answer{Kind: h.Kind, Title: h.Title, Year: h.Year, IDs: h.IDs, Slug: h.Slug, AnimeType: h.AnimeType}
}

// titleOf is an answer without what belongs to one episode and one call.
func titleOf(a media.Answer) media.Answer {
	return media.Answer{Kind: a.Kind, Title: a.Title, Year: a.Year, IDs: a.IDs, Slug: a.Slug, AnimeType: a.AnimeType}
}

// isFilm reports whether a title has no episodes.
func isFilm(a media.Answer) bool {
	return a.Kind == media.AnswerMovie || a.Kind == media.AnswerAnime && a.AnimeType == "movie"
}

// read takes what the pages of a title say.
func (c *Candidate) read(ctx context.Context, from Catalog, q Question) error {
	detail, err := from.Detail(ctx, c.Kind, c.IDs.Simkl)
	if c.Kind == media.AnswerShow && simkl.ClassOf(err) == simkl.Gone {
		// The reader of file names calls an anime a show.
		if detail, err = from.Detail(ctx, media.AnswerAnime, c.IDs.Simkl); err == nil {
			c.Kind = media.AnswerAnime
		}
	}
	if err == nil {
		c.Country, c.runtime = detail.Country, detail.Runtime
		c.names = append(c.names, detail.AltTitles...)
		if c.AnimeType == "" {
			c.AnimeType = detail.AnimeType
		}
	} else if ctx.Err() != nil {
		return ctx.Err()
	}
	if isFilm(c.Answer) || q.Match.Kind != media.KindEpisode || !hasNumber(q.Match) {
		return nil
	}
	list, err := from.Episodes(ctx, c.Kind, c.IDs.Simkl)
	if err == nil {
		c.episodes, c.listed = list, len(list) > 0
	}
	return ctx.Err()
}

func hasNumber(m media.Match) bool { return len(m.Episodes)+len(m.Absolute) > 0 }

func rank(all []Candidate, q Question) {
	for i := range all {
		all[i].judge(q)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		switch {
		case (a.Flaw == "") != (b.Flaw == ""):
			if a.Flaw == "" {
				return -1
			}
			return 1
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
}

// EpisodeLabel is how people read the numbers of a match without its title: "S03E07", "E05".
func EpisodeLabel(m media.Match) string {
	m.Kind, m.Title = media.KindEpisode, "-"
	return strings.TrimPrefix(m.Label(), "- ")
}
