//go:build unix && !darwin

package paths_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
)

func resolve(t *testing.T, config, state string, env map[string]string) paths.Paths {
	t.Helper()
	p, err := paths.Resolve(paths.Options{Config: config, StateDir: state, Getenv: func(k string) string { return env[k] }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func touch(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStateIsTheFirstPlaceThatIsSet(t *testing.T) {
	env := map[string]string{
		"HOME": "/home/mika", "XDG_STATE_HOME": "/x/state", "STATE_DIRECTORY": "/var/lib/simkld:/var/lib/other", "SIMKLD_STATE_DIR": "/s/env",
	}
	for _, step := range []struct{ flag, drop, want string }{
		{"/s/flag", "", "/s/flag"},
		{"", "", "/s/env"},
		{"", "SIMKLD_STATE_DIR", "/var/lib/simkld"},
		{"", "STATE_DIRECTORY", "/x/state/simkld"},
		{"", "XDG_STATE_HOME", "/home/mika/.local/state/simkld"},
	} {
		delete(env, step.drop)
		if got := resolve(t, "", step.flag, env).State; got != step.want {
			t.Errorf("after dropping %q: state in %s, want %s", step.drop, got, step.want)
		}
	}
}

func TestRelativeXDGFolderIsIgnored(t *testing.T) {
	p := resolve(t, "", "", map[string]string{"HOME": "/home/mika", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "conf"})
	if p.State != "/home/mika/.local/state/simkld" || p.ConfigWrite != "/home/mika/.config/simkld/config.toml" {
		t.Errorf("state %s, configuration %s", p.State, p.ConfigWrite)
	}
}

func TestNoHomeAndNoStateFolderIsSaid(t *testing.T) {
	_, err := paths.Resolve(paths.Options{Getenv: func(string) string { return "" }})
	if fault.ExitCode(err) != 2 || !strings.Contains(err.Error(), "--state-dir") {
		t.Errorf("got %v", err)
	}
}

func TestConfigurationIsTheFirstThatIsThere(t *testing.T) {
	home := t.TempDir()
	env := map[string]string{"HOME": home}
	if p := resolve(t, "", "", env); p.Config != "" && !strings.HasPrefix(p.Config, "/etc/") {
		t.Errorf("found %s where there is none", p.Config)
	}
	own := filepath.Join(home, ".config", "simkld", "config.toml")
	touch(t, own)
	if p := resolve(t, "", "", env); p.Config != own || p.ConfigNamed {
		t.Errorf("got %+v, want %s, not named", p, own)
	}
	env["SIMKLD_CONFIG"] = "/named/by/env.toml"
	if p := resolve(t, "", "", env); p.Config != "/named/by/env.toml" || !p.ConfigNamed {
		t.Errorf("got %+v, want the environment's", p)
	}
	if p := resolve(t, "/named/by/flag.toml", "", env); p.Config != "/named/by/flag.toml" || p.ConfigWrite != p.Config {
		t.Errorf("got %+v, want the flag's", p)
	}
}

func TestTwoStateFoldersHaveTwoSockets(t *testing.T) {
	run := t.TempDir()
	env := map[string]string{"HOME": "/home/mika", "XDG_RUNTIME_DIR": run}
	a, b := resolve(t, "", "/s/a", env), resolve(t, "", "/s/b", env)
	if a.Socket == b.Socket {
		t.Errorf("both listen on %s", a.Socket)
	}
	if a.Limits != b.Limits || a.Limits != filepath.Join(run, "simkld") {
		t.Errorf("limits in %s and %s: they hold for all state folders", a.Limits, b.Limits)
	}
	if dir := filepath.Dir(a.Socket); dir != filepath.Join(run, "simkld") {
		t.Errorf("socket in %s", dir)
	}
}

func TestOneStateFolderHasOneSocketBeforeAndAfterItIsMade(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": dir, "XDG_RUNTIME_DIR": dir}
	before := resolve(t, "", filepath.Join(dir, "link", "state"), env).Socket
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	after := resolve(t, "", filepath.Join(dir, "state"), env).Socket
	if before != after {
		t.Errorf("%s before, %s after", before, after)
	}
}

func TestSocketPathFitsASocket(t *testing.T) {
	long := "/" + strings.Repeat("long/", 40) + "state"
	p := resolve(t, "", long, map[string]string{"HOME": "/home/mika"})
	for _, s := range p.Sockets() {
		if len(s) > paths.MaxSocketPath {
			t.Errorf("%s has %d bytes", s, len(s))
		}
	}
	other := resolve(t, "", long+"2", map[string]string{"HOME": "/home/mika"})
	if p.Socket == other.Socket {
		t.Error("two long state folders share a socket")
	}
}

func TestSystemdUnitListensInItsRuntimeDirectory(t *testing.T) {
	unit := resolve(t, "", "", map[string]string{"STATE_DIRECTORY": "/var/lib/simkld", "RUNTIME_DIRECTORY": "/run/simkld"})
	if filepath.Dir(unit.Socket) != "/run/simkld" || unit.Limits != "/var/lib/simkld" {
		t.Errorf("got %+v", unit)
	}
}

func TestShellWithoutRuntimeDirLooksBesideTheStateToo(t *testing.T) {
	run, state := t.TempDir(), t.TempDir()
	daemon := resolve(t, "", state, map[string]string{"HOME": "/h"})
	shell := resolve(t, "", state, map[string]string{"HOME": "/h", "XDG_RUNTIME_DIR": run})
	if !slices.Contains(shell.Sockets(), daemon.Socket) {
		t.Errorf("%v lacks %s", shell.Sockets(), daemon.Socket)
	}
}

func TestForeignRuntimeDirIsNotUsed(t *testing.T) {
	p := resolve(t, "", "/s/a", map[string]string{"HOME": "/h", "XDG_RUNTIME_DIR": filepath.Join(t.TempDir(), "gone")})
	if p.Socket != filepath.Join("/s/a", filepath.Base(p.Socket)) {
		t.Errorf("socket %s, want it in the state folder", p.Socket)
	}
}
