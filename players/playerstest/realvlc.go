//go:build unix

package playerstest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// VLCPassword is the password of every VLC that RealVLC starts.
const VLCPassword = "a secret + 1"

// nobody is who VLC runs as where the test is root, because it refuses to run as root.
const nobody = 65534

// VLC is a real VLC without screen and sound.
type VLC struct {
	// URL is its HTTP interface.
	URL string

	cmd    *exec.Cmd
	exited chan struct{}
	http   *http.Client
}

var _ Player = (*VLC)(nil)

// RealVLC starts VLC with its HTTP interface on a port of its own and waits until it answers; it is stopped with the
// test. Files that it plays must be readable by everybody.
func RealVLC(t testing.TB, args ...string) *VLC {
	t.Helper()
	return StartVLC(t, freePort(t), args...)
}

// StartVLC is RealVLC on a given port.
func StartVLC(t testing.TB, port int, args ...string) *VLC {
	t.Helper()
	v := &VLC{
		URL: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), exited: make(chan struct{}),
		http: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: Patience},
	}
	v.cmd = exec.Command("vlc", append([]string{
		"-I", "http", "--http-host", "127.0.0.1", "--http-port", strconv.Itoa(port), "--http-password", VLCPassword,
		"--vout", "dummy", "--aout", "dummy", "--no-video-title-show", "--no-metadata-network-access", "--no-dbus",
	}, args...)...)
	v.cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	v.cmd.Dir = "/"
	if os.Geteuid() == 0 {
		v.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatalf("start VLC (apt-get install vlc-bin vlc-plugin-base): %v", err)
	}
	go func() { // ends when VLC does, which Cleanup makes sure of
		v.cmd.Wait()
		close(v.exited)
	}()
	t.Cleanup(func() {
		v.cmd.Process.Kill()
		<-v.exited
		v.http.CloseIdleConnections()
	})
	v.connect(t)
	return v
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (v *VLC) connect(t testing.TB) {
	t.Helper()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.Now().Add(Patience); ; {
		err := v.request("")
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("VLC does not answer: %v", err)
		}
		select {
		case <-retry.C:
		case <-v.exited:
			t.Fatalf("VLC ended at once: %v", v.cmd.ProcessState)
		}
	}
}

func (v *VLC) request(query string) error {
	req, err := http.NewRequest(http.MethodGet, v.URL+"/requests/status.json"+query, nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth("", VLCPassword)
	resp, err := v.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("VLC answers %d", resp.StatusCode)
	}
	return nil
}

// Command sends a command, given as name and value pairs.
func (v *VLC) Command(t testing.TB, command string, pairs ...string) {
	t.Helper()
	var query strings.Builder
	query.WriteString("?command=" + command)
	for i := 0; i < len(pairs); i += 2 {
		query.WriteString("&" + pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	if err := v.request(strings.ReplaceAll(query.String(), "+", "%20")); err != nil {
		t.Fatalf("VLC: %s: %v", command, err)
	}
}

// Load empties the playlist and plays the files.
func (v *VLC) Load(t testing.TB, files ...string) {
	t.Helper()
	v.Command(t, "pl_empty")
	for i, file := range files {
		command := "in_enqueue"
		if i == 0 {
			command = "in_play"
		}
		v.Command(t, command, "input", (&url.URL{Scheme: "file", Path: file}).String())
	}
}

// Pause pauses or plays on.
func (v *VLC) Pause(t testing.TB, paused bool) {
	t.Helper()
	if paused {
		v.Command(t, "pl_forcepause")
		return
	}
	v.Command(t, "pl_forceresume")
}

// Seek goes to a position of whole seconds.
func (v *VLC) Seek(t testing.TB, to time.Duration) {
	t.Helper()
	v.Command(t, "seek", "val", strconv.Itoa(int(to.Seconds())))
}

// Speed changes the speed.
func (v *VLC) Speed(t testing.TB, speed float64) {
	t.Helper()
	v.Command(t, "rate", "val", strconv.FormatFloat(speed, 'f', -1, 64))
}

// Next goes to the next entry of the playlist.
func (v *VLC) Next(t testing.TB) {
	t.Helper()
	v.Command(t, "pl_next")
}

// Stop unloads what plays.
func (v *VLC) Stop(t testing.TB) {
	t.Helper()
	v.Command(t, "pl_stop")
}

// Quit asks VLC to end, for which its interface has no command.
func (v *VLC) Quit(t testing.TB) { v.signal(t, syscall.SIGTERM) }

// Kill ends VLC without a chance to say anything.
func (v *VLC) Kill(t testing.TB) { v.signal(t, syscall.SIGKILL) }

// Freeze stops the process without ending it.
func (v *VLC) Freeze(t testing.TB) { v.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (v *VLC) Thaw(t testing.TB) { v.signal(t, syscall.SIGCONT) }

func (v *VLC) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := v.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// PID is the process of VLC.
func (v *VLC) PID() int { return v.cmd.Process.Pid }

// Exited is closed when VLC has ended.
func (v *VLC) Exited() <-chan struct{} { return v.exited }
