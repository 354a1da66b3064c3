package vlc_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/players/vlc"
)

func TestStatusOfVLC2IsUnderstood(t *testing.T) {
	got, ok := vlc.ParseStatus([]byte(`{"version":"2.2.8 Weatherwax","apiversion":3,"state":"playing","currentplid":4,"time":30,
		"length":60,"position":0,501,"rate":1,5,"fullscreen":false,"chapters":[0,1,2],
		"information":{"chapters":[0,1],"category":{"meta":{"filename":"Rick &amp; Morty&#39;s 1,5.mkv","title":"Tom &amp; Jerry"}}}}`))
	want := vlc.Reading{
		Plid: "4", State: "playing", Position: 30.06, Length: 60, Known: true, Rate: 1.5, Screen: true,
		Name: "Rick & Morty's 1,5.mkv", Title: "Tom & Jerry", Tags: map[string]string{"TITLE": "Tom & Jerry"},
	}
	if !ok || cmp.Diff(want, got) != "" {
		t.Errorf("%v %s", ok, cmp.Diff(want, got))
	}
}

func TestTextOfVLC3IsTakenAsItIs(t *testing.T) {
	got, ok := vlc.ParseStatus([]byte(`{"version":"3.0.24","state":"paused","currentplid":4,"information":{"category":{"meta":{"title":"Tom &amp; Jerry"}}}}`))
	if !ok || got.Title != "Tom &amp; Jerry" {
		t.Errorf("%v %+v", ok, got)
	}
}

func TestOnlyVLCIsBelieved(t *testing.T) {
	for _, body := range []string{
		"", "null", "[]", "0", `"playing"`, "{", "<html>", `{"state":"playing"}`, `{"version":"3.0"}`, `{"state":7,"version":"3.0"}`,
	} {
		if s, ok := vlc.ParseStatus([]byte(body)); ok {
			t.Errorf("%q is taken for %+v", body, s)
		}
	}
}

func TestPositionIsFinerThanSecondsAndNeverBytes(t *testing.T) {
	for body, want := range map[string]float64{
		`"length":60,"time":31,"position":0.5224232673645`:       31.345396,
		`"length":4,"time":3,"position":0.8549`:                  3.4196,
		`"length":2700,"time":60,"position":0.9`:                 60, // a share of bytes
		`"length":0,"time":0,"position":0.495`:                   0,
		`"length":-1,"time":17,"position":0`:                     17,
		`"length":60,"time":0,"position":0`:                      0,
		`"length":60,"time":60,"position":1.2`:                   60,
		`"length":"60","time":"30","position":"0,5"`:             30,
		`"length":99999999,"time":5,"position":0.5`:              5,
		`"length":60,"time":30,"position":0.5,"fullscreen":true`: 30,
	} {
		s, ok := vlc.ParseStatus([]byte(`{"version":"3","state":"playing","currentplid":3,` + body + `}`))
		if !ok || math.Abs(s.Position-want) > 1e-3 {
			t.Errorf("%s: %v %+v, want %v", body, ok, s, want)
		}
	}
}

func TestTooManyTagsAreNoTags(t *testing.T) {
	meta := map[string]string{}
	for i := range 300 {
		meta[fmt.Sprint("key", i)] = "value"
	}
	meta["title"] = "Heat"
	body, err := json.Marshal(map[string]any{
		"version": "3", "state": "playing", "currentplid": 3,
		"information": map[string]any{"category": map[string]any{"meta": meta}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := vlc.ParseStatus(body); !ok || len(s.Tags) != 0 || s.Title != "Heat" {
		t.Errorf("%v %d tags, title %q", ok, len(s.Tags), s.Title)
	}
}

func TestEntryIsFoundHoweverDeep(t *testing.T) {
	list := `{"id":"0","children":[{"id":"1","name":"Playlist","children":[{"id":"5","type":"node","children":[
		{"id":"6","uri":"file:///a%20b.mkv","name":"a b"},{"id":7,"uri":"file:///c.mkv","current":"current","name":"c"}]}]},
		{"id":"2","children":[]}],"more":{"children":[{"id":"6","uri":"file:///wrong"}]}}`
	for id, want := range map[string]string{"6": "file:///a%20b.mkv", "7": "file:///c.mkv", "99": "file:///c.mkv"} {
		if got, err := vlc.URIOf(strings.NewReader(list), id, "", false); err != nil || got != want {
			t.Errorf("entry %s is at %q, %v", id, got, err)
		}
	}
	two := `{"children":[{"id":"a","uri":"x://1","current":"current","name":"Tom &amp; Jerry"},{"id":"b","uri":"x://2&amp;3","current":"current","name":"R &amp; M"}]}`
	if got, err := vlc.URIOf(strings.NewReader(two), "9", "R & M", true); err != nil || got != "x://2&3" {
		t.Errorf("by its name it is %q, %v", got, err)
	}
	if got, err := vlc.URIOf(strings.NewReader(two), "9", "", true); err != nil || got != "" {
		t.Errorf("of two that may be meant it is %q, %v", got, err)
	}
	for _, bad := range []string{"", "[]", "{", `{"children":{}}`, `{"children":[7]}`, strings.Repeat(`{"children":[`, 10000)} {
		if got, err := vlc.URIOf(strings.NewReader(bad), "9", "", false); err == nil {
			t.Errorf("%.20q is a playlist with %q", bad, got)
		}
	}
}

func TestPathIsDecodedOnceAndByteForByte(t *testing.T) {
	for uri, want := range map[string]string{
		"file:///films/1%20+%201%20=%20100%25%20%232%20really%3F.mkv": "/films/1 + 1 = 100% #2 really?.mkv",
		"file:///films/100%2525.mkv":                                  "/films/100%25.mkv",
		"file:///films/caf%E9%20%FF%FE.mkv":                           "/films/caf\xe9 \xff\xfe.mkv",
		"FILE://localhost/a%0Ab.mkv":                                  "/a\nb.mkv",
		"file:///100% of it%20all%zz.mkv":                             "/100% of it all%zz.mkv",
		"file:///Bad%FF%FE Name (2001).mkv":                           "/Bad\xff\xfe Name (2001).mkv",
		"file://nas/share/a%20b.mkv":                                  "file://nas/share/a%20b.mkv",
		"http://h/a%20b.mkv?token=abc":                                "http://h/a%20b.mkv?token=abc",
		"dvd:///dev/sr0":                                              "dvd:///dev/sr0",
		"file://":                                                     "file://",
		"":                                                            "",
	} {
		if got := vlc.PathOf(uri, false); got != want {
			t.Errorf("%q is %q, want %q", uri, got, want)
		}
	}
	for uri, want := range map[string]string{
		"file:///C:/Films/a%20b.mkv": "C:/Films/a b.mkv", "file:///films/a.mkv": "/films/a.mkv",
	} {
		if got := vlc.PathOf(uri, true); got != want {
			t.Errorf("on another machine %q is %q, want %q", uri, got, want)
		}
	}
}

func FuzzStatus(f *testing.F) {
	for _, s := range []string{
		`{"version":"3.0.24 Vetinari","apiversion":3,"state":"playing","currentplid":3,"time":31,"length":60,"position":0.52,"rate":1,"fullscreen":false,"information":{"category":{"meta":{"title":"x","filename":"y"}}}}`,
		`{"version":"2.1","state":"paused","position":0,5,"length":1,2,"a":[0,1]}`, `{"version":"3","state":"x","rate":"1e309","time":-0}`, "", "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := string(body)
		s, ok := vlc.ParseStatus(body)
		if string(body) != before {
			t.Error("the answer was changed")
		}
		if !ok {
			return
		}
		const longest = 48 * 3600
		if s.State == "" || !(s.Position >= 0 && s.Position <= longest && s.Length >= 0 && s.Length <= longest) ||
			!(s.Rate > 0 && s.Rate <= 100) || s.Length > 0 && s.Position > s.Length || len(s.Tags) > 256 {
			t.Errorf("%q is %+v", body, s)
		}
	})
}

func FuzzPlaylist(f *testing.F) {
	for _, s := range []string{
		`{"id":"0","children":[{"id":"3","uri":"file:///a.mkv","name":"a","current":"current"}]}`, `{"children":[{"id":3,"uri":"&amp;"}]}`,
		"", "{", `{"children":[[]]}`,
	} {
		f.Add(s, "3", "a", true)
	}
	f.Fuzz(func(t *testing.T, list, id, name string, old bool) {
		uri, err := vlc.URIOf(strings.NewReader(list), id, name, old)
		if err != nil && uri != "" || len(uri) > 64<<10 {
			t.Errorf("%q %v", uri, err)
		}
		vlc.PathOf(uri, false)
		vlc.PathOf(list, true)
	})
}
