package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

const severance = `"show":{"title":"Severance","year":2022,"ids":{"imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}},"episode":{"season":2,"number":3}`

// The bodies of 5.1 and 5.2; ids of playbacks differ.
func TestScrobbleAnswersAreThoseOfTheReference(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	media := `"episode":{"season":2,"number":3,"title":"Who Is Alive?"},
		"show":{"title":"Severance","year":2022,"ids":{"simkl":1109411,"slug":"severance","imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}}`
	p.want("POST", "/scrobble/start", `{"progress":0,`+severance+`}`, 201, `{"id":0,"action":"start","progress":0,`+media+`}`)
	p.want("POST", "/scrobble/pause", `{"progress": 41.66,`+severance+`}`, 201, `{"id":40771934513,"action":"pause","progress":41.66,`+media+`}`)
	p.want("POST", "/scrobble/stop", `{"progress": 75.00,`+severance+`}`, 201, `{"id":40771934514,"action":"pause","progress":75,`+media+`}`)
	if h := p.s.History(); len(h) != 0 {
		t.Fatalf("watched below 80 %%: %v", h)
	}
	status, body := p.do("POST", "/scrobble/stop", `{"progress":80,`+severance+`}`)
	if status != 201 || object(t, body)["action"] != "scrobble" {
		t.Fatalf("stop at 80: %d %s", status, body)
	}
	h := p.s.History()
	if len(h) != 1 || h[0].Title != "Severance" || h[0].Season != 2 || h[0].Episode != 3 || h[0].Via != "scrobble" {
		t.Fatalf("history %+v", h)
	}
}

func TestSecondStopWithinTheHourConflicts(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	body := `{"progress":100,` + severance + `}`
	if status, b := p.do("POST", "/scrobble/stop", body); status != 201 {
		t.Fatal(status, b)
	}
	at := p.clock.Now().UTC().Format("2006-01-02T15:04:05Z")
	expires := p.clock.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	p.want("POST", "/scrobble/stop", body, 409, `{"error":"already_watched","watched_at":"`+at+`","expires_at":"`+expires+`"}`)
	p.clock.add(time.Hour)
	if status, b := p.do("POST", "/scrobble/stop", body); status != 201 {
		t.Fatal("after the hour:", status, b)
	}
	if h := p.s.History(); len(h) != 1 {
		t.Fatalf("the same episode twice: %+v", h)
	}
}

func TestStartAfterTheLastReachedEightyFinalizesThat(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{39 * time.Minute, 0}, {40 * time.Minute, 1}, {5 * time.Hour, 1}} {
		p := newPeer(t, sandbox.Options{})
		p.do("POST", "/scrobble/start", `{"progress":0,`+severance+`}`)
		p.clock.add(c.after)
		p.do("POST", "/scrobble/start", `{"progress":0,"movie":{"ids":{"simkl":53801}}}`)
		h := p.s.History()
		if len(h) != c.want {
			t.Fatalf("after %v: %+v", c.after, h)
		}
		if len(h) == 1 && (h[0].Via != "extrapolated" || h[0].Simkl != 1109411) {
			t.Fatalf("after %v: %+v", c.after, h)
		}
	}
}

func TestV1PinIsApprovedByItselfAndReadOnce(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	token := p.token
	p.token = ""
	_, body := p.do("GET", "/oauth/pin", "")
	code, _ := object(t, body)["user_code"].(string)
	if len(code) != 5 || !strings.Contains(body, `"device_code":"DEVICE_CODE"`) {
		t.Fatal(body)
	}
	p.want("GET", "/oauth/pin/"+code, "", 200, `{"result":"KO","message":"Authorization pending"}`)
	p.clock.add(5 * time.Second)
	p.want("GET", "/oauth/pin/"+code, "", 200, `{"result":"OK","access_token":"`+token+`"}`)
	_, body = p.do("GET", "/oauth/pin/"+code, "")
	if m := object(t, body); m["device_code"] != "DEVICE_CODE" || m["user_code"] == code || m["access_token"] != nil {
		t.Fatal("a code that was used is gone: " + body)
	}
}
