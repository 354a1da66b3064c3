package service

import (
	"context"
	_ "embed" // the units
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
)

// The units as a package installs them, for /usr/bin/simkld.
var (
	//go:embed units/user.service
	userUnit string
	//go:embed units/system.service
	systemUnit string
)

const (
	unitName   = about.Name + ".service"
	unitMarker = "# " + about.Name + " unit "
	unitStart  = "ExecStart=/usr/bin/" + about.Name + " run"
)

// Systemd starts the daemon as a unit of the user, or of the system.
type Systemd struct{ o Options }

var _ Manager = (*Systemd)(nil)

// NewSystemd gives the units of this user, or of the system.
func NewSystemd(o Options) *Systemd { return &Systemd{o} }

// Name is "a systemd user unit", or of the system.
func (s *Systemd) Name() string {
	if s.o.System {
		return "a systemd system unit"
	}
	return "a systemd user unit"
}

// Unit is the text for this program.
func (s *Systemd) Unit() string {
	text := userUnit
	if s.o.System {
		text = systemUnit
	}
	words := []string{"ExecStart=" + unitQuote(s.o.Program)}
	for _, a := range s.o.Args {
		words = append(words, unitQuote(strings.ReplaceAll(a, "$", "$$"))) // a program's name is not searched for variables
	}
	return strings.Replace(text, unitStart, strings.Join(append(words, "run"), " "), 1)
}

// unitQuote writes a word of a command as a unit has it (systemd.service(5), COMMAND LINES).
func unitQuote(word string) string {
	word = strings.ReplaceAll(word, "%", "%%")
	if strings.ContainsAny(word, " \t\"'\\;") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return word
}

// file is where Install writes.
func (s *Systemd) file() string {
	if s.o.System {
		return filepath.Join(s.o.Root, "/etc/systemd/system", unitName)
	}
	return filepath.Join(s.o.config(), "systemd", "user", unitName)
}

// packaged is a unit that a package brought and that starts this program, "" without one.
func (s *Systemd) packaged() string {
	kind := "user"
	if s.o.System {
		kind = "system"
	}
	for _, dir := range []string{"/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"} {
		file := filepath.Join(s.o.Root, dir, kind, unitName)
		if text, err := os.ReadFile(file); err == nil && string(text) == s.Unit() {
			return file
		}
	}
	return ""
}

func (s *Systemd) age() (file string, age Age, err error) {
	text, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if file := s.packaged(); file != "" {
			return file, Current, nil
		}
		return "", Missing, nil
	case err != nil:
		return "", "", fmt.Errorf("read the unit: %w", err)
	case string(text) == s.Unit():
		return s.file(), Current, nil
	case strings.HasPrefix(string(text), unitMarker):
		return s.file(), Old, nil
	}
	return s.file(), Foreign, nil
}

func (s *Systemd) systemctl(ctx context.Context, args ...string) (string, error) {
	if !s.o.System {
		args = slices.Insert(args, 0, "--user")
	}
	out, err := command(ctx, "systemctl", args...)
	if err != nil && s.o.System && os.Getuid() != 0 {
		return out, fault.Wrap(fault.Failed, err, "the system unit belongs to root ("+err.Error()+")", "run this with sudo")
	}
	return out, err
}

// here says whether there is a systemd to speak to.
func (s *Systemd) here(ctx context.Context) error {
	_, err := s.systemctl(ctx, "show-environment")
	switch {
	case err == nil:
		return nil
	case isAbsent(err):
		return fault.Wrap(fault.Failed, err, "there is no systemd on this machine",
			"use '"+about.Name+" autostart enable', or start '"+about.Name+" run' by other means")
	case s.o.System:
		return err
	}
	return fault.Wrap(fault.Failed, err, "no systemd answers for you ("+err.Error()+")",
		"log in anew without su or sudo, or use '"+about.Name+" autostart enable'")
}

// Install writes the unit where it is missing or old, enables it, and starts the daemon, anew after a change.
func (s *Systemd) Install(ctx context.Context) (Installed, error) {
	if err := s.here(ctx); err != nil {
		return Installed{}, err
	}
	file, age, err := s.age()
	if err != nil {
		return Installed{}, err
	}
	if age == Foreign {
		return Installed{}, foreign(file)
	}
	done := Installed{File: file, Was: age}
	if age != Current {
		done.File = s.file()
		if err := s.write(); err != nil {
			return Installed{}, err
		}
	}
	start := "start"
	if age == Old {
		start = "restart"
	}
	for _, args := range [][]string{{"daemon-reload"}, {"enable", unitName}, {start, unitName}} {
		if _, err := s.systemctl(ctx, args...); err != nil {
			return done, s.failed(err)
		}
	}
	done.Notes = s.notes(ctx)
	return done, nil
}

func (s *Systemd) write() error {
	err := os.MkdirAll(filepath.Dir(s.file()), 0o755) //nolint:gosec // units are no secret, and systemd reads them
	if err == nil {
		err = paths.WriteFile(s.file(), []byte(s.Unit()), 0o644)
	}
	if err == nil {
		return nil
	}
	do := "check the folder's rights"
	if s.o.System && os.Getuid() != 0 {
		do = "run this with sudo"
	}
	return fault.Wrap(fault.Failed, err, s.file()+" cannot be written", do)
}

// failed adds where the reason is to be found.
func (s *Systemd) failed(err error) error {
	if fault.KindOf(err) != fault.Failed || errors.As(err, new(*fault.Error)) {
		return err
	}
	log := "journalctl --user -u " + about.Name
	if s.o.System {
		log = "sudo journalctl -u " + about.Name
	}
	return fault.Wrap(fault.Failed, err, err.Error(), "see '"+log+"'")
}

// notes say what is left to do.
func (s *Systemd) notes(ctx context.Context) []string {
	if s.o.System {
		return []string{
			"Its settings are in /etc/simkld/config.toml. Link the account: sudo systemd-run -qt -p DynamicUser=yes -p User=simkld " +
				"-p StateDirectory=simkld -E HOME=/var/lib/simkld -E RUNTIME_DIRECTORY=/run/simkld " + s.o.Program + " login",
		}
	}
	if s.o.Getenv("DISPLAY") != "" || s.o.Getenv("WAYLAND_DISPLAY") != "" {
		return nil
	}
	user := s.o.Getenv("USER")
	if out, err := command(ctx, "loginctl", "show-user", user, "-p", "Linger", "--value"); err == nil && strings.TrimSpace(out) == "yes" {
		return nil
	}
	return []string{"To run while nobody is logged in: sudo loginctl enable-linger " + user}
}

// Uninstall stops and disables the unit and removes our text. A unit of a package stays in its folder, and is not started
// any more.
func (s *Systemd) Uninstall(ctx context.Context) (bool, error) {
	file, age, err := s.age()
	if err != nil {
		return false, err
	}
	if age == Foreign {
		return false, foreign(file)
	}
	st, err := s.Status(ctx)
	if err != nil {
		return false, err
	}
	if age == Missing && !st.Enabled && !st.Running {
		return false, nil
	}
	if _, err := s.systemctl(ctx, "disable", "--now", unitName); err != nil {
		return false, s.failed(err)
	}
	if file == s.file() {
		if err := os.Remove(file); err != nil {
			return false, fault.Wrap(fault.Failed, err, file+" cannot be removed", "remove it yourself")
		}
	}
	if _, err := s.systemctl(ctx, "daemon-reload"); err != nil {
		return false, err
	}
	// What failed once is remembered until it is told not to be; a unit that never failed is unknown by now.
	_, _ = s.systemctl(ctx, "reset-failed", unitName)
	return true, nil
}

// Start starts the unit.
func (s *Systemd) Start(ctx context.Context) error { return s.do(ctx, "start") }

// Stop stops it until the next login, or Start.
func (s *Systemd) Stop(ctx context.Context) error { return s.do(ctx, "stop") }

// Restart starts it anew.
func (s *Systemd) Restart(ctx context.Context) error { return s.do(ctx, "restart") }

func (s *Systemd) do(ctx context.Context, verb string) error {
	st, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if !st.Installed() {
		return notInstalled(s.o)
	}
	_, err = s.systemctl(ctx, verb, unitName)
	return s.failed(err)
}

// Status asks systemd.
func (s *Systemd) Status(ctx context.Context) (State, error) {
	out, err := s.systemctl(ctx, "show", unitName, "--timestamp=unix", "-p",
		"LoadState,UnitFileState,ActiveState,SubState,Result,MainPID,ExecMainStatus,ActiveEnterTimestamp,FragmentPath,StatusText")
	if err != nil {
		if gone := s.here(ctx); gone != nil {
			return State{}, gone
		}
		return State{}, err
	}
	is := map[string]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			is[key] = value
		}
	}
	st := State{
		Enabled: strings.HasPrefix(is["UnitFileState"], "enabled"), Text: is["StatusText"],
		Running: is["ActiveState"] == "active" || is["ActiveState"] == "reloading" || is["ActiveState"] == "activating",
	}
	if st.File, st.Age, err = s.age(); err != nil {
		return State{}, err
	}
	if st.File == "" && is["FragmentPath"] != "" { // a unit elsewhere, or one for another program
		st.File, st.Age = is["FragmentPath"], Old
	}
	st.PID, _ = strconv.Atoi(is["MainPID"]) // 0 where there is none
	if sec, err := strconv.ParseInt(strings.TrimPrefix(is["ActiveEnterTimestamp"], "@"), 10, 64); err == nil && st.Running {
		st.Since = time.Unix(sec, 0).UTC()
	}
	if is["ActiveState"] == "failed" || is["SubState"] == "auto-restart" {
		st.Running = false
		st.Failed = "it ends with code " + is["ExecMainStatus"]
		if is["Result"] != "exit-code" {
			st.Failed = "it fails (" + is["Result"] + ")"
		}
	}
	return st, nil
}
