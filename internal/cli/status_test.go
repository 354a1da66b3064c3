package cli_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

var (
	tonight = time.Date(2026, 5, 22, 20, 33, 0, 0, time.UTC)
	linked  = api.Account{Linked: true, Name: "mika", Auth: "v1"}
)

func at(clock string) *time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	t = time.Date(2026, 5, 22, t.Hour(), t.Minute(), 0, 0, time.UTC)
	return &t
}

func severance() api.Session {
	season := 2
	return api.Session{
		ID: "44", Player: "mpv", Instance: "pid 4242", State: "playing", PositionS: 612.4, DurationS: 2700, Progress: 22.68,
		PlayedPercent: 22.5, Scrobble: "started", Started: at("20:14"), URL: "simkl.com/tv/1109411", Episode: "Who Is Alive?", Rate: 1,
		Identity: &media.Match{Kind: media.KindEpisode, Title: "Severance", Season: &season, Episodes: []media.Number{3}},
	}
}

func status(change func(*api.Status)) api.Status {
	st := api.Status{
		Version: "1.2.0", PID: 4711, UptimeS: 3*86400 + 4*3600, Account: linked, Simkl: api.Simkl{Reachable: true},
		Players: []string{"mpv"},
	}
	change(&st)
	return st
}

func TestStatusPictures(t *testing.T) {
	noNetwork := "no network"
	for name, tt := range map[string]struct {
		st   api.Status
		want string
	}{
		"idle": {status(func(st *api.Status) {
			st.Last = &api.Last{ID: "43", Label: "Heat (1995)", WatchedAt: at("20:14"), Outcome: "sent", URL: "simkl.com/movies/53801"}
		}), `
Nothing plays. Ready: mpv.
Last: Heat (1995), watched today 20:14, sent.  https://simkl.com/movies/53801
mika, linked. Nothing waits. simkld 1.2.0, up 3 d 4 h.
`},
		"playing": {status(func(st *api.Status) { st.Sessions = []api.Session{severance()} }), `
44  Severance S02E03 "Who Is Alive?"   mpv  https://simkl.com/tv/1109411
    [######------------------|-----]  22 %   10:12 of 45:00   playing
    Scrobbling since 20:14. Watched from 36:00 on, once 50 % was played (22 %).
mika, linked. Nothing waits. simkld 1.2.0, up 3 d 4 h.
`},
		"paused behind what plays, music folded below": {status(func(st *api.Status) {
			paused := severance()
			paused.ID, paused.State, paused.Paused, paused.Scrobble = "45", "paused", at("20:33"), "paused"
			music := api.Session{ID: "46", Player: "VLC", State: "playing", Path: "file:///m/lofi-mix.opus", Scrobble: "ignored", Reason: "music", ReasonText: "music"}
			more := music
			more.ID = "47"
			st.Sessions = []api.Session{music, paused, severance(), more}
		}), `
44  Severance S02E03 "Who Is Alive?"   mpv  https://simkl.com/tv/1109411
    [######------------------|-----]  22 %   10:12 of 45:00   playing
    Scrobbling since 20:14. Watched from 36:00 on, once 50 % was played (22 %).
45  Severance S02E03 "Who Is Alive?"   mpv  https://simkl.com/tv/1109411
    [######------------------|-----]  22 %   10:12 of 45:00   paused 20:33
    Paused at Simkl. Watched from 36:00 on, once 50 % was played (22 %).
46  lofi-mix.opus   VLC   Ignored: music. Nothing was sent.     why: simkld why 46
also ignored: 1, music
mika, linked. Nothing waits. simkld 1.2.0, up 3 d 4 h.
`},
		"offline": {status(func(st *api.Status) {
			st.Simkl = api.Simkl{Since: at("19:40")}
			st.Queue = api.Queue{Pending: 3, Oldest: at("19:52"), NextAttempt: at("20:45"), LastError: &noNetwork}
		}), `
Nothing plays. Ready: mpv.
Simkl cannot be reached since 19:40 (no network). Nothing is lost.
3 calls wait, the oldest from 19:52, next try 20:45.        simkld queue list
mika, linked. simkld 1.2.0, up 3 d 4 h.
`},
		"needs you comes first": {status(func(st *api.Status) {
			st.Account = api.Account{}
			st.Needs = []string{"Simkl no longer accepts the token, 2 watches are kept: simkld login"}
			st.PrivateUntil = at("22:00")
		}), `
NEEDS YOU  Simkl no longer accepts the token, 2 watches are kept: simkld login
Nothing plays. Ready: mpv.
No account is linked. Private until 22:00. Nothing waits. simkld 1.2.0, up 3 d 4 h.
`},
	} {
		t.Run(name, func(t *testing.T) {
			got := cli.Picture(tonight, tt.st, term.Screen{})
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPercentIsCutBecause80Decides(t *testing.T) {
	s := severance()
	s.Progress = 79.99
	got := cli.Picture(tonight, status(func(st *api.Status) { st.Sessions = []api.Session{s} }), term.Screen{})
	if !strings.Contains(got, " 79 % ") {
		t.Error(got)
	}
}

func TestForeignTextOfADaemonIsNeverRaw(t *testing.T) {
	evil := "a\x1b]0;x\x07\u202e\n\xff"
	s := severance()
	s.Identity.Title, s.Episode, s.Player, s.Path, s.ReasonText, s.Scrobble, s.Reason, s.ID = evil, evil, evil, evil, evil, evil, evil, evil
	ignored := s
	ignored.Scrobble = "ignored"
	st := status(func(st *api.Status) {
		st.Sessions, st.Needs, st.Players, st.Account.Name, st.Version = []api.Session{s, ignored, ignored}, []string{evil}, []string{evil}, evil, evil
		st.Queue.Pending, st.Queue.LastError, st.Simkl.Reachable = 1, &evil, false
		st.Last = &api.Last{Label: evil, Outcome: evil, URL: evil}
	})
	got := cli.Picture(tonight, st, term.Screen{})
	if strings.ContainsAny(got, "\x1b\x07\u202e") || strings.ContainsRune(got, 0xff) || strings.Contains(got, "\n\ufffd") {
		t.Errorf("raw: %q", got)
	}
	st.Sessions = nil
	if got := cli.Picture(tonight, st, term.Screen{}); strings.ContainsAny(got, "\x1b\x07\u202e") {
		t.Errorf("raw: %q", got)
	}
}

func TestColourOnlyAdds(t *testing.T) {
	st := status(func(st *api.Status) { st.Sessions, st.Needs = []api.Session{severance()}, []string{"x: simkld login"} })
	plain := cli.Picture(tonight, st, term.Screen{})
	coloured := cli.Picture(tonight, st, term.Screen{Color: true})
	if coloured == plain {
		t.Fatal("there is no colour")
	}
	for _, code := range []string{"31", "32", "33", "36", "0"} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+code+"m", "")
	}
	if diff := cmp.Diff(plain, coloured); diff != "" {
		t.Error(diff)
	}
}

func TestPositionMovesWithTheClock(t *testing.T) {
	s := severance()
	s.Rate = 2
	paused := severance()
	paused.State = "paused"
	st := status(func(st *api.Status) { st.Sessions = []api.Session{s, paused} })
	later := cli.Later(st, 27*time.Second)
	if got := later.Sessions[0]; got.PositionS != 666.4 || got.Progress < 24.67 || got.Progress > 24.69 {
		t.Errorf("at %v s, %v %%", got.PositionS, got.Progress)
	}
	if later.Sessions[1] != paused || st.Sessions[0].PositionS != 612.4 {
		t.Error("what is paused moved, or the status itself did")
	}
	if end := cli.Later(st, time.Hour).Sessions[0]; end.PositionS != 2700 || end.Progress != 100 {
		t.Errorf("it went past its end: %v s, %v %%", end.PositionS, end.Progress)
	}
}

func TestAddressesOfFilesKeepEveryByte(t *testing.T) {
	for _, path := range []string{"/tv/a b.mkv", "/x/\xff\xfe?#%.mkv", "/葬送/05.mkv", "/a\nb"} {
		if got := cli.PathOf(cli.FileURL(path)); got != path {
			t.Errorf("%q became %q by %q", path, got, cli.FileURL(path))
		}
	}
	for path, want := range map[string]string{
		"/tv/a.mkv": "a.mkv", `C:\Videos\b.mkv`: "b.mkv", "https://h/films/c.mkv?token=x": "c.mkv", "d.mkv": "d.mkv", "": "",
	} {
		if got := cli.FileName(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestSinceTakesTimesAndSpans(t *testing.T) {
	for text, want := range map[string]time.Time{
		"": {}, "90m": tonight.Add(-90 * time.Minute), "2026-05-01": time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		"2026-05-01 20:14": time.Date(2026, 5, 1, 20, 14, 0, 0, time.UTC), "2026-05-01T20:14:00+02:00": time.Date(2026, 5, 1, 18, 14, 0, 0, time.UTC),
	} {
		if got, err := cli.Since(tonight, text); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"yesterday", "-5m", "2026-13-01"} {
		if _, err := cli.Since(tonight, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestASpreadsheetRunsNoTitle(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@x"} {
		if got := cli.NoFormula(s); got != "'"+s {
			t.Errorf("%q", got)
		}
	}
	if got := cli.NoFormula("Heat"); got != "Heat" {
		t.Errorf("%q", got)
	}
}

// A reader that is gone ends a command; nothing panics on any command line.
func FuzzCommandLine(f *testing.F) {
	for _, seed := range []string{"status", "queue\x00drop\x001", "match\x00\xff\x1b", "--json\x00help", "history\x00-h", "private\x001h", "doctor\x00--json"} {
		f.Add(seed)
	}
	home := f.TempDir()
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		for _, a := range args {
			if slices.Contains([]string{"run", "sandbox", "demo", "login"}, a) || strings.HasPrefix(a, "--") && a != "--json" {
				return // it would go on, or write elsewhere
			}
		}
		var out, errs bytes.Buffer
		env := &cli.Env{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: []string{"HOME=" + home, "SIMKLD_SIMKL_API_URL=http://127.0.0.1:1"}, Now: time.Now}
		code := cli.Main(t.Context(), env, args)
		if code < 0 || code > 6 {
			t.Errorf("exit code %d", code)
		}
		if code != 0 && strings.Count(errs.String(), "\n") < 1 {
			t.Errorf("exit %d without a word", code)
		}
		if strings.ContainsAny(errs.String(), "\x1b\u202e") {
			t.Errorf("raw: %q", errs.String())
		}
	})
}
