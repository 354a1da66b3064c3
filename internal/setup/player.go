package setup

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/simkld/simkld/internal/media"
)

// Player is one player whose configuration can be changed and changed back.
type Player struct {
	name    string
	around  Surroundings
	targets []string
	// begin is called before a plan is made.
	begin func()
	// change gives the content that a file should have. A refusal is an error of type *refusal.
	change func(path string, now file) (want file, diff []string, text string, err error)
	// takeBack undoes a change in a file that was changed again since: before is what was there, wrote is ours.
	takeBack func(now, before, wrote file) (want file, diff []string, err error)
	// leftover reports whether a file is ours though nothing is recorded of it, and whether it was edited.
	leftover func(now file) (ours, edited bool)
	notes    func() []string
	folder   string
}

// refusal says why a file is left alone.
type refusal struct{ what, do string }

func (r *refusal) Error() string { return r.what + ": " + r.do }

// Name is "mpv" or "vlc".
func (p *Player) Name() string { return p.name }

// Plan says what a run would do. It only reads.
func (p *Player) Plan() Plan {
	plan := Plan{folder: p.folder}
	p.begin()
	for _, path := range p.targets {
		plan.Steps = append(plan.Steps, p.plan(path))
	}
	plan.Notes = p.notes()
	return plan
}

func (p *Player) plan(path string) Step {
	s := Step{File: path, Action: ActionKeep}
	now, err := read(path)
	if err != nil {
		return s.refuse(err)
	}
	s.now = now
	s.want, s.Diff, s.Text, err = p.change(path, now)
	switch {
	case err != nil:
		return s.refuse(err)
	case !now.exists:
		s.Action = ActionCreate
	case !now.same(s.want) || now.mode != s.want.mode:
		s.Action = ActionReplace
	}
	return s
}

// refuse makes a step one that changes nothing.
func (s Step) refuse(err error) Step {
	s.Action, s.Diff, s.Copy = ActionRefuse, nil, ""
	s.Text, s.Do = "it cannot be changed ("+reason(err)+")", "mend that, then run this again"
	if r, ok := errors.AsType[*refusal](err); ok {
		s.Text, s.Do = r.what, r.do
	}
	return s
}

// reason is an error of the system without the path, which stands before it.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return media.Sanitize(err.Error())
}

// Apply does what the plan says and gives it back as it went: a step that failed is a refusal, the others are done.
func (p *Player) Apply(plan Plan) (Plan, error) {
	rec, err := p.load()
	if err != nil {
		return plan, err
	}
	plan.Notes = append(plan.Notes, rec.trouble...)
	if plan.folder != "" {
		made, err := makeFolders(plan.folder)
		if err != nil {
			return plan, err
		}
		rec.Folders = append(rec.Folders, made...)
		if err := p.save(rec); err != nil {
			return plan, err
		}
	}
	plan.Steps = slices.Clone(plan.Steps)
	for i, s := range plan.Steps {
		if !s.changes() {
			continue
		}
		copied, err := p.apply(rec, s)
		if err != nil {
			plan.Steps[i] = s.refuse(err)
			continue
		}
		plan.Steps[i].Copy = copied
	}
	return plan, nil
}

// apply changes one file. What was there and what was meant is on disk before the file is touched, so that a crash at
// any moment can be undone.
func (p *Player) apply(rec *record, s Step) (string, error) {
	now, err := read(s.File)
	if err != nil {
		return "", err
	}
	if !now.same(s.now) {
		return "", &refusal{"it was changed this moment", "run this again"}
	}
	before, err := p.baseline(rec, s.File, now)
	if err != nil {
		return "", err
	}
	made, err := makeFolders(filepath.Dir(s.File))
	if err != nil {
		return "", err
	}
	e, err := p.remember(rec, s.File, before, s.want, made)
	if err != nil {
		return "", err
	}
	if err := write(s.File, s.want); err != nil {
		return "", err
	}
	if !before.exists {
		return "", nil
	}
	return p.copyName(e, beforeSuffix), nil
}

// baseline is the content that undoing goes back to: what was there before our first change, with what the user or the
// player changed since.
func (p *Player) baseline(rec *record, path string, now file) (file, error) {
	e := rec.find(path)
	if e == nil || !now.exists {
		return now, nil
	}
	before, wrote, err := p.copies(e)
	if err != nil {
		return file{}, err
	}
	if now.same(wrote) {
		return before, nil
	}
	back, _, err := p.takeBack(now, before, wrote)
	return back, err
}

// same compares what is in two files.
func (f file) same(g file) bool { return f.exists == g.exists && bytes.Equal(f.data, g.data) }

// largest bounds a configuration that is read. A vlcrc has 0.2 MiB.
const largest = 16 << 20

// read gives the file that path leads to; none is no error.
func read(path string) (file, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return file{}, &refusal{"it is a link to a file that does not exist", "remove the link, then run this again"}
		}
		return file{}, nil
	}
	if err != nil {
		return file{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > largest {
		return file{}, &refusal{"it is no file that a player would read", "move it away, then run this again"}
	}
	data, err := os.ReadFile(path)
	return file{exists: true, data: data, mode: info.Mode().Perm()}, err
}
