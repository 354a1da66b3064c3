package setup

import (
	"io/fs"
	"os"
	"path/filepath"
)

const configVariable = "APPDATA"

func (s Surroundings) config() string {
	if s.Config != "" {
		return s.Config
	}
	return filepath.Join(s.Home, "AppData", "Roaming")
}

// mpvFolders are the folders in which mpv looks for its configuration, and that of mpv.net where it is used.
func (s Surroundings) mpvFolders() []string {
	own := filepath.Join(s.config(), "mpv")
	if s.MPVHome != "" {
		own = s.MPVHome
	}
	out := []string{own}
	if net := filepath.Join(s.config(), "mpv.net"); isFolder(net) {
		out = append(out, net)
	}
	return out
}

// vlcrcs are the settings of VLC.
func (s Surroundings) vlcrcs() []string { return []string{filepath.Join(s.config(), "vlc", vlcrcName)} }

// needsHomeFolder is false: players make pipes.
func (s Surroundings) needsHomeFolder() bool { return false }

// private keeps the mode: a user's folders are closed to others by their access lists.
func private(mode fs.FileMode) fs.FileMode { return mode }

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
