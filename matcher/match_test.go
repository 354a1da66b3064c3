package matcher_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

func path(p string) media.Match { return matcher.Match(matcher.Input{Path: p}) }

// brief writes an answer as people read it, with the year.
func brief(m media.Match) string {
	s := m.Label()
	if m.Kind == media.KindNone {
		return strings.TrimSpace("none " + string(m.Refused))
	}
	if m.Kind == media.KindEpisode && m.Year > 0 {
		s += " (" + media.Number(m.Year).String() + ")"
	}
	return s
}

func TestReferencesOfEveryKindLeadToTheName(t *testing.T) {
	for in, want := range map[string]string{
		"/movies/Heat (1995)/Heat (1995).mkv":                                                         "Heat (1995)",
		`\\nas\video\Movies\Heat (1995)\Heat (1995).mkv`:                                              "Heat (1995)",
		`C:\Serien\Dark\Staffel 1\Dark - 1x03.mkv`:                                                    "Dark S01E03",
		"file:///tv/Mad%20Men/Season%205/Mad%20Men%20-%20S05E11.mkv":                                  "Mad Men S05E11",
		"http://nas/tv/Rome%20#1/Rome.S01E02.mkv":                                                     "Rome S01E02",
		"https://cdn.example/dl?id=5&filename=Heat.1995.1080p.mkv":                                    "Heat (1995)",
		"https://example.org/a%2520b/Show.S01E02.mkv?token=x":                                         "Show S01E02",
		"smb://nas/Movies/Heat%20(1995)/Heat%20(1995).mkv":                                            "Heat (1995)",
		"archive:///dl/Heat.1995.rar|/Heat.1995.1080p.mkv":                                            "Heat (1995)",
		"edl://%31%/movies/Heat (1995)/Heat cd1.avi,0,100":                                            "Heat (1995)",
		"stack:///movies/Heat (1995)/Heat cd1.avi , /movies/Heat (1995)/Heat cd2.avi":                 "Heat (1995)",
		"dvd:///movies/Heat (1995)/VIDEO_TS":                                                          "Heat (1995)",
		"/movies/Heat (1995)/BDMV/STREAM/00001.m2ts":                                                  "Heat (1995)",
		"/run/user/1000/doc/4f2a8c11/Heat.1995.1080p.mkv":                                             "Heat (1995)",
		"content://com.android.externalstorage.documents/document/primary%3AMovies%2FHeat (1995).mkv": "Heat (1995)",
		"magnet:?xt=urn:btih:abc&dn=Heat.1995.1080p.BluRay":                                           "Heat (1995)",
		"-":                            "none",
		"":                             "none",
		"fd://3":                       "none",
		"dvd://1":                      "none",
		"rtsp://192.168.1.10/cam1":     "none",
		"https://youtu.be/dQw4w9WgXcQ": "none",
	} {
		if got := brief(path(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSeasonZeroIsASeason(t *testing.T) {
	m := path("/tv/Top Gear/Specials/Top Gear - s00e30 - Polar Special.avi")
	if m.Season == nil || *m.Season != 0 {
		t.Fatalf("season %v, want 0", m.Season)
	}
	if m = path("[SubsPlease] Sousou no Frieren - 05 (1080p) [F02B9CEE].mkv"); m.Season != nil {
		t.Fatalf("season %d, want none", *m.Season)
	}
}

func TestAnswersShareNoMemory(t *testing.T) {
	a, b := path("Show.S01E02.mkv"), path("Show.S01E02.mkv")
	*a.Season, a.Episodes[0] = 9, 9
	if *b.Season != 1 || b.Episodes[0] != 2 {
		t.Fatalf("changing one answer changed another: %+v", b)
	}
}

func TestEditionPartAndCountryAreFieldsOfTheirOwn(t *testing.T) {
	m := path("/movies/LOTR (2001)/LOTR (2001) {edition-Extended Edition}.mkv")
	if m.Edition != "Extended Edition" {
		t.Errorf("edition %q", m.Edition)
	}
	if m = path("/movies/Lawrence of Arabia (1962)/Lawrence of Arabia (1962)-part1.mkv"); m.Part != 1 || m.Title != "Lawrence of Arabia" {
		t.Errorf("part %d of %q", m.Part, m.Title)
	}
	if m = path("The.Office.US.S09E24.mkv"); m.Country != "US" || m.Title != "The Office" {
		t.Errorf("%q from %q", m.Title, m.Country)
	}
	if m = path("Dune.Part.Two.2024.2160p.mkv"); m.Title != "Dune Part Two" || m.Part != 0 {
		t.Errorf("a part in the title is no file of several: %q, %d", m.Title, m.Part)
	}
}

func TestRefusalsSayWhatTheyAre(t *testing.T) {
	for in, want := range map[string]media.Reason{
		"/movies/Alien (1979)/Alien (1979)-trailer.mkv":     media.ReasonExtra,
		"/movies/Alien (1979)/Featurettes/The Beast.mkv":    media.ReasonExtra,
		"[Group] Title - NCOP1 [1080p].mkv":                 media.ReasonExtra,
		"/music/Pink Floyd/The Wall (1979)/01 - Flesh.flac": media.ReasonMusic,
		"Queen - Bohemian Rhapsody (Official Video).mp4":    media.ReasonMusic,
		"/photos/IMG_1234.JPG":                              media.ReasonPicture,
	} {
		if m := path(in); m.Kind != media.KindNone || m.Refused != want {
			t.Errorf("%q: %s %q, want it refused as %q", in, m.Kind, m.Refused, want)
		}
	}
	for _, in := range []string{"/movies/The Interview (2014)/The Interview (2014).mkv", "Extras.S01E03.avi", "/tv/Extras/Season 1/Extras - S01E01.mkv", "/movies/The Sample (2013)/The Sample (2013).mkv"} {
		if m := path(in); m.Kind == media.KindNone {
			t.Errorf("%q is refused", in)
		}
	}
}

func TestPublishedNeedsEvidence(t *testing.T) {
	for in, want := range map[string]bool{
		"/home/u/Desktop/Heat.mkv":                         false,
		"Our trip to Rome.mp4":                             false,
		"/home/u/Desktop/Heat (1995).mkv":                  true, // a year
		"/home/u/Desktop/Show.S01E02.mkv":                  true, // season and episode
		"/home/u/Desktop/[Group] Show - 05 [ABCD1234].mkv": true, // an absolute number
		"/home/u/Desktop/Heat {tmdb-949}.mkv":              true, // an id
		"/home/u/Desktop/Heat.1080p.BluRay.mkv":            true, // a source beside a resolution
		"/home/u/Desktop/Heat.1080p.mkv":                   false,
		"/srv/Movies/Heat.mkv":                             true, // plainly a library
		"/srv/Anime/Akira.mkv":                             true,
	} {
		if m := path(in); m.Published != want {
			t.Errorf("%q: published %v, want %v (%+v)", in, m.Published, want, m)
		}
	}
}

func TestExplanationNamesWhatDecided(t *testing.T) {
	m := matcher.Match(matcher.Input{Path: "/tv/Show (2019) {tvdb-1}/Season 02/Show - S02E05.mkv", Explain: true})
	all := strings.Join(m.Because, "\n")
	for _, want := range []string{"season and episode", "id", "2019", "season 2", "series"} {
		if !strings.Contains(all, want) {
			t.Errorf("no reason speaks of %q:\n%s", want, all)
		}
	}
	if m := path("Show.S01E01.mkv"); m.Because != nil {
		t.Error("reasons nobody asked for")
	}
}

func TestSiblingsDecideWhatABareNumberMeans(t *testing.T) {
	seasons := []string{"Bones 301.avi", "Bones 302.avi", "Bones 315.avi", "Bones 401.avi", "Bones 402.avi"}
	m := matcher.Match(matcher.Input{Path: "/video/Bones/Bones 316.avi", Siblings: seasons})
	if brief(m) != "Bones S03E16" {
		t.Errorf("%s, want S03E16", brief(m))
	}
	whole := []string{"Naruto 095.mkv", "Naruto 096.mkv", "Naruto 099.mkv", "Naruto 100.mkv", "Naruto 110.mkv"}
	m = matcher.Match(matcher.Input{Path: "/video/Naruto/Naruto 101.mkv", Siblings: whole})
	if brief(m) != "Naruto E101" {
		t.Errorf("%s, want E101", brief(m))
	}
}

func TestSiblingsTellInHowManyFilesAFilmLies(t *testing.T) {
	for _, c := range []struct {
		path     string
		siblings []string
		part     int
		parts    int
	}{
		{"/movies/Heat (1995)/Heat cd1.avi", []string{"Heat cd2.avi", "Heat cd3.avi", "Heat cd1.srt"}, 1, 3},
		{"/movies/Heat (1995)/Heat (1995)-part2.mkv", []string{"Heat (1995)-part1.mkv"}, 2, 2},
		{"/video/Barry Lyndon/Barry Lyndon.b.avi", []string{"Barry Lyndon.a.avi"}, 2, 2},
		{"/movies/Heat (1995)/Heat cd1.avi", nil, 1, 0},
		{"/movies/Rocky/Rocky 4.mkv", []string{"Rocky 1.mkv", "Rocky 2.mkv", "Rocky 3.mkv", "Rocky 5.mkv"}, 0, 0},
	} {
		m := matcher.Match(matcher.Input{Path: c.path, Siblings: c.siblings})
		if m.Part != c.part || m.Parts != c.parts || m.Kind != media.KindMovie {
			t.Errorf("%q: part %d of %d, want %d of %d (%+v)", c.path, m.Part, m.Parts, c.part, c.parts, m)
		}
	}
}

func TestNFOBringsIDsAndNumbers(t *testing.T) {
	show, ok := matcher.ParseNFO([]byte(`<?xml version="1.0" encoding="UTF-8"?>
		<tvshow><title>Dark</title><year>2017</year><uniqueid type="tvdb" default="true">334824</uniqueid><uniqueid type="imdb">tt5753856</uniqueid></tvshow>`))
	if !ok {
		t.Fatal("nothing read")
	}
	if diff := cmp.Diff(matcher.NFO{Kind: "show", Title: "Dark", Year: 2017, IDs: media.IDs{TVDB: "334824", IMDB: "tt5753856"}}, show); diff != "" {
		t.Fatal(diff)
	}
	episode, _ := matcher.ParseNFO([]byte(`<episodedetails><title>Alpha und Omega</title><showtitle>Dark</showtitle><season>1</season><episode>10</episode><uniqueid type="imdb">tt6305578</uniqueid></episodedetails>`))
	if !episode.IDs.IsZero() {
		t.Errorf("an episode's ids were taken for its show's: %+v", episode.IDs)
	}
	m := matcher.Match(matcher.Input{Path: "/x/abcdef.mkv", NFO: []matcher.NFO{episode, show}})
	if brief(m) != "Dark S01E10 (2017)" || m.IDs.TVDB != "334824" || m.Source != "nfo" {
		t.Errorf("%s %+v", brief(m), m)
	}
	address, ok := matcher.ParseNFO([]byte("see https://www.imdb.com/title/tt0113277/ for more"))
	if !ok || address.IDs.IMDB != "tt0113277" {
		t.Errorf("%v %+v", ok, address)
	}
	if _, ok := matcher.ParseNFO([]byte("▄▄▄ greetings to all ▄▄▄")); ok {
		t.Error("a drawing says nothing")
	}
}

func TestTagsNameTheEpisodeWhereTheNameDoesNot(t *testing.T) {
	m := matcher.Match(matcher.Input{Path: "/x/title00.mkv", Tags: map[string]string{"SHOW": "Dark", "SEASON_NUMBER": "1", "EPISODE_SORT": "3"}})
	if brief(m) != "Dark S01E03" || m.Source != "tags" {
		t.Errorf("%s from %q", brief(m), m.Source)
	}
	m = matcher.Match(matcher.Input{Path: "/x/Heat.1995.mkv", Tags: map[string]string{"TMDB": "movie/949", "IMDB": "tt0113277"}})
	if m.IDs.TMDB != "949" || m.IDs.IMDB != "tt0113277" {
		t.Errorf("%+v", m.IDs)
	}
}

func TestTitleOfThePlayerIsReadWhereThePathSaysNothing(t *testing.T) {
	m := matcher.Match(matcher.Input{Path: "https://cdn.example/live/stream.m3u8", Title: "Severance S02E03"})
	if brief(m) != "Severance S02E03" || m.Confidence < 0.5 {
		t.Errorf("%s, %v", brief(m), m.Confidence)
	}
	if m = matcher.Match(matcher.Input{Path: "https://cdn.example/live/stream.m3u8", Title: "Morning news"}); m.Confidence >= 0.5 {
		t.Errorf("a bare title is acted upon: %+v", m)
	}
}

// A name that is complete in itself is read the same in any folder that says nothing.
func TestNeutralFoldersChangeNothing(t *testing.T) {
	names := []string{
		"Heat.1995.1080p.BluRay.x264-GRP.mkv", "Severance.S02E03.1080p.WEB.h264-ETHEL.mkv", "The.Daily.Show.2024.02.12.720p.WEB.mkv",
		"[SubsPlease] Sousou no Frieren - 05 (1080p) [F02B9CEE].mkv", "Dark 1x03.mkv", "2001 A Space Odyssey (1968).mkv", "[gg] Title - NCOP [ABCD1234].mkv",
	}
	folders := []string{"home", "u", "Downloads", "mnt", "data", "media", "Videos", "complete", "tmp", "torrents", "share"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		dir := strings.Join(rapid.SliceOfN(rapid.SampledFrom(folders), 0, 6).Draw(t, "folders"), "/")
		alone, inside := path(name), path("/"+dir+"/"+name)
		if diff := cmp.Diff(alone, inside); diff != "" {
			t.Fatalf("%s in %s: %s", name, dir, diff)
		}
	})
}

// Separators between words are a matter of taste.
func TestSeparatorsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"Silent", "Harbor", "Golden", "Winter", "Lantern"}), 1, 4).Draw(t, "words")
		sep := rapid.SampledFrom([]string{" ", ".", "_"}).Draw(t, "sep")
		season, episode := rapid.IntRange(0, 30).Draw(t, "season"), rapid.IntRange(1, 99).Draw(t, "episode")
		two := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
		m := path(strings.Join(append(words, "S"+two(season)+"E"+two(episode), "1080p", "WEB-DL"), sep) + ".mkv")
		if m.Title != strings.Join(words, " ") || m.Season == nil || *m.Season != season || len(m.Episodes) != 1 || m.Episodes[0] != media.Number(episode) {
			t.Fatalf("%+v", m)
		}
	})
}

func TestFoldComparesTitlesAsPeopleDo(t *testing.T) {
	for _, pair := range [][2]string{
		{"Mr. & Mrs. Smith", "mr and mrs smith"}, {"Amélie", "AMELIE"}, {"WALL·E", "Wall-E"}, {"Straße", "strasse"}, {"葬送のフリーレン", "葬送のフリーレン"}, {"ｆｕｌｌ", "full"}, {"Ame\u0301lie", "Amélie"},
	} {
		if !matcher.Same(pair[0], pair[1]) || matcher.Fold(pair[0]) != matcher.Fold(pair[1]) {
			t.Errorf("%q and %q differ: %q, %q", pair[0], pair[1], matcher.Fold(pair[0]), matcher.Fold(pair[1]))
		}
	}
	if matcher.Same("", "") != true || matcher.Same("...", "!!!") || matcher.Same("Alien", "Aliens") {
		t.Error("different titles are the same")
	}
	if matcher.Fold("...") != "..." {
		t.Errorf("%q", matcher.Fold("..."))
	}
}

func TestYearsOfFilmsInOneFolderAreNoEpisodes(t *testing.T) {
	folder := []string{"Heat.1995.mkv", "Ronin.1998.mkv", "Dune.2021.mkv", "Blade.Runner.2049.2017.mkv"}
	for _, name := range folder {
		got := matcher.Match(matcher.Input{Path: "/data/stuff/" + name, Siblings: folder})
		if got.Kind != media.KindMovie || got.Year == 0 {
			t.Errorf("%s is %s", name, brief(got))
		}
	}
	discs := []string{"Heat.1995.CD1.mkv", "Heat.1995.CD2.mkv"}
	for _, name := range discs {
		got := matcher.Match(matcher.Input{Path: "/data/Heat (1995)/" + name, Siblings: discs})
		if got.Kind != media.KindMovie || got.Year != 1995 || got.Part == 0 {
			t.Errorf("%s is %s", name, brief(got))
		}
	}
}

// A folder that holds one season in several notations: what stands beside a name does not take its season away.
func TestANumberOfItsSeasonsFolderKeepsItsSeason(t *testing.T) {
	m := matcher.Match(matcher.Input{
		Path: "/tv/Breaking Bad/Season 5/514.mkv", Siblings: []string{"14 - Ozymandias.mkv", "Ep13.mkv", "12.mkv", "11.mkv", "10.mkv"},
	})
	if m.Season == nil || *m.Season != 5 || len(m.Episodes) != 1 || m.Episodes[0] != 14 {
		t.Errorf("%+v", m)
	}
}
