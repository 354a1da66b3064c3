package vlc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// lookEvery is how often it is looked for VLC where no bus tells of it: one refused connection for each interface.
const lookEvery = 30 * time.Second

// Instance is one HTTP interface of VLC.
type Instance struct {
	// URL is http://host:port.
	URL string
	// Password is VLC's; it is never logged.
	Password string
}

// Config says where to look for players.
type Config struct {
	// Instances are the interfaces that the user named.
	Instances []Instance
	// Find gives those that are known otherwise (Discover). It is asked at the start and whenever it is looked for VLC,
	// because VLC writes its settings when it ends. nil finds none.
	Find func() []Instance
	// Now reads the clocks.
	Now func() media.Moment
	Log *zap.Logger
	// Wake says that VLC's name appeared on a bus or went from it, that OnBus says something else now, or that Find
	// may.
	Wake <-chan struct{}
	// OnBus reports whether Wake will tell when VLC starts: then nothing on this machine is asked while it does not run.
	// nil says no.
	OnBus func() bool
	// Changed is told that Statuses says something else now; nil for nobody. It must not block.
	Changed func()
}

// Status is what is known of one interface.
type Status struct {
	// Address is its host and port, without the password.
	Address string
	// Trouble is TroubleNone while VLC answers there.
	Trouble Trouble
	// Detail says more of the trouble, for the log and the doctor.
	Detail string
	// Version is VLC's own, "3.0.24 Vetinari".
	Version string
}

// Words say in a sentence what is wrong with an interface and what mends it, for a person; empty where VLC answers, or
// simply does not run.
func (s Status) Words() (what, do string) {
	at := "VLC at " + media.Sanitize(s.Address)
	switch s.Trouble {
	case TroublePassword:
		return at + " refuses the password", "simkld setup vlc"
	case TroubleNoPassword:
		return at + " has no password set, and answers nobody", "simkld setup vlc"
	case TroubleNotVLC:
		return media.Sanitize(s.Address) + " is not VLC (" + media.Sanitize(s.Detail) + ")", "set players.vlc.url"
	case TroubleSilent:
		return at + " gives no answer (" + media.Sanitize(s.Detail) + ")", "restart that VLC"
	case TroubleNone, TroubleOff:
	}
	return "", ""
}

// Source watches every VLC that can be reached over HTTP. It implements players.Source.
type Source struct {
	cfg  Config
	now  func() media.Moment
	log  *zap.Logger
	dial dialFunc // nil dials for real

	mu       sync.Mutex // guards what follows
	statuses map[string]Status
	names    map[string]int // how often the name of an instance was given away
	invalid  map[string]bool
	reached  map[string]*watcher // those that answer, by instance
}

var _ players.Source = (*Source)(nil)

// New gives a source that does nothing before Run.
func New(cfg Config) *Source {
	s := &Source{
		cfg: cfg, now: cfg.Now, log: cfg.Log,
		statuses: map[string]Status{}, names: map[string]int{}, invalid: map[string]bool{},
		reached: map[string]*watcher{},
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.cfg.OnBus == nil {
		s.cfg.OnBus = func() bool { return false }
	}
	if s.cfg.Changed == nil {
		s.cfg.Changed = func() {}
	}
	return s
}

// Name is "vlc".
func (s *Source) Name() string { return "vlc" }

// Run reports what every VLC plays to out until ctx ends. It gives no error: an interface that does not answer now
// may do so later.
func (s *Source) Run(ctx context.Context, out players.Sink) error {
	var running sync.WaitGroup
	defer running.Wait()
	watchers := map[string]*watcher{}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	wake := s.cfg.Wake
	start := func(hints int) {
		far := s.start(ctx, &running, watchers, out, hints)
		if len(watchers) == 0 || s.cfg.OnBus() && !far {
			look.Stop() // Wake tells when there is something to look for
			return
		}
		look.Reset(lookEvery)
	}
	start(len(startsWithin))
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-wake:
			if !ok {
				wake = nil
				continue
			}
			start(0) // what is found now is found because VLC starts
			for _, w := range watchers {
				w.hint()
			}
		case <-look.C:
			start(len(startsWithin))
			for _, w := range watchers {
				if w.far || !s.cfg.OnBus() {
					w.look(s.now())
				}
			}
		}
	}
}

// start starts a watcher for every interface that has none, and tells the others which passwords are known now. It
// reports whether one of them is on another machine.
func (s *Source) start(ctx context.Context, running *sync.WaitGroup, watchers map[string]*watcher, out players.Sink, hints int) (far bool) {
	for address, p := range s.places() {
		w, ok := watchers[address]
		if ok {
			w.use(p.passwords)
		} else {
			w = newWatcher(s, p.base, p.passwords, out, hints)
			watchers[address] = w
			running.Go(func() { w.run(ctx) })
		}
		far = far || w.far
	}
	return far
}

// place is an interface with every password that may be its: two profiles of VLC share a port.
type place struct {
	base      *url.URL
	passwords []string
}

func (s *Source) places() map[string]place {
	instances := slices.Clone(s.cfg.Instances)
	if s.cfg.Find != nil {
		instances = append(instances, s.cfg.Find()...)
	}
	out := map[string]place{}
	for _, in := range instances {
		base, err := parseURL(in.URL)
		if err != nil {
			s.refuse(in.URL, err)
			continue
		}
		address := addressOf(base)
		p, ok := out[address]
		if !ok {
			p.base = base
		}
		if !slices.Contains(p.passwords, in.Password) {
			p.passwords = append(p.passwords, in.Password)
		}
		out[address] = p
	}
	return out
}

var errAddress = errors.New("the address of a VLC must be like http://127.0.0.1:8080")

// parseURL reads the address of an interface. Its error does not repeat the address, which may hold the password.
func parseURL(s string) (*url.URL, error) {
	base, err := url.Parse(s)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Hostname() == "" {
		return nil, errAddress
	}
	return base, nil
}

// refuse says once that an address cannot be used.
func (s *Source) refuse(address string, err error) {
	s.mu.Lock()
	said := s.invalid[address]
	s.invalid[address] = true
	s.mu.Unlock()
	if !said {
		s.log.Warn("a VLC is not watched", zap.Error(err))
	}
}

// name gives an instance its name: what answers at an address after it was gone is another one.
func (s *Source) name(host string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[host]++
	if n := s.names[host]; n > 1 {
		return fmt.Sprintf("%s (%d)", host, n)
	}
	return host
}

// report keeps what is known of an interface, and says it where it changed.
func (s *Source) report(address string, trouble Trouble, detail, version string) {
	s.mu.Lock()
	before, known := s.statuses[address]
	s.statuses[address] = Status{Address: address, Trouble: trouble, Detail: detail, Version: version}
	s.mu.Unlock()
	if known && before.Trouble == trouble {
		return
	}
	defer s.cfg.Changed()
	fields := []zap.Field{zap.String("address", address), zap.String("detail", media.Sanitize(detail))}
	switch trouble {
	case TroublePassword:
		s.log.Warn("VLC refuses the password: run 'simkld setup vlc'", fields...)
	case TroubleNoPassword:
		s.log.Warn("VLC's interface has no password and answers nobody: run 'simkld setup vlc'", fields...)
	case TroubleNotVLC:
		s.log.Warn("another program listens at the port of VLC", fields...)
	case TroubleSilent:
		s.log.Info("VLC gives no answer", fields...)
	case TroubleNone, TroubleOff: // it came or went, as players do
		if known && before.Trouble != TroubleNone && before.Trouble != TroubleOff {
			s.log.Info("the trouble with VLC is over", zap.String("address", address))
		}
	}
}

// Seek goes to a place in a file, cut to whole seconds, if that VLC shows the file. It never blocks. It reports whether
// that player is there. It is the only command that is ever sent (product.md 8).
func (s *Source) Seek(instance, path string, to time.Duration) bool {
	s.mu.Lock()
	w := s.reached[instance]
	s.mu.Unlock()
	if w == nil {
		return false
	}
	w.seek(seekTo{path: path, to: to, by: s.now().Mono + seekWithin})
	return true
}

// enter makes a player known to Seek, until leave.
func (s *Source) enter(instance string, w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached[instance] = w
}

func (s *Source) leave(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reached, instance)
}

// Statuses are the interfaces that were asked so far, by address. It may be called at any time.
func (s *Source) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Status, 0, len(s.statuses))
	for _, st := range s.statuses {
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b Status) int { return cmp.Compare(a.Address, b.Address) })
	return out
}

// Probe asks one interface once, for a test outside a running source.
func Probe(ctx context.Context, in Instance) (Status, error) {
	base, err := parseURL(in.URL)
	if err != nil {
		return Status{}, err
	}
	c := newClient(base, nil)
	defer c.close()
	s, err := c.status(ctx, in.Password)
	st := Status{Address: addressOf(base), Version: s.version}
	st.Trouble, st.Detail = troubleOf(err)
	return st, nil
}
