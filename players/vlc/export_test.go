package vlc

import (
	"context"
	"net"
	"runtime"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// NewDialing is New with connections that dial makes.
func NewDialing(cfg Config, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Source {
	s := New(cfg)
	s.dial = dial
	return s
}

// What the tests of the formats need.
var (
	ParseSettings = parseSettings
	PathOf        = pathOf
	URIOf         = uriOf
)

// OwnerOf is the process that listens on a port of this machine.
func OwnerOf(ip net.IP, port int) int {
	if inode := listenerOf(ip, port); inode != 0 {
		return processOf(inode)
	}
	return 0
}

// KnowsOwners is true where the system tells whose a socket is.
const KnowsOwners = runtime.GOOS == "linux"

// ParseStatus reads a status and gives its entry, and whether it was one.
func ParseStatus(body []byte) (Reading, bool) {
	s, ok := parseStatus(body)
	return Reading{s.plid, s.state, s.position.Seconds(), s.length.Seconds(), s.known, s.rate, s.screen, s.name, s.title, s.tags}, ok
}

// Reading is what a status says.
type Reading struct {
	Plid, State      string
	Position, Length float64
	Known            bool
	Rate             float64
	Screen           bool
	Name, Title      string
	Tags             map[string]string
}

// Step is one answer of VLC and how long it is until the next.
type Step struct {
	State, Plid, Path string
	Length, Position  time.Duration
	Rate              float64
	Screen            bool
	Wait              time.Duration
	// Gone and Silent are no answers.
	Gone, Silent bool
}

// Track gives the events of a row of answers.
func Track(steps []Step) []players.Event {
	var t tracker
	now := media.Moment{}
	for _, s := range steps {
		switch {
		case s.Gone:
			t.gone(now)
		case s.Silent:
			t.silent(now)
		default:
			t.take(status{
				state: s.State, plid: s.Plid, length: s.Length, position: s.Position, known: s.Length > 0,
				raw: s.Position.Seconds(), rate: s.Rate, screen: s.Screen,
			}, s.Path, now)
		}
		now.Mono += s.Wait
		now.Boot += s.Wait
	}
	return t.out
}

// Seeking reports whether a place to go to waits.
func (s *Source) Seeking() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.reached {
		w.mu.Lock()
		waits := w.goTo != nil
		w.mu.Unlock()
		if waits {
			return true
		}
	}
	return false
}
