package vlc

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// pathOf turns VLC's uri into the path of a file, byte for byte, or leaves it as the URL it is. far is true for a VLC
// on another machine: its paths are text, and their form is that of the other machine.
func pathOf(uri string, far bool) string {
	rest, ok := cutScheme(uri)
	if !ok {
		return uri
	}
	host, file, ok := strings.Cut(rest, "/")
	drives := far || filepath.Separator == '\\'
	switch {
	case !ok:
		return uri
	case host != "" && !strings.EqualFold(host, "localhost"): // a share of another machine
		if far || !drives {
			return uri
		}
		return filepath.FromSlash("//" + host + "/" + unescape(file))
	}
	file = unescape("/" + file)
	if drives && len(file) >= 3 && letter(file[1]) && file[2] == ':' { // file:///C:/films
		file = file[1:]
	}
	if far {
		return file
	}
	return filepath.FromSlash(file)
}

func cutScheme(uri string) (string, bool) {
	const scheme = "file://"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", false
	}
	return uri[len(scheme):], true
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// unescape decodes %20 once and leaves + and what is no escape as they are: a name may hold any byte.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if u, err := url.PathUnescape(s[i : i+3]); err == nil {
				out = append(out, u...)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// titleOf is what VLC shows: the tag, or the name of the file. The name of a URL may end in a query, which may hold a
// secret (players.md 2.6).
func titleOf(s status, where string) string {
	title := s.title
	if title == "" {
		title = s.name
	}
	if _, query, has := strings.Cut(where, "?"); has && media.SchemeOf(where) != "" {
		for _, q := range []string{query, unescape(query)} {
			if before, ok := strings.CutSuffix(title, "?"+q); ok {
				title = before
				break
			}
		}
	}
	return cut(title, maxText)
}

// stills are the pictures that VLC shows for ten seconds. It plays them as films with a length, and everything else
// that would tell them apart is translated (players.md 3.3).
var stills = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".jpe": true, ".webp": true, ".bmp": true, ".tif": true, ".tiff": true,
	".gif": true, ".svg": true, ".pnm": true, ".ppm": true, ".pgm": true, ".pcx": true, ".tga": true, ".xpm": true,
	".heic": true, ".heif": true, ".avif": true, ".jxl": true, ".lbm": true, ".xcf": true,
}

func isStill(where string) bool {
	if media.SchemeOf(where) != "" {
		where, _, _ = strings.Cut(where, "?")
	}
	return stills[strings.ToLower(path.Ext(where))]
}
