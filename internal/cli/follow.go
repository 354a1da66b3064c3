package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/term"
)

// lookAgain is how often a daemon that is not there is looked for.
const lookAgain = 500 * time.Millisecond

// followStatus shows every change until ctx ends.
func followStatus(ctx context.Context, env *Env) error {
	var err error
	switch {
	case env.flags.json:
		f := jsonFollower{env: env}
		err = watchStatus(ctx, env, f.show)
	case env.out().Terminal && isTerminal(env.In):
		err = followOnTerminal(ctx, env)
	default:
		f := lineFollower{env: env}
		err = watchStatus(ctx, env, f.show)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Ctrl-C is how it ends
	}
	return err
}

// watchStatus calls show with each status, and with one of PID 0 when the daemon is gone or not there yet. It ends with
// ctx, or with an error of show.
func watchStatus(ctx context.Context, env *Env, show func(api.Status) error) error {
	d, err := env.daemon()
	if err != nil {
		return err
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	gone := false
	for {
		var failed error
		err := d.Follow(ctx, func(st api.Status) error {
			gone = false
			failed = show(cleanStatus(st))
			return failed
		})
		switch {
		case failed != nil:
			return failed
		case ctx.Err() != nil:
			return ctx.Err()
		case !api.IsNoDaemon(err):
			return err
		}
		if !gone {
			gone = true
			if err := show(cleanStatus(api.Status{Version: about.Version()})); err != nil {
				return err
			}
		}
		timer.Reset(lookAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// jsonFollower prints a line when more than a position changes, and at each whole percent.
type jsonFollower struct {
	env  *Env
	last string
}

func (f *jsonFollower) show(st api.Status) error {
	face, err := json.Marshal(faceOf(st))
	if err != nil {
		return err
	}
	if string(face) == f.last {
		return nil
	}
	f.last = string(face)
	return f.env.printLine(st)
}

// faceOf is what must change before a status is told again: positions count by whole percents only.
func faceOf(st api.Status) api.Status {
	st.UptimeS = 0
	sessions := make([]api.Session, len(st.Sessions))
	for i, s := range st.Sessions {
		s.PositionS, s.PlayedPercent, s.Progress = 0, 0, math.Floor(s.Progress)
		sessions[i] = s
	}
	st.Sessions = sessions
	return st
}

// lineFollower prints a line for each change of a session or of the queue.
type lineFollower struct {
	env      *Env
	sessions map[string]string
	queue    string
	begun    bool
}

func (f *lineFollower) show(st api.Status) error {
	if st.PID == 0 {
		f.sessions, f.queue, f.begun = nil, "", true
		return f.line("the daemon is not running: waiting for it")
	}
	if !f.begun || f.sessions == nil {
		f.begun = true
		if err := f.line(fmt.Sprintf("simkld %s runs, pid %d", term.Foreign(st.Version), st.PID)); err != nil {
			return err
		}
	}
	now := map[string]string{}
	for _, s := range st.Sessions {
		words := fmt.Sprintf("%s  %s  %s  %s", term.Foreign(s.ID), term.Foreign(s.Player), s.State, sessionTitle(s))
		became := scrobbleWords(s)
		key := s.ID + " " + s.Instance // a player that is not allowed has no number
		now[key] = words + became
		if f.sessions[key] == now[key] {
			continue
		}
		if err := f.line(fmt.Sprintf("%s  %5s  %s", words, term.Percent(s.Progress), became)); err != nil {
			return err
		}
	}
	f.sessions = now
	if q := queueWords(st); q != f.queue {
		f.queue = q
		return f.line(q)
	}
	return nil
}

func (f *lineFollower) line(words string) error {
	_, err := fmt.Fprintf(f.env.Out, "%s  %s\n", f.env.Now().Format("15:04:05"), words)
	return err
}

// scrobbleWords says what became of a session in a word or two.
func scrobbleWords(s api.Session) string {
	switch s.Scrobble {
	case "waiting":
		return "not sent yet"
	case "queued":
		return "kept, Simkl could not be told yet"
	case "started":
		return "start sent"
	case "paused":
		return "pause sent"
	case "watched":
		return "watched"
	case "ignored":
		return "ignored: " + reasonOf(s)
	}
	if s.Reason != "" {
		return "ended, " + reasonOf(s)
	}
	return "ended"
}

// queueWords says what waits.
func queueWords(st api.Status) string {
	q := st.Queue
	words := "nothing waits"
	switch {
	case q.Pending == 1:
		words = "1 call waits"
	case q.Pending > 1:
		words = fmt.Sprintf("%d calls wait", q.Pending)
	}
	if n := q.Unmatched + q.Dead; n > 0 {
		words += fmt.Sprintf(", %d need you", n)
	}
	if !st.Simkl.Reachable {
		words += ", Simkl cannot be reached"
	}
	return words
}
