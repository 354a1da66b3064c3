package queue

import (
	"context"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Class says what became of a call. The set is closed: a Sender that meets something it does not know answers
// Unreachable, because an error nobody knows means keep and retry.
type Class string

// The classes are the rows of the answer table of product.md 6.
const (
	// Done: 2xx with an answer that is trusted, or 409 (Simkl has the watch already).
	Done Class = "done"
	// Mistaken: 2xx with the item in not_found, or 404 id_err: Simkl does not know this form of the identity.
	Mistaken Class = "mistaken"
	// Untrusted: 2xx, but what Simkl answered is not what was asked. Outcome.Answer says what it took it for.
	Untrusted Class = "untrusted"
	// Locked: 400 RATE_LIMIT, Simkl's lock of 20 s per user.
	Locked Class = "locked"
	// Refused: 400 empty_field or wrong_parameter, or max_items of a batch of one: the same call never succeeds.
	Refused Class = "refused"
	// TooMany: max_items of a batch of more than one.
	TooMany Class = "too-many"
	// LoginNeeded: 401 that a refresh did not mend, or 403.
	LoginNeeded Class = "login-needed"
	// Held: 412, a daily limit, or 503 with Retry-After. Outcome.RetryAfter holds the whole queue.
	Held Class = "held"
	// Crowded: 429 rate_limit.
	Crowded Class = "crowded"
	// Spared: the day's budget is low and a live call is not worth one of its requests. Nothing was sent.
	Spared Class = "spared"
	// Odd: a 4xx that nobody knows.
	Odd Class = "odd"
	// Unreachable: 5xx, no network, time-out, cut answer, HTML, garbage, captive portal, and everything unknown.
	Unreachable Class = "unreachable"
)

// Outcome is what a Sender says of one row.
type Outcome struct {
	Class Class
	// RetryAfter is how long the whole queue holds (Held only).
	RetryAfter time.Duration
	// Words are for people.
	Words string
	// Status is the HTTP status, 0 when there was none.
	Status int
	// Answer is the title that Simkl chose: trusted with Done, what was hit with Untrusted. Nil when it did not say.
	Answer *media.Answer
	// Candidates are titles that a person may choose from.
	Candidates []media.Answer
	// Via is how a watch was recorded: "scrobble" or "history".
	Via string
	// Arrived is true when the request may have taken effect although its answer is not known: a time-out after it
	// was written, a cut answer, a 5xx. False when it surely never left (no network, no address, no connection).
	Arrived bool
	// Playback is the resume point that TakeBack had found before it failed, so that the next try goes on from there.
	Playback int64
}

// Sender brings rows to Simkl. It returns when the answer is there or ctx ends, keeps Simkl's limits, and never
// retries by itself except to refresh a token once. Only the queue's goroutine calls it.
type Sender interface {
	// Send makes a live call, or the first attempt of a finished watch as a stop at its progress.
	Send(ctx context.Context, row Row) Outcome
	// SendHistory writes at most MaxBatch finished watches, each with its time and the ids of Row.Answer or the form
	// Row.How. It answers for each row, in order; a call that failed as a whole has one class for all. A watch that
	// Simkl has already is no second one (simkl-api.md 8: the same episode again is a silent no-op).
	SendHistory(ctx context.Context, rows []Row) []Outcome
	// Confirm asks which title is meant by title and year, in the container of Row.How. Done carries the trusted Answer.
	Confirm(ctx context.Context, row Row) Outcome
	// TakeBack undoes a wrong start: pause of Row.Answer at Row.Progress, then delete of that resume point. When
	// Row.Playback is set, the pause was made before. A watch of the wrong title is left alone. Nothing left to undo is
	// Done.
	TakeBack(ctx context.Context, row Row) Outcome
}

// MaxBatch is the most watches that one write to the history carries (product.md 6).
const MaxBatch = 50
