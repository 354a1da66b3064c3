//go:build linux

package setup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/setup"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/playerstest"
)

// child starts a program that ends with the test.
func child(t *testing.T, cmd *exec.Cmd) (exited <-chan struct{}) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	ended := make(chan struct{})
	go func() { // ends with the process, which Cleanup makes sure of
		_ = cmd.Wait() // it is killed in the end, which is no failure
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone already
		<-ended
	})
	return ended
}

// eventually waits for something that a player does.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(playerstest.Patience); !true(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// realMPV starts mpv as a user does, with the configuration of a home folder.
func realMPV(t *testing.T, home, runtime string, env []string, args ...string) (*exec.Cmd, <-chan struct{}) {
	t.Helper()
	cmd := exec.Command("mpv", append([]string{"--vo=null", "--ao=null", "--no-terminal", "--idle=yes"}, args...)...)
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + home, "XDG_RUNTIME_DIR=" + runtime}, env...)
	return cmd, child(t, cmd)
}

// ask sends one command to the mpv behind a socket and gives the data of its answer.
func ask(t *testing.T, socket string, command ...any) any {
	t.Helper()
	var c net.Conn
	eventually(t, socket+" answers", func() bool {
		var err error
		c, err = net.Dial("unix", socket)
		return err == nil
	})
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(playerstest.Patience)); err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(map[string]any{"command": command, "request_id": 7})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(c); ; {
		var m struct {
			ID   int `json:"request_id"`
			Data any `json:"data"`
		}
		if err := dec.Decode(&m); err != nil {
			t.Fatalf("%v: %v", command, err)
		}
		if m.ID == 7 {
			return m.Data
		}
	}
}

// watch runs the daemon's own watcher of mpv over some places until the test ends.
func watch(t *testing.T, sockets []string) *playerstest.Recorder {
	t.Helper()
	begin := time.Now()
	src := mpv.New(mpv.Config{Sockets: sockets, Now: func() media.Moment {
		now := time.Now()
		return media.Moment{Wall: now.UTC(), Mono: now.Sub(begin), Boot: now.Sub(begin)}
	}})
	rec := playerstest.NewRecorder()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1) // one result
	go func() { done <- src.Run(ctx, rec) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return rec
}

// clip is the path of a short film.
func clip(t *testing.T) string {
	t.Helper()
	clips, err := playerstest.NewMedia()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clips.Close() })
	return clips.Clip(t, "film.mkv", 60)
}

func TestEachMPVGetsASocketOfItsOwnAndTakesItAway(t *testing.T) {
	short := playerstest.ShortDir(t)
	runtime := filepath.Join(short, "run")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	apply(t, setup.MPV(setup.Surroundings{Home: short, Runtime: runtime, State: filepath.Join(short, "state")}))
	folder := filepath.Join(runtime, "simkld/mpv")
	one, ended := realMPV(t, short, runtime, nil)
	two, _ := realMPV(t, short, runtime, nil)
	for _, cmd := range []*exec.Cmd{one, two} {
		socket := filepath.Join(folder, fmt.Sprintf("%d.sock", cmd.Process.Pid))
		if pid, _ := ask(t, socket, "get_property", "pid").(float64); int(pid) != cmd.Process.Pid {
			t.Errorf("behind %s is process %v", socket, pid)
		}
	}
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
	seen := watch(t, mpv.DefaultSockets(mpv.Surroundings{Home: short, Runtime: runtime}))
	film := clip(t)
	for _, cmd := range []*exec.Cmd{one, two} {
		ask(t, filepath.Join(folder, fmt.Sprintf("%d.sock", cmd.Process.Pid)), "loadfile", film)
	}
	for _, cmd := range []*exec.Cmd{one, two} {
		e := seen.Wait(t, 0, "it plays", func(e players.Event) bool {
			return e.PID == cmd.Process.Pid && e.State == players.Playing
		})
		if e.Item.Path != film {
			t.Errorf("it plays %q", e.Item.Path)
		}
	}
	ask(t, filepath.Join(folder, fmt.Sprintf("%d.sock", one.Process.Pid)), "quit")
	select {
	case <-ended:
	case <-time.After(playerstest.Patience):
		t.Fatal("mpv does not quit")
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 || left[0].Name() != fmt.Sprintf("%d.sock", two.Process.Pid) {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestSocketThatTheUserNamedIsNeverReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		conf string
		args func(own string) []string
	}{
		"on the command line": {"", func(own string) []string { return []string{"--input-ipc-server=" + own} }},
		"in mpv.conf":         {"input-ipc-server=%s\n", func(string) []string { return nil }},
		"in a profile":        {"profile=p\n[p]\ninput-ipc-server=%s\n", func(string) []string { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			short := playerstest.ShortDir(t)
			own := filepath.Join(short, "mine.sock")
			if c.conf != "" {
				put(t, filepath.Join(short, ".config/mpv/mpv.conf"), fmt.Sprintf(c.conf, own))
			}
			apply(t, setup.MPV(setup.Surroundings{Home: short, Runtime: short, State: filepath.Join(short, "state")}))
			_, ended := realMPV(t, short, short, nil, c.args(own)...)
			// The script has run when its bindings are there.
			eventually(t, "the script is loaded", func() bool {
				list, _ := ask(t, own, "get_property", "input-bindings").([]any)
				return len(list) > 0
			})
			if got := ask(t, own, "get_property", "input-ipc-server"); got != own {
				t.Errorf("the socket is %v", got)
			}
			ask(t, own, "quit")
			<-ended
			if _, err := os.Lstat(own); err != nil {
				t.Errorf("the user's socket is removed: %v", err)
			}
			if _, err := os.Stat(filepath.Join(short, "simkld")); err == nil {
				t.Error("the script made a folder")
			}
		})
	}
}

func TestSandboxedMPVMakesItsSocketWhereOthersSeeIt(t *testing.T) {
	short := playerstest.ShortDir(t)
	s := setup.Surroundings{Home: short, Runtime: short, State: filepath.Join(short, "state")}
	apply(t, setup.MPV(s))
	realMPV(t, short, short, []string{"FLATPAK_ID=io.mpv.Mpv"})
	one := func(folder string) (string, bool) {
		found, _ := filepath.Glob(filepath.Join(folder, "*.sock"))
		if len(found) != 1 {
			return "", false
		}
		return found[0], true
	}
	var socket string
	eventually(t, "a socket in the Flatpak's folder", func() (ok bool) {
		socket, ok = one(filepath.Join(short, "app/io.mpv.Mpv/simkld/mpv"))
		return ok
	})
	ask(t, socket, "get_property", "pid")

	realMPV(t, short, "/proc/no/runtime/folder", nil)
	eventually(t, "a socket in the home folder", func() (ok bool) {
		socket, ok = one(filepath.Join(short, ".local/state/simkld/mpv"))
		return ok
	})
	ask(t, socket, "get_property", "pid")
}

// nobody is who VLC runs as where the test is root, because it refuses to run as root.
const nobody = 65534

// vlc is a VLC with the settings of a home folder and without any on its command line.
func vlc(home string, args ...string) *exec.Cmd {
	cmd := exec.Command("vlc", append([]string{
		"-I", "dummy", "--vout", "dummy", "--aout", "dummy", "--no-metadata-network-access", "--no-dbus",
	}, args...)...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + home}
	cmd.Dir = home
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// vlcHome is a home folder in which VLC has written its settings.
func vlcHome(t *testing.T) setup.Surroundings {
	t.Helper()
	home := playerstest.ShortDir(t)
	if os.Getuid() == 0 {
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := vlc(home, "--reset-config", "vlc://quit").CombinedOutput(); err != nil {
		t.Fatalf("VLC writes no settings (apt-get install vlc-bin vlc-plugin-base): %v\n%s", err, out)
	}
	state := t.TempDir()
	return setup.Surroundings{Home: home, Runtime: "/run/user/1000", State: state}
}

func TestVLCReadsWhatWasWrittenAndAsksForThePassword(t *testing.T) {
	s := vlcHome(t)
	before := tree(t, s)
	apply(t, setup.VLC(s))
	text := get(t, s, rcFile)
	if n := len(strings.Split(text, "\n")); n < 1000 {
		t.Fatalf("VLC's settings have only %d lines", n)
	}
	port, secret := portLine.FindStringSubmatch(text), password.FindStringSubmatch(text)
	if port == nil || secret == nil {
		t.Fatal("no port or no password")
	}
	exited := child(t, vlc(s.Home))
	status := func(password string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port[1]+"/requests/status.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("", password)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return 0, err.Error()
		}
		return resp.StatusCode, string(body)
	}
	defer http.DefaultClient.CloseIdleConnections()
	eventually(t, "VLC answers with the password", func() bool {
		select {
		case <-exited:
			t.Fatal("VLC ended")
		default:
		}
		code, body := status(secret[1])
		return code == http.StatusOK && strings.Contains(body, `"apiversion"`)
	})
	if code, _ := status("wrong"); code != http.StatusUnauthorized {
		t.Errorf("a wrong password is answered %d", code)
	}

	undo(t, setup.VLC(s))
	after := tree(t, s)
	if d := cmp.Diff(before[rcFile], after[rcFile]); d != "" {
		t.Errorf("after undo: %s", d)
	}
}

func TestUndoInSettingsOfVLCThatChangedSinceLeavesThatChange(t *testing.T) {
	s := vlcHome(t)
	was := get(t, s, rcFile)
	apply(t, setup.VLC(s))
	file := filepath.Join(s.Home, rcFile)
	put(t, file, strings.Replace(get(t, s, rcFile), "\n#osd=1\n", "\nosd=0\n", 1))
	undo(t, setup.VLC(s))
	if d := cmp.Diff(strings.Replace(was, "\n#osd=1\n", "\nosd=0\n", 1), get(t, s, rcFile)); d != "" || !strings.Contains(was, "\n#osd=1\n") {
		t.Error(d)
	}
}

func TestRunningVLCIsLeftAlone(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	fake := filepath.Join(t.TempDir(), "vlc")
	if err := os.WriteFile(fake, data, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), fake, "600")
	child(t, cmd)
	s := home(t, nil)
	p := setup.VLC(s)
	eventually(t, "it is seen", func() bool { return p.Ready(p.Plan()) != nil })
	if err := p.Ready(p.Plan()); fault.ExitCode(err) != 1 || !strings.Contains(err.Error(), "close VLC") {
		t.Errorf("it says %v", err)
	}
	if err := setup.MPV(s).Ready(setup.MPV(s).Plan()); err != nil {
		t.Errorf("mpv is refused: %v", err)
	}
}

// A folder that its user may not write into. Root may, so that root lets somebody else do it.
func TestReadOnlyFolderIsSaidAndNothingIsLeftBehind(t *testing.T) {
	if dir := os.Getenv("SETUP_READ_ONLY"); dir != "" {
		s := setup.Surroundings{Home: dir, Runtime: dir, State: filepath.Join(dir, "state")}
		plan := apply(t, setup.MPV(s))
		if r := plan.Refused(); r == nil || !strings.Contains(r.Text, "permission denied") {
			t.Errorf("mpv: %+v", plan.Steps)
		}
		plan = apply(t, setup.VLC(s))
		if r := plan.Refused(); r == nil || !strings.Contains(r.Text, "permission denied") {
			t.Errorf("VLC: %+v", plan.Steps)
		}
		undo(t, setup.MPV(s))
		undo(t, setup.VLC(s))
		return
	}
	dir := playerstest.ShortDir(t)
	put(t, filepath.Join(dir, ".config/mpv/mpv.conf"), "")
	put(t, filepath.Join(dir, rcFile), "http-port=8091\n")
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, data, 0o700); err != nil {
		t.Fatal(err)
	}
	s := setup.Surroundings{Home: dir, State: filepath.Join(dir, "state")}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "SETUP_READ_ONLY="+dir)
	cmd.Dir = dir
	if os.Getuid() == 0 {
		err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, nobody, nobody))
		})
		if err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	for _, folder := range []string{".config/mpv", ".config/vlc"} {
		path := filepath.Join(dir, folder)
		if err := os.Chmod(path, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o700) })
	}
	before := tree(t, s)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if d := cmp.Diff(before, tree(t, s)); d != "" {
		t.Error(d)
	}
}
