package mpv_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/playerstest"
)

// step is one line of a trace that belongs to a connection.
type step struct {
	T   float64 `json:"t"`
	Src string  `json:"src"`
	Tx  string  `json:"tx"`
	Rx  string  `json:"rx"`
	Raw string  `json:"rx_invalid_utf8"` // one character a byte
	EOF string  `json:"eof"`
	At  string  `json:"what"`
}

// received is a line that mpv sent.
type received struct {
	Event     string          `json:"event"`
	Name      string          `json:"name"`
	Data      json.RawMessage `json:"data"`
	RequestID int             `json:"request_id"`
	Error     string          `json:"error"`
}

// connections splits a trace: a connection of "mpv" begins with its note, one of another name with its first line.
func connections(t *testing.T, file string) [][]step {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "traces", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][]step
	current := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		replace := strings.NewReplacer("PWD-OF-ENV", "/MEDIA", "MEDIA/", "/MEDIA/", `\"MEDIA\"`, `\"/MEDIA\"`, `"MEDIA"`, `"/MEDIA"`)
		s.Rx, s.Tx, s.Raw = replace.Replace(s.Rx), replace.Replace(s.Tx), replace.Replace(s.Raw)
		if s.Src == "note" {
			if s.At == "connected" {
				delete(current, "mpv")
			}
			continue
		}
		i, ok := current[s.Src]
		if !ok {
			i = len(out)
			out = append(out, nil)
			current[s.Src] = i
		}
		out[i] = append(out[i], s)
		if s.EOF != "" {
			delete(current, s.Src)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// replay plays what mpv sent on one connection to the real client, at the times of the trace. What the client asks
// is answered from what the trace tells, also further on for the same file; what it never tells is made up plausibly
// or given.
type replay struct {
	fake   *playerstest.FakeMPV
	steps  []step
	lines  []received
	told   map[string]bool // properties that the trace tells at all
	seen   map[string]bool // properties that the trace observes
	target float64         // where the last seek goes
	moved  bool            // time-pos was told since the last seek or load
}

func newReplay(steps []step, given map[string]any) *replay {
	r := &replay{fake: playerstest.NewFakeMPV(), steps: steps, told: map[string]bool{}, seen: map[string]bool{}}
	r.fake.Set("working-directory", "/MEDIA")
	names := map[int]string{}
	for i := range steps {
		s := &steps[i]
		if s.Raw != "" {
			b := make([]byte, 0, len(s.Raw))
			for _, c := range s.Raw {
				b = append(b, byte(c))
			}
			s.Rx = string(b)
		}
		var req struct {
			Command []any `json:"command"`
			ID      int   `json:"request_id"`
		}
		if json.Unmarshal([]byte(s.Tx), &req) == nil && len(req.Command) > 1 && req.Command[0] == "get_property" {
			names[req.ID], _ = req.Command[1].(string)
		}
		var m received
		if s.Rx != "" {
			json.Unmarshal([]byte(s.Rx), &m)
		}
		if m.Event == "" && m.RequestID != 0 && names[m.RequestID] != "" { // an answer tells a property too
			m.Name = names[m.RequestID]
			delete(names, m.RequestID)
		}
		if m.Name != "" {
			r.told[m.Name] = true
			r.seen[m.Name] = r.seen[m.Name] || m.Event != ""
		}
		r.lines = append(r.lines, m)
	}
	for name, value := range given {
		r.fake.Set(name, value)
	}
	if speed, ok := given["speed"].(int); ok {
		r.fake.Rate(float64(speed))
	}
	if given["path"] != nil && given["eof-reached"] != nil { // it plays already
		r.loaded(-1)
		r.fake.Move(0, true)
	}
	return r
}

// run plays all steps; the caller has connected the client.
func (r *replay) run(begin time.Time) {
	first := r.steps[0].T
	for i, s := range r.steps {
		if wait := time.Duration((s.T - first) * float64(time.Second)); wait > time.Since(begin) {
			time.Sleep(wait - time.Since(begin))
		}
		synctest.Wait()
		r.step(i)
	}
	r.fake.HangupWhenSent()
}

func (r *replay) step(i int) {
	m := r.lines[i]
	var set struct {
		Command []any `json:"command"`
	}
	if json.Unmarshal([]byte(r.steps[i].Tx), &set) == nil && len(set.Command) == 3 {
		switch {
		case set.Command[0] == "set_property" && set.Command[1] == "dvd-device":
			r.fake.Set("dvd-device", set.Command[2])
		case set.Command[0] == "seek" && set.Command[2] == "absolute":
			r.target, _ = set.Command[1].(float64)
		}
	}
	switch m.Event {
	case "":
		if m.Name != "" && m.Name != "pause" { // an answer on pause may be old by the next line: only a change counts
			r.property(m)
		}
	case "property-change":
		r.property(m)
	default:
		r.event(i, m)
	}
}

func (r *replay) property(m received) {
	if m.Name == "time-pos" || m.Name == "playback-time" {
		var v float64
		if json.Unmarshal(m.Data, &v) == nil && m.Data != nil {
			r.moved = true
			r.fake.Move(time.Duration(v*float64(time.Second)), r.runs())
		}
		return
	}
	if m.Data == nil {
		r.fake.Unset(m.Name)
		return
	}
	if m.Name == "speed" {
		var v float64
		json.Unmarshal(m.Data, &v)
		r.fake.Rate(v)
	}
	r.fake.SetRaw(m.Name, m.Data)
	if m.Name == "pause" && !r.told["core-idle"] && r.fake.Property("seeking") != "true" {
		r.fake.SetRaw("core-idle", m.Data)
	}
	if m.Name == "core-idle" || m.Name == "pause" {
		r.fake.Move(r.fake.Position(), r.runs())
	}
}

func (r *replay) runs() bool { return r.fake.Property("core-idle") == "false" }

func (r *replay) event(i int, m received) {
	switch m.Event {
	case "start-file":
		r.moved = false
	case "file-loaded":
		r.loaded(i)
		r.fake.Move(0, false)
	case "seek":
		r.moved = false
		if !r.told["core-idle"] {
			defer r.fake.Set("core-idle", true)
		}
	case "end-file":
		r.fake.Unload()
	}
	if m.Event == "playback-restart" {
		r.restarted(i)
	}
	r.fake.Raw([]byte(r.steps[i].Rx + "\n"))
	if m.Event == "playback-restart" && !r.told["core-idle"] {
		paused := r.fake.Property("pause") == "true"
		r.fake.Set("core-idle", paused)
		r.fake.Move(r.fake.Position(), !paused)
	}
	if m.Event == "end-file" {
		for _, name := range []string{
			"media-title", "duration", "metadata", "eof-reached", "seeking", "current-tracks/video/image",
			"current-tracks/video/albumart",
		} {
			if !r.seen[name] {
				r.fake.Unset(name)
			}
		}
	}
}

// loaded sets what mpv would answer from here on: the first value that the trace tells of the new file.
func (r *replay) loaded(i int) {
	known := map[string]bool{"pause": true, "core-idle": true, "speed": true, "time-pos": true, "playback-time": true}
	for _, m := range r.lines[i+1:] {
		if m.Event == "start-file" || m.Event == "end-file" {
			break
		}
		if m.Name == "" || known[m.Name] || m.Data == nil {
			continue
		}
		known[m.Name] = true
		r.fake.SetRaw(m.Name, m.Data)
	}
	if !r.told["media-title"] {
		var path string
		json.Unmarshal([]byte(r.fake.Property("path")), &path)
		r.fake.Set("media-title", filepath.Base(path))
	}
	for name, usual := range map[string]any{
		"eof-reached": false, "current-tracks/video/image": false, "current-tracks/video/albumart": false,
	} {
		if !r.told[name] {
			r.fake.Set(name, usual)
		}
	}
}

// restarted finds the position after a load or a seek: told between both, or counted back from the next one told.
func (r *replay) restarted(i int) {
	target := r.target
	r.target = 0
	if r.moved {
		return
	}
	if target > 0 {
		r.fake.Move(time.Duration(target*float64(time.Second)), false)
		return
	}
	for k := i + 1; k < len(r.lines); k++ {
		m := r.lines[k]
		if m.Event == "seek" || m.Event == "start-file" || m.Event == "end-file" {
			break
		}
		var v float64
		if m.Name == "time-pos" && m.Data != nil && json.Unmarshal(m.Data, &v) == nil {
			back := v - (r.steps[k].T-r.steps[i].T)*r.speed()
			r.fake.Move(time.Duration(max(0, back)*float64(time.Second)), false)
			return
		}
	}
	if r.fake.Position() > 59*time.Second { // a loop of the minute that most clips last
		r.fake.Move(0, false)
	}
}

func (r *replay) speed() float64 {
	var v float64
	json.Unmarshal([]byte(r.fake.Property("speed")), &v)
	return v
}

// story tells what a consumer makes of the events: one line for each playback, with every edge.
func story(events []players.Event) []string {
	var out []string
	var last players.Event
	var edges []string
	flush := func() {
		if last.Playback == 0 {
			return
		}
		length := fmt.Sprint(last.Item.Length)
		if last.Item.Growing {
			length = "growing"
		}
		kind := last.Item.Picture
		out = append(out, fmt.Sprintf("%s %q %s %s: %s", last.Item.Path, last.Item.Title, kind, length, strings.Join(edges, ", ")))
	}
	for _, e := range events {
		if e.Playback != last.Playback {
			flush()
			last, edges = players.Event{Playback: e.Playback}, nil
		}
		at := e.Position
		if !e.Known {
			at = last.Position
			if last.State == players.Playing { // as the consumer extrapolates
				at += time.Duration(float64(e.At.Mono-last.At.Mono) * last.Rate)
			}
			e.Position = at
		}
		word := string(e.State)
		switch {
		case e.State == players.Stopped:
			word = string(e.End)
		case e.End == players.EndReached:
			word += " at the end"
		}
		if e.Jumped {
			word = "jump " + word
		}
		edge := e.Jumped || e.State != last.State || e.End != last.End
		if edge && (e.State != players.Stalled || e.Jumped) {
			edges = append(edges, fmt.Sprintf("%s %.0f", word, at.Seconds()))
		}
		last = e
	}
	flush()
	return out
}

// TestTraces plays every recorded trace. What is expected was written down from the notes in the traces and from
// players.md 2.4 to 2.6.
func TestTraces(t *testing.T) {
	film := `/MEDIA/v60.mkv "v60.mkv" video 1m0s: `
	short := `/MEDIA/s3.mkv "s3.mkv" video 3s: `
	playing := map[string]any{
		"path": "s3.mkv", "media-title": "s3.mkv", "duration": 3, "eof-reached": false, "seeking": false, "core-idle": false,
		"current-tracks/video/image": false, "current-tracks/video/albumart": false,
	}
	with := func(path string, length float64) map[string]any {
		return map[string]any{"path": path, "duration": length}
	}
	fast := with("v60.mkv", 60)
	fast["speed"] = 50
	begun := map[string]any{"current-tracks/video/image": false, "current-tracks/video/albumart": false}
	bad := map[string]any{
		"path": "x", "eof-reached": false, "seeking": false, "core-idle": false,
		"current-tracks/video/image": false, "current-tracks/video/albumart": false,
	}
	left := map[string]bool{}
	files, err := filepath.Glob("testdata/traces/*.jsonl")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d traces, %v", len(files), err)
	}
	for _, file := range files {
		for i := range connections(t, filepath.Base(file)) {
			left[fmt.Sprint(filepath.Base(file), " ", i)] = true
		}
	}
	for _, tc := range []struct {
		file string
		conn int
		what string
		give map[string]any
		want []string
	}{
		{"mpv-basic.jsonl", 0, "load, pause, seek, end by a seek too far, speed, playlist, stop, quit", nil, []string{
			`/MEDIA/tags.mkv "Pilot" video 1m0s: playing 0, paused 2, jump paused 30, playing 30, jump stalled 36, reached 36`,
			short + `playing 0, reached 2`,
			film + `playing 0, stopped 6`,
			film + `playing 0, gone 4`,
		}},
		{"mpv-lifecycle.jsonl", 0, "kill -9", nil, []string{film + `playing 0, gone 1`}},
		{"mpv-lifecycle.jsonl", 1, "SIGTERM", nil, []string{film + `playing 0, gone 1`}},
		{"mpv-lifecycle.jsonl", 2, "its socket was stolen", nil, []string{film + `playing 0, gone 2`}},
		{"mpv-lifecycle.jsonl", 3, "the thief", playing, []string{short + `playing 0, reached 2`}},
		{"mpv-lifecycle.jsonl", 4, "three clients", with("v60.mkv", 60), []string{film + `paused 0, playing 0, gone 0`}},
		{"mpv-lifecycle.jsonl", 5, "the second of three clients, without events", with("v60.mkv", 60), []string{film + `paused 0, playing 0, gone 0`}},
		{"mpv-lifecycle.jsonl", 6, "the third of three clients", with("v60.mkv", 60), []string{film + `paused 0, playing 0, gone 0`}},
		{"mpv-lifecycle.jsonl", 7, "loop-file", nil, []string{
			short + `playing 0, jump playing 0, jump playing 0, jump playing 0, gone 1`,
		}},
		{"mpv-lifecycle.jsonl", 8, "keep-open", nil, []string{
			short + `playing 0, paused 2, paused at the end 2, paused 2, jump paused 0, playing 0, gone 1`,
		}},
		{"mpv-lifecycle.jsonl", 9, "film, picture, music with a cover", nil, []string{
			short + `playing 0, reached 2`,
			`/MEDIA/cover.png "cover.png" picture 0s: playing 0, reached 1`,
			`/MEDIA/song.flac "A Song" music 1m0s: playing 0, stopped 3`,
		}},
		{"mpv-lifecycle.jsonl", 10, "idle=once", nil, []string{short + `playing 0, reached 2`}},
		{"mpv-lifecycle.jsonl", 11, "quit-watch-later", begun, []string{film + `playing 0, gone 0`}},
		{"mpv-lifecycle.jsonl", 12, "a length that grows", nil, []string{`/MEDIA/nodur.mkv "nodur.mkv" video growing: playing 0, gone 6`}},
		{"mpv-lifecycle.jsonl", 13, "a source without end", nil, []string{
			`av://lavfi:color=c=black:s=64x36:r=1 "lavfi:color=c=black:s=64x36:r=1" video growing: playing 0, gone 4`,
		}},
		{"mpv-lifecycle.jsonl", 14, "SIGSTOP for 3 s", nil, []string{film + `playing 0, gone 4`}},
		{"mpv-samefile-signals.jsonl", 0, "the same file twice, alone and in a playlist", nil, []string{
			film + `playing 0, stopped 1`,
			film + `playing 0, stopped 0`,
			short + `playing 0, reached 2`,
			short + `playing 0, reached 2`,
		}},
		{"mpv-samefile-signals.jsonl", 1, "idle behind a new socket", nil, nil},
		{"mpv-samefile-signals.jsonl", 2, "nothing but the end of a connection", nil, nil},
		{"mpv-samefile-signals.jsonl", 3, "SIGTERM with a terminal", nil, []string{film + `playing 0, gone 0`}},
		{"mpv-samefile-signals.jsonl", 4, "SIGINT with a terminal", nil, []string{film + `playing 0, gone 0`}},
		{"mpv-samefile-signals.jsonl", 5, "SIGHUP", nil, []string{film + `playing 0, gone 0`}},
		{"mpv-samefile-signals.jsonl", 6, "five loops at fiftyfold speed", fast, []string{
			film + `playing 0, jump playing 0, jump playing 0, jump playing 0, jump playing 0, jump playing 0, gone 48`,
		}},
		{"mpv-protocol.jsonl", 0, "forms of requests", with("v60.mkv", 60), []string{film + `playing 0, gone 2`}},
		{"mpv-dvd.jsonl", 0, "discs", nil, []string{
			`/MEDIA/dvd/My Film (2001).iso "MY_FILM_2001" video 19.966s: playing 0, stopped 2`,
			`/MEDIA/dvd/My Film (2001).iso "My Film (2001).iso" video 19.991967s: playing 0, stopped 2`,
			`/MEDIA/dvd/out "out" video 19.966s: playing 0, stopped 2`,
			`/MEDIA/dvd/out "VIDEO_TS" video 19.966s: playing 0, stopped 2`,
			`/MEDIA/dvd/out "VIDEO_TS.IFO" video 19.966s: playing 0, gone 2`,
		}},
		{"mpv-names.jsonl", 0, "names", nil, []string{
			`http://127.0.0.1:18081/tags.mkv "Pilot" video 1m0s: playing 0, stopped 1`,
			`http://127.0.0.1:18081/sub%20dir/Film%20100%25%20%231%3F%20%5Bx%5D.mkv?token=abc "Film 100% #1? [x].mkv" video 3s: playing 0, stopped 1`,
			`/MEDIA/sub dir/Film 100% #1? [x].mkv "Film 100% #1? [x].mkv" video 3s: playing 0, stopped 1`,
			film + `playing 0, stopped 1`,
			film + `playing 0, stopped 1`,
			`/MEDIA/link.mkv "link.mkv" video 1m0s: playing 0, stopped 1`,
			`/MEDIA/Café 映画 (2003).mkv "Café 映画 (2003).mkv" video 3s: playing 0, stopped 1`,
			"/MEDIA/New\nLine (2002).mkv \"New\\nLine (2002).mkv\" video 3s: playing 0, stopped 1",
			`/MEDIA/song.mp3 "A Song" music 1m0.192s: playing 0, stopped 1`,
			`/MEDIA/song.flac "A Song" music 1m0s: playing 0, stopped 1`,
			`/MEDIA/cover.mp3 "A Song" music 1m0.192s: playing 0, stopped 1`,
			`/MEDIA/cover.png "cover.png" picture 0s: playing 0, stopped 1`,
			`/MEDIA/chapters.mkv "chapters.mkv" video 1m0s: playing 0, jump playing 20, stopped 20`,
			`/MEDIA/nodur.mkv "nodur.mkv" video 4s: playing 0, stopped 1`,
			`/MEDIA/v60.h264 "v60.h264" video growing: playing 0, stopped 1`,
			`/MEDIA/v60.ts "v60.ts" video 1m0s: playing 0, stopped 1`,
			`/MEDIA/multiaudio.mkv "multiaudio.mkv" video 1m0.128s: playing 0, stopped 1`,
			`/MEDIA/sub dir/Film 100% #1? [x].mkv "Film 100% #1? [x].mkv" video 3s: playing 0, stopped 1`,
			`av://lavfi:color=c=black:s=64x36:r=1 "lavfi:color=c=black:s=64x36:r=1" video 2s: playing 0, stopped 1`,
			`edl://v60.mkv,0,10 "v60.mkv,0,10" video 10s: playing 0, gone 1`,
		}},
		{"mpv-names.jsonl", 1, "a name that is not UTF-8", bad, []string{
			"/MEDIA/Bad\xff\xfe Name (2001).mkv \"Bad\\xff\\xfe Name (2001).mkv\" video growing: playing 0, gone 0",
		}},
	} {
		t.Run(tc.file+"/"+tc.what, func(t *testing.T) {
			delete(left, fmt.Sprint(tc.file, " ", tc.conn))
			conns := connections(t, tc.file)
			if tc.conn >= len(conns) {
				t.Fatalf("%d connections", len(conns))
			}
			synctest.Test(t, func(t *testing.T) {
				rec := play(t, newReplay(conns[tc.conn], tc.give))
				if got := story(rec.Events()); !cmp.Equal(tc.want, got) {
					t.Errorf("-want +got\n%s\n%s", cmp.Diff(tc.want, got), playerstest.List(rec.Events()))
				}
			})
		})
	}
	for name := range left {
		t.Errorf("nothing is expected of connection %s", name)
	}
}

// play connects the client to the replay and lets it run to its end.
func play(t *testing.T, r *replay) *playerstest.Recorder {
	t.Helper()
	begin := time.Now()
	clock := func() media.Moment {
		d := time.Since(begin)
		return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
	}
	ours, theirs := net.Pipe()
	rec := playerstest.NewRecorder()
	ended := make(chan struct{}, 2) // one from each side
	go func() { r.fake.Serve(theirs); ended <- struct{}{} }()
	go func() { mpv.Serve(t.Context(), ours, clock, rec); ended <- struct{}{} }()
	r.run(begin)
	<-ended
	<-ended
	return rec
}
