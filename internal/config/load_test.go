package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
)

// write puts text into a config.toml and makes its folder the working folder, so that errors are short.
func write(t *testing.T, text string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.toml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "config.toml"
}

func load(t *testing.T, text string, environ ...string) (config.Loaded, error) {
	t.Helper()
	return config.Load(config.Source{File: write(t, text), Named: true, Environ: environ, Home: "/home/mika"})
}

func mustLoad(t *testing.T, text string, environ ...string) config.Loaded {
	t.Helper()
	l, err := load(t, text, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNoFileGivesTheDefaults(t *testing.T) {
	for _, src := range []config.Source{{}, {File: filepath.Join(t.TempDir(), "none.toml")}} {
		l, err := config.Load(src)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(config.Default(), l.Config); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNamedFileThatIsMissingIsAnError(t *testing.T) {
	_, err := config.Load(config.Source{File: "/nowhere/config.toml", Named: true})
	if fault.ExitCode(err) != 2 || !strings.Contains(err.Error(), "/nowhere/config.toml does not exist") {
		t.Errorf("got %v", err)
	}
}

func TestFolderInPlaceOfTheFileIsAnError(t *testing.T) {
	if _, err := config.Load(config.Source{File: t.TempDir()}); fault.ExitCode(err) != 2 {
		t.Errorf("got %v", err)
	}
}

// TestContractExampleLoads is the block of product.md 4.
func TestContractExampleLoads(t *testing.T) {
	l := mustLoad(t, `
[simkl]
client_id = ""
api_url   = "https://api.simkl.com"
timeout   = "20s"
[scrobble]
start_after        = "0s"
min_played_percent = 0
rewatch            = "ask"
[matcher]
library = ["~/Videos/Movies"]
include = ["/mnt/nas", "https://media.example/"]
exclude = ["~/Videos/Family/**"]
[[matcher.rules]]
path   = "**/Monogatari/**"
simkl  = 37089
kind   = "anime"
season = 1
episode_offset = -12
[[matcher.rules]]
title = "Home"
ignore = true
[players.mpv]
enabled = false
sockets = ["/run/mpv/*.sock"]
[[players.vlc]]
url = "http://127.0.0.1:8080"
password = "geheim"
[players.mpris]
deny  = []
`)
	want := config.Default()
	want.Simkl.Timeout = 20 * time.Second
	want.Scrobble.StartAfter, want.Scrobble.MinPlayedPercent, want.Scrobble.Rewatch = 0, 0, config.RewatchAsk
	one := 1
	want.Matcher = config.Matcher{
		Library: []string{"/home/mika/Videos/Movies"},
		Include: []string{"/mnt/nas", "https://media.example/"},
		Exclude: []string{"/home/mika/Videos/Family/**"},
		Rules: []config.Rule{
			{Path: "**/Monogatari/**", Simkl: 37089, Kind: config.KindAnime, Season: &one, EpisodeOffset: -12, Line: 14},
			{Title: "Home", Ignore: true, Line: 20},
		},
	}
	want.Players.MPV.Enabled, want.Players.MPV.Sockets = false, []string{"/run/mpv/*.sock"}
	want.Players.VLC = []config.VLC{{URL: "http://127.0.0.1:8080", Password: "geheim"}}
	want.Players.MPRIS.Deny = nil
	if diff := cmp.Diff(want, l.Config); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsNameThePlaceAndTheWayOut(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "[scrobble]\nmin_played = 5", `2:1: unknown key "min_played": did you mean min_played_percent`},
		{"typo", "[scrobble]\nstrat_after = \"5s\"", `2:1: unknown key "strat_after": did you mean start_after`},
		{"indented", "[scrobble]\n  strat_after = \"5s\"", `2:3: unknown key "strat_after": did you mean start_after`},
		{"dotted", "scrobble.strat_after = \"5s\"", `1:1: unknown key "strat_after": did you mean start_after`},
		{"inline", "scrobble = {start_after = \"5s\", pause = \"1s\"}", `1:33: unknown key "pause": did you mean pause_after`},
		{"other section", "[simkl]\nstart_after = \"5s\"", `2:1: unknown key "start_after": did you mean scrobble.start_after`},
		{"unknown section", "[scrobbel]\nstart_after = \"5s\"", `1:2: unknown key "scrobbel": did you mean scrobble`},
		{"nothing near", "[log]\ncolour = 1", `2:1: unknown key "colour": known here: level`},
		{"no section", "level = \"info\"", `1:1: unknown key "level": did you mean log.level`},
		{"quoted path", "\"log.level\" = \"info\"", `1:1: unknown key "log.level": did you mean log.level`},
		{"range", "[scrobble]\nmin_played_percent = 180", "2:22: scrobble.min_played_percent is 180, must be 0 to 100: choose a value in between"},
		{"below", "[scrobble]\nmin_played_percent = -1", "2:22: scrobble.min_played_percent is -1, must be 0 to 100: choose a value in between"},
		{"quoted number", "[scrobble]\nmin_played_percent = \"50\"", `2:22: scrobble.min_played_percent is the text "50", must be 0 to 100: write a whole number without quotes`},
		{"float", "[scrobble]\nmin_played_percent = 50.5", "2:22: scrobble.min_played_percent is 50.5, must be 0 to 100: write a whole number without quotes"},
		{"duration as number", "[scrobble]\nstart_after = 5", `2:15: scrobble.start_after is 5, must be a time with its unit: write it like "5s"`},
		{"duration without unit", "[scrobble]\nstart_after = \"5\"", `2:15: scrobble.start_after is "5", must be a time with its unit: write it like "5s", "10m" or "1h30m"`},
		{"negative duration", "[queue]\nlive_max_age = \"-1s\"", "2:16: queue.live_max_age is -1s, must be 0s to 168h: choose a value in between"},
		{"bool as text", "[players.mpv]\nenabled = \"yes\"", `2:11: players.mpv.enabled is the text "yes", must be true or false: write it without quotes`},
		{"text as bool", "[log]\nlevel = true", `2:9: log.level is true, must be text: put it in quotes: "…"`},
		{"choice", "[log]\nlevel = \"warning\"", `2:9: log.level is "warning", must be "debug", "info", "warn" or "error": did you mean warn`},
		{"list", "[matcher]\ninclude = \"/a\"", `2:11: matcher.include is the text "/a", must be a list: write it in brackets: ["…"]`},
		{"list element", "[matcher]\ninclude = [\"/a\",\n  3]", `3:3: matcher.include is 3, must be text: put it in quotes: "…"`},
		{"relative folder", "[matcher]\nlibrary = [\n  \"Movies\",\n]", `3:3: "Movies" is not a full path: begin it with / or ~/`},
		{"glob", "[matcher]\nexclude = [\"/a/[b\"]", `2:12: "/a/[b" is no pattern: close its bracket or brace, or write \[ for a bracket in a name`},
		{"section as value", "scrobble = 3", "1:12: scrobble is 3, must be a section: write it like [scrobble]"},
		{"single table", "[players.vlc]\nurl = \"http://127.0.0.1:8080\"", "1:2: players.vlc is a table, must be a list of tables: write it like [[players.vlc]]"},
		{"second rule", "[[matcher.rules]]\npath = \"**\"\nignore = true\n[[matcher.rules]]\npaht = \"**\"", `5:1: unknown key "paht": did you mean path`},
		{"inline rules", "matcher.rules = [{path = \"**\", simkl = 1}, {path = \"**\", simkl = 0}]", "1:66: matcher.rules.simkl is 0, must be a whole number from 1: choose a value in between"},
		{"empty rule", "[[matcher.rules]]\npath = \"**\"", "1:3: a rule that changes nothing: give it an id, or ignore = true"},
		{"rule for nothing", "[[matcher.rules]]\nsimkl = 3", `1:3: a rule without path or title: say what it is for: path = "**/Name/**"`},
		{"rule of two minds", "[[matcher.rules]]\npath = \"**\"\nignore = true\nmal = 3", "1:3: a rule with ignore and an id or number: keep one of them"},
		{"imdb", "[[matcher.rules]]\npath = \"**\"\nimdb = \"113277\"", `3:8: "113277" is no IMDb id: write it like "tt0113277"`},
		{"plain http", "[simkl]\napi_url = \"http://api.simkl.com\"", `2:11: "http://api.simkl.com" is not encrypted: use https (http is for addresses of this machine)`},
		{"http to a name like loopback", "[simkl]\napi_url = \"http://127.0.0.1.example.com\"", `2:11: "http://127.0.0.1.example.com" is not encrypted: use https (http is for addresses of this machine)`},
		{"no scheme", "[simkl]\nsite_url = \"simkl.com\"", `2:12: "simkl.com" is no address: write it like https://HOST`},
		{"file address", "[simkl]\ndata_url = \"file:///etc/passwd\"", `2:12: "file:///etc/passwd" is no address: write it like https://HOST`},
		{"user in address", "[simkl]\napi_url = \"https://me:geheim@api.simkl.com\"", "2:11: the address holds a user name: leave it out"},
		{"open page", "[dashboard]\nlisten = \"0.0.0.0:80\"", `2:10: dashboard.listen is "0.0.0.0:80", which others could reach: use 127.0.0.1, and ssh -L from elsewhere`},
		{"page on all", "[dashboard]\nlisten = \":8080\"", `2:10: dashboard.listen is ":8080", which others could reach: use 127.0.0.1, and ssh -L from elsewhere`},
		{"page without port", "[dashboard]\nlisten = \"127.0.0.1\"", `2:10: dashboard.listen is "127.0.0.1", must be an address with a port: write it like "127.0.0.1:0"`},
		{"two errors, the first is told", "[log]\nlevel = \"x\"\n[scrobble]\nfoo = 1", `2:9: log.level is "x", must be "debug", "info", "warn" or "error": choose one of these`},
		{"windows path", "[matcher]\nlibrary = [\"C:\\Users\\mika\"]", `2:17: a backslash in double quotes begins an escape: use single quotes: 'C:\Users'`},
		{"windows path that parses", "[simkl]\nclient_secret_file = \"C:\\new\"", `2:22: simkl.client_secret_file holds a control character: a path with backslashes needs single quotes: 'C:\new'`},
		{"twice", "[log]\nlevel = \"info\"\nlevel = \"warn\"", "3:1: level is set twice: remove one of them"},
		{"section twice", "[log]\n[log]", "2:2: log is set twice: remove one of them"},
		{"no quotes", "[log]\nlevel = debug", `2:9: a value without quotes: put text and times in quotes: "5s"`},
		{"no quotes, boolean letter", "[log]\nlevel = info", `2:9: a value without quotes: put text and times in quotes: "5s"`},
		{"bare duration", "[scrobble]\nstart_after = 5s", `2:15: a value without quotes: put text and times in quotes: "5s"`},
		{"open quote", "[log]\nlevel = \"info\n", "2:14: a quote is not closed: close it on the same line"},
		{"no value", "[log]\nlevel", "2:1: a key without a value: write it like key = value"},
		{"utf-16", "\xff\xfe[\x00l\x00", "1:1: the file is UTF-16: save it as UTF-8"},
		{"latin-1", "[matcher]\nlibrary = [\"/Fr\xfchling\"]", "2:16: a byte that is not UTF-8: save the file as UTF-8"},
		{"bom does not move the column", "\xef\xbb\xbf[log]\nlevel = 3", `2:9: log.level is 3, must be text: put it in quotes: "…"`},
		{"crlf", "[log]\r\nlevel = 3\r\n", `2:9: log.level is 3, must be text: put it in quotes: "…"`},
		{"date", "[log]\nlevel = 2026-05-22", `2:9: log.level is a date or time, must be text: put it in quotes: "…"`},
		{"vlc without url", "[[players.vlc]]\npassword = \"x\"", `1:3: a VLC without url: write it like url = "http://127.0.0.1:8080"`},
		{"vlc with two passwords", "[[players.vlc]]\nurl = \"http://127.0.0.1:8080\"\npassword = \"x\"\npassword_file = \"/p\"", "1:3: a VLC with password and password_file: keep one of them"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if err == nil {
				t.Fatal("no error")
			}
			if got, want := fault.Line("simkld", err), "simkld: config.toml:"+tt.want; got != want {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
			if fault.ExitCode(err) != 2 {
				t.Errorf("exit code %d, want 2", fault.ExitCode(err))
			}
		})
	}
}

func TestErrorsNeverShowGoOrSecrets(t *testing.T) {
	for _, text := range []string{
		"[[players.vlc]]\nurl = \"http://a\"\npassword = [\"geheim\"]", "[[players.vlc]]\nurl = \"http://:geheim@a\"",
		"[simkl]\nproxy = \"http://me:geheim@\"", "[simkl]\nproxy = \"ftp://me:geheim@a\"",
		"[[players.vlc]]\nurl = \"http://a\"\npassword = 12345", "[players]\nvlc = [1]", "players = []",
	} {
		_, err := load(t, text)
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		for _, bad := range []string{"struct", "interface", "map[", "int64", "geheim", "12345", "toml: "} {
			if strings.Contains(err.Error(), bad) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	l := mustLoad(t, "[scrobble]\nstart_after = \"9s\"\npause_after = \"9s\"\n",
		"SIMKLD_SCROBBLE_START_AFTER=1s", "SIMKLD_SIMKL_API_URL=http://127.0.0.1:4000/", "SIMKLD_PLAYERS_MPV_ENABLED=0",
		"SIMKLD_SCROBBLE_MIN_PLAYED_PERCENT=0", "SIMKLD_MATCHER_INCLUDE=/a, ~/b ,", "SIMKLD_MATCHER_EXCLUDE=/a,b\n/c\n",
		"SIMKLD_SIMKL_IMAGE_URL=", "SIMKLD_TOKEN=secret", "SIMKLD_STATE_DIR=/s", "PATH=/bin")
	c := l.Config
	got := []any{
		c.Scrobble.StartAfter, c.Scrobble.PauseAfter, c.Simkl.APIURL, c.Players.MPV.Enabled, c.Scrobble.MinPlayedPercent,
		c.Matcher.Include, c.Matcher.Exclude, c.Simkl.ImageURL,
	}
	want := []any{
		time.Second, 9 * time.Second, "http://127.0.0.1:4000", false, 0, []string{"/a", "/home/mika/b"}, []string{"/a,b", "/c"}, "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrongEnvironmentIsAnErrorThatNamesTheVariable(t *testing.T) {
	for _, tt := range []struct{ env, want string }{
		{"SIMKLD_SCROBBLE_START_AFTER=soon", `SIMKLD_SCROBBLE_START_AFTER: scrobble.start_after is "soon"`},
		{"SIMKLD_SCROBBLE_STRAT_AFTER=5s", "unknown key in the environment: SIMKLD_SCROBBLE_STRAT_AFTER: did you mean SIMKLD_SCROBBLE_START_AFTER"},
		{"SIMKLD_PLAYERS_VLC_URL=http://a", "SIMKLD_PLAYERS_VLC_URL: players.vlc cannot be set in the environment"},
		{"SIMKLD_MATCHER_RULES=x", "SIMKLD_MATCHER_RULES: matcher.rules cannot be set in the environment"},
		{"SIMKLD_NOTIFY_ENABLED=maybe", "must be true or false"},
	} {
		_, err := config.Load(config.Source{Environ: []string{tt.env}})
		if fault.ExitCode(err) != 2 || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", tt.env, err)
		}
	}
}

func TestEverySettingCanBeSetInTheEnvironment(t *testing.T) {
	l := mustLoad(t, "")
	for _, e := range l.Entries {
		variable := "SIMKLD_" + strings.ToUpper(strings.ReplaceAll(e.Key, ".", "_"))
		value := strings.Trim(e.Value, `[]"`)
		value = strings.ReplaceAll(value, `"`, "")
		again, err := config.Load(config.Source{Environ: []string{variable + "=" + value}})
		if err != nil {
			t.Errorf("%s: %v", e.Key, err)
			continue
		}
		for _, a := range again.Entries {
			if a.Key == e.Key && (a.Value != e.Value || a.Origin.Env != variable) {
				t.Errorf("%s=%s gives %s from %s", variable, value, a.Value, a.Origin)
			}
		}
	}
}

func TestShowSaysWhereAValueComesFrom(t *testing.T) {
	l := mustLoad(t, "[scrobble]\n\nstart_after = \"9s\"\n[[matcher.rules]]\npath = \"**/x\"\nmal = 5\n[[players.vlc]]\nurl = \"http://127.0.0.1:8080\"\npassword = \"geheim\"\n",
		"SIMKLD_LOG_LEVEL=debug")
	got := map[string]string{}
	for _, e := range l.Entries {
		got[e.Key] = e.Value + " from " + e.Origin.String()
	}
	for key, want := range map[string]string{
		"scrobble.start_after": `"9s" from config.toml:3`,
		"scrobble.pause_after": `"2s" from default`,
		"log.level":            `"debug" from SIMKLD_LOG_LEVEL`,
		"matcher.rules[0]":     `{path = "**/x", mal = "5"} from config.toml:4`,
		"players.vlc[0]":       `{url = "http://127.0.0.1:8080", password = "(set)"} from config.toml:7`,
		"players.mpris.deny":   `["playerctld", "kdeconnect"] from default`,
		"queue.live_max_age":   `"10m" from default`,
	} {
		if got[key] != want {
			t.Errorf("%s: got %s, want %s", key, got[key], want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	example, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, s := range []string{"a={b=[{c=1}]}", "[[matcher.rules]]\n[matcher.rules.x]", "[[players.vlc]]\n[[players.vlc.url]]\n", "\xef\xbb\xbf", "[a.b]\n[a]\n", "x=[[1],[2]]", "players={vlc=[{url={}}]}", "[[matcher.rules]]\npath={a=1}\n", "\"\"=1", "[log]\n\"le\\u0000vel\"=1", "[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\nc=1"} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := config.Load(config.Source{File: file, Home: "/h"})
		if err == nil {
			if len(l.Entries) == 0 {
				t.Error("no entries")
			}
			return
		}
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Kind != fault.Usage || e.Do == "" {
			t.Errorf("%q: %#v", data, err)
			return
		}
		var line, column int
		if _, err := fmt.Sscanf(strings.TrimPrefix(e.What, file), ":%d:%d:", &line, &column); err != nil || line < 1 || column < 1 {
			t.Errorf("%q: no place in %q", data, e.What)
		}
		if lines := strings.Count(string(data), "\n") + 1; line > lines {
			t.Errorf("%q: line %d of %d", data, line, lines)
		}
	})
}
