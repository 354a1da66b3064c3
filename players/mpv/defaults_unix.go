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
	out := s.scripted()
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

// scripted are the folders in which the drop-in script makes sockets. A Flatpak shows others only a part of its runtime
// folder, a Snap has one of its own, and where there is none the script uses the home folder: these are watched only
// where they can be in use, because each costs a wake-up for whatever else is made beside it.
func (s Surroundings) scripted() []string {
	out := []string{s.Folder()}
	if s.Runtime != "" && s.Home != "" {
		for _, box := range [][2]string{{".var/app/io.mpv.Mpv", "app/io.mpv.Mpv"}, {"snap/mpv", "snap.mpv"}} {
			if isFolder(filepath.Join(s.Home, box[0])) {
				out = append(out, filepath.Join(s.Runtime, box[1], "simkld", "mpv"))
			}
		}
	}
	if folder := s.HomeFolder(); folder != "" && isFolder(folder) {
		out = append(out, folder)
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
