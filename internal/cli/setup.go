package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/setup"
)

func newSetup(env *Env) *cobra.Command {
	mpv := setupPlayer(env, "mpv", setup.MPV, "give each mpv a socket of its own, by a small script",
		`Writes simkld.lua into the scripts folder of mpv, and of its Flatpak and Snap where they are used. A socket that
mpv.conf or the command line names is used and never replaced. The script also has three commands to which you
can bind keys in input.conf: script-binding simkld/undo, simkld/count and simkld/fix.`)
	vlc := setupPlayer(env, "vlc", setup.VLC, "switch on VLC's HTTP interface, for this machine only",
		`Sets extraintf, http-host, http-port and http-password in vlcrc, also that of the Flatpak and the Snap; a
password and a port that are set already are kept. VLC must be closed.`)
	cmd := group("setup", "guided first run: account, players, library, start", mpv, vlc)
	cmd.GroupID = groupSetup
	cmd.Long = `Links the account, switches on the players that are found, asks which folders hold films and
series, starts the daemon at every login, and sees with you whether it works. Enter takes
the default. Run again, it asks only for what is missing. setup mpv and setup vlc switch on
one player.`
	var yes bool
	cmd.Flags().BoolVar(&yes, "yes", false, "take each default and ask nothing; the code of the login is shown and waited for")
	followed := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return followed(cmd, args)
		}
		return guided(cmd.Context(), env, yes)
	}
	return cmd
}

func setupPlayer(env *Env, name string, make func(setup.Surroundings) *setup.Player, short, long string) *cobra.Command {
	var dryRun, undo bool
	cmd := &cobra.Command{
		Use: name, Short: short, Args: between(0, 0),
		Long: long + "\nWhat was there is kept, and --undo brings it back byte for byte.",
		RunE: func(*cobra.Command, []string) error {
			around, err := env.surroundings()
			if err != nil {
				return err
			}
			return setUp(env, make(around), dryRun, undo)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show each file and what would change, and change nothing")
	cmd.Flags().BoolVar(&undo, "undo", false, "take back what this command did")
	return cmd
}

// surroundings are the folders of the user that this process runs for.
func (e *Env) surroundings() (setup.Surroundings, error) {
	p, err := e.paths()
	if err != nil {
		return setup.Surroundings{}, err
	}
	s := setup.Around(e.getenv, p.Home, p.State)
	if s.Home == "" {
		return s, fault.New(fault.Usage, "no home folder is known, so that the players' settings cannot be found", "set HOME")
	}
	return s, nil
}

func setUp(env *Env, player *setup.Player, dryRun, undo bool) error {
	plan, err := player.Plan(), error(nil)
	do := player.Apply
	if undo {
		plan, err = player.PlanUndo()
		do = player.Undo
	}
	if err != nil {
		return err
	}
	switch busy := player.Ready(plan); {
	case busy != nil && !dryRun:
		return busy
	case busy != nil:
		plan.Notes = append(plan.Notes, "Not now: "+busy.Error()+".")
	case !dryRun:
		if plan, err = do(plan); err != nil {
			return err
		}
	}
	if player.Name() == "vlc" && !undo && env.sessionBus() {
		plan.Notes = append(plan.Notes, "VLC is seen over D-Bus (MPRIS) already: this is needed only where there is no session bus.")
	}
	if err := env.saySetup(player.Name(), plan, dryRun, undo); err != nil {
		return err
	}
	if back, err := player.PlanUndo(); err == nil && len(back.Steps) > 0 && !dryRun && !undo && !env.flags.json {
		fmt.Fprintf(env.Out, "Back: %s setup %s --undo\n", about.Name, player.Name())
	}
	if s := plan.Refused(); s != nil {
		return fault.New(fault.Failed, env.home(s.File)+": "+s.Text, s.Do)
	}
	return nil
}

// sessionBus reports whether there is a desktop session's bus, by which players are seen without any setting.
func (e *Env) sessionBus() bool {
	if e.getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(e.getenv("XDG_RUNTIME_DIR"), "bus"))
	return e.getenv("XDG_RUNTIME_DIR") != "" && !errors.Is(err, os.ErrNotExist)
}

type setupStepJSON struct {
	File   string       `json:"file"`
	Action setup.Action `json:"action"`
	Text   string       `json:"text"`
	Do     string       `json:"do,omitempty"`
	Copy   string       `json:"copy,omitempty"`
	Diff   []string     `json:"diff"`
}

func (e *Env) saySetup(name string, plan setup.Plan, dryRun, undo bool) error {
	if e.flags.json {
		return e.setupJSON(name, plan, dryRun, undo)
	}
	if len(plan.Steps) == 0 {
		fmt.Fprintln(e.Out, "Nothing was set up: there is nothing to take back.")
	}
	for _, s := range plan.Steps {
		mark := "ok"
		if s.Action == setup.ActionRefuse {
			mark = "FAIL"
		}
		fmt.Fprintf(e.Out, "%-5s %s  %s: %s\n", mark, e.home(s.File), actionWords(s.Action, dryRun), media.Sanitize(s.Text))
		for _, line := range s.Diff {
			if dryRun {
				fmt.Fprintf(e.Out, "        %s\n", media.Sanitize(line))
			}
		}
		if s.Copy != "" {
			fmt.Fprintf(e.Out, "        what was there is kept in %s\n", e.home(s.Copy))
		}
	}
	for _, note := range plan.Notes {
		fmt.Fprintf(e.Out, "      %s\n", e.home(note))
	}
	if dryRun {
		fmt.Fprintln(e.Out, "Nothing was changed.")
	}
	return nil
}

func (e *Env) setupJSON(name string, plan setup.Plan, dryRun, undo bool) error {
	files := make([]setupStepJSON, len(plan.Steps))
	for i, s := range plan.Steps {
		files[i] = setupStepJSON{
			File: media.Sanitize(s.File), Action: s.Action, Text: media.Sanitize(s.Text), Do: s.Do, Copy: media.Sanitize(s.Copy),
			Diff: make([]string, len(s.Diff)),
		}
		for j, line := range s.Diff {
			files[i].Diff[j] = media.Sanitize(line)
		}
	}
	notes := make([]string, len(plan.Notes))
	for i, note := range plan.Notes {
		notes[i] = media.Sanitize(note)
	}
	return e.print(struct {
		Player string          `json:"player"`
		DryRun bool            `json:"dry_run"`
		Undo   bool            `json:"undo"`
		Files  []setupStepJSON `json:"files"`
		Notes  []string        `json:"notes"`
	}{name, dryRun, undo, files, notes})
}

func actionWords(a setup.Action, dryRun bool) string {
	switch a {
	case setup.ActionCreate:
		return either(dryRun, "would be written", "written")
	case setup.ActionReplace:
		return either(dryRun, "would be changed", "changed")
	case setup.ActionRemove:
		return either(dryRun, "would be removed", "removed")
	case setup.ActionKeep:
		return "unchanged"
	case setup.ActionRefuse:
	}
	return "left alone"
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
