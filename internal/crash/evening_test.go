//go:build unix

package crash_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/players/playerstest"
)

const (
	filmLength = 240 // seconds, played in 6
	filmSpeed  = "40"
	pauseAt    = 0.4
	pauseFor   = time.Second
	offlineAt  = 0.6
	// closeEnough is how far the server's time of a watch may lie from the player's.
	closeEnough = 15 * time.Second
	// patience is how long an evening may take.
	patience = 60 * time.Second
	// settled is how long a daemon must have lived when something is said to be on disk (product.md 5: 1 s).
	settled = 1500 * time.Millisecond
)

// life is how one run of the daemon ends: at a point, or at a moment that the test chooses.
type life struct {
	point point
	at    string  // playing, paused or random
	after float64 // of a span, see due
}

type film struct {
	path, title string
	season      int
	episode     int
	ended       time.Time // when mpv came to its end
}

// evening is two films in a real mpv, and a daemon that is killed again and again.
type evening struct {
	t       *testing.T
	dir     string
	simkl   *simkl
	token   string
	mpv     *playerstest.MPV
	hit     *tally
	lives   []life
	films   []*film
	offline bool // Simkl is away from the middle of the first film until after its end

	d       *daemon
	now     *film // what plays
	next    int   // the film after it
	pausing time.Time
	paused  bool // the film now playing had its pause
	log     bytes.Buffer
}

// daemon is one run.
type daemon struct {
	life   life
	cmd    *exec.Cmd
	stdin  io.Closer
	out    *output
	log    *output
	began  time.Time
	exited chan struct{}
}

// output is what a process says.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func newEvening(t *testing.T, lives []life, offline bool, hit *tally) *evening {
	t.Helper()
	e := &evening{t: t, dir: playerstest.ShortDir(t), simkl: newSimkl(t), lives: lives, offline: offline, hit: hit}
	e.token = e.simkl.LinkToken("abc", "mika")
	if err := os.Mkdir(filepath.Join(e.dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	clip := func(name string) string { return clips.Slow(t, name, filmLength) }
	e.films = []*film{
		{path: clip("Severance.S02E03.1080p.WEB.h264-GRP.mkv"), title: "Severance", season: 2, episode: 3},
		{path: clip("Heat.1995.1080p.BluRay.x264-GRP.mkv"), title: "Heat"},
	}
	// It stays at the end: where a film ends while no daemon lives, the next one sees that it did.
	e.mpv = playerstest.StartMPV(t, filepath.Join(e.dir, "mpv.sock"), "", "--speed="+filmSpeed, "--keep-open=yes", "--keep-open-pause=no")
	t.Cleanup(e.end)
	return e
}

// watch plays the films, and looks at everything every few milliseconds: what is to be done next follows from what the
// player says, whatever the daemon is going through.
func (e *evening) watch() {
	e.start()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		if time.Now().After(deadline) {
			e.fail("it takes too long")
		}
		e.play()
		e.reap()
		if e.over() {
			break
		}
	}
	e.d.stdin.Close() // it ends as on SIGTERM
	<-e.d.exited
	if code := e.d.cmd.ProcessState.ExitCode(); code != 0 {
		e.fail("the last daemon ended with %d", code)
	}
	e.compare()
	e.behaved()
}

// play moves the evening on.
func (e *evening) play() {
	if e.now == nil || !e.now.ended.IsZero() {
		if e.next < len(e.films) && e.seen() {
			e.now, e.paused = e.films[e.next], false
			e.next++
			e.mpv.Command(e.t, "loadfile", e.now.path)
		}
		return
	}
	if !e.pausing.IsZero() {
		if time.Since(e.pausing) >= pauseFor {
			e.pausing = time.Time{}
			e.mpv.Command(e.t, "set_property", "pause", false)
		}
		return
	}
	if at, err := e.mpv.Try("get_property", "path"); err != nil || at != e.now.path {
		return // it is being loaded
	}
	if eof, err := e.mpv.Try("get_property", "eof-reached"); err == nil && eof == true {
		e.now.ended = time.Now()
		return
	}
	switch share := e.share(); {
	case share >= pauseAt && !e.paused:
		e.paused, e.pausing = true, time.Now()
		e.mpv.Command(e.t, "set_property", "pause", true)
	case share >= offlineAt && e.offline && e.next == 1:
		e.simkl.offline()
	}
}

// share is how far the film is.
func (e *evening) share() float64 {
	at, err := e.mpv.Try("get_property", "time-pos")
	if err != nil {
		return 0
	}
	seconds, _ := at.(float64)
	return seconds / filmLength
}

// seen reports whether the daemon has had the time to write down how the film before ended.
func (e *evening) seen() bool {
	if e.now == nil {
		return strings.Contains(e.d.out.String(), "ready")
	}
	if time.Since(e.now.ended) < settled || time.Since(e.d.began) < settled || !strings.Contains(e.d.out.String(), "ready") {
		return false
	}
	if e.simkl.stop == nil {
		e.simkl.online(e.t)
	}
	return true
}

// due reports whether the test is to kill the daemon now.
func (e *evening) due() bool {
	l := e.d.life
	if l.at == "" || e.now == nil || !e.now.ended.IsZero() {
		return false
	}
	switch l.at {
	case "playing":
		return e.pausing.IsZero() && e.share() >= 0.1+0.6*l.after
	case "paused":
		return !e.pausing.IsZero() && time.Since(e.pausing).Seconds() >= 0.8*l.after*pauseFor.Seconds()
	}
	return time.Since(e.d.began).Seconds() >= 4*l.after
}

// reap kills what is due, and starts the next daemon where one was killed.
func (e *evening) reap() {
	select {
	case <-e.d.exited:
	default:
		if !e.due() {
			return
		}
		e.d.cmd.Process.Kill()
		<-e.d.exited
		when := "while " + e.d.life.at
		if e.d.life.at == "random" {
			when = "at random"
		}
		e.hit.add(when)
		e.start()
		return
	}
	if want := "killed " + e.d.life.point.String(); !strings.Contains(e.d.out.String(), want) {
		e.fail("the daemon ended by itself: %v\n%s", e.d.cmd.ProcessState, e.d.log)
	}
	e.hit.add(e.d.life.point.String())
	e.start()
}

// start runs the daemon. A film that has just ended must be seen by the next one, which is not killed then: at this
// speed, two daemons later is minutes later.
func (e *evening) start() {
	d := &daemon{out: &output{}, log: &output{}, began: time.Now(), exited: make(chan struct{})}
	atEnd := e.now != nil && !e.now.ended.IsZero()
	if len(e.lives) > 0 && !atEnd {
		d.life, e.lives = e.lives[0], e.lives[1:]
	}
	if e.d != nil {
		e.log.WriteString("killed " + e.d.life.point.encode() + e.d.life.at + "\n" + e.d.log.String())
	}
	d.cmd = exec.Command(os.Args[0])
	d.cmd.Env = append(os.Environ(), envDir+"="+e.dir, envAPI+"=http://"+e.simkl.addr, envToken+"="+e.token,
		envPoint+"="+d.life.point.encode())
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.log
	var err error
	if d.stdin, err = d.cmd.StdinPipe(); err != nil {
		e.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	go func() { // ends with the process, which end makes sure of
		var exit *exec.ExitError
		if err := d.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			d.log.Write([]byte(err.Error()))
		}
		close(d.exited)
	}()
	e.d = d
}

// over reports whether both films are over and Simkl has heard what it will hear.
func (e *evening) over() bool {
	last := e.films[len(e.films)-1]
	if last.ended.IsZero() || len(e.simkl.History()) < len(e.films) {
		return false
	}
	// What would come twice comes now: the last daemon has read the queue, and nothing was asked for a while.
	requests := e.simkl.Requests()
	return time.Since(e.d.began) >= 2*settled && time.Since(requests[len(requests)-1].Time) >= settled
}

// end leaves nothing running.
func (e *evening) end() {
	if e.d != nil {
		e.d.cmd.Process.Kill()
		<-e.d.exited
	}
}

// compare holds the server's history against what was played.
func (e *evening) compare() {
	history := e.simkl.History()
	if len(history) != len(e.films) {
		e.fail("%d watches", len(history))
	}
	for _, f := range e.films {
		n := 0
		for _, w := range history {
			if !sameFilm(w, f) {
				continue
			}
			n++
			if off := w.WatchedAt.Sub(f.ended); off.Abs() > closeEnough {
				e.fail("%s is there at %v, it ended at %v", f.title, w.WatchedAt, f.ended)
			}
		}
		if n != 1 {
			e.fail("%s is there %d times", f.title, n)
		}
	}
}

// behaved holds the distances of product.md 6 against what Simkl saw: they outlive each daemon.
func (e *evening) behaved() {
	var last time.Time
	for _, r := range e.simkl.Requests() {
		if r.Burst >= 3 {
			e.fail("%d requests in one second", r.Burst)
		}
		if r.Method == "GET" {
			continue
		}
		if gap := r.Time.Sub(last); gap < time.Second {
			e.fail("two writes %v apart", gap)
		}
		last = r.Time
	}
}

func sameFilm(w sandbox.Watched, f *film) bool {
	return w.Title == f.title && w.Season == f.season && w.Episode == f.episode
}

// fail tells all that is known, and ends the evening.
func (e *evening) fail(format string, args ...any) {
	e.t.Helper()
	e.t.Logf("lives left %+v, this one %+v", e.lives, e.d.life)
	for _, r := range e.simkl.Requests() {
		e.t.Logf("%s %s %s %d %v", r.Time.Format("05.000"), r.Method, r.Path, r.Status, r.Notes)
	}
	e.t.Logf("history %+v", e.simkl.History())
	e.t.Logf("%s%s", e.log.String(), e.d.log)
	e.t.Fatalf(format, args...)
}
