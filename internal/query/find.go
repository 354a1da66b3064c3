package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/matcher"
)

// Catalog is what of Simkl is needed to find a title.
type Catalog interface {
	Search(ctx context.Context, kind media.AnswerKind, name string) ([]simkl.Hit, error)
	SearchID(ctx context.Context, t simkl.Title) ([]simkl.Hit, error)
	Detail(ctx context.Context, kind media.AnswerKind, id media.SimklID) (simkl.Detail, error)
}

// Wanted says what a command can use.
type Wanted string

// What can be wanted. Where titles of both sorts fit, FilmFirst and SeriesFirst take those of the one.
const (
	// Series is for what only a series has: --complete. A QUERY with episodes wants one too.
	Series Wanted = "series"
	// FilmFirst is for one watch: without an episode only a film can be meant.
	FilmFirst Wanted = "film first"
	// SeriesFirst is for the lists that have no films.
	SeriesFirst Wanted = "series first"
	// Any takes whatever there is.
	Any Wanted = "any"
)

// AmbiguousError is a QUERY that fits no title or more than one. Its text is for the log; the command shows the titles.
type AmbiguousError struct {
	Query Query
	// Fits are the titles that fit, or with None those that are near, the likeliest first.
	Fits []simkl.Hit
	None bool
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q fits %d titles", e.Query.Text, len(e.Fits))
}

// Film reports whether a title has no episodes.
func Film(h simkl.Hit) bool {
	return h.Kind == media.AnswerMovie || h.Kind == media.AnswerAnime && h.AnimeType == "movie"
}

// Find finds the title. Errors are an *AmbiguousError, a *fault.Error of kind Usage or NotFound, or those of the catalog.
func Find(ctx context.Context, from Catalog, q Query, want Wanted) (simkl.Hit, error) {
	if q.HasEpisodes() {
		want = Series
	}
	if q.IDs.Simkl != 0 {
		return page(ctx, from, q, want)
	}
	fits, near, err := search(ctx, from, q, want)
	if err != nil {
		return simkl.Hit{}, err
	}
	fits = narrow(fits, want)
	if q.Season != nil {
		fits = oneOfCours(fits)
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) == 0 && q.Title == "":
		return simkl.Hit{}, fault.New(fault.NotFound, "Simkl knows no title with the id "+q.Text, "check the id, or name the title")
	case len(fits) == 0:
		return simkl.Hit{}, &AmbiguousError{Query: q, Fits: near, None: true}
	}
	return simkl.Hit{}, &AmbiguousError{Query: q, Fits: fits}
}

// page reads the title off its page, in the likeliest kind first: one page is right, none is counted.
func page(ctx context.Context, from Catalog, q Query, want Wanted) (simkl.Hit, error) {
	kinds := kindsOf(q, want)
	if q.Kind != "" {
		kinds = []media.AnswerKind{q.Kind}
	} else if !slices.Contains(kinds, media.AnswerMovie) {
		kinds = append(kinds, media.AnswerMovie) // its number is unique: it may be a film, which is then said
	}
	for _, kind := range kinds {
		d, err := from.Detail(ctx, kind, q.IDs.Simkl)
		switch class := simkl.ClassOf(err); {
		case err == nil:
			return hitOf(d), nil
		case class == simkl.Gone, class == simkl.Foreign: // no title of that kind has the number (simkl-api.md 2.3)
		default:
			return simkl.Hit{}, err
		}
	}
	return simkl.Hit{}, fault.New(fault.NotFound, "Simkl knows no title with the number "+media.Number(q.IDs.Simkl).String(), "check the number")
}

func hitOf(d simkl.Detail) simkl.Hit {
	return simkl.Hit{
		Kind: d.Kind, Title: d.Title, Year: d.Year, IDs: d.IDs, Slug: d.Slug, AltTitles: d.AltTitles, AnimeType: d.AnimeType,
		Status: d.Status, Episodes: d.Episodes, Poster: d.Poster,
	}
}

// kindsOf are the kinds that the title can be, the likeliest first.
func kindsOf(q Query, want Wanted) []media.AnswerKind {
	switch {
	case q.From > 0 && q.Season == nil: // a number without a season is an anime's
		return []media.AnswerKind{media.AnswerAnime, media.AnswerShow}
	case want == Series:
		return []media.AnswerKind{media.AnswerShow, media.AnswerAnime}
	case want == SeriesFirst:
		return []media.AnswerKind{media.AnswerShow, media.AnswerAnime, media.AnswerMovie}
	}
	return []media.AnswerKind{media.AnswerMovie, media.AnswerShow, media.AnswerAnime}
}

// search gives the titles that fit, and those that are near.
func search(ctx context.Context, from Catalog, q Query, want Wanted) (fits, near []simkl.Hit, err error) {
	kinds := kindsOf(q, want)
	switch {
	case q.IDs.TMDB != "": // films and series are numbered apart there; an anime is among the series
		kinds = slices.DeleteFunc(kinds, func(k media.AnswerKind) bool { return k == media.AnswerAnime })
	case q.Title == "":
		kinds = kinds[:1]
	}
	for _, kind := range kinds {
		var hits []simkl.Hit
		if q.Title != "" {
			hits, err = from.Search(ctx, kind, q.Title)
		} else {
			hits, err = from.SearchID(ctx, simkl.Title{Container: kind, IDs: q.IDs})
		}
		if err != nil {
			return nil, nil, err
		}
		near = append(near, hits...)
	}
	if q.Title == "" {
		for i := range near {
			near[i].IDs = withTyped(near[i].IDs, q.IDs)
		}
		return near, near, nil
	}
	return exact(near, q), near, nil
}

// withTyped is what Simkl says of a title's ids, and the one that it was asked by.
func withTyped(ids, typed media.IDs) media.IDs {
	typed.Simkl = ids.Simkl
	return typed
}

// exact are the titles that are called so: by their own title, else by another of their names; with the year if given.
func exact(hits []simkl.Hit, q Query) []simkl.Hit {
	hits = slices.Clone(hits)
	hits = slices.DeleteFunc(hits, func(h simkl.Hit) bool { return q.Year != 0 && h.Year != q.Year })
	called := func(h simkl.Hit) bool { return matcher.Same(h.Title, q.Title) }
	also := func(h simkl.Hit) bool {
		return called(h) || slices.ContainsFunc(h.AltTitles, func(name string) bool { return matcher.Same(name, q.Title) })
	}
	for _, is := range []func(simkl.Hit) bool{called, also} {
		var fits []simkl.Hit
		for _, h := range hits {
			if is(h) && !slices.ContainsFunc(fits, func(f simkl.Hit) bool { return f.IDs.Simkl == h.IDs.Simkl }) {
				fits = append(fits, h)
			}
		}
		if len(fits) > 0 {
			return fits
		}
	}
	return nil
}

// narrow takes the titles of the sort that is wanted, where there are any.
func narrow(fits []simkl.Hit, want Wanted) []simkl.Hit {
	if want == Any {
		return fits
	}
	var of []simkl.Hit
	for _, h := range fits {
		if Film(h) == (want == FilmFirst) {
			of = append(of, h)
		}
	}
	if len(of) == 0 {
		return fits
	}
	return of
}

// oneOfCours takes the first of several titles that are one series at TVDB: its seasons are counted over all of them, so
// that it is the same whichever is named (simkl-api.md 5.1).
func oneOfCours(fits []simkl.Hit) []simkl.Hit {
	if len(fits) < 2 {
		return fits
	}
	same := func(a, b string) bool { return a != "" && a == b }
	for _, h := range fits[1:] {
		if h.Kind != media.AnswerAnime || fits[0].Kind != media.AnswerAnime ||
			!same(h.IDs.TVDB, fits[0].IDs.TVDB) && !same(h.IDs.TMDB, fits[0].IDs.TMDB) {
			return fits
		}
	}
	return fits[:1]
}

// Target is a title with its episodes as a write to Simkl names them.
type Target struct {
	simkl.Title
	// Season and Numbers are the episodes; no Numbers is the whole Season. A film has neither.
	Season  *int
	Numbers []int
	// TVDBSeasons says that the numbers are TVDB's.
	TVDBSeasons bool
}

// Locate says how the episodes of q are named to Simkl. For an anime S02E03 is TVDB's numbering, named by TVDB's or TMDB's
// id, which may cost a look at the title's page; a bare E05 is the title's own. A title and a QUERY that do not go together are
// errors of kind Usage.
func Locate(ctx context.Context, from Catalog, q Query, h simkl.Hit) (Target, error) {
	t := Target{
		Title:  simkl.Title{Container: h.Kind, IDs: media.IDs{Simkl: h.IDs.Simkl}, Name: h.Title, Year: h.Year},
		Season: q.Season, Numbers: q.Numbers(),
	}
	name := media.Sanitize(h.Title)
	switch {
	case Film(h) && q.HasEpisodes():
		return t, fault.New(fault.Usage, name+" is a film, which has no episode", "leave "+q.Spec()+" out")
	case !q.HasEpisodes():
		return t, nil
	case h.Kind == media.AnswerShow && q.Season == nil:
		return t, fault.New(fault.Usage, name+" is a series with seasons", fmt.Sprintf("say which: S01E%02d", q.From))
	case h.Kind == media.AnswerAnime && q.Season != nil:
		return tvdbTarget(ctx, from, t, h)
	}
	return t, nil
}

// tvdbTarget names an anime by an id of the whole series: Simkl's own is of one cour, and does not go with TVDB's numbers
// (simkl-api.md 8.1).
func tvdbTarget(ctx context.Context, from Catalog, t Target, h simkl.Hit) (Target, error) {
	ids, err := seriesIDs(ctx, from, h)
	if err != nil {
		return t, err
	}
	if !ids.IsZero() {
		t.IDs, t.TVDBSeasons = ids, true
		return t, nil
	}
	if *t.Season == 1 && len(t.Numbers) > 0 {
		t.Season = nil // TVDB does not have it: its first season is the title itself
		return t, nil
	}
	return t, fault.New(fault.NotFound, "TVDB, which counts by seasons, does not have "+media.Sanitize(h.Title), "name the title of that season, and its own number: E05")
}

// Whole names a title as a whole. An anime is named by an id of the whole series, where there is one, so that all its seasons
// are meant (simkl-api.md 8.1).
func Whole(ctx context.Context, from Catalog, h simkl.Hit) (Target, error) {
	t := Target{Title: simkl.Title{Container: h.Kind, IDs: media.IDs{Simkl: h.IDs.Simkl}, Name: h.Title, Year: h.Year}}
	if h.Kind != media.AnswerAnime || Film(h) {
		return t, nil
	}
	ids, err := seriesIDs(ctx, from, h)
	if err == nil && !ids.IsZero() {
		t.IDs, t.TVDBSeasons = ids, true
	}
	return t, err
}

// seriesIDs are those ids of an anime that name all its seasons; none where TVDB and TMDB do not have it.
func seriesIDs(ctx context.Context, from Catalog, h simkl.Hit) (media.IDs, error) {
	if h.IDs.TVDB == "" && h.IDs.TMDB == "" {
		d, err := from.Detail(ctx, media.AnswerAnime, h.IDs.Simkl)
		if err != nil && simkl.ClassOf(err) != simkl.Gone {
			return media.IDs{}, err
		}
		h.IDs = d.IDs
	}
	return media.IDs{TVDB: h.IDs.TVDB, TMDB: h.IDs.TMDB}, nil
}
