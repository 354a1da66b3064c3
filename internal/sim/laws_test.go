package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/sim/model"
)

// The laws, by the names under which they are broken.
const (
	lawOnce    = "each watch that counts is in the history once"
	lawNothing = "nothing else is in the history"
	lawTime    = "each watch has its time"
	lawOrder   = "the order of a title is kept"
	lawWrites  = "two writes are 1.1 s apart"
	lawBurst   = "never three requests in one second"
	lawBudget  = "the last calls of a day are kept for watches"
	lawPrivate = "nothing is told in private"
	lawClosed  = "every accepted start is closed"
	lawHolds   = "what closes a start goes before another start"
	lawEnds    = "nothing waits for ever"
	lawKept    = "what is not known is kept, once"
	lawWaits   = "Simkl's waits are kept"
	lawDone    = "what Simkl has is done"
	lawStart   = "a start is told after start_after"
	lawRenew   = "a token that expired is renewed"
)

const closeEnough = 15 * time.Second

// law breaks one.
func (w *world) law(name, format string, args ...any) {
	w.breaks("%s: %s", name, fmt.Sprintf(format, args...))
}

// judge holds all laws against what became of the evening.
func (w *world) judge() {
	for i, c := range w.calls { // a daemon that dies just after an answer may not have noted it anywhere
		w.calls[i].cut = c.cut || slices.ContainsFunc(w.deaths, func(d time.Time) bool {
			return !d.Before(c.at) && d.Sub(c.at) < 300*time.Millisecond
		})
	}
	w.judgeHistory()
	w.judgeRest()
	w.judgeDistances()
	w.judgeStarts()
	w.judgePrivate()
	w.judgeWaits()
	w.judgeRenewals()
	for path, works := range w.odd {
		w.law(lawDone, "%s is still in the queue as %s", works, path)
	}
}

func workOf(h sandbox.Watched) string {
	for _, t := range catalog() {
		if int64(t.simkl) == h.Simkl {
			return t.work(h.Season, h.Episode)
		}
	}
	return h.Title
}

func (w *world) judgeHistory() {
	history := w.simkl.History()
	slices.SortStableFunc(history, func(a, b sandbox.Watched) int { return strings.Compare(workOf(a), workOf(b)) })
	got := map[string][]sandbox.Watched{}
	for _, h := range history {
		got[workOf(h)] = append(got[workOf(h)], h)
		w.effect(h.WatchedAt, "== %s, by %s", workOf(h), h.Via)
	}
	want := map[string][]model.Watch{}
	for _, x := range w.diary.Watches {
		want[x.Work] = append(want[x.Work], x)
	}
	for _, x := range w.extra {
		want[x.work] = append(want[x.work], model.Watch{Work: x.work, At: x.at, Earliest: x.at, Doubtful: !x.told})
	}
	lied := w.liedOf()
	for _, h := range history {
		if excused := h.Via == "extrapolated" && lied[workOf(h)]; len(want[workOf(h)]) == 0 && !excused {
			w.law(lawNothing, "%s at %v by %s", workOf(h), h.WatchedAt.Sub(epoch), h.Via)
		}
	}
	for _, x := range w.diary.Watches {
		if strings.HasPrefix(x.Work, "kept ") {
			continue
		}
		n := len(got[x.Work])
		certain := slices.ContainsFunc(want[x.Work], func(x model.Watch) bool { return !x.Doubtful })
		switch {
		case n == 0 && certain:
			w.law(lawOnce, "%s, watched at %v, is lost", x.Work, x.At.Sub(epoch))
		case n > 1:
			w.law(lawOnce, "%s is there %d times", x.Work, n)
		case n == 1 && (!certain || got[x.Work][0].Via == "extrapolated" && lied[x.Work]):
		case n == 1 && !slices.ContainsFunc(want[x.Work], func(x model.Watch) bool { return w.timely(x, got[x.Work][0]) }):
			w.law(lawTime, "%s has %v by %s, was watched at %v", x.Work, got[x.Work][0].WatchedAt.Sub(epoch), got[x.Work][0].Via, x.At.Sub(epoch))
		}
	}
	w.judgeOrder(want)
}

// timely reports whether a watch has its time. One that Simkl finished by itself may have any since it was earned.
func (w *world) timely(x model.Watch, h sandbox.Watched) bool {
	if h.Via == "extrapolated" {
		return h.WatchedAt.After(x.Earliest.Add(-closeEnough)) && h.WatchedAt.Before(x.At.Add(closeEnough))
	}
	off := h.WatchedAt.Sub(x.At)
	return off.Abs() <= closeEnough || slices.ContainsFunc(w.steps, func(d time.Duration) bool { return (off - d).Abs() <= closeEnough })
}

// liedOf are the works of which Simkl refused, against the truth, what would have closed their start: it may then finish
// them by itself.
func (w *world) liedOf() map[string]bool {
	lied := w.triedByHand()
	for _, c := range w.calls {
		for _, work := range c.works {
			lied[work] = lied[work] || c.refusedClosing() || c.unheard()
		}
	}
	return lied
}

// unheard is a start that hit another title than was meant, and whose answer was lost: nobody knows what is to be closed.
func (c seenCall) unheard() bool {
	return c.verb == "start" && c.hit && c.lost && c.asked != c.works[0]
}

func (c seenCall) refusedClosing() bool {
	if c.lost && c.row == rowUnknown {
		return true // the watch ends as unmatched, or under another form
	}
	closes := c.verb == "pause" || c.verb == "stop" || c.kind == kindHistory
	return closes && slices.Contains([]string{rowRefused, rowOdd, rowLocked, rowUnknown}, c.row)
}

// judgeOrder: of one title, what was watched first is recorded first.
func (w *world) judgeOrder(want map[string][]model.Watch) {
	byHand := w.triedByHand()
	last := map[int64]time.Time{}
	for _, h := range w.simkl.History() {
		x := want[workOf(h)]
		if len(x) != 1 || h.Via == "extrapolated" || byHand[workOf(h)] {
			continue
		}
		if at := x[0].At; at.Before(last[h.Simkl]) {
			w.law(lawOrder, "%s was recorded after a later one", workOf(h))
		} else {
			last[h.Simkl] = at
		}
	}
}

// triedByHand are the works that had come to an end of the queue, as unmatched or dead, until the person tried them again.
func (w *world) triedByHand() map[string]bool {
	byHand := map[string]bool{}
	for _, c := range w.calls {
		if !w.byHand.IsZero() && !c.at.Before(w.byHand) {
			for _, work := range c.works {
				byHand[work] = true
			}
		}
	}
	return byHand
}

func (w *world) judgeRest() {
	kept := map[string]int{}
	for _, row := range w.rest {
		w.effect(row.At, ".. %s of %s is %s: %s", row.Verb, row.Path, row.State, row.LastError)
		if row.State == "pending" {
			w.law(lawEnds, "%s of %s: %s", row.Verb, row.Path, row.LastError)
		}
		if row.Verb == media.VerbWatched {
			kept["kept "+row.Path]++
		}
	}
	for _, x := range w.diary.Watches {
		if !strings.HasPrefix(x.Work, "kept ") {
			continue
		}
		if n := kept[x.Work]; n > 1 || n == 0 && !x.Doubtful {
			w.law(lawKept, "%s is %d times in the queue", x.Work, n)
		}
	}
	for _, c := range w.calls {
		for _, secret := range []string{"holiday", "Short Thing", "Song", "trailer"} {
			if strings.Contains(c.asked, secret) {
				w.law(lawPrivate, "%s was told", c.asked)
			}
		}
	}
}

func (w *world) judgeDistances() {
	var write time.Time
	var all []time.Time
	for _, c := range w.calls {
		if !c.wrote {
			continue
		}
		all = append(all, c.at)
		if n := len(all); n >= 3 && all[n-1].Sub(all[n-3]) < time.Second {
			w.law(lawBurst, "%v, %v, %v", all[n-3].Sub(epoch), all[n-2].Sub(epoch), all[n-1].Sub(epoch))
		}
		if c.read {
			continue
		}
		if gap := c.at.Sub(write); gap < 1100*time.Millisecond {
			w.law(lawWrites, "%v after %v", gap, write.Sub(epoch))
		}
		write = c.at
		live := c.kind == kindStart || c.kind == kindPause || c.kind == kindStop
		if live && c.left >= 0 && c.left < 100 && !c.other {
			w.law(lawBudget, "%s with %d calls left", c.kind, c.left)
		}
	}
}

// judgeStarts follows what Simkl has open.
func (w *world) judgeStarts() {
	open := map[string]time.Time{}
	excused := map[string]bool{} // Simkl refused what would have closed it
	ended := w.triedByHand()     // it holds no longer
	for _, c := range w.calls {
		for _, work := range c.works {
			closes := c.verb == "pause" || c.verb == "stop" || c.kind == kindHistory
			switch {
			case c.refusedClosing():
				excused[work] = true
			case !c.hit:
			case closes:
				delete(open, work)
			case c.verb == "start":
				if length, ok := w.alone[work]; ok && c.asked == work && c.prog*float64(length)/100 < float64(4800*time.Millisecond) {
					w.law(lawStart, "%s at %.2f %% of %v", work, c.prog, length)
				}
				w.judgeStart(c, work, open, excused, ended)
				open[work] = c.at
				excused[work] = c.unheard()
			}
		}
	}
	for work, at := range open {
		if !excused[work] {
			w.law(lawClosed, "%s, started at %v", work, at.Sub(epoch))
		}
	}
}

// judgeStart: another start must not come while one is open whose playing has ended.
func (w *world) judgeStart(c seenCall, work string, open map[string]time.Time, excused, ended map[string]bool) {
	for other := range open {
		if other == work || excused[other] || ended[other] {
			continue
		}
		var last turnOf
		for _, turn := range w.truth {
			if turn.work == other && !turn.at.After(c.at) {
				last = turn
			}
		}
		if !last.at.IsZero() && !last.plays && c.at.Sub(last.at) > 30*time.Second {
			w.law(lawHolds, "%s at %v, while %s is open that ended at %v", work, c.at.Sub(epoch), other, last.at.Sub(epoch))
		}
	}
}

// judgeWaits: after what holds all calls none comes before its time. The clock's steps end a hold early.
func (w *world) judgeWaits() {
	if len(w.steps) > 0 {
		return
	}
	var until time.Time
	var why string
	for _, c := range w.calls {
		if c.wrote && !c.free() && c.at.Before(until) {
			w.law(lawWaits, "%s at %v, though %q holds until %v", c.kind, c.at.Sub(epoch), why, until.Sub(epoch))
		}
		if !c.wrote || c.free() {
			continue
		}
		if wait := waits[c.variant]; wait > 0 && !c.cut && c.at.Add(wait).After(until) {
			until, why = c.at.Add(wait), c.variant
		}
	}
}

// waits are how long nothing may come after an answer.
var waits = map[string]time.Duration{
	"412": time.Minute, "429": time.Second, "user": 900 * time.Second, "app": 1500 * time.Second, "503": 240 * time.Second,
}

// free reports whether Simkl does not count the call.
func (c seenCall) free() bool {
	return strings.HasPrefix(c.path, "/movies/") || strings.HasPrefix(c.path, "/anime/")
}

// judgeRenewals: whatever else goes wrong, a V2 token that Simkl refuses is renewed once.
func (w *world) judgeRenewals() {
	refused := slices.IndexFunc(w.calls, func(c seenCall) bool { return c.row == rowExpired && !c.cut })
	times := 0 // one may be the last word of a daemon, two meet a token that a login has just replaced
	for _, c := range w.calls {
		if c.row == rowExpired && !c.cut {
			times++
		}
	}
	if times < 3 || slices.ContainsFunc(w.calls[refused:], func(c seenCall) bool { return c.path == "/oauth2/token" }) {
		return
	}
	w.law(lawRenew, "%s at %v", w.calls[refused].kind, w.calls[refused].at.Sub(epoch))
}

func (w *world) judgePrivate() {
	for _, h := range w.hidden {
		for _, c := range w.calls {
			if c.verb == "start" && c.at.After(h[0]) && c.at.Before(h[1]) {
				w.law(lawPrivate, "start of %v at %v", c.works, c.at.Sub(epoch))
			}
		}
	}
}
