package queue

import (
	"time"

	"github.com/simkld/simkld/internal/media"
)

// action is what becomes of a row after an answer.
type action string

const (
	actSent      action = "sent"      // Simkl has it
	actDropped   action = "dropped"   // not worth keeping
	actDead      action = "dead"      // kept, but never sent again by itself
	actUnmatched action = "unmatched" // kept until a person says what it is
	actForm      action = "form"      // again at once, with the next form of the identity
	actWait      action = "wait"      // again at decision.at, this title alone
	actHold      action = "hold"      // again when the queue's hold ends
	actHalve     action = "halve"     // again at once, in smaller batches
)

// decision is what the answer table of product.md 6 says.
type decision struct {
	act action
	// at is the next try (actWait) or the end of the hold (actHold).
	at time.Time
	// patient: at was asked for by Simkl and is not shortened when the network is back.
	patient bool
	// takeBack: Simkl took the call for something else, which has to be undone first.
	takeBack bool
	// login: the queue holds until somebody has logged in.
	login bool
	// down: Simkl could not be reached; nothing that failed before is tried until at.
	down bool
	// quiet: nobody needs to hear of it.
	quiet bool
}

const (
	lockWait    = 20 * time.Second
	crowdWait   = time.Second
	defaultHold = time.Minute
	maxBackoff  = 5 * time.Minute
	oddBackoff  = time.Minute
	maxOdd      = time.Hour
)

// decide is the answer table of product.md 6. batch is the number of rows in the call, rnd is in [0,1).
func decide(row Row, batch int, out Outcome, now time.Time, rnd float64) decision {
	switch out.Class {
	case Done:
		return decision{act: actSent}
	case Mistaken:
		return nextForm(row, false)
	case Untrusted:
		return nextForm(row, undoable(row, out.Answer))
	case Locked:
		return locked(row, now, rnd)
	case Refused:
		return lost(row)
	case TooMany:
		if batch > 1 {
			return decision{act: actHalve}
		}
		return lost(row)
	case LoginNeeded:
		return decision{act: actHold, login: true}
	case Held:
		wait := out.RetryAfter
		if wait <= 0 {
			wait = defaultHold
		}
		return decision{act: actHold, at: now.Add(wait)}
	case Crowded:
		return decision{act: actHold, at: now.Add(crowdWait), quiet: true}
	case Spared:
		if !row.Watched() && row.Verb != VerbTakeBack {
			return decision{act: actDropped, quiet: true}
		}
		return spared(row, now, rnd)
	case Odd:
		if !row.Watched() {
			return decision{act: actDropped}
		}
		return decision{act: actWait, at: now.Add(double(oddBackoff, row.Odds, maxOdd)), patient: true}
	case Unreachable:
	}
	return decision{act: actWait, at: now.Add(Delay(row.Attempts+1, rnd)), down: true}
}

// undoable reports whether what hit another title is taken back: a wrong "watching now" and a resume point are. A watch
// is not: playing only ever adds, and removing a title would take its rating (product.md 2, undo; 5).
func undoable(row Row, wrong *media.Answer) bool {
	return wrong != nil && row.Verb != VerbTakeBack && wrong.Action != "scrobble"
}

func nextForm(row Row, takeBack bool) decision {
	switch {
	case row.Verb == VerbTakeBack:
		return decision{act: actDropped} // what was to be undone is not there
	case row.Form+1 < len(Forms(row.Match)):
		return decision{act: actForm, takeBack: takeBack}
	default:
		return decision{act: actUnmatched, takeBack: takeBack}
	}
}

// spared is what is kept until there are calls left for it.
func spared(row Row, now time.Time, rnd float64) decision {
	return decision{act: actWait, at: now.Add(Delay(row.Attempts+1, rnd)), patient: true, quiet: true}
}

func locked(row Row, now time.Time, rnd float64) decision {
	switch {
	case row.Locks == 0:
		return decision{act: actWait, at: now.Add(lockWait), patient: true}
	case row.Watched(), row.Verb == VerbTakeBack:
		// Never sooner than the lock can last.
		return decision{act: actWait, at: now.Add(max(lockWait, Delay(row.Attempts+1, rnd))), patient: true}
	default:
		return decision{act: actDropped}
	}
}

// lost is the end of a call that can never succeed.
func lost(row Row) decision {
	if row.Watched() {
		return decision{act: actDead}
	}
	return decision{act: actDropped}
}

// Delay is how long the n-th failed try in a row (from 1) is waited after: 1, 2, 4 … seconds to 5 minutes, less up to
// half of it as rnd in [0,1) says, so that many machines do not come back at once.
func Delay(n int, rnd float64) time.Duration {
	full := double(time.Second, n-1, maxBackoff)
	return full - time.Duration(rnd*float64(full)/2)
}

// double is base times 2 to the n, at most limit.
func double(base time.Duration, n int, limit time.Duration) time.Duration {
	for range n {
		if base >= limit/2 {
			return limit
		}
		base *= 2
	}
	return base
}
