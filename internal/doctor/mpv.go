package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/term"
)

// MPV asks every mpv that has a socket.
type MPV struct {
	Enabled bool
	// Places are sockets, globs and folders of sockets.
	Places []string
}

// answerWithin is how long an mpv may take to answer; one that plays takes a millisecond.
const answerWithin = 2 * time.Second

// Name is "mpv".
func (MPV) Name() string { return "mpv" }

// Look connects to the sockets and asks for the version.
func (m MPV) Look(ctx context.Context) Finding {
	if !m.Enabled {
		return fine("not watched (players.mpv.enabled)")
	}
	alive, version, slowest := 0, "", time.Duration(0)
	stale := 0
	var silent, foreign []string
	sockets := m.sockets()
	for _, s := range sockets {
		took, v, err := askMPV(ctx, s)
		switch {
		case err == nil:
			alive, version, slowest = alive+1, v, max(slowest, took)
		case errors.Is(err, os.ErrDeadlineExceeded):
			silent = append(silent, s)
		case errors.Is(err, fs.ErrPermission):
			foreign = append(foreign, s)
		default:
			stale++
		}
	}
	switch {
	case len(silent) > 0:
		return fail(term.List(silent, 2)+" does not answer: that mpv hangs", "restart that mpv")
	case len(foreign) > 0:
		return fail(term.List(foreign, 2)+" belongs to an mpv of another user", "run "+about.Name+" as the user who plays")
	case alive == 0 && stale > 0:
		return hint("none runs with a socket now; "+term.Count(stale, "socket is", "sockets are")+" left of one that is gone, which does no harm",
			about.Name+" setup mpv, and restart mpv")
	case alive == 0:
		return hint("none runs with a socket now", about.Name+" setup mpv, and restart mpv")
	}
	return fine(fmt.Sprintf("%s; %d running, answered in %d ms", version, alive, slowest.Milliseconds()))
}

// sockets are those that exist now.
func (m MPV) sockets() []string {
	var found []string
	add := func(path string) {
		if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			found = append(found, path)
		}
	}
	for _, place := range m.Places {
		names := []string{place}
		if globbed, err := filepath.Glob(place); err == nil && len(globbed) > 0 {
			names = globbed
		}
		for _, name := range names {
			add(name)
			entries, err := os.ReadDir(name)
			if err != nil {
				continue // no folder
			}
			for _, e := range entries {
				add(filepath.Join(name, e.Name()))
			}
		}
	}
	return found
}

// askMPV asks one mpv for its version. A socket without an mpv behind it is an error too.
func askMPV(ctx context.Context, socket string) (time.Duration, string, error) {
	begun := time.Now()
	conn, err := (&net.Dialer{Timeout: answerWithin}).DialContext(ctx, "unix", socket)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(begun.Add(answerWithin)); err != nil {
		return 0, "", err
	}
	const id = 7301
	if _, err := fmt.Fprintf(conn, `{"command":["get_property","mpv-version"],"request_id":%d}`+"\n", id); err != nil {
		return 0, "", err
	}
	lines := bufio.NewReaderSize(conn, 1<<16)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return 0, "", err
		}
		var reply struct {
			ID   int    `json:"request_id"`
			Data string `json:"data"`
		}
		if json.Unmarshal(line, &reply) == nil && reply.ID == id {
			return time.Since(begun), reply.Data, nil
		}
	}
}
