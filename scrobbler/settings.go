package scrobbler

import (
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Settings are the keys of product.md 4 that decide about sessions.
type Settings struct {
	// StartAfter is how long an item plays before start is sent.
	StartAfter time.Duration
	// PauseAfter is how long a pause lasts before it is sent.
	PauseAfter time.Duration
	// MinDuration is the length below which an item without an episode number is a clip.
	MinDuration time.Duration
	// MinPlayed is the share in percent that must really have played; 0 asks only the position.
	MinPlayed float64
	// Resume says what becomes of where a file was left when it is opened again.
	Resume ResumeMode
	// Place judges a path or URL by matcher.include and matcher.exclude. It must be a pure function.
	Place func(path string) Place
}

// ResumeMode is a value of scrobble.resume.
type ResumeMode string

// The written forms are those of the settings; ResumeOff is also the zero value.
const (
	ResumeOff   ResumeMode = ""
	ResumeOffer ResumeMode = "offer"
	ResumeSeek  ResumeMode = "seek"
)

// Place is what the settings say of a path.
type Place struct {
	Reason media.Reason // ReasonExcluded, ReasonNotIncluded, or none
	Rule   string       // the pattern that decided and where it is written
}

const (
	// watchedFrom is the share from which Simkl counts a stop as watched (simkl-api.md 5.3).
	watchedFrom = 80.0
	// endFrom is the share from which a player's word that the end was reached is believed (edge-cases.md P6).
	endFrom = 95.0
	// sleepGap is how far the boot clock must run ahead of the monotonic one to be a sleep (edge-cases.md P22).
	sleepGap = 10 * time.Second
	// blind is how long a position is extrapolated without a word from the player; players are asked every 10 s.
	blind = 30 * time.Second
	// drift is how far a position may be from where the clock puts it, times the rate, before it was a jump that
	// the player did not tell: a film with one frame in 10 s steps by that much.
	drift = 15 * time.Second
	// saveEvery is how often a position is written while nothing else happens, with room for a timer's jitter.
	saveEvery = 9500 * time.Millisecond
	// settleAfter is how long a session of an earlier run may wait for its player to be seen again.
	settleAfter = 3 * time.Second
	// sameSitting is the gap of a restart after which Simkl need not be told of the start again (edge-cases.md T25).
	sameSitting = 2 * time.Minute
	// finishMargin is how far ahead is looked for what Simkl could finish by itself at the next start.
	finishMargin = time.Minute
	// atOnce is how soon the same item must follow its own end to be a loop.
	atOnce = 5 * time.Second
	// still is how far a position may be from where it stood, though nothing plays, before it was a jump.
	still = 2 * time.Second
	// saveSoon is how long a seek or a new item may wait to be written, so that a hand on the seek bar or a walk
	// through a playlist is one write.
	saveSoon = 500 * time.Millisecond
	// stayedAwake is how long after the word of a coming sleep it is clear that there was none, or that it cannot be
	// seen on this system.
	stayedAwake = 30 * time.Second
	// longest is the length and position above which a player's number is no number (edge-cases.md M3).
	longest = 48 * time.Hour
	// lookAgain bounds how far ahead a timer is set: wall clocks are stepped meanwhile.
	lookAgain = 24 * time.Hour
	// maxParts bounds the files of one film.
	maxParts = 50
	// lastSeq is the Seq of a finished watch. It is the same if the watch is told again after a crash, so that there
	// is no second row, and no live call can have taken it.
	lastSeq = 1 << 30
	// seqLeap is added to Seq by a restart: calls that went out after the last write to disk are not taken for new ones.
	seqLeap = 1 << 10
	// stretchMin is the shortest play that counts as a stretch of its own: less is a frame shown by a seek.
	stretchMin = time.Second
)
