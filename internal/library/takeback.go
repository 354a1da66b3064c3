package library

import (
	"context"
	"errors"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

// Watch is a watch that was sent.
type Watch struct {
	// Answer is what Simkl took it for: a film, or a title with one episode, an anime's by its own number or by TVDB's.
	Answer media.Answer
	// At is when it was watched.
	At time.Time
}

// KeptError is a watch that is not taken back, because something else would go with it.
type KeptError struct {
	Title media.Answer
	// Why ends the sentence "it is not removed: …".
	Why string
}

func (e *KeptError) Error() string { return "kept on Simkl: " + e.Why }

// ErrGone is a watch that Simkl does not have any more.
var ErrGone = errors.New("the library does not have this watch any more")

// Our clock and Simkl's may differ a little, and a stop arrives some seconds after its moment.
const (
	earlier = 5 * time.Second
	later   = 2 * time.Minute
)

// TakeBack removes one watch at Simkl: exactly that episode, or a film that this watch alone put into the library. It makes
// three requests: what moved, that, and the removal. Errors are a *KeptError, ErrGone, or those of Simkl; then nothing was
// changed.
func (l *Library) TakeBack(ctx context.Context, w Watch) error {
	if w.Answer.IDs.IsZero() {
		return &KeptError{w.Answer, "Simkl did not say which title it took it for"}
	}
	kind := w.Answer.Kind
	if w.Answer.AnimeType != "" {
		kind = media.AnswerAnime // a film or show that was sent as such, and is one (simkl-api.md 5.2)
	}
	if err := l.Sync(ctx, Parts{Kinds: []media.AnswerKind{kind}}); err != nil {
		return err
	}
	rows, err := l.Items(ctx, kind, true)
	if err != nil {
		return err
	}
	item, err := removal(rows, w)
	if err != nil {
		return err
	}
	got, err := l.api.RemoveHistory(ctx, []simkl.HistoryItem{item})
	if err != nil {
		return err
	}
	if got.Items[0].Found == simkl.NotFound || got.Movies+got.Shows+got.Episodes == 0 {
		return ErrGone
	}
	return nil
}

// removal is what takes back exactly the watch, by the library as it is.
func removal(rows []simkl.Listed, w Watch) (simkl.HistoryItem, error) {
	episode := w.Answer.Episode != nil || w.Answer.TVDBEpisode != nil
	found := ErrGone
	for _, r := range rows {
		if r.RewatchID != 0 || !r.IDs.Shares(w.Answer.IDs) {
			continue
		}
		title := simkl.Title{Container: r.Kind, IDs: media.IDs{Simkl: r.IDs.Simkl}, Name: r.Title, Year: r.Year}
		film := r.Kind == media.AnswerMovie || r.AnimeType == "movie"
		switch {
		case film && !episode:
			if why := alone(r, w.At); why != "" {
				return simkl.HistoryItem{}, &KeptError{r.Answer, why}
			}
			return simkl.HistoryItem{Title: title, Whole: true}, nil
		case film:
			continue
		case !episode:
			return simkl.HistoryItem{}, &KeptError{r.Answer, "it was marked as a whole"}
		}
		for _, seen := range r.Seen {
			if !is(seen, r.Kind, w.Answer) {
				continue
			}
			if why := ours(seen.At, w.At); why != "" {
				return simkl.HistoryItem{}, &KeptError{r.Answer, why}
			}
			if rewatched(rows, r, seen) {
				return simkl.HistoryItem{}, &KeptError{r.Answer, "it was watched again since, which would go too"}
			}
			item := simkl.HistoryItem{Title: title, Number: &seen.Number}
			if r.Kind == media.AnswerShow {
				item.Season = &seen.Season
			}
			return item, nil
		}
	}
	return simkl.HistoryItem{}, found
}

// alone says why more than this watch would go with a film, "" when nothing would.
func alone(r simkl.Listed, at time.Time) string {
	switch {
	case r.Rating != 0:
		return "it is rated, and its rating would go too"
	case r.Added.IsZero() || r.Added.Before(at.Add(-earlier)):
		return "it was on your lists before"
	}
	return ours(r.LastAt, at)
}

// ours says why what Simkl has is not this watch, "" when it is.
func ours(has, at time.Time) string {
	switch {
	case has.IsZero() || has.Year() < 2000 && at.Year() >= 2000: // 1970 means that the date is not known (simkl-api.md 2.1)
		return "Simkl does not say when it was watched"
	case has.Before(at.Add(-earlier)):
		return "it was watched before"
	case has.After(at.Add(later)):
		return "it was watched again since"
	}
	return ""
}

// is says whether an episode of a title is the one of the answer: by Simkl's own numbers, else by TVDB's.
func is(seen simkl.Seen, kind media.AnswerKind, a media.Answer) bool {
	equal := func(n, m *int) bool { return n != nil && m != nil && *n == *m }
	if a.Episode != nil {
		return seen.Number == *a.Episode && (kind != media.AnswerShow || a.Season == nil || seen.Season == *a.Season)
	}
	return equal(seen.TVDBNumber, a.TVDBEpisode) && equal(seen.TVDBSeason, a.TVDBSeason)
}

func rewatched(rows []simkl.Listed, title simkl.Listed, seen simkl.Seen) bool {
	for _, r := range rows {
		if r.RewatchID == 0 || r.IDs.Simkl != title.IDs.Simkl {
			continue
		}
		for _, s := range r.Seen {
			if s.Season == seen.Season && s.Number == seen.Number {
				return true
			}
		}
	}
	return false
}
