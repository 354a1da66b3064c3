package paths

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/about"
)

// maxSocketPath is not reached: Windows has pipes.
const maxSocketPath = 256

// pipeName is the named pipe for a socket's name. The name of a state folder in it keeps users apart.
func pipeName(socket string) string {
	return `\\.\pipe\` + about.Name + "-" + strings.TrimSuffix(socket, ".sock")
}

func homeDir(env func(string) string) string { return absolute(env("USERPROFILE")) }

func platformPlaces(env func(string) string, home string) places {
	roaming := first(absolute(env("APPDATA")), join(home, filepath.Join("AppData", "Roaming")))
	local := first(absolute(env("LOCALAPPDATA")), join(home, filepath.Join("AppData", "Local")))
	return places{
		config:       join(first(absolute(env("XDG_CONFIG_HOME")), roaming), about.Name),
		systemConfig: join(absolute(env("ProgramData")), about.Name),
		state:        join(first(absolute(env("XDG_STATE_HOME")), local), about.Name),
	}
}

// checkPrivate asks nothing: folders below a user's profile are closed to other users by inheritance.
func checkPrivate(dir string) error {
	_, err := os.Stat(dir)
	return err
}

// syncDir does nothing: Windows has no way to flush a folder, and MoveFileEx is journaled by NTFS.
func syncDir(string) error { return nil }
