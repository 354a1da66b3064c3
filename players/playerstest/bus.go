//go:build unix

package playerstest

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// Bus is a private message bus. It lets every user in, so that a test that runs as root can watch players that refuse
// to (players.md 4.1), and it knows no services, so that nothing is started by asking for it.
type Bus struct {
	// Address is what players and the source are given, Socket the file behind it.
	Address, Socket string

	folder string
	cmd    *exec.Cmd
	exited chan struct{}
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// NewBus starts a bus that ends with the test.
func NewBus(t testing.TB) *Bus {
	t.Helper()
	folder := ShortDir(t)
	if err := os.Chmod(folder, 0o755); err != nil { // players of another user come through it
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "bus")
	b := &Bus{Socket: socket, Address: "unix:path=" + socket, folder: folder}
	b.Start(t)
	return b
}

// Start starts the bus, also again after Kill, and returns when it listens.
func (b *Bus) Start(t testing.TB) {
	t.Helper()
	config := filepath.Join(b.folder, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, b.Socket), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, nil, "--config-file="+config)
}

// run starts dbus-daemon and waits for the address that it prints when it listens.
func (b *Bus) run(t testing.TB, as *syscall.Credential, args ...string) {
	t.Helper()
	cmd := exec.Command("dbus-daemon", append(args, "--nofork", "--nopidfile", "--print-address=1")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start a bus (apt-get install dbus-daemon): %v", err)
	}
	Count(t, "bus")
	exited := make(chan struct{})
	address := make(chan string, 1) // one line
	go func() {                     // ends when the bus does, which Cleanup makes sure of
		defer close(exited)
		line, _ := bufio.NewReader(out).ReadString('\n')
		address <- line
		cmd.Wait()
	}()
	b.cmd, b.exited = cmd, exited
	t.Cleanup(func() { end(cmd, exited) })
	select {
	case line := <-address:
		if !strings.HasPrefix(line, "unix:") {
			t.Fatalf("the bus does not start: %q", line)
		}
	case <-time.After(Patience):
		t.Fatal("the bus does not start")
	}
}

func end(cmd *exec.Cmd, exited <-chan struct{}) {
	cmd.Process.Kill()
	<-exited
}

// Kill ends the bus as kill -9 does; its socket stays behind.
func (b *Bus) Kill(t testing.TB) {
	t.Helper()
	end(b.cmd, b.exited)
}

// NewBusOf starts a bus with the policy of a desktop, which lets only the given user in.
func NewBusOf(t testing.TB, uid int) *Bus {
	t.Helper()
	folder := ShortDir(t)
	if err := os.Chown(folder, uid, uid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "bus")
	b := &Bus{Socket: socket, Address: "unix:path=" + socket, folder: folder}
	b.run(t, &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}, "--session", "--address="+b.Address)
	return b
}

// Dial gives a connection of the test's own, which ends with the test.
func (b *Bus) Dial(t testing.TB) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// environment is that of a desktop whose session bus is b.
func (b *Bus) environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PWD=" + home,
		"DBUS_SESSION_BUS_ADDRESS=" + b.Address,
	}
}

// mprisPlugin is where Debian has mpv's plugin.
const mprisPlugin = "/usr/lib/mpv-mpris/mpris.so"

// MPV starts a real mpv with the MPRIS plugin. Its commands go over its own socket.
func (b *Bus) MPV(t testing.TB, args ...string) *MPV {
	t.Helper()
	home := ShortDir(t)
	m := &MPV{Socket: filepath.Join(home, "mpv.sock"), exited: make(chan struct{}), answers: map[int]chan answer{}}
	all := append([]string{
		"--no-config", "--script=" + mprisPlugin, "--vo=null", "--ao=null", "--no-terminal", "--idle=yes",
		"--input-ipc-server=" + m.Socket,
	}, args...)
	m.cmd = exec.Command("mpv", all...)
	m.cmd.Dir, m.cmd.Env = home, b.environment(home)
	if err := m.cmd.Start(); err != nil {
		t.Fatalf("start mpv (apt-get install mpv mpv-mpris): %v", err)
	}
	Count(t, "mpv")
	go func() { // ends when mpv does, which Cleanup makes sure of
		m.cmd.Wait()
		close(m.exited)
	}()
	t.Cleanup(func() { m.end() })
	m.connect(t, nil)
	return m
}

// BusPlayer is a player that is steered over the bus, as a desktop's media keys do.
type BusPlayer struct {
	cmd    *exec.Cmd
	exited chan struct{}
	conn   *dbus.Conn
	name   string
}

var _ Player = (*BusPlayer)(nil)

// VLC starts a real VLC without screen and sound, as an unprivileged user where the test runs as root.
func (b *Bus) VLC(t testing.TB, args ...string) *BusPlayer {
	t.Helper()
	all := append([]string{
		"-I", "dummy", "--vout", "dummy", "--aout", "dummy", "--no-metadata-network-access", "--no-video-title-show",
	}, args...)
	return b.Player(t, "vlc", all...)
}

// Player starts a program that puts itself on the bus, and waits until it is there.
func (b *Bus) Player(t testing.TB, program string, args ...string) *BusPlayer {
	t.Helper()
	home := ShortDir(t)
	p := &BusPlayer{exited: make(chan struct{}), conn: b.Dial(t)}
	p.cmd = exec.Command(program, args...)
	Count(t, program)
	p.cmd.Dir, p.cmd.Env = home, b.environment(home)
	if os.Geteuid() == 0 {
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	appeared := make(chan *dbus.Signal, 100) // more than come while a player starts
	p.conn.Signal(appeared)
	defer p.conn.RemoveSignal(appeared)
	err := p.conn.AddMatchSignal(dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg0Namespace("org.mpris.MediaPlayer2"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s (apt-get install %[1]s): %v", program, err)
	}
	go func() { // ends when the player does, which Cleanup makes sure of
		p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() { end(p.cmd, p.exited) })
	p.await(t, program, appeared)
	return p
}

// await waits until the player owns a name.
func (p *BusPlayer) await(t testing.TB, program string, appeared <-chan *dbus.Signal) {
	t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	for {
		select {
		case s := <-appeared:
			var name, before, after string
			if dbus.Store(s.Body, &name, &before, &after) != nil || after == "" {
				continue
			}
			var pid uint32
			p.conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, after).Store(&pid)
			if int(pid) == p.PID() {
				p.name = name
				return
			}
		case <-p.exited:
			t.Fatalf("%s ended at once: %v", program, p.cmd.ProcessState)
		case <-deadline.C:
			t.Fatalf("%s does not appear on the bus", program)
		}
	}
}

// PID is the process of the player.
func (p *BusPlayer) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the player has ended.
func (p *BusPlayer) Exited() <-chan struct{} { return p.exited }

func (p *BusPlayer) object() dbus.BusObject { return p.conn.Object(p.name, "/org/mpris/MediaPlayer2") }

func (p *BusPlayer) call(t testing.TB, method string, args ...any) {
	t.Helper()
	if err := p.object().Call("org.mpris.MediaPlayer2."+method, 0, args...).Err; err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

// Load plays the files one after the other, in the place of what played before.
func (p *BusPlayer) Load(t testing.TB, files ...string) {
	t.Helper()
	for i, file := range files {
		uri := (&url.URL{Scheme: "file", Path: file}).String()
		if i == 0 {
			p.call(t, "Player.OpenUri", uri)
			continue
		}
		p.call(t, "TrackList.AddTrack", uri, dbus.ObjectPath("/org/mpris/MediaPlayer2/TrackList/Append"), false)
	}
}

// Pause pauses or plays on.
func (p *BusPlayer) Pause(t testing.TB, paused bool) {
	t.Helper()
	method := "Player.Play"
	if paused {
		method = "Player.Pause"
	}
	p.call(t, method)
}

// Seek goes to a position.
func (p *BusPlayer) Seek(t testing.TB, to time.Duration) {
	t.Helper()
	v, err := p.object().GetProperty("org.mpris.MediaPlayer2.Player.Metadata")
	if err != nil {
		t.Fatal(err)
	}
	track, _ := v.Value().(map[string]dbus.Variant)["mpris:trackid"].Value().(dbus.ObjectPath)
	p.call(t, "Player.SetPosition", track, to.Microseconds())
}

// Speed changes the speed.
func (p *BusPlayer) Speed(t testing.TB, speed float64) {
	t.Helper()
	if err := p.object().SetProperty("org.mpris.MediaPlayer2.Player.Rate", dbus.MakeVariant(speed)); err != nil {
		t.Fatal(err)
	}
}

// Next goes to the next entry of the playlist.
func (p *BusPlayer) Next(t testing.TB) {
	t.Helper()
	p.call(t, "Player.Next")
}

// Stop unloads what plays.
func (p *BusPlayer) Stop(t testing.TB) {
	t.Helper()
	p.call(t, "Player.Stop")
}

// Quit ends the player as its user does. It may be gone before it answers.
func (p *BusPlayer) Quit(t testing.TB) {
	t.Helper()
	p.object().Go("org.mpris.MediaPlayer2.Quit", dbus.FlagNoReplyExpected, nil)
}

// Kill ends the player without a chance to say anything.
func (p *BusPlayer) Kill(t testing.TB) { p.signal(t, syscall.SIGKILL) }

// Freeze stops the process without ending it.
func (p *BusPlayer) Freeze(t testing.TB) { p.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *BusPlayer) Thaw(t testing.TB) { p.signal(t, syscall.SIGCONT) }

func (p *BusPlayer) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
