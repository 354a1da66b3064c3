package queue

import "time"

// EventKind says what an Event tells.
type EventKind string

// What the queue tells.
const (
	// EventSent: Simkl has the call of Row.
	EventSent EventKind = "sent"
	// EventDropped: Row was not worth sending any more, or Simkl refused a live call.
	EventDropped EventKind = "dropped"
	// EventUnmatched: Simkl knows none of the names of Row's title. Told once per watch.
	EventUnmatched EventKind = "unmatched"
	// EventDead: Simkl refused the finished watch of Row; it is kept until queue retry or queue drop.
	EventDead EventKind = "dead"
	// EventWaits: Row failed and is tried again at Row.NextAt.
	EventWaits EventKind = "waits"
	// EventHold, EventHoldOver: nothing is sent until Until; sending goes on.
	EventHold     EventKind = "hold"
	EventHoldOver EventKind = "hold over"
	// EventLoginNeeded: nothing is sent until there was a login. Told once.
	EventLoginNeeded EventKind = "login needed"
	// EventUnreachable, EventReachable: Simkl cannot be reached; it can again.
	EventUnreachable EventKind = "unreachable"
	EventReachable   EventKind = "reachable"
	// EventClaimed: Count finished watches from before the first login belong to the account now.
	EventClaimed EventKind = "claimed"
	// EventStoreFailed, EventStoreWorks: the state cannot be written or read (Outcome.Words); it can again.
	EventStoreFailed EventKind = "store failed"
	EventStoreWorks  EventKind = "store works"
)

// Event is something that a log, a notification or a hook may care for.
type Event struct {
	Kind    EventKind
	Row     Row
	Outcome Outcome
	Until   time.Time
	Count   int
}

// Status is the queue at one moment, for status --json. It is never changed after it was published.
type Status struct {
	Pending, Unmatched, Dead int
	// OtherAccount counts the pending rows that wait for an account that is not linked now.
	OtherAccount int
	// Oldest is when the oldest pending row was made, zero when there is none.
	Oldest time.Time
	// NextAttempt is when the queue tries next by itself, zero when it has nothing to try or waits for somebody.
	NextAttempt time.Time
	// LastError is what went wrong last, empty once something succeeded.
	LastError string
	Reachable bool
	// Since is when Simkl became unreachable.
	Since time.Time
	// HeldUntil and HeldWhy: Simkl holds the whole queue off.
	HeldUntil time.Time
	HeldWhy   string
	// LoginNeeded: Simkl no longer accepts the token, or no account is linked.
	LoginNeeded bool
}

// Status gives the queue as it was after its last step.
func (q *Queue) Status() Status { return *q.status.Load() }

func (q *Queue) publish(st step) {
	s, now := &q.run, q.now()
	next := &Status{
		Unmatched: s.unmatched, Dead: s.dead, LastError: s.lastError,
		Reachable: s.since.IsZero(), Since: s.since, LoginNeeded: s.login || s.account == "",
	}
	for _, items := range s.titles {
		next.Pending += len(items)
		for _, it := range items {
			if it.Account != s.account {
				next.OtherAccount++
			}
			if next.Oldest.IsZero() || it.CreatedAt.Before(next.Oldest) {
				next.Oldest = it.CreatedAt
			}
		}
	}
	if s.hold.After(now) {
		next.HeldUntil, next.HeldWhy = s.hold, s.holdWords
	}
	switch {
	case st.kind != stepWait:
		next.NextAttempt = now.UTC()
	case !st.at.IsZero():
		next.NextAttempt = st.at.UTC()
	}
	q.status.Store(next)
}
