package mpv

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place is one configured entry: a socket, a glob, or a folder of sockets, which may not exist yet.
type place struct {
	entry string
	glob  bool
}

// pipes is where Windows keeps named pipes. One that is named is only looked at by opening it; a glob is looked up in
// their list.
const pipes = `\\.\pipe\`

func newPlace(entry string) place {
	if strings.HasPrefix(entry, pipes) {
		return place{entry: entry}
	}
	if abs, err := filepath.Abs(entry); err == nil {
		entry = abs
	}
	// A path that exists is itself, whatever signs are in its name.
	glob := strings.ContainsAny(entry, "*?[") && !exists(entry)
	if _, err := filepath.Match(entry, ""); err != nil {
		glob = false
	}
	return place{entry: entry, glob: glob}
}

// sockets are the sockets that the place holds now.
func (p place) sockets() []string {
	if strings.HasPrefix(p.entry, pipes) {
		return pipesLike(p.entry)
	}
	names := []string{p.entry}
	if p.glob {
		names, _ = filepath.Glob(p.entry) // its only error is a bad pattern, which newPlace excludes
	}
	var out []string
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
		case isSocket(info):
			out = append(out, name)
		case info.IsDir():
			out = append(out, socketsIn(name)...)
		}
	}
	return out
}

func socketsIn(folder string) []string {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil // it went away, or is not ours
	}
	var out []string
	for _, entry := range list {
		if entry.Type()&fs.ModeSocket != 0 {
			out = append(out, filepath.Join(folder, entry.Name()))
		}
	}
	return out
}

func isSocket(info fs.FileInfo) bool { return info.Mode()&fs.ModeSocket != 0 }

// holds reports whether a socket at path would be one of the place.
func (p place) holds(path string) bool {
	if p.glob {
		self, _ := filepath.Match(p.entry, path)
		in, _ := filepath.Match(p.entry, filepath.Dir(path))
		return self || in
	}
	return path == p.entry || filepath.Dir(path) == p.entry
}

// leads reports whether a folder at path is on the way to the place, so that it must be watched from now on.
func (p place) leads(path string) bool {
	parts, own := split(path), split(p.entry)
	if len(parts) > len(own) {
		return false
	}
	for i, part := range parts {
		if own[i] == part {
			continue
		}
		if ok, err := filepath.Match(own[i], part); !p.glob || err != nil || !ok {
			return false
		}
	}
	return true
}

func split(path string) []string { return strings.Split(path, string(filepath.Separator)) }

// folders are the existing folders in which the place's sockets, or the folders that are missing on the way to
// them, would appear.
func (p place) folders() []string {
	parts := split(p.entry)
	root := filepath.VolumeName(p.entry) + string(filepath.Separator)
	return p.walk(root, parts[1:])
}

func (p place) walk(folder string, rest []string) []string {
	if len(rest) == 0 || rest[0] == "" {
		return []string{folder}
	}
	if !p.glob || !strings.ContainsAny(rest[0], "*?[") {
		below := filepath.Join(folder, rest[0])
		switch {
		case !isFolder(below):
			return []string{folder}
		case len(rest) == 1:
			// Also the one above: a folder that is deleted while a player listens in it says so only when the
			// player ends, and may have been made again long before.
			return []string{folder, below}
		}
		return p.walk(below, rest[1:])
	}
	out := []string{folder}
	list, err := os.ReadDir(folder)
	if err != nil {
		return out // what cannot be listed can still be watched
	}
	for _, entry := range list {
		below := filepath.Join(folder, entry.Name())
		if ok, _ := filepath.Match(rest[0], entry.Name()); ok && isFolder(below) {
			out = append(out, p.walk(below, rest[1:])...)
		}
	}
	return out
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
