package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/demo"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players/playerstest"
)

// clipLength is that of the tests' films: 15 minutes, in 9 seconds.
const clipLength = 900 * time.Second

var clips *playerstest.Media

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(exitCode(func() int {
		var err error
		if clips, err = playerstest.NewMedia(); err != nil {
			panic(err)
		}
		defer clips.Close()
		return m.Run()
	}))
}

type exitCode func() int

func (f exitCode) Run() int { return f() }

func noMPV(string) (string, error) { return "", exec.ErrNotFound }

// watch runs the demo with a short clip and gives what it printed. Nothing may be left of it.
func watch(t *testing.T, o demo.Options, prepare func(*sandbox.Server)) (string, error) {
	t.Helper()
	clip, err := os.ReadFile(clips.Slow(t, t.Name()+"/clip.mkv", int(clipLength.Seconds())))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o.Out = term.Screen{Writer: &out}
	err = demo.RunShort(t.Context(), o, clip, clipLength, prepare)
	t.Logf("%s", out.String())
	return out.String(), err
}

// inOrder reports the first of the parts that does not follow the one before.
func inOrder(text string, parts ...string) string {
	for _, part := range parts {
		i := strings.Index(text, part)
		if i < 0 {
			return part
		}
		text = text[i+len(part):]
	}
	return ""
}

// evening is what everybody sees, whatever plays it.
var evening = []string{
	"No account is used.\n", "TIME", "PLAYER", "IDENTITY", "SIMKL",
	"plays a file", "Severance S02E03", "start", "201",
	"pauses at 5", "pause", "201",
	"goes on", "start", "201",
	"ends at", "stop   100.0 %  refused",
	"offline from here", "1 kept on disk",
	"plays a file", "Heat (1995)", "2 kept on disk",
	"online: history, 1 watch, 201",
	"start", "201",
	"ends at", "stop   100.0 %  201",
	"PLAYED", "ON THE SERVER",
	"Severance S02E03", "Severance S02E03", "same",
	"Heat (1995)", "Heat (1995)", "same",
	"ok  2 played, 2 watched in the history, none lost, none twice.",
}

func TestARealMPVPlaysTheEvening(t *testing.T) {
	t.Parallel()
	out, err := watch(t, demo.Options{}, nil)
	if err != nil {
		t.Error(err)
	}
	if missing := inOrder(out, append([]string{"mpv ", "at 100x; a Simkl of its own on 127.0.0.1:"}, evening...)...); missing != "" {
		t.Errorf("no %q where it belongs", missing)
	}
}

func TestTheBuiltInPlayerPlaysTheSameEveningWhereThereIsNoMPV(t *testing.T) {
	t.Parallel()
	out, err := watch(t, demo.Options{LookPath: noMPV}, nil)
	if err != nil {
		t.Error(err)
	}
	if missing := inOrder(out, append([]string{"No mpv here: the built-in player at 100x;"}, evening...)...); missing != "" {
		t.Errorf("no %q where it belongs", missing)
	}
}

func TestAnMPVThatDoesNotAnswerIsLeftOut(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "mpv")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out headline
	out.then = cancel // the first line is all that is asked for
	err := demo.Run(ctx, demo.Options{
		Out: term.Screen{Writer: &out}, LookPath: func(string) (string, error) { return broken, nil },
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(out.text.String(), "the built-in player") {
		t.Errorf("%v, and it printed %q", err, out.text.String())
	}
}

// headline calls then at the first write.
type headline struct {
	text bytes.Buffer
	then func()
}

func (h *headline) Write(p []byte) (int, error) {
	h.then()
	return h.text.Write(p)
}

func TestAWatchThatTheServerLostIsFailure(t *testing.T) {
	t.Parallel()
	out, err := watch(t, demo.Options{LookPath: noMPV}, func(s *sandbox.Server) {
		s.Inject(sandbox.Fault{ // it says thanks and forgets
			Kind: sandbox.FaultStatus, Status: http.StatusCreated, Times: 1,
			Match: func(r *http.Request) bool { return r.URL.Path == "/sync/history" },
			Body:  `{"added":{"movies":0,"shows":0,"episodes":1},"not_found":{"movies":[],"shows":[],"episodes":[]}}`,
		})
	})
	if fault.ExitCode(err) != 1 {
		t.Errorf("exit code %d: %v", fault.ExitCode(err), err)
	}
	if missing := inOrder(out, "PLAYED", "Severance S02E03", "NO", "Heat (1995)", "same"); missing != "" {
		t.Errorf("no %q where it belongs", missing)
	}
	if strings.Contains(out, "none lost") {
		t.Error("it says that none was lost")
	}
}

func TestJSONHasPlayerTimelineAndHistory(t *testing.T) {
	t.Parallel()
	out, err := watch(t, demo.Options{LookPath: noMPV, JSON: true}, nil)
	if err != nil {
		t.Error(err)
	}
	var got struct {
		Player   string
		Timeline []struct {
			AtS      *float64 `json:"at_s"`
			Player   *string
			Identity *string
			Simkl    *string
		}
		History []struct {
			Title     string
			WatchedAt time.Time `json:"watched_at"`
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, h := range got.History {
		titles = append(titles, h.Title)
	}
	if got.Player != "built-in player" || !slices.Equal(titles, []string{"Severance", "Heat"}) {
		t.Errorf("player %q, history %v", got.Player, titles)
	}
	last := 0.0
	for _, r := range got.Timeline {
		if r.AtS == nil || r.Player == nil || r.Identity == nil || r.Simkl == nil {
			t.Fatalf("a line lacks a key: %+v", r)
		}
		if *r.AtS < last {
			t.Errorf("a line at %v follows one at %v", *r.AtS, last)
		}
		last = *r.AtS
	}
	if len(got.Timeline) < 8 {
		t.Errorf("%d lines", len(got.Timeline))
	}
}

func TestInterruptedItEndsAndLeavesNothing(t *testing.T) {
	before, _ := filepath.Glob(filepath.Join(os.TempDir(), "simkld-demo-*"))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := demo.Run(ctx, demo.Options{Out: term.Screen{Writer: &bytes.Buffer{}}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	after, _ := filepath.Glob(filepath.Join(os.TempDir(), "simkld-demo-*"))
	if len(after) > len(before) {
		t.Errorf("left behind: %v", after)
	}
}

func TestProofIsExact(t *testing.T) {
	at := time.Date(2026, 5, 22, 20, 0, 0, 0, time.UTC)
	severance := demo.Seen{File: "Severance.S02E03.1080p.WEB.h264-GRP.mkv", Share: 0.8, Ended: at}
	heat := demo.Seen{File: "Heat.1995.1080p.BluRay.x264-GRP.mkv", Share: 0.55, Ended: at.Add(time.Minute)}
	s := sandbox.Watched{Kind: "tv", Title: "Severance", Year: 2022, Season: 2, Episode: 3, WatchedAt: at}
	h := sandbox.Watched{Kind: "movie", Title: "Heat", Year: 1995, WatchedAt: at.Add(time.Minute)}
	late, other := h, s
	late.WatchedAt = late.WatchedAt.Add(16 * time.Second)
	other.Episode = 4
	skipped := heat
	skipped.Share = 0.3
	for _, tt := range []struct {
		name    string
		played  []demo.Seen
		history []sandbox.Watched
		same    []bool
		exact   bool
	}{
		{"both", []demo.Seen{severance, heat}, []sandbox.Watched{s, h}, []bool{true, true}, true},
		{"in another order", []demo.Seen{severance, heat}, []sandbox.Watched{h, s}, []bool{true, true}, true},
		{"one lost", []demo.Seen{severance, heat}, []sandbox.Watched{s}, []bool{true, false}, false},
		{"one twice", []demo.Seen{severance, heat}, []sandbox.Watched{s, s, h}, []bool{true, true, false}, false},
		{"one late", []demo.Seen{severance, heat}, []sandbox.Watched{s, late}, []bool{true, false}, false},
		{"another episode", []demo.Seen{severance, heat}, []sandbox.Watched{other, h}, []bool{false, true, false}, false},
		{"counted though skipped", []demo.Seen{severance, skipped}, []sandbox.Watched{s, h}, []bool{true, false}, false},
		{"one not played", []demo.Seen{severance}, []sandbox.Watched{s}, []bool{true}, false},
		{"nothing", nil, nil, nil, false},
	} {
		same, exact := demo.Compare(tt.played, tt.history)
		if !slices.Equal(same, tt.same) || exact != tt.exact {
			t.Errorf("%s: %v, exact %v", tt.name, same, exact)
		}
	}
}
