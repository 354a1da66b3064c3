package mpv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Config says where to look for players.
type Config struct {
	// Sockets are paths of sockets, globs, or folders with sockets (names of pipes on Windows). None needs to exist.
	Sockets []string
	// Now reads the clocks.
	Now func() media.Moment
	Log *zap.Logger
}

// Source watches every mpv that can be reached. It implements players.Source.
type Source struct {
	places []place
	now    func() media.Moment
	log    *zap.Logger

	conns    sync.WaitGroup
	commands chan Command // holds commandsHeld

	mu        sync.Mutex       // guards what follows
	connected map[string]bool  // players, by the names of peer.key
	names     map[string]int   // how often the name of an instance was given away
	paths     map[string]int   // connections and attempts by path
	refused   bool             // a socket of another user was told of
	desks     map[string]*desk // by instance
}

var _ players.Source = (*Source)(nil)

// New gives a source that does nothing before Run.
func New(cfg Config) *Source {
	s := &Source{
		now: cfg.Now, log: cfg.Log, commands: make(chan Command, commandsHeld),
		connected: map[string]bool{}, names: map[string]int{}, paths: map[string]int{}, desks: map[string]*desk{},
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	seen := map[string]bool{}
	for _, entry := range cfg.Sockets {
		if p := newPlace(entry); entry != "" && !seen[p.entry] {
			seen[p.entry] = true
			s.places = append(s.places, p)
		}
	}
	return s
}

// Name is "mpv".
func (s *Source) Name() string { return "mpv" }

// Run connects to every player that is there or appears and reports to out until ctx ends. The only error is that
// nothing can be watched here at all.
func (s *Source) Run(ctx context.Context, out players.Sink) error {
	defer s.conns.Wait()
	return s.discover(ctx, out)
}

// retries are the pauses before further attempts: between bind and listen of a player that starts, its socket is
// there and refuses (players.md 2.5).
var retries = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 250 * time.Millisecond}

// reach connects to the socket at path in a goroutine of its own, which ends with the connection or with ctx.
func (s *Source) reach(ctx context.Context, path string, out players.Sink) {
	s.count(path, 1)
	s.conns.Go(func() {
		defer s.count(path, -1)
		c, err := s.connect(ctx, path)
		if err != nil {
			s.log.Debug("no player at this socket", zap.String("socket", media.Sanitize(path)), zap.Error(err))
			return
		}
		s.watch(ctx, path, c, out)
	})
}

// connect dials until somebody answers or the retries are used up: then the socket is stale, which is no error.
func (s *Source) connect(ctx context.Context, path string) (conn, error) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	<-wait.C
	for i := 0; ; i++ {
		c, err := dial(path)
		if err == nil {
			return c, nil
		}
		if i == len(retries) || !passing(err) {
			return nil, err
		}
		wait.Reset(retries[i])
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wait.C:
		}
	}
}

// passing tells errors of a player that is just starting.
func passing(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EAGAIN) ||
		busy(err)
}

// watch reports what the player on c plays, unless it may not be watched or is watched already.
func (s *Source) watch(ctx context.Context, path string, c conn, out players.Sink) {
	who, err := peerOf(c)
	if err != nil {
		s.log.Debug("the player's process is unknown", zap.String("socket", media.Sanitize(path)), zap.Error(err))
	}
	if !allowed(who) {
		c.Close()
		s.refuse(path, who)
		return
	}
	key, instance, ok := s.claim(who, path)
	if !ok {
		c.Close()
		return
	}
	defer s.release(key)
	s.log.Debug("connected to mpv", zap.String("socket", media.Sanitize(path)), zap.Int("pid", who.pid))
	base := players.Event{Player: "mpv", Channel: "mpv", Instance: instance, PID: who.pid}
	find := locator{cwd: func() string { return folderOf(who.pid) }, exists: exists}
	t := newTracker(base, find.locate)
	t.act = func(a Action) { s.command(Command{Instance: instance, Action: a}) }
	s.enter(instance, t.desk)
	defer s.leave(instance)
	serve(ctx, c, t, s.now, out)
	s.log.Debug("mpv is gone", zap.String("socket", media.Sanitize(path)), zap.Int("pid", who.pid))
}

// peer is the process at the other end.
type peer struct {
	pid   int // 0 when unknown
	uid   int
	known bool // uid is known
}

// claim makes sure that one process is watched once, though it may be reached through several sockets, and names the
// instance. Players whose process is unknown are all watched, and so are those inside this process (the demo's).
func (s *Source) claim(who peer, path string) (key, instance string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	instance = fmt.Sprintf("pid %d", who.pid)
	if who.pid == 0 {
		instance = "mpv"
	}
	key = instance
	if who.pid == os.Getpid() {
		key += " " + path
		if info, err := os.Stat(path); err == nil { // another one may have taken the name
			key += info.ModTime().String()
		}
	}
	if who.pid != 0 && s.connected[key] {
		return "", "", false
	}
	s.connected[key] = true
	s.names[instance]++
	if n := s.names[instance]; n > 1 { // a process id that came round again, or a second connection
		instance = fmt.Sprintf("%s (%d)", instance, n)
	}
	return key, instance, true
}

func (s *Source) release(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connected, key)
}

// count keeps how many goroutines deal with a path.
func (s *Source) count(path string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths[path] += by; s.paths[path] == 0 {
		delete(s.paths, path)
	}
}

// reached reports whether a connection through path stands or is being tried.
func (s *Source) reached(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[path] > 0
}

// refuse says once that a socket belongs to somebody else.
func (s *Source) refuse(path string, who peer) {
	s.mu.Lock()
	said := s.refused
	s.refused = true
	s.mu.Unlock()
	if !said {
		s.log.Warn("an mpv of another user is not watched: run simkld as that user",
			zap.String("socket", media.Sanitize(path)), zap.Int("uid", who.uid))
	}
}
