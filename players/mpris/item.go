package mpris

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// place makes xesam:url what media.Item.Path promises: an absolute local path as raw bytes, or a URL as the player gave
// it. Empty when it names neither. SMPlayer writes a bare path, and a + stays a + (edge-cases.md M5).
func place(raw string) string {
	switch {
	case raw == "", strings.ContainsRune(raw, 0):
		return ""
	case strings.HasPrefix(raw, "/"):
		return filepath.Clean(raw)
	}
	rest, ok := cutScheme(raw, "file:")
	if !ok {
		if media.SchemeOf(raw) == "" {
			return ""
		}
		return raw
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		slash := strings.IndexByte(after, '/')
		if slash < 0 {
			return ""
		}
		if host := after[:slash]; !here(host) {
			return raw
		}
		rest = after[slash:]
	}
	path := unescape(rest)
	if !strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) {
		return ""
	}
	return filepath.Clean(path)
}

func cutScheme(s, scheme string) (string, bool) {
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return s, false
	}
	return s[len(scheme):], true
}

// here reports whether the host of a file URL is this machine.
func here(host string) bool {
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	own, err := os.Hostname()
	return err == nil && strings.EqualFold(host, own)
}

// unescape decodes the escapes of a path. What is no escape stays as it is, since some players write names raw.
func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := url.PathUnescape(s[i : i+3]); err == nil {
				out = append(out, b...)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// shownTitle is the title without the query of a URL, which may hold a secret (players.md 2.6).
func shownTitle(title, path string) string {
	_, query, has := strings.Cut(path, "?")
	if !has || media.SchemeOf(path) == "" {
		return title
	}
	if media.SchemeOf(title) != "" {
		before, _, _ := strings.Cut(title, "?")
		return before
	}
	for _, q := range []string{query, unescape(query)} {
		if before, ok := strings.CutSuffix(title, "?"+q); ok {
			return before
		}
	}
	return title
}

// item is the medium as it is reported, without what only time tells (whether the length grows).
func (m metadata) item() media.Item {
	path := place(m.url)
	return media.Item{
		Path: path, Title: shownTitle(m.title, path), Tags: m.tags, Length: m.length, Picture: pictureOf(path),
	}
}

// kinds are the endings that leave no doubt. MPRIS has no word on what is shown.
var kinds = byEnding(map[media.Picture]string{
	media.PictureNone: "aac ac3 aif aiff alac ape dsf dts flac m4a m4b mid mka mp2 mp3 mpc oga ogg opus ra spx tak tta " +
		"wav wma wv",
	media.PictureStill: "avif bmp gif heic jpeg jpg jxl png svg tif tiff webp",
	media.PictureVideo: "3gp asf avi divx dv f4v flv iso m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogm ogv rm rmvb ts vob " +
		"webm wmv wtv y4m",
})

func byEnding(lists map[media.Picture]string) map[string]media.Picture {
	out := map[string]media.Picture{}
	for kind, endings := range lists {
		for ending := range strings.FieldsSeq(endings) {
			out["."+ending] = kind
		}
	}
	return out
}

// pictureOf guesses from the ending of a name.
func pictureOf(path string) media.Picture {
	if media.SchemeOf(path) != "" {
		path, _, _ = strings.Cut(path, "?")
	}
	return kinds[strings.ToLower(filepath.Ext(path))]
}
