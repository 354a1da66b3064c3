package setup

import "path/filepath"

// vlcrcs are the settings of VLC.
func (s Surroundings) vlcrcs() []string {
	return []string{filepath.Join(s.Home, "Library", "Preferences", "org.videolan.vlc", vlcrcName)}
}
