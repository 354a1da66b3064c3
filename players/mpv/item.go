package mpv

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// Bounds of what a container may say about itself. Real files have some dozen tags of a line each.
const (
	maxTags = 256
	maxText = 16 << 10
	// maxPath is far above PATH_MAX; URLs with tokens are some KiB.
	maxPath = 64 << 10
)

// tags reads the metadata with upper-case keys, because mkv writes SHOW and mp4 writes show.
func tags(data json.RawMessage) map[string]string {
	var raw map[string]json.RawMessage
	if len(data) == 0 || json.Unmarshal(data, &raw) != nil || len(raw) == 0 || len(raw) > maxTags {
		return nil
	}
	out := make(map[string]string, len(raw))
	for key, value := range raw {
		if s, ok := text(value); ok && len(key) <= maxText && len(s) <= maxText {
			out[strings.ToUpper(key)] = s
		}
	}
	return out
}

// shownTitle is media-title without the query of a URL, which may hold a secret (players.md 2.6).
func shownTitle(title, path string) string {
	if len(title) > maxText {
		title = title[:maxText]
	}
	_, query, has := strings.Cut(path, "?")
	if media.SchemeOf(path) == "" || !has {
		return title
	}
	if media.SchemeOf(title) != "" {
		before, _, _ := strings.Cut(title, "?")
		return before
	}
	for _, q := range []string{query, unescaped(query)} {
		if before, ok := strings.CutSuffix(title, "?"+q); ok {
			return before
		}
	}
	return title
}

func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// deviceProperty names the property that holds the place of a disc; empty where path is not a disc.
func deviceProperty(path string) string {
	switch media.SchemeOf(path) {
	case "dvd", "dvdnav":
		return "dvd-device"
	case "bd", "bluray", "br":
		return "bluray-device"
	}
	return ""
}

// locator finds out which file a player means.
type locator struct {
	// cwd is the folder in which the player really runs, "" when it cannot be known.
	cwd func() string
	// exists reports whether a path names something.
	exists func(path string) bool
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// locate makes path absolute. working-directory is $PWD, which is wrong where a launcher changed the folder without
// saying so, and mpv 0.40 builds path with it (players.md 0, fact 1): the folder of the process is asked first.
func (l locator) locate(path, workdir string) string {
	switch {
	case path == "", path == "-": // standard input has no name
		return ""
	case media.SchemeOf(path) != "":
		return path
	}
	return disc(l.absolute(path, workdir))
}

func (l locator) absolute(path, workdir string) string {
	if filepath.IsAbs(path) {
		if l.exists(path) {
			return clean(path, l.exists)
		}
		return l.moved(path, workdir)
	}
	var first string
	for _, dir := range []string{l.cwd(), workdir} {
		if dir == "" {
			continue
		}
		joined := dir + string(filepath.Separator) + path
		if l.exists(joined) {
			return clean(joined, l.exists)
		}
		if first == "" {
			first = filepath.Clean(joined)
		}
	}
	if first == "" {
		return filepath.Clean(path)
	}
	return first
}

// moved finds an absolute path that does not exist below the folder in which the player really runs.
func (l locator) moved(path, workdir string) string {
	cwd := l.cwd()
	if cwd == "" {
		return filepath.Clean(path)
	}
	tries := []string{filepath.Base(path)}
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(workdir, "/")+"/"); ok && workdir != "" {
		tries = []string{rest, tries[0]}
	}
	for _, rest := range tries {
		if joined := cwd + string(filepath.Separator) + rest; l.exists(joined) {
			return clean(joined, l.exists)
		}
	}
	return filepath.Clean(path)
}

// clean takes . and .. out, unless that leads elsewhere: behind a link to a folder .. is not the folder before it.
func clean(path string, exists func(string) bool) string {
	if c := filepath.Clean(path); exists(c) {
		return c
	}
	return path
}

// disc gives the folder of a copied disc, whose name is that of the film: mpv is also given what lies inside.
func disc(path string) string {
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	inside := func(folder string) bool { return strings.EqualFold(filepath.Base(dir), folder) }
	switch {
	case strings.EqualFold(base, "VIDEO_TS"), strings.EqualFold(base, "BDMV"):
		return dir
	case strings.EqualFold(base, "VIDEO_TS.IFO"), strings.EqualFold(base, "index.bdmv"):
		if inside("VIDEO_TS") || inside("BDMV") {
			return filepath.Dir(dir)
		}
		return dir
	}
	return path
}
