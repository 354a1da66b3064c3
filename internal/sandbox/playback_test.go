package sandbox_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// The list of section 6, newest first.
func TestPlaybackListIsThatOfTheReference(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/scrobble/pause", `{"progress":12,"movie":{"title":"Heat","year":1995}}`)
	heat := p.clock.Now().UTC().Format("2006-01-02T15:04:05Z")
	p.do("POST", "/scrobble/pause", `{"progress":37.5,"show":{"ids":{"imdb":"tt9253284"}},"episode":{"season":1,"number":9}}`)
	andor := p.clock.Now().UTC().Format("2006-01-02T15:04:05Z")
	movie := `{"id":40771934513,"progress":12,"paused_at":"` + heat + `","type":"movie",
	  "movie":{"title":"Heat","year":1995,"ids":{"simkl":53801,"slug":"heat","imdb":"tt0113277","tmdb":"949"}}}`
	episode := `{"id":40771934514,"progress":37.5,"paused_at":"` + andor + `","type":"episode","episode":{"season":1,"number":9,"title":"Episode 9"},
	  "show":{"title":"Andor","year":2022,"ids":{"simkl":1051403,"slug":"andor","imdb":"tt9253284","tmdb":"83867","tvdb":"393189"}}}`
	p.want("GET", "/sync/playback", "", 200, `[`+episode+`,`+movie+`]`)
	p.want("GET", "/sync/playback/movies", "", 200, `[`+movie+`]`)
	p.want("GET", "/sync/playback/episodes", "", 200, `[`+episode+`]`)
	p.want("GET", "/sync/playback?limit=1", "", 200, `[`+episode+`]`)
	p.want("GET", "/sync/playback?date_from="+andor, "", 200, `[`+episode+`]`)
	p.want("GET", "/sync/playback?date_to="+andor, "", 200, `[`+movie+`]`)
	p.want("POST", "/sync/playback/40771934514", "", 200, `[`+episode+`,`+movie+`]`)
}

func TestDeletePlayback(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	_, b := p.do("POST", "/scrobble/pause", `{"progress":12,"movie":{"ids":{"simkl":53801}}}`)
	id, _, _ := strings.Cut(strings.TrimPrefix(b, `{"id":`), ",")
	for path, want := range map[string]string{"": "url_failed", "/0": "url_failed", "/abc": "url_failed", "/1": "empty"} {
		if status, b := p.do("DELETE", "/sync/playback"+path, ""); status != 404 || object(t, b)["error"] != want {
			t.Error(path, status, b)
		}
	}
	p.want("DELETE", "/sync/playback/"+id, "", 204, "")
	p.want("GET", "/sync/playback", "", 200, `[]`)
	if status, b := p.do("DELETE", "/sync/playback/"+id, ""); status != 404 {
		t.Fatal(status, b)
	}
}

func TestOnePlaybackPerTitleAndStartClearsIt(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	episode := func(call string, n, progress int) {
		t.Helper()
		if status, b := p.do("POST", "/scrobble/"+call, `{"progress":`+strconv.Itoa(progress)+`,"show":{"ids":{"simkl":1051403}},"episode":{"season":1,"number":`+strconv.Itoa(n)+`}}`); status != 201 {
			t.Fatal(status, b)
		}
	}
	episode("pause", 1, 90)
	episode("pause", 2, 20)
	if got := p.s.Playbacks("sandbox"); len(got) != 1 || got[0].Episode != 2 || len(p.s.History()) != 0 {
		t.Fatalf("%+v", got)
	}
	episode("start", 2, 20)
	if got := p.s.Playbacks("sandbox"); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	episode("stop", 2, 95)
	p.clock.add(2 * time.Hour)
	episode("stop", 2, 30)
	if got := p.s.Playbacks("sandbox"); len(got) != 1 || got[0].Progress != 30 || len(p.s.History()) != 1 {
		t.Fatalf("the watch stays and 30 is a playback: %+v", got)
	}
	if _, b := p.do("GET", "/sync/playback", ""); !strings.Contains(b, `"progress":30`) {
		t.Fatal("a re-viewing is listed:", b)
	}
	p.do("POST", "/sync/history", `{"shows":[{"ids":{"simkl":1051403},"seasons":[{"number":1,"episodes":[{"number":3}]}]}]}`)
	if _, b := p.do("GET", "/sync/playback", ""); b == "[]" {
		t.Fatal("another episode's watch does not hide it")
	}
}

func TestHideWatchedHidesWhatALaterWatchOvertook(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/scrobble/pause", `{"progress":50,"movie":{"ids":{"simkl":53801}}}`)
	p.clock.add(time.Hour)
	p.do("POST", "/sync/history", `{"movies":[{"ids":{"simkl":53801}}]}`)
	p.want("GET", "/sync/playback", "", 200, `[]`)
	if _, b := p.do("GET", "/sync/playback?hide_watched=false", ""); b == "[]" {
		t.Fatal(b)
	}
}

func TestPlaybackIsKeptAsLongAsThePlanSays(t *testing.T) {
	for plan, days := range map[string]int{sandbox.PlanFree: 7, sandbox.PlanPro: 30, sandbox.PlanVIP: 90} {
		p := newPeer(t, sandbox.Options{Plan: plan})
		p.do("POST", "/scrobble/pause", `{"progress":50,"movie":{"ids":{"simkl":53801}}}`)
		p.clock.add(time.Duration(days)*24*time.Hour - time.Minute)
		if len(p.s.Playbacks("sandbox")) != 1 {
			t.Error(plan, "gone too early")
		}
		p.clock.add(2 * time.Minute)
		if len(p.s.Playbacks("sandbox")) != 0 {
			t.Error(plan, "kept too long")
		}
	}
}

func TestProgressRules(t *testing.T) {
	for progress, want := range map[string]struct {
		status int
		shown  any
	}{
		"75": {201, 75.0}, "75.0": {201, 75.0}, "75.00": {201, 75.0}, "75.12": {201, 75.12}, "0": {201, 0.0}, "100": {201, 100.0},
		"75.123": {400, nil}, "-1": {400, nil}, "100.01": {400, nil}, `"x"`: {400, nil}, "1e999": {400, nil}, "true": {400, nil},
	} {
		p := newPeer(t, sandbox.Options{})
		status, b := p.do("POST", "/scrobble/start", `{"progress":`+progress+`,`+severance+`}`)
		if m := object(t, b); status != want.status || want.shown != nil && m["progress"] != want.shown || want.status == 400 && m["error"] != "wrong_parameter" {
			t.Error(progress, status, b)
		}
	}
	p := newPeer(t, sandbox.Options{ClampProgress: true})
	if status, b := p.do("POST", "/scrobble/start", `{"progress":130.555,`+severance+`}`); status != 201 || object(t, b)["progress"] != 100.0 {
		t.Error(status, b)
	}
}

func TestScrobbleNeedsExactlyOneItem(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "empty_field", ``: "empty_field", `{"progress":5}`: "empty_field",
		`{"show":{"ids":{"simkl":1109411}}}`:                        "empty_field",
		`{"movie":{"ids":{"simkl":53801}},"show":{"title":"Heat"}}`: "wrong_parameter",
		`[`: "wrong_parameter", `{"movie":[]}`: "wrong_parameter",
	} {
		p := newPeer(t, sandbox.Options{})
		if status, b := p.do("POST", "/scrobble/start", body); status != 400 || object(t, b)["error"] != want {
			t.Error(body, status, b)
		}
	}
}

// 5.1: simkl, external ids, title and year, then the title alone.
func TestResolutionOrder(t *testing.T) {
	for media, want := range map[string]float64{
		`{"title":"Crash","year":1996}`:                           900104,
		`{"title":"crash","year":2004}`:                           900103,
		`{"title":"Dune","year":1999}`:                            900101, // nothing of that year: the title alone
		`{"title":"Dune","ids":{"imdb":"tt0087182"}}`:             900102,
		`{"ids":{"simkl":"53801","imdb":"tt1375666"}}`:            53801,
		`{"title":"Heat","year":1995,"ids":{"imdb":"tt9999999"}}`: 53801,
		`{"ids":{"tmdb":78}}`:                                     900106,
		`{"title":"Le fabuleux destin d'Amelie Poulain"}`:         900114,
		"{\"title\":\"Ame\u0301lie\",\"year\":2001}":              900114,
		`{"title":"Harbour Lights","year":2026}`:                  900190,
	} {
		p := newPeer(t, sandbox.Options{})
		_, b := p.do("POST", "/scrobble/start", `{"movie":`+media+`}`)
		m, _ := object(t, b)["movie"].(map[string]any)
		ids, _ := m["ids"].(map[string]any)
		if ids["simkl"] != want {
			t.Error(media, b)
		}
	}
}

// 5.3: default runtimes when none is known.
func TestDefaultRuntimes(t *testing.T) {
	for body, minutes := range map[string]int{
		`{"movie":{"ids":{"simkl":900190}}}`:                                  90,
		`{"show":{"ids":{"simkl":900290}},"episode":{"season":1,"number":1}}`: 45,
		`{"anime":{"ids":{"simkl":900390}},"episode":{"number":1}}`:           25,
		`{"movie":{"ids":{"simkl":53801}}}`:                                   170,
	} {
		p := newPeer(t, sandbox.Options{})
		p.do("POST", "/scrobble/start", body)
		p.clock.add(time.Duration(minutes)*time.Minute - time.Second)
		if _, on := p.s.WatchingNow("sandbox"); !on {
			t.Error(body, "ended too early")
		}
		p.clock.add(time.Second)
		if _, on := p.s.WatchingNow("sandbox"); on || len(p.s.History()) != 0 {
			t.Error(body, "a start expires at the end and marks nothing")
		}
	}
}

func TestWatchingNowAdvancesWithTheClock(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.do("POST", "/scrobble/start", `{"progress":10,`+severance+`}`)
	p.clock.add(10 * time.Minute)
	w, on := p.s.WatchingNow("sandbox")
	if !on || w.Progress != 30 || w.Title != "Severance" || w.Episode != 3 {
		t.Fatalf("%+v %v", w, on)
	}
	p.do("POST", "/scrobble/pause", `{"progress":30,`+severance+`}`)
	if _, on := p.s.WatchingNow("sandbox"); on {
		t.Fatal("a pause ends it")
	}
}

// 5.5
func TestCheckinCompletesByItself(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	status, b := p.do("POST", "/scrobble/checkin", `{"progress":50,"movie":{"ids":{"simkl":53801}}}`)
	if m := object(t, b); status != 201 || m["action"] != "checkin" || m["id"] == 0.0 {
		t.Fatal(status, b)
	}
	p.clock.add(85 * time.Minute)
	if len(p.s.History()) != 0 {
		t.Fatal("too early")
	}
	p.clock.add(2 * time.Minute)
	h := p.s.History()
	if len(h) != 1 || h[0].Via != "checkin" || len(p.s.Playbacks("sandbox")) != 0 {
		t.Fatalf("%+v", h)
	}
}

func TestCheckinIsCancelledByDelete(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	_, b := p.do("POST", "/scrobble/checkin", `{"movie":{"ids":{"simkl":53801}}}`)
	id, _, _ := strings.Cut(strings.TrimPrefix(b, `{"id":`), ",")
	p.want("DELETE", "/sync/playback/"+id, "", 204, "")
	p.clock.add(24 * time.Hour)
	if len(p.s.History()) != 0 {
		t.Fatal("a cancelled check-in was completed")
	}
}

func TestCheckinProgressCanBeIgnored(t *testing.T) {
	p := newPeer(t, sandbox.Options{IgnoreCheckinProgress: true})
	_, b := p.do("POST", "/scrobble/checkin", `{"progress":50,"movie":{"ids":{"simkl":53801}}}`)
	if object(t, b)["progress"] != 0.0 {
		t.Fatal(b)
	}
}

func TestPauseConflictIsOptIn(t *testing.T) {
	for _, on := range []bool{false, true} {
		p := newPeer(t, sandbox.Options{PauseConflicts: on})
		p.do("POST", "/scrobble/stop", `{"progress":90,`+severance+`}`)
		status, b := p.do("POST", "/scrobble/pause", `{"progress":90,`+severance+`}`)
		if on && status != 409 || !on && status != 201 {
			t.Error(on, status, b)
		}
	}
}

func TestEpisodeKeyOfPlaybacksCanBeTheOlderOne(t *testing.T) {
	p := newPeer(t, sandbox.Options{PlaybackEpisodeKey: true})
	p.do("POST", "/scrobble/pause", `{"progress":9,`+severance+`}`)
	if _, b := p.do("GET", "/sync/playback", ""); !strings.Contains(b, `"episode":{"season":2,"episode":3,`) {
		t.Fatal(b)
	}
}

const smallCatalog = `{"simkl":1,"kind":"tv","title":"One","slug":"one","year":2001,"seasons":[2],"ids":{"tvdb":"11"},"episode_ids":{"1x2":{"tvdb":"112"}}}
{"simkl":2,"kind":"tv","title":"Two","slug":"two","year":2002,"seasons":[2],"ids":{"tvdb":"22"},"episode_ids":{"1x1":{"tvdb":"221"}}}
`

func TestEpisodeIDsWinOverNumbersAndAStaleOneIsNotFound(t *testing.T) {
	p := newPeer(t, sandbox.Options{Catalog: []byte(smallCatalog)})
	_, b := p.do("POST", "/scrobble/stop", `{"progress":90,"show":{"ids":{"tvdb":11}},"episode":{"season":1,"number":1,"ids":{"tvdb":112}}}`)
	if h := p.s.History(); len(h) != 1 || h[0].Episode != 2 {
		t.Fatalf("%+v %s", h, b)
	}
	p.want("POST", "/scrobble/stop", `{"progress":90,"show":{"ids":{"tvdb":11}},"episode":{"season":1,"number":1,"ids":{"tvdb":"999"}}}`, 404, `{"error":"id_err","code":404}`)
	p.do("POST", "/sync/history", `{"episodes":[{"ids":{"tvdb":221}}]}`)
	if h := p.s.History(); len(h) != 2 || h[1].Simkl != 2 {
		t.Fatalf("%+v", h)
	}
}
