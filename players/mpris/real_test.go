//go:build linux

package mpris_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

func playing(e players.Event) bool { return e.State == players.Playing && e.Known }

func TestVLCThatIsTwiceOnTheBusIsOnePlayer(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	_, rec := watch(t, bus.Address)
	v := bus.VLC(t, "--control", "dbus")
	v.Load(t, clips.Clip(t, "film.mkv", 60))
	first := rec.Wait(t, 0, "it plays", playing)
	v.Pause(t, true)
	rec.Wait(t, 0, "it is paused", func(e players.Event) bool { return e.State == players.Paused })
	v.Quit(t)
	rec.Wait(t, 0, "it is gone", func(e players.Event) bool { return e.End == players.EndGone })
	<-v.Exited()
	for _, e := range rec.Events() {
		if e.Instance != first.Instance || e.Player != "VLC media player" {
			t.Errorf("told as %+v", e)
		}
	}
}

func TestPlayerctldIsIgnored(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	m := bus.MPV(t)
	bus.Player(t, "playerctld")
	_, rec := watch(t, bus.Address)
	m.Load(t, clips.Clip(t, "film.mkv", 60))
	rec.Wait(t, 0, "it plays", playing)
	m.Pause(t, true)
	rec.Wait(t, 0, "it is paused", func(e players.Event) bool { return e.State == players.Paused })
	for _, e := range rec.Events() {
		if e.PID != m.PID() {
			t.Errorf("told as %+v", e)
		}
	}
}

func TestPlayerThatPlaysAlreadyIsFound(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	m := bus.MPV(t)
	m.Load(t, clips.Clip(t, "film.mkv", 60))
	waitUntil(t, "it is loaded", func() bool { _, err := m.Try("seek", 30, "absolute"); return err == nil })
	_, rec := watch(t, bus.Address)
	if e := rec.Wait(t, 0, "it plays", playing); e.Position < 28*time.Second || e.PID != m.PID() {
		t.Errorf("told as %+v", e)
	}
}

func TestSameFileLaterAgainIsASecondPlaybackOfMPV(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	m := bus.MPV(t)
	_, rec := watch(t, bus.Address)
	film := clips.Clip(t, "film.mkv", 60)
	m.Load(t, film)
	rec.Wait(t, 0, "it plays", playing)
	m.Seek(t, 40*time.Second)
	rec.Wait(t, 0, "it jumped", func(e players.Event) bool { return e.Jumped })
	m.Load(t, film)
	rec.Wait(t, 0, "the first is over", func(e players.Event) bool { return e.State == players.Stopped })
	if e := rec.Wait(t, 0, "the second plays", func(e players.Event) bool { return e.Playback == 2 && playing(e) }); e.Position > 5*time.Second {
		t.Errorf("told as %+v", e)
	}
}

func TestBusThatDiesAndComesBackIsWatchedAgain(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	src, rec := watch(t, bus.Address)
	first := bus.MPV(t)
	first.Load(t, clips.Clip(t, "film.mkv", 60))
	rec.Wait(t, 0, "the first plays", playing)
	bus.Kill(t)
	waitUntil(t, "the trouble is known", func() bool { return src.Trouble() != nil && src.Trouble().Kind == mpris.Unreachable })
	if err := os.Remove(bus.Socket); err != nil {
		t.Fatal(err)
	}
	bus.Start(t)
	second := bus.MPV(t)
	second.Load(t, clips.Clip(t, "second.mkv", 60))
	e := rec.Wait(t, 0, "the second plays", func(e players.Event) bool { return playing(e) && e.PID == second.PID() })
	for _, before := range rec.Events() {
		if before.PID == first.PID() && before.Instance == e.Instance {
			t.Errorf("two players are both %q", e.Instance)
		}
	}
	if tr := src.Trouble(); tr != nil {
		t.Errorf("the trouble is still %v", tr)
	}
	rec.WaitFor(t, 50*time.Second, 0, "the first is gone",
		func(e players.Event) bool { return e.PID == first.PID() && e.End == players.EndGone })
}

func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(playerstest.Patience); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", playerstest.Patience, what)
		}
	}
}

func TestBusThatAppearsLaterIsWatched(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	bus.Kill(t)
	folder := filepath.Dir(bus.Socket)
	if err := os.Remove(bus.Socket); err != nil {
		t.Fatal(err)
	}
	rec := playerstest.NewRecorder()
	src := watchTo(t, rec, mpris.Config{Getenv: func(name string) string {
		return map[string]string{"XDG_RUNTIME_DIR": folder, "DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}[name]
	}})
	waitUntil(t, "it is known that there is no bus", func() bool { return src.Trouble() != nil })
	if tr := src.Trouble(); tr.Kind != mpris.NoBus {
		t.Errorf("the trouble is %v", tr)
	}
	bus.Start(t)
	bus.MPV(t).Load(t, clips.Clip(t, "film.mkv", 60))
	rec.Wait(t, 0, "it plays", playing)
}

func TestAddressOfABusThatIsGoneHidesNoOther(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	rec := playerstest.NewRecorder()
	watchTo(t, rec, mpris.Config{Getenv: func(name string) string {
		return map[string]string{
			"XDG_RUNTIME_DIR": filepath.Dir(bus.Socket), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus",
		}[name]
	}})
	bus.MPV(t).Load(t, clips.Clip(t, "film.mkv", 60))
	rec.Wait(t, 0, "it plays", playing)
}

func TestBusOfAnotherUserIsSaidOnce(t *testing.T) {
	t.Parallel()
	address, uid := "unix:path=/etc/passwd", 0 // what root owns is as good as a bus of root's that refuses
	if os.Geteuid() == 0 {
		uid = 65534
		address = playerstest.NewBusOf(t, uid).Address
	}
	core, logged := observer.New(zap.InfoLevel)
	src := mpris.New(mpris.Config{Address: address, Now: now, Log: zap.New(core)})
	run(t, src, playerstest.NewRecorder())
	waitUntil(t, "the trouble is known", func() bool { return src.Trouble() != nil })
	tr := src.Trouble()
	if tr.Kind != mpris.Refused || tr.UID != uid || !strings.Contains(tr.String(), "run simkld as the user who plays") {
		t.Errorf("the trouble is %+v: %v", tr, tr)
	}
	time.Sleep(2500 * time.Millisecond) // longer than the first pauses between attempts would be
	if n := logged.Len(); n != 1 {
		t.Errorf("said %d times: %v", n, logged.All())
	}
}

// child runs this test binary as nothing but a source on a bus, so that its wake-ups and its CPU time can be counted.
func child(t *testing.T, address string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), watchOnly+"="+address)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n') // it has seen the player that is there
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return cmd.Process.Pid
}

// wakeUps is how often the threads of a process went to sleep by themselves.
func wakeUps(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	sum := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if after, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, _ := strconv.Atoi(strings.TrimSpace(after))
				sum += n
			}
		}
	}
	return sum
}

// cpu is the time that a process used.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func TestUnrelatedClientsWakeNobodyUp(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	m := bus.MPV(t)
	m.Load(t, clips.Clip(t, "film.mkv", 60))
	pid := child(t, bus.Address)
	m.Stop(t)
	settled := wakeUps(t, pid)
	waitUntil(t, "it is idle", func() bool {
		time.Sleep(1500 * time.Millisecond) // longer than every hold
		before := settled
		settled = wakeUps(t, pid)
		return settled == before
	})
	for range 50 {
		c, err := dbus.Connect(bus.Address)
		if err != nil {
			t.Fatal(err)
		}
		c.RequestName("org.example.Unrelated", dbus.NameFlagDoNotQueue)
		c.Emit("/org/example", "org.example.Something.Happened", "x")
		c.Emit("/org/mpris/MediaPlayer2", "org.freedesktop.DBus.Properties.PropertiesChanged", "org.example.Other",
			map[string]dbus.Variant{}, []string{})
		c.Close()
	}
	time.Sleep(500 * time.Millisecond)
	if n := wakeUps(t, pid) - settled; n != 0 {
		t.Errorf("woken up %d times", n)
	}
}

// loud is a player of the test's own on a real bus.
type loud struct {
	*dbus.Conn
	begun time.Time
}

func newLoud(t *testing.T, bus *playerstest.Bus, path string) *loud {
	t.Helper()
	l := &loud{Conn: bus.Dial(t), begun: time.Now()}
	if err := l.Export(l, "/org/mpris/MediaPlayer2", "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.RequestName("org.mpris.MediaPlayer2.loud", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	l.changed(t, map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file(path)})
	return l
}

// GetAll answers the source.
func (l *loud) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	return map[string]dbus.Variant{
		"PlaybackStatus": dbus.MakeVariant("Playing"), "Metadata": file("/films/loud.mkv"),
		"Position": dbus.MakeVariant(time.Since(l.begun).Microseconds()),
	}, nil
}

func (l *loud) changed(t *testing.T, props map[string]dbus.Variant) {
	t.Helper()
	err := l.Emit("/org/mpris/MediaPlayer2", "org.freedesktop.DBus.Properties.PropertiesChanged",
		"org.mpris.MediaPlayer2.Player", props, []string{})
	if err != nil {
		t.Fatal(err)
	}
}

func (l *loud) seeked(t *testing.T) {
	t.Helper()
	if err := l.Emit("/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player.Seeked", time.Since(l.begun).Microseconds()); err != nil {
		t.Fatal(err)
	}
}

func TestPlayerThatSignalsFourTimesASecondCostsNextToNothing(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	l := newLoud(t, bus, "/films/loud.mkv")
	pid := child(t, bus.Address)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	before := cpu(t, pid)
	for range 40 {
		<-tick.C
		l.seeked(t)
		l.changed(t, map[string]dbus.Variant{"Metadata": file("/films/loud.mkv")})
	}
	used := cpu(t, pid) - before
	t.Logf("%v of 10 s", used)
	if used > 500*time.Millisecond { // without the race detector it is a tenth (docs/performance.md)
		t.Errorf("used %v of 10 s", used)
	}
}

func TestFloodAndHugeMetadataHarmNoOther(t *testing.T) {
	t.Parallel()
	bus := playerstest.NewBus(t)
	_, rec := watch(t, bus.Address)
	m := bus.MPV(t)
	m.Load(t, clips.Clip(t, "film.mkv", 60))
	rec.Wait(t, 0, "it plays", playing)
	l := newLoud(t, bus, "/films/loud.mkv")
	began := time.Now()
	flooded := make(chan struct{})
	go func() { // ends with the flood
		defer close(flooded)
		huge := file("/films/huge.mkv", "xesam:title", strings.Repeat("x", 1<<20))
		for n := range 10_000 {
			l.seeked(t)
			if n%1000 == 0 {
				l.changed(t, map[string]dbus.Variant{"Metadata": huge})
			}
		}
	}()
	mark := rec.Len()
	m.Pause(t, true)
	rec.Wait(t, mark, "the pause of the other", func(e players.Event) bool { return e.PID == m.PID() && e.State == players.Paused })
	<-flooded
	mark = rec.Len()
	m.Pause(t, false)
	rec.Wait(t, mark, "the other plays on", func(e players.Event) bool { return e.PID == m.PID() && playing(e) })
	loudly := slices.DeleteFunc(rec.Events(), func(e players.Event) bool { return e.PID == m.PID() })
	if most := 200 + 25*int(time.Since(began).Seconds()); len(loudly) > most {
		t.Errorf("%d events for 10,000 signals", len(loudly))
	}
	for _, e := range loudly {
		if len(e.Item.Title) > 1<<16 {
			t.Fatal("a title of a megabyte was told")
		}
	}
}

// Nothing but the bus reaches these players: the seek is SetPosition.
func TestPlayerOnTheBusGoesWhereItIsAsked(t *testing.T) {
	t.Parallel()
	own := newClips(t)
	own.AddSound()
	for name, start := range map[string]func(bus *playerstest.Bus) playerstest.Player{
		"mpv": func(bus *playerstest.Bus) playerstest.Player { return bus.MPV(t) },
		"VLC": func(bus *playerstest.Bus) playerstest.Player { return bus.VLC(t) },
	} {
		bus := playerstest.NewBus(t)
		src, rec := watch(t, bus.Address)
		film := own.Clip(t, name+".mkv", 600)
		start(bus).Load(t, film)
		e := rec.Wait(t, 0, name+" plays", playing)
		if !src.Seek(e.Instance, film, 5*time.Minute) || src.Seek("nobody", film, 5*time.Minute) {
			t.Errorf("%s: who is reached is mixed up", name)
		}
		got := rec.Wait(t, 0, name+" went there", func(e players.Event) bool { return e.Jumped && e.Known })
		if (got.Position - 5*time.Minute).Abs() > 3*time.Second {
			t.Errorf("%s is at %v", name, got.Position)
		}
		mark := rec.Len()
		src.Seek(e.Instance, "/films/another.mkv", time.Minute) // by now it plays another file, so to speak
		time.Sleep(time.Second)
		for _, e := range rec.Events()[mark:] {
			if e.Jumped {
				t.Errorf("%s went elsewhere in the wrong file: %+v", name, e)
			}
		}
	}
}
