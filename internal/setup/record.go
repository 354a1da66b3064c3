package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/paths"
)

// record is what was done to a player, as the state folder keeps it.
type record struct {
	Files []entry `json:"files"`
	// Folders were made for sockets.
	Folders []exact `json:"folders,omitempty"`

	trouble []string // what has to be said about reading it
}

// entry is one file that was changed.
type entry struct {
	File exact `json:"file"`
	// Copy numbers the contents from before and of ours, which lie beside the record.
	Copy int `json:"copy"`
	// Existed is false if there was no file.
	Existed bool        `json:"existed"`
	Mode    fs.FileMode `json:"mode"`
	// Wrote is the mode that we gave it.
	Wrote   fs.FileMode `json:"wrote"`
	Folders []exact     `json:"folders,omitempty"` // made for it
}

// exact is a path whose bytes survive JSON, which knows only UTF-8.
type exact string

// MarshalText writes the path quoted, in ASCII.
func (e exact) MarshalText() ([]byte, error) { return []byte(strconv.QuoteToASCII(string(e))), nil }

// UnmarshalText reads what MarshalText wrote.
func (e *exact) UnmarshalText(text []byte) error {
	path, err := strconv.Unquote(string(text))
	*e = exact(path)
	return err
}

const (
	beforeSuffix = "before"
	wroteSuffix  = "wrote"
)

func (p *Player) kept() string       { return filepath.Join(p.around.State, "setup") }
func (p *Player) recordFile() string { return filepath.Join(p.kept(), p.name+".json") }

func (p *Player) copyName(e *entry, suffix string) string {
	return filepath.Join(p.kept(), fmt.Sprintf("%s-%d.%s", p.name, e.Copy, suffix))
}

// look reads the record. Of one that is damaged it says so, and it counts as empty.
func (p *Player) look() (*record, error) {
	rec := &record{}
	data, err := os.ReadFile(p.recordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return rec, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was set up: %w", err)
	}
	if whole := json.Unmarshal(data, rec) == nil; !whole {
		return &record{trouble: []string{"The record of what was set up is damaged: " + media.Sanitize(p.recordFile())}}, nil
	}
	return rec, nil
}

// load is look for those who write the record then: a damaged one is moved aside, and said.
func (p *Player) load() (*record, error) {
	rec, err := p.look()
	if err != nil || len(rec.trouble) == 0 {
		return rec, err
	}
	moved, err := paths.Aside(p.recordFile(), time.Now())
	if err != nil {
		return nil, err
	}
	rec.trouble = []string{"The record of what was set up was damaged, and is now " + media.Sanitize(moved) + "."}
	return rec, nil
}

// save writes the record, or removes it when nothing is left of it.
func (p *Player) save(rec *record) error {
	if len(rec.Files) == 0 && len(rec.Folders) == 0 {
		if err := os.Remove(p.recordFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_ = os.Remove(p.kept()) // stays while it holds something else
		return nil
	}
	data, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return err
	}
	if err := paths.PrivateDir(p.kept()); err != nil {
		return err
	}
	return paths.WriteFile(p.recordFile(), append(data, '\n'), 0o600)
}

func (r *record) find(path string) *entry {
	i := slices.IndexFunc(r.Files, func(e entry) bool { return string(e.File) == path })
	if i < 0 {
		return nil
	}
	return &r.Files[i]
}

// remember notes a change before it is made.
func (p *Player) remember(rec *record, path string, before, want file, made []exact) (*entry, error) {
	if err := paths.PrivateDir(p.kept()); err != nil {
		return nil, err
	}
	e := rec.find(path)
	if e == nil {
		n := 1
		for _, other := range rec.Files {
			n = max(n, other.Copy+1)
		}
		rec.Files = append(rec.Files, entry{File: exact(path), Copy: n})
		e = &rec.Files[len(rec.Files)-1]
	}
	e.Existed, e.Mode, e.Wrote = before.exists, before.mode, want.mode
	e.Folders = append(e.Folders, made...)
	if before.exists {
		if err := paths.WriteFile(p.copyName(e, beforeSuffix), before.data, 0o600); err != nil {
			return nil, err
		}
	}
	if err := paths.WriteFile(p.copyName(e, wroteSuffix), want.data, 0o600); err != nil {
		return nil, err
	}
	return e, p.save(rec)
}

// forget drops a change that was taken back.
func (p *Player) forget(rec *record, path string) error {
	e := rec.find(path)
	if e == nil {
		return nil
	}
	gone := []string{p.copyName(e, beforeSuffix), p.copyName(e, wroteSuffix)}
	rec.Files = slices.DeleteFunc(rec.Files, func(e entry) bool { return string(e.File) == path })
	for _, name := range gone {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return p.save(rec)
}

// copies are the contents that belong to an entry.
func (p *Player) copies(e *entry) (before, wrote file, err error) {
	before = file{exists: e.Existed, mode: e.Mode}
	if e.Existed {
		if before.data, err = os.ReadFile(p.copyName(e, beforeSuffix)); err != nil {
			return before, wrote, err
		}
	}
	wrote = file{exists: true, mode: e.Wrote}
	wrote.data, err = os.ReadFile(p.copyName(e, wroteSuffix))
	return before, wrote, err
}

// makeFolders makes a folder with its parents and gives those that were missing, outermost first.
func makeFolders(dir string) ([]exact, error) {
	var missing []exact
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, exact(d))
		if d == filepath.Dir(d) {
			break
		}
	}
	slices.Reverse(missing)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, d := range missing {
		if err := likeBeside(string(d)); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// write writes a file whole, with its mode and owner.
func write(path string, f file) error {
	model := path
	if _, err := os.Stat(path); err != nil {
		model = filepath.Dir(path)
	}
	give := ownerOf(model)
	if err := paths.WriteFile(path, f.data, f.mode); err != nil {
		return err
	}
	return give(path)
}
