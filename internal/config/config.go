// Package config reads the settings of simkld: the TOML file, the environment, the defaults, and where each value came
// from (product.md 4).
//
// It promises that a Config is whole and valid, or that the error names the file, line and column in words for a
// person. A Config is a value: a reload reads a new one and swaps it, and a bad file leaves the old one alone. The package
// must not know what the settings are for.
package config

import (
	"time"

	"github.com/simkld/simkld/internal/secret"
)

// Config are all settings.
type Config struct {
	Simkl     Simkl
	Scrobble  Scrobble
	Queue     Queue
	Matcher   Matcher
	Players   Players
	Notify    Notify
	Hooks     Hooks
	Dashboard Dashboard
	Log       Log
}

// Simkl says how Simkl is reached. Addresses have no slash at the end.
type Simkl struct {
	ClientID string
	// ClientSecretFile is for registrations of the kind "server".
	ClientSecretFile string
	APIURL           string
	DataURL          string
	SiteURL          string
	// ImageURL is "" where no posters are wanted.
	ImageURL string
	// Proxy is "" where the environment decides.
	Proxy   string
	Timeout time.Duration
}

// Scrobble are the rules of scrobbling (product.md 5).
type Scrobble struct {
	StartAfter       time.Duration
	PauseAfter       time.Duration
	MinDuration      time.Duration
	MinPlayedPercent int
	Rewatch          string // RewatchOff, RewatchAsk, RewatchAuto
	Resume           string // ResumeOff, ResumeOffer, ResumeSeek
}

// The values of scrobble.rewatch.
const (
	RewatchOff  = "off"
	RewatchAsk  = "ask"
	RewatchAuto = "auto"
)

// The values of scrobble.resume.
const (
	ResumeOff   = "off"
	ResumeOffer = "offer"
	ResumeSeek  = "seek"
)

// Queue are the rules of the offline queue.
type Queue struct {
	// LiveMaxAge is the age from which a start, pause or unfinished stop is not worth sending.
	LiveMaxAge time.Duration
}

// Matcher says which files are scrobbled and how they are understood. Folders are absolute, without ~.
type Matcher struct {
	Library []string
	Include []string
	Exclude []string
	Rules   []Rule
}

// Rule says what the files of a folder or title are. The first that matches wins.
type Rule struct {
	Path  string // a glob, "" for any
	Title string // "" for any
	// Ignore: what matches is not scrobbled. The ids and numbers below are then not set.
	Ignore bool
	Simkl  int64
	IMDB   string
	TMDB   string
	TVDB   string
	AniDB  string
	MAL    string
	Kind   string // "", KindMovie, KindShow, KindAnime
	// Season is nil where the rule says nothing of it: 0 is the season of specials.
	Season        *int
	EpisodeOffset int
	// Line is where the rule stands in the file, for `simkld why`.
	Line int
}

// The values of matcher.rules.kind.
const (
	KindMovie = "movie"
	KindShow  = "show"
	KindAnime = "anime"
)

// Players says which players are watched.
type Players struct {
	MPV   MPV
	VLC   []VLC
	MPRIS MPRIS
}

// MPV are the settings for mpv.
type MPV struct {
	Enabled bool
	// Sockets are paths, globs or folders besides those that are found.
	Sockets []string
	OSD     string // OSDOff, OSDNeedsYou, OSDAll
}

// The values of players.mpv.osd.
const (
	OSDOff      = "off"
	OSDNeedsYou = "needs-you"
	OSDAll      = "all"
)

// VLC is one VLC's HTTP interface.
type VLC struct {
	URL          string
	Password     secret.Text
	PasswordFile string
}

// MPRIS are the settings for players on the bus.
type MPRIS struct {
	Enabled bool
	// Address is the bus, "" for the session's.
	Address string
	Allow   []string
	Deny    []string
}

// Notify says of what the desktop is notified.
type Notify struct {
	Enabled       bool
	Watched       bool
	NotCounted    bool
	NotRecognised bool
	Login         bool
}

// Hooks are commands that are run with an event as JSON on their standard input.
type Hooks struct {
	OnWatched   []string
	OnUnmatched []string
}

// Dashboard says whether and where the local page is.
type Dashboard struct {
	Enabled bool
	// Listen is a loopback address with a port; port 0 is chosen once and kept.
	Listen string
}

// Log says what is logged.
type Log struct {
	Level string // debug, info, warn, error
}

// Default gives the settings of product.md 4 that hold where nothing is said.
func Default() Config {
	return Config{
		Simkl: Simkl{
			APIURL:   "https://api.simkl.com",
			DataURL:  "https://data.simkl.in",
			SiteURL:  "https://simkl.com",
			ImageURL: "https://simkl.in",
			Timeout:  15 * time.Second,
		},
		Scrobble: Scrobble{
			StartAfter:       5 * time.Second,
			PauseAfter:       2 * time.Second,
			MinDuration:      3 * time.Minute,
			MinPlayedPercent: 50,
			Rewatch:          RewatchOff,
			Resume:           ResumeOff,
		},
		Queue: Queue{LiveMaxAge: 10 * time.Minute},
		Players: Players{
			MPV:   MPV{Enabled: true, OSD: OSDNeedsYou},
			MPRIS: MPRIS{Enabled: true, Deny: []string{"playerctld", "kdeconnect"}},
		},
		Notify:    Notify{Enabled: true, Watched: true, NotCounted: true, NotRecognised: true, Login: true},
		Dashboard: Dashboard{Enabled: true, Listen: "127.0.0.1:0"},
		Log:       Log{Level: "info"},
	}
}
