package mpris_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

// message is one line of a trace.
type message struct {
	T       float64 `json:"t"`
	Src     string  `json:"src"`
	What    string  `json:"what"`
	Type    string  `json:"type"`
	Sender  string  `json:"sender"`
	Path    string  `json:"path"`
	Iface   string  `json:"interface"`
	Member  string  `json:"member"`
	Payload struct {
		Data []json.RawMessage `json:"data"`
	} `json:"payload"`
}

func readTrace(t *testing.T, file string) []message {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "traces", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []message
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal([]byte(strings.ReplaceAll(lines.Text(), "file://MEDIA", "file:///MEDIA")), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// typed is a value with its D-Bus type.
type typed struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func (v typed) variant() dbus.Variant {
	switch v.Type {
	case "o":
		return dbus.MakeVariant(dbus.ObjectPath(decode[string](v.Data)))
	case "x":
		return dbus.MakeVariant(decode[int64](v.Data))
	case "i":
		return dbus.MakeVariant(decode[int32](v.Data))
	case "u":
		return dbus.MakeVariant(decode[uint32](v.Data))
	case "d":
		return dbus.MakeVariant(decode[float64](v.Data))
	case "b":
		return dbus.MakeVariant(decode[bool](v.Data))
	case "as":
		return dbus.MakeVariant(decode[[]string](v.Data))
	case "a{sv}":
		return dbus.MakeVariant(variants(v.Data))
	}
	return dbus.MakeVariant(decode[string](v.Data))
}

func variants(data json.RawMessage) map[string]dbus.Variant {
	out := map[string]dbus.Variant{}
	for name, v := range decode[map[string]typed](data) {
		out[name] = v.variant()
	}
	return out
}

func decode[T any](data json.RawMessage) T {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		panic(fmt.Sprintf("%s: %v", data, err))
	}
	return v
}

// truth is what the player of a trace really does, which the trace tells by its signals and by what the notes read.
type truth struct {
	bus *minibus
	// lies is set for mpv-mpris 0.7.1, which says Stopped while it plays the first file after idle.
	lies bool
}

var positionRead = regexp.MustCompile(`Position[^(]*\(<int64 (\d+)>`)

// play replays a trace through the real client and gives what it reported.
func play(t *testing.T, file string, pids map[string]uint32, lies bool) []players.Event {
	t.Helper()
	trace := readTrace(t, file)
	bus := newMinibus()
	bus.pids = pids
	rec := playerstest.NewRecorder()
	began := time.Now()
	src := mpris.New(mpris.Config{
		Address: "test:", AllowURL: func(string) bool { return true }, Allow: []string{"mpv", "vlc", "chromium"},
		Now: func() media.Moment {
			d := time.Since(began)
			return media.Moment{Wall: time.Now().UTC(), Mono: d, Boot: d}
		},
	})
	src.DialWith(bus.dial)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	synctest.Wait()
	w := &truth{bus: bus, lies: lies}
	for _, m := range trace {
		if wait := time.Duration(m.T*float64(time.Second)) - time.Since(began); wait > 0 {
			time.Sleep(wait)
		}
		synctest.Wait()
		w.step(m)
	}
	time.Sleep(2 * time.Second)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	synctest.Wait()
	return rec.Events()
}

func (w *truth) step(m message) {
	switch {
	case m.Src == "note":
		if found := positionRead.FindStringSubmatch(m.What); found != nil {
			us, _ := strconv.Atoi(found[1])
			w.each(func(p *model) { p.move(time.Duration(us)*time.Microsecond, p.rate) })
		}
	case m.Type != "signal":
	case m.Member == "NameOwnerChanged":
		name := decode[string](m.Payload.Data[0])
		if strings.HasPrefix(name, "org.mpris.") {
			w.bus.owner(name, decode[string](m.Payload.Data[1]), decode[string](m.Payload.Data[2]))
		}
	case m.Member == "PropertiesChanged" && decode[string](m.Payload.Data[0]) == "org.mpris.MediaPlayer2.Player":
		w.properties(m)
	case m.Member == "Seeked":
		to := time.Duration(decode[int64](m.Payload.Data[0])) * time.Microsecond
		w.player(m.Sender, func(p *model) { p.move(to, p.rate) })
		w.bus.seeked(m.Sender, to)
	}
}

func (w *truth) each(do func(*model)) {
	w.bus.mu.Lock()
	defer w.bus.mu.Unlock()
	for _, p := range w.bus.players {
		do(p)
	}
}

func (w *truth) player(unique string, do func(*model)) {
	w.bus.mu.Lock()
	defer w.bus.mu.Unlock()
	if p := w.bus.players[unique]; p != nil {
		do(p)
	}
}

func text(v dbus.Variant) string { s, _ := v.Value().(string); return s }

// properties changes the truth and sends the signal.
func (w *truth) properties(m message) {
	changed := variants(m.Payload.Data[1])
	known := false
	w.player(m.Sender, func(p *model) {
		known = true
		before := meta(p.props["Metadata"])
		maps.Copy(p.props, changed)
		after := meta(p.props["Metadata"])
		_, again := changed["Metadata"]
		speed := 1.0
		if r, ok := p.props["Rate"].Value().(float64); ok && r > 0 {
			speed = r
		}
		status := text(p.props["PlaybackStatus"])
		runs := status == "Playing" || w.lies && status == "Stopped" && after["xesam:url"].Value() != nil
		switch {
		case after["xesam:url"].Value() == nil && after["xesam:title"].Value() == nil, !runs && status == "Stopped":
			p.move(0, 0)
		case text(before["xesam:url"]) != text(after["xesam:url"]) || w.lies && again && cmp.Equal(text(before["xesam:title"]), text(after["xesam:title"])) && before["mpris:length"] == after["mpris:length"]:
			p.move(0, speed)
		case runs:
			p.move(p.now(), speed)
		default:
			p.move(p.now(), 0)
		}
	})
	if known {
		w.bus.signal(m.Sender, m.Path, m.Iface, m.Member, decode[string](m.Payload.Data[0]), changed, []string{})
	}
}

func meta(v dbus.Variant) map[string]dbus.Variant {
	m, _ := v.Value().(map[string]dbus.Variant)
	return m
}

// story writes what changed from event to event, a line each, with the time in seconds.
func story(events []players.Event) []string {
	var out []string
	last := map[string]players.Event{}
	for _, e := range events {
		l := last[e.Instance]
		last[e.Instance] = e
		if l.Playback == e.Playback && l.State == e.State && l.End == e.End && l.Rate == e.Rate && !e.Jumped {
			continue
		}
		line := fmt.Sprintf("%.1f #%d %s", e.At.Mono.Seconds(), e.Playback, e.State)
		if e.End != "" {
			line += " " + string(e.End)
		}
		if e.Jumped {
			line += " jumped"
		}
		line += fmt.Sprintf(" at %.0f", e.Position.Seconds())
		if e.Rate != 1 {
			line += fmt.Sprintf(" x%g", e.Rate)
		}
		if l.Playback != e.Playback {
			line += fmt.Sprintf(" %s %q of %.0f %s", e.Item.Path, e.Item.Title, e.Item.Length.Seconds(), e.Item.Picture)
		}
		out = append(out, line)
	}
	return out
}

func checkStory(t *testing.T, events []players.Event, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, story(events)); diff != "" {
		t.Errorf("the trace tells another story (-want +got):\n%s\n%s", diff, playerstest.List(events))
	}
}

// What the notes of the trace say happened: the test that recorded it loads, pauses, seeks to 30, by 5 and to 10, plays
// at four times the speed, goes to 58 and lets it end; then come two files in a row, an address with a secret, three
// names for half a second each (too short to be told: nothing says yet that they play), a length that grows, one file
// loaded twice within 0.6 s (which nothing on the bus shows), quit, and a name that is not UTF-8 until kill -9.
func TestTraceOfMPV(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := play(t, "mpris-mpv.jsonl", map[string]uint32{":1.17": 100, ":1.42": 101}, true)
		checkStory(t, events, []string{
			`1.6 #1 stalled at 0 /MEDIA/tags.mkv "Pilot" of 60 video`,
			"2.0 #1 playing at 1",
			"3.8 #1 paused at 3",
			"4.1 #1 paused jumped at 30",
			"4.6 #1 playing at 30",
			"5.0 #1 playing jumped at 35",
			"5.4 #1 playing jumped at 10",
			"5.8 #1 playing at 10 x4",
			"6.3 #1 playing at 12",
			"7.1 #1 playing jumped at 58",
			"8.1 #1 stopped reached at 59",
			`11.3 #2 playing at 1 /MEDIA/s3.mkv "s3.mkv" of 3 video`,
			"12.6 #2 stopped reached at 2",
			`13.3 #3 playing at 1 /MEDIA/song.flac "A Song" of 60 music`,
			"15.2 #3 stopped stopped at 3",
			`15.9 #4 playing at 1 http://127.0.0.1:18081/sub%20dir/Film%20100%25%20%231%3F%20%5Bx%5D.mkv?token=abc ` +
				`"Film 100% #1? [x].mkv" of 3 video`,
			"16.1 #4 stopped reached at 1", // of 3 s: that is near the end
			`18.4 #5 playing at 1 /MEDIA/nodur.mkv "nodur.mkv" of 5 video`,
			"20.1 #5 stopped stopped at 2",
			`21.3 #6 playing at 0 /MEDIA/v60.mkv "v60.mkv" of 60 video`,
			"21.8 #6 stopped gone at 1",
			"22.8 #1 stalled at 0 /MEDIA/Bad\xff\xfe Name (2001).mkv \"Bad\ufffd\ufffd Name (2001).mkv\" of 3 video",
			"23.0 #1 stopped gone at 0",
		})
	})
}

// Two files in a row with Stopped for 190 ms between them, Next back to the first (VLC goes round), Stop, Play of what
// was stopped, SIGTERM, and a VLC that pauses at the end, where it tells 3.5 s of 4.1.
func TestTraceOfVLCAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := play(t, "mpris-vlc-advance.jsonl", map[string]uint32{":1.240": 100, ":1.246": 101}, false)
		checkStory(t, events, []string{
			`1.0 #1 stalled at 0 /MEDIA/va4.mkv "" of 4 video`,
			"1.4 #1 playing at 1",
			"4.3 #1 stopped reached at 4",
			`4.8 #2 stalled at 0 /MEDIA/va60.mkv "" of 60 video`,
			"4.8 #2 playing at 0",
			"7.4 #2 stopped stopped at 3",
			`7.9 #3 stalled at 0 /MEDIA/va4.mkv "" of 4 video`,
			"7.9 #3 playing at 0",
			"8.9 #3 stopped stopped at 1",
			`9.9 #4 stalled at 0 /MEDIA/va4.mkv "" of 4 video`,
			"10.3 #4 playing at 1",
			"10.6 #4 stopped gone at 1",
			`11.5 #1 stalled at 0 /MEDIA/va4.mkv "" of 4 video`,
			"11.9 #1 playing at 1",
			"14.9 #1 paused reached at 4",
			"17.1 #1 stopped gone at 4",
		})
	})
}

// One VLC that is on the bus twice, so that every signal comes twice: pause, a seek to 30 while paused, of which nothing
// is heard until it plays on, by 5, four times the speed, 58 to the end; files of all sorts; one that does not exist;
// a second VLC until kill -9. The Seeked that come by themselves are no jumps.
func TestTraceOfVLC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := play(t, "mpris-vlc.jsonl", map[string]uint32{":1.61": 100, ":1.62": 100, ":1.100": 101}, false)
		checkStory(t, events, []string{
			`0.9 #1 stalled at 0 /MEDIA/va60.mkv "" of 60 video`,
			"1.3 #1 playing at 1",
			"3.6 #1 paused at 3",
			"4.7 #1 playing at 3",
			"4.7 #1 playing jumped at 30",
			"5.3 #1 playing jumped at 35",
			"5.8 #1 playing at 36 x4",
			"6.4 #1 playing at 38",
			"6.7 #1 playing jumped at 58",
			"8.5 #1 stopped reached at 60",
			`11.2 #2 stalled at 0 /MEDIA/tags.mkv "Pilot" of 60 video`,
			"11.6 #2 playing at 1",
			"12.4 #2 stopped stopped at 2",
			`12.7 #3 stalled at 0 /MEDIA/tags.mp4 "Pilot" of 0 video`,
			"13.1 #3 playing at 1",
			"14.0 #3 stopped stopped at 2",
			`14.3 #4 stalled at 0 /MEDIA/song.mp3 "A Song" of 51 music`,
			"14.7 #4 playing at 1",
			"15.5 #4 stopped stopped at 2",
			`15.8 #5 stalled at 0 /MEDIA/sub dir/Film 100% #1? [x].mkv "" of 3 video`,
			"15.8 #5 playing at 0",
			"16.5 #5 stopped reached at 1",
			"16.8 #6 stalled at 0 /MEDIA/New\nLine (2002).mkv \"\" of 0 video",
			"16.8 #6 playing at 0",
			"17.5 #6 stopped reached at 1",
			"17.8 #7 stalled at 0 /MEDIA/Bad\xff\xfe Name (2001).mkv \"\" of 0 video",
			"17.8 #7 playing at 0",
			"18.5 #7 stopped reached at 1",
			`18.8 #8 stalled at 0 /MEDIA/v60.h264 "" of 0 `,
			"19.2 #8 playing at 1",
			"19.5 #8 stopped stopped at 1",
			`20.9 #9 stalled at 0 /MEDIA/va4.mkv "" of 4 video`,
			"20.9 #9 playing at 0",
			"24.1 #9 stopped reached at 4",
			`26.4 #1 stalled at 0 /MEDIA/va60.mkv "" of 60 video`,
			"26.8 #1 playing at 1",
			"27.4 #1 stopped gone at 1",
		})
	})
}

// A page that plays 30 s, with a pause, a seek that it ignores and double speed from 12 to 14 s; then another video; then
// the page is left. Rate 0 is a pause.
func TestTraceOfChromium(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := play(t, "mpris-chromium.jsonl", map[string]uint32{":1.154": 100}, false)
		checkStory(t, events, []string{
			`1.9 #1 stalled at 0  "Some Show - S01E02 - Pilot | StreamSite" of 30 `,
			"2.3 #1 playing at 1",
			"6.9 #1 paused at 5",
			"8.9 #1 playing at 5",
			"13.4 #1 playing at 10 x2",
			"15.4 #1 playing at 14",
			"31.7 #1 stopped reached at 30",
			`35.0 #2 stalled at 0  "Other Film (2001)" of 120 `,
			"35.4 #2 playing at 1",
			"49.4 #2 stopped stopped at 15",
		})
	})
}
