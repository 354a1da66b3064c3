package sandbox_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/sandbox"
)

// Whatever a client does, nobody watched the same thing twice but in a rewatch two days later, a title has one resume
// point, and what was answered as scrobbled is in the history.
func TestLawsOfTheHistory(t *testing.T) {
	items := []struct {
		body  string
		simkl int64
		ep    int
	}{
		{`"movie":{"ids":{"simkl":53801}}`, 53801, 0},
		{`"show":{"ids":{"imdb":"tt11280740"}},"episode":{"season":1,"number":1}`, 1109411, 1},
		{`"show":{"title":"Severance"},"episode":{"season":1,"number":2}`, 1109411, 2},
		{`"show":{"ids":{"tvdb":267440}},"episode":{"season":3,"number":13}`, 900303, 1},
		{`"anime":{"ids":{"mal":38524}},"episode":{"number":1}`, 900303, 1},
		{`"anime":{"title":"Your Name","year":2016}`, 900351, 0},
	}
	history := []string{
		`{"movies":[{"ids":{"simkl":53801}}]}`, `{"shows":[{"ids":{"simkl":1109411}}]}`,
		`{"shows":[{"ids":{"tvdb":"267440"},"use_tvdb_anime_seasons":true,"seasons":[{"number":3}]}]}`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := newPeer(t, sandbox.Options{Plan: rapid.SampledFrom([]string{sandbox.PlanFree, sandbox.PlanVIP}).Draw(rt, "plan")})
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			p.clock.add(time.Duration(rapid.SampledFrom([]int{0, 1, 30, 59, 60, 200, 2879, 2881}).Draw(rt, "minutes")) * time.Minute)
			before := len(p.s.History())
			flag := rapid.SampledFrom([]string{"", "?allow_rewatch=yes"}).Draw(rt, "flag")
			switch call := rapid.SampledFrom([]string{"start", "pause", "stop", "checkin", "history", "remove"}).Draw(rt, "call"); call {
			case "history":
				p.do("POST", "/sync/history"+flag, rapid.SampledFrom(history).Draw(rt, "body"))
			case "remove":
				p.do("POST", "/sync/history/remove", rapid.SampledFrom(history).Draw(rt, "body"))
			default:
				it := rapid.SampledFrom(items).Draw(rt, "item")
				progress := rapid.SampledFrom([]int{0, 40, 79, 80, 100}).Draw(rt, "progress")
				status, b := p.do("POST", "/scrobble/"+call+flag, fmt.Sprintf(`{"progress":%d,%s}`, progress, it.body))
				if status != 201 && status != 409 {
					rt.Fatal(call, status, b)
				}
				if call == "pause" && len(p.s.History()) != before {
					rt.Fatal("a pause marked something")
				}
				if call == "stop" && progress >= 80 && status == 201 && !watched(p.s.History(), it.simkl, it.ep) {
					rt.Fatal("a scrobble is not in the history: ", b)
				}
			}
			checkLaws(rt, p.s)
		}
	})
}

func watched(h []sandbox.Watched, simkl int64, ep int) bool {
	for _, w := range h {
		if w.Simkl == simkl && w.Episode == ep {
			return true
		}
	}
	return false
}

func checkLaws(t *rapid.T, s *sandbox.Server) {
	type thing struct {
		simkl       int64
		season, num int
	}
	seen := map[thing][]sandbox.Watched{}
	for _, w := range s.History() {
		k := thing{w.Simkl, w.Season, w.Episode}
		for _, other := range seen[k] {
			if w.RewatchID == other.RewatchID {
				t.Fatalf("twice: %+v and %+v", other, w)
			}
			if gap := w.WatchedAt.Sub(other.WatchedAt).Abs(); gap < 48*time.Hour {
				t.Fatalf("a rewatch %v after: %+v and %+v", gap, other, w)
			}
		}
		seen[k] = append(seen[k], w)
	}
	titles := map[int64]bool{}
	for _, p := range s.Playbacks("sandbox") {
		if titles[p.Simkl] {
			t.Fatalf("two resume points of one title: %+v", p)
		}
		titles[p.Simkl] = true
	}
}

// Bytes of any kind get an answer with a known status, and JSON.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"progress":41.66,` + severance + `}`, `{"movies":[{"ids":{"imdb":1},"rating":"8","to":"hold","watched_at":"2026-05-14"}]}`,
		`{"shows":[{"ids":{"tvdb":267440},"use_tvdb_anime_seasons":1,"seasons":[{"number":3,"episodes":[{"number":-1},{}]}]}]}`,
		`[{"imdb":"tt0","season":"1","episode":99999999999}]`, `{"anime":[null],"episodes":[{}]}`, `null`, `{"movie":null,"show":{}}`,
		`{"file":"a.S01E02E03.mkv","part":-4}`, "\xff", `{"shows":[{"ids":{"simkl":1051403},"episodes":[{"season":0,"number":1}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	paths := []string{
		"/scrobble/start", "/scrobble/pause", "/scrobble/stop", "/scrobble/checkin", "/sync/history?allow_rewatch=yes", "/sync/history/remove",
		"/sync/add-to-list", "/sync/ratings", "/sync/ratings/remove", "/sync/watched?extended=counters,episodes,specials", "/search/file",
		"/oauth/token", "/oauth2/token", "/oauth2/device",
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := newPeer(t, sandbox.Options{Plan: sandbox.PlanVIP})
		for _, path := range paths {
			status, b := p.do("POST", path, string(bytes.Clone(body)))
			switch status {
			case 200, 201, 400, 401, 403, 404, 409:
			default:
				t.Fatalf("%s %q: %d %s", path, body, status, b)
			}
			if b == "" || b[0] != '{' && b[0] != '[' && b != "null" {
				t.Fatalf("%s %q: %d %s", path, body, status, b)
			}
		}
		for _, path := range []string{"/sync/all-items?extended=full", "/sync/playback", "/sync/activities", "/users/51/stats"} {
			if status, b := p.do("GET", path, ""); status != 200 {
				t.Fatalf("%s after %q: %d %s", path, body, status, b)
			}
		}
	})
}

// A file name of any kind is read without harm, and what is read came from it.
func FuzzReadFileName(f *testing.F) {
	for _, seed := range []string{"Severance.S02E03.mkv", "[G] A - 05 [x].mkv", "a/Season 1/S01E05.mkv", "1x02", "...", "//", "S1E1E2", " - 1", "(2001).mkv"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		title, year, season, episodes := sandbox.ReadFileName(file)
		if year != 0 && (year < 1900 || year > 2099) || season < 0 || season > 99 || len(title) > len(file) {
			t.Fatalf("%q: %q %d %d", file, title, year, season)
		}
		for _, e := range episodes {
			if e < 0 || e > 9999 {
				t.Fatalf("%q: %v", file, episodes)
			}
		}
	})
}
