package identify

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// Rule is what a person said of some files: in the settings, or with `fix`.
type Rule struct {
	// Origin says where the rule is written, for why: "config.toml:21", "fix 3".
	Origin string
	// Glob, Folder and Title say which files are meant; empty ones do not matter. Title is compared folded.
	Glob, Folder, Title string
	// Ignore: such files are not scrobbled. The rest is then empty.
	Ignore bool
	IDs    media.IDs
	// Kind is the container on Simkl; empty leaves what the name says.
	Kind media.AnswerKind
	// Season, if not nil, is the season on Simkl. Offset is added to episode numbers.
	Season *int
	Offset int
}

// covers reports whether a file is meant.
func (r Rule) covers(file string, m media.Match) bool {
	if r.Glob != "" {
		ok, err := doublestar.Match(slashed(r.Glob), slashed(file))
		if err != nil || !ok {
			return false
		}
	}
	if r.Folder != "" {
		folder := strings.TrimRight(slashed(r.Folder), "/")
		if dir := path.Dir(slashed(file)); dir != folder && !strings.HasPrefix(dir, folder+"/") {
			return false
		}
	}
	return r.Title == "" || matcher.Same(r.Title, m.Title)
}

// apply gives a match what the rule says.
func (r Rule) apply(m media.Match) media.Match {
	why := "rule of " + r.Origin
	if r.Ignore {
		m.Kind, m.Refused = media.KindNone, media.ReasonExcluded
		m.Because = append(m.Because, why+": ignored")
		return m
	}
	switch r.Kind {
	case media.AnswerMovie:
		m.Kind, m.Season, m.Episodes, m.Absolute = media.KindMovie, nil, nil, nil
	case media.AnswerShow, media.AnswerAnime:
		m.Anime = r.Kind == media.AnswerAnime
		m.Kind = media.KindEpisode
	}
	m.Refused = media.ReasonNone
	if !r.IDs.IsZero() {
		m.IDs = r.IDs
	}
	if r.Season != nil {
		if len(m.Episodes) == 0 {
			m.Episodes = m.Absolute
		}
		m.Season, m.Absolute = r.Season, nil
	}
	m.Episodes, m.Absolute = shift(m.Episodes, r.Offset), shift(m.Absolute, r.Offset)
	if m.Kind == media.KindEpisode && len(m.Episodes)+len(m.Absolute) == 0 && m.Date == "" {
		m.Kind = media.KindNone // an episode is never sent without its number
	}
	m.Confidence, m.Source = 1, "rule"
	if r.Offset != 0 {
		why += fmt.Sprintf(", episodes %+d", r.Offset)
	}
	m.Because = append(m.Because, why)
	return m
}

// shift adds an offset to numbers. What would fall under 0 is left as it is, since no such episode exists.
func shift(in []media.Number, by int) []media.Number {
	if by == 0 {
		return in
	}
	out := make([]media.Number, len(in))
	for i, n := range in {
		out[i] = n
		if moved := n + media.Number(by); moved >= 0 {
			out[i] = moved
		}
	}
	return out
}
