// Package players says what a player can report and how it is handed on: Event is the whole state of one playback,
// Source watches one kind of player, Mailbox takes the events of all sources without ever blocking them.
//
// It promises that an edge (load, pause, seek, end) is never lost and that only position moves are merged. It must
// not know what is done with an event: no session, title or network.
package players

import (
	"context"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// State is what a playback is doing.
type State string

// The written forms are the contract of product.md 7, except Stalled, which is shown as playing.
const (
	Playing State = "playing"
	Paused  State = "paused"
	// Stalled is neither playing nor paused by anybody: buffering, seeking, opening. The position stands still.
	Stalled State = "stalled"
	// Stopped: nothing is loaded any more, or it is over; End says how.
	Stopped State = "stopped"
)

// End is how a playback ended. It is set with Stopped, or with EndReached while the player stays at the end.
type End string

const (
	EndNone End = ""
	// EndReached: the player says that the end was reached. The last position decides whether that is true
	// (players.md 0, fact 3).
	EndReached End = "reached"
	// EndStopped: somebody stopped it, or chose something else.
	EndStopped End = "stopped"
	// EndGone: the player quit, crashed or was killed; noticed at once.
	EndGone End = "gone"
	// EndSilent: the player gives no answer any more; the last position it told is the last known.
	EndSilent End = "silent"
)

// Event is the whole state of one playback at one moment, so that a merged or lost event does no harm.
type Event struct {
	// Player is what people call it: "mpv", "VLC".
	Player string
	// Channel is the way it is seen: "mpv", "vlc", "mpris".
	Channel string
	// Instance names one running player seen through one channel, unique while the daemon lives.
	Instance string
	// PID is the player's process, 0 when unknown (another machine, a sandbox).
	PID int
	// Playback counts what the instance loads: the same file loaded again has a new number.
	Playback int64
	Item     media.Item
	State    State
	End      End
	// Position is where the playback is at At, if Known.
	Position time.Duration
	Known    bool
	// Rate is media seconds per second; 1 where the player does not say.
	Rate float64
	// Jumped is true if the position moved since the last event otherwise than by playing (a seek, a loop).
	Jumped bool
	At     media.Moment
	// Ways are the channels over which the player can be reached, the best first. A source leaves it empty; the Merger
	// fills it in.
	Ways []Way
}

// Way is one channel to a player.
type Way struct{ Channel, Instance string }

// Sink takes events. Put never blocks.
type Sink interface {
	Put(Event)
}

// Source watches one kind of player.
type Source interface {
	Name() string
	// Run reports every playback to out until ctx ends. It reconnects by itself and returns an error only when it
	// can never work here.
	Run(ctx context.Context, out Sink) error
}
