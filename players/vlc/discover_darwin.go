package vlc

import "path/filepath"

// folders are that of VLC, and the one it has where it was built as on other systems.
func (s Surroundings) folders() []string {
	if s.Home == "" {
		return nil
	}
	return []string{
		filepath.Join(s.Home, "Library", "Preferences", "org.videolan.vlc"),
		filepath.Join(s.Home, ".config", "vlc"),
	}
}
