// Package queue is the outbox between the session runner and Simkl: it keeps every finished watch until Simkl has
// it, and the live calls while they are worth sending.
//
//	runner --Put--> Store (disk) --one goroutine--> Sender --> Simkl
//
// It owns the order of calls, what replaces what, when something is tried again and how each call ends (product.md 6).
// It promises that a finished watch is on disk when Put returns, that none is lost, replaced or sent twice knowingly,
// that calls of one title keep their order, and that what closes an accepted start goes before any other start.
// It must not know HTTP, SQL, players or terminals: Sender, Store and the callback for events stand for them.
package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Config is what a queue is told when it is made.
type Config struct {
	// LiveMaxAge is [queue] live_max_age.
	LiveMaxAge time.Duration
	// Events hears what became of rows and of the queue, in order and from one goroutine. It must not block. Nil
	// for nobody.
	Events func(Event)
	// Now is the wall clock; nil for time.Now.
	Now func() time.Time
	// Random gives numbers in [0,1) for the jitter of delays; nil for true chance.
	Random func() float64
}

// Queue is the outbox. Its methods may be called from any goroutine; Put for one watch from one at a time.
type Queue struct {
	store  Store
	sender Sender
	events func(Event)
	now    func() time.Time
	random func() float64

	wake       chan struct{} // size 1: a wake-up for Run
	liveMaxAge atomic.Int64
	status     atomic.Pointer[Status]

	mu      sync.Mutex // guards the fields below
	inbox   []*item    // what Put handed over and Run has not taken
	seen    map[media.WatchID]int
	account string
	asked   asked

	run state // only Run's goroutine touches it
}

// asked is what Run is to do besides sending.
type asked struct {
	reload  bool // read the store: other processes changed rows
	login   bool // try again: there may have been a login
	account bool // there was a login
	network bool // the network is back
}

// item is a row in the memory of Run.
type item struct {
	Row
	key string // see title
	// written is closed when Put has the row on disk; stored is its id then, 0 if that went wrong. Nil for rows that
	// were on disk before they were handed over.
	written chan struct{}
	stored  int64
	// failedAt counts the successes of the queue when Simkl last answered 5xx to it. A row that fails again after
	// others succeeded is tried alone, so that it does not take others down with it.
	failedAt int
	failed   bool
	solo     bool
}

// New makes a queue. It sends nothing until Run is called.
func New(store Store, sender Sender, c Config) *Queue {
	q := &Queue{
		store: store, sender: sender, events: c.Events, now: c.Now, random: c.Random,
		wake: make(chan struct{}, 1),
		seen: map[media.WatchID]int{},
	}
	if q.events == nil {
		q.events = func(Event) {}
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.random == nil {
		q.random = rand.Float64
	}
	q.SetLiveMaxAge(c.LiveMaxAge)
	q.status.Store(&Status{Reachable: true})
	q.run = newState()
	return q
}

// Put takes a call. A start or a finished watch is on disk when it returns; a pause or an unfinished stop goes to the
// sender first, because it is worth most at once, and is on disk when Put returns. Put waits for the disk and never
// for the network. The same call again does nothing. On an error nothing of the call is promised: put it again.
func (q *Queue) Put(ctx context.Context, c media.Call) error {
	row := Row{Call: c, State: StatePending, CreatedAt: q.now().UTC(), fresh: true}
	switch c.Verb {
	case media.VerbStart, media.VerbWatched:
		return q.putWritten(ctx, row)
	case media.VerbPause, media.VerbStop:
		return q.putHanded(ctx, row)
	}
	return fmt.Errorf("put %s: not a call of a watch", c.Verb)
}

// putWritten writes first: a watch that counts must not be lost, and a start that may have reached Simkl must be known
// after a crash, because it has to be closed.
func (q *Queue) putWritten(ctx context.Context, row Row) error {
	row.Account = q.accountNow()
	stored, added, err := q.store.Add(ctx, row)
	if err != nil {
		return fmt.Errorf("queue %s of watch %d: %w", row.Verb, row.Watch, err)
	}
	if !added {
		return nil
	}
	stored.fresh = true
	q.hand(&item{Row: stored})
	return nil
}

func (q *Queue) putHanded(ctx context.Context, row Row) error {
	again, err := q.putBefore(ctx, row)
	if err != nil || again {
		return err
	}
	row.Account = q.accountNow()
	it := &item{Row: row, written: make(chan struct{})}
	q.hand(it)
	defer close(it.written)
	stored, _, err := q.store.Add(ctx, row)
	if err != nil {
		q.forget(row)
		return fmt.Errorf("queue %s of watch %d: %w", row.Verb, row.Watch, err)
	}
	it.stored = stored.ID
	return nil
}

// putBefore reports whether the call was put before, in this process or an earlier one.
func (q *Queue) putBefore(ctx context.Context, row Row) (bool, error) {
	q.mu.Lock()
	last, known := q.seen[row.Watch]
	q.mu.Unlock()
	if !known {
		w, err := q.store.Watch(ctx, row.Watch)
		if err != nil {
			return false, fmt.Errorf("queue %s of watch %d: %w", row.Verb, row.Watch, err)
		}
		last = w.LastSeq
	}
	return row.Seq <= last, nil
}

// maxSeen bounds the memory of sequence numbers; the store has them all.
const maxSeen = 256

func (q *Queue) hand(it *item) {
	q.mu.Lock()
	if len(q.seen) >= maxSeen {
		clear(q.seen)
	}
	q.seen[it.Watch] = it.Seq
	q.inbox = append(q.inbox, it)
	q.mu.Unlock()
	q.poke()
}

// forget lets a call that could not be written be put again.
func (q *Queue) forget(row Row) {
	q.mu.Lock()
	delete(q.seen, row.Watch)
	q.mu.Unlock()
}

// Park keeps a call as unmatched without any try to send it: an item whose title may not go out unasked, or that was
// not recognised (product.md 5, Privacy). Words say why.
func (q *Queue) Park(ctx context.Context, c media.Call, candidates []media.Answer, words string) error {
	row := Row{
		Call: c, State: StateUnmatched, Account: q.accountNow(), CreatedAt: q.now().UTC(),
		Candidates: candidates, LastError: words,
	}
	if _, _, err := q.store.Add(ctx, row); err != nil {
		return fmt.Errorf("keep watch %d as unmatched: %w", c.Watch, err)
	}
	q.ask(asked{reload: true})
	return nil
}

// Kick makes Run read the store again, after another process changed rows. Somebody wants to see what comes of it: what
// waits only because Simkl could not be reached is tried at once.
func (q *Queue) Kick() { q.ask(asked{reload: true, login: true, network: true}) }

// NetworkBack makes everything due that waits only because Simkl could not be reached.
func (q *Queue) NetworkBack() { q.ask(asked{network: true}) }

// SetAccount says whose watches are sent from now on: the key of the linked account, or empty when none is linked and
// everything waits. It also says that there was a login. Rows that have no account yet become that account's.
func (q *Queue) SetAccount(key string) {
	q.mu.Lock()
	q.account = key
	q.mu.Unlock()
	q.ask(asked{reload: true, login: true, account: true})
}

func (q *Queue) ask(a asked) {
	q.mu.Lock()
	q.asked.reload = q.asked.reload || a.reload
	q.asked.login = q.asked.login || a.login
	q.asked.account = q.asked.account || a.account
	q.asked.network = q.asked.network || a.network
	q.mu.Unlock()
	q.poke()
}

// SetLiveMaxAge takes a new [queue] live_max_age.
func (q *Queue) SetLiveMaxAge(d time.Duration) {
	q.liveMaxAge.Store(int64(d))
	q.poke()
}

func (q *Queue) accountNow() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.account
}

func (q *Queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends. A call in flight is then abandoned and stays in the store. It returns nil: neither Simkl
// nor a disk that is full for a while makes the queue give up.
func (q *Queue) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	q.run.reload, q.run.began = true, q.now()
	for ctx.Err() == nil {
		q.take(ctx)
		step := q.next(ctx)
		if step.kind != stepWait {
			q.do(ctx, step) // first: a pause is on the wire before anything is counted
			q.publish(step)
			q.say()
			continue
		}
		q.publish(step)
		if !step.at.IsZero() {
			timer.Reset(max(0, step.at.Sub(q.now())))
		}
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	q.say()
	return nil
}

// say tells what happened, now that the status shows it too.
func (q *Queue) say() {
	unsaid := q.run.unsaid
	q.run.unsaid = nil
	for _, e := range unsaid {
		q.events(e)
	}
}
