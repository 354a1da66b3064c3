package queue

import (
	"context"
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// do makes one step. What it learns is written even when ctx has ended meanwhile.
func (q *Queue) do(ctx context.Context, st step) {
	keep := context.WithoutCancel(ctx)
	switch st.kind {
	case stepWrite:
		q.write(keep, nil)
	case stepEnd:
		q.end(keep, st.items[0], st.end)
	case stepWait:
	case stepSend, stepHistory, stepConfirm, stepBack:
		items, ok := q.begin(keep, st)
		if ok && len(items) > 0 {
			q.settle(keep, items, st.kind, q.send(ctx, st.kind, items))
		}
		q.run.starting = 0
	}
}

// begin notes on disk what is about to be sent, where a crash must not forget it, and leaves out what another process
// took away meanwhile.
func (q *Queue) begin(ctx context.Context, st step) ([]*item, bool) {
	s := &q.run
	first := st.items[0]
	firstStart := first.Verb == media.VerbStart && !s.watches[first.Watch].open()
	if st.kind == stepConfirm || !firstStart && !first.Watched() {
		return st.items, true
	}
	if firstStart {
		s.starting = first.Watch
	}
	rows := make([]Row, len(st.items))
	for i, it := range st.items {
		it.land()
		rows[i] = it.Row
	}
	there, err := q.store.Begin(ctx, rows)
	if err != nil {
		q.storeFailed("note what is sent", err)
		return nil, false
	}
	q.storeWorks()
	var items []*item
	for _, it := range st.items {
		if !slices.Contains(there, it.ID) {
			s.remove(it)
			continue
		}
		items = append(items, it)
	}
	return items, true
}

// send makes the call and gives one outcome for each item.
func (q *Queue) send(ctx context.Context, kind stepKind, items []*item) []Outcome {
	rows := make([]Row, len(items))
	for i, it := range items {
		rows[i] = it.Row
	}
	one := q.sender.Send
	if kind == stepConfirm {
		one = q.sender.Confirm
	}
	if kind == stepBack {
		one = q.sender.TakeBack
	}
	if kind != stepHistory {
		return []Outcome{one(ctx, rows[0])}
	}
	outs := q.sender.SendHistory(ctx, rows)
	for len(outs) < len(items) {
		outs = append(outs, Outcome{Class: Unreachable, Words: "no answer for this watch", Arrived: true})
	}
	return outs[:len(items)]
}

// end is the end of a row that is not sent.
func (q *Queue) end(ctx context.Context, it *item, act action) {
	it.land()
	w := *q.run.watches[it.Watch]
	d := decision{act: act, quiet: w.State == StateUnmatched || act == actDropped}
	if it.nameless() {
		it.LastError = "nothing is known of it but its path"
	}
	var c changes
	q.apply(&c, it, d, Outcome{Words: it.LastError}, w)
	q.write(ctx, &c)
}

// changes are what one answer leads to: what is written, and what is told once it is.
type changes struct {
	list   []Change
	events []Event
}

// settle turns the outcomes into changes of rows, of watches and of the queue.
func (q *Queue) settle(ctx context.Context, items []*item, kind stepKind, outs []Outcome) {
	now := q.now()
	q.takeCalls(ctx) // a newer call of the same watch may have come while this one was in flight
	var c changes
	q.answered(&c, items, outs)
	for i, it := range items {
		out := outs[i]
		it.land()
		it.fresh = false
		w, err := q.watch(ctx, it.Watch)
		if err != nil { // nothing is known of earlier calls: the row itself still counts
			w = &Watch{ID: it.Watch, LastSeq: it.Seq}
		}
		d := decide(it.Row, len(items), out, now, q.random())
		if out.Class == Spared && it.closes() && w.open() {
			d = spared(it.Row, now, q.random()) // Simkl counts on: no other start may go before it, whatever its age
		}
		if kind == stepConfirm && d.act == actSent {
			q.confirmed(&c, it, out, *w)
			continue
		}
		q.pace(&c, it, d, out, len(items))
		after := q.remember(*w, it, d, out, kind)
		if d.takeBack {
			c.back(it, out, now)
		}
		q.apply(&c, it, d, out, after)
		if kind == stepConfirm && (d.act == actForm || d.act == actUnmatched) {
			q.alike(&c, it, d, out)
		}
	}
	q.write(ctx, &c)
}

// remember is the memory of the watch after the answer.
func (q *Queue) remember(w Watch, it *item, d decision, out Outcome, kind stepKind) Watch {
	w.LastSeq = max(w.LastSeq, it.Seq)
	if kind == stepSend && !it.Watched() && out.Class != Spared {
		w.Calls++
	}
	if d.act == actForm {
		w.Form = max(w.Form, it.Form+1)
	}
	if d.act == actUnmatched {
		w.State = StateUnmatched
	}
	w.Start = startAfter(w.Start, it, d, out)
	return w
}

// startAfter says how far the start of a watch got, after an answer to one of its calls.
func startAfter(start Start, it *item, d decision, out Outcome) Start {
	if it.Verb == media.VerbStart {
		switch {
		case d.act == actSent:
			return StartOpen
		case out.Class == Untrusted:
			return StartNone // it was another title's start; its take-back is a row of its own
		case out.Class == Mistaken && start == StartMaybe:
			return StartNone // an earlier try cannot have been accepted either
		case out.Class == Unreachable && out.Arrived && start != StartOpen:
			return StartMaybe
		}
		return start
	}
	if d.act == actSent && (start == StartOpen || start == StartMaybe) {
		return StartClosed
	}
	return start
}

// apply makes the change of one row. w is the memory of its watch from now on.
func (q *Queue) apply(c *changes, it *item, d decision, out Outcome, w Watch) {
	s := &q.run
	it.Attempts++
	it.LastError = out.Words
	it.Doubtful = it.Doubtful || out.Class == Unreachable && out.Arrived
	if len(out.Candidates) > 0 {
		it.Candidates = out.Candidates
	}
	s.watches[it.Watch] = &w
	change := Change{Watch: w, Outcome: out}
	event := Event{Outcome: out}
	switch act := d.act; {
	case act == actSent:
		change.Gone, change.Sent = true, true
		event.Kind = EventSent
		if out.Answer != nil && it.Verb != VerbTakeBack && q.learns(it, out.Answer) {
			change.Trust = out.Answer
		}
	case act == actDropped, act != actUnmatched && s.superseded(it, w):
		change.Gone = true
		event.Kind = EventDropped
	case act == actDead:
		it.State = StateDead
		event.Kind = EventDead
	case act == actUnmatched && s.superseded(it, w):
		change.Gone = true // the newer call of the watch is kept in its place
		event.Kind = EventUnmatched
		for _, newer := range s.byWatch[it.Watch] {
			newer.Candidates = it.Candidates
		}
	case act == actUnmatched:
		it.State = StateUnmatched
		event.Kind = EventUnmatched
	case act == actForm:
		it.Form, it.Answer, it.refuted = it.Form+1, nil, it.Answer != nil
		it.NextAt, it.Patient = time.Time{}, false
	case act == actWait:
		it.NextAt, it.Patient = d.at, d.patient
		q.count(it, out)
		event.Kind = EventWaits
	}
	if change.Gone || it.State != StatePending {
		s.remove(it)
	}
	change.Row, event.Row = it.Row, it.Row
	c.list = append(c.list, change)
	if event.Kind != "" && !d.quiet {
		c.events = append(c.events, event)
	}
}

// count keeps the numbers that delays grow with.
func (q *Queue) count(it *item, out Outcome) {
	switch {
	case out.Class == Locked:
		it.Locks++
	case out.Class == Odd:
		it.Odds++
	case out.Status >= 500:
		it.solo = it.solo || it.failed && q.run.successes > it.failedAt
		it.failed, it.failedAt = true, q.run.successes
	}
}

// learns reports whether the answer is news for the title of a row without ids.
func (q *Queue) learns(it *item, answer *media.Answer) bool {
	if it.How().ByID {
		return false
	}
	key := TrustKey(it.Match)
	old := q.run.trust[key]
	q.run.trust[key] = answer
	return old == nil || old.IDs != answer.IDs || old.Kind != answer.Kind
}

// confirmed: the title of a late watch is known now. The row is sent with the next call.
func (q *Queue) confirmed(c *changes, it *item, out Outcome, w Watch) {
	it.LastError, it.NextAt, it.Patient = "", time.Time{}, false
	it.Answer = out.Answer
	if out.Answer == nil { // a Sender that confirms nothing: not to be trusted
		d := nextForm(it.Row, false)
		q.apply(c, it, d, out, q.remember(w, it, d, out, stepConfirm))
		return
	}
	change := Change{Row: it.Row, Watch: w}
	if q.learns(it, out.Answer) {
		change.Trust = out.Answer
	}
	c.list = append(c.list, change)
}

// alike gives the other watches of a title the same end as the one that was asked for: a title is asked for once.
func (q *Queue) alike(c *changes, asked *item, d decision, out Outcome) {
	key := TrustKey(asked.Match)
	for _, it := range slices.Clone(q.run.titles[asked.title()]) {
		w := q.run.watches[it.Watch]
		if it == asked || w == nil || !it.Watched() || it.identified() || TrustKey(it.Match) != key ||
			max(it.Form, w.Form) >= asked.Form+1 {
			continue
		}
		q.apply(c, it, d, out, q.remember(*w, it, d, out, stepConfirm))
	}
}

// back adds the row that undoes a wrong answer.
func (c *changes) back(it *item, out Outcome, now time.Time) {
	row := Row{
		Call: it.Call, Account: it.Account, State: StatePending, Form: it.Form, Answer: out.Answer,
		Playback: out.Answer.Playback, CreatedAt: now.UTC(),
	}
	row.Verb = VerbTakeBack
	c.list = append(c.list, Change{TakeBack: &row})
}

// pace learns from an answer when the queue as a whole goes on.
func (q *Queue) pace(c *changes, it *item, d decision, out Outcome, batch int) {
	s, now := &q.run, q.now()
	if it.Verb == VerbTakeBack && out.Playback != 0 {
		it.Playback = out.Playback
	}
	switch {
	case d.act == actHalve:
		s.batch = max(1, batch/2)
	case d.login:
		s.login = true
		if !s.loginSaid {
			s.loginSaid = true
			c.events = append(c.events, Event{Kind: EventLoginNeeded, Row: it.Row, Outcome: out})
		}
	case d.act == actHold && d.at.After(s.hold):
		s.hold = d.at
		if !d.quiet && (!s.said || s.holdWords != out.Words) {
			s.said, s.holdWords = true, out.Words
			c.events = append(c.events, Event{Kind: EventHold, Row: it.Row, Outcome: out, Until: d.at})
		}
	case d.down && !now.Before(s.downUntil):
		s.downs++
		s.downUntil = now.Add(Delay(s.downs, q.random()))
	}
}

// answered learns from the outcomes whether Simkl is there.
func (q *Queue) answered(c *changes, items []*item, outs []Outcome) {
	s := &q.run
	success, reached, down := false, false, Outcome{} // reached: by an answer of another kind
	for _, out := range outs {
		switch {
		case out.Class == Done, out.Class == Mistaken, out.Class == Untrusted:
			success = true
		case out.Class == Unreachable:
			down = out
		case out.Class != Spared:
			reached = true
		}
	}
	switch {
	case success || reached:
		if success {
			s.successes++
			s.loginSaid = false
			q.due()
		}
		s.downs, s.downUntil, s.lastError = 0, time.Time{}, ""
		if !s.since.IsZero() {
			s.since = time.Time{}
			c.events = append(c.events, Event{Kind: EventReachable, Row: items[0].Row})
		}
	case down.Class == Unreachable:
		s.lastError = down.Words
		// One 5xx is an accident; a lasting one, or no answer at all, is told.
		if s.since.IsZero() && (down.Status == 0 || s.downs > 0) {
			s.since = q.now().UTC()
			c.events = append(c.events, Event{Kind: EventUnreachable, Row: items[0].Row, Outcome: down})
		}
	}
}

// holdOver tells that the queue goes on.
func (q *Queue) holdOver() {
	s := &q.run
	if s.said {
		s.said, s.holdWords = false, ""
		q.events(Event{Kind: EventHoldOver})
	}
}

// write brings changes to disk. What cannot be written is kept and comes first next time.
func (q *Queue) write(ctx context.Context, c *changes) {
	s := &q.run
	if c != nil {
		s.unwritten = append(s.unwritten, c.list...)
		s.unsaid = append(s.unsaid, c.events...)
	}
	if len(s.unwritten) == 0 {
		return
	}
	if err := q.store.Settle(ctx, s.unwritten); err != nil {
		q.storeFailed("write what was sent", err)
		return
	}
	for _, change := range s.unwritten {
		// The new row has its id, and the counts of what waits for a person are right, only in the store.
		s.reload = s.reload || change.TakeBack != nil || !change.Gone && change.Row.State != StatePending
	}
	s.unwritten = nil
	q.storeWorks()
}
