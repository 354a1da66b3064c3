package mpv

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

func TestLineOfSixteenMiBIsReadAndALongerOneSkipped(t *testing.T) {
	long := strings.Repeat("x", maxLine-1)
	in := newLines(strings.NewReader("a\n" + long + "\n" + long + "yy\nb\r\n\nc\n" + "cut"))
	want := []int{1, maxLine - 1, 1, 0, 1}
	for i, n := range want {
		line, err := in.next()
		if err != nil || len(line) != n {
			t.Fatalf("line %d has %d bytes (%v), want %d", i, len(line), err, n)
		}
	}
	if line, err := in.next(); !errors.Is(err, io.EOF) {
		t.Errorf("a line that was cut off is given: %q, %v", line, err)
	}
}

func TestDeadlineInTheMiddleOfALineLosesNothing(t *testing.T) {
	in := newLines(io.MultiReader(
		strings.NewReader(`{"event":`), iotest.ErrReader(os.ErrDeadlineExceeded), strings.NewReader("1}\n")))
	var got []byte
	for range 3 {
		line, err := in.next()
		if err == nil {
			got = bytes.Clone(line)
			break
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		in.r.Reset(strings.NewReader("1}\n"))
	}
	if string(got) != `{"event":1}` {
		t.Errorf("read %q", got)
	}
}

func TestTextKeepsBytesThatAreNotUTF8(t *testing.T) {
	for in, want := range map[string]string{
		`"plain"`:                  "plain",
		"\"caf\xe9 \xff\"":         "caf\xe9 \xff",
		`"a\nb\tc\"d\\e\/f\r\b\f"`: "a\nb\tc\"d\\e/f\r\b\f",
		`"\u00e9\u6620"`:           "é映",
		`"\ud83d\ude00!"`:          "😀!",
		`"\ud83d!"`:                "\ufffd!",
		`"\ud83d\u0041"`:           "\ufffdA",
		"\"\xff\\n\xfe\"":          "\xff\n\xfe",
		`""`:                       "",
	} {
		if got, ok := text([]byte(in)); !ok || got != want {
			t.Errorf("%s is read as %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{``, `"`, `1`, `null`, `{"a":1}`, `"\u12"`, `"a\`} {
		if got, ok := text([]byte(in)); ok {
			t.Errorf("%s is read as the text %q", in, got)
		}
	}
}

func TestSecondsAreBounded(t *testing.T) {
	for in, want := range map[float64]time.Duration{-1: 0, 0: 0, 1.5: 1500 * time.Millisecond, 1e300: longest} {
		if got := seconds(in); got != want {
			t.Errorf("%v s are %v", in, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{`"a"`, `"\u0041\ud83d\ude00"`, "\"\xff\"", `"\`, `"\"`, `"\u"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, ok := text(in)
		if ok && len(out) > len(in) {
			t.Errorf("%q grew to %q", in, out)
		}
	})
}

// FuzzTracker sends anything at all and holds the laws that every consumer relies on.
func FuzzTracker(f *testing.F) {
	f.Add([]byte("{\"event\":\"start-file\",\"playlist_entry_id\":1}\n{\"event\":\"file-loaded\"}\n" +
		"{\"request_id\":13,\"error\":\"success\",\"data\":\"/a.mkv\"}\n{\"event\":\"playback-restart\"}\n" +
		"{\"event\":\"property-change\",\"id\":3,\"data\":false}\n{\"event\":\"end-file\",\"reason\":\"eof\"}\n"))
	f.Add([]byte("{\"event\":\"property-change\",\"id\":1,\"data\":\"/a\"}\n{\"event\":\"property-change\",\"id\":5,\"data\":false}\n" +
		"\n\n\n{\"event\":\"seek\"}\n{\"event\":\"playback-restart\"}\n{\"event\":\"property-change\",\"id\":7,\"data\":1e300}\n"))
	f.Add([]byte("{\"request_id\":\"x\"}\n{}\nnull\n[1]\n{\"event\":\"property-change\",\"id\":99}\n{\"event\":\"property-change\",\"id\":6,\"data\":-1}\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		find := locator{cwd: func() string { return "/" }, exists: func(string) bool { return false }}
		tr := newTracker(players.Event{Instance: "x"}, find.locate)
		var now media.Moment
		tr.start(now)
		var seen []players.Event
		step := func() {
			seen = append(seen, tr.out...)
			tr.out = tr.out[:0]
			if len(tr.waiting) > maxWaiting {
				t.Fatalf("%d requests wait", len(tr.waiting))
			}
		}
		for i, line := range bytes.Split(in, []byte("\n")) {
			now.Mono += time.Duration(i%7) * 40 * time.Millisecond
			if len(line) == 0 { // an empty line stands for time that passes
				now.Mono += 11 * time.Second
				tr.tick(now)
			} else {
				tr.line(line, now)
			}
			step()
		}
		tr.gone(now)
		step()
		laws(t, seen)
	})
}

// laws are what every consumer relies on.
func laws(t *testing.T, events []players.Event) {
	t.Helper()
	var last players.Event
	for i, e := range events {
		switch {
		case e.Position < 0 || e.Position > longest:
			t.Fatalf("event %d is at %v", i, e.Position)
		case e.Playback < last.Playback:
			t.Fatalf("event %d is of playback %d after %d", i, e.Playback, last.Playback)
		case e.Playback == last.Playback && last.State == players.Stopped:
			t.Fatalf("event %d comes after the end of its playback", i)
		case e.Playback != last.Playback && last.Playback != 0 && last.State != players.Stopped:
			t.Fatalf("playback %d never ended", last.Playback)
		case e.State == players.Stopped && e.End == players.EndNone:
			t.Fatalf("event %d ends without saying how", i)
		case !(e.Rate > 0):
			t.Fatalf("event %d has rate %v", i, e.Rate)
		}
		last = e
	}
	if last.Playback != 0 && last.State != players.Stopped {
		t.Fatalf("playback %d never ended", last.Playback)
	}
}
