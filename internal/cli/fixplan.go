package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/lookup"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

// fixPlan is what a correction will do.
type fixPlan struct {
	// match is what the watch is from now on.
	match media.Match
	// rule is what is learned; nothing when remember is false.
	rule     store.Rule
	remember bool
	// once: the person wants no rule.
	once bool
	// here is the episode as the name has it: "S01E13".
	here string
	// answer is the title on Simkl, nil when Simkl could not be asked.
	answer *media.Answer
}

func (p fixPlan) page() string {
	if p.answer != nil {
		return page(p.answer)
	}
	kind := media.AnswerShow
	if p.match.Kind == media.KindMovie {
		kind = media.AnswerMovie
	}
	return page(&media.Answer{Kind: kind, IDs: p.match.IDs})
}

// rawMatch is what a file is by its name alone, without rules: what a rule is learned against.
func rawMatch(ctx context.Context, path string) media.Match {
	m, _, _ := identify.New(identify.Config{Places: identify.NewPlaces(nil, nil, nil)}).Identify(ctx, media.Item{Path: path})
	return m
}

// lookUp asks Simkl for the title of an id, so that a mistyped one is found out. Without network, or a client_id, the
// person's word is taken, and hit is nil.
func lookUp(ctx context.Context, env *Env, f fixFlags, raw media.Match) (*simkl.Hit, error) {
	loaded, err := env.load()
	if err != nil {
		return nil, err
	}
	if app.ClientID(loaded.Config.Simkl) == "" {
		return nil, nil //nolint:nilnil // nobody can be asked, which is no error
	}
	linked, err := env.connect(ctx, loaded.Config.Simkl)
	if err != nil {
		return nil, err
	}
	ask := simkl.Title{IDs: f.ids, Container: media.AnswerMovie}
	if f.season != nil || f.episode != nil || raw.Kind == media.KindEpisode {
		ask.Container = media.AnswerShow
	}
	ctx, cancel := context.WithTimeout(simkl.WithPriority(ctx, limits.Typed), 10*time.Second)
	defer cancel()
	hits, err := titlesOf(ctx, linked.Client, ask)
	switch class := simkl.ClassOf(err); {
	case class == simkl.Gone, class == simkl.NoMatch, err == nil && len(hits) == 0:
		return nil, fault.New(fault.NotFound, "Simkl knows no title with "+idWords(f.ids), "check the number")
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		fmt.Fprintf(env.Err, "Simkl was not asked (%s): the id is taken as it is.\n", media.Sanitize(explain(err).Error()))
		return nil, nil //nolint:nilnil // the person knows better than a network that is away
	}
	return &hits[0], nil
}

// titlesOf finds a title by its ids. Simkl's own number is read off its page, in the kind that is likeliest first: the
// pages are not counted, and the search knows only other catalogues' ids (simkl-api.md 9.3, 10).
func titlesOf(ctx context.Context, c *simkl.Client, t simkl.Title) ([]simkl.Hit, error) {
	if t.IDs.Simkl == 0 {
		return c.SearchID(ctx, t)
	}
	kinds := []media.AnswerKind{media.AnswerMovie, media.AnswerShow, media.AnswerAnime}
	if t.Container != media.AnswerMovie {
		kinds = []media.AnswerKind{media.AnswerShow, media.AnswerAnime, media.AnswerMovie}
	}
	for _, kind := range kinds {
		d, err := c.Detail(ctx, kind, t.IDs.Simkl)
		switch class := simkl.ClassOf(err); {
		case err == nil:
			return []simkl.Hit{{
				Kind: d.Kind, Title: d.Title, Year: d.Year, IDs: d.IDs, Slug: d.Slug, AltTitles: d.AltTitles, AnimeType: d.AnimeType,
				Status: d.Status, Episodes: d.Episodes, Poster: d.Poster,
			}}, nil
		case class == simkl.Gone, class == simkl.Foreign: // no title of that kind has the number (simkl-api.md 2.3)
		default:
			return nil, err
		}
	}
	return nil, nil
}

// offered are the candidates that an answer or an earlier look-up left with a watch.
func offered(ctx context.Context, env *Env, watch media.WatchID) ([]media.Answer, error) {
	rows, err := rowsOf(ctx, env)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(rows) {
		if r.Watch == watch && len(r.Candidates) > 0 {
			return r.Candidates, nil
		}
	}
	return nil, nil
}

// planChecked is planFix, held against Simkl's own list of the episodes: what differs by catalogue (TVDB counts Friends
// otherwise than TMDB does) is found out before a rule learns it.
func planChecked(ctx context.Context, env *Env, f fixFlags, raw media.Match, target store.Entry, hit *simkl.Hit) (fixPlan, error) {
	plan, err := planFix(f, raw, target, hit)
	if err != nil || hit == nil || plan.match.Kind != media.KindEpisode {
		return plan, err
	}
	from, err := env.searcher(ctx)
	if err != nil || from == nil {
		return plan, err
	}
	list, err := from.Episodes(simkl.WithPriority(ctx, limits.Typed), hit.Kind, hit.IDs.Simkl)
	if ctx.Err() != nil {
		return plan, ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(env.Err, "Simkl's list of episodes was not read (%s): %s is taken as it is.\n",
			media.Sanitize(explain(err).Error()), lookup.EpisodeLabel(plan.match))
		return plan, nil
	}
	missing := lookup.Missing(hit.Kind, list, plan.match)
	if missing == "" {
		return plan.counted(hit.Kind, list, target.Path), nil
	}
	a := media.Answer{Title: media.Sanitize(hit.Title), Year: hit.Year}
	return plan, fault.New(fault.NotFound, answerTitle(a)+" has no "+missing, "say which it is there with --season and --episode")
}

// counted gives an episode of an anime the number that its own title has it by: each cour is a title at Simkl, and a later
// season of TVDB's does not go with it (simkl-api.md 8.1).
func (p fixPlan) counted(kind media.AnswerKind, list []simkl.Episode, path string) fixPlan {
	if kind != media.AnswerAnime || p.match.Season == nil || *p.match.Season <= 1 || len(p.match.Episodes) == 0 {
		return p
	}
	e, ok := lookup.Episode(kind, list, p.match)
	there, whole := p.match.Episodes[0].Int()
	if !ok || !whole || e.Number == nil {
		return p
	}
	one := 1
	p.match.Season, p.match.Episodes = &one, []media.Number{media.Number(*e.Number)}
	p.rule.Season, p.rule.Offset = &one, p.rule.Offset+*e.Number-there
	if p.rule.Folder != "" {
		p.rule.Folder = ruleFolder(path, p.rule)
	}
	if p.answer != nil {
		p.answer.Episode = e.Number
	}
	return p
}

func isFilm(kind media.AnswerKind, animeType string) bool {
	return kind == media.AnswerMovie || kind == media.AnswerAnime && animeType == "movie"
}

// planFix decides what the watch is and what is learned.
func planFix(f fixFlags, raw media.Match, target store.Entry, hit *simkl.Hit) (fixPlan, error) {
	m := raw
	m.IDs, m.Year, m.Confidence, m.Source, m.Refused, m.Date = f.ids, 0, 1, "rule", media.ReasonNone, ""
	m.Because = []string{"you said so with fix"}
	if m.Title == "" {
		m.Title = target.Match.Title
	}
	kind := media.AnswerKind("")
	if hit != nil {
		kind = hit.Kind
		m.IDs.Simkl, m.Title, m.Year = hit.IDs.Simkl, hit.Title, hit.Year
	} else if f.season == nil && f.episode == nil && raw.Kind != media.KindEpisode {
		kind = media.AnswerMovie
	}
	film := kind == media.AnswerMovie
	if hit != nil {
		film = isFilm(hit.Kind, hit.AnimeType)
	}
	plan := fixPlan{rule: store.Rule{Title: raw.Title, IDs: m.IDs, Kind: kind}, here: hereLabel(raw, target.Match)}
	var err error
	if film {
		if raw.Kind != media.KindMovie {
			plan.rule.Kind = media.AnswerMovie // a number in the name is none of the film's, an anime film's neither
		}
		err = planFilm(f, &m)
	} else {
		err = planEpisode(f, raw, target, kind, &m, &plan.rule)
	}
	if err != nil {
		return plan, err
	}
	plan.match = m
	if media.SchemeOf(target.Path) == "" && filepath.IsAbs(target.Path) {
		plan.rule.Folder = ruleFolder(target.Path, plan.rule)
	}
	// A rule without a folder or a title would take everything for this one.
	plan.remember = plan.rule.Folder != "" && plan.rule.Title != "" && (film || hasNumber(raw))
	if hit != nil {
		plan.answer = answerOfHit(*hit, m)
	}
	return plan, nil
}

func hasNumber(m media.Match) bool { return len(m.Episodes)+len(m.Absolute) > 0 }

func planFilm(f fixFlags, m *media.Match) error {
	if f.season != nil || f.episode != nil {
		return fault.New(fault.Usage, "that is a film, which has no episode", "leave --season and --episode out")
	}
	m.Kind, m.Season, m.Episodes, m.Absolute = media.KindMovie, nil, nil, nil
	return nil
}

// planEpisode gives the episode its numbers there, and the rule how they follow from those of the name.
func planEpisode(f fixFlags, raw media.Match, target store.Entry, kind media.AnswerKind, m *media.Match, rule *store.Rule) error {
	m.Kind, m.Anime = media.KindEpisode, kind == media.AnswerAnime || kind == "" && raw.Anime
	if kind == "" {
		rule.Kind = media.AnswerShow
		if m.Anime {
			rule.Kind = media.AnswerAnime
		}
	}
	own := numbersOf(raw, target.Match)
	there := own
	if f.episode != nil {
		there = media.Number(*f.episode)
		if hasNumber(raw) {
			rule.Offset = *f.episode - int(own)
		}
	} else if !hasNumber(raw) {
		return fault.New(fault.Usage, "the name has no episode number", "give --episode too (and --season for a series)")
	}
	m.Season, m.Episodes, m.Absolute = raw.Season, []media.Number{there}, nil
	switch {
	case f.season != nil:
		m.Season, rule.Season = f.season, f.season
	case m.Season == nil && m.Anime:
		m.Episodes, m.Absolute = nil, []media.Number{there}
	case m.Season == nil:
		// A series has seasons at Simkl; a mini-series has one.
		one := 1
		m.Season, rule.Season = &one, &one
	}
	return nil
}

// numbersOf is the number that the name gives to the very episode of this watch: a file with several has a watch for
// each.
func numbersOf(raw, known media.Match) media.Number {
	list := raw.Episodes
	if len(list) == 0 {
		list = raw.Absolute
	}
	if len(list) == 0 {
		return 0
	}
	if len(known.Episodes) == 1 && slices.Contains(list, known.Episodes[0]) {
		return known.Episodes[0]
	}
	if len(known.Absolute) == 1 && slices.Contains(list, known.Absolute[0]) {
		return known.Absolute[0]
	}
	return list[0]
}

// hereLabel is the episode of this watch as the name has it.
func hereLabel(raw, known media.Match) string {
	own := []media.Number{numbersOf(raw, known)}
	if len(raw.Episodes) > 0 {
		raw.Episodes = own
	} else if len(raw.Absolute) > 0 {
		raw.Absolute = own
	}
	return lookup.EpisodeLabel(raw)
}

// seasonFolder is a folder that holds one season, in the words of the usual languages.
var seasonFolder = regexp.MustCompile(`(?i)^(season|series|staffel|saison|temporada|stagione|s)[ ._-]*\d{1,4}$|^specials$`)

// ruleFolder is the folder that a rule is for: the file's own, or the series' one where all its seasons are the same title.
func ruleFolder(path string, r store.Rule) string {
	dir := filepath.Dir(path)
	if r.Season == nil && r.Offset == 0 && seasonFolder.MatchString(filepath.Base(dir)) {
		return filepath.Dir(dir)
	}
	return dir
}

func answerOfHit(h simkl.Hit, m media.Match) *media.Answer {
	a := &media.Answer{Kind: h.Kind, Title: h.Title, Year: h.Year, IDs: h.IDs, Slug: h.Slug, AnimeType: h.AnimeType}
	for _, list := range [][]media.Number{m.Episodes, m.Absolute} {
		if len(list) == 1 && a.Episode == nil {
			if n, whole := list[0].Int(); whole {
				a.Episode = &n
			}
		}
	}
	if m.Kind == media.KindEpisode && h.Kind == media.AnswerShow {
		a.Season = m.Season
	}
	return a
}

// What a correction came to.
const (
	becameQueued   = "queued"    // it waits in the queue as the right title
	becameRepaired = "repaired"  // the wrong one is removed at Simkl, the right one waits
	becameAdded    = "added"     // the right one waits, the wrong one stays at Simkl until a person takes it back
	becameRight    = "unchanged" // Simkl has it as that already
	becameNoted    = "noted"     // nothing was to be sent
)

type fixDone struct {
	became string
	kept   string // why the wrong one stays at Simkl
	rule   int64
	also   []media.WatchID // other watches that the rule covers
}

// applyFix repairs at Simkl first, since that alone can fail; then it learns the rule and corrects what waits.
func applyFix(ctx context.Context, env *Env, s *store.Store, target store.Entry, plan fixPlan) (fixDone, error) {
	done := fixDone{became: becameNoted}
	if target.Outcome == store.OutcomeSent {
		same := plan.answer != nil && target.Answer != nil && sameEpisode(*plan.answer, *target.Answer)
		if same {
			done.became = becameRight
		} else {
			became, kept, err := repair(ctx, env, s, target, plan)
			if err != nil {
				return done, err
			}
			done.became, done.kept = became, kept
		}
	}
	ctx = context.WithoutCancel(ctx) // the rest is quick, and half of it would be worse than a late Ctrl-C
	if plan.remember {
		id, err := s.AddRule(ctx, plan.rule)
		if err != nil {
			return done, err
		}
		done.rule = id
	}
	if done.became == becameNoted {
		err := s.Assign(ctx, target.ID, plan.match)
		switch {
		case err == nil:
			done.became = becameQueued
		case !errors.Is(err, store.ErrNotFound):
			return done, err
		}
	}
	also, err := assignOthers(ctx, env, s, target.ID, done.rule)
	done.also = also
	return done, err
}

func sameEpisode(a, b media.Answer) bool {
	equal := func(x, y *int) bool { return x == nil && y == nil || x != nil && y != nil && *x == *y }
	return a.IDs.Shares(b.IDs) && equal(a.Episode, b.Episode) && (a.Kind != media.AnswerShow || equal(a.Season, b.Season))
}

// assignOthers gives the other watches that were not recognised what the new rule says of them.
func assignOthers(ctx context.Context, env *Env, s *store.Store, except media.WatchID, rule int64) ([]media.WatchID, error) {
	if rule == 0 {
		return nil, nil
	}
	rows, err := s.Unmatched(ctx)
	if err != nil {
		return nil, err
	}
	id, err := env.identifier(ctx)
	if err != nil {
		return nil, err
	}
	var also []media.WatchID
	for _, r := range newestPerWatch(rows) {
		if r.Watch == except {
			continue
		}
		m, mayGo, note := id.Identify(ctx, media.Item{Path: r.Path})
		if !mayGo || m.Source != "rule" {
			continue
		}
		m.Because = append(m.Because, note)
		if m.Count() > 1 {
			m = m.Episode(max(0, slices.Index(m.Episodes, first(r.Match.Episodes))))
		}
		if err := s.Assign(ctx, r.Watch, m); err != nil {
			return also, err
		}
		also = append(also, r.Watch)
	}
	return also, nil
}

func first(list []media.Number) media.Number {
	if len(list) == 0 {
		return 0
	}
	return list[0]
}

// repair takes what was sent wrongly out of Simkl's library and queues the right one for the same time. Where the wrong
// one has to stay (library.TakeBack), kept says why.
func repair(ctx context.Context, env *Env, s *store.Store, target store.Entry, plan fixPlan) (became, kept string, err error) {
	wrong := target.Answer
	if wrong == nil || wrong.IDs.Simkl == 0 {
		return "", "", fault.New(fault.Failed, labelOf(target.Match, target.Path)+" was sent, but Simkl did not say as what, nothing was changed",
			"take it back on simkl.com")
	}
	lib, linked, online, err := env.ownLibrary(ctx)
	if err != nil {
		return "", "", err
	}
	if owner := app.AccountKey(linked.Token); target.Account != "" && target.Account != owner {
		return "", "", fault.New(fault.Failed, labelOf(target.Match, target.Path)+" belongs to another account, nothing was changed", "link that account first")
	}
	became = becameRepaired
	err = lib.TakeBack(online, sentWatch(target))
	if stays, ok := errors.AsType[*library.KeptError](err); ok {
		became, kept, err = becameAdded, stays.Why, nil
	}
	switch {
	case ctx.Err() != nil:
		return "", "", fault.New(fault.Failed, "interrupted while "+answerTitle(cleanAnswer(*wrong))+" was removed at Simkl, nothing else was changed", "run it again")
	case err != nil && !errors.Is(err, library.ErrGone):
		return "", "", err
	}
	// It is gone there: what follows is finished even if Ctrl-C comes now.
	return became, kept, sendAnew(context.WithoutCancel(ctx), env, s, target, plan)
}

func sendAnew(ctx context.Context, env *Env, s *store.Store, target store.Entry, plan fixPlan) error {
	watch, err := s.Watch(ctx, target.ID)
	if err != nil {
		return err
	}
	row := queue.Row{
		Call: media.Call{
			Watch: target.ID, Seq: watch.LastSeq + 1, Verb: media.VerbWatched, Match: plan.match, Progress: max(target.Progress, 80),
			At: when(target), Path: target.Path, Player: target.Player,
		},
		State: queue.StatePending, Account: target.Account, CreatedAt: env.Now().UTC(),
	}
	if _, _, err := s.Add(ctx, row); err != nil {
		return err
	}
	target.Match, target.Answer, target.Outcome = plan.match, plan.answer, store.OutcomeQueued
	return s.SaveEntry(ctx, target)
}
