//go:build unix

package playerstest

import (
	"syscall"
	"testing"
	"time"
)

var _ Player = (*MPV)(nil)

// Load replaces the playlist.
func (m *MPV) Load(t testing.TB, files ...string) {
	t.Helper()
	for i, file := range files {
		how := "append"
		if i == 0 {
			how = "replace"
		}
		m.Command(t, "loadfile", file, how)
	}
}

// Pause pauses or plays on.
func (m *MPV) Pause(t testing.TB, paused bool) {
	t.Helper()
	m.Command(t, "set_property", "pause", paused)
}

// Seek goes to a position.
func (m *MPV) Seek(t testing.TB, to time.Duration) {
	t.Helper()
	m.Command(t, "seek", to.Seconds(), "absolute")
}

// Speed changes the speed.
func (m *MPV) Speed(t testing.TB, speed float64) {
	t.Helper()
	m.Command(t, "set_property", "speed", speed)
}

// Next goes to the next entry of the playlist.
func (m *MPV) Next(t testing.TB) {
	t.Helper()
	m.Command(t, "playlist-next")
}

// Stop unloads what plays.
func (m *MPV) Stop(t testing.TB) {
	t.Helper()
	m.Command(t, "stop")
}

// Quit ends mpv as its window's close button does.
func (m *MPV) Quit(t testing.TB) {
	t.Helper()
	if _, err := m.Try("quit"); err != nil {
		select {
		case <-m.exited: // it was faster than its answer
		default:
			t.Fatal(err)
		}
	}
}

// Kill ends mpv without a chance to say anything.
func (m *MPV) Kill(t testing.TB) { m.signal(t, syscall.SIGKILL) }

// Freeze stops the process without ending it.
func (m *MPV) Freeze(t testing.TB) { m.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (m *MPV) Thaw(t testing.TB) { m.signal(t, syscall.SIGCONT) }

func (m *MPV) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
