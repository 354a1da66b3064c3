package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/config"
)

const exampleFile = "../../config.example.toml"

func readExample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExampleFileIsTheDefaults(t *testing.T) {
	l, err := config.Load(config.Source{File: exampleFile, Named: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), l.Config); diff != "" {
		t.Error(diff)
	}
	for _, e := range l.Entries {
		if e.Origin.File == "" {
			t.Errorf("%s is missing in the example", e.Key)
		}
	}
}

func TestExampleFileSaysALineOnEveryKey(t *testing.T) {
	key := regexp.MustCompile(`^(# )?[a-z_]+ = `)
	for line := range strings.SplitSeq(readExample(t), "\n") {
		if key.MatchString(line) && !regexp.MustCompile(`\s# \S.{8,}$`).MatchString(line) {
			t.Errorf("nothing said on: %s", line)
		}
	}
}

// The commented examples must be true too: they are taken in, one rule for each id.
func TestExampleTablesLoadWhenTakenIn(t *testing.T) {
	var b strings.Builder
	for line := range strings.SplitSeq(readExample(t), "\n") {
		switch taken, ok := strings.CutPrefix(line, "# "); {
		case !ok:
			b.WriteString(line)
		case regexp.MustCompile(`^(ignore|password_file) = `).MatchString(taken): // "or" another key
			continue
		case regexp.MustCompile(`^(\[\[|[a-z_]+ = )`).MatchString(taken):
			b.WriteString(taken)
		}
		b.WriteByte('\n')
	}
	l := mustLoad(t, b.String())
	if len(l.Config.Matcher.Rules) != 1 || len(l.Config.Players.VLC) != 1 {
		t.Fatalf("got %d rules and %d VLCs", len(l.Config.Matcher.Rules), len(l.Config.Players.VLC))
	}
	r := l.Config.Matcher.Rules[0]
	if r.Path == "" || r.Title == "" || r.Simkl == 0 || r.IMDB == "" || r.TMDB == "" || r.TVDB == "" || r.AniDB == "" ||
		r.MAL == "" || r.Kind == "" || r.Season == nil || r.EpisodeOffset == 0 {
		t.Errorf("a key of a rule is missing in the example: %+v", r)
	}
}
