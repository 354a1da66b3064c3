package scrobbler

import (
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Effect is something that the Machine wants done. The set is closed.
type Effect interface{ effect() }

// Identify asks what an item is. The answer comes back as Identified, late or never.
type Identify struct {
	Watch media.WatchID
	// Turn tells a late answer for an item that has changed since apart.
	Turn int
	Item media.Item
}

// Send hands a call to the outbox.
type Send struct{ Call media.Call }

// Park keeps a watch that counts but whose title is not known, or may not be told unasked, until a person says.
type Park struct{ Call media.Call }

// Wake asks for a Tick at a reading of the monotonic clock; it replaces the one asked for before. Zero: none.
type Wake struct{ At time.Duration }

// Persist writes the state of one session, so that the next run can finish what this one leaves.
type Persist struct{ Saved Saved }

// Forget removes the state of a session that is over.
type Forget struct{ Watch media.WatchID }

// Keep adds what was played of an item to what is known of it; empty Spans clear it (a counted watch).
type Keep struct {
	Key    string
	Played Played
}

// Journal writes the end of a watch into the history of this machine. A watch that goes on after its end (somebody
// seeks back, or counts it by hand) has another end, which takes the place of the one before.
type Journal struct{ Entry Entry }

// AskPoints asks where the items of a file were left, on this machine and on others. The answer comes back as Pointed,
// late or never.
type AskPoints struct {
	Watch media.WatchID
	Match media.Match
}

// Leave keeps where this machine left an item, so that its own newer pause beats one that is read.
type Leave struct {
	Key   string
	Point Point
}

// CountedPoint notes that a point of another machine, left at At, was counted as played: once is enough.
type CountedPoint struct {
	Key string
	At  time.Time
}

// Resume shows in the player where its file was left, or goes there.
type Resume struct {
	Watch media.WatchID
	// Ways are the channels over which the player can be reached, the best first.
	Ways []players.Way
	// Path is the file for which it is meant: by now the player may show another one.
	Path string
	// To is the place in that file, Point where the item was left and when.
	To    time.Duration
	Point Point
	// Seek is true if the player is to go there, else it is only shown.
	Seek bool
}

// Notify tells the user something that needs or deserves attention.
type Notify struct {
	Kind  NoticeKind
	Watch media.WatchID
	Match media.Match
	Path  string
	// Played is the share that was really played, in percent; Needed what the settings ask.
	Played, Needed float64
	// Ways are the channels over which its player can be reached, the best first.
	Ways []players.Way
}

// NoticeKind is a kind of notification; each can be switched (product.md 4, [notify]).
type NoticeKind string

// The written forms are those of the settings.
const (
	NoticeWatched       NoticeKind = "watched"
	NoticeNotCounted    NoticeKind = "not_counted"
	NoticeNotRecognised NoticeKind = "not_recognised"
)

func (Identify) effect() {}
func (Send) effect()     {}
func (Park) effect()     {}
func (Wake) effect()     {}
func (Persist) effect()  {}
func (Forget) effect()   {}
func (Keep) effect()     {}
func (Journal) effect()  {}
func (Notify) effect()   {}

func (AskPoints) effect()    {}
func (Leave) effect()        {}
func (CountedPoint) effect() {}
func (Resume) effect()       {}

// Ending is what a watch came to, as far as the session knows.
type Ending string

// The written forms are stored and never change.
const (
	EndingWatched    Ending = "watched"     // counted, handed to the outbox
	EndingParked     Ending = "unmatched"   // counted, but nobody knows what it is
	EndingNotCounted Ending = "not-counted" // too little played, or left before 80 %
)

// Entry is one line of the journal.
type Entry struct {
	Watch   media.WatchID
	Match   media.Match
	Path    string
	Player  string
	Length  time.Duration
	Started time.Time
	Ended   time.Time
	Ending  Ending
	Reason  media.Reason
	// Progress and Played are percents.
	Progress, Played float64
	Chain            []Decision
}

// Identified is the answer to Identify.
type Identified struct {
	Watch media.WatchID
	Turn  int
	Match media.Match
	// MayGo is true if the title may go to Simkl unasked (product.md 5, Privacy).
	MayGo bool
	// Earlier is what was played of the items that the file holds in earlier sittings, by ItemKey.
	Earlier map[string]Played
	// Note says why MayGo is false.
	Note string
}

// Pointed is the answer to AskPoints.
type Pointed struct {
	Watch media.WatchID
	// LeftOff is what is known of each item of the file, by PointKey.
	LeftOff map[string]LeftOff
}

// Told is how a call fared, as far as status and later calls are concerned.
type Told struct {
	Watch media.WatchID
	Verb  media.Verb
	// Accepted: Simkl took it. Unmatched: Simkl knows no such title, or another one; the watch waits for a person.
	Accepted, Unmatched bool
	// Waiting: it could not be told yet.
	Waiting bool
	Answer  *media.Answer
}
