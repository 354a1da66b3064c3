package media_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
)

func TestProgressIsCutAndNeverRoundedUp(t *testing.T) {
	for _, c := range []struct {
		pos, length time.Duration
		want        float64
	}{
		{0, time.Hour, 0},
		{-time.Second, time.Hour, 0},
		{time.Hour, 0, 0},
		{time.Hour, time.Hour, 100},
		{2 * time.Hour, time.Hour, 100},
		{20 * time.Minute, time.Hour, 33.33},
		{40 * time.Minute, time.Hour, 66.66},
		{79999 * time.Millisecond, 100 * time.Second, 79.99},
		{80 * time.Second, 100 * time.Second, 80},
	} {
		if got := media.Progress(c.pos, c.length); got != c.want {
			t.Errorf("%v of %v is %v, want %v", c.pos, c.length, got, c.want)
		}
	}
}

// Whatever the numbers, progress is 0 to 100 with at most two decimals, and cutting twice changes nothing.
func TestCutPercentIsBoundedAndHasTwoDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := media.CutPercent(rapid.Float64().Draw(t, "p"))
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		_, decimals, _ := strings.Cut(string(text), ".")
		if p < 0 || p > 100 || len(decimals) > 2 || media.CutPercent(p) != p {
			t.Fatalf("%s", text)
		}
	})
}

func season(n int) *int { return new(n) }

func TestLabelIsHowPeopleReadIt(t *testing.T) {
	for want, m := range map[string]media.Match{
		"Heat (1995)":      {Kind: media.KindMovie, Title: "Heat", Year: 1995},
		"Heat":             {Kind: media.KindMovie, Title: "Heat"},
		"Severance S02E03": {Kind: media.KindEpisode, Title: "Severance", Season: season(2), Episodes: []media.Number{3}},
		"Show S00E01":      {Kind: media.KindEpisode, Title: "Show", Season: season(0), Episodes: []media.Number{1}},
		"Show S02E03-E04":  {Kind: media.KindEpisode, Title: "Show", Season: season(2), Episodes: []media.Number{3, 4}},
		"Show S01E01-E03":  {Kind: media.KindEpisode, Title: "Show", Season: season(1), Episodes: []media.Number{1, 2, 3}},
		"葬送のフリーレン E05":     {Kind: media.KindEpisode, Title: "葬送のフリーレン", Absolute: []media.Number{5}},
		"Naruto E11.5":     {Kind: media.KindEpisode, Title: "Naruto", Absolute: []media.Number{11.5}},
		"Daily 2015-07-22": {Kind: media.KindEpisode, Title: "Daily", Date: "2015-07-22"},
		"":                 {Kind: media.KindNone},
	} {
		if got := m.Label(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestKeysTellItemsApartAndSpellingsDoNot(t *testing.T) {
	e := func(title string, s int, n media.Number) media.Match {
		return media.Match{Kind: media.KindEpisode, Title: title, Season: season(s), Episodes: []media.Number{n}}
	}
	if e("The Office", 1, 2).ItemKey() != e("the.office", 1, 2).ItemKey() {
		t.Error("one episode in two spellings has two keys")
	}
	part := func(n int) media.Match { return media.Match{Kind: media.KindMovie, Title: "Heat", Year: 1995, Part: n} }
	apart := []media.Match{
		e("Show", 1, 2), e("Show", 1, 3), e("Show", 2, 2), e("Show", 0, 2), part(1), part(2),
		{Kind: media.KindMovie, Title: "Crash", Year: 1996},
		{Kind: media.KindMovie, Title: "Crash", Year: 2004},
		{Kind: media.KindEpisode, Title: "Show", Absolute: []media.Number{2}},
	}
	keys := map[string]int{}
	for i, m := range apart {
		if j, twice := keys[m.ItemKey()]; twice {
			t.Errorf("%d and %d have the key %s", i, j, m.ItemKey())
		}
		keys[m.ItemKey()] = i
	}
	if e("Show", 1, 2).TitleKey() != e("Show", 3, 4).TitleKey() {
		t.Error("two episodes of a title have two title keys")
	}
}

// Scripts read this JSON (product.md 7): names and shapes stay.
func TestIdentityIsWrittenAsScriptsExpect(t *testing.T) {
	m := media.Match{
		Kind: media.KindEpisode, Title: "Severance", Year: 2022, Season: season(2), Episodes: []media.Number{3},
		IDs: media.IDs{Simkl: 1109411, IMDB: "tt11280740"}, Confidence: 0.98, Source: "file name", Published: true,
	}
	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"episode","title":"Severance","year":2022,"season":2,"episodes":[3],"absolute":[],` +
		`"ids":{"simkl":1109411,"imdb":"tt11280740"},"confidence":0.98,"source":"file name"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, _ := json.Marshal(media.Match{Kind: media.KindMovie, Title: "Heat"}); !strings.Contains(string(got), `"season":null,"episodes":[],"absolute":[]`) {
		t.Errorf("a film is written as %s", got)
	}
}

func TestIDsShareOnlyTheSameCatalogue(t *testing.T) {
	a := media.IDs{IMDB: "tt1", TMDB: "7"}
	for _, c := range []struct {
		b    media.IDs
		want bool
	}{
		{media.IDs{IMDB: "TT1"}, true}, {media.IDs{TVDB: "7"}, false}, {media.IDs{}, false}, {media.IDs{TMDB: "7", IMDB: "tt2"}, true},
	} {
		if got := a.Shares(c.b); got != c.want {
			t.Errorf("%+v shares with %+v: %v", a, c.b, got)
		}
	}
}

func TestPageIsTheAddressOfTheItem(t *testing.T) {
	for want, a := range map[string]media.Answer{
		"simkl.com/movies/53801": {Kind: media.AnswerMovie, IDs: media.IDs{Simkl: 53801}},
		"simkl.com/tv/1109411":   {Kind: media.AnswerShow, IDs: media.IDs{Simkl: 1109411}},
		"simkl.com/anime/39687":  {Kind: media.AnswerAnime, IDs: media.IDs{Simkl: 39687}},
		"":                       {Kind: media.AnswerShow},
	} {
		if got := a.Page(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSchemeTellsURLsFromPaths(t *testing.T) {
	for path, want := range map[string]string{
		"https://h/x": "https", "FILE:///x": "file", "/films/a://b": "", "C:\\films": "", "c://x": "", "a b://x": "", "": "",
	} {
		if got := media.SchemeOf(path); got != want {
			t.Errorf("%q has the scheme %q, want %q", path, got, want)
		}
	}
}

// Nothing that moves a terminal's cursor or the direction of its text gets through, whatever comes in.
func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"Heat", "\x1b[31mred", "a\u202eb", "\xff\xfe", "葬送のフリーレン", "a\nb\r\x00", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := media.Sanitize(s)
		if !utf8.ValidString(got) || media.Sanitize(got) != got {
			t.Fatalf("%q gives %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
				t.Fatalf("%q gives %q with %U", s, got, r)
			}
		}
	})
}

func TestSanitizeJSONCleansStringsAndNothingElse(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"plain","n":1.50,"b":[true,null]}`: `{"a":"plain","n":1.50,"b":[true,null]}`,
		`"esc \u001b[2J"`:                        "\"esc \ufffd[2J\"",
		`"a\nb\u202ec"`:                          "\"a\ufffdb\ufffdc\"",
		"\"raw \u202e\u009b\"":                   "\"raw \ufffd\ufffd\"",
		`"\\u001b is text, \" too"`:              `"\\u001b is text, \" too"`,
		`"caf\u00e9 <b>&"`:                       `"caf\u00e9 <b>&"`,
		`{"k\u0007":"\u0000"}`:                   "{\"k\ufffd\":\"\ufffd\"}",
		"\"\xff\"":                               "\"\ufffd\"",
		`12`:                                     `12`,
	} {
		if got := string(media.SanitizeJSON([]byte(in))); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzSanitizeJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\u001b"}`, `"\\"`, `[1,"x\ny"]`, `"`, `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := media.SanitizeJSON(in)
		if !json.Valid(in) {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("%q became %q", in, got)
		}
		if again := media.SanitizeJSON(got); !bytes.Equal(again, got) {
			t.Errorf("%q, then %q", got, again)
		}
	})
}
