package identify

import (
	"path"
	"strings"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// Rule is what a person said of some files: in the settings, or with `fix`.
type Rule struct {
	matcher.Rule
	// Origin says where the rule is written, for why: "config.toml:21", "fix 3".
	Origin string
	// Folder is one that the file must be in, at any depth; empty does not matter.
	Folder string
}

// apply gives a match what the rule says of a file, and false where it says nothing of it.
func (r Rule) apply(file string, m media.Match) (media.Match, bool) {
	if r.Folder != "" {
		folder := strings.TrimRight(slashed(r.Folder), "/")
		if dir := path.Dir(slashed(file)); dir != folder && !strings.HasPrefix(dir, folder+"/") {
			return m, false
		}
	}
	if r.Path == "" && r.Title == "" {
		r.Path = "**" // the folder alone says what is meant
	}
	out, i := matcher.Apply([]matcher.Rule{r.Rule}, file, m)
	if i < 0 {
		return m, false
	}
	out.Because = append(out.Because, "by the rule of "+r.Origin)
	return out, true
}
