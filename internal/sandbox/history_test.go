package sandbox_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// The request and the answer of 8.1.
func TestHistoryAnswersAsInTheReference(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	body := `{"movies":[{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"},"watched_at":"2026-05-14T20:00:00Z"}],
	 "shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"use_tvdb_anime_seasons":true,
	   "seasons":[{"number":1,"episodes":[{"number":3,"watched_at":"2026-05-14T18:30:00Z"}]}]}]}`
	statuses := `"statuses":[
	   {"request":{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"},"watched_at":"2026-05-14T20:00:00Z","type":"movie","rating":null},
	    "response":{"status":"completed","simkl_type":"movie","anime_type":null}},
	   {"request":{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"type":"show","rating":null},
	    "response":{"status":"watching","simkl_type":"tv","anime_type":null}}]`
	p.want("POST", "/sync/history", body, 201, `{"added":{"movies":1,"shows":1,"episodes":1,`+statuses+`},"not_found":{"movies":[],"shows":[],"episodes":[]}}`)
	p.want("POST", "/sync/history", body, 201, `{"added":{"movies":0,"shows":0,"episodes":0,`+statuses+`},"not_found":{"movies":[],"shows":[],"episodes":[]}}`)
	h := p.s.History()
	if len(h) != 2 || h[1].Episode != 3 || h[1].Via != "history" || !h[1].WatchedAt.Equal(time.Date(2026, 5, 14, 18, 30, 0, 0, time.UTC)) {
		t.Fatalf("%+v", h)
	}
}

func TestHistoryEchoesWhatItDoesNotKnow(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	none := `"added":{"movies":0,"shows":0,"episodes":0,"statuses":[]}`
	p.want("POST", "/sync/history", `{}`, 201, `{`+none+`,"not_found":{"movies":[],"shows":[],"episodes":[]}}`)
	p.want("POST", "/sync/history",
		`{"anime":[{"title":"No Such Anime","x":1,"episodes":[{"number":1}]}],"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":2,"episodes":[{"number":11}]}]}]}`, 201,
		`{`+none+`,"not_found":{"movies":[],"episodes":[],"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":2,"episodes":[{"number":11}]}]},{"title":"No Such Anime","x":1,"episodes":[{"number":1}]}]}}`)
	_, b := p.do("POST", "/sync/history", `{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":2,"episodes":[{"number":1},{"number":11}]}]}]}`)
	if !strings.Contains(b, `"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":2,"episodes":[{"number":11}]}]}]`) || len(p.s.History()) != 1 {
		t.Fatal("of a partly known item only the rest is not found:", b)
	}
}

// 8.1: the danger, and the airing states.
func TestItemWithoutEpisodesMarksTheWholeShow(t *testing.T) {
	for _, c := range []struct {
		item, status string
		watches      int
	}{
		{`{"ids":{"simkl":1051403}}`, "completed", 24},                                       // ended
		{`{"ids":{"simkl":1109411}}`, "watching", 19},                                        // airing
		{`{"ids":{"simkl":900290}}`, "watching", 6},                                          // half of it aired
		{`{"ids":{"simkl":1109411},"status":"completed"}`, "watching", 19},                   // still airing
		{`{"ids":{"simkl":1051403},"seasons":[{"number":1}]}`, "watching", 12},               // a season
		{`{"ids":{"simkl":1051403},"episodes":[{"number":2}]}`, "watching", 1},               // season 1 shorthand
		{`{"ids":{"simkl":900203},"seasons":[{"number":0}]}`, "watching", 2},                 // specials
		{`{"ids":{"simkl":1051403},"seasons":[{"number":1},{"number":2}]}`, "completed", 24}, // all of it
	} {
		p := newPeer(t, sandbox.Options{})
		_, b := p.do("POST", "/sync/history", `{"shows":[`+c.item+`]}`)
		if n := len(p.s.History()); n != c.watches || !strings.Contains(b, `"response":{"status":"`+c.status+`"`) {
			t.Errorf("%s: %d watches, want %d %s: %s", c.item, n, c.watches, c.status, b)
		}
	}
	p := newPeer(t, sandbox.Options{})
	if _, b := p.do("POST", "/sync/history?skip_auto_watching=yes", `{"shows":[{"ids":{"simkl":1051403},"status":"hold"}]}`); len(p.s.History()) != 0 || !strings.Contains(b, `"status":"hold"`) {
		t.Fatal("skip_auto_watching:", b)
	}
}

// Section 5.1 and 8.1: TVDB's numbers find the cour, native ones count from 1 in each.
func TestAnimeNumbers(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		simkl            int64
		episode          int
	}{
		{"scrobble by tvdb", "/scrobble/stop", `{"progress":90,"show":{"ids":{"tvdb":267440}},"episode":{"season":3,"number":14}}`, 900303, 2},
		{"scrobble by tmdb under anime", "/scrobble/stop", `{"progress":90,"anime":{"ids":{"tmdb":"1429"}},"episode":{"season":4,"number":17}}`, 900305, 1},
		{"scrobble by mal", "/scrobble/stop", `{"progress":90,"anime":{"ids":{"mal":38524}},"episode":{"number":2}}`, 900303, 2},
		{"scrobble by name", "/scrobble/stop", `{"progress":90,"show":{"title":"Frieren"},"episode":{"number":5}}`, 900310, 5},
		{"scrobble by Japanese name", "/scrobble/stop", `{"progress":90,"anime":{"title":"葬送のフリーレン","year":2023},"episode":{"season":1,"number":5}}`, 900310, 5},
		{"long absolute", "/scrobble/stop", `{"progress":90,"show":{"title":"One Piece","year":1999},"episode":{"number":1071}}`, 900340, 1071},
		{"history by tvdb with the flag", "/sync/history", `{"shows":[{"ids":{"tvdb":"267440"},"use_tvdb_anime_seasons":true,"seasons":[{"number":3,"episodes":[{"number":14}]}]}]}`, 900303, 2},
		{"history by name with the flag", "/sync/history", `{"anime":[{"title":"Attack on Titan","use_tvdb_anime_seasons":true,"seasons":[{"number":2,"episodes":[{"number":1}]}]}]}`, 900301, 1},
		{"history by mal", "/sync/history", `{"anime":[{"ids":{"mal":"25777"},"episodes":[{"number":12}]}]}`, 900301, 12},
		{"history without the flag counts the first title", "/sync/history", `{"shows":[{"ids":{"tvdb":"267440"},"seasons":[{"number":1,"episodes":[{"number":14}]}]}]}`, 39687, 14},
	} {
		p := newPeer(t, sandbox.Options{})
		status, b := p.do("POST", c.path, c.body)
		h := p.s.History()
		if status != 201 || len(h) != 1 || h[0].Simkl != c.simkl || h[0].Episode != c.episode {
			t.Errorf("%s: %d %s: %+v", c.name, status, b, h)
		}
	}
	for _, c := range []string{
		`{"progress":90,"show":{"ids":{"tvdb":267440}},"episode":{"season":3,"number":23}}`,
		`{"progress":90,"anime":{"ids":{"mal":38524}},"episode":{"number":11}}`,
		`{"progress":90,"movie":{"ids":{"simkl":1109411}}}`,
		`{"progress":90,"anime":{"ids":{"simkl":1109411}},"episode":{"season":1,"number":1}}`,
	} {
		p := newPeer(t, sandbox.Options{})
		p.want("POST", "/scrobble/stop", c, 404, `{"error":"id_err","code":404}`)
	}
	p := newPeer(t, sandbox.Options{})
	_, b := p.do("POST", "/sync/history", `{"shows":[{"ids":{"tvdb":"267440"},"seasons":[{"number":3,"episodes":[{"number":14}]}]}]}`)
	if !strings.Contains(b, `"shows":[{"ids"`) || len(p.s.History()) != 0 {
		t.Fatal("TVDB seasons without the flag must not be found:", b)
	}
}

// 5.2: the mapped and the original numbers, under anime although show was sent; anime_type is in the object.
func TestAnimeAnswerHasBothNumbers(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.want("POST", "/scrobble/start", `{"show":{"ids":{"tvdb":"267440"}},"episode":{"season":2,"number":4}}`, 201,
		`{"id":0,"action":"start","progress":0,"episode":{"season":1,"number":4,"title":"Episode 4","tvdb_season":2,"tvdb_number":4},
		"anime":{"title":"Shingeki no Kyojin Season 2","year":2017,"anime_type":"tv","ids":{"simkl":900301,"slug":"shingeki-no-kyojin-season-2","mal":"25777","anilist":"20958","tvdb":"267440","tmdb":"1429","imdb":"tt2560140"}}}`)
}

func TestAnimeFilmComesWithoutEpisodeUnderAnimeOrMovie(t *testing.T) {
	for _, container := range []string{"anime", "movie"} {
		p := newPeer(t, sandbox.Options{})
		_, b := p.do("POST", "/scrobble/stop", `{"progress":95,"`+container+`":{"title":"Spirited Away","year":2001}}`)
		if m := object(t, b); m["anime"] == nil || m["episode"] != nil || len(p.s.History()) != 1 {
			t.Error(container, b)
		}
	}
}

func TestRemoveFromHistory(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"shows":[{"ids":{"simkl":1109411},"rating":9,"seasons":[{"number":1}]}]}`)
	p.want("POST", "/sync/history/remove", `{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1,"episodes":[{"number":9}]}]}]}`, 201,
		`{"deleted":{"movies":0,"shows":0,"episodes":1},"not_found":{"movies":[],"shows":[]}}`)
	p.want("POST", "/sync/history/remove", `{"anime":[{"ids":{"simkl":39687}}]}`, 201,
		`{"deleted":{"movies":0,"shows":0,"episodes":0},"not_found":{"movies":[],"shows":[]}}`)
	p.want("POST", "/sync/history/remove", `{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1}]}],"movies":[{"title":"No Such Film"}]}`, 201,
		`{"deleted":{"movies":0,"shows":0,"episodes":8},"not_found":{"movies":[{"title":"No Such Film"}],"shows":[]}}`)
	if _, b := p.do("GET", "/sync/ratings", ""); !strings.Contains(b, `"user_rating":9`) {
		t.Fatal("the rating stays with the title:", b)
	}
	p.do("POST", "/scrobble/pause", `{"progress":30,`+severance+`}`)
	p.want("POST", "/sync/history/remove", `{"shows":[{"ids":{"simkl":1109411}}]}`, 201,
		`{"deleted":{"movies":0,"shows":1,"episodes":0},"not_found":{"movies":[],"shows":[]}}`)
	p.want("GET", "/sync/ratings", "", 200, `{}`)
	p.want("GET", "/sync/playback", "", 200, `[]`)
	if _, b := p.do("GET", "/sync/activities", ""); !strings.Contains(b, `"removed_from_list":"2026-05-22`) {
		t.Fatal(b)
	}
}

// 8.4
func TestAddToList(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	if status, b := p.do("POST", "/sync/add-to-list", `{"movies":[{"ids":{"simkl":53801}}]}`); status != 400 || object(t, b)["error"] != "empty_field" {
		t.Fatal(status, b)
	}
	if status, b := p.do("POST", "/sync/add-to-list", `{"to":"hold","movies":[{"ids":{"simkl":53801}}]}`); status != 400 || object(t, b)["error"] != "empty_field" {
		t.Fatal("to at the top:", status, b)
	}
	if status, b := p.do("POST", "/sync/add-to-list", `{"movies":[{"to":"someday","ids":{"simkl":53801}}]}`); status != 400 || object(t, b)["error"] != "wrong_parameter" {
		t.Fatal(status, b)
	}
	p.want("POST", "/sync/add-to-list",
		`{"movies":[{"to":"watching","ids":{"simkl":53801}},{"to":"plantowatch","title":"x"}],"shows":[{"to":"completed","ids":{"simkl":1109411}}],"anime":[{"to":"plantowatch","ids":{"mal":"16498"}}]}`, 201,
		`{"added":{"movies":[{"to":"completed","ids":{"simkl":53801},"type":"movie"}],"shows":[{"to":"watching","ids":{"simkl":1109411},"type":"show"},{"to":"plantowatch","ids":{"mal":"16498"},"type":"anime"}]},
		"not_found":{"movies":[{"to":"plantowatch","title":"x"}],"shows":[]}}`)
	if h := p.s.History(); len(h) != 20 {
		t.Fatalf("a film to watching is marked watched, a completed show too: %d", len(h))
	}
}

// 8.5
func TestRatings(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.want("POST", "/sync/ratings", `{"movies":[{"rating":8,"ids":{"simkl":53801}},{"rating":11,"ids":{"simkl":472214}}],"shows":[{"rating":7,"ids":{"simkl":1109411}}]}`, 201,
		`{"added":{"movies":1,"shows":1,"statuses":[{"request":{"rating":8,"ids":{"simkl":53801}},"response":{"status":"completed"}},{"request":{"rating":7,"ids":{"simkl":1109411}},"response":{"status":"watching"}}]},
		"not_found":{"movies":[{"rating":11,"ids":{"simkl":472214}}],"shows":[]}}`)
	for path, want := range map[string]int{"/sync/ratings/movies": 1, "/sync/ratings/all/7,8": 2, "/sync/ratings/shows/8": 0, "/sync/ratings/movies/11": 0} {
		if _, b := p.do("GET", path, ""); strings.Count(b, `"user_rating":`) != want || want == 0 && b != "{}" {
			t.Error(path, b)
		}
	}
	since := p.clock.Now().UTC().Format("2006-01-02T15:04:05Z")
	p.clock.add(time.Minute)
	p.want("POST", "/sync/ratings/remove", `{"movies":[{"ids":{"simkl":53801}},{"ids":{"simkl":472214}}]}`, 201, `{"deleted":{"movies":2,"shows":0},"not_found":{"movies":[],"shows":[]}}`)
	if _, b := p.do("GET", "/sync/ratings?date_from="+since, ""); !strings.Contains(b, `"user_rating":null`) {
		t.Fatal("a removed rating is null in the delta:", b)
	}
	if _, b := p.do("GET", "/sync/all-items?date_from="+since, ""); b != "{}" {
		t.Fatal("a rating never shows in an all-items delta:", b)
	}
}

func TestBatchOverHundredItemsIsRefused(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	item := `{"ids":{"simkl":53801}}`
	status, b := p.do("POST", "/sync/history", `{"movies":[`+strings.Repeat(item+",", 100)+item+`]}`)
	if status != 400 || object(t, b)["error"] != "max_items" || len(p.s.History()) != 0 {
		t.Fatal(status, b)
	}
}

// 5.6
func TestRewatchOnStop(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	stop := func() (any, bool) {
		t.Helper()
		status, b := p.do("POST", "/scrobble/stop?allow_rewatch=yes", `{"progress":95,"movie":{"ids":{"simkl":53801}}}`)
		if status != 201 {
			t.Fatal(status, b)
		}
		m := object(t, b)
		return m["rewatch_status"], m["rewatch_id"] != nil
	}
	want := func(status string, id bool) {
		t.Helper()
		if s, has := stop(); s != status || has != id {
			t.Fatalf("%v %v, want %s %v", s, has, status, id)
		}
	}
	want("first_watch", false)
	p.clock.add(2 * time.Hour)
	want("pro_required", false)
	p.s.SetPlan("sandbox", sandbox.PlanPro)
	p.clock.add(2 * time.Hour)
	want("too_soon", false)
	p.clock.add(48 * time.Hour)
	want("completed", true)
	if h := p.s.History(); len(h) != 2 || h[1].RewatchID == 0 {
		t.Fatalf("%+v", h)
	}
	_, b := p.do("POST", "/scrobble/stop", `{"progress":95,"movie":{"ids":{"simkl":472214}}}`)
	if strings.Contains(b, "rewatch") {
		t.Fatal("the keys are only there when asked:", b)
	}
}

// 8.2 and 7.3
func TestRewatchOfASeriesThroughHistory(t *testing.T) {
	p := newPeer(t, sandbox.Options{Plan: sandbox.PlanVIP})
	p.do("POST", "/sync/history", `{"shows":[{"ids":{"simkl":900211}}]}`)
	p.clock.add(72 * time.Hour)
	episode := func(n int, id string) map[string]any {
		t.Helper()
		_, b := p.do("POST", "/sync/history?allow_rewatch=yes", `{"shows":[{"ids":{"simkl":900211},"is_rewatch":true`+id+`,"seasons":[{"number":1,"episodes":[{"number":`+strconv.Itoa(n)+`}]}]}]}`)
		added, _ := object(t, b)["added"].(map[string]any)
		statuses, _ := added["statuses"].([]any)
		row, _ := statuses[0].(map[string]any)
		response, _ := row["response"].(map[string]any)
		return response
	}
	first := episode(1, "")
	id, _ := first["rewatch_id"].(float64)
	if first["rewatch_status"] != "active" || id == 0 {
		t.Fatal(first)
	}
	pin := `,"rewatch_id":` + strconv.FormatInt(int64(id), 10)
	for n := 2; n <= 5; n++ {
		got := episode(n, pin)
		if want := map[bool]string{true: "completed", false: "active"}[n == 5]; got["rewatch_status"] != want || got["rewatch_id"] != id {
			t.Fatal(n, got)
		}
	}
	_, b := p.do("GET", "/sync/all-items/shows?allow_rewatch=yes", "")
	if strings.Count(b, `"is_rewatch":true`) != 1 || strings.Count(b, `"is_rewatch":false`) != 1 || !strings.Contains(b, `"rewatch_status":"completed"`) {
		t.Fatal(b)
	}
	if _, b := p.do("GET", "/sync/all-items/shows", ""); strings.Contains(b, "rewatch") {
		t.Fatal(b)
	}
	_, b = p.do("POST", "/sync/history?allow_rewatch=yes", `{"shows":[{"ids":{"simkl":900211}`+pin+`,"rewatch_status":"closed"}]}`)
	if n := len(p.s.History()); n != 10 || !strings.Contains(b, `"rewatch_status":"closed"`) {
		t.Fatal("closing a rewatch marks nothing:", n, b)
	}
}

func TestUnmarkedEpisodeLosesItsRewatchToo(t *testing.T) {
	p := newPeer(t, sandbox.Options{Plan: sandbox.PlanVIP})
	item := `{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1,"episodes":[{"number":1}]}]}]}`
	p.do("POST", "/sync/history", item)
	p.clock.add(72 * time.Hour)
	p.do("POST", "/sync/history?allow_rewatch=yes", item)
	if n := len(p.s.History()); n != 2 {
		t.Fatal(n)
	}
	p.do("POST", "/sync/history/remove", item)
	if h := p.s.History(); len(h) != 0 {
		t.Fatalf("%+v", h)
	}
}

func TestFreeAccountRewatchIsASilentNoOp(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/sync/history", `{"movies":[{"ids":{"simkl":53801}}]}`)
	p.clock.add(72 * time.Hour)
	_, b := p.do("POST", "/sync/history?allow_rewatch=yes", `{"movies":[{"ids":{"simkl":53801},"is_rewatch":true}]}`)
	if !strings.Contains(b, `"movies":0`) || strings.Contains(b, "rewatch") || len(p.s.History()) != 1 {
		t.Fatal(b)
	}
}
