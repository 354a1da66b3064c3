package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/store"
)

// Env is what a command works with: its streams, its environment, and the places and settings that follow from the
// flags. What costs time is made when it is first asked for.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	// Environ is the environment as os.Environ gives it.
	Environ []string
	Now     func() time.Time

	flags struct {
		config, stateDir, logLevel, color string
		json                              bool
	}
	loaded *config.Loaded
	opened *store.Store
	lent   bool // opened is somebody else's to close
	client *api.Client
}

// System is the Env of a real process.
func System() *Env {
	return &Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(), Now: time.Now}
}

func (e *Env) close() {
	if e.client != nil {
		e.client.Close()
	}
	if e.opened != nil && !e.lent {
		_ = e.opened.Close() // everything that was written is on disk already
	}
}

// getenv is os.Getenv for Environ: of several the last counts.
func (e *Env) getenv(name string) string {
	for _, entry := range slices.Backward(e.Environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func (e *Env) checkFlags() error {
	if l := e.flags.logLevel; l != "" && !slices.Contains(logLevels, l) {
		return fault.Usagef("use "+orList(logLevels), "--log-level is %q", l)
	}
	if c := e.flags.color; !slices.Contains(colorModes, c) {
		return fault.Usagef("use "+orList(colorModes), "--color is %q", c)
	}
	return nil
}

var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	colorModes = []string{"auto", "always", "never"}
)

func (e *Env) paths() (paths.Paths, error) {
	p, err := paths.Resolve(paths.Options{Config: e.flags.config, StateDir: e.flags.stateDir, Getenv: e.getenv})
	if err != nil || !p.ConfigNamed {
		return p, err
	}
	// Whatever the command does with the settings, a file that was named is meant to be there.
	if _, err := os.Stat(p.Config); errors.Is(err, fs.ErrNotExist) {
		return p, fault.Wrap(fault.Usage, err, p.Config+" does not exist", "name another with --config, or none")
	}
	return p, nil
}

// load reads the settings; what was read once is kept for the life of the command.
func (e *Env) load() (config.Loaded, error) {
	if e.loaded != nil {
		return *e.loaded, nil
	}
	l, err := e.read()
	if err != nil {
		return config.Loaded{}, err
	}
	e.loaded = &l
	return l, nil
}

// read reads the settings anew, with the flags over them.
func (e *Env) read() (config.Loaded, error) {
	p, err := e.paths()
	if err != nil {
		return config.Loaded{}, err
	}
	l, err := config.Load(config.Source{File: p.Config, Named: p.ConfigNamed, Environ: e.Environ, Home: p.Home})
	if err == nil && e.flags.logLevel != "" {
		l.Config.Log.Level = e.flags.logLevel
	}
	return l, err
}

// daemon is the client of the daemon of this state folder, whether one runs or not.
func (e *Env) daemon() (*api.Client, error) {
	if e.client != nil {
		return e.client, nil
	}
	p, err := e.paths()
	if err != nil {
		return nil, err
	}
	e.client = api.NewClient(api.DialAny(p.Sockets()))
	return e.client, nil
}

// kick tells the daemon, if one runs, that this process changed the state.
func (e *Env) kick(ctx context.Context, what api.Kick) error {
	d, err := e.daemon()
	if err != nil {
		return err
	}
	return d.Kick(ctx, what)
}

// daemonWait is how long a daemon that does not answer is waited for.
const daemonWait = 5 * time.Second

// soon bounds a question to the daemon: it answers from memory, or it hangs.
func soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, daemonWait)
}

// daemonRuns reports whether a daemon answers for this state folder.
func (e *Env) daemonRuns(ctx context.Context) bool {
	d, err := e.daemon()
	if err != nil {
		return false
	}
	ctx, cancel := soon(ctx)
	defer cancel()
	_, err = d.Status(ctx)
	return err == nil
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// interactive reports whether questions may be asked: they go to standard error and are answered on standard input.
func (e *Env) interactive() bool { return isTerminal(e.In) && isTerminal(e.Err) }

// print writes v as JSON for a script.
func (e *Env) print(v any) error {
	enc := json.NewEncoder(e.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printLine writes v as one line of JSON, for answers that are a stream of them.
func (e *Env) printLine(v any) error {
	enc := json.NewEncoder(e.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
