//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// world is a Simkl, a daemon with a home of its own, and an mpv that it sees.
type world struct {
	binary, dir string
	simkl       *sandbox.Server
	arrived     chan arrived
	offline     context.CancelFunc
	down        chan error

	addr, token string
	daemon      *exec.Cmd
	log         *bytes.Buffer
	gone        chan struct{}
	mpv         *mpv
}

// arrived is a request, at the moment when its first byte was read.
type arrived struct {
	path string
	at   time.Time
}

func newWorld(ctx context.Context, binary string) (*world, error) {
	w := &world{binary: binary, arrived: make(chan arrived, 1024), down: make(chan error, 1)}
	var err error
	if w.binary, err = filepath.Abs(binary); err != nil {
		return nil, err
	}
	if w.dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, err
	}
	if w.simkl, err = sandbox.New(sandbox.Options{}); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.addr, w.token = l.Addr().String(), w.simkl.LinkToken("bench", "bench")
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.offline = cancel
	go func() { w.down <- w.simkl.Serve(serving, stamping{l, w.arrived}) }() // ends with close
	for _, folder := range []string{"run/simkld/mpv", "films"} {
		if err := os.MkdirAll(filepath.Join(w.dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	clip, err := os.ReadFile("internal/demo/clip.mkv")
	if err != nil {
		return nil, fmt.Errorf("start it at the root of the repository: %w", err)
	}
	for n := range 1 + samples/perFilm {
		if err := os.WriteFile(w.film(n), clip, 0o600); err != nil { //nolint:gosec // a folder of our own
			return nil, err
		}
	}
	return w, nil
}

func (w *world) film(n int) string {
	return filepath.Join(w.dir, "films", fmt.Sprintf("Severance.S02E%02d.1080p.WEB.h264-GRP.mkv", n+1))
}

func (w *world) close() error {
	err := w.stop()
	if w.mpv != nil {
		w.mpv.stop()
	}
	w.offline()
	return errors.Join(err, <-w.down, os.RemoveAll(w.dir))
}

// start runs the daemon and waits until it says that it is ready.
func (w *world) start(ctx context.Context) error {
	w.daemon = exec.CommandContext(ctx, w.binary, "run") //nolint:gosec // what is measured is an argument
	w.daemon.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "XDG_RUNTIME_DIR=" + filepath.Join(w.dir, "run"),
		"SIMKLD_TOKEN=" + w.token, "SIMKLD_SIMKL_CLIENT_ID=bench", "SIMKLD_SIMKL_API_URL=http://" + w.addr,
		"SIMKLD_SCROBBLE_PAUSE_AFTER=0s", "SIMKLD_SCROBBLE_START_AFTER=0s",
	}
	pipe, err := w.daemon.StderrPipe()
	if err != nil {
		return err
	}
	if err := w.daemon.Start(); err != nil {
		return err
	}
	w.log, w.gone = &bytes.Buffer{}, make(chan struct{})
	lines := bufio.NewReader(pipe)
	for {
		line, err := lines.ReadString('\n')
		w.log.WriteString(line)
		if err != nil {
			return fmt.Errorf("the daemon did not start: %s", w.log)
		}
		if strings.Contains(line, `"ready"`) {
			break
		}
	}
	gone := w.gone
	go func() { // ends with the daemon
		_, _ = io.Copy(io.Discard, lines)
		close(gone)
	}()
	return nil
}

func (w *world) stop() error {
	if w.daemon == nil {
		return nil
	}
	defer func() { w.daemon = nil }()
	if err := w.daemon.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-w.gone
	return w.daemon.Wait()
}

// arrival waits for the next request to a path.
func (w *world) arrival(ctx context.Context, path string) (time.Time, error) {
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		select {
		case r := <-w.arrived:
			if r.path == path {
				return r.at, nil
			}
		case <-limit.C:
			return time.Time{}, fmt.Errorf("no request to %s", path)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// forget leaves out what arrived up to now.
func (w *world) forget() {
	for {
		select {
		case <-w.arrived:
		default:
			return
		}
	}
}

// stamping notes when the first byte of each request is read.
type stamping struct {
	net.Listener
	arrived chan<- arrived
}

func (s stamping) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return stamped{c, s.arrived}, nil
}

type stamped struct {
	net.Conn
	arrived chan<- arrived
}

func (s stamped) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	at := time.Now()
	if rest, ok := bytes.CutPrefix(b[:n], []byte("POST ")); ok {
		path, _, _ := bytes.Cut(rest, []byte("?"))
		path, _, _ = bytes.Cut(path, []byte(" "))
		s.arrived <- arrived{string(path), at}
	}
	return n, err
}
