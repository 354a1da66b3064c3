package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/term"
)

// Disk looks whether the state folder takes what must be kept.
type Disk struct {
	State string
	// Kind gives the kind of file system, "" for one that is not of interest; nil asks the system.
	Kind func(path string) string
}

// Name is "disk".
func (Disk) Name() string { return "disk" }

// Look writes a small file and removes it.
func (d Disk) Look(context.Context) Finding {
	dir := d.State
	for !exists(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir) // it will be made there
	}
	kind := d.Kind
	if kind == nil {
		kind = networkFS
	}
	tmp, err := os.CreateTemp(dir, ".doctor-*")
	if err == nil {
		_, err = tmp.Write(make([]byte, 64<<10))
		if err == nil {
			err = tmp.Sync()
		}
		err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
	}
	switch {
	case isFull(err):
		return fail("no room in "+dir+": nothing can be kept", "make room there, or use --state-dir")
	case isReadOnly(err):
		return fail(dir+" is read-only: nothing can be kept", "mount it writable, or use --state-dir")
	case err != nil:
		return fail(dir+" cannot be written ("+reason(err)+")", "check its owner and rights")
	}
	if fs := kind(dir); fs != "" {
		return hint(dir+" is on "+fs+", where a database is not safe", "use --state-dir with a folder of this machine")
	}
	return fine("the state folder takes writes")
}

// Keyring looks whether the desktop's keyring answers.
type Keyring struct {
	// Ask asks it for the token, with a deadline. Present is false where there is none to ask.
	Ask     func(ctx context.Context) error
	Present bool
}

// Name is "keyring".
func (Keyring) Name() string { return "keyring" }

// Look asks it.
func (k Keyring) Look(ctx context.Context) Finding {
	if !k.Present {
		return fine("none; the token is kept in a file of yours alone")
	}
	if err := k.Ask(ctx); err != nil {
		return hint("gives no answer ("+err.Error()+"): a token is kept in a file instead", "unlock it, then "+about.Name+" login")
	}
	return fine("answers")
}

// Service looks whether the daemon is started by itself.
type Service struct {
	Manager service.Manager
	// Runs says whether a daemon answers, whoever started it.
	Runs func(ctx context.Context) bool
	// Autostart is true if the desktop starts it.
	Autostart bool
	Now       func() time.Time
}

var _ Mender = Service{}

// Name is "service".
func (Service) Name() string { return "service" }

// Look asks the service manager.
func (s Service) Look(ctx context.Context) Finding {
	st, err := s.Manager.Status(ctx)
	install := about.Name + " service install"
	switch {
	case err != nil && s.Autostart:
		return fine("the desktop's autostart entry")
	case err != nil:
		return hint("not asked: "+reason(err), "")
	case !st.Installed() && s.Autostart:
		return fine("the desktop's autostart entry")
	case !st.Installed():
		return hint("not installed: it does not start by itself", install)
	case st.Age == service.Old:
		return hint(s.Manager.Name()+", of an older version or for another program", install)
	case !st.Running && s.Runs(ctx):
		return hint("installed, but the daemon that runs was started by other means", "end that one, then "+about.Name+" service start")
	case st.Failed != "":
		return fail("it does not stay up: "+st.Failed, "journalctl --user -u "+about.Name)
	case !st.Running:
		return fail("installed, not started", about.Name+" service start")
	case !st.Enabled:
		return hint("runs, but does not start at the next login", install)
	}
	text := s.Manager.Name() + ", enabled"
	if !st.Since.IsZero() {
		text += ", up " + term.Span(s.Now().Sub(st.Since))
	}
	return fine(text)
}

// Mend starts what is installed and does not run.
func (s Service) Mend(ctx context.Context) (string, error) {
	st, err := s.Manager.Status(ctx)
	if err != nil || !st.Installed() || st.Running || s.Runs(ctx) || st.Age == service.Foreign {
		return "", nil //nolint:nilerr // what cannot be asked cannot be mended; Look says so
	}
	if err := s.Manager.Start(ctx); err != nil {
		return "", err
	}
	return "started " + s.Manager.Name(), nil
}

// Environment compares the variables of this shell with those of the daemon.
type Environment struct {
	Shell []string
	// Daemon gives those of the daemon, nil where they cannot be known.
	Daemon func(ctx context.Context) []string
}

// Name is "env".
func (Environment) Name() string { return "env" }

// Look finds those that only one of them has.
func (e Environment) Look(ctx context.Context) Finding {
	daemon := e.Daemon(ctx)
	if daemon == nil {
		return fine("not asked: no daemon of yours runs")
	}
	here, there := relevant(e.Shell), relevant(daemon)
	var differ []string
	for name, value := range here {
		if there[name] != value {
			differ = append(differ, name)
		}
	}
	for name := range there {
		if _, both := here[name]; !both {
			differ = append(differ, name)
		}
	}
	if len(differ) == 0 {
		return fine("the daemon has the same proxy and SIMKLD_ variables as this shell")
	}
	slices.Sort(differ)
	mend := "put it into the configuration (" + about.Name + " config path), then " + about.Name + " service restart"
	return hint(fmt.Sprintf("the daemon and this shell differ in %s", term.List(differ, 4)), mend)
}

// relevant are the variables that decide what the daemon does. Where folders are is decided by what is meant, not by
// the letter.
func relevant(environ []string) map[string]string {
	found := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		switch {
		case value == "":
		case upper == "HTTP_PROXY" || upper == "HTTPS_PROXY" || upper == "NO_PROXY" || upper == "ALL_PROXY":
			found[upper] = value
		case strings.HasPrefix(name, "SIMKLD_") && !strings.HasPrefix(name, "SIMKLD_TEST"), name == "SSL_CERT_FILE", name == "SSL_CERT_DIR":
			found[name] = value
		}
	}
	return found
}

// Others looks for players that cannot be seen: of another user, or on the other side of a container.
type Others struct {
	// Processes are the players that run, whoever's they are.
	Processes func() []Process
	// Container is the kind of container that this is, "" for none.
	Container func() string
}

// Process is a running player.
type Process struct {
	PID  int
	Name string
	User string // "" for ours
}

// Name is "players".
func (Others) Name() string { return "players" }

// Look finds them.
func (o Others) Look(context.Context) Finding {
	var theirs []string
	ours := 0
	for _, p := range o.Processes() {
		if p.User == "" {
			ours++
			continue
		}
		theirs = append(theirs, fmt.Sprintf("%s (pid %d, user %s)", p.Name, p.PID, p.User))
	}
	if len(theirs) > 0 {
		return hint(term.List(theirs, 2)+" is another user's and cannot be seen", "run "+about.Name+" as that user")
	}
	if kind := o.Container(); kind != "" {
		return hint("this is a container ("+kind+"): players outside are seen only through sockets that are mounted into it",
			"mount them and name them in players.mpv.sockets")
	}
	return fine(term.Count(ours, "player of yours runs", "players of yours run"))
}
