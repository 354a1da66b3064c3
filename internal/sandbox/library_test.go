package sandbox_test

import (
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/sandbox"
)

// 2.3, as a table: the odd shapes of a fresh account.
func TestEmptyShapes(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	for _, c := range []struct {
		method, path, body string
		status             int
		golden             string
	}{
		{"GET", "/movies/999999999", "", 200, `[]`},
		{"GET", "/tv/999999999", "", 200, `[]`},
		{"GET", "/anime/episodes/999999999", "", 200, `[]`},
		{"GET", "/movies/1109411", "", 200, `[]`},
		{"GET", "/sync/all-items", "", 200, `{}`},
		{"GET", "/sync/all-items/shows", "", 200, `{}`},
		{"GET", "/sync/all-items/movies/watching", "", 200, `{}`},
		{"GET", "/sync/all-items/movies/hold", "", 200, `{}`},
		{"GET", "/sync/all-items/shows/badstatus", "", 200, `{"shows":[]}`},
		{"GET", "/sync/ratings/movies/11", "", 200, `{}`},
		{"GET", "/sync/playback", "", 200, `[]`},
		{"GET", "/sync/playback/movies", "", 200, `[]`},
		{"GET", "/sync/playback/episodes", "", 200, `[]`},
		{"GET", "/search/movie", "", 200, `[]`},
		{"GET", "/search/games?q=heat", "", 200, `null`},
		{"GET", "/search/id", "", 200, `[]`},
		{"GET", "/search/id?imdb=tt9999999999", "", 200, `[]`},
		{"POST", "/search/file", `{}`, 200, `null`},
		{"POST", "/search/file", `{"file":"no such thing at all.mkv"}`, 200, `[]`},
		{"POST", "/sync/watched", `[]`, 200, `null`},
	} {
		p.want(c.method, c.path, c.body, c.status, c.golden)
	}
	for path, want := range map[string]struct {
		status int
		id     string
	}{
		"/movies/abc": {404, "url_failed"}, "/tv/episodes/": {400, "empty_id"}, "/sync/playback/badtype": {404, "url_failed"},
		"/users/0/stats": {404, "user_id_failed"}, "/users/me/stats": {404, "user_id_failed"},
	} {
		if status, b := p.do("GET", path, ""); status != want.status || object(t, b)["error"] != want.id || object(t, b)["code"] != float64(want.status) {
			t.Error(path, status, b)
		}
	}
	if status, b := p.do("GET", "/tv/abc", ""); status != 200 || object(t, b)["title"] == nil {
		t.Error("an unrelated object:", status, b)
	}
	if status, b := p.do("GET", "/users/4711/stats", ""); status != 200 || object(t, b)["total_mins"] != 0.0 {
		t.Error(status, b)
	}
}

func TestActivitiesOfAFreshAccountAreNull(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	series := `{"all":null,"rated_at":null,"playback":null,"plantowatch":null,"watching":null,"completed":null,"hold":null,"dropped":null,"removed_from_list":null}`
	golden := `{"all":null,"settings":{"all":null},"tv_shows":` + series + `,"anime":` + series + `,
	 "movies":{"all":null,"rated_at":null,"playback":null,"plantowatch":null,"completed":null,"dropped":null,"removed_from_list":null},
	 "custom_lists":{"lists":{"all":null,"regular":null,"favorites":null,"recommendations":null,"auto":null}}}`
	p.want("GET", "/sync/activities", "", 200, golden)
	p.want("POST", "/sync/activities", "", 200, golden)
}

func TestActivitiesMoveWithWhatHappened(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/scrobble/pause", `{"progress":20,`+severance+`}`)
	at := p.clock.Now().UTC().Format("2006-01-02T15:04:05Z")
	_, b := p.do("GET", "/sync/activities", "")
	m := object(t, b)
	tv, _ := m["tv_shows"].(map[string]any)
	if m["all"] != at || tv["playback"] != at || tv["all"] != at || tv["watching"] != nil {
		t.Fatal(b)
	}
	p.do("POST", "/scrobble/stop", `{"progress":100,`+severance+`}`)
	_, b = p.do("GET", "/sync/activities", "")
	tv, _ = object(t, b)["tv_shows"].(map[string]any)
	if at := p.clock.Now(); tv["watching"] == nil || at.IsZero() {
		t.Fatal(b)
	}
}

// The rows of 7.2.
func TestAllItemsRows(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"shows":[{"ids":{"simkl":1109411},"added_at":"2026-01-02T20:09:04Z","seasons":[{"number":1,"watched_at":"2026-01-02T21:00:00Z"},{"number":2,"episodes":[
		{"number":1,"watched_at":"2026-05-01T19:40:58Z"},{"number":2,"watched_at":"2026-05-02T19:40:58Z"},{"number":3,"watched_at":"2026-05-04T19:40:58Z"}]}]}],
		"anime":[{"ids":{"mal":"16498"},"added_at":"2026-02-01T10:00:00Z","watched_at":"2026-02-01T12:00:00Z","episodes":[{"number":25}]}]}`)
	p.want("GET", "/sync/all-items/shows/watching", "", 200, `{"shows":[{"added_to_watchlist_at":"2026-01-02T20:09:04Z","last_watched_at":"2026-05-04T19:40:58Z",
	   "user_rated_at":null,"user_rating":null,"status":"watching","last_watched":"S02E03","next_to_watch":"S02E04",
	   "watched_episodes_count":12,"total_episodes_count":19,"not_aired_episodes_count":0,
	   "show":{"title":"Severance","poster":"59/1199fe94bb8737920","year":2022,"runtime":50,"ids":{"simkl":1109411,"slug":"severance","imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}}}]}`)
	p.want("GET", "/sync/all-items/anime?extended=full_anime_seasons&episode_watched_at=yes&memos=yes&language=en", "", 200, `{"anime":[{"added_to_watchlist_at":"2026-02-01T10:00:00Z","last_watched_at":"2026-02-01T12:00:00Z",
	   "user_rated_at":null,"user_rating":null,"status":"watching","anime_type":"tv","last_watched":"E25","next_to_watch":null,
	   "watched_episodes_count":1,"total_episodes_count":25,"not_aired_episodes_count":0,"mapped_tvdb_seasons":[1],"memo":{},
	   "show":{"title":"Attack on Titan","poster":"44/f6438702e6401336d","year":2013,"runtime":24,"ids":{"simkl":39687,"slug":"shingeki-no-kyojin","mal":"16498","anidb":"9541","anilist":"16498","tvdb":"267440","tmdb":"1429","imdb":"tt2560140"}},
	   "seasons":[{"number":1,"episodes":[{"number":25,"watched_at":"2026-02-01T12:00:00Z","tvdb":{"season":1,"episode":25}}]}]}]}`)
	p.want("GET", "/sync/all-items?extended=simkl_ids_only", "", 200, `{"shows":[{"show":{"ids":{"simkl":1109411}}}],"anime":[{"show":{"ids":{"simkl":39687}}}]}`)
	_, b := p.do("GET", "/sync/all-items/badtype", "")
	if !strings.Contains(b, `"shows"`) || !strings.Contains(b, `"anime"`) {
		t.Fatal("a bad type is cross-type data:", b)
	}
	if _, b := p.do("GET", "/sync/all-items/shows?next_watch_info=yes", ""); !strings.Contains(b, `"next_to_watch_info":{"title":"Episode 4","season":2,"episode":4,"date":"2023-03-10T15:00:00-05:00"}`) {
		t.Fatal(b)
	}
	if _, b := p.do("GET", "/sync/all-items?date_from="+p.clock.Now().Format("2006-01-02T15:04:05Z"), ""); b != "{}" {
		t.Fatal("a delta is strictly newer:", b)
	}
}

// A film has no episode counts of a series to show, and its runtime is the film's.
func TestAllItemsMovieRow(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"movies":[{"ids":{"imdb":"https://www.imdb.com/title/tt1375666/"},"added_at":"2026-02-01T10:00:00Z","watched_at":"2026-02-01T12:00:00Z"}]}`)
	p.want("GET", "/sync/all-items/movies/completed", "", 200, `{"movies":[{"added_to_watchlist_at":"2026-02-01T10:00:00Z","last_watched_at":"2026-02-01T12:00:00Z","user_rated_at":null,
	   "user_rating":null,"status":"completed","movie":{"title":"Inception","poster":"19/c1d97605f982b90db","year":2010,"runtime":148,"ids":{"simkl":472214,"slug":"inception","imdb":"tt1375666","tmdb":"27205","letterboxd":"inception"}}}]}`)
}

func TestSettings(t *testing.T) {
	p := newPeer(t, sandbox.Options{User: "sandbox", Plan: sandbox.PlanVIP})
	p.want("GET", "/users/settings", "", 200, `{"user":{"name":"sandbox","joined_at":"2026-05-22T16:08:00Z","gender":"","avatar":"","bio":"","loc":"","age":""},
		"account":{"id":51,"timezone":"America/New_York","type":"vip"},"connections":{"facebook":false}}`)
}

// 7.4: a parallel array, with ids in an object or flat.
func TestAskWatched(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"movies":[{"ids":{"simkl":53801},"watched_at":"2026-02-01T12:00:00Z"}],"shows":[{"ids":{"simkl":1109411},"watched_at":"2026-02-01T12:00:00Z","seasons":[{"number":1}]}]}`)
	p.want("POST", "/sync/watched", `[{"ids":{"simkl":53801}},{"imdb":"tt1375666"},{"title":"Severance","year":2022,"season":1,"episode":9},{"ids":{"tvdb":371980},"season":2,"episode":1},{"imdb":"tt0"}]`, 200,
		`[{"ids":{"simkl":53801},"result":true,"list":"completed","last_watched_at":"2026-02-01T12:00:00Z"},
		{"imdb":"tt1375666","result":false,"list":null,"last_watched_at":null},
		{"title":"Severance","year":2022,"season":1,"episode":9,"result":true,"list":"watching","last_watched_at":"2026-02-01T12:00:00Z"},
		{"ids":{"tvdb":371980},"season":2,"episode":1,"result":false,"list":"watching","last_watched_at":"2026-02-01T12:00:00Z"},
		{"imdb":"tt0","result":"not_found"}]`)
	p.want("POST", "/sync/watched?extended=counters", `[{"ids":{"simkl":1109411}}]`, 200,
		`[{"ids":{"simkl":1109411},"result":false,"list":"watching","last_watched_at":"2026-02-01T12:00:00Z","episodes_total":19,"episodes_aired":19,"episodes_to_be_aired":0,"episodes_watched":9}]`)
	many := `[` + strings.Repeat(`{"imdb":"tt0"},`, 100) + `{"imdb":"tt0"}]`
	if status, b := p.do("POST", "/sync/watched?extended=counters", many); status != 400 || object(t, b)["error"] != "max_items" {
		t.Fatal(status, b)
	}
}

func TestStatsCountMinutes(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"movies":[{"ids":{"simkl":53801}}],"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1,"episodes":[{"number":1}]}]}]}`)
	_, b := p.do("GET", "/users/51/stats", "")
	for _, want := range []string{
		`"total_mins":220`, `"completed":{"count":1,"mins":170}`,
		`"watching":{"count":1,"left_to_watch_episodes":18,"left_to_watch_mins":900,"total_episodes_count":19,"watched_episodes_count":1}`,
		`"watched_last_week":{"anime_mins":0,"movies_mins":170,"total_mins":220,"tv_mins":50}`,
	} {
		if !strings.Contains(b, want) {
			t.Errorf("%s is not in %s", want, b)
		}
	}
}
