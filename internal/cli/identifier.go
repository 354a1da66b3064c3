package cli

import (
	"os"
	"path/filepath"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// identifier says what a file is, as the daemon would, without asking Simkl.
type identifier struct {
	folder   string // whose names are in siblings
	siblings []string
}

func newIdentifier(*Env) (*identifier, error) { return &identifier{}, nil }

func (id *identifier) match(path string) (media.Match, error) {
	full := path
	if media.SchemeOf(path) == "" {
		if abs, err := filepath.Abs(path); err == nil {
			if _, err := os.Lstat(abs); err == nil {
				full = abs // a file that exists has folders around it
			}
		}
	}
	return matcher.Match(matcher.Input{Path: full, Siblings: id.beside(full), Explain: true}), nil
}

// maxSiblings bounds how much of a folder is looked at.
const maxSiblings = 500

// beside are the names of the files in the folder of path, none where there is no such folder.
func (id *identifier) beside(path string) []string {
	folder := filepath.Dir(path)
	if media.SchemeOf(path) != "" || !filepath.IsAbs(path) {
		return nil
	}
	if folder == id.folder {
		return id.siblings
	}
	id.folder, id.siblings = folder, nil
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxSiblings) // what could be read is enough
	id.siblings = names
	return names
}
