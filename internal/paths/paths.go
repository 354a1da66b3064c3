// Package paths knows where everything of simkld lies: configuration, state, control socket, limits, credentials
// (product.md 3). It also holds what all files have in common: they are written whole, private, and one daemon owns
// a state folder.
//
// It promises the same places for every process of a user that was given the same flags and environment. It must not
// know what is in the files, and it creates nothing while resolving.
package paths

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
)

const configName = "config.toml"

// Options is what the places depend on.
type Options struct {
	// Config and StateDir are the flags --config and --state-dir, "" where not given.
	Config, StateDir string
	// Getenv looks up the environment; nil is os.Getenv.
	Getenv func(string) string
}

// Paths are the places of one process. The zero value is of no use: call Resolve.
type Paths struct {
	// Config is the configuration file that is read, "" when there is none.
	Config string
	// ConfigNamed is true if a flag or the environment named Config, so that its absence is an error.
	ConfigNamed bool
	// ConfigWrite is the file that setup and login write: Config if there is one that is not the system's.
	ConfigWrite string
	// State is the folder of queue, journal, rules, cache and token.
	State string
	// StateNamed is true if a flag or the environment named State.
	StateNamed bool
	// Socket is where the daemon of this state folder listens: a unix socket, or a pipe on Windows.
	Socket string
	// Limits is the folder that all processes of the user share to keep Simkl's limits, whatever --state-dir says.
	Limits string
	// Credentials is systemd's credentials folder, "" when there is none.
	Credentials string
	// Home is the user's home folder, "" when unknown. It stands for a leading ~ in the configuration.
	Home string

	otherSockets []string
	systemFolder string
}

// Resolve computes the places. The error is of kind fault.Usage and says what to set.
func Resolve(o Options) (Paths, error) {
	env := o.Getenv
	if env == nil {
		env = os.Getenv
	}
	p := Paths{Home: homeDir(env), Credentials: absolute(env("CREDENTIALS_DIRECTORY"))}
	places := platformPlaces(env, p.Home)
	if err := p.resolveState(o, env, places); err != nil {
		return Paths{}, err
	}
	if err := p.resolveConfig(o, env, places); err != nil {
		return Paths{}, err
	}
	p.resolveRuntime(env, places)
	return p, nil
}

// places are the folders of a platform, "" where they cannot be known.
type places struct {
	config       string // the user's own folder for simkld's configuration
	systemConfig string // the folder for all users
	state        string
	runtime      string // shared by the user's processes and gone after logout
	guessRuntime string // where runtime would be if this process had been told
	short        string // parent of short private folders for sockets
	system       string // where the system unit has its socket
}

func (p *Paths) resolveState(o Options, env func(string) string, pl places) error {
	named := first(o.StateDir, env("SIMKLD_STATE_DIR"), firstOfList(env("STATE_DIRECTORY")))
	p.StateNamed = named != ""
	dir := first(named, pl.state)
	if dir == "" {
		return fault.New(fault.Usage, "there is no folder for the state, because no home folder is known",
			"use --state-dir or set HOME")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fault.Wrap(fault.Usage, err, "the working folder is gone", "give --state-dir with its full path")
	}
	p.State = abs
	return nil
}

func (p *Paths) resolveConfig(o Options, env func(string) string, pl places) error {
	if named := first(o.Config, env("SIMKLD_CONFIG")); named != "" {
		abs, err := filepath.Abs(named)
		if err != nil {
			return fault.Wrap(fault.Usage, err, "the working folder is gone", "give --config with its full path")
		}
		p.Config, p.ConfigNamed, p.ConfigWrite = abs, true, abs
		return nil
	}
	if pl.config != "" {
		p.ConfigWrite = filepath.Join(pl.config, configName)
	}
	for _, dir := range []string{pl.config, pl.systemConfig} {
		if dir == "" {
			continue
		}
		// A file that is there and cannot be looked at is taken: reading it says why.
		if file := filepath.Join(dir, configName); !missing(file) {
			p.Config = file
			break
		}
	}
	if p.ConfigWrite == "" {
		p.ConfigWrite = filepath.Join(pl.systemConfig, configName)
	}
	return nil
}

func (p *Paths) resolveRuntime(env func(string) string, pl places) {
	p.Limits = first(join(pl.runtime, about.Name), firstOfList(env("STATE_DIRECTORY")), pl.state, p.State)

	name := socketName(p.State)
	unit := firstOfList(env("RUNTIME_DIRECTORY"))
	p.Socket = socketPath(first(unit, join(pl.runtime, about.Name), p.State), name, pl.short)
	// A shell without XDG_RUNTIME_DIR (cron, su) finds the daemon of a desktop session all the same, and the other
	// way round.
	for _, dir := range []string{join(pl.runtime, about.Name), join(pl.guessRuntime, about.Name), p.State} {
		if dir == "" {
			continue
		}
		if s := socketPath(dir, name, pl.short); s != p.Socket {
			p.otherSockets = append(p.otherSockets, s)
		}
	}
	if !p.StateNamed || unit != "" {
		p.systemFolder = pl.system
	}
}

// Sockets are the places in which a command looks for the daemon, in order: Socket first. Where no state folder was
// named, the sockets of the system unit are among them.
func (p Paths) Sockets() []string {
	all := append([]string{p.Socket}, p.otherSockets...)
	if p.systemFolder != "" {
		// Its state folder is not ours, so its name is not known: there is one system unit.
		found, err := filepath.Glob(filepath.Join(p.systemFolder, "control-*.sock"))
		if err == nil {
			all = append(all, found...)
		}
	}
	return all
}

// socketName carries the state folder, so that two daemons of one user never meet.
func socketName(state string) string {
	sum := sha256.Sum256([]byte(oneName(state)))
	return "control-" + hex.EncodeToString(sum[:6]) + ".sock"
}

// socketPath is dir/name, or a short private folder where that would be too long for a socket's address.
func socketPath(dir, name, short string) string {
	if pipe := pipeName(name); pipe != "" {
		return pipe
	}
	if path := filepath.Join(dir, name); len(path) <= maxSocketPath {
		return path
	}
	return filepath.Join(short, name)
}

// oneName resolves links in the part of path that exists, so that one folder has one name before and after it is made.
func oneName(path string) string {
	rest := ""
	for dir := path; ; {
		if resolved, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(resolved, rest)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return path
		}
		rest = filepath.Join(filepath.Base(dir), rest)
		dir = parent
	}
}

func missing(file string) bool {
	_, err := os.Stat(file)
	return errors.Is(err, fs.ErrNotExist)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func join(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// firstOfList is the first folder of a list as systemd writes it: separated by colons.
func firstOfList(list string) string {
	dir, _, _ := strings.Cut(list, ":")
	return absolute(dir)
}

// absolute drops a relative path: the XDG Base Directory specification says to ignore those.
func absolute(dir string) string {
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Clean(dir)
}
