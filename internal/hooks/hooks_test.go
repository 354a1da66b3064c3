//go:build unix

package hooks_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/simkld/simkld/internal/hooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// script writes a program of the shell.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// start runs a Runner until the end of the test. The logs are what it said.
func start(t *testing.T) (*hooks.Runner, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	r := hooks.New(zap.New(core), "/home/mika")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r, logs
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %v", what, patience)
		}
	}
}

func TestHookGetsTheEventAndItsOutputIsLoggedBounded(t *testing.T) {
	t.Parallel()
	r, logs := start(t)
	out := filepath.Join(t.TempDir(), "a file")
	hook := script(t, `cat >"$1"; printf 'done\033[31m\n'; head -c 100000 /dev/zero | tr '\0' x`)
	r.Put([]string{hook + ` "` + out + `"`}, []byte(`{"event":"watched"}`))
	until(t, "log line", func() bool { return logs.Len() == 1 })
	if got, err := os.ReadFile(out); string(got) != `{"event":"watched"}` || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	line := logs.All()[0]
	text, _ := line.ContextMap()["printed"].(string)
	if line.Message != "a hook was run" || !strings.HasPrefix(text, "done") || strings.Contains(text, "\x1b") || len(text) > 5000 {
		t.Errorf("%s %.80q (%d bytes)", line.Message, text, len(text))
	}
}

// There is no shell: what would be a command to one is a word.
func TestHookIsNeverGivenToAShell(t *testing.T) {
	t.Parallel()
	r, logs := start(t)
	dir := t.TempDir()
	r.Put([]string{"/bin/echo $HOME `touch " + dir + "/a` ; touch " + dir + "/b | cat >" + dir + "/c"}, []byte(`{}`))
	until(t, "log line", func() bool { return logs.Len() == 1 })
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("%v, %v: a shell ran it", made, err)
	}
	if text, _ := logs.All()[0].ContextMap()["printed"].(string); !strings.HasPrefix(text, "$HOME `touch") {
		t.Errorf("%q", text)
	}
}

func TestHookThatHangsIsKilledWithAllItStarted(t *testing.T) {
	t.Parallel()
	r, logs := start(t)
	pids := filepath.Join(t.TempDir(), "pids")
	r.Put([]string{script(t, `sleep 600 & echo $! $$ >`+pids+`; wait`), script(t, "echo second")}, []byte(`{}`))
	until(t, "second hook", func() bool { return logs.Len() == 2 })
	if got := logs.All()[0].Message; got != "a hook took longer than 10 s and was ended" {
		t.Errorf("%q", got)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		until(t, "end of "+word, func() bool { return syscall.Kill(pid, 0) != nil || zombie(word) })
	}
}

// zombie reports whether a process is over and only nobody has asked for it.
func zombie(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestHookThatFailsOrIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	r, logs := start(t)
	r.Put([]string{"/nowhere/hook", script(t, "echo no light >&2; exit 3"), `"unclosed`}, []byte(`{}`))
	until(t, "three lines", func() bool { return logs.Len() == 3 })
	for i, want := range []string{"no such file", "exit status 3", "not closed"} {
		if got, _ := logs.All()[i].ContextMap()["error"].(string); !strings.Contains(got, want) {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if got, _ := logs.All()[1].ContextMap()["printed"].(string); got != "no light" {
		t.Errorf("%q", got)
	}
}

// A hook must not delay whoever has something to tell.
func TestPutNeverBlocks(t *testing.T) {
	t.Parallel()
	r := hooks.New(zap.NewNop(), "")
	done := make(chan struct{})
	go func() { // ends with the last Put
		defer close(done)
		for range 1000 {
			r.Put([]string{"true"}, nil) // nobody runs them
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Error("Put waits for hooks that nobody runs")
	}
}

func TestCommandIsSplitIntoWords(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		`a b`:                     {"a", "b"},
		`  a	"b c" 'd "e" \f'  `:  {"a", "b c", `d "e" \f`},
		`a\ b c\"d`:               {"a b", `c"d`},
		`~/bin/hook --file=~/x ~`: {"/home/mika/bin/hook", "--file=~/x", "~"},
		`a "" ''`:                 {"a", "", ""},
		`a"b"c`:                   {"abc"},
	} {
		if got, err := hooks.Words(command, "/home/mika"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", command, got, err)
		}
	}
	for _, command := range []string{``, `  `, `"a`, `a \`, `''`} {
		if got, err := hooks.Words(command, "/"); err == nil {
			t.Errorf("%q: %q and no error", command, got)
		}
	}
}

// event is one as internal/app writes it (docs/hooks.md).
const (
	filmEvent = `{"event":"watched","id":"44","time":"2026-05-22T20:14:02Z","label":"Heat (1995)","path":"file:///films/Heat.mkv",
		"player":"mpv","watched_at":"2026-05-22T20:14:00Z","progress":100,"played_percent":97.5,
		"identity":{"kind":"movie","title":"Heat","year":1995,"season":null,"episodes":[],"absolute":[],"ids":{"imdb":"tt0113277"}},
		"simkl":{"url":"https://simkl.com/movies/53801","ids":{"simkl":53801,"imdb":"tt0113277","tmdb":"949"}}}`
	episodeEvent = `{"event":"watched","id":"45","time":"2026-05-22T20:14:02Z","label":"Severance S02E03","path":"","player":"mpv",
		"watched_at":"2026-05-22T20:14:00Z","progress":100,"played_percent":97.5,
		"identity":{"kind":"episode","title":"Severance","year":2022,"season":2,"episodes":[3],"absolute":[],"ids":{"tvdb":"371980"}},
		"simkl":null}`
)

// example runs one of the shipped hooks for an event and gives the line of the log.
func example(t *testing.T, event, name string, args ...string) observer.LoggedEntry {
	t.Helper()
	r, logs := start(t)
	file, err := filepath.Abs(filepath.Join("..", "..", "packaging", "hooks", name))
	if err != nil {
		t.Fatal(err)
	}
	command := `"` + file + `"`
	for _, a := range args {
		command += ` "` + a + `"`
	}
	r.Put([]string{command}, []byte(event))
	until(t, "log line", func() bool { return logs.Len() == 1 })
	return logs.All()[0]
}

// server keeps the bodies that it is sent.
func server(t *testing.T, status int) (url string, bodies chan string) {
	t.Helper()
	bodies = make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Method + " " + r.Header.Get("Content-Type") + " " + string(body)
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, bodies
}

func TestShippedWebhookSpeaksAsJellyfinDoes(t *testing.T) {
	t.Parallel()
	url, bodies := server(t, http.StatusOK)
	for event, want := range map[string]string{
		filmEvent: `POST application/json {"Event":"Stop","Item":{"Type":"Movie","Name":"Heat","ProductionYear":1995,` +
			`"ProviderIds":{"Imdb":"tt0113277","Tmdb":"949"},` +
			`"UserData":{"Played":true,"PlayCount":1,"PlaybackPositionTicks":0,"LastPlayedDate":"2026-05-22T20:14:00Z"}}}`,
		episodeEvent: `POST application/json {"Event":"Stop","Item":{"Type":"Episode","Name":"Severance S02E03","SeriesName":"Severance",` +
			`"ParentIndexNumber":2,"IndexNumber":3,"ProviderIds":{},` +
			`"UserData":{"Played":true,"PlayCount":1,"PlaybackPositionTicks":0,"LastPlayedDate":"2026-05-22T20:14:00Z"}},` +
			`"Series":{"Type":"Series","Name":"Severance","ProviderIds":{"Tvdb":"371980"}}}`,
	} {
		line := example(t, event, "jellyfin-webhook", url)
		if line.Message != "a hook was run" {
			t.Fatalf("%s %v", line.Message, line.ContextMap())
		}
		if got := strings.TrimSpace(<-bodies); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	refusing, _ := server(t, http.StatusForbidden)
	if line := example(t, filmEvent, "jellyfin-webhook", refusing); line.Message != "a hook failed" {
		t.Errorf("%s %v", line.Message, line.ContextMap())
	}
}

func TestShippedLogLineAddsALine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "watched.txt")
	for _, event := range []string{filmEvent, episodeEvent} {
		if line := example(t, event, "log-line", file); line.Message != "a hook was run" {
			t.Fatalf("%s %v", line.Message, line.ContextMap())
		}
	}
	want := "2026-05-22T20:14:00Z\tHeat (1995)\thttps://simkl.com/movies/53801\n2026-05-22T20:14:00Z\tSeverance S02E03\t\n"
	if got, err := os.ReadFile(file); string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestShippedLightSwitchAsksTheLight(t *testing.T) {
	t.Parallel()
	url, bodies := server(t, http.StatusOK)
	if line := example(t, filmEvent, "light-switch", url+"/cm?cmnd=Power%20On"); line.Message != "a hook was run" {
		t.Fatalf("%s %v", line.Message, line.ContextMap())
	}
	if got := <-bodies; !strings.Contains(got, `"label":"Heat (1995)"`) {
		t.Errorf("%s", got)
	}
}
