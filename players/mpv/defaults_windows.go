package mpv

import (
	"path/filepath"
	"strings"
)

// scriptPipes are those that the drop-in script makes, with the process in the name.
const scriptPipes = pipes + "simkld-mpv-*"

// usual are the names that guides recommend and those of mpv.conf; mpv makes \\.\pipe\NAME of a bare NAME.
func usual(s Surroundings) []string {
	out := []string{scriptPipes, pipes + "mpvsocket", pipes + "mpv-socket", pipes + `tmp\mpvsocket`}
	if s.Config == "" {
		return out
	}
	for _, name := range configured(filepath.Join(s.Config, "mpv"), s.Home) {
		if !strings.HasPrefix(name, pipes) {
			name = pipes + strings.TrimLeft(filepath.FromSlash(name), `\`)
		}
		out = append(out, name)
	}
	return out
}
