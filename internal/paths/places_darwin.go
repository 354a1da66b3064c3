package paths

import (
	"path/filepath"

	"github.com/simkld/simkld/internal/about"
)

func platformPlaces(env func(string) string, home string) places {
	pl := unixPlaces(env)
	support := join(home, filepath.Join("Library", "Application Support"))
	pl.config = join(first(absolute(env("XDG_CONFIG_HOME")), support), about.Name)
	pl.state = join(first(absolute(env("XDG_STATE_HOME")), support), about.Name)
	return pl
}
