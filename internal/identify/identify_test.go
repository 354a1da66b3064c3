package identify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func who(t *testing.T, c identify.Config, path string) (media.Match, bool, string) {
	t.Helper()
	if c.Places == nil {
		c.Places = identify.NewPlaces(nil, nil, nil)
	}
	return identify.New(c).Identify(t.Context(), media.Item{Path: path})
}

func TestBareNameMayNotGoOutsideTheLibrary(t *testing.T) {
	dir := tree(t, map[string]string{"x/crash.mkv": ""})
	path := filepath.Join(dir, "x", "crash.mkv")
	if _, mayGo, note := who(t, identify.Config{}, path); mayGo || note == "" {
		t.Errorf("a bare name may go (%s)", note)
	}
	m, mayGo, note := who(t, identify.Config{Places: identify.NewPlaces([]string{dir}, nil, nil)}, path)
	if m.Kind != media.KindNone && m.Confidence >= 0.5 && !mayGo {
		t.Errorf("%+v in a library folder may not go: %s", m, note)
	}
}

func TestAPublishedNameMayGoFromAnywhere(t *testing.T) {
	for _, path := range []string{"/x/Heat (1995).mkv", "/x/Severance.S02E03.mkv"} {
		if _, mayGo, note := who(t, identify.Config{}, path); !mayGo {
			t.Errorf("%s may not go: %s", path, note)
		}
	}
}

func TestIDsOfAnNFOBesideTheFileOrUpTheTreeAreTaken(t *testing.T) {
	dir := tree(t, map[string]string{
		"Heat/heat.mkv":                         "",
		"Heat/heat.nfo":                         `<movie><title>Heat</title><year>1995</year><uniqueid type="imdb">tt0113277</uniqueid></movie>`,
		"Severance/Season 2/Severance 2x03.mkv": "",
		"Severance/tvshow.nfo":                  `<tvshow><title>Severance</title><uniqueid type="imdb">tt11280740</uniqueid></tvshow>`,
	})
	for path, want := range map[string]string{"Heat/heat.mkv": "tt0113277", "Severance/Season 2/Severance 2x03.mkv": "tt11280740"} {
		m, mayGo, note := who(t, identify.Config{}, filepath.Join(dir, path))
		if m.IDs.IMDB != want || !mayGo {
			t.Errorf("%s: %+v may go %v (%s), want %s", path, m.IDs, mayGo, note, want)
		}
	}
}

func TestTheFirstRuleThatCoversAFileDecides(t *testing.T) {
	season := 2
	c := identify.Config{Rules: []identify.Rule{
		{Origin: "fix 3", Folder: "/tv/Show", Rule: matcher.Rule{Title: "show", IDs: media.IDs{Simkl: 7}, Season: &season, EpisodeOffset: -12}},
		{Origin: "config.toml:9", Rule: matcher.Rule{Path: "/tv/**", IDs: media.IDs{Simkl: 8}}},
	}}
	m, mayGo, note := who(t, c, "/tv/Show/Show - S01E13.mkv")
	if m.IDs.Simkl != 7 || m.Label() != "Show S02E01" || !mayGo || !strings.Contains(note, "fix 3") {
		t.Errorf("got %s %+v may go %v by %q", m.Label(), m.IDs, mayGo, note)
	}
	if m, _, _ := who(t, c, "/tv/Shows/Show - S01E13.mkv"); m.IDs.Simkl != 8 {
		t.Errorf("a folder of a longer name is covered by the rule of a shorter one: %+v", m.IDs)
	}
}

func TestALinkToWhatIsExcludedIsExcluded(t *testing.T) {
	dir := tree(t, map[string]string{"private/Heat (1995).mkv": ""})
	link := filepath.Join(dir, "Heat (1995).mkv")
	if err := os.Symlink(filepath.Join(dir, "private", "Heat (1995).mkv"), link); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(filepath.Join(dir, "private"))
	if err != nil {
		t.Fatal(err)
	}
	m, mayGo, _ := who(t, identify.Config{Places: identify.NewPlaces(nil, nil, []string{real})}, link)
	if mayGo || m.Refused != media.ReasonExcluded {
		t.Errorf("%+v may go %v", m, mayGo)
	}
}

func TestFilesOfAFilmInPartsAreCounted(t *testing.T) {
	dir := tree(t, map[string]string{"Heat (1995)/Heat (1995) CD1.avi": "", "Heat (1995)/Heat (1995) CD2.avi": "", "Heat (1995)/Heat (1995) CD3.avi": ""})
	m, _, _ := who(t, identify.Config{}, filepath.Join(dir, "Heat (1995)", "Heat (1995) CD1.avi"))
	if m.Part != 1 || m.Parts != 3 {
		t.Errorf("part %d of %d, want 1 of 3", m.Part, m.Parts)
	}
}
