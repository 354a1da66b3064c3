package record

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
	"github.com/simkld/simkld/players"
)

func event(path string, at time.Duration) players.Event {
	return players.Event{
		Player: "mpv", Channel: "mpv", Instance: "/run/user/1000/simkld/mpv-4242.sock", PID: 4242, Playback: 1, State: players.Playing,
		Position: at, Known: true, Rate: 1, At: media.Moment{Wall: time.Unix(1e9, 0).UTC().Add(at), Mono: time.Hour + at, Boot: 2*time.Hour + at},
		Item: media.Item{Path: path, Title: "Severance", Length: 45 * time.Minute, Picture: media.PictureVideo, Tags: map[string]string{"TITLE": "Who Is Alive?", "SEASON_NUMBER": "2", "who is alive": "x"}},
	}
}

func written(t *testing.T, titles bool, events ...players.Event) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{Titles: titles, MinPlayed: 50, Library: []string{"/home/mika/Severance Library"}}, media.Moment{Wall: time.Unix(1e9, 0).UTC(), Mono: time.Hour, Boot: 2 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestWithTitlesEventsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	in := event("/home/mika/TV/\xff Severance S02E03.mkv", 90*time.Second)
	got, err := Read(strings.NewReader(written(t, true, in)))
	if err != nil {
		t.Fatal(err)
	}
	want := in
	want.Instance, want.PID = "mpv 1", 1
	want.At = media.Moment{Wall: time.Unix(90, 0).UTC(), Mono: 90 * time.Second, Boot: 90 * time.Second}
	if d := cmp.Diff([]players.Event{want}, got.Events); d != "" {
		t.Error(d)
	}
}

func TestWithoutTitlesThereIsNoName(t *testing.T) {
	t.Parallel()
	text := written(t, false, event("/home/mika/TV/Severance (2022) [tvdbid-371980]/Severance.S02E03.Who.Is.Alive.1080p.WEB.h264-NTb.mkv", 0), event("https://mika:geheim@nas.example/Severance%20S02E03.mkv?token=geheim", time.Second))
	for _, secret := range []string{"everance", "mika", "live", "371980", "NTb", "geheim", "nas", "example", "4242", "1000", "2001-09"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("it says %q:\n%s", secret, text)
		}
	}
	for _, shape := range []string{"S02E03", "1080p", "WEB", "h264", ".mkv", "/TV/", "(2022)", "tvdbid-", `"SEASON_NUMBER":"2"`} {
		if !strings.Contains(text, shape) {
			t.Errorf("it lost %q:\n%s", shape, text)
		}
	}
}

func TestTheSameNameIsReplacedByTheSame(t *testing.T) {
	t.Parallel()
	m := newMask()
	a, b := m.path("/tv/Severance/Severance.S02E03.mkv"), m.path("/tv/severance/SEVERANCE.S02E04.mkv")
	if !strings.EqualFold(strings.Replace(a, "E03", "E04", 1), b) || len(a) != len("/tv/Severance/Severance.S02E03.mkv") {
		t.Errorf("%s and %s", a, b)
	}
	other := newMask()
	if m.text("Heat") == m.text("Ronin") || m.path("/x/Severance.mkv") == other.path("/x/Severance.mkv") {
		t.Error("different names, or two recordings, are alike")
	}
}

// TestAMaskedNameIsRecognisedAsThatNameWas holds that the matcher finds the same numbers, years and kind: else a recording without
// titles would show another fault than the one that was seen.
func TestAMaskedNameIsRecognisedAsThatNameWas(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/home/mika/TV/Severance/Season 02/Severance.S02E03.Who.Is.Alive.1080p.WEB.h264-NTb.mkv",
		"/srv/Movies/Heat (1995)/Heat.1995.1080p.BluRay.x264-GRP.mkv", "/media/Anime/[SubsPlease] Sousou no Frieren - 05 (1080p) [ABCD1234].mkv",
		"/tv/The Office 3x07 Branch Closing.avi", "/x/葬送のフリーレン 第5話.mkv", "/x/進撃の巨人 S01E12.mkv", "/films/Amélie (2001).mkv", "/x/holiday.mkv",
		"/tv/Show.S01E01E02.720p.HDTV.mkv", "/films/Das Boot (1981) CD1.avi", "/films/Das Boot (1981) CD2.avi",
	} {
		was := matcher.Match(matcher.Input{Path: path})
		for range 20 {
			masked := newMask().path(path)
			is := matcher.Match(matcher.Input{Path: masked})
			if was.Kind != is.Kind || was.Year != is.Year || cmp.Diff(was.Season, is.Season) != "" || cmp.Diff(was.Episodes, is.Episodes) != "" || cmp.Diff(was.Absolute, is.Absolute) != "" || was.Part != is.Part {
				t.Errorf("%s\nwas %+v\n%s\nis  %+v", path, was, masked, is)
				break
			}
		}
	}
}

func TestARecordingEnds(t *testing.T) {
	t.Parallel()
	w, err := NewWriter(&bytes.Buffer{}, Header{}, media.Moment{})
	if err != nil {
		t.Fatal(err)
	}
	late := event("/x.mkv", 0)
	late.At.Mono = MostTime + time.Second
	if err := w.Write(late); err != ErrFull { //nolint:errorlint // it is given bare
		t.Errorf("after a week: %v", err)
	}
}

func TestABadFileSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	head := `{"simkld":"record","version":1}` + "\n"
	good := `{"t":5,"player":"mpv","channel":"mpv","instance":1,"playback":1,"state":"playing","position_s":1,"known":true,"rate":1,"item":{"path":"/a.mkv","title":"","length_s":60}}` + "\n"
	for text, want := range map[string]string{
		"": "line 1: the file is empty", "{}": "line 1: this is no recording of simkld", "\x00\xff": "line 1: this is no recording of simkld",
		`{"simkld":"record","version":9}`:                               "line 1: it is of version 9, this simkld reads 1",
		`{"simkld":"record","version":1,"min_played_percent":101}`:      "line 1: min_played_percent is out of range",
		head + good + strings.Replace(good, `"t":5`, `"t":4`, 1):        "line 3: it is earlier than the event before",
		head + strings.Replace(good, `"t":5`, `"t":1e300`, 1):           "line 2: its time is out of range",
		head + strings.Replace(good, `"rate":1`, `"rate":-1`, 1):        "line 2: its rate is out of range",
		head + strings.Replace(good, "playing", "dancing", 1):           `line 2: its state is "dancing"`,
		head + strings.Replace(good, `"instance":1`, `"instance":0`, 1): "line 2: its instance, pid or playback is out of range",
		head + "[":                             "line 2: it is not JSON of an event",
		head + strings.Repeat("x", lineMost+1): "line 2: the line is too long",
		head + strings.Replace(good, "/a.mkv", strings.Repeat("x", textMost+1), 1): "line 2: a text is too long",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"simkld":"record","version":1}` + "\n" + `{"t":5,"player":"mpv","channel":"mpv","instance":1,"playback":1,"state":"playing","position_s":1,"known":true,"rate":1,"item":{"path":"/a.mkv","title":"","length_s":60}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		// What was read can be written and read again.
		var b bytes.Buffer
		w, err := NewWriter(&b, r.Header, media.Moment{Wall: time.Unix(0, 0).UTC()})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Events {
			if err := w.Write(e); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Read(&b)
		if err != nil || len(again.Events) != len(r.Events) {
			t.Errorf("%d events became %d: %v", len(r.Events), len(again.Events), err)
		}
	})
}

func FuzzMask(f *testing.F) {
	f.Add("/tv/Severance/Severance.S02E03.mkv")
	f.Fuzz(func(t *testing.T, path string) {
		m := newMask()
		if a, b := m.path(path), m.path(path); a != b {
			t.Errorf("%q becomes %q and %q", path, a, b)
		}
	})
}
