// Package media holds the plain types that travel from a player to Simkl: what is playing (Item), what it is
// taken to be (Match), what Simkl calls it (Answer) and what Simkl is to be told (Call).
//
// It promises that its values can be copied, compared and stored, and it must not know players, files, clocks,
// networks or databases. It imports only the standard library.
package media

import (
	"strings"
	"time"
)

// Moment is one reading of a machine's three clocks. Time is passed into everything that decides, so a Moment
// is taken only at the edges (players, runners).
type Moment struct {
	// Wall is the time of day in UTC: what is stored and sent. It may be stepped either way.
	Wall time.Time
	// Mono is the monotonic clock, which stands still while the machine sleeps: play time is measured with it.
	Mono time.Duration
	// Boot is the monotonic clock that goes on while the machine sleeps. Boot running ahead of Mono is a sleep.
	// On systems without such a clock it equals Mono.
	Boot time.Duration
}

// Picture says what a player shows.
type Picture string

// The written forms are stored and printed and never change.
const (
	PictureUnknown Picture = ""        // the player does not say
	PictureVideo   Picture = "video"   // moving pictures
	PictureNone    Picture = "music"   // sound alone, or with a cover
	PictureStill   Picture = "picture" // a still image
)

// Item is what a player plays, as it reports it.
type Item struct {
	// Path is an absolute local path as raw bytes (which need not be UTF-8), or a URL as the player gave it.
	// Empty when the player names neither.
	Path string
	// Title is what the player shows as its title: often the file name, sometimes a tag.
	Title string
	// Tags are the container's tags with upper-case keys (TITLE, SHOW, SEASON_NUMBER, EPISODE_SORT, ...).
	Tags map[string]string
	// Length is the running time; zero when unknown, still growing or endless.
	Length time.Duration
	// Growing is true while the length moves as the item plays (a live stream, a file still being written).
	Growing bool
	Picture Picture
}

// IsURL reports whether the item is named by a URL rather than by a local path.
func (it Item) IsURL() bool { return SchemeOf(it.Path) != "" }

// SchemeOf gives the scheme of a URL in lower case, or "" for a path. One letter is a Windows drive.
func SchemeOf(path string) string {
	i := strings.Index(path, "://")
	if i < 2 {
		return ""
	}
	for _, c := range path[:i] {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		default:
			return ""
		}
	}
	return strings.ToLower(path[:i])
}
