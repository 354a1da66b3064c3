package vlc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/players/vlc"
)

// record is one line of a trace: a note, an answer with its body, or what a quick look found.
type record struct {
	T       float64           `json:"t"`
	Src     string            `json:"src"`
	What    string            `json:"what"`
	Get     string            `json:"get"`
	Code    int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Label   string            `json:"label"`
	State   map[string]any    `json:"state"`
	Err     string            `json:"err"`
}

func trace(t *testing.T, name string) []record {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "traces", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []record
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		r.Body = strings.ReplaceAll(r.Body, "file://MEDIA/", "file:///MEDIA/")
		out = append(out, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// act is the part of a trace from the note that begins with from to the one that begins with to, or to the end.
func act(t *testing.T, all []record, from, to string) []record {
	t.Helper()
	note := func(r record, text string) bool { return r.Src == "note" && strings.HasPrefix(r.What, "=== "+text) }
	first := slices.IndexFunc(all, func(r record) bool { return note(r, from) })
	if first < 0 {
		t.Fatalf("no note %q", from)
	}
	part := all[first:]
	if last := slices.IndexFunc(part, func(r record) bool { return to != "" && note(r, to) }); last > 0 {
		part = part[:last]
	}
	return part
}

// replay answers at each moment what VLC answered then. Between two looks of the trace the film runs on.
type replay struct {
	records []record
	start   time.Time
	offset  float64
	uris    map[string]string
}

func (r *replay) now() float64 { return r.offset + time.Since(r.start).Seconds() }

// at is the newest record about the state at a moment.
func (r *replay) at(now float64) (record, map[string]any) {
	var found record
	for _, rec := range r.records {
		if rec.T > now {
			break
		}
		if rec.State != nil || rec.Err != "" || rec.Code != 0 && strings.HasPrefix(rec.Get, "/requests/status.json") {
			found = rec
		}
	}
	state := map[string]any{}
	switch {
	case found.T == 0 && found.Src == "": // before the first look
		state = map[string]any{"version": "3.0.24 Vetinari", "state": "stopped", "currentplid": -1}
	case found.State != nil:
		maps.Copy(state, found.State)
		state["version"] = "3.0.24 Vetinari"
		state["information"] = map[string]any{"category": map[string]any{"meta": state["meta"]}}
	case found.Code == http.StatusOK:
		json.Unmarshal([]byte(found.Body), &state)
	}
	position, _ := state["position"].(float64)
	length, _ := state["length"].(float64)
	rate, _ := state["rate"].(float64)
	if state["state"] == "playing" && position > 0 && length > 0 {
		position = min(1, position+(now-found.T)*rate/length)
		state["position"], state["time"] = position, int(position*length)
	}
	return found, state
}

func (r *replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	now := r.now()
	rec, state := r.at(now)
	switch {
	case strings.HasPrefix(req.URL.Path, "/requests/playlist.json"):
		id := fmt.Sprint(state["currentplid"])
		uri, ok := r.uris[id]
		if !ok {
			info, _ := state["information"].(map[string]any)
			category, _ := info["category"].(map[string]any)
			meta, _ := category["meta"].(map[string]any)
			uri = (&url.URL{Scheme: "file", Path: fmt.Sprintf("/MEDIA/%v", meta["filename"])}).String()
		}
		json.NewEncoder(w).Encode(map[string]any{"type": "node", "id": "0", "children": []any{
			map[string]any{"type": "leaf", "id": id, "uri": uri, "current": "current"},
		}})
	case rec.Err != "":
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
	default:
		json.NewEncoder(w).Encode(state)
	}
}

// replayed runs the source over a part of a trace, at the times of the trace.
func replayed(t *testing.T, records []record) []players.Event {
	t.Helper()
	var events []players.Event
	synctest.Test(t, func(t *testing.T) {
		f, rec := playerstest.NewFakeVLC(t, secret), playerstest.NewRecorder()
		r := &replay{records: records, start: time.Now(), offset: records[0].T, uris: map[string]string{}}
		for _, one := range records {
			if strings.HasPrefix(one.Get, "/requests/playlist.json") {
				leaves(one.Body, r.uris)
			}
		}
		f.Answer(r.ServeHTTP)
		src := vlc.NewDialing(vlc.Config{
			Instances: []vlc.Instance{{URL: "http://127.0.0.1:8080", Password: secret}},
			Now: func() media.Moment {
				d := time.Since(r.start)
				return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
			},
		}, f.Dial)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1) // one result
		go func() { done <- src.Run(ctx, rec) }()
		last := records[len(records)-1].T
		for r.now() < last {
			after(10 * time.Millisecond)
			if at, _ := r.at(r.now()); at.Err != "" {
				f.Down(true)
			} else {
				f.Answer(r.ServeHTTP)
			}
		}
		after(3 * time.Second)
		cancel()
		f.Close()
		<-done
		events = rec.Events()
	})
	return events
}

func leaves(body string, uris map[string]string) {
	var node struct {
		ID       string            `json:"id"`
		URI      string            `json:"uri"`
		Children []json.RawMessage `json:"children"`
	}
	if json.Unmarshal([]byte(body), &node) != nil {
		return
	}
	if node.URI != "" {
		uris[node.ID] = node.URI
	}
	for _, child := range node.Children {
		leaves(string(child), uris)
	}
}

// story is what happened, in words: the item, its states, jumps and end.
func story(events []players.Event) []string {
	var out []string
	for _, e := range events {
		words := fmt.Sprintf("%s %s", filepath.Base(e.Item.Path), e.State)
		switch {
		case e.State == players.Stopped, e.End != players.EndNone:
			words += " " + string(e.End)
		case e.Jumped:
			words += fmt.Sprintf(" jumped to %d", int(e.Position.Seconds()))
		case e.State == players.Playing && e.Rate != 1:
			words += fmt.Sprintf(" x%g", e.Rate)
		case e.State == players.Stalled:
			continue
		}
		if len(out) == 0 || out[len(out)-1] != words {
			out = append(out, words)
		}
	}
	return out
}

// What is expected comes from the notes of the traces and from players.md 3.3, not from what the source said.
func TestTraces(t *testing.T) {
	states, edge := trace(t, "vlc-states.jsonl"), trace(t, "vlc-edge.jsonl")
	for _, c := range []struct {
		name string
		part []record
		want []string
	}{
		// The trace looks first when it is about to pause, and is paused for 0.8 s: one look a second sees it once.
		{"pause, seek, rate, end", act(t, states, "in_play tags.mkv", "tags.mp4"), []string{
			"tags.mkv paused", "tags.mkv playing jumped to 30", "tags.mkv playing x4", "tags.mkv playing x31.25",
			"tags.mkv stopped reached",
		}},
		// The pause of 0.5 s and the seek to 0.5 s before the end come and go between two looks.
		{"seek, rate, end", act(t, edge, "va60 (5 fps", "va2700"), []string{
			"va60.mkv playing", "va60.mkv playing jumped to 30", "va60.mkv playing x4", "va60.mkv stopped stopped",
		}},
		{"45 minutes at high speed, stopped", act(t, edge, "va2700", "playlist advance"), []string{
			"va2700.mkv playing x31.25", "va2700.mkv stopped stopped",
		}},
		{"a playlist", act(t, edge, "playlist advance", "same file"), []string{
			"va4.mkv playing", "va4.mkv stopped reached", "va60.mkv playing",
		}},
		{"kill -9", act(t, edge, "poll cost", "start with --play-and-exit"), []string{
			"va4.mkv paused", "va4.mkv stopped gone",
		}},
		{"--play-and-exit", act(t, edge, "start with --play-and-exit", "start with --play-and-pause"), []string{
			"va4.mkv playing", "va4.mkv stopped gone",
		}},
		{"--play-and-pause", act(t, edge, "start with --play-and-pause", "start with --play-and-stop"), []string{
			"va4.mkv playing", "va4.mkv paused reached",
		}},
		{"--play-and-stop", act(t, edge, "start with --play-and-stop", "start with --loop"), []string{
			"va4.mkv playing", "va4.mkv stopped reached",
		}},
		{"--loop", act(t, edge, "start with --loop", "start with --repeat"), []string{
			"va4.mkv playing", "va4.mkv playing jumped to 0",
		}},
		{"--repeat", act(t, edge, "start with --repeat", "-I dummy"), []string{
			"va4.mkv playing", "va4.mkv playing jumped to 0",
		}},
		{"a playlist without sound, and back to its start", act(t, states, "playlist of 3", "kill -TERM"), []string{
			"v60.mkv playing", "v60.mkv stopped stopped", "s3.mkv playing", // the first is there for a second only
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := replayed(t, c.part)
			if diff := cmp.Diff(c.want, story(events)); diff != "" {
				t.Errorf("(-want +told)\n%s\n%s", diff, playerstest.List(events))
			}
		})
	}
}

// TestTracesOfKinds shows each item of the long trace for as long as it needs to be told.
func TestTracesOfKinds(t *testing.T) {
	states := trace(t, "vlc-states.jsonl")
	uris := map[string]string{}
	for _, r := range states {
		if strings.HasPrefix(r.Get, "/requests/playlist.json") {
			leaves(r.Body, uris)
		}
	}
	for label, want := range map[string]media.Item{
		"song.flac": {Path: "/MEDIA/song.flac", Title: "A Song", Length: time.Minute, Picture: media.PictureNone},
		"song.mp3":  {Path: "/MEDIA/song.mp3", Title: "A Song", Length: 57 * time.Second, Picture: media.PictureNone},
		"cover.png": {Path: "/MEDIA/cover.png", Title: "cover.png", Length: 10 * time.Second, Picture: media.PictureStill},
		"tags.mp4":  {Path: "/MEDIA/tags.mp4", Title: "Pilot", Length: time.Minute, Picture: media.PictureVideo},
		"raw h264":  {Path: "/MEDIA/v60.h264", Title: "v60.h264", Growing: true, Picture: media.PictureVideo},
		"nodur.mkv": {Path: "/MEDIA/nodur.mkv", Title: "nodur.mkv", Length: 59 * time.Second, Picture: media.PictureVideo},
	} {
		t.Run(label, func(t *testing.T) {
			part := act(t, states, label, "")
			i := slices.IndexFunc(part, func(r record) bool { return r.Get == "/requests/status.json" })
			shown, end := part[i], part[i]
			end.T += 6
			list := record{T: shown.T, Get: "/requests/playlist.json", Code: 200}
			for id, uri := range uris {
				list.Body = fmt.Sprintf(`{"id":%q,"uri":%q,"children":[%s]}`, id, uri, list.Body)
			}
			events := replayed(t, []record{shown, list, {T: end.T, Src: "note"}})
			if len(events) == 0 {
				t.Fatal("nothing was told")
			}
			got := events[len(events)-1].Item
			got.Tags = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +told)\n%s\n%s", diff, playerstest.List(events))
			}
		})
	}
}

func TestTracesOfLogins(t *testing.T) {
	want := map[string]vlc.Trouble{
		"no Authorization header": vlc.TroublePassword, "wrong password": vlc.TroublePassword,
		"user admin, right password": vlc.TroublePassword, "right password, empty user": vlc.TroubleNone, "mp3": vlc.TroubleNone,
		"no password configured, sent None": vlc.TroubleNoPassword, "no password configured, sent 'x'": vlc.TroubleNoPassword,
	}
	seen := 0
	for _, r := range append(trace(t, "vlc-auth.jsonl"), trace(t, "vlc-edge.jsonl")...) {
		trouble, ok := want[r.Label]
		if !ok {
			continue
		}
		seen++
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/" { // not in the trace; players.md 3.2
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, "<!-- VLC_PASSWORD_NOT_SET -->")
				return
			}
			if challenge := r.Headers["WWW-Authenticate"]; challenge != "" {
				w.Header().Set("WWW-Authenticate", challenge)
			}
			w.WriteHeader(r.Code)
			fmt.Fprint(w, r.Body)
		}))
		st, err := vlc.Probe(t.Context(), vlc.Instance{URL: server.URL, Password: "x"})
		server.Close()
		if err != nil || st.Trouble != trouble {
			t.Errorf("%s: %+v, %v, want %q", r.Label, st, err, trouble)
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d answers are in the traces", seen, len(want))
	}
}

func TestTracesOfNames(t *testing.T) {
	want := map[string]string{ // as the files were made, players.md 2.6 and 3.4
		"13": "/MEDIA/sub dir/Film 100% #1? [x].mkv", "14": "/MEDIA/New\nLine (2002).mkv",
		"15": "/MEDIA/Café 映画 (2003).mkv", "16": "/MEDIA/Bad\xff\xfe Name (2001).mkv",
	}
	for _, r := range trace(t, "vlc-states.jsonl") {
		if !strings.HasPrefix(r.Get, "/requests/playlist.json") {
			continue
		}
		for id, path := range want {
			uri, err := vlc.URIOf(strings.NewReader(r.Body), id, "", false)
			if err != nil {
				t.Error(err)
			}
			if strings.Contains(r.Body, `"id":"`+id+`"`) && vlc.PathOf(uri, false) != path {
				t.Errorf("%s: %q is %q, want %q", id, uri, vlc.PathOf(uri, false), path)
			}
		}
	}
}
