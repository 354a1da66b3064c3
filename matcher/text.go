package matcher

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// prepare brings a name into the form that is read: composed letters, full-width letters and brackets as ASCII.
// A plain name comes back as it is.
func prepare(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	if strings.IndexFunc(s, isWide) < 0 {
		return s
	}
	return strings.Map(narrow, s)
}

func isWide(r rune) bool {
	return r >= 0xFF01 && r <= 0xFF5E || r >= 0x3000 && r <= 0x301B || r == '⭐' || r == '⁄'
}

// narrow gives the ASCII letter, digit or bracket that a full-width one stands for.
func narrow(r rune) rune {
	switch r {
	case '【', '〔', '〖', '〘', '〚':
		return '['
	case '】', '〕', '〗', '〙', '〛':
		return ']'
	case '「', '『', '《', '〈', '」', '』', '》', '〉':
		return '"'
	case '\u3000', '⭐':
		return ' '
	case '⁄':
		return '/'
	case '！', '？', '：', '～':
		return r // part of titles, and not separators there
	}
	if r >= 0xFF01 && r <= 0xFF5E {
		return r - 0xFEE0
	}
	return r
}

// appendLower appends s in lower case, byte for byte as long as s: a letter whose other case has another length
// stays as it is.
func appendLower(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		l := unicode.ToLower(r)
		if l == r || utf8.RuneLen(l) != n {
			b = append(b, s[i:i+n]...)
		} else {
			b = utf8.AppendRune(b, l)
		}
		i += n
	}
	return b
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= utf8.RuneSelf }

// isIdeograph reports whether r belongs to a script that is written without spaces, or to Hangul, whose counters
// follow a number directly: there a number and a letter beside it are two words.
func isIdeograph(r rune) bool {
	return r >= 0x3041 && r <= 0x30FF || r >= 0x3400 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF
}

// isWordRune reports whether r is part of a word.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '\'' || r == '%' || r == '@' || r == '$'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '’' || r == '°' || r == 0xFFFD
}

// chineseNumber reads 十二 or 二十三 or 一〇二 at the start of s: its value and length in bytes, 0 and 0 for none.
func chineseNumber(s []byte) (value, length int) {
	total, digit, seen := 0, -1, false
	for length < len(s) {
		r, n := utf8.DecodeRune(s[length:])
		i := strings.IndexRune("〇一二三四五六七八九", r)
		switch {
		case i >= 0:
			d := i / 3
			if digit >= 0 {
				d += digit * 10
			}
			if d > 9999 {
				return 0, 0
			}
			digit = d
		case r == '十', r == '百':
			unit := 10
			if r == '百' {
				unit = 100
			}
			total += max(digit, 1) * unit
			if total > 9999 {
				return 0, 0
			}
			digit = -1
		default:
			if !seen {
				return 0, 0
			}
			return total + max(digit, 0), length
		}
		seen = true
		length += n
	}
	if !seen {
		return 0, 0
	}
	return total + max(digit, 0), length
}
