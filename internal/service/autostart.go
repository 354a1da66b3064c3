package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
)

// Autostart is the entry by which a desktop starts the daemon (Desktop Application Autostart Specification), for
// desktops without a systemd of the user.
type Autostart struct{ o Options }

// NewAutostart gives this user's entry.
func NewAutostart(o Options) *Autostart { return &Autostart{o} }

// File is where the entry lies.
func (a *Autostart) File() string {
	return filepath.Join(a.o.config(), "autostart", about.Name+".desktop")
}

// Entry is its text.
func (a *Autostart) Entry() string {
	words := make([]string, 0, len(a.o.Args)+2)
	for _, w := range append(append([]string{a.o.Program}, a.o.Args...), "run") {
		words = append(words, entryQuote(w))
	}
	return "# " + about.Name + ` unit 1
[Desktop Entry]
Type=Application
Name=simkld
Comment=Tells Simkl what your media players play
Exec=` + strings.Join(words, " ") + `
Icon=simkld
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
`
}

// entryQuote writes a word of Exec= (Desktop Entry Specification, "The Exec key": quoted first, then escaped as a
// string).
func entryQuote(word string) string {
	word = strings.ReplaceAll(word, "%", "%%")
	if !strings.ContainsAny(word, " \t\n\"'\\><~|&;$*?#()`") {
		return word
	}
	quoted := `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`).Replace(word) + `"`
	return strings.ReplaceAll(quoted, `\`, `\\`)
}

// Status says how the entry stands.
func (a *Autostart) Status() (Age, error) {
	text, err := os.ReadFile(a.File())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return "", fmt.Errorf("read the autostart entry: %w", err)
	case string(text) == a.Entry():
		return Current, nil
	case strings.HasPrefix(string(text), "# "+about.Name+" unit "):
		return Old, nil
	}
	return Foreign, nil
}

// Enable writes the entry, and says what it was before.
func (a *Autostart) Enable() (Age, error) {
	age, err := a.Status()
	switch {
	case err != nil || age == Current:
		return age, err
	case age == Foreign:
		return age, foreign(a.File())
	}
	if err := os.MkdirAll(filepath.Dir(a.File()), 0o700); err != nil {
		return age, fault.Wrap(fault.Failed, err, filepath.Dir(a.File())+" cannot be made", "check its rights")
	}
	if err := paths.WriteFile(a.File(), []byte(a.Entry()), 0o644); err != nil {
		return age, fault.Wrap(fault.Failed, err, a.File()+" cannot be written", "check its rights")
	}
	return age, nil
}

// Disable removes the entry, and says what it was before.
func (a *Autostart) Disable() (Age, error) {
	age, err := a.Status()
	switch {
	case err != nil || age == Missing:
		return age, err
	case age == Foreign:
		return age, foreign(a.File())
	}
	if err := os.Remove(a.File()); err != nil {
		return age, fault.Wrap(fault.Failed, err, a.File()+" cannot be removed", "remove it yourself")
	}
	return age, nil
}
