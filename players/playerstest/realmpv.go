package playerstest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// MPV is a real mpv without screen and sound.
type MPV struct {
	// Socket is the path of its IPC socket.
	Socket string

	cmd    *exec.Cmd
	exited chan struct{}
	lines  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	control net.Conn
	lastID  int
	answers map[int]chan answer
}

type answer struct {
	Data  any    `json:"data"`
	ID    int    `json:"request_id"`
	Error string `json:"error"`
}

// RealMPV starts mpv with a socket of its own in a short folder of its own (ShortDir); it is stopped with the test.
func RealMPV(t testing.TB, args ...string) *MPV {
	t.Helper()
	return StartMPV(t, filepath.Join(ShortDir(t), "mpv.sock"), "", args...)
}

// StartMPV starts mpv with the given socket in the given folder ("" is this process's) and waits until it answers.
func StartMPV(t testing.TB, socket, folder string, args ...string) *MPV {
	t.Helper()
	before, _ := os.Stat(socket)
	m := &MPV{Socket: socket, exited: make(chan struct{}), answers: map[int]chan answer{}}
	all := append([]string{
		"--no-config", "--vo=null", "--ao=null", "--no-terminal", "--idle=yes", "--input-ipc-server=" + socket,
	}, args...)
	m.cmd = exec.Command("mpv", all...)
	m.cmd.Dir = folder
	if err := m.cmd.Start(); err != nil {
		t.Fatalf("start mpv (apt-get install mpv): %v", err)
	}
	Count(t, "mpv")
	go func() { // ends when mpv does, which Cleanup makes sure of
		m.cmd.Wait()
		close(m.exited)
	}()
	t.Cleanup(func() { m.end() })
	m.connect(t, before)
	return m
}

// end stops mpv whatever state it is in.
func (m *MPV) end() {
	m.cmd.Process.Kill()
	<-m.exited
	if m.control != nil {
		m.control.Close()
	}
	m.lines.Wait()
}

func (m *MPV) connect(t testing.TB, before os.FileInfo) {
	t.Helper()
	retry := time.NewTicker(2 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.Now().Add(Patience); ; {
		c, err := net.Dial("unix", m.Socket)
		if err == nil && before != nil && ownerOf(c) != m.cmd.Process.Pid {
			c.Close() // still the mpv from which this one takes the name
			err = fmt.Errorf("%s still belongs to another mpv", m.Socket)
		}
		if err == nil {
			m.control = c
			m.lines.Go(m.drain)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("mpv does not answer: %v", err)
		}
		select {
		case <-retry.C:
		case <-m.exited:
			t.Fatalf("mpv ended at once: %v", m.cmd.ProcessState)
		}
	}
}

// drain reads everything, because a client that does not hangs mpv, until the connection ends.
func (m *MPV) drain() {
	in := bufio.NewReaderSize(m.control, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var a answer
		if json.Unmarshal(line, &a) != nil || a.ID == 0 {
			continue
		}
		m.mu.Lock()
		if ch, ok := m.answers[a.ID]; ok {
			ch <- a
			delete(m.answers, a.ID)
		}
		m.mu.Unlock()
	}
}

// Command sends a command and gives its answer's data. A refused command ends the test.
func (m *MPV) Command(t testing.TB, command ...any) any {
	t.Helper()
	a, err := m.Try(command...)
	if err != nil {
		t.Fatalf("mpv: %v: %v", command, err)
	}
	return a
}

// Try is Command that gives a refusal back.
func (m *MPV) Try(command ...any) (any, error) {
	ch := make(chan answer, 1) // the reader never waits
	m.mu.Lock()
	m.lastID++
	id := m.lastID
	m.answers[id] = ch
	m.mu.Unlock()
	line, err := commandLine(id, command)
	if err != nil {
		return nil, err
	}
	if _, err := m.control.Write(line); err != nil {
		return nil, err
	}
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	select {
	case a := <-ch:
		if a.Error != "success" {
			return nil, fmt.Errorf("mpv says %q", a.Error)
		}
		return a.Data, nil
	case <-m.exited:
		return nil, fmt.Errorf("mpv has ended: %v", m.cmd.ProcessState)
	case <-deadline.C:
		return nil, fmt.Errorf("no answer within %v", Patience)
	}
}

// commandLine writes a request. Strings keep bytes that are not UTF-8, which encoding/json would replace.
func commandLine(id int, command []any) ([]byte, error) {
	line := []byte(`{"command":[`)
	for i, arg := range command {
		if i > 0 {
			line = append(line, ',')
		}
		s, ok := arg.(string)
		if !ok {
			b, err := json.Marshal(arg)
			if err != nil {
				return nil, err
			}
			line = append(line, b...)
			continue
		}
		line = append(line, '"')
		for _, c := range []byte(s) {
			switch {
			case c == '"', c == '\\':
				line = append(line, '\\', c)
			case c < ' ':
				line = fmt.Appendf(line, `\u%04x`, c)
			default:
				line = append(line, c)
			}
		}
		line = append(line, '"')
	}
	return fmt.Appendf(line, `],"request_id":%d}`+"\n", id), nil
}

// PID is the process of mpv.
func (m *MPV) PID() int { return m.cmd.Process.Pid }

// Exited is closed when mpv has ended.
func (m *MPV) Exited() <-chan struct{} { return m.exited }

// ShortDir is a folder for sockets, whose paths have 107 bytes at most; t.TempDir is often longer.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") //nolint:usetesting // t.TempDir is longer than a socket path may be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
