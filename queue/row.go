package queue

import (
	"strings"
	"time"
	"unicode"

	"github.com/simkld/simkld/internal/media"
)

// VerbTakeBack closes a start whose answer was not trusted: pause at the true progress, then delete the resume point.
// It lives only in the queue: a session runner never sends it.
const VerbTakeBack media.Verb = "takeback"

// State is where a row stands. Rows that are done leave the queue.
type State string

// The written forms are stored and are the contract of product.md 7.
const (
	StatePending   State = "pending"
	StateUnmatched State = "unmatched"
	StateDead      State = "dead"
)

// Row is one call on its way to Simkl. Its ID is the order in which calls were made.
type Row struct {
	ID int64
	media.Call
	// Account is the key of the account that watched; empty until the first one is linked.
	Account string
	State   State
	// Form is the index into Forms(Match) of the identity that is sent.
	Form int
	// Attempts, Locks and Odds count the tries that failed: all, those that met Simkl's lock, those with an answer
	// nobody knows. Delays grow with them.
	Attempts, Locks, Odds int
	// NextAt is the earliest next try; zero for at once.
	NextAt time.Time
	// Patient is true when NextAt was asked for by Simkl, so that a network that is back does not shorten it.
	Patient bool
	// Doubtful is true once a try may have reached Simkl without our having heard its answer, whatever its form was:
	// such a watch goes only to the history, where a repeat changes nothing.
	Doubtful bool
	// Playback is the resume point that VerbTakeBack still has to delete, 0 while it is not known.
	Playback int64
	// Answer is what is trusted to be this title; for VerbTakeBack it is the wrong one that Simkl had chosen.
	Answer *media.Answer
	// Candidates are what Simkl offered for a title that is not recognised.
	Candidates []media.Answer
	// LastError is for people: Simkl's words or ours.
	LastError string
	CreatedAt time.Time

	// refuted: the trusted answer of the title was tried for this row and was wrong.
	refuted bool
	// fresh: handed over by Put and not tried yet, so that it may probe a Simkl that was unreachable.
	fresh bool
}

// Watched reports whether the row is a finished watch, which is never lost.
func (r Row) Watched() bool { return r.Verb == media.VerbWatched }

// Kind is "watched" or "live", as queue list prints it.
func (r Row) Kind() string {
	if r.Watched() {
		return "watched"
	}
	return "live"
}

// closes reports whether the call ends what a start began.
func (r Row) closes() bool { return r.Verb != media.VerbStart }

// How is the form of the identity that is to be sent now.
func (r Row) How() Form {
	forms := Forms(r.Match)
	if r.Form < 0 || r.Form >= len(forms) {
		return Form{Container: containers(r.Match)[0], ByID: !r.Match.IDs.IsZero()}
	}
	return forms[r.Form]
}

// identified reports whether the row can go out without Simkl choosing the title by its name.
func (r Row) identified() bool { return r.How().ByID || r.Answer != nil }

// Start says how far the start of a watch got.
type Start string

// The written forms are stored.
const (
	// StartNone: no start of the watch ever reached Simkl.
	StartNone Start = ""
	// StartMaybe: a start may have reached Simkl; it counts as accepted until it is closed.
	StartMaybe Start = "maybe"
	// StartOpen: Simkl accepted a start that no call has closed yet.
	StartOpen Start = "open"
	// StartClosed: a start reached Simkl and a later call closed it.
	StartClosed Start = "closed"
)

// Watch is what the queue remembers of one watch over all its calls.
type Watch struct {
	ID media.WatchID
	// LastSeq is the highest sequence number that was ever put: the same call again makes no second row.
	LastSeq int
	Start   Start
	// Calls counts the live calls that were tried.
	Calls int
	// Form is the form of the identity that the next call begins with.
	Form int
	// State is StateUnmatched once Simkl knew none of the forms: later calls are not sent either.
	State State
}

// open reports whether Simkl may be counting on a closing call.
func (w Watch) open() bool { return w.Start == StartMaybe || w.Start == StartOpen }

// Keeps reports whether a newer call leaves the unsent closing calls of its watch where they are. A start does: what closes
// the start before it goes first, else Simkl takes the time between for watched (product.md 6, Order).
func (w Watch) Keeps(newer media.Verb) bool { return newer == media.VerbStart && w.open() }

// reached reports whether a start of the watch may ever have reached Simkl.
func (w Watch) reached() bool { return w.Start != StartNone }

// TitleKey names a title without its episode: calls of one title keep their order and share the trusted answer.
// The season belongs to it only through Trust keys (see TrustKey).
func TitleKey(m media.Match) string {
	kind := string(m.Kind)
	if title := fold(m.Title); title != "" {
		if m.Kind == media.KindMovie {
			return kind + "|" + title + "|" + media.Number(m.Year).String()
		}
		return kind + "|" + title
	}
	return kind + "||" + idKey(m.IDs)
}

// TrustKey names what a trusted answer is kept for: the title with its year, ids and country and, because each cour
// of an anime is a title of its own on Simkl, the season.
func TrustKey(m media.Match) string {
	key := TitleKey(m) + "|" + media.Number(m.Year).String() + "|" + strings.ToLower(m.Country) + "|" + idKey(m.IDs)
	if m.Season != nil {
		key += "|s" + media.Number(*m.Season).String()
	}
	return key
}

func idKey(ids media.IDs) string {
	if ids.IsZero() {
		return ""
	}
	return strings.ToLower(strings.Join([]string{
		media.Number(ids.Simkl).String(), ids.IMDB, ids.TMDB, ids.TVDB,
		ids.AniDB, ids.MAL, ids.AniList, ids.Kitsu,
	}, ","))
}

// fold keeps letters and digits only, in lower case, so that "Severance." and "severance" are one title. A title
// of other signs only stays as it is.
func fold(title string) string {
	folded := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, title)
	if folded == "" {
		return strings.TrimSpace(title)
	}
	return folded
}
