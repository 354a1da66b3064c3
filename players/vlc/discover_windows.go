package vlc

import "path/filepath"

// folders is that of VLC.
func (s Surroundings) folders() []string {
	config := s.Config
	if config == "" && s.Home != "" {
		config = filepath.Join(s.Home, "AppData", "Roaming")
	}
	if config == "" {
		return nil
	}
	return []string{filepath.Join(config, "vlc")}
}
