package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/lookup"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/queue"
)

// fixFlags are what a person says a watch is.
type fixFlags struct {
	ids             media.IDs
	simkl           int64
	season, episode *int
}

func newFix(env *Env) *cobra.Command {
	var f fixFlags
	var season, episode int
	var find string
	cmd := &cobra.Command{
		Use: "fix [ENTRY] [--simkl ID]", Short: "say which title it is, here and from now on", GroupID: groupMend, Args: between(0, 1),
		Long: `Without a number: what plays, else what was played last. Without an id, Simkl is
asked for titles that fit (by title and by the file's name, never its folders), and you
choose. What waits is sent as the right title, what was sent wrongly is taken back and
sent anew, and the same is done for that folder and title from now on. A film that was on
your lists before, or that you rated, is never taken off them.`,
		Example: `  simkld fix 47
  simkld fix 47 --simkl 12001
  simkld fix --imdb tt0113277
  simkld fix 52 --mal 37430 --episode 1
  simkld fix 47 --find "the office" --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.ids.Simkl = media.SimklID(f.simkl)
			if cmd.Flags().Changed("season") {
				f.season = &season
			}
			if cmd.Flags().Changed("episode") {
				f.episode = &episode
			}
			if err := f.check(); err != nil {
				return err
			}
			if cmd.Flags().Changed("find") {
				return fixFind(cmd.Context(), env, args, f, find)
			}
			return fix(cmd.Context(), env, args, f)
		},
	}
	flags := cmd.Flags()
	flags.Int64Var(&f.simkl, "simkl", 0, "its `ID` on Simkl: the number in the page's address")
	flags.StringVar(&f.ids.IMDB, "imdb", "", "its `ID` on IMDb, as tt0113277")
	flags.StringVar(&f.ids.TMDB, "tmdb", "", "its `ID` on TMDB")
	flags.StringVar(&f.ids.TVDB, "tvdb", "", "its `ID` on TheTVDB")
	flags.StringVar(&f.ids.MAL, "mal", "", "its `ID` on MyAnimeList")
	flags.StringVar(&f.ids.AniDB, "anidb", "", "its `ID` on AniDB")
	flags.StringVar(&find, "find", "", "only show which titles Simkl has by these `WORDS`; \"\" takes the file's own")
	flags.IntVar(&season, "season", 0, "this is season `N` there; 0 are the specials")
	flags.IntVar(&episode, "episode", 0, "this is episode `N` there; the others of the folder follow")
	return cmd
}

func (f fixFlags) check() error {
	switch {
	case f.ids.Simkl < 0:
		return fault.Usagef("copy the number in the page's address", "--simkl is %d", f.ids.Simkl)
	case f.ids.IMDB != "" && !strings.HasPrefix(f.ids.IMDB, "tt"):
		return fault.Usagef("write it like tt0113277", "--imdb is %q", f.ids.IMDB)
	case f.season != nil && *f.season < 0, f.episode != nil && *f.episode < 0:
		return fault.New(fault.Usage, "a season or an episode is below 0", "use 0 or more")
	}
	for name, id := range map[string]string{"--tmdb": f.ids.TMDB, "--tvdb": f.ids.TVDB, "--mal": f.ids.MAL, "--anidb": f.ids.AniDB} {
		if strings.Trim(id, "0123456789") != "" {
			return fault.Usagef("use the number alone", "%s is %q", name, id)
		}
	}
	return nil
}

func fix(ctx context.Context, env *Env, args []string, f fixFlags) error {
	if f.ids.IsZero() && !env.interactive() {
		return fault.New(fault.Usage, "fix asks which title it is, and this is no terminal", "give --simkl ID (or --imdb, --tmdb, --tvdb, --mal, --anidb)")
	}
	target, err := fixTarget(ctx, env, args)
	if err != nil {
		return err
	}
	plan, decided, err := decideFix(ctx, env, f, target)
	if ctx.Err() != nil {
		return fault.New(fault.Failed, "interrupted, nothing was changed", "")
	}
	if err != nil {
		return err
	}
	if !decided {
		fmt.Fprintln(env.Err, "Left as it is, nothing was changed.")
		return nil
	}
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	done, err := applyFix(ctx, env, s, target, plan)
	if err != nil {
		return err
	}
	if err := env.kick(context.WithoutCancel(ctx), api.KickRules); err != nil {
		return err
	}
	return sayFixed(env, target, plan, done)
}

// fixFind shows the titles that a watch may be and changes nothing, for those who choose elsewhere: a script, the page.
func fixFind(ctx context.Context, env *Env, args []string, f fixFlags, words string) error {
	if !f.ids.IsZero() {
		return fault.New(fault.Usage, "--find and an id exclude each other", "use one of them")
	}
	target, err := fixTarget(ctx, env, args)
	if err != nil {
		return err
	}
	dialog := fixDialog{env: env, given: f, target: target, raw: rawMatch(ctx, target.Path)}
	if dialog.known, err = offered(ctx, env, target.ID); err != nil {
		return err
	}
	return dialog.find(ctx, strings.TrimSpace(words))
}

// decideFix finds out what a watch is: by the id that was given, else by asking. It gives false where the person leaves
// it as it is.
func decideFix(ctx context.Context, env *Env, f fixFlags, target store.Entry) (plan fixPlan, decided bool, err error) {
	raw := rawMatch(ctx, target.Path)
	known, err := offered(ctx, env, target.ID)
	if err != nil {
		return plan, false, err
	}
	if f.ids.IsZero() {
		dialog := fixDialog{env: env, given: f, target: target, raw: raw, known: known}
		return dialog.ask(ctx)
	}
	hit, err := lookUp(ctx, env, f, raw)
	if err != nil {
		return plan, false, err
	}
	for _, c := range known {
		if hit == nil && f.ids.Simkl != 0 && c.IDs.Simkl == f.ids.Simkl {
			hit = &simkl.Hit{Kind: c.Kind, Title: c.Title, Year: c.Year, IDs: c.IDs, Slug: c.Slug, AnimeType: c.AnimeType}
		}
	}
	plan, err = planChecked(ctx, env, f, raw, target, hit)
	return plan, err == nil, err
}

// fixTarget is the watch to correct: a number's, else what plays, else what was played last.
func fixTarget(ctx context.Context, env *Env, args []string) (store.Entry, error) {
	var id media.WatchID
	if len(args) > 0 {
		var err error
		if id, err = parseEntry(args[0]); err != nil {
			return store.Entry{}, err
		}
	}
	if live, ok := playing(ctx, env, id); ok {
		return live, nil
	}
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return store.Entry{}, err
	}
	entry, err := entryToMark(ctx, s, id)
	if fault.KindOf(err) != fault.NotFound {
		return entry, err
	}
	if id == 0 {
		return entry, fault.New(fault.NotFound, "nothing was played yet that could be corrected", "")
	}
	return entryOfRow(ctx, env, id, err)
}

// entryOfRow is a watch that waits but has not counted, so that the journal has none of it.
func entryOfRow(ctx context.Context, env *Env, id media.WatchID, missing error) (store.Entry, error) {
	rows, err := rowsOf(ctx, env)
	if err != nil {
		return store.Entry{}, err
	}
	for _, r := range slices.Backward(rows) {
		if r.Watch == id && r.Verb != queue.VerbTakeBack {
			return store.Entry{
				ID: id, Match: r.Match, Path: r.Path, Player: r.Player, Account: r.Account, Started: r.At, Ended: r.At, Progress: r.Progress,
			}, nil
		}
	}
	return store.Entry{}, missing
}

// playing is the session with that number, or the newest that has not ended; its journal entry goes before, since it
// knows more.
func playing(ctx context.Context, env *Env, id media.WatchID) (store.Entry, bool) {
	d, err := env.daemon()
	if err != nil {
		return store.Entry{}, false
	}
	wait, cancel := soon(ctx)
	defer cancel()
	st, err := d.Status(wait)
	if err != nil {
		return store.Entry{}, false // no daemon, nothing that plays
	}
	for i := len(st.Sessions) - 1; i >= 0; i-- {
		s := st.Sessions[i]
		n, err := parseEntry(s.ID)
		if err != nil || id != 0 && n != id || id == 0 && s.State == "stopped" {
			continue
		}
		if journal, err := env.stateIfAny(ctx); err == nil && journal != nil {
			if entry, err := journal.Entry(ctx, n); err == nil {
				return entry, true
			}
		}
		entry := store.Entry{ID: n, Path: pathOf(s.Path), Player: s.Player, Length: seconds(s.DurationS)}
		if s.Identity != nil {
			entry.Match = *s.Identity
		}
		return entry, true
	}
	return store.Entry{}, false
}

func sayFixed(env *Env, target store.Entry, plan fixPlan, done fixDone) error {
	label := labelOf(plan.match, target.Path)
	if env.flags.json {
		out := struct {
			ID       string      `json:"id"`
			Identity media.Match `json:"identity"`
			Became   string      `json:"became"`
			Also     []string    `json:"also"`
			Rule     *string     `json:"rule"`
			URL      string      `json:"url"`
		}{ID: number(target.ID), Identity: cleanMatch(plan.match), Became: done.became, Also: []string{}, URL: plan.page()}
		for _, id := range done.also {
			out.Also = append(out.Also, number(id))
		}
		if done.rule != 0 {
			id := fmt.Sprint(done.rule)
			out.Rule = &id
		}
		return env.print(out)
	}
	var words string
	switch done.became {
	case becameQueued:
		words = fmt.Sprintf("%s counted for %s", label, env.day(when(target)))
		if target.Outcome == store.OutcomeNone || target.Outcome == store.OutcomeNotCounted {
			words = "it is " + label // a start or a resume point waits, not a watch
		}
	case becameRepaired:
		words = fmt.Sprintf("removed as %s, sent as %s for %s", answerTitle(cleanAnswer(*target.Answer)), label, env.day(when(target)))
	case becameAdded:
		words = fmt.Sprintf("%s counted for %s; %s stays on Simkl (%s): %s",
			label, env.day(when(target)), answerTitle(cleanAnswer(*target.Answer)), done.kept, page(target.Answer))
	case becameRight:
		words = "Simkl has it as " + label + " already"
	default:
		words = "it is " + label
	}
	if len(done.also) > 0 {
		words += "; " + term.Count(len(done.also), "other watch", "other watches") + " of the same title too"
	}
	switch {
	case plan.once:
		words += "; this one alone, no rule is remembered"
	case done.rule == 0:
		words += "; no rule is remembered, the name alone does not tell it apart"
	case plan.here != "" && plan.here != lookup.EpisodeLabel(plan.match):
		words += fmt.Sprintf("; the rule is remembered: %s here is %s", plan.here, lookup.EpisodeLabel(plan.match))
	default:
		words += "; the rule is remembered"
	}
	out := env.out()
	line := out.Paint(term.Done, "ok") + "  " + words
	if p := plan.page(); p != "" {
		line += "  " + out.Address(strings.TrimPrefix(p, "https://"))
	}
	if _, err := fmt.Fprintln(env.Out, line); err != nil {
		return err
	}
	if done.rule != 0 {
		fmt.Fprintf(env.Err, "To forget it: %s rules remove %d\n", about.Name, done.rule)
	}
	return nil
}
