//go:build linux

package service_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/service"
)

func options(system bool) service.Options {
	return service.Options{
		Program: "/bin/true", Home: "/home/mika", System: system,
		Getenv: func(k string) string { return map[string]string{"USERNAME": "mika", "USERDOMAIN": "TV"}[k] },
	}
}

// analyze runs systemd-analyze on a unit and gives all it prints.
func analyze(t *testing.T, unit string, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "simkld.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", append(args, file)...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestUnitsAreWhatSystemdUnderstands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		system bool
		args   []string
	}{{true, []string{"verify", "--man=no"}}, {false, []string{"--user", "verify", "--man=no"}}} {
		out, err := analyze(t, service.NewSystemd(options(tt.system)).Unit(), tt.args...)
		if err != nil || out != "" {
			t.Errorf("system %v: %v\n%s", tt.system, err, out)
		}
	}
	// The same words about an unknown key, so that silence means something.
	if out, _ := analyze(t, service.NewSystemd(options(true)).Unit()+"\n[Service]\nProtectFoo=yes\n", "verify", "--man=no"); out == "" {
		t.Error("an unknown key is not said")
	}
}

func TestSystemUnitIsHardened(t *testing.T) {
	t.Parallel()
	out, err := analyze(t, service.NewSystemd(options(true)).Unit(), "security", "--offline=true", "--threshold=20", "--no-pager")
	if err != nil {
		t.Errorf("exposed more than 2.0: %v\n%s", err, out)
	}
}

func TestUnitStartsProgramsAndFoldersOfAnyName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), `a $b 100%`)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "true")
	if err := os.Symlink("/bin/true", program); err != nil {
		t.Fatal(err)
	}
	o := options(false)
	o.Program, o.Args = program, []string{"--state-dir", "/srv/$HOME/x y"}
	unit := service.NewSystemd(o).Unit()
	if out, err := analyze(t, unit, "--user", "verify", "--man=no"); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	if want := `--state-dir "/srv/$$HOME/x y" run`; !strings.Contains(unit, want) {
		t.Errorf("no %s in\n%s", want, unit)
	}
}

// wellFormed reads all of an XML document.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // the text is what it says by then
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestAgentAndTaskAreSoundAndStartTheDaemon(t *testing.T) {
	t.Parallel()
	o := options(false)
	o.Program, o.Args = `/opt/a & <b>/simkld`, []string{"--state-dir", "/x y"}
	plist := service.NewLaunchd(o).Plist()
	wellFormed(t, plist)
	for _, want := range []string{"<string>/opt/a &amp; &lt;b&gt;/simkld</string>", "<string>/x y</string>", "<string>run</string>"} {
		if !strings.Contains(plist, want) {
			t.Errorf("no %s in\n%s", want, plist)
		}
	}
	if out, err := python(t, plist, "import plistlib,sys; print(plistlib.loads(sys.stdin.buffer.read())['ProgramArguments'][-1])"); out != "run\n" {
		t.Errorf("%q, %v", out, err)
	}
	task := service.NewTask(o).XML()
	wellFormed(t, task)
	for _, want := range []string{`<UserId>TV\mika</UserId>`, `--headless &#34;/opt/a &amp; &lt;b&gt;/simkld&#34;`, `&#34;run&#34;</Arguments>`} {
		if !strings.Contains(task, want) {
			t.Errorf("no %s in\n%s", want, task)
		}
	}
}

func python(t *testing.T, stdin, program string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", "-c", program)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestAutostartEntryIsWhatDesktopsUnderstand(t *testing.T) {
	t.Parallel()
	o := options(false)
	o.Config = t.TempDir()
	o.Program, o.Args = `/opt/my $app/simkld`, []string{"--config", `/a 100%.toml`}
	a := service.NewAutostart(o)
	if age, err := a.Enable(); age != service.Missing || err != nil {
		t.Fatal(age, err)
	}
	out, err := exec.CommandContext(t.Context(), "desktop-file-validate", a.File()).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
	if want := `Exec="/opt/my \\$app/simkld" --config "/a 100%%.toml" run`; !strings.Contains(a.Entry(), want) {
		t.Errorf("no %s in\n%s", want, a.Entry())
	}
	if err := os.WriteFile(a.File(), []byte("# simkld unit 0\n[Desktop Entry]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if age, err := a.Enable(); age != service.Old || err != nil {
		t.Error(age, err)
	}
	if age, err := a.Status(); age != service.Current || err != nil {
		t.Error(age, err)
	}
	if err := os.WriteFile(a.File(), []byte("[Desktop Entry]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Disable(); err == nil {
		t.Error("an entry of somebody else was removed")
	}
}
