//go:build unix && !darwin

package vlc_test

import (
	"slices"
	"testing"

	"github.com/simkld/simkld/players/vlc"
)

func TestSettingsOfAllKindsOfVLCAreFound(t *testing.T) {
	home, config, program := t.TempDir(), t.TempDir(), t.TempDir()
	const text = "http-password=geheim\n"
	want := []string{
		write(t, text, config, "vlc", "vlcrc"),
		write(t, text, home, ".config/vlc/vlcrc"),
		write(t, text, home, ".var/app/org.videolan.VLC/config/vlc/vlcrc"),
		write(t, text, home, "snap/vlc/current/.config/vlc/vlcrc"),
		write(t, text, program, "portable/vlcrc"),
	}
	var got []string
	for _, s := range vlc.Discover(vlc.Surroundings{Home: home, Config: config, Programs: []string{program, ""}}) {
		got = append(got, s.File)
		if s.Password != "geheim" || s.On {
			t.Errorf("read as %+v", s)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if found := vlc.Discover(vlc.Surroundings{}); found != nil {
		t.Errorf("nowhere is %+v", found)
	}
}
