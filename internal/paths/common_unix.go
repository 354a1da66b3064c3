//go:build unix

package paths

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"github.com/simkld/simkld/internal/about"
)

// maxSocketPath is the longest address of a unix socket without its closing zero: 107 on Linux (players.md 6), 103 on
// the BSDs and macOS.
var maxSocketPath = map[bool]int{true: 107, false: 103}[runtime.GOOS == "linux"]

func pipeName(string) string { return "" }

func homeDir(env func(string) string) string { return absolute(env("HOME")) }

func unixPlaces(env func(string) string) places {
	return places{
		systemConfig: "/etc/" + about.Name,
		runtime:      ownedFolder(absolute(env("XDG_RUNTIME_DIR"))),
		// Not $TMPDIR, which may be long itself, and differs between the processes of one user.
		short:  filepath.Join("/tmp", about.Name+"-"+strconv.Itoa(os.Getuid())),
		system: "/run/" + about.Name,
	}
}

// ownedFolder is dir if it is a folder of this user: su and sudo hand on the runtime folder of somebody else.
func ownedFolder(dir string) string {
	if dir == "" {
		return ""
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || !ownedByUs(info) {
		return ""
	}
	return dir
}

func ownedByUs(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// checkPrivate refuses a folder that somebody else could have put there, and closes it to others.
func checkPrivate(dir string) error {
	// A link is fine if this user made it.
	link, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !ownedByUs(info) || !ownedByUs(link) {
		return fmt.Errorf("%s is not a folder of this user", dir)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a folder needs its execute bit
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
