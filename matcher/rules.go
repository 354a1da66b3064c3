package matcher

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/simkld/simkld/internal/media"
)

// RuleKind is what a rule says its title is.
type RuleKind string

// The written forms stand in configuration files and are stored.
const (
	RuleAny   RuleKind = ""
	RuleMovie RuleKind = "movie"
	RuleShow  RuleKind = "show"
	RuleAnime RuleKind = "anime"
)

// Rule is a user's correction: what the files of a folder, or of a title, really are (product.md 4, matcher.rules).
type Rule struct {
	// Path is a glob for the whole path ("**/Monogatari/**"). Empty: any path.
	Path string
	// Title is compared folded with the title that was understood. Empty: any title.
	Title string
	// IDs are what the title is; they replace all others.
	IDs  media.IDs
	Kind RuleKind
	// Season replaces the season; nil leaves it.
	Season *int
	// EpisodeOffset is added to every episode's number.
	EpisodeOffset int
	// Ignore refuses the file.
	Ignore bool
}

// Valid reports whether the rule's glob can be read, and whether the rule names anything at all.
func (r Rule) Valid() bool {
	return (r.Path != "" || r.Title != "") && (r.Path == "" || doublestar.ValidatePattern(slashed(r.Path)))
}

// Matches reports whether the rule is for this path and this understanding of it.
func (r Rule) Matches(path string, m media.Match) bool {
	if r.Path == "" && r.Title == "" {
		return false
	}
	if r.Title != "" && !Same(r.Title, m.Title) && (m.Country == "" || !Same(r.Title, m.Title+m.Country)) {
		return false
	}
	if r.Path == "" {
		return true
	}
	ok, err := doublestar.Match(slashed(r.Path), slashed(path))
	return err == nil && ok
}

// Apply applies the first rule that matches and gives its index, or m unchanged and -1. A rule whose offset would
// take an episode's number below 0 is for other episodes of the folder and is passed over; what was refused (an extra,
// music) stays refused; an episode without a number is known by its title, and asked about.
func Apply(rules []Rule, path string, m media.Match) (media.Match, int) {
	for i, r := range rules {
		if !r.Matches(path, m) {
			continue
		}
		if out, ok := r.apply(m); ok {
			return out, i
		}
	}
	return m, -1
}

func (r Rule) apply(m media.Match) (media.Match, bool) {
	if r.Ignore {
		return media.Match{Kind: media.KindNone, Title: m.Title, Source: "rule", Refused: media.ReasonExcluded, Because: addReason(m.Because, "a rule ignores it")}, true
	}
	if m.Refused != media.ReasonNone {
		return m, false // a trailer beside the episodes stays one
	}
	episodes, ok := shifted(m.Episodes, r.EpisodeOffset)
	absolute, ok2 := shifted(m.Absolute, r.EpisodeOffset)
	if !ok || !ok2 {
		return m, false
	}
	m.Episodes, m.Absolute = episodes, absolute
	switch r.Kind {
	case RuleMovie:
		m.Kind, m.Season, m.Episodes, m.Absolute = media.KindMovie, nil, nil, nil
	case RuleShow:
		m.Anime = false
		m.Kind = media.KindEpisode
	case RuleAnime:
		m.Anime = true
		if m.Kind != media.KindMovie || len(m.Episodes)+len(m.Absolute) > 0 {
			m.Kind = media.KindEpisode
		}
	case RuleAny:
	}
	if r.Season != nil && m.Kind == media.KindEpisode {
		season := *r.Season
		m.Season = &season
		if len(m.Episodes) == 0 {
			m.Episodes = m.Absolute
		}
		m.Absolute = nil
	}
	if !r.IDs.IsZero() {
		m.IDs = r.IDs
	}
	m.Source, m.Confidence, m.Published, m.Refused = "rule", 1, true, media.ReasonNone
	m.Because = addReason(m.Because, "a rule of yours decides")
	if m.Kind == media.KindEpisode && len(m.Episodes)+len(m.Absolute) == 0 && m.Date == "" {
		m.Confidence = min(m.Confidence, 0.4) // the title is known, the episode is not: never sent without its number
		m.Because = addReason(m.Because, "which episode it is remains unknown")
	}
	return m, m.Kind != media.KindNone
}

// addReason appends without touching the array of the match that was given.
func addReason(because []string, reason string) []string {
	return append(slices.Clip(because), reason)
}

// shifted adds offset to each number; false where one would fall below 0.
func shifted(nums []media.Number, offset int) ([]media.Number, bool) {
	if offset == 0 || len(nums) == 0 {
		return nums, true
	}
	out := make([]media.Number, len(nums))
	for i, n := range nums {
		out[i] = n + media.Number(offset)
		if out[i] < 0 {
			return nil, false
		}
	}
	return out, true
}

// slashed writes a Windows path with slashes, so that one glob serves both.
func slashed(path string) string {
	if strings.IndexByte(path, '\\') < 0 || media.SchemeOf(path) != "" {
		return path
	}
	return strings.ReplaceAll(path, `\`, "/")
}
