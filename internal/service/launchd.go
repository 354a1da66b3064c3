package service

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
)

const agentLabel = "io.github.simkld." + about.Name

// Launchd starts the daemon as an agent of the user who logs in.
type Launchd struct{ o Options }

var _ Manager = (*Launchd)(nil)

// NewLaunchd gives the agent of this user.
func NewLaunchd(o Options) *Launchd { return &Launchd{o} }

// Name is "a launchd agent".
func (*Launchd) Name() string { return "a launchd agent" }

// Plist is the agent. It is started anew after a crash, not after wrong settings, which end with a code.
func (l *Launchd) Plist() string {
	var words strings.Builder
	for _, w := range append(append([]string{l.o.Program}, l.o.Args...), "run") {
		fmt.Fprintf(&words, "\t\t<string>%s</string>\n", escapeXML(w))
	}
	log := escapeXML(filepath.Join(l.o.Home, "Library", "Logs", about.Name+".log"))
	return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ` + about.Name + ` unit 1 -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + agentLabel + `</string>
	<key>ProgramArguments</key>
	<array>
` + words.String() + `	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>Crashed</key>
		<true/>
	</dict>
	<key>ProcessType</key>
	<string>Background</string>
	<key>Umask</key>
	<integer>63</integer>
	<key>StandardErrorPath</key>
	<string>` + log + `</string>
</dict>
</plist>
`
}

func escapeXML(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return "" // a strings.Builder takes everything
	}
	return b.String()
}

func (l *Launchd) file() string {
	return filepath.Join(l.o.Home, "Library", "LaunchAgents", agentLabel+".plist")
}

func (l *Launchd) domain() string { return "gui/" + strconv.Itoa(os.Getuid()) }

func (l *Launchd) age() (Age, error) {
	text, err := os.ReadFile(l.file())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return "", fmt.Errorf("read the agent: %w", err)
	case string(text) == l.Plist():
		return Current, nil
	case strings.Contains(string(text), "<!-- "+about.Name+" unit "):
		return Old, nil
	}
	return Foreign, nil
}

// Install writes the agent where it is missing or old, and loads it.
func (l *Launchd) Install(ctx context.Context) (Installed, error) {
	if l.o.System {
		return Installed{}, noSystem("macOS")
	}
	age, err := l.age()
	if err != nil {
		return Installed{}, err
	}
	done := Installed{File: l.file(), Was: age}
	switch age {
	case Foreign:
		return Installed{}, foreign(l.file())
	case Old:
		_, _ = command(ctx, "launchctl", "bootout", l.domain()+"/"+agentLabel) // it may not be loaded
	case Missing, Current:
	}
	if age != Current {
		for _, dir := range []string{filepath.Dir(l.file()), filepath.Join(l.o.Home, "Library", "Logs")} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return Installed{}, fmt.Errorf("make the agent's folder: %w", err)
			}
		}
		if err := paths.WriteFile(l.file(), []byte(l.Plist()), 0o644); err != nil {
			return Installed{}, fault.Wrap(fault.Failed, err, l.file()+" cannot be written", "check the folder's rights")
		}
	}
	return done, l.Start(ctx)
}

func noSystem(system string) error {
	return fault.New(fault.Usage, "on "+system+" the daemon runs for the user who is logged in, there is no --system",
		"leave --system out")
}

// Uninstall unloads the agent and removes it.
func (l *Launchd) Uninstall(ctx context.Context) (bool, error) {
	age, err := l.age()
	switch {
	case err != nil:
		return false, err
	case age == Foreign:
		return false, foreign(l.file())
	case age == Missing:
		return false, nil
	}
	if err := l.Stop(ctx); err != nil {
		return false, err
	}
	if err := os.Remove(l.file()); err != nil {
		return false, fault.Wrap(fault.Failed, err, l.file()+" cannot be removed", "remove it yourself")
	}
	return true, nil
}

// Start loads the agent, which starts it.
func (l *Launchd) Start(ctx context.Context) error {
	st, err := l.Status(ctx)
	switch {
	case err != nil:
		return err
	case !st.Installed():
		return notInstalled(l.o)
	case st.Running:
		return nil
	}
	if _, err := command(ctx, "launchctl", "print", l.domain()+"/"+agentLabel); err == nil {
		_, err = command(ctx, "launchctl", "kickstart", l.domain()+"/"+agentLabel)
		return err
	}
	_, err = command(ctx, "launchctl", "bootstrap", l.domain(), l.file())
	return err
}

// Stop unloads the agent: launchd loads it again at the next login.
func (l *Launchd) Stop(ctx context.Context) error {
	if _, err := command(ctx, "launchctl", "print", l.domain()+"/"+agentLabel); err != nil {
		return nil //nolint:nilerr // it is not loaded
	}
	_, err := command(ctx, "launchctl", "bootout", l.domain()+"/"+agentLabel)
	return err
}

// Restart starts it anew.
func (l *Launchd) Restart(ctx context.Context) error {
	if err := l.Stop(ctx); err != nil {
		return err
	}
	return l.Start(ctx)
}

var agentPID = regexp.MustCompile(`(?m)^\s*pid = (\d+)$`)

// Status asks launchd.
func (l *Launchd) Status(ctx context.Context) (State, error) {
	age, err := l.age()
	if err != nil || age == Missing {
		return State{Age: Missing}, err
	}
	st := State{File: l.file(), Age: age, Enabled: true}
	out, err := command(ctx, "launchctl", "print", l.domain()+"/"+agentLabel)
	if err != nil {
		return st, nil //nolint:nilerr // it is not loaded, so it does not run
	}
	if m := agentPID.FindStringSubmatch(out); m != nil {
		st.PID, _ = strconv.Atoi(m[1])
		st.Running = true
	}
	return st, nil
}
