// Package model says what a history must hold after what was played: nothing but the rules of product.md 5, told of
// what a player really did. It is for the simulator, which holds the whole program against it.
//
// It promises to share no thought with what it judges: it imports nothing of this module. It must not know sessions,
// calls, queues or faults: whatever goes wrong on the way, the history it asks for is the same.
package model

import (
	"slices"
	"time"
)

const (
	watchedFrom = 0.80 // of the length is where an end counts
	playedFrom  = 0.50 // of the length must really have played, in all sittings together
)

// Watch is one that the rules count.
type Watch struct {
	Work string
	// At is when it last played.
	At time.Time
	// Earliest is when it had earned to count: a Simkl that finishes it by itself may do so from then on.
	Earliest time.Time
	// Doubtful: the daemon may have been away at the moment that decided, so that either is right.
	Doubtful bool
}

// Diary is all that a person has played.
type Diary struct {
	played  map[string]spans // of each work since it last counted
	perhaps map[string]spans // the same, with what nobody may have seen
	murky   map[string]bool  // works of which one watch was doubtful
	Watches []Watch
}

// NewDiary is an empty one.
func NewDiary() *Diary {
	return &Diary{played: map[string]spans{}, perhaps: map[string]spans{}, murky: map[string]bool{}}
}

// Viewing is one playback of a file, which holds some works one after the other.
type Viewing struct {
	diary   *Diary
	works   []string
	length  time.Duration
	cur     int
	counted []bool
	ranAt   time.Time
	earned  time.Time
}

// Open begins a viewing. Without works nothing of the file is for a history.
func (d *Diary) Open(length time.Duration, works ...string) *Viewing {
	return &Viewing{diary: d, works: works, length: length, counted: make([]bool, len(works))}
}

// Find is a playback that is first seen at a position.
func (v *Viewing) Find(pos time.Duration) {
	if len(v.works) > 0 {
		v.cur = min(len(v.works)-1, int(pos/v.share()))
	}
}

// share is the length of one work of the file.
func (v *Viewing) share() time.Duration { return v.length / time.Duration(len(v.works)) }

// Ran is a stretch that really played and ended at a time. Of one that was not seen for sure it is open whether it counts.
// What is not to be known of is not told here.
func (v *Viewing) Ran(from, to time.Duration, at time.Time, seen bool) {
	if len(v.works) == 0 || to <= from {
		return
	}
	v.ranAt = at
	if !seen {
		for i, work := range v.works {
			lo := v.share() * time.Duration(i)
			v.diary.perhaps[work] = v.diary.perhaps[work].add(max(0, from-lo), min(to-lo, v.share()))
		}
		return
	}
	for i := v.cur; i < len(v.works); i++ {
		lo, hi := v.share()*time.Duration(i), v.share()*time.Duration(i+1)
		a, b := max(from, lo)-lo, min(to, hi)-lo
		v.diary.perhaps[v.works[i]] = v.diary.perhaps[v.works[i]].add(a, b)
		v.diary.played[v.works[i]] = v.diary.played[v.works[i]].add(a, b)
		if to < hi || i == len(v.works)-1 {
			v.cur = i
			break
		}
		v.settle(i, 1, 1)
		v.cur = i + 1
	}
	if v.earns(v.diary.perhaps, v.cur, v.progress(to)) && v.earned.IsZero() {
		v.earned = at
	}
}

// Jump is a seek. One from the end to the start is another round. Of one that nobody saw it is open what it settles.
func (v *Viewing) Jump(from, to time.Duration, seen bool) {
	if len(v.works) == 0 {
		return
	}
	p := v.progress(from)
	sure := p
	if !seen {
		p, sure = 1, 0
		v.settle(v.cur, p, sure) // it may have come to its end
	}
	if v.part(from) > 0.90 && v.part(to) < 0.05 && v.earns(v.diary.perhaps, v.cur, p) {
		v.settle(v.cur, p, sure)
	}
	i := min(len(v.works)-1, int(to/v.share()))
	if i != v.cur {
		v.settle(v.cur, p, sure)
		v.cur = i
	}
}

func (v *Viewing) part(pos time.Duration) float64 { return float64(pos) / float64(v.length) }

// progress is how far the current work is.
func (v *Viewing) progress(pos time.Duration) float64 {
	return min(1, max(0, float64(pos-v.share()*time.Duration(v.cur))/float64(v.share())))
}

// End is the end of the viewing at a position. A hidden one tells nobody anything. Slack is how much before the position
// the last may have been that anybody saw.
func (v *Viewing) End(pos, slack time.Duration, hidden bool) {
	if len(v.works) > 0 && !hidden {
		v.settle(v.cur, v.progress(pos), v.progress(pos-slack))
	}
}

// earns is the rule: position and what was really played both allow it.
func (v *Viewing) earns(played map[string]spans, i int, progress float64) bool {
	share := float64(played[v.works[i]].total()) / float64(v.share())
	return progress >= watchedFrom && share >= playedFrom
}

// settle ends one work. It was at progress, and seen there at sure.
func (v *Viewing) settle(i int, progress, sure float64) {
	work, d := v.works[i], v.diary
	if v.counted[i] || !v.earns(d.perhaps, i, progress) {
		return
	}
	doubtful := d.murky[work] || !v.earns(d.played, i, sure)
	d.murky[work] = doubtful
	v.counted[i] = true
	earliest := v.earned
	if earliest.IsZero() {
		earliest = v.ranAt
	}
	d.Watches = append(d.Watches, Watch{Work: work, At: v.ranAt, Earliest: earliest, Doubtful: doubtful})
	delete(d.played, work)
	delete(d.perhaps, work)
	v.earned = time.Time{}
}

// span is a stretch of a work.
type span struct{ from, to time.Duration }

// spans do not overlap and are in order.
type spans []span

func (s spans) add(from, to time.Duration) spans {
	if to <= from {
		return s
	}
	all := append(slices.Clone(s), span{from, to})
	slices.SortFunc(all, func(a, b span) int { return int(a.from - b.from) })
	out := all[:1]
	for _, next := range all[1:] {
		if last := &out[len(out)-1]; next.from <= last.to {
			last.to = max(last.to, next.to)
			continue
		}
		out = append(out, next)
	}
	return out
}

func (s spans) total() time.Duration {
	var sum time.Duration
	for _, p := range s {
		sum += p.to - p.from
	}
	return sum
}
