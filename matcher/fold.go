package matcher

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold gives the form of a title in which titles are compared: without case, accents, punctuation and spaces, and
// with "&" as "and". A title of punctuation alone ("...") is kept as it is, without its spaces.
func Fold(title string) string {
	var room [96]byte
	b := appendFolded(room[:0], title)
	if len(b) == 0 {
		return strings.Join(strings.Fields(title), "")
	}
	if string(b) == title {
		return title
	}
	return string(b)
}

// Same reports whether two titles are the same when folded.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	var roomA, roomB [96]byte
	fa, fb := appendFolded(roomA[:0], a), appendFolded(roomB[:0], b)
	return len(fa) > 0 && string(fa) == string(fb)
}

// appendFolded appends the letters and digits of s in folded form.
func appendFolded(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
				b = append(b, c)
			case c >= 'A' && c <= 'Z':
				b = append(b, c+'a'-'A')
			case c == '&':
				b = append(b, "and"...)
			}
			continue
		}
		j := i + 1
		for j < len(s) && s[j] >= utf8.RuneSelf {
			j++
		}
		b = appendFoldedWide(b, s[i:j])
		i = j
	}
	return b
}

// appendFoldedWide is appendFolded for text outside ASCII: compatibility forms are taken apart and accents dropped.
func appendFoldedWide(b []byte, s string) []byte {
	var it norm.Iter
	it.InitString(norm.NFKD, s)
	for !it.Done() {
		for p := it.Next(); len(p) > 0; {
			r, n := utf8.DecodeRune(p)
			p = p[n:]
			switch {
			case r == utf8.RuneError, r >= 0x300 && r <= 0x36f:
			case r == 'ß':
				b = append(b, "ss"...)
			case unicode.IsLetter(r), unicode.IsNumber(r):
				b = utf8.AppendRune(b, unicode.ToLower(r))
			}
		}
	}
	return b
}
