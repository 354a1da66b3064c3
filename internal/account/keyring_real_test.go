//go:build linux

package account_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/secret"
	"github.com/simkld/simkld/players/playerstest"
)

// With a real gnome-keyring on a bus of its own: what is kept is found again; a keyring that is frozen, which looks like
// one that waits for a password that nobody types, delays nothing and loses nothing.
func TestRealKeyringKeepsTheTokenAndAFrozenOneDelaysNothing(t *testing.T) {
	if dir := os.Getenv(keyringFolder); dir != "" {
		inKeyring(t, dir)
		return
	}
	dir, bus := t.TempDir(), playerstest.NewBus(t)
	// go-keyring takes the bus of the process: so it is a process of its own, with a home of its own.
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), keyringFolder+"="+dir, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_DATA_HOME=", "DISPLAY=", "WAYLAND_DISPLAY=",
		"DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func inKeyring(t *testing.T, dir string) {
	daemon := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets",
		"--control-directory="+filepath.Join(dir, "kr"))
	daemon.Stdin = strings.NewReader("pw")
	var words bytes.Buffer
	daemon.Stderr = &words
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill() // it may be over
		_ = daemon.Wait()         // it was killed
	})
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh := func() *account.Store {
		return account.New(account.Options{State: state, Keyring: account.SystemKeyring(os.Getenv), Now: time.Now})
	}
	token := account.Token{Access: secret.Text("first"), Generation: account.V1}
	var origin account.Origin
	var err error
	for deadline := time.Now().Add(30 * time.Second); origin != account.FromKeyring; {
		if origin, err = fresh().Save(t.Context(), token); err != nil || time.Now().After(deadline) {
			t.Fatalf("%s, %v\n%s", origin, err, &words)
		}
	}
	if found, err := fresh().Load(t.Context()); err != nil || found.Token.Access.Reveal() != "first" || found.Token.Origin != account.FromKeyring {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := os.Stat(filepath.Join(state, "token.json")); err == nil {
		t.Error("the token lies in a file too")
	}

	if err := daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	frozen := fresh()
	found, err := frozen.Load(t.Context())
	if err != nil || !found.Token.IsZero() || !strings.Contains(fmt.Sprint(found.Notices), "keyring gives no answer") {
		t.Errorf("%+v, %v", found, err)
	}
	token.Access = "second"
	if origin, err := fresh().Save(t.Context(), token); origin != account.FromFile || err != nil {
		t.Errorf("%s, %v", origin, err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it waited %v", took)
	}
	if err := daemon.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// Of two that lie somewhere the newer is the account's.
	if found, err := fresh().Load(t.Context()); err != nil || found.Token.Access.Reveal() != "second" {
		t.Errorf("%+v, %v", found, err)
	}
}
