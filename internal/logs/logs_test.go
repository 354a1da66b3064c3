package logs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/logs"
)

func newLog(t *testing.T, form logs.Form, level string) (*logs.Log, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	l, err := logs.New(logs.Options{Out: &out, Form: form, Level: level})
	if err != nil {
		t.Fatal(err)
	}
	return l, &out
}

func TestTextIsReadable(t *testing.T) {
	l, out := newLog(t, logs.Text, "")
	l.Named("mpv").Warn("gone", zap.Int("pid", 4242), zap.String("path", "/a b"), zap.Duration("after", 3*time.Second))
	if !regexp.MustCompile(`^\d\d:\d\d:\d\d WARN  mpv: gone pid=4242 path="/a b" after=3s\n$`).MatchString(out.String()) {
		t.Errorf("got %q", out)
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	l, out := newLog(t, logs.JSON, "")
	l.With(zap.String("a", "b")).Info("started", zap.Int("n", 1), zap.Error(errors.New("line\nbreak")))
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(got["time"])); err != nil || at.Location() != time.UTC {
		t.Errorf("time %v, %v", got["time"], err)
	}
	delete(got, "time")
	want := map[string]any{"level": "info", "message": "started", "a": "b", "n": 1.0, "error": "line\ufffdbreak"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestJournalLinesHaveTheirPriority(t *testing.T) {
	l, out := newLog(t, logs.Journal, "debug")
	l.Debug("d")
	l.Info("i")
	l.Warn("w")
	l.Error("e")
	if got, want := out.String(), "<7>d\n<6>i\n<4>w\n<3>e\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFileIsJSON(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := logs.FormOf(f); got != logs.JSON {
		t.Errorf("got %s", got)
	}
}

func TestLevelChangesAtOnceForAllLoggers(t *testing.T) {
	l, out := newLog(t, logs.Journal, "warn")
	part := l.Named("part")
	part.Info("one")
	if err := l.SetLevel("debug"); err != nil {
		t.Fatal(err)
	}
	part.Debug("two")
	if err := l.SetLevel("loud"); err == nil {
		t.Error("an unknown level was taken")
	}
	part.Debug("three")
	if got, want := out.String(), "<7>part: two\n<7>part: three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type login struct{ User, Pass string }

func TestNoSecretGetsIntoALine(t *testing.T) {
	const secret = "geheim-4f1c09d2"
	for _, form := range []logs.Form{logs.Text, logs.JSON, logs.Journal} {
		l, out := newLog(t, form, "debug")
		l.Info("GET https://api.simkl.com/x?token=" + secret + "&extended=full")
		l.Info("Authorization: Bearer " + secret)
		l.Info(`{"access_token":"` + secret + `","refresh_token": "` + secret + `"}`)
		l.Info("x", zap.String("access_token", secret), zap.String("Authorization", secret))
		l.Info("x", zap.Any("header", map[string]any{"Set-Cookie": secret, "a": []string{"Bearer " + secret}}))
		l.Info("x", zap.Error(fmt.Errorf("post: %w", errors.New("client_secret="+secret))))
		l.With(zap.String("password", secret)).Info("x")
		l.Info("GET /oauth/pin/" + secret + "?client_id=1")
		l.Redactor.Add(secret)
		l.Info("plain "+secret, zap.String("x", "in "+secret+"."), zap.Any("y", login{"me", secret}), zap.ByteString("z", []byte(secret)))
		if strings.Contains(out.String(), "geheim") {
			t.Errorf("%s: %s", form, out)
		}
		if !strings.Contains(out.String(), "extended=full") {
			t.Errorf("%s: more than the secret was masked: %s", form, out)
		}
	}
}

func TestSentenceAboutATokenIsNotMasked(t *testing.T) {
	l, out := newLog(t, logs.Journal, "")
	l.Info("there is no token: run 'simkld login'")
	l.Info("mpv ended with code: 4")
	if got, want := out.String(), "<6>there is no token: run 'simkld login'\n<6>mpv ended with code: 4\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestForeignTextIsNeverRaw(t *testing.T) {
	for _, form := range []logs.Form{logs.Text, logs.JSON, logs.Journal} {
		l, out := newLog(t, form, "")
		evil := "a\x1b]0;x\x07\r\n<0>b\u202e\xff" + strings.Repeat("x", 100_000)
		l.With(zap.String("w"+evil, evil)).Info(evil, zap.String("title", evil), zap.Any("list", []string{evil}), zap.Error(errors.New(evil)))
		text := strings.TrimSuffix(out.String(), "\n")
		for _, bad := range []string{"\x1b", "\r", "\n", "\u202e", "\xff", `\u001b`} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q gets through", form, bad)
			}
		}
		if len(text) > 50_000 {
			t.Errorf("%s: a line of %d bytes", form, len(text))
		}
	}
}

func TestConditionIsLoggedWhenItBeginsChangesAndEnds(t *testing.T) {
	core, seen := observer.New(zap.DebugLevel)
	c := logs.NewCondition(zap.New(core))
	c.Ends("back")
	c.Holds("no network")
	c.Holds("no network")
	c.Holds("Simkl answers 503")
	c.Ends("back")
	c.Ends("back")
	c.Holds("no network")
	var got []string
	for _, e := range seen.All() {
		got = append(got, e.Level.String()+" "+e.Message)
	}
	want := []string{"info no network", "debug no network", "info Simkl answers 503", "info back", "info no network"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
