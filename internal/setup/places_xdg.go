//go:build unix && !darwin

package setup

import "path/filepath"

// vlcrcs are the settings of VLC: its own, those of the Flatpak and the Snap where these are used.
func (s Surroundings) vlcrcs() []string {
	own := filepath.Join(s.config(), "vlc")
	var folders []string
	if isFolder(own) {
		folders = append(folders, own)
	}
	for _, box := range []struct{ used, folder string }{
		{".var/app/org.videolan.VLC", ".var/app/org.videolan.VLC/config/vlc"},
		{"snap/vlc/common", "snap/vlc/common"},
		{"snap/vlc/current/.config/vlc", "snap/vlc/current/.config/vlc"},
	} {
		if isFolder(filepath.Join(s.Home, box.used)) {
			folders = append(folders, filepath.Join(s.Home, box.folder))
		}
	}
	if len(folders) == 0 {
		folders = append(folders, own)
	}
	out := make([]string, len(folders))
	for i, folder := range folders {
		out[i] = filepath.Join(folder, vlcrcName)
	}
	return out
}
