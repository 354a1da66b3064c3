package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/sim/model"
	"github.com/simkld/simkld/queue"
)

const (
	user   = "mika"
	apiURL = "http://127.0.0.1"
)

// world is one evening: Simkl, a machine with its disk and its network, and what a person does with it.
type world struct {
	t    *testing.T
	seed uint64
	name string
	dir  string
	home string
	talk io.Writer // what the daemon logs; nil: nobody listens

	clocks clocks
	simkl  *sandbox.Server
	user   int64
	pipe   *http.Transport
	hangUp func()
	client string // client_id
	token  string // what is linked, to be revoked
	disk   *disk
	life   *life

	diary       *model.Diary
	players     []*player
	played      map[string]bool // works that were taken from the shelf
	private     bool
	privateFrom time.Time
	hidden      [][2]time.Time  // when nothing was to be told
	full        bool            // the disk takes nothing, or hardly does again
	lives       int             // daemons that are still to die at some step
	steps       []time.Duration // of the wall clock
	files       []*file
	agenda      []happening
	alone       map[string]time.Duration // works that have a file for themselves
	odd         map[string]string        // what Simkl has and the queue still holds, by how it holds it
	byHand      time.Time                // when the person tried again what had come to an end
	rest        []queue.Row              // what is left in the queue
	rng         *rand.Rand               // what the person does and what befalls the machine

	mu         sync.Mutex // guards what follows
	net        *rand.Rand // how long answers take
	jitter     *rand.Rand
	link       string // what is wrong with the network, "" for nothing
	faults     []*fault
	calls      []seenCall
	met        map[string]int
	needsLogin bool
	left       int
	log        []string
	broken     []string
	other      sync.WaitGroup
	extra      []extraWatch
	truth      []turnOf
	deaths     []time.Time
	others     int
}

// turnOf is that a work began or ceased to play.
type turnOf struct {
	at    time.Time
	work  string
	plays bool
}

// extraWatch is one that the other process writes.
type extraWatch struct {
	work string
	at   time.Time
	told bool // it heard that it went well
}

func newWorld(t *testing.T, seed uint64, talk io.Writer) *world {
	t.Helper()
	dir, err := os.MkdirTemp(memory(), "sim") //nolint:usetesting // it is to cost no disk
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, seed: seed, name: fmt.Sprintf("seed %d", seed), dir: dir, home: "/home/mika", talk: talk,
		diary: model.NewDiary(), met: map[string]int{}, left: -1, disk: &disk{}, played: map[string]bool{}, alone: map[string]time.Duration{}, odd: map[string]string{},
		rng: rand.New(rand.NewPCG(seed, 1)), net: rand.New(rand.NewPCG(seed, 2)), jitter: rand.New(rand.NewPCG(seed, 3)),
	}
	w.clocks.began = time.Now()
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	disks.Store(filepath.Join(dir, "state"), w.disk)
	w.client = "abc"
	if w.rng.IntN(2) == 0 {
		w.client = "v2abc"
	}
	o := sandbox.Options{Now: w.clocks.now, Catalog: catalogFile(), User: user, ApproveAfter: -1}
	if w.v2() && w.rng.IntN(3) == 0 {
		o.UserDaily = 130 + w.rng.IntN(40)
	}
	if w.simkl, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	w.user = w.simkl.AddUser(user, "", "")
	w.serve()
	return w
}

// memory is a folder that costs no disk.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

func (w *world) v2() bool { return strings.HasPrefix(w.client, "v2") }

// close takes everything away.
func (w *world) close() {
	w.pipe.CloseIdleConnections()
	w.hangUp()
	disks.Delete(filepath.Join(w.dir, "state"))
	os.RemoveAll(w.dir)
}

// serve answers on pipes in memory.
func (w *world) serve() {
	ln := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: w.simkl, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			w.breaks("the server ended with %v", err)
		}
	}()
	w.pipe = &http.Transport{DialContext: ln.dial, MaxIdleConns: 4}
	w.hangUp = func() {
		srv.Close()
		<-done
	}
}

// pipes is a listener of connections that are pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// effect writes a line of what the outside saw.
func (w *world) effect(at time.Time, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := fmt.Sprintf("%11.3f ", at.Sub(epoch).Seconds()) + fmt.Sprintf(format, args...)
	w.log = append(w.log, line)
	if w.talk != nil {
		fmt.Fprintln(w.talk, line)
	}
}

// did is a line of what the person did or what befell.
func (w *world) did(format string, args ...any) {
	w.effect(w.clocks.now(), "-- "+format, args...)
}

func (w *world) breaks(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// delay is how long an answer takes.
func (w *world) delay() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return 20*time.Millisecond + time.Duration(w.net.IntN(180_000))*time.Microsecond
}

// took learns what Simkl told: how many calls are left of the day, and what it really took a call for.
func (w *world) took(c *seenCall, resp *http.Response, answer []byte) {
	var in scrobbleIn
	if c.hit && c.verb != "" && json.Unmarshal(answer, &in) == nil {
		if work, _ := in.work(); work != "?" {
			c.works = []string{work}
		}
	}
	var missed struct {
		NotFound map[string][]json.RawMessage `json:"not_found"`
	}
	if c.kind == kindHistory && json.Unmarshal(answer, &missed) == nil {
		for _, items := range missed.NotFound {
			c.hit = c.hit && len(items) == 0
		}
	}
	if n, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining")); err == nil {
		w.mu.Lock()
		w.left = n
		w.mu.Unlock()
	}
}

// chance is the jitter of a daemon.
func (w *world) chance() func() float64 {
	return func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.jitter.Float64()
	}
}

func (w *world) logOut() io.Writer {
	if w.talk != nil {
		return w.talk
	}
	return io.Discard
}

// login links the account anew, as `simkld login` does.
func (w *world) login() {
	token := account.Token{
		Generation: account.V1, ClientID: w.client, Account: account.Account{ID: w.user, Name: user, Plan: sandbox.PlanFree},
	}
	if w.v2() {
		access, refresh := w.simkl.LinkPair(w.client, user)
		token.Generation, token.Scope = account.V2, "media:read media:write"
		token.Access, token.Refresh, token.Expiry = text(access), text(refresh), w.clocks.now().Add(7*24*time.Hour)
		w.token = refresh // the access token is renewed by the client
	} else {
		w.token = w.simkl.LinkToken(w.client, user)
		token.Access = text(w.token)
	}
	store := account.New(account.Options{State: w.paths().State, Now: w.clocks.now})
	if _, err := store.Save(context.Background(), token); err != nil {
		w.breaks("the token cannot be kept: %v", err)
	}
	w.mu.Lock()
	w.needsLogin, w.left = false, -1
	w.mu.Unlock()
}
