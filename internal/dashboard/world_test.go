package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// daemon is what the page looks at: a status, and what each command prints. It notes what it was told to do.
type daemon struct {
	mu      sync.Mutex
	status  api.Status
	prints  map[string]string
	ran     []string
	changed chan struct{}
}

func (d *daemon) Status(context.Context) api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

func (d *daemon) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

func (d *daemon) change(f func(*daemon)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
	close(d.changed)
	d.changed = make(chan struct{})
}

// did reports what was asked for that changes something.
func (d *daemon) did() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.ran...)
}

func (*daemon) NextPercent() time.Duration { return 0 }

func (*daemon) Why(_ context.Context, _ string, w media.WatchID) (api.Why, error) {
	return api.Why{ID: fmt.Sprint(w), Title: "Heat (1995)", Summary: "not counted", URL: "simkl.com/movies/53801", Chain: []api.Decision{
		{Rule: "player", Mark: "ok", Text: "mpv, pid 4242"},
		{Rule: "identity", Mark: "ok", Text: "imdb tt0113277 from movie.nfo (1.00)"},
		{Rule: "position", Mark: "ok", Text: "ended at 97 %, 80 % needed"},
		{Rule: "played", Mark: "NO", Text: "12 %, 50 % needed: jumped from 0:14:20 to 2:41:00 at 19:31", Decided: true},
		{Rule: "sent", Mark: "ok", Text: "pause; nothing is marked"},
	}}, nil
}

func (d *daemon) SetPrivate(ctx context.Context, r api.PrivateRequest) (api.Status, error) {
	d.change(func(d *daemon) {
		d.ran = append(d.ran, fmt.Sprintf("private file=%v until=%v", r.File, r.Until != nil))
		d.status.PrivateUntil = r.Until
	})
	return d.Status(ctx), nil
}

func (*daemon) Mark(context.Context, api.MarkRequest) (api.Marked, error) { return api.Marked{}, nil }
func (*daemon) Kicked(context.Context, api.Kick) error                    { return nil }
func (*daemon) Link(context.Context) (api.Link, error)                    { return api.Link{}, nil }

func (d *daemon) Command(_ context.Context, args ...string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line := strings.Join(args, " ")
	if text, ok := d.prints[line]; ok {
		return []byte(text), nil
	}
	switch {
	case args[0] == "requests" && strings.Contains(line, "nonsense"):
		return nil, fault.New(fault.Usage, "--where is nonsense", "use contains")
	case slices.Contains([]string{"history", "requests", "unmatched", "doctor", "config"}, args[0]), len(args) > 1 && args[1] == "list":
		return []byte("[]"), nil
	}
	d.ran = append(d.ran, line)
	return []byte("{}"), nil
}

var _ api.Backend = (*daemon)(nil)

func newDaemon() *daemon {
	return &daemon{changed: make(chan struct{}), prints: map[string]string{}, status: api.Status{
		Version: "1.2.0", PID: 4711, UptimeS: 273600, Account: api.Account{Linked: true, Name: "mika", Auth: "v2"}, Simkl: api.Simkl{Reachable: true},
		Sessions: []api.Session{}, Players: []string{"mpv", "VLC at http://127.0.0.1:8080", "players on the bus (MPRIS)"}, Needs: []string{},
	}}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type object = map[string]any

// full is an evening on which everything happens at once.
func full(t *testing.T) *daemon {
	t.Helper()
	d := newDaemon()
	now := time.Now().UTC().Truncate(time.Minute)
	ago := func(span time.Duration) *time.Time { return new(now.Add(-span)) }
	episode := func(title string, s, e int) *media.Match {
		return &media.Match{Kind: media.KindEpisode, Title: title, Season: &s, Episodes: []media.Number{media.Number(e)}}
	}
	film := func(title string, year int) *media.Match {
		return &media.Match{Kind: media.KindMovie, Title: title, Year: year}
	}
	d.status.Sessions = []api.Session{
		{ID: "44", Player: "mpv", Instance: "pid 4242", State: "playing", Path: "file:///tv/Severance.S02E03.mkv", PositionS: 1612, DurationS: 2700, Progress: 59.7, PlayedPercent: 58.2, Rate: 1, Identity: episode("Severance", 2, 3), Scrobble: "started", URL: "simkl.com/tv/1109411", Episode: "Who Is Alive?", Started: ago(27 * time.Minute)},
		{ID: "45", Player: "VLC", Instance: "pid 5151", State: "paused", Path: "file:///films/Heat (1995).mkv", PositionS: 1220, DurationS: 10203, Progress: 11.9, PlayedPercent: 11.9, Identity: film("Heat", 1995), Scrobble: "paused", URL: "simkl.com/movies/53801", Started: ago(50 * time.Minute), Paused: ago(29 * time.Minute)},
		{ID: "46", Player: "Celluloid", State: "playing", Path: "file:///music/lofi-mix.opus", PositionS: 64, DurationS: 180, Progress: 35, Rate: 1, Scrobble: "ignored", Reason: "music", ReasonText: "music"},
	}
	d.status.Queue = api.Queue{Pending: 2, Unmatched: 2, Dead: 1, Oldest: ago(2 * time.Hour), NextAttempt: new(now.Add(4 * time.Minute)), LastError: new("no network")}
	d.status.Simkl = api.Simkl{Since: ago(40 * time.Minute)}
	d.status.Needs = []string{"2 watches not recognised: simkld unmatched", "1 watch refused by Simkl: simkld queue list"}
	d.status.Last = &api.Last{ID: "43", Label: "Severance S02E02", WatchedAt: ago(95 * time.Minute), Outcome: "queued"}
	candidate := func(kind, title string, year, id int, more object) object {
		o := object{"kind": kind, "title": title, "year": year, "ids": object{"simkl": id}, "url": fmt.Sprintf("https://simkl.com/%s/%d", map[string]string{"movie": "movies", "show": "tv"}[kind], id)}
		maps.Copy(o, more)
		return o
	}
	row := func(id, kind, state, path string, m *media.Match, at *time.Time, wrong string, candidates ...object) object {
		if candidates == nil {
			candidates = []object{}
		}
		return object{"id": id, "kind": kind, "state": state, "identity": m, "path": "file://" + path, "progress": 100, "watched_at": at, "created_at": at, "attempts": 3, "next_attempt_at": now.Add(4 * time.Minute), "last_error": wrong, "candidates": candidates}
	}
	none := &media.Match{Kind: media.KindNone, Title: "crash"}
	d.prints["unmatched --json"] = text(t, []object{
		row("42", "watched", "unmatched", "/tv/The.Office.S03E07.mkv", episode("The Office", 3, 7), ago(3*time.Hour), "two series fit, 0.61 and 0.58",
			candidate("show", "The Office", 2005, 12001, object{"season": 3, "episode": 7}), candidate("show", "The Office", 2001, 12002, object{"flaw": "has no S03E07"})),
		row("41", "watched", "unmatched", "/home/mika/Downloads/crash.mkv", none, ago(26*time.Hour), "a bare name outside the library folders"),
	})
	d.prints["queue list --json"] = text(t, []object{
		row("43", "watched", "pending", "/tv/Severance.S02E02.mkv", episode("Severance", 2, 2), ago(95*time.Minute), "no network"),
		row("40", "watched", "pending", "/anime/[Sub] 葬送のフリーレン - 05.mkv", &media.Match{Kind: media.KindEpisode, Title: "葬送のフリーレン", Absolute: []media.Number{5}}, ago(5*time.Hour), "no network"),
		row("39", "watched", "dead", "/anime/進撃の巨人 - 12.mkv", &media.Match{Kind: media.KindEpisode, Title: "進撃の巨人", Absolute: []media.Number{12}}, ago(49*time.Hour), "Simkl did not accept the request"),
	})
	entry := func(id string, m *media.Match, at *time.Time, outcome, player, url string) object {
		o := object{"id": id, "identity": m, "path": "file:///x", "player": player, "watched_at": at, "ended_at": at, "outcome": outcome, "simkl": nil}
		if url != "" {
			o["simkl"] = object{"url": "https://" + url}
		}
		return o
	}
	d.prints["history --json --limit=50"] = text(t, []object{
		entry("43", episode("Severance", 2, 2), ago(95*time.Minute), "queued", "mpv", "simkl.com/tv/1109411"),
		entry("42", episode("The Office", 3, 7), ago(3*time.Hour), "unmatched", "mpv", ""),
		entry("38", film("Spirited Away", 2001), ago(22*time.Hour), "sent", "VLC", "simkl.com/anime/900350"),
		entry("37", film("Heat", 1995), ago(25*time.Hour), "not-counted", "mpv", "simkl.com/movies/53801"),
		entry("36", episode("The Melancholy of Haruhi Suzumiya", 1, 14), ago(47*time.Hour), "undone", "mpv", "simkl.com/anime/2766"),
		entry("35", episode("Severance", 2, 1), ago(50*time.Hour), "sent", "Celluloid", "simkl.com/tv/1109411"),
	})
	ask := func(id int, span time.Duration, method, path string, status, ms int, cache string, burst bool, wrong string) object {
		return object{"id": id, "time": now.Add(-span), "method": method, "path": path, "query": object{}, "status": status, "latency_ms": ms, "cache": cache, "user_agent": "simkld", "burst": burst, "error": wrong}
	}
	asked := []object{
		ask(305, 52*time.Minute, "POST", "/scrobble/pause", 201, 164, "", false, ""), ask(306, 51*time.Minute, "GET", "/search/tv", 200, 96, "MISS", true, ""),
		ask(307, 51*time.Minute, "GET", "/tv/1109411", 200, 31, "HIT", true, ""), ask(308, 51*time.Minute, "GET", "/movies/53801", 200, 33, "HIT", true, ""),
		ask(309, 50*time.Minute, "POST", "/scrobble/start", 201, 184, "", false, ""), ask(310, 41*time.Minute, "POST", "/sync/history", 400, 120, "", false, "empty_field"),
		ask(311, 40*time.Minute, "POST", "/sync/history", 0, 10002, "", false, "no answer in time"),
	}
	d.prints["requests --json"] = text(t, asked)
	d.prints["requests --json --where=status contains 4"] = text(t, asked[5:6])
	d.prints["playback list --json"] = text(t, []object{
		{"id": 88213378, "progress": 12.4, "paused_at": ago(24 * time.Hour), "type": "movie", "movie": object{"title": "Heat", "year": 1995, "ids": object{"simkl": 53801}}},
		{"id": json.Number("9007199254740993"), "progress": 41, "paused_at": ago(72 * time.Hour), "type": "episode", "show": object{"title": "Severance", "year": 2022, "ids": object{"simkl": 1109411}}, "episode": object{"season": 2, "number": 4, "title": "Woe's Hollow"}},
	})
	d.prints["config show --json"] = text(t, []object{
		{"key": "simkl.client_id", "value": `"4f1c09d2"`, "origin": "~/.config/simkld/config.toml:2"},
		{"key": "scrobble.start_after", "value": `"5s"`, "origin": "default"},
		{"key": "scrobble.min_played_percent", "value": "50", "origin": "default"},
		{"key": "matcher.library", "value": `["~/Videos/Movies", "~/Videos/TV"]`, "origin": "~/.config/simkld/config.toml:9"},
	})
	d.prints["doctor --json"] = text(t, []object{
		{"check": "config", "state": "ok", "text": "~/.config/simkld/config.toml, 2 keys set", "mend": ""},
		{"check": "account", "state": "ok", "text": "mika (free), token in the keyring", "mend": ""},
		{"check": "network", "state": "fail", "text": "api.simkl.com cannot be reached (no network)", "mend": "check the network"},
		{"check": "mpv", "state": "hint", "text": "pid 4242 is older than the script", "mend": "restart that mpv"},
		{"check": "queue", "state": "ok", "text": "2 wait; state file sound", "mend": ""},
	})
	return d
}

// artwork is a picture of nobody's film.
func artwork(t *testing.T, session string) []byte {
	t.Helper()
	from, to := color.RGBA{R: 29, G: 53, B: 110, A: 255}, color.RGBA{R: 236, G: 140, B: 98, A: 255}
	if session != "44" {
		from, to = color.RGBA{R: 20, G: 60, B: 60, A: 255}, color.RGBA{R: 120, G: 190, B: 150, A: 255}
	}
	const w, h = 170, 255
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	mix := func(a, b uint8, f float64) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*f) }
	for y := range h {
		for x := range w {
			f := float64(y) / h
			c := color.RGBA{R: mix(from.R, to.R, f), G: mix(from.G, to.G, f), B: mix(from.B, to.B, f), A: 255}
			if math.Hypot(float64(x)-85, float64(y)-110) < 42 {
				c = color.RGBA{R: 255, G: 226, B: 180, A: 255}
			}
			if float64(y) > 185+18*math.Sin(float64(x)/26) {
				c = color.RGBA{R: from.R / 2, G: from.G / 2, B: from.B / 2, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
