//go:build unix

package setup_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/setup"
)

// home is a home folder with files; a name that ends in a slash is a folder.
func home(t *testing.T, files map[string]string) setup.Surroundings {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if !strings.HasSuffix(name, "/") {
			put(t, filepath.Join(dir, name), text)
			continue
		}
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return setup.Surroundings{Home: dir, Runtime: "/run/user/1000", State: filepath.Join(dir, "state")}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s setup.Surroundings, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.Home, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tree is everything below the home folder but the state: names, kinds, modes and contents.
func tree(t *testing.T, s setup.Surroundings) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(s.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == s.State {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %x", sha256.Sum256(data))
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " " + to
		}
		rel, err := filepath.Rel(s.Home, path)
		out[rel] = line
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func apply(t *testing.T, p *setup.Player) setup.Plan {
	t.Helper()
	plan, err := p.Apply(p.Plan())
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func undo(t *testing.T, p *setup.Player) setup.Plan {
	t.Helper()
	plan, err := p.PlanUndo()
	if err == nil {
		plan, err = p.Undo(plan)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// actions are what a plan does, by file below the home folder.
func actions(s setup.Surroundings, p setup.Plan) map[string]setup.Action {
	out := map[string]setup.Action{}
	for _, step := range p.Steps {
		rel, _ := filepath.Rel(s.Home, step.File)
		out[rel] = step.Action
	}
	return out
}

const script = "scripts/simkld.lua"

func TestScriptGoesIntoEachFolderOfMPVThatIsUsed(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing there yet": {nil, []string{".config/mpv"}},
		"all there": {map[string]string{
			".config/mpv/mpv.conf": "", ".var/app/io.mpv.Mpv/": "", "snap/mpv/current/": "", ".var/app/org.videolan.VLC/": "",
		}, []string{".config/mpv", ".var/app/io.mpv.Mpv/config/mpv", "snap/mpv/current/.config/mpv"}},
		// mpv takes ~/.mpv only as long as there is no other folder.
		"an old folder":         {map[string]string{".mpv/config": ""}, []string{".mpv"}},
		"an old folder besides": {map[string]string{".mpv/config": "", ".config/mpv/": ""}, []string{".config/mpv"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := home(t, c.files)
			before := tree(t, s)
			want := map[string]setup.Action{}
			for _, dir := range c.want {
				want[filepath.Join(dir, script)] = setup.ActionCreate
			}
			if d := cmp.Diff(want, actions(s, setup.MPV(s).Plan())); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("planning changed something: %s", d)
			}
			apply(t, setup.MPV(s))
			for _, dir := range c.want {
				if get(t, s, filepath.Join(dir, script)) != string(setup.Script) {
					t.Errorf("%s has another script", dir)
				}
			}
			done := tree(t, s)
			for file, action := range actions(s, apply(t, setup.MPV(s))) {
				if action != setup.ActionKeep {
					t.Errorf("a second run does %q to %s", action, file)
				}
			}
			if d := cmp.Diff(done, tree(t, s)); d != "" {
				t.Errorf("a second run changed something: %s", d)
			}
			undo(t, setup.MPV(s))
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("after undo: %s", d)
			}
			if plan := undo(t, setup.MPV(s)); len(plan.Steps) != 0 {
				t.Errorf("a second undo does %+v", plan.Steps)
			}
			if left, err := os.ReadDir(s.State); err != nil || len(left) != 0 {
				t.Errorf("left in the state: %v, %v", left, err)
			}
		})
	}
}

func TestOwnFoldersOfTheEnvironmentCount(t *testing.T) {
	s := home(t, nil)
	s.Config = filepath.Join(s.Home, "cfg")
	if got := actions(s, setup.MPV(s).Plan()); got["cfg/mpv/"+script] != setup.ActionCreate || len(got) != 1 {
		t.Errorf("with XDG_CONFIG_HOME: %v", got)
	}
	s.MPVHome = filepath.Join(s.Home, "own")
	if got := actions(s, setup.MPV(s).Plan()); got["own/"+script] != setup.ActionCreate || len(got) != 1 {
		t.Errorf("with MPV_HOME: %v", got)
	}
}

func TestForeignScriptIsNeverTouchedAndTheOthersAreWritten(t *testing.T) {
	s := home(t, map[string]string{".config/mpv/" + script: "-- mine\n", ".var/app/io.mpv.Mpv/": ""})
	plan := apply(t, setup.MPV(s))
	if r := plan.Refused(); r == nil || r.Do == "" || !strings.Contains(r.Text, "another script") {
		t.Errorf("refused is %+v", r)
	}
	if got := get(t, s, ".config/mpv/"+script); got != "-- mine\n" {
		t.Errorf("it became %q", got)
	}
	get(t, s, ".var/app/io.mpv.Mpv/config/mpv/"+script)
	undo(t, setup.MPV(s))
	if got := get(t, s, ".config/mpv/"+script); got != "-- mine\n" {
		t.Errorf("undo made it %q", got)
	}
}

func TestOlderScriptIsReplacedKeptAndComesBack(t *testing.T) {
	old := "-- simkld script 0\n"
	for _, c := range []struct {
		text string
		want setup.Action
	}{
		{"-- simkld script 1\r\nold words\n", setup.ActionReplace},
		{"-- simkld script 999\n", setup.ActionKeep}, // of a newer simkld
		{old, setup.ActionRefuse},                    // no version of ours
	} {
		s := home(t, map[string]string{".config/mpv/" + script: c.text})
		before := tree(t, s)
		plan := apply(t, setup.MPV(s))
		if got := plan.Steps[0]; got.Action != c.want {
			t.Errorf("%q: %+v", c.text, got)
		}
		if c.want == setup.ActionReplace {
			if kept, err := os.ReadFile(plan.Steps[0].Copy); err != nil || string(kept) != c.text {
				t.Errorf("kept is %q, %v", kept, err)
			}
			undo(t, setup.MPV(s))
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("after undo: %s", d)
			}
		}
	}
}

func TestEditedScriptIsKeptWhenItGoes(t *testing.T) {
	s := home(t, nil)
	apply(t, setup.MPV(s))
	edited := string(setup.Script) + "-- my line\n"
	put(t, filepath.Join(s.Home, ".config/mpv", script), edited)
	plan := undo(t, setup.MPV(s))
	if kept, err := os.ReadFile(plan.Steps[0].Copy); err != nil || string(kept) != edited {
		t.Errorf("kept is %q, %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(s.Home, ".config/mpv", script)); err == nil {
		t.Error("it is still there")
	}
}

func TestScriptOfALostRecordGoesToo(t *testing.T) {
	for _, edit := range []string{"", "-- my line\n"} {
		s := home(t, nil)
		apply(t, setup.MPV(s))
		if err := os.RemoveAll(s.State); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(s.Home, ".config/mpv", script), string(setup.Script)+edit)
		plan := undo(t, setup.MPV(s))
		if _, err := os.Stat(filepath.Join(s.Home, ".config/mpv", script)); err == nil {
			t.Error("it is still there")
		}
		if kept := plan.Steps[0].Copy != ""; kept != (edit != "") {
			t.Errorf("with %q added, kept in %q", edit, plan.Steps[0].Copy)
		}
	}
}

func TestDamagedRecordIsMovedAsideAndSaid(t *testing.T) {
	s := home(t, nil)
	apply(t, setup.MPV(s))
	put(t, filepath.Join(s.State, "setup/mpv.json"), "{")
	plan := undo(t, setup.MPV(s))
	if !strings.Contains(strings.Join(plan.Notes, " "), "damaged") {
		t.Errorf("notes are %q", plan.Notes)
	}
	if got, err := filepath.Glob(filepath.Join(s.State, "setup/mpv.json.damaged-*")); err != nil || len(got) != 1 {
		t.Errorf("aside is %v, %v", got, err)
	}
}

func TestLinksOfDotfilesAreFollowedAndOneFileIsWrittenOnce(t *testing.T) {
	s := home(t, map[string]string{"dotfiles/mpv/mpv.conf": "", ".config/": "", ".var/app/io.mpv.Mpv/config/": ""})
	for _, link := range []string{".config/mpv", ".var/app/io.mpv.Mpv/config/mpv"} {
		if err := os.Symlink(filepath.Join(s.Home, "dotfiles/mpv"), filepath.Join(s.Home, link)); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, s)
	if plan := apply(t, setup.MPV(s)); len(plan.Steps) != 1 {
		t.Errorf("%d steps", len(plan.Steps))
	}
	get(t, s, "dotfiles/mpv/"+script)
	undo(t, setup.MPV(s))
	if d := cmp.Diff(before, tree(t, s)); d != "" {
		t.Errorf("after undo: %s", d)
	}
}

func TestWhatCannotBeWrittenIsSaidAndTheRestIsDone(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"a file where the folder should be": func(dir string) error { return os.WriteFile(filepath.Join(dir, "scripts"), nil, 0o600) },
		"a folder with the file's name":     func(dir string) error { return os.MkdirAll(filepath.Join(dir, script), 0o700) },
		"a link that leads nowhere": func(dir string) error {
			if err := os.Mkdir(filepath.Join(dir, "scripts"), 0o700); err != nil {
				return err
			}
			return os.Symlink("/nowhere/at/all.lua", filepath.Join(dir, script))
		},
		"a link to itself": func(dir string) error { return os.Symlink("scripts", filepath.Join(dir, "scripts")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := home(t, map[string]string{".config/mpv/": "", ".var/app/io.mpv.Mpv/": ""})
			if err := spoil(filepath.Join(s.Home, ".config/mpv")); err != nil {
				t.Fatal(err)
			}
			before := tree(t, s)
			plan := apply(t, setup.MPV(s))
			got := actions(s, plan)
			if got[".config/mpv/"+script] != setup.ActionRefuse || got[".var/app/io.mpv.Mpv/config/mpv/"+script] != setup.ActionCreate {
				t.Errorf("it did %v", got)
			}
			if r := plan.Refused(); r == nil || r.Text == "" || r.Do == "" {
				t.Errorf("refused is %+v", r)
			}
			undo(t, setup.MPV(s))
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("after undo: %s", d)
			}
		})
	}
}

func TestSocketOfTheUsersOwnConfigurationIsSaid(t *testing.T) {
	s := home(t, map[string]string{".config/mpv/mpv.conf": "vo=gpu\ninput-ipc-server=/tmp/mine\n"})
	if notes := strings.Join(setup.MPV(s).Plan().Notes, "\n"); !regexp.MustCompile(`mpv\.conf names the socket /tmp/mine`).MatchString(notes) {
		t.Errorf("notes are %q", notes)
	}
}

func TestFolderOfSocketsIsMadeWithoutARuntimeFolder(t *testing.T) {
	s := home(t, nil)
	s.Runtime = ""
	before := tree(t, s)
	apply(t, setup.MPV(s))
	info, err := os.Stat(filepath.Join(s.Home, ".local/state/simkld/mpv"))
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Errorf("folder is %v, %v", info, err)
	}
	undo(t, setup.MPV(s))
	if d := cmp.Diff(before, tree(t, s)); d != "" {
		t.Errorf("after undo: %s", d)
	}
}

func TestPathThatIsNoUTF8ComesBackToo(t *testing.T) {
	s := home(t, nil)
	s.MPVHome = filepath.Join(s.Home, "caf\xe9")
	before := tree(t, s)
	apply(t, setup.MPV(s))
	undo(t, setup.MPV(s))
	if d := cmp.Diff(before, tree(t, s)); d != "" {
		t.Errorf("after undo: %s", d)
	}
}

func TestScriptSaysItsVersion(t *testing.T) {
	if !bytes.HasPrefix(setup.Script, []byte("-- simkld script 1\n")) {
		t.Error("the first line is not the marker of version 1")
	}
}
