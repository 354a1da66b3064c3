package sandbox_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// 9.1
func TestSearchFile(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.token = ""
	p.want("POST", "/search/file", `{"file":"Severance.S02E03.1080p.WEB.x264-GRP.mkv"}`, 200, `{"type":"episode",
	 "show":{"title":"Severance","year":2022,"ids":{"simkl":1109411,"slug":"severance","imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}},
	 "episode":{"title":"Who Is Alive?","season":2,"episode":3,"multipart":false,"ids":{"simkl":1109411020003}}}`)
	for file, want := range map[string][]string{
		`{"File":"/media/Heat (1995)/Heat.1995.1080p.BluRay.mkv"}`:   {`"type":"movie"`, `"simkl":53801`},
		`{"file":"Crash.1996.mkv"}`:                                  {`"simkl":900104`},
		`{"file":"D:\\TV\\Andor\\"}`:                                 {`"type":"show"`, `"simkl":1051403`},
		`{"file":"[SubsPlease] Sousou no Frieren - 05 (1080p).mkv"}`: {`"type":"episode"`, `"simkl":900310`, `"episode":5`},
		`{"file":"Attack.on.Titan.S03E14.mkv"}`:                      {`"simkl":900303`, `"episode":2`},
		`{"file":"Andor.S01E01E02.mkv"}`:                             {`"episode":1,"multipart":1`},
		`{"file":"Andor.S01E01E02.mkv","part":2}`:                    {`"episode":2,"multipart":0`},
		`{"file":"Andor.S01E40.mkv"}`:                                {`[]`},
	} {
		_, b := p.do("POST", "/search/file", file)
		for _, w := range want {
			if !strings.Contains(b, w) {
				t.Errorf("%s: %s is not in %s", file, w, b)
			}
		}
	}
}

func TestReadFileName(t *testing.T) {
	for file, want := range map[string]struct {
		title        string
		year, season int
		episodes     []int
	}{
		"1917.2019.1080p.mkv":                    {"1917", 2019, 0, nil},
		"2001 A Space Odyssey (1968).mkv":        {"2001 A Space Odyssey", 1968, 0, nil},
		"The.Office.US.S02E01.mkv":               {"The Office US", 0, 2, []int{1}},
		"the wire 1x02.avi":                      {"the wire", 0, 1, []int{2}},
		"Andor (2022)/Season 1/S01E05.mkv":       {"Andor", 2022, 1, []int{5}},
		"Firefly.2002.S01E02-E03.mkv":            {"Firefly", 2002, 1, []int{2, 3}},
		"[Group] One Piece - 1071v2 [1080p].mkv": {"One Piece", 0, 0, []int{1071}},
	} {
		title, year, season, episodes := sandbox.ReadFileName(file)
		if title != want.title || year != want.year || season != want.season || !slices.Equal(episodes, want.episodes) {
			t.Errorf("%s: %q %d %d %v", file, title, year, season, episodes)
		}
	}
}

// 9.2
func TestSearchText(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.want("GET", "/search/movie?q=john+wick", "", 200,
		`[{"title":"John Wick","year":2014,"poster":"94/56dacbe8a280362cd","endpoint_type":"movies","ids":{"simkl_id":342994,"slug":"john-wick","imdb":"tt2911666","tmdb":"245891"}}]`)
	_, hit := p.do("GET", "/search/anime?q=frieren&extended=full", "")
	// The rank is the place in the catalog, and the ratings follow from it.
	hit = regexp.MustCompile(`"rank":\d+,|"ratings":\{.*?\}\},`).ReplaceAllString(hit, "")
	diff := jsonDiff(t,
		`[{"title":"Sousou no Frieren","title_en":"Frieren: Beyond Journey's End","title_romaji":"Sousou no Frieren","year":2023,"poster":"21/735d43fa671fcd2c0","type":"tv","endpoint_type":"anime",
		"ids":{"simkl_id":900310,"slug":"sousou-no-frieren","mal":"52991","anilist":"154587","tvdb":"424536","tmdb":"209867","imdb":"tt22248376"},
		"all_titles":["Sousou no Frieren","Frieren: Beyond Journey's End","葬送のフリーレン","Frieren"],"url":"/anime/900310/sousou-no-frieren","status":"ended","ep_count":28}]`, hit)
	if diff != "" {
		t.Error(diff)
	}
	if _, b := p.do("GET", "/search/movie?q=https://www.imdb.com/title/tt0113277/", ""); !strings.Contains(b, `"simkl_id":53801`) {
		t.Error(b)
	}
	p.clock.add(2 * time.Second)
	status, b, h := p.send(p.request("GET", "/search/tv?q=the&limit=2&page=2", ""))
	if status != 200 || strings.Count(b, `"title"`) != 2 || h.Get("X-Pagination-Page") != "2" || h.Get("X-Pagination-Limit") != "2" || h.Get("X-Pagination-Item-Count") == "" {
		t.Error(status, b, h)
	}
	p.clock.add(2 * time.Second)
	if _, b, h := p.send(p.request("GET", "/search/tv?q=the&limit=500&page=99", "")); b != "[]" || h.Get("X-Pagination-Limit") != "50" || h.Get("X-Pagination-Page") != "20" {
		t.Error("over-large numbers are clamped:", b, h)
	}
}

// 9.3
func TestSearchID(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.want("GET", "/search/id?tvdb=371980", "", 200, `[{"type":"tv","title":"Severance","poster":"59/1199fe94bb8737920","year":2022,"status":"airing","total_episodes":19,"ids":{"simkl":1109411,"slug":"severance"}}]`)
	p.want("GET", "/search/id?mal=199", "", 200, `[{"type":"anime","title":"Sen to Chihiro no Kamikakushi","poster":"60/22a6cec1f3a85ef4a","year":2001,"status":"ended","anime_type":"movie","ids":{"simkl":900350,"slug":"sen-to-chihiro-no-kamikakushi"}}]`)
	p.want("GET", "/search/id?tmdb=1399", "", 200, `[]`)
	p.want("GET", "/search/id?title=Dune&year=1999", "", 200, `[]`)
	for query, id := range map[string]string{"tmdb=1399&type=tv": "17465", "title=Dune&year=1984": "900102", "title=The+Office&year=2001&type=show": "900203"} {
		if _, b := p.do("GET", "/search/id?"+query, ""); !strings.Contains(b, `"simkl":`+id) || strings.Count(b, `"title"`) != 1 {
			t.Error(query, b)
		}
	}
}

// 9.4
func TestRedirect(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	for query, want := range map[string]string{
		"to=simkl&imdb=tt0944947":                    "//simkl.com/tv/17465/game-of-thrones",
		"to=simkl&imdb=tt0944947&season=1&episode=2": "//simkl.com/tv/17465/game-of-thrones/season-1/episode-2",
		"to=simkl&mal=52991&episode=4":               "//simkl.com/anime/900310/sousou-no-frieren/episode-4",
		"to=simkl&imdb=tt0000001":                    "//simkl.com",
		"to=simkl&tmdb=1399":                         "//simkl.com",
		"to=simkl&imdb=tt0113277":                    "//simkl.com/movies/53801/heat",
		"to=trailer&imdb=tt0113277":                  "//simkl.com",
	} {
		status, b, h := p.send(p.request("GET", "/redirect?"+query, ""))
		if status != 301 || b != "" || h.Get("Location") != want || h.Get("Cache-Control") != "no-store" {
			t.Error(query, status, b, h)
		}
	}
}

// Section 10
func TestDetails(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.token = ""
	for path, want := range map[string][]string{
		"/movies/472214": {`"type":"movie"`, `"runtime":148`, `"alt_titles":[{"name":"Origen"`, `"released":"2010-07-15"`},
		"/tv/1109411":    {`"type":"show"`, `"total_episodes":19`, `"status":"airing"`, `"first_aired":"2022-02-18T15:00:00-05:00"`},
		"/anime/900303?extended=full_anime_seasons": {`"type":"anime"`, `"anime_type":"tv"`, `"en_title":"Attack on Titan Season 3 Part 2"`, `"mapped_tvdb_seasons":[3]`},
		"/movies/900190": {`"runtime":null`},
	} {
		status, b := p.do("GET", path, "")
		for _, w := range want {
			if status != 200 || !strings.Contains(b, w) {
				t.Errorf("%s: %s is not in %d %s", path, w, status, b)
			}
		}
	}
	_, b := p.do("GET", "/anime/episodes/900303", "")
	if !strings.Contains(b, `"episode":2,"type":"episode","img":null,"date":"2019-01-18T05:00:00+09:00","aired":true,"tvdb":{"episode":14,"season":3}`) || strings.Count(b, `"title"`) != 10 {
		t.Error(b)
	}
	_, b = p.do("GET", "/tv/episodes/900214", "")
	if !strings.Contains(b, `{"title":"The Abominable Bride","description":null,"type":"special"`) || !strings.Contains(b, `"season":4,"episode":3`) {
		t.Error("specials have neither season nor episode:", b)
	}
	_, b = p.do("GET", "/tv/episodes/900290", "")
	if strings.Count(b, `"aired":false`) != 6 {
		t.Error(b)
	}
}

func TestAuthorizationOnTheCachedCatalogIsNoted(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("GET", "/movies/53801", "")
	p.do("GET", "/discover/trending/today_100.json", "")
	for _, r := range p.s.Requests() {
		if len(r.Notes) != 1 {
			t.Errorf("%s: %v", r.Path, r.Notes)
		}
	}
}

// Section 11
func TestDataFiles(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.token = ""
	for path, want := range map[string]string{
		"/discover/trending/today_100.json":       `"movies":[`,
		"/discover/trending/anime/month_500.json": `"anime_type":"tv"`,
		"/discover/dvd/releases_100.json":         `"dvd_date":"09/15/2010","theater":"07/15/2010"`,
		"/calendar/tv.json":                       `"title":"Tidewater Road"`,
		"/calendar/anime.json":                    `+09:00"`,
		"/calendar/movie_release.json":            `"title":"The Long Tide"`,
		"/calendar/v2/tv.json":                    `"metadata":{"900290":`,
		"/calendar/v2/2026/6/anime.json":          `"calendar":[{"simkl_id":900390`,
		"/calendar/2026/5/tv.json":                `"episode":{"season":1,"episode":7,`,
	} {
		if status, b := p.do("GET", path, ""); status != 200 || !strings.Contains(b, want) {
			t.Errorf("%s: %d: %s is not in %.300s", path, status, want, b)
		}
	}
	for _, path := range []string{
		"/discover/trending/movies_today.json", "/discover/trending/today_50.json", "/discover/trending/games/today_100.json",
		"/calendar/v2/2026/06/tv.json", "/calendar/v2/2026/9/tv.json", "/calendar/games.json", "/calendar/v2/", "/discover/", "/discover/dvd/releases_100",
	} {
		if status, b := p.do("GET", path, ""); status != 404 || strings.HasPrefix(b, "{") {
			t.Error(path, status, b)
		}
	}
	r := p.request("GET", "/discover/trending/today_100.json", "")
	_, _, h := p.send(r)
	r = p.request("GET", "/discover/trending/today_100.json", "")
	r.Header.Set("If-Modified-Since", h.Get("Last-Modified"))
	if status, b, _ := p.send(r); status != 304 || b != "" {
		t.Error(status, b)
	}
	p.clock.add(time.Hour)
	if status, _, _ := p.send(r); status != 200 {
		t.Error("an hour later:", status)
	}
}
