package mpris_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players/mpris"
)

func TestPlace(t *testing.T) {
	for url, want := range map[string]string{
		"file:///films/a%20b.mkv":              "/films/a b.mkv",
		"file:///films/1%20+%201%20=%20100%25": "/films/1 + 1 = 100%",
		"file:///films/a+b.mkv":                "/films/a+b.mkv",
		"file:///films/Bad%FF%FE.mkv":          "/films/Bad\xff\xfe.mkv",
		"file:///films/100%.mkv":               "/films/100%.mkv",
		"file:///films/100%zz%20b.mkv":         "/films/100%zz b.mkv",
		"file:///films/%23%3F.mkv":             "/films/#?.mkv",
		"file://localhost/a.mkv":               "/a.mkv",
		"FILE:///a.mkv":                        "/a.mkv",
		"file:/a.mkv":                          "/a.mkv",
		"file://server/a.mkv":                  "file://server/a.mkv",
		"file://server":                        "",
		"/films/bare 100%25.mkv":               "/films/bare 100%25.mkv", // SMPlayer: a path, no URL
		"/films/./x/../a.mkv":                  "/films/a.mkv",
		"a.mkv":                                "",
		"file:///a%00b":                        "",
		"https://films.example/watch?v=1":      "https://films.example/watch?v=1",
		"":                                     "",
	} {
		if got := mpris.Place(url); got != want {
			t.Errorf("%q is %q, want %q", url, got, want)
		}
	}
}

func TestMetadataComesInManyTypes(t *testing.T) {
	for _, length := range []any{
		int64(60128000), uint64(60128000), int32(60128000), uint32(60128000), float64(60128000), "60128000", "60128000.0",
	} {
		if _, _, _, _, got := mpris.ReadMetadata(map[string]dbus.Variant{"mpris:length": dbus.MakeVariant(length)}); got != 60.128 {
			t.Errorf("%T: %v s", length, got)
		}
	}
	for _, length := range []any{int64(-1), int64(0), uint64(1 << 63), 1e300, "", "long", []string{"1"}, true} {
		if _, _, _, _, got := mpris.ReadMetadata(map[string]dbus.Variant{"mpris:length": dbus.MakeVariant(length)}); got != 0 {
			t.Errorf("%T %v is believed as %v s", length, length, got)
		}
	}
	_, _, track, tags, _ := mpris.ReadMetadata(map[string]dbus.Variant{
		"mpris:trackid": dbus.MakeVariant("/0"), "SHOW": dbus.MakeVariant("Some Show"), "episode_sort": dbus.MakeVariant("2"),
		"xesam:artist": dbus.MakeVariant([]string{"An Artist"}), "vlc:publisher": dbus.MakeVariant(int32(3)),
	})
	if track != "/0" || tags["SHOW"] != "Some Show" || tags["EPISODE_SORT"] != "2" || tags["ARTIST"] != "An Artist" || len(tags) != 3 {
		t.Errorf("track %q, tags %v", track, tags)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add("file:///films/a%20b.mkv", "A Title", "/org/mpris/1", "60128000", int64(60128000), 1.5, "SHOW", "Some Show")
	f.Add("http://h/x?token=a", "x?token=a", "/NoTrack", "-1", int64(-1), -1.0, "xesam:artist", "\xff")
	f.Add("/bare/path", "", "", "", int64(0), 1e308, "", "")
	f.Add("file:///%", "%", "%%%", "1e999", int64(1)<<62, 0.0, "mpris:length", "NaN")
	f.Fuzz(func(t *testing.T, url, title, track, length string, number int64, real float64, key, value string) {
		for _, l := range []any{length, number, real} {
			raw := map[string]dbus.Variant{
				key: dbus.MakeVariant(value), "xesam:url": dbus.MakeVariant(url), "xesam:title": dbus.MakeVariant(title),
				"mpris:trackid": dbus.MakeVariant(track), "mpris:length": dbus.MakeVariant(l),
			}
			path, shown, _, tags, seconds := mpris.ReadMetadata(raw)
			if strings.ContainsRune(path, 0) {
				t.Errorf("a path with a zero byte: %q", path)
			}
			if path != "" && media.SchemeOf(path) == "" && !filepath.IsAbs(path) {
				t.Errorf("%q is told as %q, neither absolute nor a URL", url, path)
			}
			if seconds < 0 || seconds > (48*time.Hour).Seconds() {
				t.Errorf("a length of %v s", seconds)
			}
			if !utf8.ValidString(shown) || len(shown) > 1<<16 || len(tags) > 256 {
				t.Errorf("title of %d bytes, %d tags", len(shown), len(tags))
			}
		}
	})
}
