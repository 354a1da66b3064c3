package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// Manager is what starts the daemon at every login, or at every start of the machine: systemd, launchd, or the tasks of
// Windows. Its methods are safe to repeat.
type Manager interface {
	// Name is what it is, in words: "a systemd user unit".
	Name() string
	// Install makes it start the daemon from now on, brings an older text up to date, and says what it did.
	Install(ctx context.Context) (Installed, error)
	// Uninstall stops the daemon and removes what Install made. It says whether there was anything.
	Uninstall(ctx context.Context) (bool, error)
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Restart(ctx context.Context) error
	// Status says how it stands. It changes nothing.
	Status(ctx context.Context) (State, error)
}

// Installed is what an installation came to.
type Installed struct {
	// File is the unit, plist or task.
	File string
	// Was is what File was before.
	Was Age
	// Notes are sentences on what is left to do.
	Notes []string
}

// Age says how a text that is in place compares with ours.
type Age string

// The ages.
const (
	Missing Age = "missing"
	Old     Age = "old"     // ours, of an earlier version or for another program
	Current Age = "current" // ours, as it would be written now
	Foreign Age = "foreign" // somebody else's
)

// State is how a Manager stands.
type State struct {
	// File is the text in place, "" for none.
	File string
	Age  Age
	// Enabled: it starts the daemon by itself. Running: it runs now.
	Enabled, Running bool
	PID              int
	Since            time.Time
	// Failed says why it gave up, "" if it did not.
	Failed string
	// Text is what the daemon says of itself.
	Text string
}

// Installed reports whether there is anything to start.
func (s State) Installed() bool { return s.File != "" }

// Options say what is to be started, and for whom.
type Options struct {
	// Program is the path of simkld, Args what stands before "run".
	Program string
	Args    []string
	// Home is the user's home folder, Config $XDG_CONFIG_HOME or "".
	Home, Config string
	// System is for all users, started with the machine.
	System bool
	// Root stands before the folders of the system, "" but in tests.
	Root   string
	Getenv func(string) string
}

func (o Options) config() string {
	if o.Config != "" {
		return o.Config
	}
	return filepath.Join(o.Home, ".config")
}

// Program is the path by which this program should be started: the one in PATH where that is the same file, since it
// outlives an upgrade that has its version in its folder.
func Program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	found, err := exec.LookPath(about.Name)
	if err != nil {
		return self, nil //nolint:nilerr // it is not in PATH, so there is only the one that runs
	}
	if found, err = filepath.Abs(found); err != nil {
		return self, nil //nolint:nilerr // without a working folder there is only the one that runs
	}
	a, errA := os.Stat(self)
	b, errB := os.Stat(found)
	if errors.Join(errA, errB) == nil && os.SameFile(a, b) {
		return found, nil
	}
	return self, nil
}

// commandFor bounds a command of the service manager. A stop may take as long as the daemon's own.
const commandFor = 45 * time.Second

// command runs a program of the system and gives what it printed. Its error has the program's own words.
func command(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the names are written in this package
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return "", &absentError{name}
	}
	text := strings.TrimSpace(words.String())
	if text == "" {
		text = strings.TrimSpace(out.String())
	}
	if text == "" {
		text = err.Error()
	}
	first, _, _ := strings.Cut(text, "\n")
	return out.String(), fmt.Errorf("%s: %s", name, media.Sanitize(first))
}

// absentError is a program that this machine does not have.
type absentError struct{ name string }

func (e *absentError) Error() string { return e.name + " is not on this machine" }

func isAbsent(err error) bool {
	_, ok := errors.AsType[*absentError](err)
	return ok
}

// foreign refuses to touch a text of somebody else.
func foreign(file string) error {
	return fault.New(fault.Failed, file+" is not ours and is left alone", "move it away, then run this again")
}

// notInstalled is the answer of what needs an installation.
func notInstalled(o Options) error {
	do := "run '" + about.Name + " service install'"
	if o.System {
		do = "run 'sudo " + about.Name + " service install --system'"
	}
	return fault.New(fault.NotFound, "the service is not installed", do)
}
