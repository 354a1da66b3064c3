//go:build unix && !darwin

package paths

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/simkld/simkld/internal/about"
)

func platformPlaces(env func(string) string, home string) places {
	pl := unixPlaces(env)
	pl.config = join(first(absolute(env("XDG_CONFIG_HOME")), join(home, ".config")), about.Name)
	pl.state = join(first(absolute(env("XDG_STATE_HOME")), join(home, filepath.Join(".local", "state"))), about.Name)
	pl.guessRuntime = ownedFolder(filepath.Join("/run/user", strconv.Itoa(os.Getuid())))
	return pl
}
