package mpris

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Config says which bus is watched and whose playbacks are reported.
type Config struct {
	// Address is that of the bus; empty is the session bus of the environment.
	Address string
	// Allow and Deny are names of players: the part of the bus name after org.mpris.MediaPlayer2 without its instance,
	// the name that people see, or the desktop entry, in any case. Denied players are not even asked. An empty Allow
	// allows all others, as far as they name a local file or a URL that AllowURL takes; one that is not empty allows
	// those named, whatever they play, and no others.
	Allow, Deny []string
	// AllowURL reports whether a URL is one of those that the user included; nil takes none.
	AllowURL func(url string) bool
	// Came is told the base name of each player that comes to the bus or goes from it, "" when the bus itself does; nil
	// for nobody. It must not block.
	Came func(base string)
	// Changed is told that Denied or Trouble says something else now; nil for nobody. It must not block.
	Changed func()
	// Now reads the clocks.
	Now func() media.Moment
	Log *zap.Logger
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(name string) string
}

// Source watches every MPRIS player of a bus. It implements players.Source.
type Source struct {
	cfg  Config
	log  *zap.Logger
	dial func(ctx context.Context, address string) (*dbus.Conn, error)

	mu      sync.Mutex        // guards what follows
	denied  map[string]Denied // players whose medium is not reported, by instance
	trouble *Trouble
	onBus   bool
	boxes   map[string]*box // of the players that are heard, by instance
}

var _ players.Source = (*Source)(nil)

// New gives a source that does nothing before Run.
func New(cfg Config) *Source {
	s := &Source{cfg: cfg, log: cfg.Log, dial: dialBus, denied: map[string]Denied{}, boxes: map[string]*box{}}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.cfg.Getenv == nil {
		s.cfg.Getenv = os.Getenv
	}
	if s.cfg.Came == nil {
		s.cfg.Came = func(string) {}
	}
	if s.cfg.Changed == nil {
		s.cfg.Changed = func() {}
	}
	return s
}

// Name is "mpris".
func (s *Source) Name() string { return "mpris" }

// The pauses between attempts to reach a bus that is there but does not answer.
const firstRetry, lastRetry = time.Second, time.Minute

// Run watches the bus and reports to out until ctx ends. It waits for a bus that is not there yet, and connects again
// when the bus goes away. It never returns an error.
func (s *Source) Run(ctx context.Context, out players.Sink) error {
	w := newWatch(s, out)
	defer w.wait()
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval, retry.Multiplier = firstRetry, lastRetry, 2
	for ctx.Err() == nil {
		spot := s.find()
		began := time.Now()
		err := s.attend(ctx, spot, w)
		if time.Since(began) > lastRetry {
			retry.Reset()
		}
		if ctx.Err() != nil {
			break
		}
		s.lose(spot, err)
		pause := retry.NextBackOff()
		if s.Trouble().Kind != Unreachable {
			pause = 0 // nothing changes until somebody makes the socket anew
		}
		s.await(ctx, spot, pause)
	}
	return nil
}

// attend is one connection from the first word to the last.
func (s *Source) attend(ctx context.Context, spot spot, w *watch) error {
	if spot.address == "" {
		return errNoBus
	}
	conn, err := s.dial(ctx, spot.address)
	if err != nil {
		return err
	}
	s.settle()
	s.log.Debug("connected to the bus", zap.String("address", media.Sanitize(spot.address)))
	return w.serve(ctx, conn)
}

// Denied is a player whose medium is not reported, because it is no local file and neither the player nor the URL was
// allowed.
type Denied struct {
	Player, Instance string
	PID              int
}

// Denied are the players whose medium is not reported now, in order of their names.
func (s *Source) Denied() []Denied {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.denied), func(a, b Denied) int {
		return cmp.Or(cmp.Compare(a.Player, b.Player), cmp.Compare(a.Instance, b.Instance))
	})
}

func (s *Source) deny(d Denied, denied bool) {
	s.mu.Lock()
	_, before := s.denied[d.Instance]
	if denied {
		s.denied[d.Instance] = d
	} else {
		delete(s.denied, d.Instance)
	}
	s.mu.Unlock()
	if before != denied {
		s.cfg.Changed()
	}
}

// OnBus reports whether a bus is watched now, so that Came tells who comes.
func (s *Source) OnBus() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.onBus
}

// seekWithin is how long a place to go to is worth going to.
const seekWithin = 2 * time.Second

// Seek goes to a place in a file, if the player shows that one. It never blocks. It reports whether that player is there.
func (s *Source) Seek(instance, path string, to time.Duration) bool {
	s.mu.Lock()
	b := s.boxes[instance]
	s.mu.Unlock()
	if b == nil {
		return false
	}
	b.seek(seekTo{path: path, to: to, by: s.cfg.Now().Mono + seekWithin})
	return true
}

// enter makes a player known to Seek, until leave.
func (s *Source) enter(instance string, b *box) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boxes[instance] = b
}

func (s *Source) leave(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.boxes, instance)
}

// permit reports whether a medium of a player with the given names is to be reported.
func (s *Source) permit(names []string, it media.Item) bool {
	if len(s.cfg.Allow) > 0 {
		return named(s.cfg.Allow, names)
	}
	switch media.SchemeOf(it.Path) {
	case "":
		return it.Path != ""
	case "http", "https", "file": // a file of another machine
		return s.cfg.AllowURL != nil && s.cfg.AllowURL(it.Path)
	}
	return false
}

// ignored reports whether players with these names are not even asked. A proxy repeats what another player says
// (edge-cases.md M14), whatever the configuration says of it.
func (s *Source) ignored(names ...string) bool {
	return named([]string{"playerctld"}, names) || named(s.cfg.Deny, names)
}

// named reports whether one of the entries is one of the names, a leading part of it (kdeconnect of
// kdeconnect.mpris_1), or its last one (Celluloid of io.github.celluloid_player.Celluloid).
func named(entries, names []string) bool {
	for _, entry := range entries {
		entry = strings.ToLower(entry)
		for _, name := range names {
			name = strings.ToLower(name)
			if entry != "" && (name == entry || strings.HasPrefix(name, entry+".") || strings.HasSuffix(name, "."+entry)) {
				return true
			}
		}
	}
	return false
}

// baseName is a bus name without what MPRIS puts before it and without the instance behind it.
func baseName(busName string) string {
	name := strings.TrimPrefix(busName, playerPrefix)
	if i := strings.Index(name, ".instance"); i > 0 {
		name = name[:i]
	}
	return name
}
