//go:build linux

package notify_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/notify"
	"github.com/simkld/simkld/players/playerstest"
)

const patience = 30 * time.Second

// process starts a program that ends with the test.
func process(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be over
		_ = cmd.Wait()         // it was killed
	})
	return cmd
}

// display starts an X server without a screen and gives its name.
func display(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x300x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be over
		_ = cmd.Wait()         // it was killed
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(line)
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %v", what, patience)
		}
	}
}

// dunst is a real notification daemon.
type dunst struct {
	t   *testing.T
	dir string
	env []string
	cmd *exec.Cmd
}

func startDunst(t *testing.T, bus *playerstest.Bus) *dunst {
	t.Helper()
	d := &dunst{t: t, dir: t.TempDir()}
	d.env = []string{"DISPLAY=" + display(t), "DBUS_SESSION_BUS_ADDRESS=" + bus.Address, "HOME=" + d.dir, "XDG_RUNTIME_DIR=" + d.dir, "WAYLAND_DISPLAY="}
	for name, text := range map[string]string{
		"dunstrc": "[global]\nfont = DejaVu Sans 11\ndmenu = " + d.dir + "/pick\n",
		"pick":    "#!/bin/sh\ncat >" + d.dir + "/menu\ngrep -F -m1 \"$(cat " + d.dir + "/want)\" " + d.dir + "/menu\n",
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.cmd = process(t, d.env, "dunst", "-conf", filepath.Join(d.dir, "dunstrc"))
	until(t, "dunst", func() bool { _, err := d.ctl("count"); return err == nil })
	return d
}

func (d *dunst) ctl(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "dunstctl", args...)
	cmd.Env = append(os.Environ(), d.env...)
	out, err := cmd.Output()
	return string(out), err
}

// choose presses the button with a label.
func (d *dunst) choose(label string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, "want"), []byte(label), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.ctl("context"); err != nil {
		d.t.Fatal(err)
	}
}

func next(t *testing.T, signals <-chan notify.Signal) notify.Signal {
	t.Helper()
	select {
	case s := <-signals:
		return s
	case <-time.After(patience):
		t.Fatal("no signal")
		return notify.Signal{}
	}
}

func TestRealDaemonShowsReplacesAndTellsWhichButtonWasPressed(t *testing.T) {
	bus := playerstest.NewBus(t)
	d := startDunst(t, bus)
	desktop := notify.NewDesktop(func(k string) string { return map[string]string{"DBUS_SESSION_BUS_ADDRESS": bus.Address}[k] })
	defer desktop.End()
	n := notify.Notice{
		Title: "Which title is <b>crash</b>.mkv?", Body: "Tom & Jerry <1>", Command: "simkld fix 46",
		Buttons: []notify.Button{{Key: "pick:1", Label: "Crash (2004)"}, {Key: "pick:2", Label: "(1996)"}, {Key: "page", Label: "Other"}},
	}
	id, err := desktop.Show(t.Context(), 0, n)
	if err != nil || id == 0 {
		t.Fatal(id, err)
	}
	again, err := desktop.Show(t.Context(), id, n)
	if err != nil || again != id {
		t.Errorf("%d in place of %d, %v", again, id, err)
	}
	if count, err := d.ctl("count", "displayed"); strings.TrimSpace(count) != "1" {
		t.Errorf("%q are shown, %v", count, err)
	}
	d.choose("(1996)")
	if s := next(t, desktop.Signals()); s != (notify.Signal{ID: id, Key: "pick:2"}) {
		t.Errorf("%+v", s)
	}
	// The menu leaves the notification standing: it is ours to close.
	desktop.Close(t.Context(), id)
	if s := next(t, desktop.Signals()); s != (notify.Signal{ID: id}) {
		t.Errorf("%+v", s)
	}

	// A daemon that hangs is not waited for long, and found again when it answers.
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if _, err := desktop.Show(t.Context(), 0, n); err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	if err := d.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if _, err := desktop.Show(t.Context(), 0, n); err != nil {
		t.Error(err)
	}
}

func TestBusOrDaemonThatIsNotThereIsSaidAtOnce(t *testing.T) {
	bus := playerstest.NewBus(t)
	for _, env := range []map[string]string{
		nil,
		{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus"},
		{"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"},
		{"DBUS_SESSION_BUS_ADDRESS": bus.Address},
	} {
		desktop := notify.NewDesktop(func(k string) string { return env[k] })
		begun := time.Now()
		_, err := desktop.Show(t.Context(), 0, notify.Notice{Title: "x"})
		if err == nil || time.Since(begun) > 20*time.Second {
			t.Errorf("%v: %v after %v", env, err, time.Since(begun))
		}
		desktop.End()
	}
}

// A daemon without buttons gets the command, and text that it cannot take for markup.
func TestDaemonWithoutButtonsGetsTheCommand(t *testing.T) {
	bus := playerstest.NewBus(t)
	out := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("/usr/bin/python3", "-u", "-m", "dbusmock", "--session", "--template", "notification_daemon", "-p", `{"capabilities": "body body-markup"}`)
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	cmd.Stdout = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be over
		_ = cmd.Wait()         // it was killed
	})
	desktop := notify.NewDesktop(func(k string) string { return map[string]string{"DBUS_SESSION_BUS_ADDRESS": bus.Address}[k] })
	defer desktop.End()
	until(t, "notification", func() bool {
		_, err := desktop.Show(t.Context(), 0, notify.Notice{
			Title: "Watched: Heat", Body: "Tom & <b>", Command: "simkld undo 44", Buttons: []notify.Button{{Key: "undo", Label: "Undo"}}, Quiet: true,
		})
		return err == nil
	})
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Tom &amp; &lt;b&gt; simkld undo 44"; !strings.Contains(string(text), want) || strings.Contains(string(text), `"Undo"`) {
		t.Errorf("no %s in\n%s", want, text)
	}
}
