//go:build linux

package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"time"
)

// mpv is a real one behind its socket.
type mpv struct {
	cmd  *exec.Cmd
	conn net.Conn
}

// socketName is one that the daemon finds by itself.
const socketName = "run/simkld/mpv/1.sock"

// startMPV starts an idle mpv where the daemon looks by itself.
func (w *world) startMPV(ctx context.Context) error {
	socket := filepath.Join(w.dir, socketName)
	//nolint:gosec // a folder of our own
	cmd := exec.CommandContext(ctx, "mpv", "--no-config", "--vo=null", "--ao=null", "--no-terminal", "--idle=yes",
		"--input-ipc-server="+socket)
	if err := cmd.Start(); err != nil {
		return err
	}
	w.mpv = &mpv{cmd: cmd}
	var err error
	for range 500 {
		if w.mpv.conn, err = new(net.Dialer).DialContext(ctx, "unix", socket); err == nil {
			go func() { _, _ = io.Copy(io.Discard, w.mpv.conn) }() // ends with mpv; one that is not read from hangs
			return nil
		}
		if err := pass(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return err
}

func (m *mpv) stop() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait() // it was killed
}

func (m *mpv) send(command ...any) error {
	line, err := json.Marshal(map[string]any{"command": command})
	if err != nil {
		return err
	}
	_, err = m.conn.Write(append(line, '\n'))
	return err
}

func (m *mpv) pause(on bool) error { return m.send("set_property", "pause", on) }

// load plays a file. The one before is left as it is: if it was paused, its going on would be a call of its own.
func (m *mpv) load(path string) error {
	if err := m.send("loadfile", path); err != nil {
		return err
	}
	return m.pause(false)
}
