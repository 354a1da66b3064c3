package matcher_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// layouts are the ways in which tools and people lay a library out; %[1]s is the title, %[2]s the title with dots.
var (
	episodeLayouts = []string{
		"/tv/%[1]s/Season 03/%[1]s - S03E07 - Some Name.mkv",
		"/tv/%[1]s (2011)/Season 03/%[1]s (2011) - s03e07.mkv",
		"/tv/%[1]s/Season 3/07 - Some Name.mkv",
		"/tv/%[1]s/S03/07.mkv",
		"%[2]s.S03E07.1080p.WEB.h264-GRP.mkv",
		"%[1]s - 3x07 - Some Name.avi",
		"%[1]s Season 3 Episode 7.mkv",
		"/downloads/%[2]s.S03.1080p.WEB-GRP/%[2]s.S03E07.1080p.WEB-GRP.mkv",
		"/downloads/%[2]s.S03E07.1080p.WEB-GRP/a3f9c1e2b7d84f6e9a0b1c2d3e4f5a6b.mkv",
	}
	absoluteLayouts = []string{
		"[Group] %[1]s - 07 [1080p].mkv",
		"[Group] %[1]s - 07 (1080p) [1A2B3C4D].mkv",
		"/anime/%[1]s/%[1]s - 07.mkv",
		"/anime/%[1]s/07.mkv",
	}
	filmLayouts = []string{
		"/movies/%[1]s (2011)/%[1]s (2011).mkv",
		"/movies/%[1]s (2011)/%[1]s (2011) Bluray-1080p.mkv",
		"/movies/%[1]s (2011) {tmdb-603}/%[1]s (2011) {tmdb-603}.mkv",
		"%[2]s.2011.EXTENDED.2160p.UHD.BluRay.x265-GRP.mkv",
		"/movies/%[1]s (2011)/movie.mkv",
		"/movies/%[1]s (2011)/BDMV/STREAM/00001.m2ts",
	}
)

// Every title of the corpus is read in every layout. Some titles are written as another notation is ("[REC]" as a
// group, "Series" as a folder), hence the share.
func TestEveryTitleIsReadInEveryLayout(t *testing.T) {
	const share = 98.0 // percent, per layout
	titles := map[string][]string{}
	seen := map[string]bool{}
	for _, c := range loadCorpus(t, "dev") {
		if c.Expect.Title == nil || seen[*c.Expect.Title] || strings.ContainsAny(*c.Expect.Title, `/\`) {
			continue
		}
		seen[*c.Expect.Title] = true
		titles[c.Expect.Kind] = append(titles[c.Expect.Kind], *c.Expect.Title)
	}
	check := func(layouts []string, kind media.Kind, right func(media.Match) bool) {
		for _, layout := range layouts {
			var score tally
			for _, title := range titles[string(kind)] {
				in := strings.NewReplacer("%[1]s", title, "%[2]s", strings.Join(strings.Fields(title), ".")).Replace(layout)
				m := path(in)
				ok := m.Kind == kind && right(m) && (matcher.Same(m.Title, title) || matcher.Same(m.Title+m.Country, title) || m.Year != 2011 && matcher.Same(m.Title+media.Number(m.Year).String(), title))
				score.add(ok)
				if !ok {
					t.Logf("%q: %s", in, line(m))
				}
			}
			if score.percent() < share {
				t.Errorf("%s: %.2f %%", layout, score.percent())
			}
		}
	}
	check(episodeLayouts, media.KindEpisode, func(m media.Match) bool {
		return m.Season != nil && *m.Season == 3 && len(m.Episodes) == 1 && m.Episodes[0] == 7
	})
	check(absoluteLayouts, media.KindEpisode, func(m media.Match) bool {
		nums := slices.Concat(m.Absolute, m.Episodes)
		return len(nums) == 1 && nums[0] == 7
	})
	check(filmLayouts, media.KindMovie, func(m media.Match) bool { return m.Year == 2011 })
}
