package setup

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/simkld/simkld/players/mpv"
)

const (
	mpvName    = "mpv"
	scriptName = "simkld.lua"
)

// MPV puts the drop-in script into each of mpv's folders: its own, which is made, and those of the Flatpak and the Snap
// where these are used.
func MPV(s Surroundings) *Player {
	p := &Player{
		name: mpvName, around: s, begin: func() {}, change: changeScript, takeBack: takeScriptBack,
		leftover: func(now file) (ours, edited bool) { return version(now.data) > 0, !bytes.Equal(now.data, Script) },
	}
	folders := s.mpvFolders()
	for _, folder := range folders {
		p.targets = appendOnce(p.targets, filepath.Join(folder, "scripts", scriptName))
	}
	p.notes = func() []string { return s.mpvNotes(folders) }
	if s.needsHomeFolder() {
		p.folder = mpv.Surroundings{Home: s.Home}.HomeFolder()
	}
	return p
}

// appendOnce leaves out a path that leads to the same file as one before.
func appendOnce(all []string, path string) []string {
	for _, other := range all {
		if resolved(other) == resolved(path) {
			return all
		}
	}
	return append(all, path)
}

// resolved is a path with the links of its existing part followed.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir, base := filepath.Split(filepath.Clean(path))
	if dir == "" || base == "" {
		return path
	}
	return filepath.Join(resolved(filepath.Clean(dir)), base)
}

func (s Surroundings) mpvNotes(folders []string) []string {
	var notes []string
	for _, folder := range folders {
		if socket := mpv.ConfiguredSocket(folder, s.Home); socket != "" {
			notes = append(notes, fmt.Sprintf("%s names the socket %s: that one is used and watched, the script makes none there.",
				filepath.Join(folder, "mpv.conf"), socket))
		}
	}
	notes = append(notes, "An mpv that runs now is seen after its next start.")
	if s.needsHomeFolder() {
		notes = append(notes, "There is no XDG_RUNTIME_DIR: sockets are made in "+mpv.Surroundings{Home: s.Home}.HomeFolder()+
			", where a daemon that runs now looks after its next start.")
	}
	return notes
}

// marker begins the first line of each version of the script.
const marker = "-- simkld script "

// version is the number of a script of ours, 0 for anything else.
func version(script []byte) int {
	line, _, _ := bytes.Cut(script, []byte("\n"))
	number, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r"), marker)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

func changeScript(_ string, now file) (file, []string, string, error) {
	ours := version(Script)
	theirs := version(now.data)
	want := file{exists: true, data: Script, mode: now.mode}
	switch {
	case !now.exists:
		want.mode = 0o644
		return want, nil, fmt.Sprintf("the script, version %d, %d lines", ours, bytes.Count(Script, []byte("\n"))), nil
	case bytes.Equal(now.data, Script):
		return want, nil, fmt.Sprintf("the script is there already, version %d", ours), nil
	case theirs == 0:
		return now, nil, "", &refusal{"it is another script with this name", "rename it, then run this again"}
	case theirs > ours:
		return now, nil, fmt.Sprintf("a newer version, %d, is there already", theirs), nil
	case theirs == ours:
		return want, nil, fmt.Sprintf("the script, version %d, in place of an edited one", ours), nil
	}
	return want, nil, fmt.Sprintf("the script, version %d in place of %d", ours, theirs), nil
}

// takeScriptBack lets an edited script of ours go; one that is no longer ours stays.
func takeScriptBack(now, before, wrote file) (file, []string, error) {
	if !now.same(wrote) && version(now.data) == 0 {
		return now, nil, &refusal{"it is another script by now", "remove it yourself if it should go"}
	}
	return before, nil, nil
}
