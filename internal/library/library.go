package library

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
)

// API is what of Simkl is needed.
type API interface {
	Activities(ctx context.Context) (simkl.Activities, error)
	Library(ctx context.Context, q simkl.LibraryQuery) ([]simkl.Listed, error)
	LibraryIDs(ctx context.Context, kind media.AnswerKind) ([]media.SimklID, error)
	Ratings(ctx context.Context, kind media.AnswerKind, since string) ([]simkl.Listed, error)
	Playbacks(ctx context.Context, kind simkl.PlaybackKind, since time.Time) ([]simkl.Playback, error)
	Settings(ctx context.Context) (simkl.Settings, error)
	RemoveHistory(ctx context.Context, items []simkl.HistoryItem) (simkl.HistoryAnswer, error)
}

// Store keeps what was read.
type Store interface {
	Library(ctx context.Context, account string, kind media.AnswerKind, episodes bool) ([]store.LibraryItem, error)
	LibraryState(ctx context.Context, account string) (string, error)
	ChangeLibrary(ctx context.Context, account string, c store.LibraryChange) error
}

// Library is one account's.
type Library struct {
	api     API
	store   Store
	account string
}

// New gives the library of an account; account names it in the store.
func New(api API, s Store, account string) *Library { return &Library{api, s, account} }

// Kinds are those of a library, in the order in which they are shown.
var Kinds = []media.AnswerKind{media.AnswerShow, media.AnswerAnime, media.AnswerMovie}

// Parts say what is to be brought up to date.
type Parts struct {
	// Kinds are the titles; each costs nothing more where it has not moved.
	Kinds []media.AnswerKind
	// Playbacks are the resume points, Plan the account's plan.
	Playbacks, Plan bool
}

// kindState is how far the titles of a kind are read. All is the top-level time of that answer, which the next reading
// gives back byte for byte.
type kindState struct {
	All      string         `json:"all"`
	Activity simkl.Activity `json:"activity"`
}

// state is what is kept beside the titles.
type state struct {
	Kinds map[media.AnswerKind]kindState `json:"kinds"`
	// Resumes are the times of the resume points by kind, Playbacks the points; read is false when they never were.
	Resumes   map[media.AnswerKind]string `json:"resumes,omitempty"`
	Playbacks []json.RawMessage           `json:"playbacks,omitempty"`
	// Settings is the time of the account's settings, Plan what they said.
	Settings string `json:"settings,omitempty"`
	Plan     string `json:"plan,omitempty"`
}

func (l *Library) state(ctx context.Context) (state, error) {
	text, err := l.store.LibraryState(ctx, l.account)
	if err != nil {
		return state{}, err
	}
	var st state
	if json.Unmarshal([]byte(text), &st) != nil || st.Kinds == nil {
		st = state{Kinds: map[media.AnswerKind]kindState{}} // nothing was read, or it is read anew
	}
	return st, nil
}

// Sync brings parts up to date: one request to find out what moved, and one for what did. Nothing is kept unless all
// of it was read.
func (l *Library) Sync(ctx context.Context, parts Parts) error {
	st, err := l.state(ctx)
	if err != nil {
		return err
	}
	now, err := l.api.Activities(ctx)
	if err != nil {
		return err
	}
	change := store.LibraryChange{Only: map[media.AnswerKind][]media.SimklID{}}
	if err := l.titles(ctx, parts.Kinds, st, now, &change); err != nil {
		return err
	}
	for _, kind := range parts.Kinds {
		st.Kinds[kind] = kindState{All: now.All, Activity: activityOf(now, kind)}
	}
	if parts.Playbacks {
		if err := l.playbacks(ctx, &st, now); err != nil {
			return err
		}
	}
	if parts.Plan && (st.Plan == "" || st.Settings != now.Settings) {
		set, err := l.api.Settings(ctx)
		if err != nil {
			return err
		}
		st.Settings, st.Plan = now.Settings, set.Plan
	}
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write how far the library is read: %w", err)
	}
	change.State = string(text)
	return l.store.ChangeLibrary(ctx, l.account, change)
}

func activityOf(a simkl.Activities, kind media.AnswerKind) simkl.Activity {
	switch kind {
	case media.AnswerMovie:
		return a.Movies
	case media.AnswerAnime:
		return a.Anime
	case media.AnswerShow:
	}
	return a.Shows
}

// titles reads what moved of the kinds.
func (l *Library) titles(ctx context.Context, kinds []media.AnswerKind, st state, now simkl.Activities, change *store.LibraryChange) error {
	var whole, moved []media.AnswerKind
	since := ""
	for _, kind := range kinds {
		was, known := st.Kinds[kind]
		is := activityOf(now, kind)
		switch {
		case !known && is.All == "": // nothing was ever there
		case !known:
			whole = append(whole, kind)
		case was.All == now.All || was.Activity == is:
		default:
			if listsOf(was.Activity) != listsOf(is) {
				if len(moved) > 0 && since != was.All {
					return l.each(ctx, kinds, st, now, change) // they were read at different times: one by one
				}
				moved, since = append(moved, kind), was.All
			}
		}
	}
	if len(whole) > 0 {
		rows, err := l.read(ctx, whole, "")
		if err != nil {
			return err
		}
		change.Replace = append(change.Replace, whole...)
		change.Put = append(change.Put, itemsOf(rows)...)
	}
	if len(moved) > 0 {
		rows, err := l.read(ctx, moved, since)
		if err != nil {
			return err
		}
		change.Put = append(change.Put, itemsOf(rows)...)
	}
	for _, kind := range kinds {
		if err := l.removedAndRated(ctx, kind, st, now, change); err != nil {
			return err
		}
	}
	return nil
}

func (l *Library) each(ctx context.Context, kinds []media.AnswerKind, st state, now simkl.Activities, change *store.LibraryChange) error {
	for _, kind := range kinds {
		if err := l.titles(ctx, []media.AnswerKind{kind}, st, now, change); err != nil {
			return err
		}
	}
	return nil
}

// listsOf are the times of an activity that all-items answers for.
func listsOf(a simkl.Activity) simkl.Activity {
	return simkl.Activity{
		PlanToWatch: a.PlanToWatch, Watching: a.Watching, Completed: a.Completed, Hold: a.Hold, Dropped: a.Dropped,
	}
}

// read reads the kinds in one request where that is allowed, else kind by kind and list by list.
func (l *Library) read(ctx context.Context, kinds []media.AnswerKind, since string) ([]simkl.Listed, error) {
	if len(kinds) > 1 {
		rows, err := l.api.Library(ctx, simkl.LibraryQuery{Since: since})
		if simkl.ClassOf(err) != simkl.TooMany {
			return slices.DeleteFunc(rows, func(r simkl.Listed) bool { return !slices.Contains(kinds, r.Kind) }), err
		}
	}
	var all []simkl.Listed
	for _, kind := range kinds {
		rows, err := l.api.Library(ctx, simkl.LibraryQuery{Kind: kind, Since: since})
		if simkl.ClassOf(err) == simkl.TooMany {
			rows, err = l.byStatus(ctx, kind, since)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (l *Library) byStatus(ctx context.Context, kind media.AnswerKind, since string) ([]simkl.Listed, error) {
	var all []simkl.Listed
	for _, status := range simkl.Statuses {
		if kind == media.AnswerMovie && (status == "watching" || status == "hold") {
			continue
		}
		rows, err := l.api.Library(ctx, simkl.LibraryQuery{Kind: kind, Status: status, Since: since})
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// removedAndRated reads what a delta of the titles does not show.
func (l *Library) removedAndRated(ctx context.Context, kind media.AnswerKind, st state, now simkl.Activities, change *store.LibraryChange) error {
	was, known := st.Kinds[kind]
	is := activityOf(now, kind)
	if !known {
		return nil
	}
	if is.Removed != was.Activity.Removed {
		ids, err := l.api.LibraryIDs(ctx, kind)
		if err != nil {
			return err
		}
		change.Only[kind] = ids
	}
	if is.Rated == was.Activity.Rated {
		return nil
	}
	rated, err := l.api.Ratings(ctx, kind, was.All)
	if err != nil {
		return err
	}
	kept, err := l.store.Library(ctx, l.account, kind, true)
	if err != nil {
		return err
	}
	for _, r := range rated {
		if i := slices.IndexFunc(change.Put, func(it store.LibraryItem) bool { return it.Simkl == r.IDs.Simkl && it.Rewatch == 0 }); i >= 0 {
			continue // its row was read just now, with the rating
		}
		i := slices.IndexFunc(kept, func(it store.LibraryItem) bool { return it.Simkl == r.IDs.Simkl && it.Rewatch == 0 })
		if i < 0 {
			change.Update = append(change.Update, itemOf(r))
			continue
		}
		row, ok := simkl.ReadListed(kind, kept[i].Item, kept[i].Seen)
		if !ok {
			continue
		}
		if row, ok = row.WithRating(r); ok {
			change.Update = append(change.Update, itemOf(row))
		}
	}
	return nil
}

func itemOf(l simkl.Listed) store.LibraryItem {
	return store.LibraryItem{Kind: l.Kind, Simkl: l.IDs.Simkl, Rewatch: l.RewatchID, Item: l.Raw, Seen: l.RawSeen}
}

func itemsOf(rows []simkl.Listed) []store.LibraryItem {
	out := make([]store.LibraryItem, len(rows))
	for i, r := range rows {
		out[i] = itemOf(r)
	}
	return out
}

// playbacks reads the resume points when one moved. They are few, and a deleted one shows only in the whole list.
func (l *Library) playbacks(ctx context.Context, st *state, now simkl.Activities) error {
	moved, any := st.Resumes == nil, false
	times := map[media.AnswerKind]string{}
	for _, kind := range Kinds {
		times[kind] = activityOf(now, kind).Playback
		moved = moved || times[kind] != st.Resumes[kind]
		any = any || times[kind] != ""
	}
	if !moved {
		return nil
	}
	st.Resumes, st.Playbacks = times, nil
	if !any {
		return nil // there never was one
	}
	rows, err := l.api.Playbacks(ctx, simkl.AllPlaybacks, time.Time{})
	if err != nil {
		return err
	}
	for _, r := range rows {
		st.Playbacks = append(st.Playbacks, r.Raw)
	}
	return nil
}

// Items are the titles of a kind, or of all (""), with their later viewings behind each. Episodes says whether Seen is wanted.
func (l *Library) Items(ctx context.Context, kind media.AnswerKind, episodes bool) ([]simkl.Listed, error) {
	kept, err := l.store.Library(ctx, l.account, kind, episodes)
	if err != nil {
		return nil, err
	}
	out := make([]simkl.Listed, 0, len(kept))
	for _, it := range kept {
		if row, ok := simkl.ReadListed(it.Kind, it.Item, it.Seen); ok {
			out = append(out, row)
		}
	}
	return out, nil
}

// Playbacks are the resume points.
func (l *Library) Playbacks(ctx context.Context) ([]simkl.Playback, error) {
	st, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]simkl.Playback, 0, len(st.Playbacks))
	for _, raw := range st.Playbacks {
		if p, ok := simkl.ReadPlayback(raw); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// Plan is "free", "pro" or "vip", "" when it was never asked.
func (l *Library) Plan(ctx context.Context) (string, error) {
	st, err := l.state(ctx)
	return st.Plan, err
}

// SetRewatch keeps that a later viewing has another state, which no activity tells.
func (l *Library) SetRewatch(ctx context.Context, row simkl.Listed, status string) error {
	state, err := l.store.LibraryState(ctx, l.account)
	if err != nil {
		return err
	}
	row, ok := row.WithRewatch(status)
	if !ok {
		return nil // what cannot be read is read anew when it moves
	}
	return l.store.ChangeLibrary(ctx, l.account, store.LibraryChange{Update: []store.LibraryItem{itemOf(row)}, State: state})
}
