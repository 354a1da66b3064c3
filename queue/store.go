package queue

import (
	"context"

	"github.com/simkld/simkld/internal/media"
)

// Backlog is what the store holds for one moment.
type Backlog struct {
	// Pending are the rows that are to be sent, in the order of their IDs.
	Pending []Row
	// Watches are the memories of their watches.
	Watches []Watch
	// Unmatched and Dead count the rows that wait for a person.
	Unmatched, Dead int
}

// Change is what becomes of one row. All changes of one Settle are written together or not at all.
type Change struct {
	// Row is the row as it now is. A row that another process took away meanwhile stays away.
	Row Row
	// Gone takes the row out of the queue.
	Gone bool
	// Sent says that Simkl has it, and Outcome how: for the journal.
	Sent    bool
	Outcome Outcome
	// Watch is the new memory of the watch.
	Watch Watch
	// Trust, if not nil, is from now on the answer for TrustKey(Row.Match).
	Trust *media.Answer
	// TakeBack, if not nil, is a new row that undoes a wrong start.
	TakeBack *Row
}

// MissingKeys is how the keys of the cache begin under which is kept what Simkl does not know. They are forgotten whenever a
// person says something new: a correction, a rule, a retry.
const MissingKeys = "missing/"

// Store keeps the rows on disk. What a method has returned without error survives a power cut. Other processes
// may change the rows at any time; they call Queue.Kick through the daemon afterwards.
type Store interface {
	// Add writes a new row, takes away the unsent older live calls of its watch, and gives the row its ID. When
	// Row.Seq is not above Watch.LastSeq the call was put before: nothing is written and added is false. The call of a
	// watch that is unmatched becomes an unmatched row.
	Add(ctx context.Context, row Row) (stored Row, added bool, err error)
	// Backlog reads everything that waits.
	Backlog(ctx context.Context) (Backlog, error)
	// Begin notes that rows are about to be sent: finished watches become Doubtful, the watch of a start becomes
	// StartMaybe. It gives the IDs of those that are still there and pending.
	Begin(ctx context.Context, rows []Row) ([]int64, error)
	// Settle writes what became of rows.
	Settle(ctx context.Context, changes []Change) error
	// Watch gives the memory of a watch, zero but for its ID when there is none.
	Watch(ctx context.Context, id media.WatchID) (Watch, error)
	// Trusted gives the trusted answer for a TrustKey, nil when there is none.
	Trusted(ctx context.Context, key string) (*media.Answer, error)
	// Claim gives all rows without an account to account, and says how many finished watches those were.
	Claim(ctx context.Context, account string) (int, error)
}
