package term

import (
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"

	"github.com/simkld/simkld/internal/media"
)

// foreignCells bounds text from outside (screens.md 13).
const foreignCells = 200

// cells measures; its own value, since the package's default reads the locale when the program starts.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// Width is the number of cells that text takes: a kanji two, a combining mark none.
func Width(text string) int { return cells.StringWidth(text) }

// Foreign is the door for text from players, names and Simkl: safe to show, and 200 cells at most.
func Foreign(text string) string {
	// A cell has at least a byte, but may have many marks: bytes are bounded first.
	const bytesEnough = foreignCells * 16
	if len(text) > bytesEnough {
		text = strings.ToValidUTF8(text[:bytesEnough], "")
	}
	return Cut(media.Sanitize(text), foreignCells)
}

// Cut shortens text to width cells, between graphemes, with an ellipsis in the last one.
func Cut(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return head(text, width-1) + "…"
}

// CutTitle shortens a title but keeps what follows its last blank, which is its number: "The Melancholy o… S01E14".
func CutTitle(text string, width int) string {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 || Width(text) <= width {
		return Cut(text, width)
	}
	number := text[i:]
	if room := width - Width(number); room > 1 {
		return Cut(text[:i], room) + number
	}
	return Cut(text, width)
}

// CutPath shortens a path but keeps its last part: "…/Heat (1995)/Heat.mkv".
func CutPath(path string, width int) string {
	if Width(path) <= width {
		return path
	}
	if width < 1 {
		return ""
	}
	var parts []string
	for rest := path; rest != ""; {
		var cluster string
		cluster, rest, _, _ = uniseg.FirstGraphemeClusterInString(rest, -1)
		parts = append(parts, cluster)
	}
	room, i := width-1, len(parts)
	for i > 0 && Width(parts[i-1]) <= room {
		i--
		room -= Width(parts[i])
	}
	return "…" + strings.Join(parts[i:], "")
}

// head is as much of text as fits into width cells.
func head(text string, width int) string {
	end := 0
	for rest, state := text, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if width -= Width(cluster); width < 0 {
			break
		}
		end += len(cluster)
	}
	return text[:end]
}

// pad fills text with blanks to width cells, on the left for numbers.
func pad(text string, width int, right bool) string {
	blanks := strings.Repeat(" ", max(0, width-Width(text)))
	if right {
		return blanks + text
	}
	return text + blanks
}
