package deliver

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/queue"
)

// API is what of Simkl is needed to deliver.
type API interface {
	Start(ctx context.Context, s simkl.Scrobble) (simkl.Scrobbled, error)
	Pause(ctx context.Context, s simkl.Scrobble) (simkl.Scrobbled, error)
	Stop(ctx context.Context, s simkl.Scrobble, rewatch bool) (simkl.Scrobbled, error)
	AddHistory(ctx context.Context, items []simkl.HistoryItem) (simkl.HistoryAnswer, error)
	DeletePlayback(ctx context.Context, id int64) error
	SearchID(ctx context.Context, t simkl.Title) ([]simkl.Hit, error)
}

// Sender is the queue's way to Simkl.
type Sender struct {
	api   func() API
	names Names
	hold  func(ctx context.Context) time.Duration
	now   func() time.Time
	// rewatch says whether a finished watch may become a later viewing of what Simkl has already.
	rewatch func() bool
}

var _ queue.Sender = (*Sender)(nil)

// New gives a sender. api gives the client of the account that is linked now; hold says how long Simkl's limits hold
// all calls from now on, 0 if they do not; rewatch whether watches may become rewatches now.
func New(api func() API, names Names, hold func(ctx context.Context) time.Duration, now func() time.Time, rewatch func() bool) *Sender {
	return &Sender{api: api, names: names, hold: hold, now: now, rewatch: rewatch}
}

// Send makes a live call, or the first attempt of a finished watch.
func (s *Sender) Send(ctx context.Context, row queue.Row) queue.Outcome {
	call, ok := scrobbleOf(row)
	if !ok {
		return noNumber
	}
	asked := inquiryOf(row)
	var got simkl.Scrobbled
	var err error
	switch row.Verb {
	case media.VerbStart:
		if s.names.Missing(ctx, asked) {
			return stillMissing
		}
		got, err = s.api().Start(ctx, call)
	case media.VerbPause:
		got, err = s.api().Pause(ctx, call)
	case media.VerbStop:
		got, err = s.api().Stop(ctx, call, false)
	case media.VerbWatched:
		ctx = simkl.WithPriority(ctx, limits.Finished)
		// Only here: this is the first attempt, and a rewatch that is sent again may be another one (product.md 6).
		got, err = s.api().Stop(ctx, call, s.rewatch() && row.Attempts == 0)
	default:
		return queue.Outcome{Class: queue.Refused, Words: "not a call that can be sent: " + string(row.Verb)}
	}
	if simkl.ClassOf(err) == simkl.NoMatch {
		s.names.NoteMissing(ctx, asked)
	}
	if err != nil {
		return s.outcome(ctx, err, "scrobble")
	}
	got.Answer.RewatchID, got.Answer.RewatchStatus = got.RewatchID, got.RewatchStatus
	out := s.judge(ctx, row, got.Answer)
	if out.Class == queue.Done {
		out.Words = rewatchWords[got.RewatchStatus]
	}
	if out.Class == queue.Done {
		s.names.NoteKnown(ctx, asked)
	}
	return out
}

// rewatchWords say why Simkl kept no rewatch, or that it did (simkl-api.md 5.6).
var rewatchWords = map[string]string{
	"active":       "counted as a rewatch",
	"completed":    "counted as a rewatch, which is complete now",
	"closed":       "counted as a rewatch",
	"too_soon":     "no rewatch: it was watched less than two days ago",
	"not_eligible": "no rewatch: it is planned and not completed, or was watched again 50 times",
	"pro_required": "no rewatch: those are for Pro and VIP accounts of Simkl",
}

// stillMissing spares a question whose answer is known.
var stillMissing = queue.Outcome{Class: queue.Mistaken, Words: "Simkl knew no such title or episode when it was asked last"}

var noNumber = queue.Outcome{Class: queue.Mistaken, Words: "the episode has no number that Simkl knows"}

// judge says whether an answer is what was asked.
func (s *Sender) judge(ctx context.Context, row queue.Row, got media.Answer) queue.Outcome {
	out := queue.Outcome{Class: queue.Done, Answer: &got, Via: "scrobble"}
	ok, err := trusted(ctx, row.Match, row.How().ByID, got, s.names)
	switch {
	case err != nil:
		// It took effect, and nobody can say on what. The same call again does no harm.
		out = s.outcome(ctx, err, "scrobble")
		out.Class, out.Arrived = queue.Unreachable, true
	case !ok:
		out.Class = queue.Untrusted
		out.Words = "Simkl took it for " + media.Sanitize(got.Title)
		out.Candidates = []media.Answer{got}
	}
	return out
}

// SendHistory writes finished watches with their times.
func (s *Sender) SendHistory(ctx context.Context, rows []queue.Row) []queue.Outcome {
	ctx = simkl.WithPriority(ctx, limits.Finished)
	outs := make([]queue.Outcome, len(rows))
	var items []simkl.HistoryItem
	var at []int
	for i, row := range rows {
		item, ok := s.historyOf(ctx, row)
		if !ok {
			outs[i] = noNumber
			continue
		}
		items, at = append(items, item), append(at, i)
	}
	if len(items) == 0 {
		return outs
	}
	answer, err := s.api().AddHistory(ctx, items)
	for n, i := range at {
		if err != nil {
			outs[i] = s.outcome(ctx, err, "history")
			if outs[i].Class == queue.TooMany && len(items) == 1 {
				outs[i].Class = queue.Refused
			}
			continue
		}
		outs[i] = historyOutcome(rows[i], answer.Items[n])
	}
	return outs
}

func historyOutcome(row queue.Row, got simkl.HistoryResult) queue.Outcome {
	out := queue.Outcome{Class: queue.Done, Via: "history", Answer: row.Answer}
	switch {
	case got.Found == simkl.NotFound:
		out.Class, out.Words = queue.Mistaken, "Simkl knows no such title or episode"
	case got.Found == simkl.Unclear:
		out.Class, out.Words = queue.TooMany, "Simkl did not say which of the watches it does not know"
	case row.Match.Kind == media.KindMovie && got.SimklType == "tv", row.Match.Kind == media.KindEpisode && got.SimklType == "movie":
		// The ids that were sent are a film's for a series, or the other way round.
		out.Class, out.Words = queue.Mistaken, "Simkl took it for another kind of title"
	}
	return out
}

// Confirm asks which title is meant by name and year, before a late watch is written under it.
func (s *Sender) Confirm(ctx context.Context, row queue.Row) queue.Outcome {
	ctx = simkl.WithPriority(ctx, limits.Finished)
	asked := lateInquiryOf(row)
	if s.names.Missing(ctx, asked) {
		return stillMissing
	}
	hits, err := s.api().SearchID(ctx, simkl.Title{Name: titleOf(row, row.How()).Name, Year: row.Match.Year})
	if err != nil {
		return s.outcome(ctx, err, "")
	}
	if len(hits) == 0 {
		s.names.NoteMissing(ctx, asked)
	}
	found := make([]media.Answer, len(hits))
	for i, hit := range hits {
		found[i] = media.Answer{
			Kind: hit.Kind, Title: hit.Title, Year: hit.Year, IDs: hit.IDs, Slug: hit.Slug, AnimeType: hit.AnimeType,
		}
	}
	for _, got := range found {
		if !kindAgrees(row.Match.Kind, got) || !yearAgrees(row.Match.Year, got.Year) {
			continue
		}
		ok, err := countryAgrees(ctx, row.Match, got, s.names)
		if err == nil && ok {
			ok, err = titleAgrees(ctx, row.Match, got, s.names)
		}
		if err != nil {
			return s.outcome(ctx, err, "")
		}
		if ok {
			return queue.Outcome{Class: queue.Done, Answer: &got}
		}
	}
	return queue.Outcome{Class: queue.Mistaken, Words: "Simkl knows no title of that name", Candidates: found}
}

// TakeBack undoes what a call did to the wrong title.
func (s *Sender) TakeBack(ctx context.Context, row queue.Row) queue.Outcome {
	ctx = simkl.WithPriority(ctx, limits.Finished)
	if row.Answer == nil {
		return queue.Outcome{Class: queue.Done}
	}
	wrong := *row.Answer
	if wrong.Action == "scrobble" {
		return queue.Outcome{Class: queue.Done} // playing takes no watch back (product.md 5)
	}
	playback := row.Playback
	if playback == 0 {
		got, err := s.api().Pause(ctx, simkl.Scrobble{
			Title:  simkl.Title{Container: wrong.Kind, IDs: media.IDs{Simkl: wrong.IDs.Simkl}},
			Season: seasonOf(wrong), Number: wrong.Episode, Progress: row.Progress,
		})
		if err != nil {
			return s.outcome(ctx, err, "scrobble")
		}
		playback = got.Playback
	}
	if playback == 0 {
		return queue.Outcome{Class: queue.Done} // nothing was saved
	}
	if err := s.api().DeletePlayback(ctx, playback); err != nil && simkl.ClassOf(err) != simkl.Gone {
		out := s.outcome(ctx, err, "scrobble")
		out.Playback = playback
		return out
	}
	return queue.Outcome{Class: queue.Done}
}

// seasonOf is the season to name an answer's episode by. Anime is numbered without one (simkl-api.md 5.1).
func seasonOf(a media.Answer) *int {
	if a.Kind == media.AnswerAnime {
		return nil
	}
	return a.Season
}

// titleOf names a title in the form that is due, without its ids.
func titleOf(row queue.Row, how queue.Form) simkl.Title {
	t := simkl.Title{Container: how.Container, Name: row.Match.Title, Year: row.Match.Year}
	if how.WithCountry {
		t.Name += " " + countryWord(row.Match.Country)
	}
	return t
}

// scrobbleOf makes the call for the form of the identity that is due.
func scrobbleOf(row queue.Row) (simkl.Scrobble, bool) {
	how := row.How()
	call := simkl.Scrobble{Title: titleOf(row, how), Progress: row.Progress}
	if how.ByID {
		call.IDs = row.Match.IDs
	}
	if row.Match.Kind != media.KindEpisode {
		return call, true
	}
	season, number, ok := numbers(row.Match)
	call.Season, call.Number = season, &number
	return call, ok
}

// historyOf makes the item for the history. What is not known by an id is named by the answer that was trusted for it.
func (s *Sender) historyOf(ctx context.Context, row queue.Row) (simkl.HistoryItem, bool) {
	how := row.How()
	item := simkl.HistoryItem{Title: titleOf(row, how), WatchedAt: row.At}
	switch {
	case how.ByID:
		item.IDs = row.Match.IDs
	case row.Answer != nil:
		item.Container, item.IDs = row.Answer.Kind, media.IDs{Simkl: row.Answer.IDs.Simkl}
		if item.IDs.Simkl == 0 {
			item.IDs = row.Answer.IDs
		}
	}
	if row.Match.Kind != media.KindEpisode {
		item.Whole = item.Container == media.AnswerAnime // an anime film has no number
		return item, true
	}
	season, number, ok := numbers(row.Match)
	item.Season, item.Number = season, &number
	item.TVDBSeasons = season != nil
	if how.ByID && season != nil && *season == 1 && ofOneCour(row.Match) {
		item.Season, item.TVDBSeasons = nil, false
	}
	if item.Container == media.AnswerAnime && season != nil && *season > 1 && !how.ByID && row.Answer != nil {
		item.IDs = s.seriesIDs(ctx, *row.Answer)
	}
	return item, ok
}

// ofOneCour reports whether the ids mean one part of an anime, which TVDB may have as another season: its numbers are its
// own, not TVDB's (simkl-api.md 8.1).
func ofOneCour(m media.Match) bool {
	return m.IDs.MAL != "" || m.IDs.AniDB != "" || m.IDs.AniList != "" || m.IDs.Kitsu != "" || m.IDs.Simkl != 0 && m.Anime
}

// seriesIDs are the ids that mean the whole series of an anime. On Simkl each cour is a title of its own, so that its
// number does not go with a later season of TVDB's (simkl-api.md 8.1).
func (s *Sender) seriesIDs(ctx context.Context, a media.Answer) media.IDs {
	if known, err := s.names.IDs(ctx, a); err == nil {
		a.IDs = known
	}
	if a.IDs.TVDB == "" && a.IDs.TMDB == "" && a.IDs.IMDB == "" {
		return media.IDs{Simkl: a.IDs.Simkl}
	}
	return media.IDs{TVDB: a.IDs.TVDB, TMDB: a.IDs.TMDB, IMDB: a.IDs.IMDB}
}

// classes are the rows of the answer table that a failed call belongs to.
var classes = map[simkl.Class]queue.Class{
	simkl.Unreachable: queue.Unreachable,
	simkl.Foreign:     queue.Unreachable,
	simkl.ServerError: queue.Unreachable,
	simkl.Locked:      queue.Locked,
	simkl.Refused:     queue.Refused,
	simkl.TooMany:     queue.TooMany,
	simkl.Login:       queue.LoginNeeded,
	simkl.WrongClient: queue.LoginNeeded,
	simkl.NoMatch:     queue.Mistaken,
	simkl.Gone:        queue.Odd,
	simkl.Already:     queue.Done,
	simkl.Blocked:     queue.Held,
	simkl.DailyLimit:  queue.Held,
	simkl.Overloaded:  queue.Held,
	simkl.Held:        queue.Held,
	simkl.Busy:        queue.Crowded,
	simkl.Unknown:     queue.Odd,
	simkl.Saved:       queue.Spared,
}

// words are what a person is told of a failure.
func words(err error, now time.Time) string {
	if e, ok := errors.AsType[*simkl.Error](err); ok && e.Class == simkl.Unreachable {
		return string(e.Cause) // that Simkl cannot be reached is said by whoever shows it
	}
	if e, ok := errors.AsType[*fault.Error](simkl.Explain(err, now)); ok {
		return e.What
	}
	return "the call did not come to its end"
}

// outcome puts a failed call into the answer table. What nobody knows is kept and tried again.
func (s *Sender) outcome(ctx context.Context, err error, via string) queue.Outcome {
	class, known := classes[simkl.ClassOf(err)]
	if !known {
		class = queue.Unreachable
	}
	out := queue.Outcome{Class: class, Words: words(err, s.now()), Via: via}
	if e, ok := errors.AsType[*simkl.Error](err); ok {
		out.Status, out.RetryAfter = e.Status, e.RetryAfter
		neverLeft := []simkl.Cause{simkl.NoNetwork, simkl.NoName, simkl.Rejected, simkl.Untrusted}
		out.Arrived = class == queue.Unreachable && !slices.Contains(neverLeft, e.Cause)
	} else if known {
		out.Arrived = false
	} else {
		out.Arrived = true // the call ended with its caller: who knows how far it got
	}
	if hold, ok := errors.AsType[*simkl.HoldError](err); ok {
		out.RetryAfter = max(time.Second, hold.Until.Sub(s.now()))
	}
	if class == queue.Held {
		out.RetryAfter = max(out.RetryAfter, s.hold(ctx))
	}
	if class == queue.Done {
		out.Words = ""
	}
	return out
}
