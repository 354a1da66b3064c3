package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players/mpris"
)

// MPRIS looks at the session bus and asks each player on it.
type MPRIS struct {
	Enabled bool
	// Probe looks at the bus once.
	Probe func(ctx context.Context) mpris.Probed
	// Denied are the players that the daemon does not report, because nobody allowed them.
	Denied func(ctx context.Context) []string
}

// Name is "bus".
func (MPRIS) Name() string { return "bus" }

// Look connects to the bus and asks its players for their names.
func (m MPRIS) Look(ctx context.Context) Finding {
	if !m.Enabled {
		return fine("not watched (players.mpris.enabled)")
	}
	found := m.Probe(ctx)
	if t := found.Trouble; t != nil {
		switch t.Kind {
		case mpris.NoBus:
			return hint("there is no session bus: players can be seen only by sockets and over HTTP", "")
		case mpris.Refused:
			return fail(t.String(), "")
		case mpris.Unreachable:
		}
		return fail(t.String(), "log in again, or set players.mpris.address")
	}
	var names, silent []string
	slowest := time.Duration(0)
	for _, p := range found.Players {
		if p.Err != nil {
			silent = append(silent, p.Name)
			continue
		}
		names = append(names, p.Name)
		slowest = max(slowest, p.Took)
	}
	if len(silent) > 0 {
		return fail(term.List(silent, 3)+" gives no answer on the bus: that player hangs", "restart it")
	}
	text := "session bus, no media player now"
	if len(names) > 0 {
		text = fmt.Sprintf("session bus, %s (%s), answered in %d ms", term.Count(len(names), "media player", "media players"),
			term.List(names, 3), slowest.Milliseconds())
	}
	if denied := m.Denied(ctx); len(denied) > 0 {
		return hint(text+"; left out: "+term.List(denied, 3)+", which names no file", "name it in players.mpris.allow, or its site in matcher.include")
	}
	return fine(text)
}
