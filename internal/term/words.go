package term

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/media"
)

// Clock is a place in a film: "10:12", "2:50:03".
func Clock(d time.Duration) string {
	s := int(max(0, d) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Span is a length of time in its two largest units: "40 s", "22 min", "5 h 50 min", "3 d 4 h". Parts are cut.
func Span(d time.Duration) string {
	d = max(0, d)
	two := func(big, small time.Duration, bigUnit, smallUnit string) string {
		text := fmt.Sprintf("%d %s", d/big, bigUnit)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, smallUnit)
		}
		return text
	}
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < day:
		return two(time.Hour, time.Minute, "h", "min")
	}
	return two(day, time.Hour, "d", "h")
}

// Percent is cut and never rounded up, since 80 decides: 79.9 is "79 %".
func Percent(p float64) string { return strconv.Itoa(int(media.CutPercent(p))) + " %" }

// When is a moment in a sentence: "today 20:14", "18 May 20:14", "18 May 2025 20:14". Both times are shown in the
// zone of now.
func When(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return "today " + t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006 15:04")
}

// TableTime is a moment in a table: "2026-05-22 20:14", in the zone of t.
func TableTime(t time.Time) string { return t.Format("2006-01-02 15:04") }

// ShortTableTime is TableTime where there is little room: "05-22 20:14".
func ShortTableTime(t time.Time) string { return t.Format("01-02 15:04") }

// Count writes a plural out: "1 watch", "2 watches".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// List joins words by commas; beyond limit it ends "and 3 more".
func List(words []string, limit int) string {
	if len(words) <= limit {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:limit], ", ") + fmt.Sprintf(" and %d more", len(words)-limit)
}

const (
	barCells = 30
	barMark  = barCells * 8 / 10 // from 80 % a title counts
)

// Bar is a progress bar with a mark at 80 %: "[######------------------|-----]".
func Bar(percent float64) string {
	filled := int(media.CutPercent(percent) * barCells / 100)
	var b strings.Builder
	b.WriteByte('[')
	for i := range barCells {
		switch {
		case i == barMark:
			b.WriteByte('|')
		case i < filled:
			b.WriteByte('#')
		default:
			b.WriteByte('-')
		}
	}
	b.WriteByte(']')
	return b.String()
}

// ShellQuote writes a word so that a shell takes it as it is. What is unsafe on a terminal becomes an escape of $'…'
// (bash, zsh, ksh): the command works there and shows nothing raw.
func ShellQuote(word string) string {
	if media.Sanitize(word) != word {
		return ansiQuote(word)
	}
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func ansiQuote(word string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRuneInString(word[i:])
		part := word[i : i+n]
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + part)
		case media.Sanitize(part) != part || r == utf8.RuneError:
			for _, c := range []byte(part) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteString(part)
		}
		i += n
	}
	b.WriteByte('\'')
	return b.String()
}
