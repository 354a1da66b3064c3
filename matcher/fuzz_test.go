package matcher_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

func FuzzMatch(f *testing.F) {
	for _, p := range benchPaths {
		f.Add(p, "Show 101.mkv\nShow 102.mkv")
	}
	for _, p := range []string{
		"", "-", "/", "//", `\\nas\tv\Show\1x02.mkv`, "[[[", "]]]", "([{", "S01E", "s01e01e02e03-e", "1x", "x1", "第話", "第十話", "E", "Ep.", "- 1 -",
		"http://h/%", "http://h/a%2Fb.mkv?filename=S01E02.mkv", "archive://a|", "edl://%99%x", "edl://%3%a.b", "stack://", "content://x/primary%3AM%2Fa.mkv",
		"\xff\xfe - 01.mkv", "a\x00b S01E02", "【】【】[01]", "www.", "www.a.com - ", "tt", "{tmdb-}", "{tmdb-1}", "(2000)", "2000 (2001)", "Part", "Part Two", "OVA", "SP1", "x edition-1", "tmdb-1", "a - 1(", "(1)", "Show (1).mkv", "S1 - ", "1.2", "[1.2]", "第", "제", "E01-", "1x1-", "3D",
	} {
		f.Add(p, "")
	}
	f.Fuzz(func(t *testing.T, path, siblings string) {
		in := matcher.Input{Path: path, Siblings: strings.Split(siblings, "\n")}
		m := matcher.Match(in)
		if again := matcher.Match(in); !reflect.DeepEqual(m, again) {
			t.Fatalf("two answers for %q: %+v, %+v", path, m, again)
		}
		if m.Confidence < 0 || m.Confidence > 1 {
			t.Fatalf("confidence %v", m.Confidence)
		}
		if m.Kind == media.KindNone && m.Published {
			t.Fatal("nothing was recognised, but it is called published")
		}
		if m.Kind == "" {
			t.Fatal("no kind")
		}
		in.Explain = true
		if e := matcher.Match(in); e.Kind != m.Kind || e.Title != m.Title {
			t.Fatalf("asking for reasons changes the answer: %+v, %+v", m, e)
		}
		if utf8.ValidString(path) && !utf8.ValidString(m.Title) {
			t.Fatalf("title %q of %q is broken", m.Title, path)
		}
	})
}

func FuzzParseNFO(f *testing.F) {
	f.Add([]byte(`<movie><title>Heat</title><year>1995</year><uniqueid type="imdb">tt0113277</uniqueid></movie>`))
	f.Add([]byte(`https://www.imdb.com/title/tt0113277/`))
	f.Add([]byte(`<?xml version="1.0" encoding="koi8-r"?><tvshow><id>81189</id></tvshow>`))
	f.Fuzz(func(_ *testing.T, b []byte) { matcher.ParseNFO(b) })
}

func FuzzJSONLine(f *testing.F) {
	f.Add([]byte(`{"id":"a","path":"Show S01E02.mkv","siblings":["x"]}`))
	f.Add([]byte(`{"id":1,"path":"\ud800","x":[{}]}`))
	f.Add([]byte(`{"id":"a","path":`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := matcher.JSONLine(b); !utf8.Valid(out) || strings.ContainsRune(string(out), '\n') {
			t.Fatalf("%q", out)
		}
	})
}

// A name of 64 KiB, whatever it repeats, costs no more than a short one by its length.
func TestLongNamesTakeLinearTime(t *testing.T) {
	for _, piece := range []string{"a", "(", "[a", "S01E01", "1x01-", "E01 ", "01.", "- 1 ", "2001.", "第1", "www.a.com ", "Part 1 ", "{tmdb-1}", "[]", "'", "é", "/", "%20", "\\", "extended cut ", "1-", "[1]", "S1 - "} {
		long := strings.Repeat(piece, 64<<10/len(piece)) + ".mkv"
		start := time.Now()
		matcher.Match(matcher.Input{Path: long})
		matcher.Match(matcher.Input{Path: "/tv/" + long + "/Show 101.mkv", Siblings: []string{long, long}})
		if d := time.Since(start); d > 2*time.Second { // what grows with the square takes four seconds and more; a busy machine must not fail this
			t.Errorf("%d bytes of %q took %v", len(long), piece, d)
		}
	}
}
