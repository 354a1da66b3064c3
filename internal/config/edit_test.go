package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
)

func TestSetKeyChangesOneValueAndKeepsTheRest(t *testing.T) {
	for _, tt := range []struct {
		name, before, key string
		value             any
		after             string
	}{
		{"new file", "", "simkl.client_id", "abc", "[simkl]\nclient_id = \"abc\"\n"},
		{
			"value beside a comment", "# mine\n[simkl]\nclient_id = \"\"  # from the site\ntimeout = \"9s\"\n", "simkl.client_id", "abc",
			"# mine\n[simkl]\nclient_id = \"abc\"  # from the site\ntimeout = \"9s\"\n",
		},
		{"key in a section", "[simkl]\ntimeout = \"9s\"\n[log]\n", "simkl.client_id", "abc", "[simkl]\nclient_id = \"abc\"\ntimeout = \"9s\"\n[log]\n"},
		{"header is the last line", "[simkl]", "simkl.client_id", "abc", "[simkl]\nclient_id = \"abc\"\n"},
		{"new section", "[log]\nlevel = \"warn\"", "simkl.client_id", "abc", "[log]\nlevel = \"warn\"\n\n[simkl]\nclient_id = \"abc\"\n"},
		{
			"list over lines", "[matcher]\nlibrary = [ # all\n  \"/a\",\n  \"/b\", # old\n] # end\n", "matcher.library",
			[]string{"/c", "/d"},
			"[matcher]\nlibrary = [\"/c\", \"/d\"] # end\n",
		},
		{"rules before their section", "[[matcher.rules]]\npath = \"**\"\nmal = 1\n", "matcher.library", []string{"/c"}, "[[matcher.rules]]\npath = \"**\"\nmal = 1\n\n[matcher]\nlibrary = [\"/c\"]\n"},
		{"dotted", "log.level = \"warn\"\nsimkl.timeout = \"9s\"\n", "simkl.client_id", "abc", "log.level = \"warn\"\nsimkl.client_id = \"abc\"\nsimkl.timeout = \"9s\"\n"},
		{"in braces", "simkl = {client_id = \"x\", timeout = \"9s\"}\n", "simkl.client_id", "abc", "simkl = {client_id = \"abc\", timeout = \"9s\"}\n"},
		{"windows", "\xef\xbb\xbf[simkl]\r\nclient_id = \"x\"\r\n", "simkl.client_id", "abc", "\xef\xbb\xbf[simkl]\r\nclient_id = \"abc\"\r\n"},
		{"windows, new key", "\xef\xbb\xbf[simkl]\r\n", "simkl.client_id", "abc", "\xef\xbb\xbf[simkl]\r\nclient_id = \"abc\"\r\n"},
		{"bool", "[players.mpv]\nenabled = true\n", "players.mpv.enabled", false, "[players.mpv]\nenabled = false\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "new", "config.toml")
			if tt.before != "" {
				if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(tt.before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := config.SetKey(file, tt.key, tt.value); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.after, string(got)); diff != "" {
				t.Error(diff)
			}
			if info, err := os.Stat(file); err != nil || tt.before != "" && info.Mode().Perm() != 0o644 || tt.before == "" && info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestSetKeyRefusesWhatWouldNotLoad(t *testing.T) {
	for _, tt := range []struct {
		before, key string
		value       any
	}{
		{"[log]\nlevel = warn\n", "simkl.client_id", "abc"},
		{"[log]\n", "log.level", "loud"},
		{"[log]\n", "log.colour", "red"},
		{"simkl = {timeout = \"9s\"}\n", "simkl.client_id", "abc"},
	} {
		file := write(t, tt.before)
		if err := config.SetKey(file, tt.key, tt.value); fault.ExitCode(err) != 2 {
			t.Errorf("%q: got %v", tt.before, err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != tt.before {
			t.Errorf("the file became %q, %v", got, err)
		}
	}
}

func TestAnyTextComesBackAsItWasSet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.RuneFrom([]rune("ab/'\"\\#[]{}= \u00e4\u846c,"))).Draw(t, "name")
		if err := config.SetKey(file, "players.mpris.allow", []string{"x" + name}); err != nil {
			t.Fatal(err)
		}
		l, err := config.Load(config.Source{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Config.Players.MPRIS.Allow; len(got) != 1 || got[0] != "x"+name {
			t.Fatalf("set %q, got %q", "x"+name, got)
		}
	})
}

func TestAssignIsTheLineForTheFile(t *testing.T) {
	if got, want := config.Assign("simkl.client_id", "a\"b"), `client_id = 'a"b'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzSetKey(f *testing.F) {
	for _, s := range []string{"", "[simkl]", "simkl.timeout=\"9s\"", "[[matcher.rules]]\npath=\"**\"\nmal=1", "a=[[1]]", "simkl={client_id=\"x\"}#", "[simkl]\nclient_id='''\nx'''", "\xef\xbb\xbf"} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		before, loadErr := config.Load(config.Source{File: file, Home: "/"})
		if err := config.SetKey(file, "simkl.client_id", "abc"); err != nil {
			return
		}
		after, err := config.Load(config.Source{File: file, Home: "/"})
		if err != nil {
			t.Fatalf("%q no longer loads: %v", data, err)
		}
		if after.Config.Simkl.ClientID != "abc" {
			t.Fatalf("%q: not set", data)
		}
		if loadErr != nil { // the value that was wrong is the one that was replaced
			return
		}
		before.Config.Simkl.ClientID = "abc"
		for i := range after.Config.Matcher.Rules { // lines may move
			after.Config.Matcher.Rules[i].Line = before.Config.Matcher.Rules[i].Line
		}
		if diff := cmp.Diff(before.Config, after.Config); diff != "" {
			t.Fatalf("%q changed more: %s", data, diff)
		}
		if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") < strings.Count(string(data), "\n")-strings.Count(string(data), "'''")-strings.Count(string(data), `"""`) {
			t.Fatalf("%q lost lines: %q, %v", data, text, err)
		}
	})
}
