package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/query"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

// askedFrom is how many episodes are written without a question (product.md 2).
const askedFrom = 20

// byHand stands in the journal where a player's name does.
const byHand = "by hand"

// watchFlags are what a person says of a watch.
type watchFlags struct {
	complete, yes bool
	at            string
	// rewatch is "" for a normal watch, "new" for a later viewing, else the number of one.
	rewatch string
}

func newWatch(env *Env) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use: "watch QUERY", Short: "add to the history by hand: a film, an episode, a range, a season", GroupID: groupSimkl, Args: between(1, -1),
		Long: queryHelp + `
More than 20 episodes are said first, and asked for.`,
		Example: `  simkld watch "Inception (2010)" --at "2026-05-22 20:14"
  simkld watch Severance S02E03-E05
  simkld watch Severance S01 --yes
  simkld watch Sousou no Frieren --complete
  simkld watch imdb:tt1375666`,
		RunE: func(cmd *cobra.Command, args []string) error { return watch(cmd.Context(), env, args, f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.complete, "complete", false, "the whole show, all that was shown of it, of an anime all seasons")
	flags.StringVar(&f.at, "at", "", "watched at `TIME` (2026-05-22, \"2026-05-22 20:14\"), not now")
	flags.BoolVar(&f.yes, "yes", false, "ask nothing")
	flags.StringVar(&f.rewatch, "rewatch", "", "a later viewing of what Simkl has (Pro and VIP); =`ID` names which of 'simkld rewatches'")
	flags.Lookup("rewatch").NoOptDefVal = newRewatch
	return cmd
}

// newRewatch is --rewatch without an ID: the viewing that goes on, or a new one.
const newRewatch = "new"

// rewatchOf reads --rewatch; nil is none.
func rewatchOf(flag string) (*simkl.Rewatch, error) {
	if flag == "" || flag == newRewatch {
		if flag == "" {
			return nil, nil //nolint:nilnil // a normal watch
		}
		return &simkl.Rewatch{}, nil
	}
	id, err := strconv.ParseInt(flag[strings.LastIndexByte(flag, '/')+1:], 10, 64)
	if err != nil || id <= 0 {
		return nil, fault.Usagef("use the number that 'simkld rewatches list' shows", "--rewatch: %q is no number of a rewatch", flag)
	}
	return &simkl.Rewatch{ID: id}, nil
}

// byHandWatch is a watch that a person adds.
type byHandWatch struct {
	query  query.Query
	hit    simkl.Hit
	target query.Target
	at     time.Time
	flags  watchFlags
	// rewatch is nil for a normal watch.
	rewatch *simkl.Rewatch
}

func (w byHandWatch) label() string {
	if w.flags.complete {
		return titleLabel(w.hit, w.query) + ", all of it"
	}
	return titleLabel(w.hit, w.query)
}

func watch(ctx context.Context, env *Env, args []string, f watchFlags) error {
	w := byHandWatch{flags: f}
	var err error
	if w.query, err = parseQuery(args); err != nil {
		return err
	}
	if w.at, err = env.watchedAt(f.at); err != nil {
		return err
	}
	if f.complete && w.query.HasEpisodes() {
		return fault.New(fault.Usage, "--complete is the whole show, "+w.query.Spec()+" a part of it", "leave one of them out")
	}
	if w.rewatch, err = rewatchOf(f.rewatch); err != nil {
		return err
	}
	if w.rewatch != nil && f.complete {
		return fault.New(fault.Usage, "a whole show is no rewatch", "name a season or episodes")
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	if w.rewatch != nil { // the plan first: of a free account Simkl would silently do nothing (simkl-api.md 8.2)
		if _, _, _, err := rewatchLibrary(ctx, env, nil); err != nil {
			return err
		}
	}
	want := query.FilmFirst
	if f.complete {
		want = query.Series
	}
	if w.hit, err = env.findTitle(ctx, linked.Client, w.query, want); err != nil {
		return err
	}
	if err := w.locate(ctx, linked.Client); err != nil {
		return err
	}
	if ok, err := w.confirm(ctx, env, linked.Client); err != nil || !ok {
		return err
	}
	return w.write(ctx, env, linked)
}

// locate finds out what is to be written, and refuses what would mark more than was said.
func (w *byHandWatch) locate(ctx context.Context, from query.Catalog) (err error) {
	film := query.Film(w.hit)
	name := term.Foreign(w.hit.Title)
	switch {
	case w.flags.complete && film:
		return fault.New(fault.Usage, name+" is a film, which has no episodes", "leave --complete out")
	case !film && !w.flags.complete && !w.query.HasEpisodes():
		return fault.New(fault.Usage, name+" is a series", "name an episode (S02E03), a season (S02), or give --complete for all of it")
	case w.flags.complete:
		w.target, err = query.Whole(ctx, from, w.hit)
	default:
		w.target, err = query.Locate(ctx, from, w.query, w.hit)
	}
	return err
}

// confirm asks before many episodes are written. Nothing is asked of Simkl for it but a season's uncounted list.
func (w *byHandWatch) confirm(ctx context.Context, env *Env, from *simkl.Client) (bool, error) {
	if w.flags.yes {
		return true, nil
	}
	count, known := len(w.target.Numbers), true
	switch {
	case w.flags.complete:
		count = w.hit.Episodes
		known = count > 0 && w.hit.Kind != media.AnswerAnime // its other seasons are other titles
	case w.query.Season != nil && count == 0:
		list, err := from.Episodes(ctx, w.hit.Kind, w.hit.IDs.Simkl)
		if err != nil {
			return false, err
		}
		count = countSeason(w.hit.Kind, list, *w.query.Season)
		known = count > 0
	}
	if known && count <= askedFrom {
		return true, nil
	}
	words := "all its seasons"
	if known {
		words = term.Count(count, "episode", "episodes")
	} else if !w.flags.complete {
		words = "a whole season"
	}
	ok, err := env.ask(ctx, fmt.Sprintf("%s: %s. Mark all as watched?", w.label(), words), "a write of more than 20 episodes", "--yes")
	if err == nil && !ok {
		fmt.Fprintln(env.Err, "Nothing was changed.")
	}
	return ok, err
}

// countSeason is how many episodes of a season were shown.
func countSeason(kind media.AnswerKind, list []simkl.Episode, season int) int {
	n := 0
	for _, e := range list {
		in := e.Season
		if kind == media.AnswerAnime {
			in = e.TVDBSeason
		}
		if in != nil && *in == season && e.Aired && !e.Special {
			n++
		}
	}
	return n
}

func (w *byHandWatch) item() simkl.HistoryItem {
	item := simkl.HistoryItem{
		Title: w.target.Title, Season: w.target.Season, WatchedAt: w.at, TVDBSeasons: w.target.TVDBSeasons,
		Whole: len(w.target.Numbers) == 0, Completed: w.flags.complete, Rewatch: w.rewatch,
	}
	if numbers := w.target.Numbers; len(numbers) > 0 {
		item.Number, item.Also = &numbers[0], numbers[1:]
	}
	return item
}

func (w *byHandWatch) write(ctx context.Context, env *Env, linked app.Linked) error {
	add := linked.Client.AddHistory
	if w.rewatch != nil {
		add = linked.Client.AddRewatch
	}
	answer, err := add(ctx, []simkl.HistoryItem{w.item()})
	if simkl.ClassOf(err) == simkl.NoMatch {
		return unknownTitle(w.hit, w.query.Spec(), err)
	}
	if err != nil {
		return err
	}
	result := answer.Items[0]
	if result.Found != simkl.Taken {
		return unknownTitle(w.hit, w.query.Spec(), nil)
	}
	if err := refusedRewatch(w.label(), result.RewatchStatus); err != nil && w.rewatch != nil {
		return err
	}
	// It is written at Simkl: the journal follows even if Ctrl-C comes now.
	ctx = context.WithoutCancel(ctx)
	var entries []store.Entry
	if answer.Movies+answer.Shows+answer.Episodes > 0 {
		if entries, err = w.journal(ctx, env, result); err != nil {
			return err
		}
	}
	return w.say(env, answer, entries)
}

// journal keeps the watches here, each episode as one, so that undo, rate and next know them.
func (w *byHandWatch) journal(ctx context.Context, env *Env, result simkl.HistoryResult) ([]store.Entry, error) {
	s, err := env.state(ctx)
	if err != nil {
		return nil, err
	}
	account, err := env.accountNow(ctx)
	if err != nil {
		return nil, err
	}
	answer := w.answer(result)
	match := media.Match{
		Kind: media.KindEpisode, Title: answer.Title, Year: answer.Year, Season: w.query.Season, IDs: answer.IDs,
		Confidence: 1, Source: byHand, Anime: answer.Kind == media.AnswerAnime,
	}
	if query.Film(w.hit) {
		match.Kind, match.Anime = media.KindMovie, false
	}
	numbers := w.target.Numbers
	if len(numbers) == 0 {
		numbers = []int{0} // a film, or a whole season or show, which is one
	}
	var entries []store.Entry
	for _, n := range numbers {
		if slices.Contains(result.Missing, n) {
			continue
		}
		one, m := answer, match
		if n > 0 {
			one, m = numbered(one, w.target, n), episodeOf(m, n)
		}
		id, err := s.NextWatch(ctx)
		if err != nil {
			return entries, err
		}
		entry := store.Entry{
			ID: id, Match: m, Player: byHand, Ended: w.at, WatchedAt: w.at, Outcome: store.OutcomeSent, Via: "history",
			Answer: &one, Account: account, Progress: 100, Played: 100,
		}
		if err := s.SaveEntry(ctx, entry); err != nil {
			return entries, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// answer is what Simkl took it for, by its word where it gave one.
func (w *byHandWatch) answer(result simkl.HistoryResult) media.Answer {
	a := answerOfTitle(w.hit)
	if result.AnimeType != "" {
		a.AnimeType = media.Sanitize(result.AnimeType)
	}
	return a
}

// numbered is an answer with one episode: an anime's by TVDB's number where it was written so.
func numbered(a media.Answer, t query.Target, n int) media.Answer {
	if t.TVDBSeasons {
		a.TVDBSeason, a.TVDBEpisode = t.Season, &n
		return a
	}
	a.Episode = &n
	if a.Kind == media.AnswerShow {
		a.Season = t.Season
	}
	return a
}

func episodeOf(m media.Match, n int) media.Match {
	if m.Season == nil {
		m.Absolute = []media.Number{media.Number(n)}
	} else {
		m.Episodes = []media.Number{media.Number(n)}
	}
	return m
}

// watchJSON is what `watch --json` prints.
type watchJSON struct {
	Title   string   `json:"title"`
	URL     string   `json:"url"`
	Season  *int     `json:"season"`
	Numbers []int    `json:"episodes"`
	Missing []int    `json:"missing"`
	Entries []string `json:"entries"`
	Added   struct {
		Movies   int `json:"movies"`
		Shows    int `json:"shows"`
		Episodes int `json:"episodes"`
	} `json:"added"`
	Status    string    `json:"status"`
	SimklType string    `json:"simkl_type"`
	AnimeType string    `json:"anime_type"`
	WatchedAt time.Time `json:"watched_at"`
	// RewatchID is 0 for a normal watch.
	RewatchID     int64  `json:"rewatch_id"`
	RewatchStatus string `json:"rewatch_status"`
}

func (w *byHandWatch) say(env *Env, answer simkl.HistoryAnswer, entries []store.Entry) error {
	result := answer.Items[0]
	var failed error
	if len(result.Missing) > 0 {
		failed = fault.New(fault.NotFound, fmt.Sprintf("Simkl has no %s of %s", episodeList(result.Missing), term.Foreign(w.hit.Title)),
			"the other episodes were marked")
	}
	if env.flags.json {
		out := watchJSON{
			Title: media.Sanitize(w.hit.Title), URL: webPage(answerOfTitle(w.hit).Page()), Season: w.target.Season,
			Numbers: append([]int{}, w.target.Numbers...), Missing: append([]int{}, result.Missing...), Entries: []string{},
			Status: media.Sanitize(result.Status), SimklType: media.Sanitize(result.SimklType), AnimeType: media.Sanitize(result.AnimeType),
			WatchedAt: w.at.UTC(), RewatchID: result.RewatchID, RewatchStatus: media.Sanitize(result.RewatchStatus),
		}
		out.Added.Movies, out.Added.Shows, out.Added.Episodes = answer.Movies, answer.Shows, answer.Episodes
		for _, e := range entries {
			out.Entries = append(out.Entries, number(e.ID))
		}
		if err := env.print(out); err != nil {
			return err
		}
		return failed
	}
	out := env.out()
	words := "watched: " + w.label()
	switch {
	case answer.Movies+answer.Shows+answer.Episodes == 0:
		words = "Simkl has it already, nothing was changed: " + w.label()
	case answer.Episodes > 1:
		words += ", " + term.Count(answer.Episodes, "episode", "episodes") + " new"
	}
	words += ", " + env.day(w.at)
	switch {
	case result.RewatchID != 0:
		words += fmt.Sprintf("; in the rewatch %d/%d, which is %s", w.hit.IDs.Simkl, result.RewatchID, term.Foreign(result.RewatchStatus))
	case w.rewatch != nil:
		words += "; it is no rewatch, since Simkl did not have it yet"
	}
	if result.Status != "" {
		words += "; it is " + statusWords(result.Status) + " now"
	}
	if _, err := fmt.Fprintf(env.Out, "%s  %s  %s\n", out.Paint(term.Done, "ok"), words, out.Address(answerOfTitle(w.hit).Page())); err != nil {
		return err
	}
	if len(entries) == 1 {
		fmt.Fprintf(env.Err, "To take it back: simkld undo %d\n", entries[0].ID)
	}
	return failed
}

// refusedRewatch says why Simkl kept no later viewing, nil where it did or none was asked for (simkl-api.md 5.6).
func refusedRewatch(label, status string) error {
	switch status {
	case "too_soon":
		return fault.New(fault.Failed, label+" was watched less than two days before or after, which Simkl does not take for a rewatch", "")
	case "not_eligible":
		return fault.New(fault.Failed, label+" cannot be a rewatch: it is planned and not completed, or was watched again 50 times", "")
	case "pro_required":
		return fault.New(fault.Failed, "rewatches are for Pro and VIP accounts of Simkl", "")
	}
	return nil
}

// statusWords is a status of the watchlist as people read it.
func statusWords(status string) string {
	switch status {
	case "plantowatch":
		return "plan to watch"
	case "hold":
		return "on hold"
	}
	return term.Foreign(status)
}

// episodeList is "E11", "E11, E12 and 3 more".
func episodeList(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("E%02d", n)
	}
	return term.List(words, 3)
}

// watchedAt reads the TIME of a watch; none is now. A time that has not come, or before there were films, is a mistake.
func (e *Env) watchedAt(text string) (time.Time, error) {
	now := e.Now()
	if text == "" {
		return now, nil
	}
	at, ok := parseTime(strings.TrimSpace(text), now.Location())
	switch {
	case !ok:
		return at, fault.Usagef(`write it like 2026-05-22, "2026-05-22 20:14" or 2026-05-22T20:14:00Z`, "--at: %q is no time", text)
	case at.After(now):
		return at, fault.Usagef("give a time that has passed", "--at: %s is in the future", text)
	case at.Year() < 1900:
		return at, fault.Usagef("give a time since 1900", "--at: nobody watched anything in %d", at.Year())
	}
	return at, nil
}
