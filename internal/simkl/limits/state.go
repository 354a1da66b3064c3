package limits

import (
	"slices"
	"time"
)

// holdsMost and budgetsMost bound the state file.
const (
	holdsMost   = 6
	budgetsMost = 4
)

// state is what the processes share. Times are nanoseconds since 1970 of the wall clock, the only clock that all
// processes have in common on all systems.
//
// The wall clock can be stepped. So no time is believed that lies further in the future than its own rule could have
// put it: a wait is at most the rule's length, a hold at most as long as it was meant to be.
type state struct {
	// Last are the times of the last two requests, the older one first.
	Last [2]int64 `json:"last"`
	// Write is the time of the last write.
	Write int64 `json:"write"`
	// NotBefore is the end of the wait after a per-second 429.
	NotBefore int64 `json:"not_before,omitempty"`
	// FlightUntil is when the call in flight is over at the latest.
	FlightUntil int64 `json:"flight_until,omitempty"`

	Holds []hold `json:"holds,omitempty"`
	// Strikes are the 412s since the last success.
	Strikes int `json:"strikes,omitempty"`

	// Budgets are the days of the accounts, the one that was used last at the end.
	Budgets []budget `json:"budgets,omitempty"`
}

// budget is the day of one account.
type budget struct {
	// Account is its fingerprint.
	Account string `json:"account"`
	// Day is the date in New York that Calls and Remaining belong to.
	Day string `json:"day"`
	// Calls are the counted calls of the day.
	Calls int `json:"calls,omitempty"`
	// Remaining is what Simkl said is left, less the calls since; nil when it never said.
	Remaining *int `json:"remaining,omitempty"`
}

// caller is who makes a call: fingerprints of the account and of the client_id.
type caller struct{ account, client string }

type hold struct {
	Reason Reason `json:"reason"`
	Since  int64  `json:"since"`
	Until  int64  `json:"until"`
	// Client and Account are the fingerprints of the client_id and the account that earned it.
	Client  string `json:"client"`
	Account string `json:"account"`
}

// inForce says whether the hold stands at now. One that would last longer than it was meant to is a clock that was
// set back since, and so is one that would last longer than any.
func (h hold) inForce(now time.Time) bool {
	left := time.Duration(h.Until - now.UnixNano())
	return left > 0 && left <= holdMost && now.UnixNano() > h.Since-int64(time.Minute)
}

// concerns says whether the hold stops the call. A used-up allowance does not stop what is not counted.
func (h hold) concerns(c Call, who caller) bool {
	switch h.Reason {
	case Daily:
		return !c.Uncounted && h.Account == who.account
	case Blocked:
		return h.Client == who.client && h.Account == who.account
	case Overloaded:
		return true
	}
	return false
}

// refuses is the error of a call that may not be made at all now.
func (s *state) refuses(c Call, who caller, now time.Time) error {
	var longest *HoldError
	for _, h := range s.Holds {
		if !h.inForce(now) || !h.concerns(c, who) {
			continue
		}
		if until := time.Unix(0, h.Until).UTC(); longest == nil || until.After(longest.Until) {
			longest = &HoldError{Reason: h.Reason, Until: until}
		}
	}
	if longest != nil {
		return longest
	}
	if !c.Uncounted && c.Priority == Live && s.left(who, now) < Reserve {
		return ErrBudget
	}
	return nil
}

// wait is how long the call must still wait, 0 for not at all.
func (s *state) wait(c Call, now time.Time) time.Duration {
	w := max(after(s.Last[0], burstWindow, now), after(s.NotBefore, 0, now))
	if c.Write {
		w = max(w, after(s.Write, WriteGap, now))
	}
	return w
}

// after is the time from now to t+gap. A t that lies in the future by more than rateWait was written by a clock that
// has been set back since, and is not believed.
func after(t int64, gap time.Duration, now time.Time) time.Duration {
	d := time.Duration(t - now.UnixNano())
	if t == 0 || d > rateWait {
		return 0
	}
	return max(0, d+gap)
}

// start records that a call starts at now, and gives the stamp by which end finds it.
func (s *state) start(c Call, who caller, now time.Time) int64 {
	n := now.UnixNano()
	s.Last = [2]int64{s.Last[1], n}
	if c.Write {
		s.Write = n
	}
	if !c.Uncounted {
		b := s.today(who, now)
		b.Calls++
		if b.Remaining != nil {
			*b.Remaining--
		}
		s.FlightUntil = n + int64(c.Timeout)
	}
	return n
}

// end records what became of the call that started at stamp.
func (s *state) end(c Call, stamp int64, r Result, who caller, now time.Time) {
	s.restamp(c, stamp, r.Sent)
	if !c.Uncounted {
		s.FlightUntil = 0
		b := s.today(who, now)
		switch {
		case r.Remaining != nil:
			left := *r.Remaining
			b.Remaining = &left
		case r.Sent.IsZero() && b.Calls > 0:
			b.Calls-- // it never reached Simkl
			if b.Remaining != nil {
				*b.Remaining++
			}
		}
	}
	s.endHolds(c, r, who, now)
	if r.RateLimited {
		s.NotBefore = now.Add(rateWait).UnixNano()
	}
}

// restamp moves the start of a call to the moment it was really sent: the first one on a connection is sent later than
// it was begun, and the next one must not come closer to it than the rule says.
func (s *state) restamp(c Call, stamp int64, sent time.Time) {
	if sent.IsZero() || sent.UnixNano() <= stamp {
		return
	}
	n := sent.UnixNano()
	for i := range s.Last {
		if s.Last[i] == stamp {
			s.Last[i] = n
		}
	}
	if s.Last[0] > s.Last[1] {
		s.Last[0], s.Last[1] = s.Last[1], s.Last[0]
	}
	if c.Write && s.Write == stamp {
		s.Write = n
	}
}

func (s *state) endHolds(c Call, r Result, who caller, now time.Time) {
	s.Holds = slices.DeleteFunc(s.Holds, func(h hold) bool {
		// An edge-cached answer proves nothing about a block; any other success ends what it was stopped by.
		ended := r.OK && !c.Uncounted && h.concerns(c, who)
		replaced := h.Reason == r.Hold && h.Client == who.client && h.Account == who.account
		return ended || replaced || !h.inForce(now)
	})
	if r.OK && !c.Uncounted {
		s.Strikes = 0
	}
	if r.Hold == "" {
		return
	}
	length := r.After
	if r.Hold == Blocked {
		// 2^6 minutes is past the longest already.
		length = max(length, min(blockMost, blockFirst<<max(0, min(s.Strikes, 6))))
		s.Strikes++
	}
	length = min(length, holdMost)
	if length <= 0 {
		return
	}
	s.Holds = append(s.Holds, hold{Reason: r.Hold, Since: now.UnixNano(), Until: now.Add(length).UnixNano(), Client: who.client, Account: who.account})
	if len(s.Holds) > holdsMost {
		s.Holds = s.Holds[1:] // of client_ids that were tried one after the other
	}
}

// left is how many calls of the account's day are left: as Simkl says, else as we have counted.
func (s *state) left(who caller, now time.Time) int {
	i := slices.IndexFunc(s.Budgets, func(b budget) bool { return b.Account == who.account && b.Day == newYorkDay(now) })
	switch {
	case i < 0:
		return FreeCalls
	case s.Budgets[i].Remaining != nil:
		return max(0, *s.Budgets[i].Remaining)
	}
	return max(0, FreeCalls-s.Budgets[i].Calls)
}

// today is the account's budget of the day, a new one after midnight in New York.
func (s *state) today(who caller, now time.Time) *budget {
	day := newYorkDay(now)
	b := budget{Account: who.account, Day: day}
	if i := slices.IndexFunc(s.Budgets, func(b budget) bool { return b.Account == who.account }); i >= 0 {
		if s.Budgets[i].Day == day {
			b = s.Budgets[i]
		}
		s.Budgets = slices.Delete(s.Budgets, i, i+1)
	}
	s.Budgets = last(append(s.Budgets, b), budgetsMost)
	return &s.Budgets[len(s.Budgets)-1]
}

// newYorkDay is the date in New York. The zone's rule of 2007 is written out: a machine without zone data (Windows, a
// bare container) must count the same day.
func newYorkDay(now time.Time) string {
	now = now.UTC()
	// Summer time begins at 2:00 on the second Sunday of March (7:00 UTC) and ends at 2:00 on the first of November (6:00 UTC).
	begin := sunday(now.Year(), time.March, 8).Add(7 * time.Hour)
	end := sunday(now.Year(), time.November, 1).Add(6 * time.Hour)
	offset := -5 * time.Hour
	if !now.Before(begin) && now.Before(end) {
		offset = -4 * time.Hour
	}
	return now.Add(offset).Format(time.DateOnly)
}

// sunday is the first Sunday on or after a day.
func sunday(year int, month time.Month, day int) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, (7-int(t.Weekday()))%7)
}
