package matcher

import "strings"

// role is what a folder above the file is to it.
type role struct {
	kind   folderKind
	season int // -1 none
	disc   bool
	title  bool // its name can be a title
	hex    bool // a hash or an id
}

// folderRole judges a folder by its name alone.
func (d *dictionary) folderRole(name string) role {
	ro := role{season: -1}
	var room [64]byte
	if len(name) <= len(room) {
		if k, ok := d.folders[string(appendFolded(room[:0], name))]; ok {
			ro.kind = k
			if k&folderSpecials != 0 {
				ro.season = 0
			}
			if k&folderDisc != 0 {
				ro.disc = true
			}
			return ro
		}
	}
	if strings.HasPrefix(name, "smb-share:") || strings.HasPrefix(name, "sftp:") || strings.HasPrefix(name, "dav:") || looksHashed(name) {
		ro.kind, ro.hex = folderContainer, true
		return ro
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 && (strings.HasSuffix(name[i:], "library") || name[i:] == ".fcpbundle") { // what macOS's programs keep
		ro.kind = folderCamera
		return ro
	}
	ro.title = true
	return ro
}

// discFolder reports whether a folder is one disc of several: CD1, Disc 2, DVD 1.
func discFolder(name string) (int, bool) {
	i := 0
	for i < len(name) && !isDigit(name[i]) {
		i++
	}
	if i == len(name) || len(name)-i > 2 {
		return 0, false
	}
	n, ok := wholeNumber([]byte(name[i:]))
	if !ok {
		return 0, false
	}
	switch strings.ToLower(strings.Trim(name[:i], " ._-")) {
	case "cd", "dvd", "disc", "disk", "disque", "bd":
		return n, true
	}
	return 0, false
}

// looksHashed reports whether a name is a hash, a UUID or random letters rather than words: "a3f9c1e2b7d84f6e",
// "6f1ed002-ab53-4ef1-9a3c-0d2f4f7a9b10", "s2e2fYzx5xJhuBjHn5ZXE07Ebi".
func looksHashed(s string) bool {
	if len(s) < 8 {
		return false
	}
	hex, digits, changes, separators, upper, lower := 0, 0, 0, 0, 0, 0
	var last byte
	for i := range len(s) {
		c := s[i]
		kind := byte('l')
		switch {
		case isDigit(c):
			kind = 'd'
			digits++
			hex++
		case c >= 'a' && c <= 'f':
			hex++
			lower++
		case c >= 'A' && c <= 'F':
			hex++
			upper++
			kind = 'u'
		case c >= 'A' && c <= 'Z':
			upper++
			kind = 'u'
		case c >= 'a' && c <= 'z':
			lower++
		case c == '-':
			separators++
			continue
		default:
			return false
		}
		if last != 0 && kind != last {
			changes++
		}
		last = kind
	}
	n := len(s) - separators
	switch {
	case separators > 0 && n >= 16 && digits*3 >= n && mixedSegments(s):
		return true
	case hex == n && n >= 16 && digits >= 2 && digits < n:
		return true
	case hex == n && n == 8 && digits >= 2 && digits < 8 && separators == 0 && changes >= 3:
		return true
	case separators == 0 && n >= 16 && changes*3 >= n && digits >= 2 && upper > 0:
		return true
	case separators == 0 && n >= 20 && digits >= 3 && upper >= 3 && lower >= 3 && changes*4 >= n:
		return true
	case separators == 0 && n >= 16 && digits == 0 && changes*3 >= n && upper > 2 && lower > 2:
		return true
	}
	return false
}

// mixedSegments reports whether every piece between dashes mixes letters and digits.
func mixedSegments(s string) bool {
	for part := range strings.SplitSeq(s, "-") {
		letters, digits := 0, 0
		for i := range len(part) {
			if isDigit(part[i]) {
				digits++
			} else {
				letters++
			}
		}
		if letters == 0 || digits < 2 {
			return false
		}
	}
	return true
}
