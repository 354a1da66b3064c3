//go:build unix

package mpv

import "path/filepath"

func usual(s Surroundings) []string {
	out := []string{s.Folder(), "/tmp/mpvsocket", "/tmp/mpv-socket"}
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
