package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/matcher"
)

func newNext(env *Env) *cobra.Command {
	var play bool
	cmd := &cobra.Command{
		Use: "next [FOLDER]", Short: "the next unwatched file of a series", GroupID: groupWatch, Args: between(0, 1),
		Long: `Of the series in that folder; without one, of what was played last. What is watched is known
from the history here and, with an account, from your watchlist. It prints the path.`,
		Example: `  simkld next --play
  mpv "$(simkld next ~/Videos/TV/Severance)"`,
		RunE: func(cmd *cobra.Command, args []string) error { return next(cmd.Context(), env, args, play) },
	}
	cmd.Flags().BoolVar(&play, "play", false, "open it in mpv")
	return cmd
}

// episodeFile is a file of a series.
type episodeFile struct {
	path  string
	match media.Match
}

func next(ctx context.Context, env *Env, args []string, play bool) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	var entries []store.Entry
	if s != nil {
		if entries, err = s.Entries(ctx, time.Time{}, 0); err != nil {
			return err
		}
	}
	folder, err := nextFolder(args, entries)
	if err != nil {
		return err
	}
	files, err := episodesIn(ctx, env, folder)
	if err != nil {
		return err
	}
	files, err = oneSeries(env, folder, files, entries)
	if err != nil {
		return err
	}
	seen := seenHere(files, entries)
	if err := seen.addListed(ctx, env, files, entries); err != nil {
		return err
	}
	i := seen.next(files)
	if i < 0 {
		return fault.New(fault.NotFound, "all files of "+term.Foreign(files[0].match.Title)+" in "+env.home(folder)+" are watched", "")
	}
	return showNext(ctx, env, files[i], play)
}

// nextFolder is the folder to look in: of the file that was played last, the series' one.
func nextFolder(args []string, entries []store.Entry) (string, error) {
	if len(args) > 0 {
		info, err := os.Stat(args[0])
		switch {
		case errors.Is(err, os.ErrNotExist):
			return "", fault.Wrap(fault.Usage, err, media.Sanitize(args[0])+" does not exist", "name a folder")
		case err != nil:
			return "", err
		case !info.IsDir():
			return filepath.Dir(args[0]), nil
		}
		return args[0], nil
	}
	for _, e := range entries {
		if e.Match.Kind == media.KindEpisode && e.Path != "" && media.SchemeOf(e.Path) == "" {
			dir := filepath.Dir(e.Path)
			if seasonFolder.MatchString(filepath.Base(dir)) {
				dir = filepath.Dir(dir)
			}
			return dir, nil
		}
	}
	return "", fault.New(fault.NotFound, "no episode of a series was played yet", "name its folder")
}

// episodesIn are the files of a folder that hold an episode, in the order in which they are watched.
func episodesIn(ctx context.Context, env *Env, folder string) ([]episodeFile, error) {
	paths, err := walk(folder)
	if err != nil {
		return nil, err
	}
	id, err := env.identifier(ctx)
	if err != nil {
		return nil, err
	}
	var files []episodeFile
	for _, p := range paths {
		if m := understand(ctx, id, p); m.Kind == media.KindEpisode && hasNumber(m) {
			files = append(files, episodeFile{p, m})
		}
	}
	slices.SortStableFunc(files, func(a, b episodeFile) int {
		return cmp.Or(cmp.Compare(seasonOf(a.match), seasonOf(b.match)), cmp.Compare(firstNumber(a.match), firstNumber(b.match)))
	})
	if len(files) == 0 {
		return nil, fault.New(fault.NotFound, "there are no episodes in "+env.home(folder), "name a series' folder")
	}
	return files, nil
}

// seasonOf puts specials last: they are watched between others, or never.
func seasonOf(m media.Match) int {
	switch {
	case m.Season == nil:
		return 1
	case *m.Season == 0:
		return 1 << 30
	}
	return *m.Season
}

func firstNumber(m media.Match) media.Number {
	if len(m.Episodes) > 0 {
		return m.Episodes[0]
	}
	return first(m.Absolute)
}

func sameSeries(a, b media.Match) bool { return a.IDs.Shares(b.IDs) || matcher.Same(a.Title, b.Title) }

// oneSeries are the files of one series: of several in the folder, the one that was watched last.
func oneSeries(env *Env, folder string, files []episodeFile, entries []store.Entry) ([]episodeFile, error) {
	var titles []string
	for _, f := range files {
		if !slices.ContainsFunc(titles, func(t string) bool { return matcher.Same(t, f.match.Title) }) {
			titles = append(titles, f.match.Title)
		}
	}
	if len(titles) == 1 {
		return files, nil
	}
	for _, e := range entries {
		if e.Match.Kind != media.KindEpisode {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(files), func(f episodeFile) bool { return !sameSeries(f.match, e.Match) })
		if len(of) > 0 {
			return of, nil
		}
	}
	for i, t := range titles {
		titles[i] = term.Foreign(t)
	}
	return nil, fault.New(fault.NotFound, fmt.Sprintf("there are %d series in %s (%s)", len(titles), env.home(folder), term.List(titles, 3)), "name the folder of one")
}

// watchedFiles are the files of a series that were watched, by their index.
type watchedFiles struct {
	seen map[int]bool
	// last is the file that was watched last here, -1 for none.
	last int
}

// seenHere is what the journal says.
func seenHere(files []episodeFile, entries []store.Entry) watchedFiles {
	w := watchedFiles{map[int]bool{}, -1}
	for _, e := range entries { // the newest first
		switch e.Outcome {
		case store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead:
		case store.OutcomeNone, store.OutcomeUndone, store.OutcomeDropped, store.OutcomeNotCounted:
			continue
		}
		for i, f := range files {
			if e.Path != "" && e.Path == absolute(f.path) || sameSeries(f.match, e.Match) && sameNumber(f.match, e.Match) {
				if w.seen[i] = true; w.last < 0 {
					w.last = i
				}
			}
		}
	}
	return w
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func sameNumber(a, b media.Match) bool {
	return hasNumber(b) && seasonOf(a) == seasonOf(b) && firstNumber(a) == firstNumber(b)
}

// addListed adds what the watchlist says, where there is an account that answers.
func (w *watchedFiles) addListed(ctx context.Context, env *Env, files []episodeFile, entries []store.Entry) error {
	lib, _, ctx, err := env.ownLibrary(ctx)
	if fault.KindOf(err) == fault.Account {
		return nil // without an account the history here is what there is
	}
	if err != nil {
		return err
	}
	if err := lib.Sync(ctx, library.Parts{Kinds: []media.AnswerKind{media.AnswerShow, media.AnswerAnime}}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(env.Err, "Your watchlist was not asked (%s): this is by what was read before.\n", media.Sanitize(explain(err).Error()))
	}
	rows, err := lib.Items(ctx, "", true)
	if err != nil {
		return err
	}
	ids := idsOf(files[0].match, entries)
	for _, r := range rows {
		named := r.IDs.Shares(ids) || matcher.Same(r.Title, files[0].match.Title)
		if !named || r.Kind == media.AnswerMovie || r.RewatchID != 0 {
			continue
		}
		for i, f := range files {
			if slices.ContainsFunc(r.Seen, func(s simkl.Seen) bool { return seenAs(s, r.Kind, f.match) }) {
				w.seen[i] = true
			}
		}
	}
	return nil
}

// idsOf are the ids of a series: those of a file, and what Simkl took its last watch for.
func idsOf(m media.Match, entries []store.Entry) media.IDs {
	for _, e := range entries {
		if e.Answer != nil && e.Match.Kind == media.KindEpisode && sameSeries(m, e.Match) {
			return e.Answer.IDs
		}
	}
	return m.IDs
}

// seenAs reports whether an episode that Simkl has as watched is that of a file: of an anime by TVDB's number, or by the
// title's own.
func seenAs(s simkl.Seen, kind media.AnswerKind, m media.Match) bool {
	n, whole := firstNumber(m).Int()
	switch {
	case !whole:
		return false
	case kind != media.AnswerAnime:
		season := 1
		if m.Season != nil {
			season = *m.Season
		}
		return s.Season == season && s.Number == n
	case m.Season == nil || s.TVDBSeason == nil || s.TVDBNumber == nil:
		return s.Number == n && (m.Season == nil || *m.Season == 1)
	}
	return *s.TVDBSeason == *m.Season && *s.TVDBNumber == n
}

// next is the first unwatched file behind the one that was watched last, else the first at all; -1 when all are.
func (w watchedFiles) next(files []episodeFile) int {
	from := w.last
	if from < 0 { // by the watchlist alone: behind the furthest
		for i := range files {
			if w.seen[i] && seasonOf(files[i].match) < 1<<30 {
				from = i
			}
		}
	}
	for _, begin := range []int{from + 1, 0} {
		for i := begin; i < len(files); i++ {
			if !w.seen[i] {
				return i
			}
		}
	}
	return -1
}

func showNext(ctx context.Context, env *Env, f episodeFile, play bool) error {
	path := absolute(f.path)
	if env.flags.json {
		if err := env.print(struct {
			Path     string      `json:"path"`
			Identity media.Match `json:"identity"`
		}{fileURL(path), cleanMatch(f.match)}); err != nil {
			return err
		}
	} else {
		shown := path
		if env.out().Terminal {
			shown = media.Sanitize(path) // a pipe gets the name as it is, for mpv "$(simkld next)"
		}
		if _, err := fmt.Fprintln(env.Out, shown); err != nil {
			return err
		}
	}
	if !play {
		return nil
	}
	mpv, err := exec.LookPath("mpv")
	if err != nil {
		return fault.Wrap(fault.Failed, err, "mpv is not installed", "open the file yourself: "+media.Sanitize(path))
	}
	cmd := exec.CommandContext(ctx, mpv, "--", path) //nolint:gosec // the person's own file, and after --
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.In, env.Err, env.Err
	if err := cmd.Run(); err != nil {
		return fault.Wrap(fault.Failed, err, "mpv could not play "+media.Sanitize(filepath.Base(path)), "see what it says above")
	}
	return nil
}
