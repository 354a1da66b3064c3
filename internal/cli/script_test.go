//go:build unix

package cli_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"simkld": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Main(ctx, cli.System(), os.Args[1:])
		stop()
		os.Exit(code)
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": startSandbox, "daemon": startDaemon, "end": endProcess, "until": until, "seed": seed,
			"normal": normal, "mpv": startMPV, "spoil": spoil, "played": played, "asked": asked, "browse": browse,
		},
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
	})
}

// setUp gives each script a home, a state and a runtime folder of its own.
func setUp(env *testscript.Env) error {
	// A socket's address is short: the work folder of a script may not be.
	runtime, err := os.MkdirTemp("/tmp", "simkld-cli-")
	if err != nil {
		return err
	}
	env.Defer(func() { _ = os.RemoveAll(runtime) })
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	env.Values["jar"] = &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for _, dir := range []string{"home", "media"} {
		if err := os.MkdirAll(filepath.Join(env.WorkDir, dir), 0o700); err != nil {
			return err
		}
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	for k, v := range map[string]string{
		"REPO": repo, "HOME": filepath.Join(env.WorkDir, "home"), "XDG_RUNTIME_DIR": runtime, "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "",
		"TZ": "UTC", "TERM": "dumb", "LC_ALL": "C.UTF-8", "STATE": filepath.Join(env.WorkDir, "home/.local/state/simkld"),
		"DBUS_SESSION_BUS_ADDRESS": "", "CREDENTIALS_DIRECTORY": "", "SIMKLD_TOKEN": "",
	} {
		env.Setenv(k, v)
	}
	return nil
}

// start runs a program of the script until the script ends.
func start(ts *testscript.TestScript, name string, cmd *exec.Cmd) {
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = environment(ts)
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	go func() { // ends with the process
		_ = cmd.Wait() // it is killed in the end, which is no failure
		close(ended)
	}()
	ts.Setenv("PID_"+name, fmt.Sprint(cmd.Process.Pid))
	ts.Defer(func() {
		_ = cmd.Process.Kill() // it may be gone already
		<-ended
	})
}

// environment is what exec gives a program of the script.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"HOME", "XDG_RUNTIME_DIR", "TZ", "TERM", "LC_ALL", "PATH", "SIMKLD_TOKEN", "SIMKLD_SIMKL_API_URL", "SIMKLD_SIMKL_SITE_URL",
		"SIMKLD_SIMKL_DATA_URL", "SIMKLD_SIMKL_CLIENT_ID", "SIMKLD_SCROBBLE_START_AFTER", "SIMKLD_SCROBBLE_PAUSE_AFTER",
		"SIMKLD_PLAYERS_MPV_SOCKETS", "SIMKLD_MATCHER_LIBRARY", "SIMKLD_MATCHER_EXCLUDE",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func program(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if file := filepath.Join(dir, "simkld"); isFile(file) {
			return file
		}
	}
	ts.Fatalf("simkld is not in the script's PATH")
	return ""
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// startSandbox: sandbox [ARGS...]. It waits for the address, which the settings of the script name from then on.
func startSandbox(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(program(ts), append([]string{"sandbox"}, args...)...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	address := make(chan string, 1)
	start(ts, "sandbox", cmd)
	go func() { // ends with the process
		line, _ := bufio.NewReader(out).ReadString('\n')
		address <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, out) // nothing more is expected
	}()
	select {
	case url := <-address:
		for _, name := range []string{"API", "SITE", "DATA"} {
			ts.Setenv("SIMKLD_SIMKL_"+name+"_URL", url)
		}
		ts.Setenv("SANDBOX", strings.TrimPrefix(url, "http://"))
		if ts.Getenv("SIMKLD_SIMKL_CLIENT_ID") == "" {
			ts.Setenv("SIMKLD_SIMKL_CLIENT_ID", "script")
		}
	case <-time.After(20 * time.Second):
		ts.Fatalf("the sandbox printed no address")
	}
}

// startDaemon: daemon. It waits until it answers; its log is daemon.log.
func startDaemon(ts *testscript.TestScript, _ bool, args []string) {
	log, err := os.OpenFile(ts.MkAbs("daemon.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	cmd := exec.Command(program(ts), append([]string{"run"}, args...)...)
	cmd.Stderr = log
	start(ts, "daemon", cmd)
	ts.Check(log.Close())
	until(ts, false, []string{`"pid": [1-9]`, "status", "--json"})
}

// endProcess: end NAME [KILL].
func endProcess(ts *testscript.TestScript, _ bool, args []string) {
	var pid int
	_, err := fmt.Sscan(ts.Getenv("PID_"+args[0]), &pid)
	ts.Check(err)
	sig := syscall.SIGTERM
	if len(args) > 1 && args[1] == "KILL" {
		sig = syscall.SIGKILL
	}
	ts.Check(syscall.Kill(pid, sig))
	deadline := time.Now().Add(10 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not end", args[0])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// until: [!] until REGEXP ARGS... runs simkld until its output matches, or no longer does.
func until(ts *testscript.TestScript, neg bool, args []string) {
	re, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	deadline := time.Now().Add(60 * time.Second)
	for {
		cmd := exec.Command(program(ts), args[1:]...)
		cmd.Dir, cmd.Env = ts.Getenv("WORK"), environment(ts)
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			ts.Fatalf("%v", errors.Join(err, exit))
		}
		if re.Match(out) != neg {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(ts.MkAbs("daemon.log")) // where there is one, it says why
			ts.Fatalf("%q was never printed, the last was:\n%s\nthe daemon:\n%s", args[0], out, log)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

var (
	timePattern = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	// The sentences are the matcher's, which has tests of its own.
	becausePattern = regexp.MustCompile(`(?s)"because": \[\n.*?\n\s*\]`)
	pidPattern     = regexp.MustCompile(`(pid ?"?:? ?)\d+`)
	uptimePattern  = regexp.MustCompile(`("uptime_s": )\d+`)
)

// normal: normal FROM TO writes FROM (stdout, stderr or a file) with everything that differs from run to run named.
func normal(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	for name, value := range map[string]string{"WORK": ts.Getenv("WORK"), "SANDBOX": ts.Getenv("SANDBOX")} {
		if value != "" {
			text = strings.ReplaceAll(text, value, "$"+name)
		}
	}
	text = timePattern.ReplaceAllString(text, "TIME")
	text = becausePattern.ReplaceAllString(text, `"because": [SENTENCES]`)
	text = pidPattern.ReplaceAllString(text, "${1}PID")
	text = uptimePattern.ReplaceAllString(text, "${1}0")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// spoil: spoil FILE writes nonsense over its beginning.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte(strings.Repeat("not a database ", 100)), 0)
	ts.Check(errors.Join(err, f.Close()))
}

// startMPV: mpv FILE plays it at 100 times the speed, with a socket that the daemon is told of. It makes a file of 45
// minutes if there is none.
func startMPV(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	if !isFile(file) {
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
		clip := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=black:s=32x18:r=1", "-t", "2700",
			"-c:v", "libx264", "-preset", "ultrafast", "-y", file)
		out, err := clip.CombinedOutput()
		if err != nil {
			ts.Fatalf("make a clip: %v\n%s", err, out)
		}
	}
	options := []string{
		"--no-config", "--vo=null", "--ao=null", "--really-quiet",
		"--input-ipc-server=" + ts.Getenv("SIMKLD_PLAYERS_MPV_SOCKETS"), file,
	}
	start(ts, "mpv", exec.Command("mpv", append(options, args[1:]...)...))
	if counts := os.Getenv("SIMKLD_TEST_COUNTS"); counts != "" {
		f, err := os.OpenFile(counts, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		ts.Check(err)
		_, err = io.WriteString(f, "mpv\n")
		ts.Check(errors.Join(err, f.Close()))
	}
}

// seed: seed writes a state as a daemon leaves it: one watch sent, one waiting, one refused, one not recognised whose
// name is an attack, and one not counted.
func seed(ts *testscript.TestScript, _ bool, _ []string) {
	ctx := context.Background()
	now := time.Date(2026, 5, 22, 20, 14, 0, 0, time.UTC)
	dir := ts.Getenv("STATE")
	ts.Check(os.MkdirAll(dir, 0o700))
	s, _, err := store.Open(ctx, dir, store.Options{Now: func() time.Time { return now }})
	ts.Check(err)
	season := 2
	episode := func(n int) media.Match {
		return media.Match{
			Kind: media.KindEpisode, Title: "Severance", Season: &season, Episodes: []media.Number{media.Number(n)},
			Confidence: 0.96, Source: "file name", Because: []string{"season and episode are written out"},
		}
	}
	number := func() media.WatchID {
		id, err := s.NextWatch(ctx)
		ts.Check(err)
		return id
	}
	add := func(m media.Match, path string, state queue.State, ago time.Duration, candidates ...media.Answer) {
		id := number()
		row := queue.Row{Call: media.Call{
			Watch: id, Seq: 1, Verb: media.VerbWatched, Match: m, Progress: 100,
			At: now.Add(-ago), Path: path, Player: "mpv",
		}, State: state, CreatedAt: now.Add(-ago), Candidates: candidates}
		if state == queue.StateDead {
			row.Attempts, row.LastError = 1, "Simkl did not accept the request"
		}
		if state == queue.StateUnmatched {
			row.LastError = "a bare name outside the library folders"
		}
		_, _, err := s.Add(ctx, row)
		ts.Check(err)
	}
	sent := number()
	ts.Check(s.SaveEntry(ctx, store.Entry{
		ID: sent, Match: media.Match{
			Kind: media.KindMovie, Title: "Heat", Year: 1995,
			IDs: media.IDs{IMDB: "tt0113277"}, Confidence: 1, Source: "path id",
		}, Path: "/films/Heat (1995).mkv", Player: "mpv",
		Started: now.Add(-5 * time.Hour), Ended: now.Add(-3 * time.Hour), WatchedAt: now.Add(-3 * time.Hour),
		Outcome: store.OutcomeSent, Via: "scrobble", Progress: 100, Played: 96.5, Answer: &media.Answer{
			Kind: media.AnswerMovie, Title: "Heat", Year: 1995, IDs: media.IDs{Simkl: 53801, IMDB: "tt0113277"}, Action: "scrobble",
		},
	}))
	add(episode(2), "/tv/Severance/Severance S02E02.mkv", queue.StatePending, 2*time.Hour)
	add(episode(4), "/tv/Severance/Severance S02E04.mkv", queue.StateDead, 90*time.Minute)
	evil := "crash\x1b]0;owned\x07 \u202egpj.\xff\n.mkv"
	add(media.Match{Kind: media.KindNone, Title: "crash\x1b[31m", Confidence: 0.2}, "/tmp/"+evil, queue.StateUnmatched, time.Hour,
		media.Answer{Kind: media.AnswerMovie, Title: "Crash\x1b[2J", Year: 2004, IDs: media.IDs{Simkl: 53802}})
	ts.Check(s.SaveEntry(ctx, store.Entry{
		ID: number(), Match: episode(5), Path: "/tv/Severance/Severance S02E05.mkv", Player: "mpv",
		Length: 45 * time.Minute, Started: now.Add(-20 * time.Minute), Ended: now, Outcome: store.OutcomeNotCounted,
		Progress: 97, Played: 12.5, Reason: media.ReasonNotPlayed,
		Chain: []byte(`[{"rule":"position","mark":"ok","text":"ended at 97 %, 80 % needed"},{"rule":"played","mark":"NO","text":"12 %, 50 % needed","decided":true}]`),
	}))
	ts.Check(s.Close())
}

// played: played FILE LENGTH writes a finished watch of that file, which was not recognised, just now.
func played(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	length, err := time.ParseDuration(args[1])
	ts.Check(err)
	dir := ts.Getenv("STATE")
	ts.Check(os.MkdirAll(dir, 0o700))
	s, _, err := store.Open(ctx, dir, store.Options{Now: time.Now})
	ts.Check(err)
	id, err := s.NextWatch(ctx)
	ts.Check(err)
	at := time.Now().UTC()
	match := media.Match{Kind: media.KindNone}
	ts.Check(s.SaveEntry(ctx, store.Entry{
		ID: id, Match: match, Path: ts.MkAbs(args[0]), Player: "mpv", Length: length, Started: at.Add(-length), Ended: at,
		WatchedAt: at, Outcome: store.OutcomeUnmatched, Progress: 100, Played: 98,
	}))
	_, _, err = s.Add(ctx, queue.Row{
		Call: media.Call{
			Watch: id, Seq: 1, Verb: media.VerbWatched, Match: match, Progress: 100, At: at, Path: ts.MkAbs(args[0]), Player: "mpv",
		}, State: queue.StateUnmatched, CreatedAt: at, LastError: "a bare name outside the library folders",
	})
	ts.Check(err)
	ts.Check(s.Close())
}

// asked: [!] asked N REGEXP wants that many (or any other number of) requests whose method, path and query match to have been made of Simkl.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	ctx := context.Background()
	s, _, err := store.Open(ctx, ts.Getenv("STATE"), store.Options{Now: time.Now})
	ts.Check(err)
	all, err := s.Requests(ctx, time.Time{})
	ts.Check(errors.Join(err, s.Close()))
	re, n := regexp.MustCompile(args[1]), 0
	var lines []string
	for _, r := range all {
		line := fmt.Sprintf("%s %s %v", r.Method, r.Path, r.Query)
		if lines = append(lines, line); re.MatchString(line) {
			n++
		}
	}
	if (fmt.Sprint(n) != args[0]) != neg {
		ts.Fatalf("%d requests match %q, want %s:\n%s", n, args[1], args[0], strings.Join(lines, "\n"))
	}
}

// browse: browse COMMAND STATUS REGEXP opens the page, as a browser would that keeps its cookie and its address, and wants that
// answer of a command of it.
func browse(ts *testscript.TestScript, _ bool, args []string) {
	jar, _ := ts.Value("jar").(*http.Client)
	get := func(address string) (int, string) {
		resp, err := jar.Get(address)
		ts.Check(err)
		text, err := io.ReadAll(resp.Body)
		ts.Check(errors.Join(err, resp.Body.Close()))
		return resp.StatusCode, string(text)
	}
	if ts.Getenv("PAGE") == "" {
		cmd := exec.Command(program(ts), "dashboard", "--print-url")
		cmd.Env = environment(ts)
		link, err := cmd.Output()
		ts.Check(err)
		address := strings.TrimSpace(string(link))
		if status, page := get(address); status != http.StatusOK || !strings.Contains(page, "Now playing") {
			ts.Fatalf("%s gives %d", address, status)
		}
		page, _, _ := strings.Cut(address, "/open")
		ts.Setenv("PAGE", page)
	}
	status, text := get(ts.Getenv("PAGE") + "/api/v1/command/" + args[0])
	if fmt.Sprint(status) != args[1] || !regexp.MustCompile(args[2]).MatchString(text) {
		ts.Fatalf("%s gives %d, %s", args[0], status, text)
	}
}
