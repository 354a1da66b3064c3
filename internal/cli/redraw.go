package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	xterm "golang.org/x/term"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
)

// followOnTerminal redraws the status each second until q or Ctrl-C.
func followOnTerminal(ctx context.Context, env *Env) error {
	in, ok := env.In.(*os.File)
	if !ok {
		return nil
	}
	before, err := xterm.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	fmt.Fprint(env.Out, "\x1b[?1049h\x1b[?25l") // a screen of its own, without cursor
	last := ""
	defer func() {
		fmt.Fprint(env.Out, "\x1b[?25h\x1b[?1049l")
		_ = xterm.Restore(int(in.Fd()), before) // the terminal may be gone
		fmt.Fprint(env.Out, last)
	}()
	go keys(in, stop) // ends with the key that ends the command, or with the process

	changes := make(chan api.Status, 1) // the newest only: an older one is replaced
	failed := make(chan error, 1)
	go func() { // ends with ctx
		failed <- watchStatus(ctx, env, func(st api.Status) error {
			select {
			case <-changes:
			default:
			}
			changes <- st
			return nil
		})
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var st api.Status
	var at time.Time
	for {
		select {
		case err := <-failed:
			if ctx.Err() != nil {
				return nil // q and Ctrl-C are how it ends
			}
			return err
		case st = <-changes:
			at = env.Now()
		case <-tick.C:
		}
		if at.IsZero() {
			continue
		}
		out := env.out()
		last = "The daemon is not running: waiting for it. " + about.Name + " run starts one.\n"
		if st.PID != 0 {
			last = env.renderStatus(moved(st, env.Now().Sub(at)), out)
		}
		draw(env.Out, last+"\nq ends.", out.Height)
	}
}

// keys stops at q or Ctrl-C, which is a key like others on a raw terminal.
func keys(in io.Reader, stop func()) {
	var key [1]byte
	for {
		if _, err := in.Read(key[:]); err != nil {
			return
		}
		if key[0] == 'q' || key[0] == 'Q' || key[0] == 3 {
			stop()
			return
		}
	}
}

// draw writes a picture from the top of the screen, cut to its height.
func draw(w io.Writer, picture string, height int) {
	lines := strings.Split(picture, "\n")
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	fmt.Fprint(w, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
}

// moved is a status some time later, if all goes on as it did.
func moved(st api.Status, later time.Duration) api.Status {
	st.UptimeS += int64(later / time.Second)
	sessions := make([]api.Session, len(st.Sessions))
	for i, s := range st.Sessions {
		if s.State == "playing" && s.DurationS > 0 {
			step := later.Seconds() * s.Rate
			s.PositionS = min(s.DurationS, s.PositionS+step)
			share := 100 * step / s.DurationS
			if s.Identity != nil {
				share *= float64(s.Identity.Count()) // an episode of a file with several is shorter than it
			}
			s.Progress, s.PlayedPercent = min(100, s.Progress+share), min(100, s.PlayedPercent+share)
		}
		sessions[i] = s
	}
	st.Sessions = sessions
	return st
}
