package matcher_test

import (
	"testing"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

func TestFirstRuleThatMatchesWins(t *testing.T) {
	season := 2
	rules := []matcher.Rule{
		{Path: "**/Other/**", Ignore: true},
		{Path: "**/Monogatari/**", IDs: media.IDs{Simkl: 37089}, Kind: matcher.RuleAnime, Season: &season, EpisodeOffset: -12},
		{Path: "**/Monogatari/**", Ignore: true},
	}
	p := "/anime/Monogatari/[G] Monogatari - 15 [ABCD1234].mkv"
	m, i := matcher.Apply(rules, p, path(p))
	if i != 1 || m.IDs.Simkl != 37089 || m.Season == nil || *m.Season != 2 || len(m.Episodes) != 1 || m.Episodes[0] != 3 || !m.Anime || m.Source != "rule" || m.Confidence != 1 || !m.Published {
		t.Fatalf("rule %d: %+v", i, m)
	}
}

func TestRuleWhoseOffsetDoesNotFitIsPassedOver(t *testing.T) {
	rules := []matcher.Rule{{Title: "Monogatari", EpisodeOffset: -12, IDs: media.IDs{Simkl: 1}}}
	p := "[G] Monogatari - 05 [ABCD1234].mkv"
	before := path(p)
	if m, i := matcher.Apply(rules, p, before); i != -1 || m.IDs.Simkl != 0 || m.Absolute[0] != 5 {
		t.Fatalf("rule %d: %+v", i, m)
	}
}

func TestRuleLeavesTheGivenMatchAlone(t *testing.T) {
	p := "[G] Monogatari - 15 [ABCD1234].mkv"
	before := path(p)
	matcher.Apply([]matcher.Rule{{Title: "monogatari", EpisodeOffset: -12}}, p, before)
	if before.Absolute[0] != 15 {
		t.Fatalf("%+v", before)
	}
}

func TestIgnoringRuleRefuses(t *testing.T) {
	m, i := matcher.Apply([]matcher.Rule{{Path: `D:\Private\**`, Ignore: true}}, `D:\Private\a\Heat (1995).mkv`, path("Heat (1995).mkv"))
	if i != 0 || m.Kind != media.KindNone || m.Refused != media.ReasonExcluded {
		t.Fatalf("rule %d: %+v", i, m)
	}
}

func TestRuleOfAFilmTakesTheNumbersAway(t *testing.T) {
	p := "/anime/Movies/[G] Film - 01 [ABCD1234].mkv"
	m, _ := matcher.Apply([]matcher.Rule{{Path: "**/Movies/**", Kind: matcher.RuleMovie, IDs: media.IDs{TMDB: "1"}}}, p, path(p))
	if m.Kind != media.KindMovie || m.Season != nil || len(m.Episodes)+len(m.Absolute) != 0 {
		t.Fatalf("%+v", m)
	}
}

func TestEmptyAndBrokenRulesMatchNothing(t *testing.T) {
	for _, r := range []matcher.Rule{{}, {Path: "[", Ignore: true}} {
		if r.Valid() {
			t.Errorf("%+v is called valid", r)
		}
		if _, i := matcher.Apply([]matcher.Rule{r}, "/a/Heat (1995).mkv", path("Heat (1995).mkv")); i != -1 {
			t.Errorf("%+v matched", r)
		}
	}
}

func TestRuleDoesNotMakeATrailerAnEpisode(t *testing.T) {
	p := "/anime/Monogatari/Monogatari - 01-trailer.mkv"
	if m, i := matcher.Apply([]matcher.Rule{{Path: "**/Monogatari/**", Kind: matcher.RuleAnime, IDs: media.IDs{Simkl: 1}}}, p, path(p)); i != -1 || m.Kind != media.KindNone {
		t.Fatalf("rule %d: %+v", i, m)
	}
}

func TestRuleNeverSendsAnEpisodeWithoutItsNumber(t *testing.T) {
	p := "/tv/Monogatari/Bonus talk.mkv"
	m, i := matcher.Apply([]matcher.Rule{{Path: "**/Monogatari/**", Kind: matcher.RuleShow, IDs: media.IDs{Simkl: 1}}}, p, path(p))
	if i != 0 || m.Confidence >= 0.5 || m.IDs.Simkl != 1 {
		t.Fatalf("rule %d: %+v", i, m)
	}
}

func TestRuleByTitleKnowsTheCountry(t *testing.T) {
	p := "The.Office.US.S02E03.mkv"
	for _, title := range []string{"The Office", "the office (us)"} {
		if _, i := matcher.Apply([]matcher.Rule{{Title: title, IDs: media.IDs{Simkl: 1}}}, p, path(p)); i != 0 {
			t.Errorf("%q does not match", title)
		}
	}
}
