// Package setup switches players on and takes that back: a script in mpv's folders, the HTTP interface in VLC's vlcrc.
//
// It owns every edit of a player's own configuration. It promises that a file is written whole and only after what was
// there is kept, that a second run changes nothing, that a file of somebody else is never touched, and that undoing
// leaves each file byte for byte as it was, or, where the player or the user changed it since, takes back only what was
// ours. It must not know sessions, titles or Simkl.
package setup

import (
	_ "embed" // the script
	"io/fs"
)

// Script is the drop-in script for mpv.
//
//go:embed simkld.lua
var Script []byte

// Surroundings are the folders of a user from which all places follow. Empty ones are unknown.
type Surroundings struct {
	// Home is the home folder.
	Home string
	// Config is $XDG_CONFIG_HOME, or %APPDATA% on Windows. Empty means Home/.config.
	Config string
	// MPVHome is $MPV_HOME, which stands for mpv's own folder.
	MPVHome string
	// Runtime is $XDG_RUNTIME_DIR.
	Runtime string
	// State is the state folder of simkld: what was done and what was there before is kept below it.
	State string
}

// Around reads the surroundings of a user with this home and state folder from the environment.
func Around(getenv func(string) string, home, state string) Surroundings {
	return Surroundings{
		Home: home, Config: getenv(configVariable), MPVHome: getenv("MPV_HOME"), Runtime: getenv("XDG_RUNTIME_DIR"), State: state,
	}
}

// Action is what becomes of a file.
type Action string

// The written forms are part of --json.
const (
	// ActionCreate: there was none.
	ActionCreate Action = "create"
	// ActionReplace: another content takes the place of what is there.
	ActionReplace Action = "replace"
	// ActionRemove: it was ours and goes.
	ActionRemove Action = "remove"
	// ActionKeep: nothing has to change.
	ActionKeep Action = "keep"
	// ActionRefuse: it is left alone, though something should change; Text says why.
	ActionRefuse Action = "refuse"
)

// Step is what a plan does to one file.
type Step struct {
	File   string
	Action Action
	// Text says in words what changes, or why nothing does.
	Text string
	// Do is what the person can do about a refusal.
	Do string
	// Diff are the lines that go ("- ") and come ("+ "), without secrets. Empty where a file comes or goes whole.
	Diff []string
	// Copy is where the content that was there is kept, "" when there was none or it is kept already.
	Copy string

	now, want file
	edited    bool // somebody else wrote into a file that goes
}

// file is a file at one moment.
type file struct {
	exists bool
	data   []byte
	mode   fs.FileMode
}

// Plan is what a run would do, in order.
type Plan struct {
	Steps []Step
	// Notes are sentences that belong to the result: what is used instead, what has to be started anew.
	Notes []string

	folder string // made although no file comes into it
}

// Changes reports whether there is anything to do.
func (p Plan) Changes() bool {
	for _, s := range p.Steps {
		if s.changes() {
			return true
		}
	}
	return false
}

func (s Step) changes() bool { return s.Action != ActionKeep && s.Action != ActionRefuse }

// Refused is the first step that could not be planned or done, nil without one.
func (p Plan) Refused() *Step {
	for i, s := range p.Steps {
		if s.Action == ActionRefuse {
			return &p.Steps[i]
		}
	}
	return nil
}
