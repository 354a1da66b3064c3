package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/fault"
)

// Source is what the settings are read from.
type Source struct {
	// File is the configuration file, "" for none.
	File string
	// Named: the file was named by a flag or the environment, so its absence is an error.
	Named bool
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Home stands for a leading ~, "" when unknown.
	Home string
}

// Origin says where a value came from.
type Origin struct {
	// File and Line are set for a value of the file, Env (the variable's name) for one of the environment. All are
	// empty for a default.
	File string
	Line int
	Env  string
}

// String is "default", "FILE:LINE" or the variable's name.
func (o Origin) String() string {
	switch {
	case o.Env != "":
		return o.Env
	case o.File != "":
		return o.File + ":" + strconv.Itoa(o.Line)
	}
	return "default"
}

// Entry is one effective value, for `simkld config show`.
type Entry struct {
	Key string
	// Value is as TOML writes it; a secret is hidden.
	Value  string
	Origin Origin
}

// Loaded is a valid configuration with the origin of each value.
type Loaded struct {
	Config  Config
	File    string // the file that was read, "" for none
	Entries []Entry
}

// Load reads the settings. It changes nothing, so that a reload can keep what it has when Load gives an error; that is a
// *fault.Error of kind fault.Usage which names file, line and column.
func Load(src Source) (Loaded, error) {
	data, found, err := read(src)
	if err != nil {
		return Loaded{}, err
	}
	file := ""
	if found {
		file = src.File
	}
	return load(data, file, src)
}

func read(src Source) (data []byte, found bool, err error) {
	if src.File == "" {
		return nil, false, nil
	}
	f, err := os.Open(src.File)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !src.Named:
		return nil, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, fault.Wrap(fault.Usage, err, src.File+" does not exist", "name another with --config, or none")
	case errors.Is(err, fs.ErrPermission):
		return nil, false, fault.Wrap(fault.Usage, err, src.File+" may not be read", "give this user the right to read it")
	case err != nil:
		return nil, false, fault.Wrap(fault.Usage, err, src.File+" cannot be opened", "check the path")
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxFile+int64(len(bom))+1))
	if err != nil {
		return nil, false, fault.Wrap(fault.Usage, err, src.File+" cannot be read", "is it a file")
	}
	return data, true, nil
}

// finding is something wrong at a place of the file.
type finding struct {
	at       position
	what, do string
}

type loader struct {
	doc      document
	env      surroundings
	known    map[string]setting
	config   Config
	lines    map[string]int // where a setting stands in the file
	findings []finding
}

func load(data []byte, file string, src Source) (Loaded, error) {
	doc, err := parse(data)
	if e, ok := errors.AsType[*syntaxError](err); ok {
		return Loaded{}, placed(file, finding{e.at, e.what, e.do})
	}
	l := loader{
		doc: doc, env: surroundings{home: src.Home}, config: Default(),
		known: map[string]setting{}, lines: map[string]int{},
	}
	all := settings()
	for _, s := range all {
		l.known[s.name] = s
	}
	l.table(doc.values, nil)
	if len(l.findings) > 0 {
		slices.SortStableFunc(l.findings, func(a, b finding) int {
			if a.at.before(b.at) {
				return -1
			}
			if b.at.before(a.at) {
				return 1
			}
			return 0
		})
		return Loaded{}, placed(file, l.findings[0])
	}
	fromEnv, err := l.environment(src.Environ)
	if err != nil {
		return Loaded{}, err
	}
	return Loaded{Config: l.config, File: file, Entries: l.entries(all, file, fromEnv)}, nil
}

func placed(file string, f finding) error {
	return fault.New(fault.Usage, fmt.Sprintf("%s:%s: %s", file, f.at, f.what), f.do)
}

func (l *loader) find(at position, what, do string) {
	l.findings = append(l.findings, finding{at, what, do})
}

// table reads a table of sections or settings.
func (l *loader) table(values map[string]any, path []string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		here := append(slices.Clone(path), key)
		name := strings.Join(here, ".")
		v := values[key]
		switch s, isSetting := l.known[name]; {
		case strings.Contains(key, "."): // a quoted key that looks like a path
			l.unknown(here, nil)
		case isSetting:
			l.setting(s, v, here)
		case name == keyRules:
			eachTable(l, v, here, func(t map[string]any, at []string) {
				if r, ok := l.rule(t, at); ok {
					l.config.Matcher.Rules = append(l.config.Matcher.Rules, r)
				}
			})
		case name == keyVLC:
			eachTable(l, v, here, func(t map[string]any, at []string) {
				if vlc, ok := l.vlc(t, at); ok {
					l.config.Players.VLC = append(l.config.Players.VLC, vlc)
				}
			})
		case l.isSection(name):
			t, ok := v.(map[string]any)
			if !ok {
				l.find(l.doc.val(here), name+" is "+describe(v)+", must be a section", "write it like ["+name+"]")
				continue
			}
			l.table(t, here)
		default:
			l.unknown(here, l.siblings(path))
		}
	}
}

func (l *loader) setting(s setting, v any, path []string) {
	p := s.set(&l.config, v, &l.env)
	if p == nil {
		l.lines[s.name] = l.doc.key(path).line
		return
	}
	l.problem(p, path)
}

// problem places what is wrong with the value at path.
func (l *loader) problem(p *problem, path []string) {
	if p.index >= 0 {
		path = append(slices.Clone(path), strconv.Itoa(p.index))
	}
	l.find(l.doc.val(path), p.what, p.do)
}

func (l *loader) isSection(name string) bool {
	for known := range l.known {
		if strings.HasPrefix(known, name+".") {
			return true
		}
	}
	return false
}

// siblings are the keys and sections that may stand in a table.
func (l *loader) siblings(path []string) []string {
	prefix := ""
	if len(path) > 0 {
		prefix = strings.Join(path, ".") + "."
	}
	var names []string
	for _, name := range slices.Concat(slices.Collect(maps.Keys(l.known)), []string{keyRules, keyVLC}) {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			key, _, _ := strings.Cut(rest, ".")
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unknown says that a key is unknown, and which one may be meant: one of here, else the same key in another section.
func (l *loader) unknown(path, here []string) {
	key := path[len(path)-1]
	hint := meant(key, here, "")
	if hint == "" {
		for _, name := range slices.Sorted(maps.Keys(l.known)) {
			if name == key || strings.HasSuffix(name, "."+key) {
				hint = "did you mean " + name
				break
			}
		}
	}
	if hint == "" && len(here) > 0 {
		hint = "known here: " + strings.Join(here, ", ")
	}
	if hint == "" {
		hint = "simkld config show has all keys"
	}
	l.find(l.doc.key(path), "unknown key "+quote(key), hint)
}

func eachTable(l *loader, v any, path []string, read func(map[string]any, []string)) {
	name := strings.Join(path, ".")
	elements, ok := v.([]any)
	if !ok {
		l.find(l.doc.val(path), name+" is "+describe(v)+", must be a list of tables", "write it like [["+name+"]]")
		return
	}
	for i, e := range elements {
		here := append(slices.Clone(path), strconv.Itoa(i))
		t, ok := e.(map[string]any)
		if !ok {
			l.find(l.doc.val(here), name+" holds "+describe(e), "write it like [["+name+"]]")
			continue
		}
		read(t, here)
	}
}

func (l *loader) entries(all []setting, file string, fromEnv map[string]string) []Entry {
	var entries []Entry
	for _, s := range all {
		e := Entry{Key: s.name, Value: s.show(&l.config)}
		if name, ok := fromEnv[s.name]; ok {
			e.Origin = Origin{Env: name}
		} else if line, ok := l.lines[s.name]; ok {
			e.Origin = Origin{File: file, Line: line}
		}
		entries = append(entries, e)
		switch s.name { // where the arrays of tables stand in product.md 4
		case "matcher.exclude":
			entries = append(entries, l.ruleEntries(file)...)
		case "players.mpv.osd":
			entries = append(entries, l.vlcEntries(file)...)
		}
	}
	return entries
}
