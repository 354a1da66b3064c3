package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/setup"
	"github.com/simkld/simkld/internal/term"
)

// guide is the guided first run. Each step looks at what is there, and asks only for what is missing.
type guide struct {
	*Env
	yes    bool // take each default, ask nothing
	around setup.Surroundings
}

func guided(ctx context.Context, env *Env, yes bool) error {
	switch {
	case env.flags.json:
		return fault.New(fault.Usage, "the guided setup has no --json", "use login, setup mpv, setup vlc and service install, which have")
	case !yes && !env.interactive():
		return fault.New(fault.Usage, "setup asks questions, and this is no terminal", "give --yes to take each default")
	}
	around, err := env.surroundings()
	if err != nil {
		return err
	}
	g := guide{env, yes, around}
	for _, step := range []func(context.Context) error{g.account, g.players, g.library, g.start, g.test} {
		if err := step(ctx); err != nil {
			if errors.Is(err, context.Canceled) {
				return fault.Wrap(fault.Failed, err, "interrupted; what was said to be done is done", "run '"+about.Name+" setup' again")
			}
			return err
		}
	}
	g.say("Done", "See it: %s status, %s dashboard. Back: %s setup mpv --undo", about.Name, about.Name, about.Name)
	return nil
}

// say writes a line of a step.
func (g guide) say(head, text string, args ...any) {
	fmt.Fprintf(g.Out, "%-11s  %s\n", head, fmt.Sprintf(text, args...))
}

func (g guide) ok(text string, args ...any) {
	g.say("    "+g.out().Paint(term.Done, "ok")+"     ", text, args...)
}

// confirm asks a question whose default is yes.
func (g guide) confirm(ctx context.Context, question string) (bool, error) {
	answer, err := g.answer(ctx, question+" [Y/n] ")
	return answer == "" || answer == "y" || answer == "yes", err
}

func (g guide) answer(ctx context.Context, question string) (string, error) {
	if g.yes {
		return "", nil
	}
	line, err := g.prompt(ctx, "    "+question)
	return strings.ToLower(strings.TrimSpace(line)), err
}

func (g guide) account(ctx context.Context) error {
	g.say("1/4 Account", "")
	tokens, err := g.tokens()
	if err != nil {
		return err
	}
	token, err := tokens.Token(ctx)
	if err != nil {
		return err
	}
	if !token.IsZero() {
		g.ok("linked%s already; token in %s", toName(token.Account.Name), token.Origin)
		return nil
	}
	err = login(ctx, g.Env, false)
	g.loaded = nil // it may have written a client_id
	return err
}

func toName(name string) string {
	if name == "" {
		return ""
	}
	return " to " + media.Sanitize(name)
}

// installed reports whether a program, or its Flatpak or Snap, is on this machine.
func (g guide) installed(program string, folders ...string) bool {
	if _, err := exec.LookPath(program); err == nil {
		return true
	}
	return slices.ContainsFunc(folders, func(folder string) bool {
		_, err := os.Stat(filepath.Join(g.around.Home, folder))
		return err == nil
	})
}

func (g guide) players(ctx context.Context) error {
	bus := g.sessionBus()
	g.say("2/4 Players", "%s", either(bus, "players on the desktop's bus (MPRIS) are seen without any setting",
		"no session bus: MPRIS players cannot be seen on this box"))
	hasMPV := g.installed("mpv", ".var/app/io.mpv.Mpv", "snap/mpv", ".config/mpv")
	hasVLC := g.installed("vlc", ".var/app/org.videolan.VLC", "snap/vlc", ".config/vlc")
	if hasMPV {
		if err := g.player(ctx, setup.MPV(g.around), "mpv", "one small script gives each mpv its own socket"); err != nil {
			return err
		}
	}
	switch {
	case hasVLC && bus:
		g.say("    VLC", "seen through MPRIS already, nothing to change")
	case hasVLC:
		vlc := setup.VLC(g.around) //nolint:contextcheck // it looks for a port for 0.3 s at most
		if err := g.player(ctx, vlc, "VLC", "its HTTP interface on this machine, with a random password"); err != nil {
			return err
		}
	}
	if !hasMPV && !hasVLC {
		g.say("", "mpv and VLC are not here. When one is: %s setup mpv, %s setup vlc", about.Name, about.Name)
	}
	return nil
}

// player switches one on. What keeps it from being done is said, and the next step goes on.
func (g guide) player(ctx context.Context, p *setup.Player, name, what string) error {
	g.say("    "+name, "%s", what)
	plan := p.Plan()
	if !plan.Changes() {
		if s := plan.Refused(); s != nil {
			g.say("    hint", "%s: %s: %s", g.home(s.File), media.Sanitize(s.Text), s.Do)
			return nil
		}
		g.ok("switched on already")
		return nil
	}
	if busy := p.Ready(plan); busy != nil {
		g.say("    hint", "%s", media.Sanitize(busy.Error()))
		return nil
	}
	var files []string
	for _, s := range plan.Steps {
		if s.Action == setup.ActionCreate || s.Action == setup.ActionReplace {
			files = append(files, g.home(s.File))
		}
	}
	yes, err := g.confirm(ctx, "Write "+term.List(files, 3)+"?")
	if err != nil || !yes {
		return err
	}
	done, err := p.Apply(plan)
	if err != nil {
		return err
	}
	for _, s := range done.Steps {
		switch {
		case s.Action == setup.ActionRefuse:
			g.say("    hint", "%s: %s: %s", g.home(s.File), media.Sanitize(s.Text), s.Do)
		case s.Copy != "":
			g.ok("%s; what was there is kept in %s", g.home(s.File), g.home(s.Copy))
		default:
			g.ok("%s", g.home(s.File))
		}
	}
	for _, note := range done.Notes {
		g.say("", "%s", g.home(note))
	}
	return nil
}

// libraryNames are folders that people keep films and series in.
var libraryNames = []string{"movies", "films", "tv", "tv shows", "shows", "series", "anime"}

// libraries are the folders of such a name on this machine, in the usual places.
func (g guide) libraries() []string {
	home := g.around.Home
	parents := []string{home, filepath.Join(home, "Videos"), filepath.Join(home, "Movies"), filepath.Join(home, "Media"), "/srv", "/srv/media"}
	for _, pattern := range []string{"/mnt/*", "/media/*", "/media/*/*", "/run/media/*/*", "/Volumes/*"} {
		found, _ := filepath.Glob(pattern) // the patterns are good ones
		parents = append(parents, found...)
	}
	var all []string
	for _, parent := range parents {
		entries, err := os.ReadDir(parent)
		if err != nil {
			continue // there is no such place, or it is not ours
		}
		for _, e := range entries {
			path := filepath.Join(parent, e.Name())
			if slices.Contains(libraryNames, strings.ToLower(e.Name())) && isFolder(path) && !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (g guide) library(ctx context.Context) error {
	loaded, err := g.load()
	if err != nil {
		return err
	}
	if set := loaded.Config.Matcher.Library; len(set) > 0 {
		g.say("3/4 Library", "%s", g.homes(set))
		g.ok("set already")
		return nil
	}
	found := g.libraries()
	answer := "edit"
	if len(found) > 0 {
		g.say("3/4 Library", "%s", g.homes(found))
		answer, err = g.answer(ctx, "May names found in these folders go to Simkl as they are? [Y/n/edit] ")
	} else {
		g.say("3/4 Library", "no folder of films or series was found")
	}
	switch {
	case err != nil || answer == "n" || answer == "no":
		return err
	case answer == "edit" || answer == "e":
		if found, err = g.askFolders(ctx); err != nil || len(found) == 0 {
			return err
		}
	}
	return g.keep("matcher.library", found)
}

func (g guide) askFolders(ctx context.Context) ([]string, error) {
	if g.yes {
		return nil, nil
	}
	line, err := g.prompt(ctx, "    Folders whose names may go to Simkl, separated by commas (Enter: none): ")
	var folders []string
	for folder := range strings.SplitSeq(line, ",") {
		if folder = strings.TrimSpace(folder); folder != "" {
			folders = append(folders, folder)
		}
	}
	return folders, err
}

func (g guide) homes(paths []string) string {
	shown := make([]string, len(paths))
	for i, p := range paths {
		shown[i] = g.home(p)
	}
	return strings.Join(shown, ", ")
}

// keep writes a setting, or says the line where that cannot be.
func (g guide) keep(key string, value any) error {
	p, err := g.paths()
	if err != nil {
		return err
	}
	g.loaded = nil
	err = config.SetKey(p.ConfigWrite, key, value)
	switch {
	case err == nil:
		g.ok("kept in %s", g.home(p.ConfigWrite))
	case fault.KindOf(err) == fault.Usage:
		return err
	default:
		section := key[:strings.LastIndexByte(key, '.')]
		g.say("    hint", "%s cannot be written. Put this there: [%s] %s", g.home(p.ConfigWrite), section, media.Sanitize(config.Assign(key, value)))
	}
	return nil
}

func (g guide) start(ctx context.Context) error {
	o, err := g.serviceOptions(false)
	if err != nil {
		return err
	}
	m := service.New(o)
	st, err := m.Status(ctx)
	if err != nil {
		return g.startOtherwise(ctx, o, err)
	}
	g.say("4/4 Start", "at every login, as %s", m.Name())
	switch {
	case st.Running && st.Enabled && st.Age == service.Current:
		g.ok("it runs already")
		return nil
	case !st.Running && g.daemonRuns(ctx):
		g.say("    hint", "%s runs already, by other means. To change that, end it, then: %s service install", about.Name, about.Name)
		return nil
	}
	yes, err := g.confirm(ctx, "Install and start?")
	if err != nil || !yes {
		return err
	}
	done, err := m.Install(ctx)
	if err != nil {
		return err
	}
	g.ok("%s, running now and after every login", g.home(done.File))
	for _, n := range done.Notes {
		g.say("", "%s", media.Sanitize(n))
	}
	return nil
}

// startOtherwise lets the desktop start the daemon, where nothing better does.
func (g guide) startOtherwise(ctx context.Context, o service.Options, why error) error {
	g.say("4/4 Start", "%s", media.Sanitize(why.Error()))
	if g.getenv("DISPLAY") == "" && g.getenv("WAYLAND_DISPLAY") == "" {
		g.say("    hint", "start it by what this box has for that: %s run", o.Program)
		return nil
	}
	a := service.NewAutostart(o)
	yes, err := g.confirm(ctx, "Let the desktop start it, by "+g.home(a.File())+"?")
	if err != nil || !yes {
		return err
	}
	if _, err := a.Enable(); err != nil {
		return err
	}
	g.ok("the desktop starts it from the next login on; until then: %s run", about.Name)
	return nil
}

// test waits for something to play, and says what became of it.
func (g guide) test(ctx context.Context) error {
	if g.yes || !g.daemonRuns(ctx) {
		return nil
	}
	d, err := g.daemon()
	if err != nil {
		return err
	}
	g.say("Test", "Play a film or an episode for ten seconds; Enter skips.")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	skipped := make(chan error, 1) // whoever reads may be gone
	go func() {                    // ends with the line, or with ctx
		_, err := g.prompt(ctx, "")
		skipped <- err
		cancel()
	}()
	seen := errors.New("seen")
	err = d.Follow(ctx, func(st api.Status) error {
		for _, s := range st.Sessions {
			if words, known := tested(s); known {
				g.ok("%s", words)
				return seen
			}
		}
		return nil
	})
	select {
	case prompted := <-skipped:
		return prompted
	default:
	}
	if errors.Is(err, seen) || api.IsNoDaemon(err) {
		return nil
	}
	return err
}

// tested says what became of a session, once that is known.
func tested(s api.Session) (string, bool) {
	title := "something"
	if s.Identity != nil && s.Identity.Title != "" {
		title = s.Identity.Label()
	}
	switch {
	case s.State == "stopped":
		return "", false
	case s.Scrobble == "started" || s.Scrobble == "paused" || s.Scrobble == "watched":
		return fmt.Sprintf("%s: %s, and Simkl shows it as \"Watching now\"", s.Player, media.Sanitize(title)), true
	case s.Scrobble == "queued":
		return fmt.Sprintf("%s: %s is seen; Simkl could not be told yet", s.Player, media.Sanitize(title)), true
	case s.Scrobble == "ignored":
		return fmt.Sprintf("%s is seen, and not scrobbled: %s. Why: %s why", s.Player, media.Sanitize(s.ReasonText), about.Name), true
	}
	return "", false
}
