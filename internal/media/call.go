package media

import (
	"math"
	"time"
)

// WatchID is the short number that one watch keeps for life (ENTRY in product.md 2).
type WatchID int64

// Verb is what Simkl is to be told of a watch.
type Verb string

// The written forms are stored and never change.
const (
	VerbStart Verb = "start"
	VerbPause Verb = "pause"
	// VerbStop ends a watch that does not count: Simkl keeps a resume point.
	VerbStop Verb = "stop"
	// VerbWatched ends a watch that counts. It is never replaced, dropped or counted twice.
	VerbWatched Verb = "watched"
)

// Call is one thing to tell Simkl about one watch of one film or episode.
type Call struct {
	Watch WatchID `json:"watch"`
	// Seq grows with each call of a watch. (Watch, Seq) is unique: the same call again makes no second row.
	Seq  int  `json:"seq"`
	Verb Verb `json:"verb"`
	// Match has exactly one episode, or is a film.
	Match Match `json:"match"`
	// Progress is 0 to 100 with at most two decimals.
	Progress float64 `json:"progress"`
	// At is when it happened, in UTC; for VerbWatched the time it was really watched.
	At time.Time `json:"at"`
	// Path and Player are for the journal and never leave the machine.
	Path   string `json:"path"`
	Player string `json:"player"`
}

// AnswerKind is the container in which Simkl answers.
type AnswerKind string

// The written forms are Simkl's (simkl-api.md 5.1).
const (
	AnswerMovie AnswerKind = "movie"
	AnswerShow  AnswerKind = "show"
	AnswerAnime AnswerKind = "anime"
)

// Answer is what Simkl took a call for (simkl-api.md 5.2).
type Answer struct {
	Kind  AnswerKind `json:"kind"`
	Title string     `json:"title"`
	Year  int        `json:"year,omitempty"`
	IDs   IDs        `json:"ids"`
	// Slug is for the address of the page only.
	Slug      string `json:"slug,omitempty"`
	AnimeType string `json:"anime_type,omitempty"`
	// Season and Episode are Simkl's own numbers, TVDBSeason and TVDBEpisode those of TVDB; nil when not given.
	Season       *int   `json:"season,omitempty"`
	Episode      *int   `json:"episode,omitempty"`
	TVDBSeason   *int   `json:"tvdb_season,omitempty"`
	TVDBEpisode  *int   `json:"tvdb_episode,omitempty"`
	EpisodeTitle string `json:"episode_title,omitempty"`
	// Action is what Simkl did: "start", "pause", "scrobble".
	Action string `json:"action,omitempty"`
	// Playback is the id of the resume point that Simkl saved, 0 when there is none.
	Playback int64 `json:"playback,omitempty"`
	// RewatchID and RewatchStatus say what became of a watch that was to be a later viewing (simkl-api.md 5.6).
	RewatchID     int64  `json:"rewatch_id,omitempty"`
	RewatchStatus string `json:"rewatch_status,omitempty"`
}

// Page is the item's address on Simkl without a scheme: "simkl.com/tv/1109411". Empty when it has no id.
// Wherever Simkl's data is shown to a person, this is shown too (simkl-api.md 15).
func (a Answer) Page() string {
	if a.IDs.Simkl == 0 {
		return ""
	}
	section := map[AnswerKind]string{AnswerMovie: "movies", AnswerShow: "tv", AnswerAnime: "anime"}[a.Kind]
	if section == "" {
		section = "tv"
	}
	return "simkl.com/" + section + "/" + Number(a.IDs.Simkl).String()
}

// Progress is position as a share of length in percent: 0 to 100, cut (never rounded up) to two decimals, because
// 80 decides. 0 when the length is unknown.
func Progress(position, length time.Duration) float64 {
	if length <= 0 || position <= 0 {
		return 0
	}
	return CutPercent(100 * float64(position) / float64(length))
}

// CutPercent bounds p to 0 to 100 and cuts it to two decimals.
func CutPercent(p float64) float64 {
	if !(p > 0) { // also NaN
		return 0
	}
	// The small term keeps 33.3 from becoming 33.29 through binary fractions.
	return math.Min(100, math.Floor(p*100+1e-6)/100)
}
