package mpv

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Surroundings are the folders of one user from which the usual places of sockets follow. Empty ones are left out.
type Surroundings struct {
	// Runtime is $XDG_RUNTIME_DIR.
	Runtime string
	// Home is the home folder.
	Home string
	// Config is the folder of configurations: $XDG_CONFIG_HOME, or %APPDATA% on Windows. Empty means Home/.config.
	Config string
}

// Folder is where the drop-in script gives each mpv a socket of its own; "" without a runtime folder.
func (s Surroundings) Folder() string {
	if s.Runtime == "" {
		return ""
	}
	return filepath.Join(s.Runtime, "simkld", "mpv")
}

// HomeFolder is where the script makes sockets when the player was told of no runtime folder (macOS, cron, su). It is
// watched if it exists: setup makes it where it is needed. "" without a home folder.
func (s Surroundings) HomeFolder() string {
	if s.Home == "" {
		return ""
	}
	return filepath.Join(s.Home, ".local", "state", "simkld", "mpv")
}

// ConfiguredSocket is the input-ipc-server that folder/mpv.conf names, "" if it names none. The script leaves such a
// player alone.
func ConfiguredSocket(folder, home string) string {
	all := configured(folder, home)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// DefaultSockets are the places to watch without any setting: the folder of the drop-in script, the names that guides
// recommend, and what the user's own mpv.conf says, also that of the Flatpak and the Snap.
func DefaultSockets(s Surroundings) []string {
	var out []string
	for _, path := range usual(s) {
		if path != "" && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}

// configured gives the values of input-ipc-server in folder/mpv.conf, of all profiles. No file is no value.
func configured(folder, home string) []string {
	f, err := os.Open(filepath.Join(folder, "mpv.conf"))
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f) // a line of more than 64 KiB ends it: that is no configuration of mpv
	for lines.Scan() {
		if value := ipcServer(lines.Text()); value != "" {
			out = append(out, expand(value, folder, home))
		}
	}
	return out
}

// ipcServer reads one line of mpv.conf: "input-ipc-server=VALUE", with or without two dashes, quotes and a
// comment.
func ipcServer(line string) string {
	line = strings.TrimPrefix(strings.TrimSpace(line), "--")
	name, value, ok := strings.Cut(line, "=")
	if !ok || strings.TrimSpace(name) != "input-ipc-server" {
		return ""
	}
	value = strings.TrimSpace(value)
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		inner, _, closed := strings.Cut(value[1:], value[:1])
		if !closed {
			return ""
		}
		return inner
	}
	value, _, _ = strings.Cut(value, "#")
	return strings.TrimSpace(value)
}

// expand resolves the beginnings that mpv knows: ~/ is the home folder, ~~/ the one of mpv.conf.
func expand(value, folder, home string) string {
	for prefix, dir := range map[string]string{"~~home/": folder, "~~/": folder, "~/": home} {
		if rest, ok := strings.CutPrefix(value, prefix); ok && dir != "" {
			return filepath.Join(dir, rest)
		}
	}
	return value
}
