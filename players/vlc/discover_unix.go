//go:build unix && !darwin

package vlc

import "path/filepath"

// folders are those of the system's VLC, of an old one, of the Flatpak and of the Snap.
func (s Surroundings) folders() []string {
	var out []string
	if s.Config != "" {
		out = append(out, filepath.Join(s.Config, "vlc"))
	}
	if s.Home == "" {
		return out
	}
	return append(out,
		filepath.Join(s.Home, ".config", "vlc"),
		filepath.Join(s.Home, ".vlc"),
		filepath.Join(s.Home, ".var", "app", "org.videolan.VLC", "config", "vlc"),
		filepath.Join(s.Home, "snap", "vlc", "current", ".config", "vlc"),
	)
}
