// Package demo shows the whole job with no account: the daemon of `run` in a folder of its own, between a player and a
// Simkl-compatible server on this machine.
//
//	player ──▶ daemon ──▶ embedded Simkl
//	   │          │              │
//	   │       follow + calls ──▶│── timeline
//	   └── what was played ──────┴── proof
//
// It owns the evening that is played (a pause, an outage, the recovery), the timeline and the proof at its end. It
// promises that nothing it shows is written down beforehand: the timeline is what the daemon's status and its calls
// say, the proof compares the player's own account with the server's. It touches no state, player or account of the
// user, and leaves nothing behind. It must not know how the daemon does its work.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/term"
)

// clip is 45 minutes of black, one picture in ten seconds, made with
//
//	ffmpeg -f lavfi -i color=c=black:s=64x36:r=1/10:d=2700 -c:v libx264 -preset ultrafast -g 1 clip.mkv
//
//go:embed clip.mkv
var clip []byte

// Options say how the demo is shown.
type Options struct {
	// Out takes the timeline and the proof.
	Out term.Screen
	// JSON prints one object at the end instead.
	JSON bool
	// LookPath finds mpv; nil is exec.LookPath.
	LookPath func(name string) (string, error)
}

// plan is the evening that is played.
type plan struct {
	films  [2]film
	clip   []byte
	length time.Duration // of the clip
	speed  float64
	// The first film is paused at this percentage, for this long.
	pauseAt  float64
	pauseFor time.Duration
	// Simkl goes away when the first film is at this percentage, and comes back once the second one plays and a call
	// was tried in vain.
	outageAt float64
	// prepare is told of the server before anything plays; nil for nothing.
	prepare func(*sandbox.Server)
}

// film is a copy of the clip under a name that says what it is.
type film struct {
	file  string
	title string // as the proof calls it
	from  int    // where it is started, in percent
}

// evening takes less than a minute: 22 s and 15 s of play, a pause, and what waits after the outage.
func evening() plan {
	return plan{
		films: [2]film{
			{file: "Severance.S02E03.1080p.WEB.h264-GRP.mkv", title: "Severance S02E03", from: 20},
			{file: "Heat.1995.1080p.BluRay.x264-GRP.mkv", title: "Heat (1995)", from: 45},
		},
		clip: clip, length: 45 * time.Minute, speed: 100, pauseAt: 50, pauseFor: 1500 * time.Millisecond, outageAt: 85,
	}
}

// patience is how long any one thing is waited for, beside what a film takes.
const patience = 15 * time.Second

// Run shows the demo. It returns nil if the history of the server is exactly what was played, and an error of kind
// fault.Failed if not. It ends early with ctx.
func Run(ctx context.Context, o Options) error { return run(ctx, o, evening()) }

func run(ctx context.Context, o Options, p plan) (err error) {
	if o.LookPath == nil {
		o.LookPath = exec.LookPath
	}
	ctx, cancel := context.WithCancel(ctx)
	w, err := newWorld(ctx, p)
	if err != nil {
		cancel()
		return err
	}
	defer func() {
		cancel()
		if left := w.close(); err == nil {
			err = left
		}
	}()
	out := o.Out
	if o.JSON {
		out = term.Screen{}
	}
	w.line = newTimeline(out)
	if err := w.start(ctx, o.LookPath); err != nil {
		return err
	}
	if !o.JSON {
		name := w.player.name
		if name == builtinName {
			name = "No mpv here: the " + name
		}
		w.line.head(fmt.Sprintf("%s at %gx; a Simkl of its own on %s. No account is used.", name, p.speed, w.addr))
	}
	if err := w.play(ctx); err != nil {
		return err
	}
	rows, exact := compare(w.player.record(), w.simkl.History(), p)
	if o.JSON {
		if err := w.print(o.Out); err != nil {
			return err
		}
	} else if err := show(o.Out, rows, exact); err != nil {
		return err
	}
	if !exact {
		return fault.New(fault.Failed, "the server's history is not what was played", "this is a fault of simkld, tell its authors")
	}
	return nil
}

// print writes what --json promises.
func (w *world) print(out term.Screen) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Player   string            `json:"player"`
		Timeline []row             `json:"timeline"`
		History  []sandbox.Watched `json:"history"`
	}{w.player.name, w.line.all(), w.simkl.History()})
}

// play is the evening. Each step waits for what the daemon or the player says.
func (w *world) play(ctx context.Context) error {
	p, first, second := w.plan, w.plan.films[0], w.plan.films[1]
	if err := w.player.load(ctx, w.path(first), first.from); err != nil {
		return err
	}
	steps := []struct {
		what string
		ok   func(scene) bool
		then func() error
	}{
		{"play", func(s scene) bool { return s.progress >= p.pauseAt }, func() error { return w.player.pause(ctx, true) }},
		{"pause", func(s scene) bool { return s.paused && s.quiet >= p.pauseFor }, func() error { return w.player.pause(ctx, false) }},
		{"go on", func(s scene) bool { return !s.paused && s.progress >= p.outageAt }, func() error { return w.goOffline() }},
		{
			"be told of the end", func(s scene) bool { return s.ended == 1 && s.offline && s.pending > 0 },
			func() error { return w.player.load(ctx, w.path(second), second.from) },
		},
		{
			"wait for Simkl", func(s scene) bool { return s.pending > 1 && s.refused > 1 },
			func() error { return w.goOnline(ctx) },
		},
		{
			"reach Simkl, and come to the end", func(s scene) bool { return s.ended == 2 && s.settled && s.pending == 0 && s.refused == 0 },
			func() error { return nil },
		},
	}
	for _, step := range steps {
		if err := w.line.until(ctx, w.filmTime()+patience, step.ok); err != nil {
			if errors.Is(err, errTooLong) {
				return fault.Wrap(fault.Failed, err, "the daemon did not "+step.what+" in time", "try again when this machine is less busy")
			}
			return err
		}
		if err := step.then(); err != nil {
			return err
		}
	}
	w.line.finish()
	return nil
}

// filmTime is how long a film takes at the speed at which it is played.
func (w *world) filmTime() time.Duration {
	return time.Duration(float64(w.plan.length) / w.plan.speed)
}
