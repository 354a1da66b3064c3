package sandbox_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// What a client written from the reference alone is told, section by section; the other files have the rest.

// 2.3: the odd shapes of nothing.
func TestNothingHasTheShapesOfTheReference(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/movies/999999999", "", 200, `[]`},
		{"GET", "/tv/999999999", "", 200, `[]`},
		{"GET", "/tv/53801", "", 200, `[]`}, // a film's number
		{"GET", "/anime/episodes/999999999", "", 200, `[]`},
		{"GET", "/movies/abc", "", 404, `{"error":"url_failed","code":404,"message":"the id is not a number"}`},
		{"GET", "/tv/episodes/", "", 400, `{"error":"empty_id","code":400,"message":"the id is missing"}`},
		{"GET", "/sync/all-items", "", 200, `{}`},
		{"GET", "/sync/all-items/shows", "", 200, `{}`},
		{"GET", "/sync/all-items/movies/watching", "", 200, `{}`},
		{"GET", "/sync/all-items/movies/hold", "", 200, `{}`},
		{"GET", "/sync/all-items/shows/nonsense", "", 200, `{"shows":[]}`},
		{"GET", "/sync/ratings/movies/11", "", 200, `{}`},
		{"GET", "/sync/ratings", "", 200, `{}`},
		{"GET", "/sync/playback", "", 200, `[]`},
		{"GET", "/sync/playback/movies", "", 200, `[]`},
		{"GET", "/sync/playback/games", "", 404, `{"error":"url_failed","code":404,"message":"no such type"}`},
		{"PUT", "/sync/playback/12", "", 200, `[]`},
		{"DELETE", "/sync/playback/12", "", 404, `{"error":"empty","code":404,"message":"no such playback"}`},
		{"DELETE", "/sync/playback/0", "", 404, `{"error":"url_failed","code":404,"message":"the id is missing or not a number"}`},
		{"DELETE", "/sync/playback/x", "", 404, `{"error":"url_failed","code":404,"message":"the id is missing or not a number"}`},
		{"DELETE", "/sync/playback", "", 404, `{"error":"url_failed","code":404,"message":"the id is missing or not a number"}`},
		{"GET", "/search/movie", "", 200, `[]`},
		{"GET", "/search/games?q=x", "", 200, `null`},
		{"GET", "/search/id", "", 200, `[]`},
		{"GET", "/search/id?imdb=tt9999999", "", 200, `[]`},
		{"POST", "/search/file", `{}`, 200, `null`},
		{"POST", "/search/file", `{"file":"holiday 2019.mkv"}`, 200, `[]`},
		{"GET", "/users/0/stats", "", 404, `{"error":"user_id_failed","code":404,"message":"the user id is not a number"}`},
		{"GET", "/users/me/stats", "", 404, `{"error":"user_id_failed","code":404,"message":"the user id is not a number"}`},
		{"POST", "/sync/watched", `[]`, 200, `null`},
		{"POST", "/sync/history", `{}`, 201, `{"added":{"movies":0,"shows":0,"episodes":0,"statuses":[]},"not_found":{"movies":[],"shows":[],"episodes":[]}}`},
		{"POST", "/scrobble/start", `{}`, 400, `{"error":"empty_field","code":400,"message":"Missed \"movie\", \"show\" or \"anime\" parameter"}`},
		{"POST", "/scrobble/stop", `{"progress":90,"movie":{"ids":{"imdb":"tt9999999"}}}`, 404, `{"error":"id_err","code":404}`},
		{"GET", "/sync/history", "", 404, `{"error":"url_failed","code":404,"message":"no such endpoint"}`},
	} {
		p.want(c.method, c.path, c.body, c.status, c.want)
	}
	if status, b := p.do("GET", "/tv/abc", ""); status != 200 || object(t, b)["type"] != "show" {
		t.Error("a word is answered with some show:", status, b)
	}
	if status, b := p.do("GET", "/sync/all-items/badtype", ""); status != 200 || b != "{}" {
		t.Error(status, b)
	}
	if status, b := p.do("GET", "/users/777/stats", ""); status != 200 || object(t, b)["total_mins"] != 0.0 {
		t.Error("an unknown account has counts of zero:", status, b)
	}
	for _, path := range []string{"/calendar/games.json", "/discover/trending/x.json", "/trending/movies_today.json"} {
		status, b, h := p.send(p.request("GET", path, ""))
		if status != 404 || strings.HasPrefix(b, "{") || !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
			t.Error("an unknown data file is 404 in plain text:", path, status, b, h)
		}
	}
}

func TestPrivateProfilesShowTheirStatisticsToTheirOwnerAlone(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	id := p.s.AddUser("shy", "", "")
	p.s.SetPrivate("shy", true)
	path := fmt.Sprintf("/users/%d/stats", id)
	if status, b := p.do("GET", path, ""); status != 403 || object(t, b)["error"] != "private_profile" {
		t.Error(status, b)
	}
	p.token = p.s.LinkToken("cid", "shy")
	if status, b := p.do("GET", path, ""); status != 200 {
		t.Error(status, b)
	}
}

// Section 4: anime is named under either container, a film too; removals want it in shows[].
func TestAnAnimeFilmIsNamedUnderEitherContainerAndRemovedAsAShow(t *testing.T) {
	for _, key := range []string{"movies", "shows", "anime"} {
		p := newPeer(t, sandbox.Options{})
		p.do("POST", "/sync/history", `{"`+key+`":[{"ids":{"simkl":900351},"watched_at":"2026-05-01T10:00:00Z"}]}`)
		if h := p.s.History(); len(h) != 1 || h[0].Simkl != 900351 {
			t.Fatalf("%s: %+v", key, h)
		}
		p.want("POST", "/sync/history/remove", `{"anime":[{"ids":{"simkl":900351}}]}`, 201, `{"deleted":{"movies":0,"shows":0,"episodes":0},"not_found":{"movies":[],"shows":[]}}`)
		p.want("POST", "/sync/history/remove", `{"shows":[{"ids":{"simkl":900351}}]}`, 201, `{"deleted":{"movies":0,"shows":1,"episodes":0},"not_found":{"movies":[],"shows":[]}}`)
		if h := p.s.History(); len(h) != 0 {
			t.Errorf("%s: %+v", key, h)
		}
	}
	p := newPeer(t, sandbox.Options{})
	p.want("POST", "/sync/history", `{"shows":[{"ids":{"simkl":900351},"seasons":[{"number":1,"episodes":[{"number":1}]}]}]}`, 201,
		`{"added":{"movies":0,"shows":0,"episodes":0,"statuses":[]},"not_found":{"movies":[],"episodes":[],"shows":[{"ids":{"simkl":900351},"seasons":[{"number":1,"episodes":[{"number":1}]}]}]}}`)
}

// 8.2: a rewatch is opened, written into, closed; what names no rewatch changes nothing.
func TestARewatchIsOpenedPinnedAndClosed(t *testing.T) {
	p := newPeer(t, sandbox.Options{Plan: sandbox.PlanPro})
	write := func(query, item string) map[string]any {
		t.Helper()
		_, b := p.do("POST", "/sync/history"+query, `{"shows":[{"ids":{"imdb":"tt9253284"},`+item+`}]}`)
		statuses, _ := object(t, b)["added"].(map[string]any)["statuses"].([]any)
		if len(statuses) != 1 {
			t.Fatal(b)
		}
		return statuses[0].(map[string]any)["response"].(map[string]any)
	}
	const old, allow = `"watched_at":"2026-01-01T10:00:00Z"`, "?allow_rewatch=yes"
	if r := write("", old); r["status"] != "completed" {
		t.Fatal(r)
	}
	n := len(p.s.History())
	if r := write(allow, `"rewatch_id":12345,"rewatch_status":"closed"`); r["rewatch_id"] != nil || len(p.s.History()) != n {
		t.Fatal("a rewatch that is not there was written:", r)
	}
	opened := write(allow, `"is_rewatch":true,"rewatch_status":"active"`)
	id, ok := opened["rewatch_id"].(float64)
	if !ok || opened["rewatch_status"] != "active" || len(p.s.History()) != n {
		t.Fatal(opened)
	}
	r := write(allow, `"is_rewatch":true,"seasons":[{"number":1,"episodes":[{"number":1,"watched_at":"2026-05-01T10:00:00Z"}]}]`)
	if r["rewatch_id"] != id || r["rewatch_status"] != "active" || len(p.s.History()) != n+1 {
		t.Fatal("the active rewatch takes the episode:", r)
	}
	if r := write(allow, fmt.Sprintf(`"is_rewatch":true,"rewatch_id":%d,"rewatch_status":"closed"`, int64(id))); r["rewatch_status"] != "closed" || len(p.s.History()) != n+1 {
		t.Fatal(r)
	}
	if r := write(allow, `"seasons":[{"number":1,"episodes":[{"number":1,"watched_at":"2026-05-02T10:00:00Z"}]}]`); r["rewatch_status"] != "too_soon" {
		t.Fatal("two viewings a day apart:", r)
	}
}

// 2.6: posters and fanart in the sizes of the reference.
func TestPicturesAreThereInTheirSizes(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	_, b := p.do("GET", "/movies/472214", "")
	poster, _ := object(t, b)["poster"].(string)
	if len(poster) != 20 || poster[2] != '/' {
		t.Fatal(poster)
	}
	for path, width := range map[string]int{
		"/posters/" + poster + "_m.webp": 340, "/posters/" + poster + "_s.jpg": 40, "/posters/" + poster + "_w.webp": 600,
	} {
		status, b, h := p.send(p.request("GET", path, ""))
		img, err := jpeg.Decode(bytes.NewReader([]byte(b)))
		if status != 200 || err != nil || img.Bounds().Dx() != width || !strings.HasPrefix(h.Get("Content-Type"), "image/") {
			t.Error(path, status, err)
		}
	}
	for _, path := range []string{"/posters/" + poster + "_x.webp", "/posters/" + poster + "_m.gif", "/posters/00/0000_m.webp", "/posters/_m.webp", "/fanart/" + poster + "_w.webp"} {
		if status, b, _ := p.send(p.request("GET", path, "")); status != 404 {
			t.Error(path, status, len(b))
		}
	}
}

// browse loads a page as a browser does.
func (p *peer) browse(method, path, form string) (int, string, http.Header) {
	p.t.Helper()
	p.clock.add(2 * time.Second)
	r := p.request(method, path, form)
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return p.send(r)
}

// 3.3 and 3.5: a browser sees a page, and goes back with a code; a refusal goes nowhere under V1 and back under V2.
func TestTheConsentPageIsForPeople(t *testing.T) {
	const back = "http://127.0.0.1:9/cb"
	for client, path := range map[string]string{
		"cid":   "/oauth/authorize?response_type=code&state=xyz&redirect_uri=" + url.QueryEscape(back),
		"v2cid": "/oauth2/authorize?response_type=code&state=xyz&code_challenge=abc&code_challenge_method=S256&redirect_uri=" + url.QueryEscape(back),
	} {
		p := newPeer(t, sandbox.Options{})
		p.client = client
		status, b, _ := p.browse("GET", path, "")
		if status != 200 || !strings.Contains(b, `id="allow"`) || !strings.Contains(b, `http-equiv="refresh" content="3;url=/oauth`) || strings.Contains(b, "<script") {
			t.Fatal(client, status, b)
		}
		status, _, h := p.browse("POST", path, "decision=allow")
		if to := h.Get("Location"); status != 303 || !strings.HasPrefix(to, back+"?code=") || !strings.Contains(to, "state=xyz") {
			t.Error(client, status, to)
		}
		_, _, h = p.browse("POST", path, "decision=deny")
		switch to := h.Get("Location"); client {
		case "cid":
			if to != "/" {
				t.Error(to)
			}
		default:
			if !strings.Contains(to, "error=access_denied") || !strings.Contains(to, "state=xyz") || !strings.Contains(to, "iss=https") {
				t.Error(to)
			}
		}
		p = newPeer(t, sandbox.Options{ApproveAfter: -1})
		p.client = client
		if _, b, _ = p.browse("GET", path+"&app-name=%3Cb%3E", ""); strings.Contains(b, "refresh") || strings.Contains(b, "<b>") {
			t.Error("nobody is asked for but the person:", b)
		}
	}
}

// 3.2: the page of a PIN sends the browser on where the app asked for it.
func TestThePinPageIsForPeopleAndGoesOn(t *testing.T) {
	p := newPeer(t, sandbox.Options{ApproveAfter: -1})
	_, b := p.do("GET", "/oauth/pin?redirect="+url.QueryEscape("https://app.example/done"), "")
	code := text(object(t, b), "user_code")
	if status, b, _ := p.browse("GET", "/pin", ""); status != 200 || !strings.Contains(b, "<form") || !strings.Contains(b, code) {
		t.Fatal(status, b)
	}
	if status, _, h := p.browse("POST", "/pin", "user_code="+code); status != 303 || h.Get("Location") != "https://app.example/done" {
		t.Error(status, h)
	}
	if status, b, _ := p.browse("POST", "/pin", "user_code=%3Cb%3E"); status != 404 || strings.Contains(b, "<b>") {
		t.Error(status, b)
	}
}

// 3.1: a server registration needs its secret; a code is used up by any attempt.
func TestServerRegistrationsNeedTheirSecret(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	p.client = "mine-server"
	code := func() string {
		_, _, h := p.send(p.request("GET", "/oauth/authorize?response_type=code&redirect_uri=http://127.0.0.1:9/cb", ""))
		u, err := url.Parse(h.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("code")
	}
	exchange := func(code, secret string) (int, any) {
		status, m, _ := p.form("/oauth/token", "grant_type", "authorization_code", "client_id", p.client, "code", code, "client_secret", secret, "redirect_uri", "http://127.0.0.1:9/cb")
		return status, m["error"]
	}
	if status, id := exchange(code(), "wrong"); status != 401 || id != "secret_error" {
		t.Error(status, id)
	}
	if status, id := exchange(code(), "secret"); status != 200 {
		t.Error(status, id)
	}
	used := code()
	if status, id := exchange(used, ""); status != 403 || id != "empty_field" {
		t.Error(status, id)
	}
	if status, id := exchange(used, "secret"); status != 401 || id != "grant_error" {
		t.Error("an attempt that failed uses the code up:", status, id)
	}
	p.client = "v2-server"
	if status, m, _ := p.form("/oauth2/device", "client_id", p.client); status != 401 || m["error"] != "invalid_client" {
		t.Error(status, m)
	}
	if status, m, _ := p.form("/oauth2/device", "client_id", p.client, "client_secret", "secret"); status != 200 {
		t.Error(status, m)
	}
}

// 3.4: nothing of /oauth2 may be kept by a cache, refusals of the gate neither.
func TestAnswersOfOAuth2AreNotStored(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	for _, path := range []string{"/oauth2/device?client_id=", "/oauth2/token?app-name=", "/oauth2/nothing"} {
		if status, _, h := p.send(p.request("POST", path, "")); status < 400 || h.Get("Cache-Control") != "no-store" {
			t.Error(path, status, h)
		}
	}
}

// Section 11: files are asked for with what is known of them.
func TestDataFilesAreAskedForAgainByTagOrTime(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	get := func(path string, header ...string) (int, string, http.Header) {
		r := p.request("GET", path, "")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return p.send(r)
	}
	const path = "/calendar/v2/tv.json"
	_, _, h := get(path)
	tag, made := h.Get("ETag"), h.Get("Last-Modified")
	if status, b, h := get(path, "If-None-Match", tag); status != 304 || b != "" || h.Get("ETag") != tag {
		t.Error(status, b, h)
	}
	if status, _, _ := get(path, "If-None-Match", `"other"`, "If-Modified-Since", made); status != 200 {
		t.Error("the tag decides where there is one:", status)
	}
	if status, _, _ := get(path, "If-Modified-Since", made); status != 304 {
		t.Error(status)
	}
	p.clock.add(8 * 24 * time.Hour)
	if status, _, _ := get(path, "If-None-Match", tag); status != 200 {
		t.Error("a week later the calendar is another one:", status)
	}
}

// 11.2: months that are over have what was shown in them, and both generations agree.
func TestMonthsOfTheCalendarHaveWhatWasShown(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	_, old := p.do("GET", "/calendar/2022/2/tv.json", "")
	_, v2 := p.do("GET", "/calendar/v2/2022/2/tv.json", "")
	for _, want := range []string{`"title":"Severance"`, `"date":"2022-02-18T15:00:00-05:00"`, `"release_date":"2022-02-18"`} {
		if !strings.Contains(old, want) {
			t.Errorf("%s is not in %s", want, old)
		}
	}
	for _, want := range []string{`"simkl_id":1109411,"date":"2022-02-18T20:00:00Z","finale_type":null`, `"metadata":{`, `"1109411":{"title":"Severance"`} {
		if !strings.Contains(v2, want) {
			t.Errorf("%s is not in %s", want, v2)
		}
	}
	if strings.Count(old, `"date"`) != strings.Count(v2, `"date"`) {
		t.Error("the generations differ")
	}
	_, v2 = p.do("GET", "/calendar/v2/tv.json", "")
	if !strings.Contains(v2, `"status":"undefined"`) {
		t.Error("no sparse block:", v2)
	}
}
