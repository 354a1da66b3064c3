// Package term writes for people: tables, bars, times, links and QR codes, on a terminal or in a pipe (screens.md).
//
// It promises that foreign text never reaches a terminal raw, that columns line up in cells whatever the script, and
// that the meaning is in words, never in colour alone. It must not know what is shown, and reads the environment only in
// New.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// The values of --color.
const (
	ColorAuto   = "auto"
	ColorAlways = "always"
	ColorNever  = "never"
)

// Screen is where something is written, and what can be written there. The zero value with a Writer is a pipe.
type Screen struct {
	io.Writer
	// Terminal is false for a pipe or a file: nothing moves and nothing is cut there.
	Terminal bool
	// Width and Height are in cells, 0 when unknown or unbounded.
	Width, Height int
	Color         bool
	// Links is true where addresses can be made clickable (OSC 8).
	Links bool
	// UTF8 is true where any character can be shown.
	UTF8 bool
}

// New looks at a stream. color is the value of --color.
func New(f *os.File, color string, getenv func(string) string) Screen {
	s := Screen{Writer: f, UTF8: speaksUTF8(getenv)}
	fd := int(f.Fd())
	s.Terminal = term.IsTerminal(fd)
	dumb := getenv("TERM") == "dumb"
	if s.Terminal {
		if w, h, err := term.GetSize(fd); err == nil {
			s.Width, s.Height = w, h
		}
		// The Linux console prints OSC sequences as they are.
		s.Links = !dumb && getenv("TERM") != "linux"
	}
	if dumb {
		s.UTF8 = false
	}
	s.Color = ColorWanted(color, s.Terminal, getenv)
	return s
}

// ColorWanted decides on colour: the flag, then NO_COLOR and TERM=dumb against it, then CLICOLOR_FORCE=1 for it in a pipe.
func ColorWanted(color string, terminal bool, getenv func(string) string) bool {
	switch {
	case color == ColorAlways:
		return true
	case color == ColorNever, getenv("NO_COLOR") != "", getenv("TERM") == "dumb":
		return false
	}
	return terminal || getenv("CLICOLOR_FORCE") == "1"
}

// speaksUTF8 reads the locale as the C library does.
func speaksUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return utf8WithoutLocale
}

// Style is what colour adds to a word.
type Style string

// The styles are colours of the terminal's 16, so they fit any theme.
const (
	Plain    Style = ""
	Done     Style = "32" // green
	Waits    Style = "33" // yellow
	NeedsYou Style = "31" // red
	Command  Style = "36" // cyan
)

// Paint adds colour to text where there is colour.
func (s Screen) Paint(style Style, text string) string {
	if !s.Color || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

// Address writes "simkl.com/tv/1109411": clickable where that can be, with https:// in a pipe.
func (s Screen) Address(page string) string {
	page = Foreign(page)
	if page == "" {
		return ""
	}
	if !s.Terminal {
		return "https://" + page
	}
	return s.Link(page, "https://"+page)
}

// Link makes text clickable where that can be. The address must be one that this program made.
func (s Screen) Link(text, address string) string {
	if !s.Links {
		return text
	}
	return fmt.Sprintf("\x1b]8;;%s\x1b\\%s\x1b]8;;\x1b\\", Foreign(address), text)
}
