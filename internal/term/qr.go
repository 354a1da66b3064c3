package term

import (
	"io"
	"strings"

	"rsc.io/qr"
)

// quiet is the border that a reader needs, in modules.
const quiet = 4

// QR draws a code of text with half blocks, black on white in any theme. It draws nothing and gives false where the
// code does not fit, in a pipe, and without UTF-8.
func (s Screen) QR(text string) (bool, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil || !s.Terminal || !s.UTF8 {
		return false, nil //nolint:nilerr // a text too long for a code is shown as text only
	}
	side := code.Size + 2*quiet
	if side > s.Width || (side+1)/2 >= s.Height {
		return false, nil
	}
	// Both colours in each line, and none left behind: a theme's own black and white need not be those.
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		b.WriteString("\x1b[38;5;16;48;5;231m")
		for x := range side {
			top, bottom := code.Black(x-quiet, y-quiet), code.Black(x-quiet, y+1-quiet)
			switch {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(s, b.String())
	return err == nil, err
}
