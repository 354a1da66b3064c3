package identify

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/simkld/simkld/internal/media"
)

// Places judges paths and URLs by the folders, globs and URL prefixes of the settings (product.md 4, [matcher]).
type Places struct{ include, exclude, library []pattern }

// pattern is one line of include, exclude or library.
type pattern struct {
	text string // as it was written
	glob string // of a path, with / between its parts; "" for a URL
	url  *url.URL
}

// NewPlaces takes the three lists. Entries are absolute folders, globs with **, or beginnings of URLs.
func NewPlaces(library, include, exclude []string) *Places {
	return &Places{include: patterns(include), exclude: patterns(exclude), library: patterns(library)}
}

func patterns(list []string) []pattern {
	var out []pattern
	for _, text := range list {
		if text == "" {
			continue
		}
		p := pattern{text: text}
		if media.SchemeOf(text) != "" {
			u, err := url.Parse(text)
			if err != nil {
				continue // config has refused it already
			}
			p.url = u
		} else {
			p.glob = strings.TrimRight(slashed(text), "/")
		}
		out = append(out, p)
	}
	return out
}

// slashed is a path in the form in which paths are compared: "/" between parts, NFC, and without case where the
// system has none.
func slashed(path string) string {
	path = norm.NFC.String(filepath.ToSlash(path))
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		path = strings.ToLower(path)
	}
	return path
}

// Excluded gives the entry of exclude that covers a path or URL.
func (p *Places) Excluded(path string) (entry string, yes bool) { return find(p.exclude, path) }

// Included reports whether include covers a path or URL; an empty list covers everything.
func (p *Places) Included(path string) bool {
	if len(p.include) == 0 {
		return true
	}
	_, yes := find(p.include, path)
	return yes
}

// Known gives the entry of library or include that names the folder of a path: its names may go to Simkl.
func (p *Places) Known(path string) (entry string, yes bool) {
	if entry, yes = find(p.library, path); yes {
		return entry, true
	}
	return find(p.include, path)
}

func find(list []pattern, path string) (string, bool) {
	if path == "" || len(list) == 0 {
		return "", false
	}
	if media.SchemeOf(path) != "" && !strings.HasPrefix(path, "file://") {
		u, err := url.Parse(path)
		if err != nil {
			return "", false
		}
		for _, p := range list {
			if p.url != nil && p.coversURL(u) {
				return p.text, true
			}
		}
		return "", false
	}
	name := slashed(path)
	for _, p := range list {
		if p.glob != "" && p.coversPath(name) {
			return p.text, true
		}
	}
	return "", false
}

// coversPath: a folder covers all that is in it, a glob what it matches and all that is in that.
func (p pattern) coversPath(name string) bool {
	if strings.HasPrefix(name, p.glob) && (len(name) == len(p.glob) || name[len(p.glob)] == '/') {
		return true
	}
	// An entry that is no valid glob is a folder with odd letters in its name, and was compared as one.
	whole, err := doublestar.Match(p.glob, name)
	inside, err2 := doublestar.Match(p.glob+"/**", name)
	return err == nil && whole || err2 == nil && inside
}

// coversURL compares scheme and host whole, and the path by its beginning: "https://h/films" is not "https://h.evil".
func (p pattern) coversURL(u *url.URL) bool {
	if !strings.EqualFold(p.url.Scheme, u.Scheme) || !strings.EqualFold(p.url.Host, u.Host) {
		return false
	}
	prefix := strings.TrimRight(p.url.Path, "/")
	return strings.HasPrefix(u.Path, prefix) && (len(u.Path) == len(prefix) || u.Path[len(prefix)] == '/')
}
