// Package replay runs a recording through the whole program, against a Simkl of its own, in a moment: a bug report
// becomes a test.
//
//	recording ──▶ clock ──▶ daemon ──▶ embedded Simkl
//	                          │            │
//	                       timeline      history
//
// It owns the clock, which stands at each event until all that follows from it was done, and then leaps to the next. It
// promises to touch nothing of the user's, and that its Simkl knows every title that the recording names and no other. It must
// not know how the daemon does its work.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/record"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/players"
)

const (
	clientID = "replay"
	user     = "replay"
	// stepEvery is how far the clock leaps at most while anything plays: pauses and starts become due in between.
	stepEvery = time.Second
	// after is how long the clock goes on behind the last event: a start, a pause or an end may still be due.
	after = 20 * time.Second
)

// began is when a recording is replayed: a fixed day, so that the same file gives the same output.
var began = time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC)

// Row is one line of the timeline: what a session is now, or what Simkl was told.
type Row struct {
	AtS      float64 `json:"at_s"`
	Watch    string  `json:"id"`
	Player   string  `json:"player"`
	Identity string  `json:"identity"`
	State    string  `json:"state"`
	Scrobble string  `json:"scrobble"`
	Reason   string  `json:"reason"`
	Progress float64 `json:"progress"`
	// Call is what was sent to Simkl, Status what it answered; empty and 0 for a row about a session.
	Call   string `json:"call"`
	Status int    `json:"status"`
}

// Result is what came of a recording.
type Result struct {
	Timeline []Row             `json:"timeline"`
	History  []sandbox.Watched `json:"history"`
	// Watches are what the program itself says of each, oldest first.
	Watches []Watch `json:"watches"`
}

// Watch is what became of one film or episode, in the words of `history`.
type Watch struct {
	ID       string  `json:"id"`
	Identity string  `json:"identity"`
	Outcome  string  `json:"outcome"`
	Reason   string  `json:"reason"`
	Progress float64 `json:"progress"`
	Played   float64 `json:"played_percent"`
}

// Run replays a recording. Each row is told as soon as it is known.
func Run(ctx context.Context, r record.Recording, tell func(Row)) (result Result, err error) {
	dir, err := os.MkdirTemp("", "simkld-replay-")
	if err != nil {
		return result, fault.Wrap(fault.Failed, err, "there is no room for a temporary folder", "check the disk, or set TMPDIR")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w := &world{recording: r, dir: dir, clock: &clock{began: time.Now()}, known: map[string]Row{}, tell: tell}
	if w.simkl, err = sandbox.New(sandbox.Options{Now: w.clock.wall, Catalog: titles(r.Events), GETsPerSecond: -1}); err != nil {
		return result, fmt.Errorf("make the sandbox: %w", err)
	}
	if err := w.live(ctx); err != nil {
		return result, err
	}
	return Result{Timeline: w.rows, History: w.simkl.History(), Watches: w.watches}, nil
}

// world is everything that runs.
type world struct {
	recording record.Recording
	dir       string
	clock     *clock
	simkl     *sandbox.Server
	inside    app.Inside
	watches   []Watch

	mu    sync.Mutex // guards what follows
	tell  func(Row)
	rows  []Row
	known map[string]Row
}

// live runs Simkl and the daemon for as long as the recording takes.
func (w *world) live(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fault.Wrap(fault.Failed, err, "cannot listen on 127.0.0.1", "try again")
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var down error
	running.Go(func() { down = w.simkl.Serve(ctx, l) }) // ends with ctx

	options, err := w.options("http://" + l.Addr().String())
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	options.Sealed = func(in app.Inside) {
		w.inside = in
		close(ready)
	}
	ended := make(chan error, 1)
	running.Go(func() { ended <- app.Run(ctx, options) }) // ends with ctx
	select {
	case <-ready:
	case err := <-ended:
		return errors.Join(err, down)
	}
	err = w.play(ctx)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	cancel()
	return errors.Join(err, <-ended)
}

// options are those of the recording for what decides about sessions, and a place of their own for everything else.
func (w *world) options(url string) (app.Options, error) {
	env := map[string]string{"HOME": w.dir, "USERPROFILE": w.dir, "XDG_RUNTIME_DIR": w.dir, "SIMKLD_TOKEN": w.simkl.LinkToken(clientID, user)}
	getenv := func(name string) string { return env[name] }
	p, err := paths.Resolve(paths.Options{StateDir: filepath.Join(w.dir, "state"), Getenv: getenv})
	if err != nil {
		return app.Options{}, err
	}
	p.Limits, p.Config = filepath.Join(w.dir, "limits"), ""
	log, err := logs.New(logs.Options{Out: io.Discard, Form: logs.JSON, Level: "error"})
	if err != nil {
		return app.Options{}, err
	}
	c, h := config.Default(), w.recording.Header
	c.Simkl.ClientID, c.Simkl.APIURL, c.Simkl.DataURL, c.Simkl.SiteURL, c.Simkl.ImageURL = clientID, url, url, url, ""
	c.Scrobble.StartAfter, c.Scrobble.PauseAfter, c.Scrobble.MinDuration = seconds(h.StartAfterS), seconds(h.PauseAfterS), seconds(h.MinLengthS)
	c.Scrobble.MinPlayedPercent = h.MinPlayed
	c.Matcher.Library, c.Matcher.Include, c.Matcher.Exclude = h.Library, h.Include, h.Exclude
	return app.Options{
		Paths: p, Loaded: config.Loaded{Config: c}, Log: log, Getenv: getenv, Now: w.clock.now,
		HTTP: &listener{next: &http.Transport{}, heard: w.called},
	}, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// play puts each event at its time, and lets everything be done that is due in between.
func (w *world) play(ctx context.Context) error {
	last := players.Event{At: media.Moment{Wall: time.Unix(0, 0)}} // a recording counts from there
	lag := time.Duration(0)
	for _, e := range w.recording.Events {
		asleep := e.At.Boot - e.At.Mono - (last.At.Boot - last.At.Mono)
		if err := w.until(ctx, e.At.Mono+lag); err != nil {
			return err
		}
		w.clock.sleep(asleep, e.At.Wall.Sub(last.At.Wall)-(e.At.Boot-last.At.Boot))
		last = e
		now := w.clock.now()
		// What was done took its time: everything behind it is that much later.
		lag = max(lag, now.Mono-e.At.Mono)
		e.At = now
		w.inside.Players.Put(e)
		if err := w.step(ctx); err != nil {
			return err
		}
	}
	if err := w.until(ctx, w.clock.now().Mono+after); err != nil {
		return err
	}
	return w.journal(ctx)
}

// journal reads what the program says of each watch.
func (w *world) journal(ctx context.Context) error {
	entries, err := w.inside.Store.Entries(ctx, time.Time{}, 0)
	if err != nil {
		return err
	}
	w.watches = []Watch{}
	for _, e := range slices.Backward(entries) {
		w.watches = append(w.watches, Watch{
			ID: strconv.FormatInt(int64(e.ID), 10), Identity: media.Sanitize(e.Match.Label()), Outcome: string(e.Outcome), Reason: string(e.Reason),
			Progress: e.Progress, Played: e.Played,
		})
	}
	return nil
}

// until lets the clock go on to a time, in leaps while anything plays.
func (w *world) until(ctx context.Context, at time.Duration) error {
	for {
		left := at - w.clock.now().Mono
		if left <= 0 {
			return nil
		}
		if w.busy(ctx) {
			left = min(left, stepEvery)
		}
		w.clock.leap(left)
		if err := w.step(ctx); err != nil {
			return err
		}
	}
}

func (w *world) busy(ctx context.Context) bool {
	for _, s := range w.inside.Door.Status(ctx).Sessions {
		if s.State != string(players.Stopped) {
			return true
		}
	}
	return false
}

func (w *world) step(ctx context.Context) error {
	if err := w.inside.Step(ctx); err != nil {
		return err
	}
	w.look(w.inside.Door.Status(ctx))
	return nil
}

// look tells what has become of the sessions.
func (w *world) look(st api.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range st.Sessions {
		row := Row{Watch: s.ID, Player: media.Sanitize(s.Player), State: s.State, Scrobble: s.Scrobble, Reason: s.Reason}
		if s.Identity != nil {
			row.Identity = s.Identity.Label()
		}
		if w.known[s.ID] == row {
			continue
		}
		w.known[s.ID] = row
		row.Progress = s.Progress
		w.add(row)
	}
}

// called tells what was sent to Simkl.
func (w *world) called(call string, progress float64, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(Row{Call: call, Progress: progress, Status: status})
}

// add is called under mu.
func (w *world) add(r Row) {
	r.AtS = float64(w.clock.now().Mono.Milliseconds()) / 1000
	w.rows = append(w.rows, r)
	if w.tell != nil {
		w.tell(r)
	}
}
