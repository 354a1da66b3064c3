package deliver

import (
	"context"
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// Names finds what the detail page of a title says. It may ask Simkl, once for each title.
type Names interface {
	Names(ctx context.Context, answer media.Answer) ([]string, error)
	IDs(ctx context.Context, answer media.Answer) (media.IDs, error)
	// Country is two letters in upper case, "" where Simkl does not say.
	Country(ctx context.Context, answer media.Answer) (string, error)
	// Missing reports whether Simkl said not long ago that it does not know what is asked for; NoteMissing remembers that
	// it said so, NoteKnown that it knows the title.
	Missing(ctx context.Context, asked Inquiry) bool
	NoteMissing(ctx context.Context, asked Inquiry)
	NoteKnown(ctx context.Context, asked Inquiry)
}

// trusted compares Simkl's answer with what was asked (product.md 5, Trust). byID says that the ids of asked were
// sent. An error means that it could not be found out: the answer is neither trusted nor distrusted.
func trusted(ctx context.Context, asked media.Match, byID bool, got media.Answer, names Names) (bool, error) {
	if byID && asked.IDs.Shares(got.IDs) {
		return true, nil
	}
	if !kindAgrees(asked.Kind, got) || !yearAgrees(asked.Year, got.Year) || !numbersAgree(asked, got) {
		return false, nil
	}
	if ok, err := countryAgrees(ctx, asked, got, names); err != nil || !ok {
		return false, err
	}
	return titleAgrees(ctx, asked, got, names)
}

// countryAgrees: where the name carries a country, a namesake of another one is somebody else (The Office, US and UK).
func countryAgrees(ctx context.Context, asked media.Match, got media.Answer, names Names) (bool, error) {
	if asked.Country == "" {
		return true, nil
	}
	country, err := names.Country(ctx, got)
	return country == "" || strings.EqualFold(country, asked.Country), err
}

// countryWord is how a country stands behind a title.
func countryWord(country string) string {
	if country == "GB" {
		return "UK"
	}
	return country
}

// titleAgrees compares folded titles, the alternative ones too.
func titleAgrees(ctx context.Context, asked media.Match, got media.Answer, names Names) (bool, error) {
	want := spellings(asked)
	if want.has(got.Title) {
		return true, nil
	}
	others, err := names.Names(ctx, got)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(others, want.has), nil
}

// spelled are the folded spellings that stand for one title.
type spelled map[string]bool

func (s spelled) has(title string) bool { return title != "" && s[matcher.Fold(title)] }

// spellings are the ways a title may be written: alone, with its country, with its part.
func spellings(m media.Match) spelled {
	s := spelled{matcher.Fold(m.Title): true}
	if m.Country != "" {
		s[matcher.Fold(m.Title+" "+m.Country)] = true
		s[matcher.Fold(m.Title+" "+countryWord(m.Country))] = true
	}
	delete(s, "")
	return s
}

// kindAgrees: a show may be an anime, a film an anime film.
func kindAgrees(kind media.Kind, got media.Answer) bool {
	switch kind {
	case media.KindMovie:
		return got.Kind == media.AnswerMovie ||
			got.Kind == media.AnswerAnime && (got.AnimeType == "" || got.AnimeType == "movie") && got.Episode == nil
	case media.KindEpisode:
		return got.Kind == media.AnswerShow || got.Kind == media.AnswerAnime && got.AnimeType != "movie"
	case media.KindNone:
	}
	return false
}

func yearAgrees(asked, got int) bool {
	return asked == 0 || got == 0 || (asked-got <= 1 && got-asked <= 1)
}

// numbersAgree: the numbers sent equal the season and number that Simkl chose, or those of TVDB.
func numbersAgree(asked media.Match, got media.Answer) bool {
	if asked.Kind != media.KindEpisode {
		return true
	}
	season, number, ok := numbers(asked)
	if !ok {
		return false
	}
	return same(season, number, got.Season, got.Episode) || same(season, number, got.TVDBSeason, got.TVDBEpisode)
}

// same compares numbers. Without a season that was sent, the number alone decides.
func same(season *int, number int, gotSeason, gotNumber *int) bool {
	if gotNumber == nil || *gotNumber != number {
		return false
	}
	return season == nil || gotSeason != nil && *gotSeason == *season
}

// numbers are the season and number that are sent for an episode; ok is false for one that has no whole number.
func numbers(m media.Match) (season *int, number int, ok bool) {
	list := m.Episodes
	season = m.Season
	if len(list) == 0 {
		list, season = m.Absolute, nil
	}
	if len(list) == 0 {
		return nil, 0, false
	}
	number, ok = list[0].Int()
	return season, number, ok
}

// SameItem reports whether a row of Simkl's is the film or episode of a match, by what is known without asking: an id,
// the answer that is trusted for the title (nil for none), or the title itself. In doubt it is another one.
func SameItem(asked media.Match, known *media.Answer, got media.Answer) bool {
	if !kindAgrees(asked.Kind, got) || !numbersAgree(asked, got) {
		return false
	}
	switch {
	case known != nil && known.IDs.Simkl != 0 && got.IDs.Simkl != 0:
		return known.IDs.Simkl == got.IDs.Simkl
	case asked.IDs.Shares(got.IDs):
		return true
	case asked.IDs.Simkl != 0, asked.Country != "" && matcher.Fold(asked.Title) == matcher.Fold(got.Title):
		return false // another title, or perhaps its namesake of another country
	}
	return yearAgrees(asked.Year, got.Year) && spellings(asked).has(got.Title)
}
