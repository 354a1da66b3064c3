package lookup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/matcher"
)

// What each piece of evidence weighs. What is not known counts half: it speaks neither way.
const (
	weighsTitle   = 0.50
	weighsYear    = 0.15
	weighsKind    = 0.15
	weighsRuntime = 0.08
	weighsEpisode = 0.12
	unknown       = 0.5
)

// judge scores a candidate, and says why it cannot be right.
func (c *Candidate) judge(q Question) {
	c.Flaw, c.Season, c.Episode, c.EpisodeTitle = "", nil, nil, ""
	kind, kindFlaw := c.kind(q.Match)
	year, yearFlaw := c.year(q.Match)
	run, runFlaw := c.run(q)
	episode, episodeFlaw := c.episode(q.Match)
	for _, flaw := range []string{kindFlaw, episodeFlaw, yearFlaw, runFlaw} {
		if c.Flaw == "" {
			c.Flaw = flaw
		}
	}
	c.Score = weighsTitle*c.title(q) + weighsYear*year + weighsKind*kind + weighsRuntime*run + weighsEpisode*episode
}

// title is how much of the words a name of the candidate has, by the best of its names.
func (c *Candidate) title(q Question) float64 {
	words := []string{q.Words}
	if q.Match.Title != "" && q.Words == q.Match.Title && q.Match.Country != "" {
		words = append(words, q.Match.Title+" "+q.Match.Country)
	}
	best := 0.0
	for i, name := range append([]string{c.Title}, c.names...) {
		for _, w := range words {
			alike := likeness(w, name)
			if i > 0 {
				alike *= 0.98 // of two that fit, the one that is called so itself
			}
			best = max(best, alike)
		}
	}
	return best
}

// likeness is 1 for titles that are the same when folded, else the share of the words that they have in common.
func likeness(a, b string) float64 {
	if a == "" || b == "" {
		return 0
	}
	if matcher.Same(a, b) {
		return 1
	}
	count := map[string]int{}
	of, in := strings.Fields(strings.ToLower(a)), strings.Fields(strings.ToLower(b))
	for _, w := range of {
		count[matcher.Fold(w)]++
	}
	common := 0
	for _, w := range in {
		if f := matcher.Fold(w); count[f] > 0 {
			count[f]--
			common++
		}
	}
	return 0.9 * 2 * float64(common) / float64(len(of)+len(in))
}

// year: one that is off by more than one year belongs to a remake or a namesake.
func (c *Candidate) year(m media.Match) (float64, string) {
	off := m.Year - c.Year
	switch {
	case m.Year == 0 || c.Year == 0:
		return unknown, ""
	case off == 0:
		return 1, ""
	case off == 1 || off == -1:
		return 0.8, ""
	case m.Kind == media.KindEpisode && off > 0:
		return 0.3, "" // the year of a season or of an episode is later than the series'
	}
	return 0, fmt.Sprintf("is of %d, the name says %d", c.Year, m.Year)
}

// kind: a film has no episode, and what has one is no film.
func (c *Candidate) kind(m media.Match) (float64, string) {
	film := isFilm(c.Answer)
	switch {
	case m.Kind == media.KindEpisode && film && hasNumber(m):
		return 0, "is a film, and this is an episode"
	case m.Kind == media.KindMovie && !film:
		return 0, "is a series, and the name has no episode"
	case m.Kind == media.KindEpisode && m.Anime != (c.Kind == media.AnswerAnime):
		return 0.6, ""
	case m.Kind == media.KindNone:
		return unknown, ""
	}
	return 1, ""
}

// nearly is how far a run time may be off: credits that are cut, a television that runs faster, a longer cut.
const nearly = 0.15

// run compares run times. Simkl has one of a whole series only, which broadcasts fill with advertisements, so that it
// speaks against a film alone. The files of a film in parts are shorter than it.
func (c *Candidate) run(q Question) (float64, string) {
	if q.Length <= 0 || c.runtime <= 0 || q.Match.Part > 0 || q.Match.Count() > 1 {
		return unknown, ""
	}
	off := float64((q.Length - c.runtime).Abs()) / float64(c.runtime)
	if off <= nearly {
		return 1 - off, "" // of two that fit, the nearer
	}
	if isFilm(c.Answer) && off > 2*nearly && q.Match.Edition == "" {
		return 0, fmt.Sprintf("runs %d min, this %d", minutes(c.runtime), minutes(q.Length))
	}
	return 0, ""
}

func minutes(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }

// episode looks for the episode in Simkl's list.
func (c *Candidate) episode(m media.Match) (float64, string) {
	switch {
	case isFilm(c.Answer):
		return unknown, ""
	case m.Kind != media.KindEpisode || !hasNumber(m):
		return unknown, ""
	case !c.listed:
		return unknown, ""
	}
	if missing := Missing(c.Kind, c.episodes, m); missing != "" {
		return 0, "has no " + missing
	}
	e, ok := Episode(c.Kind, c.episodes, m)
	if !ok {
		return unknown, ""
	}
	c.Season, c.Episode, c.EpisodeTitle = e.Season, e.Number, e.Title
	return 1, ""
}

// Missing names the first episode of a match that Simkl's list of a title does not have: "S03E26". Empty where it has all
// of them, or where the list cannot tell: it numbers neither specials nor, of an anime, every season.
func Missing(kind media.AnswerKind, list []simkl.Episode, m media.Match) string {
	for i := range m.Count() {
		one := m.Episode(i)
		season, number, ok := numbersOf(one)
		if !ok || !numbered(kind, list, season) {
			return ""
		}
		if _, ok := find(kind, list, season, number); !ok {
			return EpisodeLabel(one)
		}
	}
	return ""
}

// Episode finds the (first) episode of a match in a title's list: by Simkl's own season and number, an anime's also by
// TVDB's, and one without a season by the title's own number.
func Episode(kind media.AnswerKind, list []simkl.Episode, m media.Match) (simkl.Episode, bool) {
	season, number, ok := numbersOf(m.Episode(0))
	if !ok {
		return simkl.Episode{}, false
	}
	return find(kind, list, season, number)
}

func numbersOf(m media.Match) (season *int, number int, ok bool) {
	season = m.Season
	list := m.Episodes
	if len(list) == 0 {
		season, list = nil, m.Absolute
	}
	if len(list) == 0 {
		return nil, 0, false
	}
	number, ok = list[0].Int()
	return season, number, ok
}

// numbered reports whether a list can say that an episode of the season does not exist.
func numbered(kind media.AnswerKind, list []simkl.Episode, season *int) bool {
	switch {
	case len(list) == 0, season != nil && *season == 0:
		return false
	case kind == media.AnswerAnime && season != nil && *season > 1:
		return slices.ContainsFunc(list, func(e simkl.Episode) bool { return e.TVDBNumber != nil })
	}
	return true
}

func find(kind media.AnswerKind, list []simkl.Episode, season *int, number int) (simkl.Episode, bool) {
	is := func(n *int, want int) bool { return n != nil && *n == want }
	own := func(e simkl.Episode) bool {
		switch {
		case !is(e.Number, number), e.Special:
			return false
		case kind == media.AnswerAnime:
			return season == nil || *season == 1
		}
		return season == nil || is(e.Season, *season)
	}
	tvdb := func(e simkl.Episode) bool {
		return season != nil && is(e.TVDBSeason, *season) && is(e.TVDBNumber, number)
	}
	for _, fits := range []func(simkl.Episode) bool{tvdb, own} {
		if i := slices.IndexFunc(list, fits); i >= 0 {
			return list[i], true
		}
	}
	return simkl.Episode{}, false
}
