package term_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"rsc.io/qr"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

func TestColourPolicy(t *testing.T) {
	for _, tt := range []struct {
		flag     string
		terminal bool
		env      map[string]string
		want     bool
	}{
		{"auto", true, nil, true},
		{"auto", false, nil, false},
		{"auto", true, map[string]string{"NO_COLOR": "1"}, false},
		{"auto", true, map[string]string{"NO_COLOR": ""}, true},
		{"auto", true, map[string]string{"TERM": "dumb"}, false},
		{"auto", false, map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"auto", false, map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"auto", false, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{"always", false, map[string]string{"NO_COLOR": "1"}, true},
		{"never", true, map[string]string{"CLICOLOR_FORCE": "1"}, false},
	} {
		got := term.ColorWanted(tt.flag, tt.terminal, func(k string) string { return tt.env[k] })
		if got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
}

var history = []term.Column{
	{Head: "WHEN"},
	{Head: "WHAT", Shrink: term.CutTitle},
	{Head: "PLAYER", Drop: 1, Second: true},
	{Head: "BECAME", Second: true},
	{Head: "SIMKL", Second: true},
}

var watches = [][]term.Cell{
	{{Text: "2026-05-22 20:14", Short: "05-22 20:14"}, {Text: "Heat (1995)", Short: "Heat"}, {Text: "mpv"}, {Text: "sent", Style: term.Done}, {Page: "simkl.com/movies/53801"}},
	{{Text: "2026-05-21 22:40", Short: "05-21 22:40"}, {Text: "葬送のフリーレン E05"}, {Text: "mpv"}, {Text: "waiting"}, {Text: "-"}},
	{{Text: "2026-05-21 22:15", Short: "05-21 22:15"}, {Text: "The Melancholy of Haruhi Suzumiya S01E14"}, {Text: "VLC"}, {Text: "undone"}, {Page: "simkl.com/anime/2766"}},
}

func table(t *testing.T, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := (term.Screen{Writer: &b, Terminal: width > 0, Width: width}).Table(history, watches); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableInAPipeIsWhole(t *testing.T) {
	want := `WHEN              WHAT                                      PLAYER  BECAME   SIMKL
2026-05-22 20:14  Heat (1995)                               mpv     sent     https://simkl.com/movies/53801
2026-05-21 22:40  葬送のフリーレン E05                      mpv     waiting  -
2026-05-21 22:15  The Melancholy of Haruhi Suzumiya S01E14  VLC     undone   https://simkl.com/anime/2766
`
	if diff := cmp.Diff(want, table(t, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestNarrowTableCutsTitlesAndKeepsNumberStateAndAddress(t *testing.T) {
	want := `WHEN         WHAT                    BECAME   SIMKL
05-22 20:14  Heat                    sent     simkl.com/movies/53801
05-21 22:40  葬送のフリーレン E05    waiting  -
05-21 22:15  The Melancholy … S01E14  undone   simkl.com/anime/2766
`
	got := table(t, 70)
	for line := range strings.SplitSeq(strings.TrimSuffix(got, "\n"), "\n") {
		if term.Width(line) > 70 {
			t.Errorf("%d cells: %s", term.Width(line), line)
		}
	}
	for _, part := range []string{"05-22 20:14  Heat ", "葬送のフリーレン E05", "… S01E14", "simkl.com/anime/2766"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is missing:\n%s\nlike\n%s", part, got, want)
		}
	}
	if strings.Contains(got, "PLAYER") {
		t.Error("the player stays before the title is cut")
	}
}

func TestVeryNarrowTableTakesTwoLinesARow(t *testing.T) {
	want := `05-22 20:14  Heat
             sent     simkl.com/movies/53801
05-21 22:40  葬送のフリーレン E05
             waiting  -
05-21 22:15  The Melancholy of Haruhi Su… S01E14
             undone   simkl.com/anime/2766
`
	if diff := cmp.Diff(want, table(t, 48)); diff != "" {
		t.Error(diff)
	}
}

func TestTableLinesUpInCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		titles := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "titles")
		var rows [][]term.Cell
		for _, s := range titles {
			rows = append(rows, []term.Cell{{Text: s}, {Text: "|"}})
		}
		var b bytes.Buffer
		if err := (term.Screen{Writer: &b}).Table([]term.Column{{Head: "T"}, {Head: "|"}}, rows); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != len(rows)+1 {
			t.Fatalf("%d lines for %d rows: %q", len(lines), len(rows), b.String())
		}
		for _, line := range lines {
			if w := term.Width(strings.TrimSuffix(line, "|")); w != term.Width(strings.TrimSuffix(lines[0], "|")) {
				t.Fatalf("the second column begins at %d in %q", w, line)
			}
		}
	})
}

func TestCutsKeepTheirWidthAndWholeGraphemes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("aé葬👩‍🚀🇩🇪e\u0301 /"))).Draw(t, "text")
		width := rapid.IntRange(0, 30).Draw(t, "width")
		for name, cut := range map[string]func(string, int) string{"Cut": term.Cut, "CutTitle": term.CutTitle, "CutPath": term.CutPath} {
			got := cut(text, width)
			if term.Width(got) > width {
				t.Fatalf("%s(%q, %d) = %q, %d cells", name, text, width, got, term.Width(got))
			}
			if term.Width(text) <= width && got != text {
				t.Fatalf("%s(%q, %d) = %q", name, text, width, got)
			}
			if !utf8.ValidString(got) {
				t.Fatalf("%s(%q, %d) = %q", name, text, width, got)
			}
		}
	})
	for _, tt := range []struct{ got, want string }{
		{term.CutTitle("The Melancholy of Haruhi S01E14", 22), "The Melancholy… S01E14"},
		{term.CutPath("/mnt/nas/Films/Heat (1995)/Heat.mkv", 15), "…1995)/Heat.mkv"},
		{term.Cut("葬送のフリーレン", 6), "葬送…"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestForeignTextIsSafeAndBounded(t *testing.T) {
	got := term.Foreign("a\x1b[31m\n" + strings.Repeat("葬", 100_000))
	if strings.ContainsAny(got, "\x1b\n") || term.Width(got) > 200 {
		t.Errorf("%d cells: %.80q", term.Width(got), got)
	}
	var b bytes.Buffer
	s := term.Screen{Writer: &b, Terminal: true, Links: true}
	if err := s.Table([]term.Column{{Head: "A"}}, [][]term.Cell{{{Text: "x\x1b]0;evil\x07"}}}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("raw: %q", b.String())
	}
}

func TestAddressIsALinkOnATerminalAndWholeInAPipe(t *testing.T) {
	if got := (term.Screen{}).Address("simkl.com/tv/1"); got != "https://simkl.com/tv/1" {
		t.Errorf("pipe: %q", got)
	}
	if got := (term.Screen{Terminal: true}).Address("simkl.com/tv/1"); got != "simkl.com/tv/1" {
		t.Errorf("terminal without links: %q", got)
	}
	want := "\x1b]8;;https://simkl.com/tv/1\x1b\\simkl.com/tv/1\x1b]8;;\x1b\\"
	if got := (term.Screen{Terminal: true, Links: true}).Address("simkl.com/tv/1"); got != want {
		t.Errorf("terminal: %q", got)
	}
}

func TestWordsAreThoseOfTheScreens(t *testing.T) {
	now := time.Date(2026, 5, 22, 21, 0, 0, 0, time.FixedZone("", 2*3600))
	for _, tt := range []struct{ got, want string }{
		{term.Clock(10*time.Minute + 12*time.Second), "10:12"},
		{term.Clock(2*time.Hour + 50*time.Minute + 3*time.Second), "2:50:03"},
		{term.Clock(-time.Second), "0:00"},
		{term.Span(40 * time.Second), "40 s"},
		{term.Span(22*time.Minute + 59*time.Second), "22 min"},
		{term.Span(5*time.Hour + 50*time.Minute), "5 h 50 min"},
		{term.Span(76 * time.Hour), "3 d 4 h"},
		{term.Span(2 * time.Hour), "2 h"},
		{term.Percent(79.99), "79 %"},
		{term.Percent(100), "100 %"},
		{term.When(now.Add(-46*time.Minute).UTC(), now), "today 20:14"},
		{term.When(now.AddDate(0, 0, -4).Add(-46*time.Minute), now), "18 May 20:14"},
		{term.When(now.AddDate(-1, 0, 0), now), "22 May 2025 21:00"},
		{term.TableTime(now), "2026-05-22 21:00"},
		{term.Count(1, "watch", "watches"), "1 watch"},
		{term.Count(2, "watch", "watches"), "2 watches"},
		{term.Count(1204, "watch", "watches"), "1204 watches"},
		{term.List([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
		{term.List([]string{"a", "b"}, 2), "a, b"},
		{term.Bar(22), "[######------------------|-----]"},
		{term.Bar(41), "[############------------|-----]"},
		{term.Bar(100), "[########################|#####]"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestQuotedWordIsWhatTheShellReads(t *testing.T) {
	for _, word := range []string{"", "a", "/a/b.mkv", "it's", "$(rm -rf ~)", "a b", "-n", "\x1b[31m\n'", "\xff\xfe1", "葬\u202e", `\`, "a\\'\x01b", "~", "#x"} {
		quoted := term.ShellQuote(word)
		if media.Sanitize(quoted) != quoted {
			t.Errorf("%q is raw in %q", word, quoted)
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf %s "+quoted).Output()
		if word == "-n" { // printf's own option
			out, err = exec.CommandContext(t.Context(), "bash", "-c", "printf %s -- "+quoted).Output()
			out = bytes.TrimPrefix(out, []byte("--"))
		}
		if err != nil || string(out) != word {
			t.Errorf("%q became %q through %s (%v)", word, out, quoted, err)
		}
	}
}

func TestQRHoldsTheCodeInBothColours(t *testing.T) {
	const text = "https://simkl.com/pin/K7QX2"
	var b bytes.Buffer
	s := term.Screen{Writer: &b, Terminal: true, UTF8: true, Width: 80, Height: 24}
	if ok, err := s.QR(text); !ok || err != nil {
		t.Fatal(ok, err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	side := code.Size + 8
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if want := (side + 1) / 2; len(lines) != want {
		t.Fatalf("%d lines, want %d", len(lines), want)
	}
	for y, line := range lines {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[38;5;16;48;5;231m"), "\x1b[0m")
		row := strings.Split(line, "")
		if len(row) != side {
			t.Fatalf("line %d has %d cells, want %d: %q", y, len(row), side, line)
		}
		for x, cell := range row {
			top, bottom := cell == "█" || cell == "▀", cell == "█" || cell == "▄"
			if top != code.Black(x-4, 2*y-4) || bottom != code.Black(x-4, 2*y+1-4) {
				t.Fatalf("cell %d,%d is %q", x, y, cell)
			}
		}
	}
}

func TestQRIsLeftOutWhereItCannotBeRead(t *testing.T) {
	var b bytes.Buffer
	for _, s := range []term.Screen{
		{Writer: &b, Terminal: true, UTF8: true, Width: 30, Height: 24},
		{Writer: &b, Terminal: true, UTF8: true, Width: 80, Height: 10},
		{Writer: &b, Terminal: true, Width: 80, Height: 24},
		{Writer: &b, UTF8: true, Width: 80, Height: 24},
	} {
		if ok, err := s.QR("https://simkl.com/pin/K7QX2"); ok || err != nil || b.Len() > 0 {
			t.Errorf("%+v: drawn %v, %v", s, ok, err)
		}
	}
}
