package media

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sanitize makes text from outside (players, file names, Simkl) safe to show: control characters, line breaks,
// bidirectional overrides and bytes that are not UTF-8 become U+FFFD (screens.md 13).
func Sanitize(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || unsafeRune(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unsafeRune(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// SanitizeJSON does to the strings of a JSON text what Sanitize does to a string, also where they write a character as an
// escape. What is not a string stays as it is. The text must be valid JSON; what comes back is.
func SanitizeJSON(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		end := i + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(text))
		out.Write(text[:i])
		out.Write(sanitizeLiteral(text[i:end]))
		text = text[end:]
	}
	out.Write(text)
	return out.Bytes()
}

// sanitizeLiteral gives a literal without a need for a change back as it is: re-encoding would change its form.
func sanitizeLiteral(literal []byte) []byte {
	if !bytes.ContainsFunc(literal, func(r rune) bool { return r == '\\' || r > unicode.MaxASCII }) {
		return literal
	}
	var s string
	if json.Unmarshal(literal, &s) != nil || Sanitize(s) == s && utf8.Valid(literal) {
		return literal
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(Sanitize(s)) != nil {
		return literal
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}

func unsafeRune(r rune) bool {
	switch {
	case unicode.IsControl(r): // C0, DEL and C1
		return true
	case r == '\u2028', r == '\u2029': // line and paragraph separators
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\u061c':
		return true
	}
	return false
}
