//go:build unix

package playerstest

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// VLCPassword is the password of every VLC that RealVLC starts.
const VLCPassword = "a secret + 1"

// NoVLCPassword is the argument that takes the password away.
const NoVLCPassword = "--http-password="

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
		URL:  "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		http: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: Patience},
	}
	t.Cleanup(func() {
		if v.exited != nil {
			v.cmd.Process.Kill()
			<-v.exited
		}
		v.http.CloseIdleConnections()
	})
	ready := http.StatusOK
	if slices.Contains(args, NoVLCPassword) {
		ready = http.StatusNotFound // all that it says
	}
	// Seen with VLC 3.0.24: of some hundred starts on a busy machine one ends in a segmentation fault.
	for range 3 {
		v.launch(t, port, args)
		if v.connect(t, ready) {
			return v
		}
	}
	t.Fatalf("VLC ended at once, three times: %v", v.cmd.ProcessState)
	return nil
}

func (v *VLC) launch(t testing.TB, port int, args []string) {
	t.Helper()
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
	Count(t, "vlc")
	cmd, exited := v.cmd, make(chan struct{})
	v.exited = exited
	go func() { // ends when VLC does, which Cleanup makes sure of
		cmd.Wait()
		close(exited)
	}()
}

// lastPort is the port that was given away last.
var lastPort atomic.Int32

// freePort is a port below those that the system gives to outgoing connections, and never the same one twice: a VLC
// whose port is taken plays on without an interface.
func freePort(t testing.TB) int {
	t.Helper()
	const first, ports = 12000, 20000
	start := os.Getpid() * 101 // another test binary begins elsewhere
	for range 1000 {
		port := first + (start+int(lastPort.Add(1)))%ports
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// connect waits until VLC answers; false if it ended instead.
func (v *VLC) connect(t testing.TB, ready int) bool {
	t.Helper()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.Now().Add(Patience); ; {
		code, err := v.request("")
		if err == nil && code == ready {
			return true
		}
		if time.Now().After(deadline) {
			t.Fatalf("VLC does not answer: %d, %v", code, err)
		}
		select {
		case <-retry.C:
		case <-v.exited:
			return false
		}
	}
}

func (v *VLC) request(query string) (int, error) {
	req, err := http.NewRequest(http.MethodGet, v.URL+"/requests/status.json"+query, nil)
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth("", VLCPassword)
	resp, err := v.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// Command sends a command, given as name and value pairs.
func (v *VLC) Command(t testing.TB, command string, pairs ...string) {
	t.Helper()
	var query strings.Builder
	query.WriteString("?command=" + command)
	for i := 0; i < len(pairs); i += 2 {
		query.WriteString("&" + pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	code, err := v.request(strings.ReplaceAll(query.String(), "+", "%20"))
	if err != nil || code != http.StatusOK {
		t.Fatalf("VLC: %s: %d, %v", command, code, err)
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
