package setup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/simkld/simkld/internal/paths"
)

// PlanUndo says what taking everything back would do. It only reads.
func (p *Player) PlanUndo() (Plan, error) {
	rec, err := p.look()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Notes: rec.trouble}
	for _, e := range slices.Backward(rec.Files) {
		plan.Steps = append(plan.Steps, p.planBack(e))
	}
	for _, path := range p.targets {
		if rec.find(path) != nil {
			continue
		}
		now, err := read(path)
		if err != nil || !now.exists {
			continue
		}
		if ours, edited := p.leftover(now); ours {
			plan.Steps = append(plan.Steps, Step{
				File: path, Action: ActionRemove, Text: "it is a script of simkld", now: now, edited: edited,
			})
		}
	}
	return plan, nil
}

func (p *Player) planBack(e entry) Step {
	s := Step{File: string(e.File), Action: ActionKeep}
	now, err := read(s.File)
	if err != nil {
		return s.refuse(err)
	}
	before, wrote, err := p.copies(&e)
	if err != nil {
		return s.refuse(err)
	}
	s.now = now
	switch {
	case !now.exists:
		s.Text = "it is gone already"
		return s
	case now.same(before):
		s.want = before
		if s.Text = "it is as it was"; now.mode != before.mode {
			s.Action, s.Text = ActionReplace, "its mode as it was"
		}
		return s
	case now.same(wrote):
		s.want, s.Text = before, "as it was, byte for byte"
		_, s.Diff, _ = p.takeBack(now, before, wrote) // only to show
	default:
		if s.want, s.Diff, err = p.takeBack(now, before, wrote); err != nil {
			return s.refuse(err)
		}
		s.edited, s.Text = true, "only what simkld wrote, because it was changed since"
		if now.same(s.want) {
			s.Text = "nothing of simkld is left in it"
			return s
		}
	}
	if s.Action = ActionReplace; !s.want.exists {
		s.Action, s.Diff, s.Text = ActionRemove, nil, "there was none before"
	}
	return s
}

// Undo does what a plan of PlanUndo says and gives it back as it went.
func (p *Player) Undo(plan Plan) (Plan, error) {
	rec, err := p.load()
	if err != nil {
		return plan, err
	}
	plan.Notes = rec.trouble
	plan.Steps = slices.Clone(plan.Steps)
	for i, s := range plan.Steps {
		if s.Action == ActionRefuse {
			continue
		}
		var folders []exact
		if e := rec.find(s.File); e != nil {
			folders = e.Folders
		}
		copied, err := p.undo(s)
		if err == nil {
			err = p.forget(rec, s.File)
		}
		if err != nil {
			plan.Steps[i] = s.refuse(err)
			continue
		}
		plan.Steps[i].Copy = copied
		removeEmpty(folders)
	}
	var folders []exact
	if len(rec.Files) == 0 {
		folders, rec.Folders = rec.Folders, nil
	}
	if err := p.save(rec); err != nil {
		return plan, err
	}
	removeEmpty(folders)
	return plan, nil
}

// undo changes one file back. What somebody else wrote into a file that goes is kept, and where is told.
func (p *Player) undo(s Step) (copied string, err error) {
	if s.Action == ActionKeep {
		return "", nil
	}
	now, err := read(s.File)
	if err != nil {
		return "", err
	}
	if !now.same(s.now) {
		return "", &refusal{"it was changed this moment", "run this again"}
	}
	if s.want.exists {
		return "", write(s.File, s.want)
	}
	if s.edited {
		if copied, err = p.keep(s); err != nil {
			return "", err
		}
	}
	return copied, os.Remove(s.File)
}

// keep keeps a copy of a file that goes.
func (p *Player) keep(s Step) (string, error) {
	if err := paths.PrivateDir(p.kept()); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		name := filepath.Join(p.kept(), filepath.Base(s.File)+".edited-"+strconv.Itoa(n))
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, paths.WriteFile(name, s.now.data, 0o600)
		}
	}
}

// removeEmpty removes folders that were made, innermost first, as far as nobody put anything in.
func removeEmpty(folders []exact) {
	for _, dir := range slices.Backward(folders) {
		if os.Remove(string(dir)) != nil {
			return // somebody uses it
		}
	}
}
