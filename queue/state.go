package queue

import (
	"context"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// state is what Run knows. Only its goroutine touches it.
type state struct {
	// unsaid are events that are told once the status shows what they tell.
	unsaid []Event
	// titles are the pending rows by account and title, in order.
	titles map[string][]*item
	// byWatch are the same rows by watch.
	byWatch map[media.WatchID][]*item
	// watches are the memories of the watches that have rows, and of those that were heard of last.
	watches map[media.WatchID]*Watch
	// trust caches Store.Trusted, also that there is none.
	trust map[string]*media.Answer
	// account is whose rows are sent.
	account string

	unmatched, dead int
	// reload: the rows have to be read from the store.
	reload bool

	// hold keeps everything back until then; login keeps everything back until there was a login.
	hold      time.Time
	holdWords string
	said      bool // the hold was told
	login     bool
	// loginSaid: the login was asked for and nobody has logged in since.
	loginSaid bool

	// downs counts the calls in a row that did not reach Simkl; what was tried before waits until downUntil.
	downs     int
	downUntil time.Time
	// since is when Simkl became unreachable, zero while it is reachable.
	since time.Time
	// storeFails counts the failures in a row to use the store, storeUntil is when it is tried again.
	storeFails int
	storeUntil time.Time

	lastError string
	// unwritten are changes that the store has not taken yet. Nothing is sent before they are written, because
	// what Simkl has would be sent again.
	unwritten []Change
	successes int
	// began is when this run did.
	began time.Time
	// starting is the watch whose first start is in flight.
	starting media.WatchID
	// batch is how many watches go into one write to the history.
	batch int
}

func newState() state {
	return state{
		titles:  map[string][]*item{},
		byWatch: map[media.WatchID][]*item{},
		watches: map[media.WatchID]*Watch{},
		trust:   map[string]*media.Answer{},
		batch:   MaxBatch,
	}
}

// title is the key of its place in state.titles.
func (it *item) title() string {
	if it.key == "" {
		it.key = it.Account + "\x00" + TitleKey(it.Match)
	}
	return it.key
}

// take brings what others did since into the memory of Run.
func (q *Queue) take(ctx context.Context) {
	s := &q.run
	q.takeCalls(ctx)
	if s.reload && len(s.unwritten) == 0 && !q.now().Before(s.storeUntil) {
		q.load(ctx)
	}
}

// takeCalls takes all but the rows that other processes changed.
func (q *Queue) takeCalls(ctx context.Context) {
	q.mu.Lock()
	inbox, got := q.inbox, q.asked
	q.inbox, q.asked = nil, asked{}
	account := q.account
	q.mu.Unlock()

	s := &q.run
	s.account = account
	s.reload = s.reload || got.reload
	if got.login {
		s.login = false
	}
	if got.account {
		s.loginSaid = false
	}
	if got.network {
		q.due()
	}
	for _, it := range inbox {
		q.accept(ctx, it)
	}
}

// load replaces the memory by what is on disk. Calls that Put is still writing are waited for, so that they are in it.
func (q *Queue) load(ctx context.Context) {
	s := &q.run
	fresh := map[int64]*item{}
	for _, items := range s.titles {
		for _, it := range items {
			it.land()
			if it.ID != 0 {
				fresh[it.ID] = it
			}
		}
	}
	if s.account != "" {
		n, err := q.store.Claim(ctx, s.account)
		if err != nil {
			q.storeFailed("give rows to the account", err)
			return
		}
		if n > 0 {
			q.events(Event{Kind: EventClaimed, Count: n})
		}
	}
	backlog, err := q.store.Backlog(ctx)
	if err != nil {
		q.storeFailed("read the queue", err)
		return
	}
	s.reload = false
	q.storeWorks()
	s.unmatched, s.dead = backlog.Unmatched, backlog.Dead
	clear(s.titles)
	clear(s.byWatch)
	clear(s.trust)
	clear(s.watches)
	for _, w := range backlog.Watches {
		s.watches[w.ID] = &w
	}
	for _, row := range backlog.Pending {
		it := &item{Row: row}
		if far := q.now().Add(maxOdd); it.NextAt.After(far) { // the clock was put back since
			it.NextAt = far
		}
		if s.downs == 0 && !it.Patient { // Simkl is there, as far as is known
			it.NextAt = time.Time{}
		}
		if old := fresh[row.ID]; old != nil {
			it.fresh, it.solo, it.failed, it.failedAt, it.refuted = old.fresh, old.solo, old.failed, old.failedAt, old.refuted
		}
		s.insert(it)
	}
}

// accept takes a row that Put handed over. It may be in memory already, when the store was read in between.
func (q *Queue) accept(ctx context.Context, it *item) {
	s := &q.run
	for _, old := range s.byWatch[it.Watch] {
		if old.Seq == it.Seq && old.Verb == it.Verb {
			old.fresh = old.fresh || old.Attempts == 0
			return
		}
	}
	if it.State == StateUnmatched { // the store knew that the watch is not recognised
		s.reload = true
		return
	}
	w, err := q.watch(ctx, it.Watch)
	if err != nil { // Add read it just now; should it be gone, nothing is known of earlier calls
		w = &Watch{ID: it.Watch}
	}
	known := *w
	if s.starting == it.Watch && !known.open() {
		known.Start = StartMaybe // as Begin wrote
	}
	s.supersede(it, known)
	s.insert(it)
	w.LastSeq = max(w.LastSeq, it.Seq)
}

// supersede takes the unsent older live calls of the same watch out of memory, as Add did on disk.
func (s *state) supersede(by *item, w Watch) {
	for _, old := range slices.Clone(s.byWatch[by.Watch]) {
		if by.replaces(old, w) {
			s.remove(old)
		}
	}
}

// replaces reports whether a call makes an unsent older one of its watch worthless.
func (it *item) replaces(old *item, w Watch) bool {
	if old.Watched() || old.Verb == VerbTakeBack || old.closes() && w.Keeps(it.Verb) {
		return false
	}
	return old.Seq < it.Seq
}

// superseded reports whether a newer call of the watch waits, so that this one is not worth another try.
func (s *state) superseded(it *item, w Watch) bool {
	return slices.ContainsFunc(s.byWatch[it.Watch], func(other *item) bool { return other.replaces(it, w) })
}

// insert puts a row behind the others of its title, a take-back before them: it undoes what was sent before.
func (s *state) insert(it *item) {
	key := it.title()
	s.byWatch[it.Watch] = append(s.byWatch[it.Watch], it)
	if it.Verb != VerbTakeBack {
		s.titles[key] = append(s.titles[key], it)
		return
	}
	i := 0
	for i < len(s.titles[key]) && s.titles[key][i].Verb == VerbTakeBack {
		i++
	}
	s.titles[key] = slices.Insert(s.titles[key], i, it)
}

func (s *state) remove(it *item) {
	without(s.titles, it.title(), it)
	without(s.byWatch, it.Watch, it)
}

func without[K comparable](m map[K][]*item, key K, it *item) {
	m[key] = slices.DeleteFunc(m[key], func(other *item) bool { return other == it })
	if len(m[key]) == 0 {
		delete(m, key)
	}
}

// land waits until Put has the row on disk. That takes one write to the disk.
func (it *item) land() {
	if it.written == nil {
		return
	}
	<-it.written
	it.ID, it.written = it.stored, nil
}

// watch is the memory of a watch.
func (q *Queue) watch(ctx context.Context, id media.WatchID) (*Watch, error) {
	s := &q.run
	if w := s.watches[id]; w != nil {
		return w, nil
	}
	w, err := q.store.Watch(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(s.watches) > maxSeen {
		s.forget()
	}
	s.watches[id] = &w
	return &w, nil
}

// forget drops the memories of watches without rows; the store has them.
func (s *state) forget() {
	for id := range s.watches {
		if len(s.byWatch[id]) == 0 {
			delete(s.watches, id)
		}
	}
}

// trusted fills in what is known to be the title of a row that has no id.
func (q *Queue) trusted(ctx context.Context, it *item) error {
	if it.Answer != nil || it.refuted || it.Verb == VerbTakeBack || it.How().ByID {
		return nil
	}
	s, key := &q.run, TrustKey(it.Match)
	answer, known := s.trust[key]
	if !known {
		var err error
		if answer, err = q.store.Trusted(ctx, key); err != nil {
			return err
		}
		s.trust[key] = answer
	}
	it.Answer = answer
	return nil
}

// due makes everything due that waits only because Simkl could not be reached.
func (q *Queue) due() {
	s := &q.run
	s.downs, s.downUntil = 0, time.Time{}
	for _, items := range s.titles {
		for _, it := range items {
			if !it.Patient {
				it.NextAt = time.Time{}
			}
		}
	}
}

func (q *Queue) storeFailed(doing string, err error) {
	s := &q.run
	s.storeFails++
	s.storeUntil = q.now().Add(Delay(s.storeFails, q.random()))
	words := doing + ": " + err.Error()
	if words != s.lastError {
		q.events(Event{Kind: EventStoreFailed, Outcome: Outcome{Words: words}})
	}
	s.lastError = words
}

func (q *Queue) storeWorks() {
	s := &q.run
	if s.storeFails > 0 {
		s.storeFails, s.storeUntil, s.lastError = 0, time.Time{}, ""
		q.events(Event{Kind: EventStoreWorks})
	}
}
