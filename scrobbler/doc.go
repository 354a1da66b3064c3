// Package scrobbler turns what players do into what Simkl is told.
//
//	players ──Event──▶ Mailbox ──▶ Runner ──▶ Machine ──Effect──▶ Runner ──┬─ Identify ──▶ Identifier
//	                                 ▲           ▲                         ├─ Send ──────▶ Outbox (queue)
//	         identity, verdicts, ────┘           └── Identified, Tick,     ├─ Persist, Keep, Journal ──▶ Memory (store)
//	         commands, clock                         Private, Mark …       └─ Notify ────▶ Notifier
//
// Machine is pure: a function of the events, identities, settings and times that are passed in; every row of
// product.md 5 is one of its tests. Runner is the one goroutine that owns a Machine and carries out its effects.
// A session is one player instance and one item; its calls, in order, are start (pause start)* stop.
//
// It promises that nothing is told for a seek (but one out of an episode into another of the same file, or from the end
// of what counts to its start, which ends it), that a start never goes out while another of its watch is open, and
// that only position and really played time together make a watch. It must not know files, SQL, HTTP or Simkl's
// wire: it speaks to interfaces of its own.
package scrobbler
