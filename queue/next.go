package queue

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// stepKind is what Run does next.
type stepKind string

const (
	stepWait    stepKind = "wait"    // until at, zero: until woken
	stepWrite   stepKind = "write"   // changes that the store has not taken yet
	stepEnd     stepKind = "end"     // a row that is not sent at all
	stepSend    stepKind = "send"    // live call, or first attempt of a finished watch
	stepHistory stepKind = "history" // finished watches
	stepConfirm stepKind = "confirm"
	stepBack    stepKind = "take back"
)

type step struct {
	kind  stepKind
	at    time.Time
	items []*item
	end   action // stepEnd: actDropped or actUnmatched
}

const (
	// firstAttempt is how long after its moment a finished watch may still go as a stop: Simkl stamps it with now.
	firstAttempt = 10 * time.Second
	// maxLiveCalls bounds the live calls of one watch.
	maxLiveCalls = 40
	// leftAlone is how long after the beginning of a run a start of an earlier one waits: what the sessions of that one
	// left open is put within seconds, and goes first.
	leftAlone = 5 * time.Second
	// tinyStop is the progress under which a stop whose start never reached Simkl says nothing.
	tinyStop = 1.0
)

// rank orders what is due: lower goes first.
type rank int

const (
	rankClosing rank = iota // closes an accepted start
	rankFirst               // a finished watch while it may still go as a stop
	rankLive
	rankHistory
)

// choice is a row that may be sent now.
type choice struct {
	it   *item
	rank rank
	kind stepKind
}

// next decides what is done next. It reads the store only for the memory of watches and titles.
func (q *Queue) next(ctx context.Context) step {
	s, now := &q.run, q.now()
	if len(s.unwritten) > 0 {
		if now.Before(s.storeUntil) {
			return step{kind: stepWait, at: s.storeUntil}
		}
		return step{kind: stepWrite}
	}
	if now.Before(s.storeUntil) {
		return step{kind: stepWait, at: s.storeUntil}
	}
	end, err := q.worthless(ctx, now)
	if err != nil {
		q.storeFailed("read the memory of a watch", err)
		return step{kind: stepWait, at: s.storeUntil}
	}
	switch {
	case end.kind == stepEnd:
		return end
	case s.account == "" || s.login:
		return step{kind: stepWait}
	case now.Before(s.hold):
		return step{kind: stepWait, at: s.hold}
	}
	q.holdOver()
	return q.choose(ctx, now)
}

// worthless finds a row at the head of its title that is not sent at all.
func (q *Queue) worthless(ctx context.Context, now time.Time) (step, error) {
	for _, items := range q.run.titles {
		for _, it := range items {
			if it.Verb == VerbTakeBack {
				continue
			}
			w, err := q.watch(ctx, it.Watch)
			if err != nil {
				return step{}, err
			}
			it.Form = max(it.Form, w.Form)
			if end := q.ends(it, *w, now); end != "" {
				return step{kind: stepEnd, items: []*item{it}, end: end}, nil
			}
		}
	}
	return step{}, nil
}

// nameless reports whether there is nothing to send of the row's title.
func (it *item) nameless() bool { return it.Match.Title == "" && it.Match.IDs.IsZero() }

// ends says how a row ends without being sent, "" if it is to be sent.
func (q *Queue) ends(it *item, w Watch, now time.Time) action {
	if w.State == StateUnmatched || it.nameless() {
		return actUnmatched
	}
	if it.Watched() {
		return ""
	}
	old := now.Sub(it.At) > time.Duration(q.liveMaxAge.Load())
	switch {
	case w.Calls >= maxLiveCalls && (!it.closes() || !w.open()):
		return actDropped
	case it.Verb == media.VerbStart:
		if old {
			return actDropped
		}
	case w.reached():
	case old:
		return actDropped
	case it.Verb == media.VerbStop && it.Progress < tinyStop:
		return actDropped
	}
	return ""
}

// choose finds the most pressing call that is due.
func (q *Queue) choose(ctx context.Context, now time.Time) step {
	s := &q.run
	holding := q.holding()
	early := now.Sub(s.began).Abs() < leftAlone
	var best choice
	wait := step{kind: stepWait}
	sooner := func(at time.Time) {
		if wait.at.IsZero() || at.Before(wait.at) {
			wait.at = at
		}
	}
	if early {
		sooner(s.began.Add(leftAlone))
	}
	for _, items := range s.titles {
		it := q.head(items, holding, early)
		if it == nil {
			continue
		}
		if at := s.dueAt(it); at.After(now) {
			sooner(at)
			continue
		}
		if err := q.trusted(ctx, it); err != nil {
			q.storeFailed("read a trusted answer", err)
			return step{kind: stepWait, at: s.storeUntil}
		}
		if c := q.choice(it, now); best.it == nil || better(c, best) {
			best = c
		}
	}
	if best.it == nil {
		return wait
	}
	if best.kind != stepHistory {
		return step{kind: best.kind, items: []*item{best.it}}
	}
	items, err := q.batch(ctx, best.it, now)
	if err != nil {
		q.storeFailed("read a trusted answer", err)
		return step{kind: stepWait, at: s.storeUntil}
	}
	return step{kind: stepHistory, items: items}
}

func better(a, b choice) bool {
	if c := cmp.Compare(a.rank, b.rank); c != 0 {
		return c < 0
	}
	return a.it.before(b.it)
}

// before is the order of Put. A row that Put still writes is the newest.
func (it *item) before(other *item) bool {
	switch {
	case it.ID == 0:
		return false
	case other.ID == 0:
		return true
	}
	return it.ID < other.ID
}

// holding reports whether a call that closes an accepted start waits: no other start goes before it.
func (q *Queue) holding() bool {
	s := &q.run
	for _, items := range s.titles {
		if items[0].Account != s.account {
			continue
		}
		if slices.ContainsFunc(items, q.holds) {
			return true
		}
	}
	return false
}

// holds reports whether the row closes what Simkl may be counting on.
func (q *Queue) holds(it *item) bool {
	if it.Verb == VerbTakeBack {
		return true
	}
	w := q.run.watches[it.Watch]
	return it.closes() && w != nil && w.open()
}

// head is the row of a title that may be sent next: the first, but a start waits for the calls that close other
// starts, one of an earlier run also for those that are still to come, and those of its own title may pass it.
func (q *Queue) head(items []*item, holding, early bool) *item {
	if items[0].Account != q.run.account {
		return nil
	}
	for i, it := range items {
		switch {
		case it.Verb == media.VerbStart && (holding || early && it.CreatedAt.Before(q.run.began)):
		case i == 0 || q.holds(it):
			return it
		default:
			return nil
		}
	}
	return nil
}

// dueAt is when the row may be sent.
func (s *state) dueAt(it *item) time.Time {
	at := it.NextAt
	if !it.fresh && !it.Patient && s.downUntil.After(at) {
		at = s.downUntil
	}
	return at
}

func (q *Queue) choice(it *item, now time.Time) choice {
	c := choice{it: it, kind: stepSend, rank: rankLive}
	switch {
	case it.Verb == VerbTakeBack:
		c.kind = stepBack
	case !it.Watched():
	case it.Attempts == 0 && !it.Doubtful && it.identified() && now.Sub(it.At).Abs() <= firstAttempt:
		c.rank = rankFirst
	case it.identified():
		c.kind, c.rank = stepHistory, rankHistory
	default:
		c.kind, c.rank = stepConfirm, rankHistory
	}
	if q.holds(it) {
		c.rank = rankClosing
	}
	return c
}

// batch collects the watches that go to the history together with first: of each title those at its head, in order,
// the oldest titles first.
func (q *Queue) batch(ctx context.Context, first *item, now time.Time) ([]*item, error) {
	s := &q.run
	if first.solo || s.batch <= 1 {
		return []*item{first}, nil
	}
	heads := []*item{}
	for _, items := range s.titles {
		if items[0].Account == s.account && items[0].title() != first.title() {
			heads = append(heads, items[0])
		}
	}
	slices.SortFunc(heads, func(a, b *item) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	var batch []*item
	for _, head := range slices.Insert(heads, 0, first) {
		items := s.titles[head.title()]
		// The first may have passed the starts of its own title.
		for _, it := range items[max(0, slices.Index(items, head)):] {
			if len(batch) == s.batch {
				return batch, nil
			}
			if it.solo || !it.Watched() || s.dueAt(it).After(now) {
				break
			}
			if err := q.trusted(ctx, it); err != nil {
				return nil, err
			}
			if q.choice(it, now).kind != stepHistory {
				break
			}
			batch = append(batch, it)
		}
	}
	return batch, nil
}
