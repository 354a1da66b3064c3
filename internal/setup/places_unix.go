//go:build unix

package setup

import (
	"io/fs"
	"os"
	"path/filepath"
)

const configVariable = "XDG_CONFIG_HOME"

// config is the folder of configurations.
func (s Surroundings) config() string {
	if s.Config != "" {
		return s.Config
	}
	return filepath.Join(s.Home, ".config")
}

// mpvFolders are the folders in which mpv looks for its configuration: its own first, then those of sandboxes in use.
func (s Surroundings) mpvFolders() []string {
	own := filepath.Join(s.config(), "mpv")
	if old := filepath.Join(s.Home, ".mpv"); isFolder(old) && !isFolder(own) {
		own = old // mpv would no longer look there once the other one is made
	}
	if s.MPVHome != "" {
		own = s.MPVHome
	}
	out := []string{own}
	for _, box := range []struct{ used, folder string }{
		{".var/app/io.mpv.Mpv", ".var/app/io.mpv.Mpv/config/mpv"},
		{"snap/mpv/current", "snap/mpv/current/.config/mpv"},
	} {
		if isFolder(filepath.Join(s.Home, box.used)) {
			out = append(out, filepath.Join(s.Home, box.folder))
		}
	}
	return out
}

// needsHomeFolder reports whether players are told of no runtime folder, so that sockets are made in the home folder.
func (s Surroundings) needsHomeFolder() bool { return s.Runtime == "" && s.Home != "" }

// private closes a file to other users.
func private(mode fs.FileMode) fs.FileMode { return mode &^ 0o077 }

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
