package mpv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRelativePathIsBelowTheFolderInWhichThePlayerRuns(t *testing.T) {
	there := func(paths ...string) func(string) bool {
		return func(p string) bool {
			for _, path := range paths {
				if p == path || filepath.Clean(p) == path {
					return true
				}
			}
			return false
		}
	}
	for _, tc := range []struct {
		why, cwd, workdir, path string
		exists                  []string
		want                    string
	}{
		{"the process knows", "/real", "/stale", "a.mkv", []string{"/real/a.mkv"}, "/real/a.mkv"},
		{"the process changed its folder, PWD is right", "/real", "/pwd", "a.mkv", []string{"/pwd/a.mkv"}, "/pwd/a.mkv"},
		{"the process is unknown", "", "/pwd", "a.mkv", nil, "/pwd/a.mkv"},
		{"nothing exists", "/real", "/pwd", "a.mkv", nil, "/real/a.mkv"},
		{"nothing is known", "", "", "./a.mkv", nil, "a.mkv"},
		{"dots", "/real", "", "x/../a.mkv", []string{"/real/a.mkv"}, "/real/a.mkv"},
		{"mpv 0.40 made it absolute with a stale PWD", "/real", "/stale", "/stale/sub/a.mkv", []string{"/real/sub/a.mkv"}, "/real/sub/a.mkv"},
		{"absolute and there", "/real", "/stale", "/films/a.mkv", []string{"/films/a.mkv", "/real/a.mkv"}, "/films/a.mkv"},
		{"absolute and nowhere", "/real", "/stale", "/films/a.mkv", nil, "/films/a.mkv"},
		{"a URL", "/real", "/pwd", "https://h/a/../b.mkv?x=/../y", nil, "https://h/a/../b.mkv?x=/../y"},
		{"standard input", "/real", "/pwd", "-", nil, ""},
		{"a copied disc", "", "", "/films/Heat (1995)/VIDEO_TS", nil, "/films/Heat (1995)"},
		{"inside a copied disc", "", "", "/films/Heat (1995)/VIDEO_TS/VIDEO_TS.IFO", nil, "/films/Heat (1995)"},
		{"a copied Blu-ray", "", "", "/films/Heat (1995)/BDMV/index.bdmv", nil, "/films/Heat (1995)"},
		{"an image of a disc", "", "", "/films/Heat (1995).iso", nil, "/films/Heat (1995).iso"},
	} {
		l := locator{cwd: func() string { return tc.cwd }, exists: there(tc.exists...)}
		if got := l.locate(tc.path, tc.workdir); got != tc.want {
			t.Errorf("%s: %q in %q (PWD %q) is %q, want %q", tc.why, tc.path, tc.cwd, tc.workdir, got, tc.want)
		}
	}
}

func TestDotsBehindALinkAreNotTakenOut(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"real/deep", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "real/a.mkv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "real/deep"), filepath.Join(dir, "other/link")); err != nil {
		t.Fatal(err)
	}
	l := locator{cwd: func() string { return "" }, exists: exists}
	path := dir + "/other/link/../a.mkv"
	if got := l.locate(path, ""); !exists(got) {
		t.Errorf("%s became %s, which is not there", path, got)
	}
}

func TestQueryOfAURLIsNotShown(t *testing.T) {
	for _, tc := range []struct{ title, path, want string }{
		{"Film.mkv?token=abc", "http://h/Film.mkv?token=abc", "Film.mkv"},
		{"Film 100%.mkv?t=a b", "http://h/Film%20100%25.mkv?t=a%20b", "Film 100%.mkv"},
		{"http://h/x?token=abc", "http://h/x?token=abc", "http://h/x"},
		{"What If...?", "http://h/x?token=abc", "What If...?"},
		{"What If...?.mkv", "/films/What If...?.mkv", "What If...?.mkv"},
	} {
		if got := shownTitle(tc.title, tc.path); got != tc.want {
			t.Errorf("%q of %q is shown as %q", tc.title, tc.path, got)
		}
	}
}

func TestTagsHaveUpperCaseKeysAndAreBounded(t *testing.T) {
	got := tags([]byte(`{"title":"Pilot","Show":"Some Show","n":1,"SEASON_NUMBER":"1"}`))
	if want := map[string]string{"TITLE": "Pilot", "SHOW": "Some Show", "SEASON_NUMBER": "1"}; !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	if got := tags([]byte(`[1]`)); got != nil {
		t.Errorf("a list is read as %v", got)
	}
}

func TestClockTakesTheTimeOfAPictureForARange(t *testing.T) {
	c := clock{position: 0, at: 0, rate: 1, known: true}
	if c.correct(10e9, 10e9, 15e9) || c.position != 15e9 {
		t.Errorf("with a picture in 10 s, 15 s into the film mpv says 10: %v", c.position)
	}
	if !c.correct(40e9, 10e9, 16e9) || c.position != 40e9 {
		t.Errorf("a jump to 40 s was not seen: %v", c.position)
	}
}
