//go:build unix

package mpv

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSocketOfTheUsersOwnConfigurationIsWatched(t *testing.T) {
	for line, want := range map[string]string{
		"input-ipc-server=/tmp/a":                  "/tmp/a",
		"  --input-ipc-server = '/tmp/a b' # mine": "/tmp/a b",
		`input-ipc-server="/tmp/a#b"`:              "/tmp/a#b",
		"input-ipc-server=/tmp/a # mine":           "/tmp/a",
		"#input-ipc-server=/tmp/a":                 "",
		"input-ipc-server":                         "",
		"input-ipc-client=fd://3":                  "",
		"input-ipc-server='/tmp/a":                 "",
	} {
		if got := ipcServer(line); got != want {
			t.Errorf("%q gives %q, want %q", line, got, want)
		}
	}
	home := t.TempDir()
	for folder, text := range map[string]string{
		".config/mpv":                     "vo=gpu\n[profile]\ninput-ipc-server=~/mpv.sock\n",
		".var/app/io.mpv.Mpv/config/mpv":  "input-ipc-server=~~/flatpak.sock\n",
		"snap/mpv/current/.config/mpv":    "input-ipc-server=/tmp/mpvsocket\n",
		".mpv":                            "input-ipc-server=relative\n",
		"unrelated/.var/app/x/config/mpv": "input-ipc-server=/tmp/never\n",
	} {
		dir := filepath.Join(home, folder)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "mpv.conf"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	used := filepath.Join(home, "used")
	if err := os.WriteFile(used, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	defer func(list []string) { guides = list }(guides)
	guides = []string{used, filepath.Join(home, "never-used")}
	scripts := filepath.Join(home, ".local/state/simkld/mpv")
	if err := os.MkdirAll(scripts, 0o700); err != nil {
		t.Fatal(err)
	}
	got := DefaultSockets(Surroundings{Runtime: "/run/user/1000", Home: home})
	want := []string{
		"/run/user/1000/simkld/mpv", "/run/user/1000/app/io.mpv.Mpv/simkld/mpv", "/run/user/1000/snap.mpv/simkld/mpv", scripts,
		used, filepath.Join(home, "mpv.sock"),
		filepath.Join(home, ".var/app/io.mpv.Mpv/config/mpv/flatpak.sock"), "/tmp/mpvsocket",
	}
	if !slices.Equal(got, want) {
		t.Errorf("watched are %q, want %q", got, want)
	}
}

func TestAnotherUsersPlayerIsRefusedUnlessWeAreRoot(t *testing.T) {
	other := peer{pid: 1, uid: os.Getuid() + 1, known: true}
	if got := allowed(other); got != (os.Getuid() == 0) {
		t.Errorf("as user %d a player of another is allowed: %v", os.Getuid(), got)
	}
	if !allowed(peer{pid: 1, uid: os.Getuid(), known: true}) || !allowed(peer{}) {
		t.Error("our own player is refused")
	}
}
