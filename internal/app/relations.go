package app

import (
	"path/filepath"

	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/paths"
)

// identifyConfig is what the user has said of files, with these rules.
func (d *Daemon) identifyConfig(rules []identify.Rule) identify.Config {
	return identify.Config{Places: d.places(), Rules: rules, Relations: RelationsOf(d.opt.Paths)}
}

// systemRelations is where a package puts a table of relations.
const systemRelations = "/usr/share/simkld/anime-relations.txt"

// RelationsOf is the table of anime relations that stands beside the configuration, else the one of the system.
func RelationsOf(p paths.Paths) *identify.Relations {
	return identify.ReadRelations(filepath.Join(filepath.Dir(p.ConfigWrite), "anime-relations.txt"), systemRelations)
}
