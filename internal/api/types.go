// Package api is the door of the running daemon for commands, status bars and the page: JSON over HTTP on a local
// socket that only its owner can open.
//
// It owns the JSON of `status` (product.md 7): names stay, fields may be added. It promises bounded requests and
// answers, and it must not know how the daemon does what it is asked: that is its Backend.
package api

import (
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Status is the daemon at one moment.
type Status struct {
	Version string `json:"version"`
	// PID is 0 where no daemon runs (status --json --follow).
	PID          int        `json:"pid"`
	UptimeS      int64      `json:"uptime_s"`
	Account      Account    `json:"account"`
	Simkl        Simkl      `json:"simkl"`
	PrivateUntil *time.Time `json:"private_until"`
	Sessions     []Session  `json:"sessions"`
	Queue        Queue      `json:"queue"`
	// Players says what the daemon listens to, in words: "mpv (2 connected)".
	Players []string `json:"players"`
	// Needs are sentences on what only a person can mend, each with the command.
	Needs []string `json:"needs"`
	// Last is the watch that ended last.
	Last *Last `json:"last"`
	// Checkin is the check-in that runs, null for none.
	Checkin *Checkin `json:"checkin"`
}

// Checkin is something watched elsewhere that Simkl counts by itself.
type Checkin struct {
	Label string    `json:"label"`
	URL   string    `json:"url"`
	Since time.Time `json:"since"`
	// Ends is about when Simkl marks it watched.
	Ends time.Time `json:"ends"`
}

// Account is who is linked.
type Account struct {
	Linked bool   `json:"linked"`
	Name   string `json:"name"`
	// Auth is "v1" or "v2", "" without an account.
	Auth string `json:"auth"`
}

// Simkl says whether it answers.
type Simkl struct {
	Reachable bool `json:"reachable"`
	// Since is when it stopped answering.
	Since *time.Time `json:"since"`
}

// Session is one player and one item.
type Session struct {
	ID       string `json:"id"`
	Player   string `json:"player"`
	Instance string `json:"instance"`
	State    string `json:"state"`
	// Path is a URL, file:// for a local file.
	Path      string  `json:"path"`
	PositionS float64 `json:"position_s"`
	DurationS float64 `json:"duration_s"`
	// Progress is the position in percent, PlayedPercent what was really played in all sittings.
	Progress      float64 `json:"progress"`
	PlayedPercent float64 `json:"played_percent"`
	// Identity is null until it is known.
	Identity *media.Match `json:"identity"`
	Scrobble string       `json:"scrobble"`
	Reason   string       `json:"reason"`

	// ReasonText says Reason in words. URL is the item's page on Simkl. Episode is its episode's title there.
	ReasonText string     `json:"reason_text"`
	URL        string     `json:"url"`
	Episode    string     `json:"episode_title"`
	Started    *time.Time `json:"started"`
	Paused     *time.Time `json:"paused"`
	Rate       float64    `json:"rate"`
	// Resume is where the file was left before, while that is offered (scrobble.resume) and not reached; null else.
	Resume *Resume `json:"resume"`
}

// Resume is where a file was left, by its own length.
type Resume struct {
	PositionS float64   `json:"position_s"`
	Progress  float64   `json:"progress"`
	LeftAt    time.Time `json:"left_at"`
}

// Queue counts what waits.
type Queue struct {
	Pending     int        `json:"pending"`
	Unmatched   int        `json:"unmatched"`
	Dead        int        `json:"dead"`
	Oldest      *time.Time `json:"oldest"`
	NextAttempt *time.Time `json:"next_attempt"`
	LastError   *string    `json:"last_error"`
	// HeldUntil and HeldWhy: Simkl holds all calls off.
	HeldUntil *time.Time `json:"held_until"`
	HeldWhy   string     `json:"held_why"`
}

// Last is the watch that ended last.
type Last struct {
	ID        string     `json:"id"`
	Label     string     `json:"label"`
	WatchedAt *time.Time `json:"watched_at"`
	Outcome   string     `json:"outcome"`
	URL       string     `json:"url"`
}

// Decision is how one rule judged a watch.
type Decision struct {
	Rule    string `json:"rule"`
	Mark    string `json:"mark"` // "ok", "NO", "--"
	Text    string `json:"text"`
	Decided bool   `json:"decided,omitempty"`
}

// Why is the chain of decisions of one watch, or of a file that was never played.
type Why struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Path    string     `json:"path"`
	Summary string     `json:"summary"`
	URL     string     `json:"url"`
	Chain   []Decision `json:"chain"`
	// Reason is the reason of product.md 7, "" where nothing stands against it.
	Reason string `json:"reason"`
}

// PrivateRequest asks that nothing be told: until a time, for one watch, or no longer.
type PrivateRequest struct {
	Until *time.Time `json:"until,omitempty"`
	// File keeps what plays now private, for as long as it plays.
	File bool `json:"file,omitempty"`
}

// MarkRequest asks to count a watch now; 0 is what plays, or was started last.
type MarkRequest struct {
	Watch media.WatchID `json:"watch"`
}

// Marked is what was counted.
type Marked struct {
	Watch media.WatchID `json:"watch"`
	Label string        `json:"label"`
}

// Link is a way to the page that works once.
type Link struct {
	URL string `json:"url"`
}

// Kick says what another process has changed in the state.
type Kick string

// The kicks.
const (
	KickQueue   Kick = "queue"   // rows were changed, retried or dropped
	KickRules   Kick = "rules"   // `fix` learned a rule, or one was removed
	KickAccount Kick = "account" // login or logout
	KickPrivate Kick = "private"
)

// Failure is the body of an answer that is not 2xx.
type Failure struct {
	Kind string `json:"kind"` // a fault.Kind
	What string `json:"what"`
	Do   string `json:"do"`
}
