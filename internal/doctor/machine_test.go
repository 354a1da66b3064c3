//go:build linux

package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/doctor"
)

// In a mount namespace of its own the test fills a file system and makes it read-only.
func TestFullReadOnlyAndRemoteDisksAreNamed(t *testing.T) {
	if dir := os.Getenv("DOCTOR_TEST_MOUNT"); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=128k"); err != nil {
			t.Fatal(err)
		}
		disk := doctor.Disk{State: filepath.Join(dir, "state", "simkld")} // not made yet
		want(t, disk.Look(t.Context()), doctor.OK, "takes writes")
		if err := os.WriteFile(filepath.Join(dir, "film"), make([]byte, 120<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, disk.Look(t.Context()), doctor.Fail, "no room in "+dir)
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		want(t, disk.Look(t.Context()), doctor.Fail, dir+" is read-only: nothing can be kept")
		return
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-rm", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "DOCTOR_TEST_MOUNT="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "unshare failed") {
		t.Skipf("this kernel allows no namespaces: %s", out)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
	// The kernel of a test machine mounts no NFS: what it is called is handed in.
	remote := doctor.Disk{State: t.TempDir(), Kind: func(string) string { return "NFS" }}
	want(t, remote.Look(t.Context()), doctor.Hint, "is on NFS, where a database is not safe: use --state-dir")
}

func TestVariablesThatOnlyOneSideHasAreNamed(t *testing.T) {
	daemon := exec.CommandContext(t.Context(), "sleep", "60")
	daemon.Env = []string{"PATH=/usr/bin:/bin", "https_proxy=http://127.0.0.1:3128", "SIMKLD_LOG_LEVEL=debug"}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill() // it may be over
		_ = daemon.Wait()         // it was killed
	})
	look := func(shell ...string) doctor.Finding {
		return doctor.Environment{Shell: shell, Daemon: func(context.Context) []string { return doctor.Environ(daemon.Process.Pid) }}.Look(t.Context())
	}
	// Right after its start the process is still the test itself.
	for deadline := time.Now().Add(20 * time.Second); look("HTTPS_PROXY=http://127.0.0.1:3128", "SIMKLD_LOG_LEVEL=debug").State != doctor.OK; {
		if time.Now().After(deadline) {
			t.Fatal("the same variables are thought to differ")
		}
		time.Sleep(10 * time.Millisecond)
	}
	want(t, look("HTTPS_PROXY=http://127.0.0.1:8888", "SIMKLD_TOKEN=secret"), doctor.Hint, "differ in HTTPS_PROXY, SIMKLD_LOG_LEVEL")
	if f := look("SIMKLD_TOKEN=secret"); strings.Contains(f.Text, "secret") {
		t.Errorf("a secret is shown: %s", f.Text)
	}
	none := doctor.Environment{Daemon: func(context.Context) []string { return nil }}
	want(t, none.Look(t.Context()), doctor.OK, "no daemon of yours runs")
}

func TestPlayerOfAnotherUserIsNamed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may start a process of another user")
	}
	player := filepath.Join("/tmp", fmt.Sprintf("simkld-doctor-%d", os.Getpid()))
	if err := os.Mkdir(player, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(player) })
	file := filepath.Join(player, "mpv")
	data, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), file, "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be over
		_ = cmd.Wait()         // it was killed
	})
	look := doctor.Others{
		Processes: func() []doctor.Process { // others play on this machine too
			var mine []doctor.Process
			for _, p := range doctor.Players() {
				if p.PID == cmd.Process.Pid {
					mine = append(mine, p)
				}
			}
			return mine
		},
		Container: func() string { return "docker" },
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(look.Processes()) == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	want(t, look.Look(t.Context()), doctor.Hint, fmt.Sprintf("mpv (pid %d, user nobody) is another user's and cannot be seen: run simkld as that user", cmd.Process.Pid))
	look.Processes = func() []doctor.Process { return nil }
	want(t, look.Look(t.Context()), doctor.Hint, "this is a container (docker)")
	look.Container = func() string { return "" }
	want(t, look.Look(t.Context()), doctor.OK, "0 players of yours run")
}

func TestSilentKeyringIsAHint(t *testing.T) {
	ask := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	want(t, doctor.Keyring{}.Look(t.Context()), doctor.OK, "none; the token is kept in a file")
	want(t, doctor.Keyring{Present: true, Ask: ask(nil)}.Look(t.Context()), doctor.OK, "answers")
	want(t, doctor.Keyring{Present: true, Ask: ask(errors.New("locked, or it hangs"))}.Look(t.Context()), doctor.Hint,
		"gives no answer (locked, or it hangs): a token is kept in a file instead: unlock it")
}
