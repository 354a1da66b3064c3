package mpris

import (
	"context"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Probed is what one look at a bus found.
type Probed struct {
	// Trouble is why no player can be seen, nil if the bus answers.
	Trouble *Trouble
	// Players are those that would be asked, in the order of the bus.
	Players []ProbedPlayer
}

// ProbedPlayer is one player on the bus.
type ProbedPlayer struct {
	// Name is what people call it, as far as it says.
	Name string
	// Took is how long it took to answer; Err that it did not.
	Took time.Duration
	Err  error
}

// Probe looks once at the bus that a source with these settings would watch, and asks each player for its name. It is
// for a test outside a running source.
func Probe(ctx context.Context, cfg Config) Probed {
	s := New(cfg)
	at := s.find()
	if at.address == "" {
		return Probed{Trouble: troubleWith(at, errNoBus)}
	}
	conn, err := s.dial(ctx, at.address)
	if err != nil {
		return Probed{Trouble: troubleWith(at, err)}
	}
	defer func() { _ = conn.Close() }() // there is nobody left to tell
	w := watch{source: s, conn: conn}
	var names []string
	if err := w.ask(ctx, "ListNames").Store(&names); err != nil {
		return Probed{Trouble: troubleWith(at, err)}
	}
	var out Probed
	for _, name := range names {
		if strings.HasPrefix(name, playerPrefix) && !s.ignored(baseName(name)) && len(out.Players) < maxPlayers {
			out.Players = append(out.Players, w.probe(ctx, name))
		}
	}
	return out
}

// probe asks a player for its name.
func (w *watch) probe(ctx context.Context, name string) ProbedPlayer {
	p := ProbedPlayer{Name: shownName(baseName(name))}
	ctx, cancel := context.WithTimeout(ctx, introduceWithin)
	defer cancel()
	begun := time.Now()
	var v dbus.Variant
	err := w.conn.Object(name, playerPath).CallWithContext(ctx, propsIface+".Get", dbus.FlagNoAutoStart, rootIface, "Identity").Store(&v)
	if p.Took, p.Err = time.Since(begun), err; err == nil {
		if s := shortText(v); s != "" {
			p.Name = shownName(s)
		}
	}
	return p
}
