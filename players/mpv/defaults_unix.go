//go:build unix

package mpv

import (
	"os"
	"path/filepath"
)

// guides are the names that guides recommend. A name in use leaves its file behind for ever, so that only those that
// are there are watched: any program that writes into their folder would wake us.
var guides = []string{"/tmp/mpvsocket", "/tmp/mpv-socket"}

func usual(s Surroundings) []string {
	out := []string{s.Folder()}
	for _, socket := range guides {
		if _, err := os.Lstat(socket); err == nil {
			out = append(out, socket)
		}
	}
	for _, folder := range s.configs() {
		for _, socket := range configured(folder, s.Home) {
			if filepath.IsAbs(socket) { // else it is below a folder that only mpv knows
				out = append(out, socket)
			}
		}
	}
	return out
}

// configs are the folders in which mpv.conf may be: the system's mpv, an old one, the Flatpak, the Snap.
func (s Surroundings) configs() []string {
	config := s.Config
	if config == "" && s.Home != "" {
		config = filepath.Join(s.Home, ".config")
	}
	var out []string
	if config != "" {
		out = append(out, filepath.Join(config, "mpv"))
	}
	if s.Home == "" {
		return out
	}
	return append(out,
		filepath.Join(s.Home, ".mpv"),
		filepath.Join(s.Home, ".var/app/io.mpv.Mpv/config/mpv"),
		filepath.Join(s.Home, "snap/mpv/current/.config/mpv"),
	)
}
