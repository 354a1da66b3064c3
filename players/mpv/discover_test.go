//go:build unix

package mpv_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/playerstest"
)

// plays starts a fake at a socket and waits until its film is told.
func plays(t *testing.T, rec *playerstest.Recorder, socket, path string) players.Event {
	t.Helper()
	f := playerstest.NewFakeMPV()
	f.Play(playerstest.Film{Path: path, Length: time.Hour})
	f.Listen(t, socket)
	return rec.Wait(t, 0, "the film at "+socket, func(e players.Event) bool { return e.Item.Path == path && e.State == players.Playing })
}

func TestSocketsAreFoundWheneverTheyAppear(t *testing.T) {
	for _, tc := range []struct{ name, place, socket string }{
		{"a path", "mpv.sock", "mpv.sock"},
		{"a path below folders that do not exist", "a/b/mpv.sock", "a/b/mpv.sock"},
		{"a folder", "there", "there/4711.sock"},
		{"a folder that does not exist", "run/simkld/mpv", "run/simkld/mpv/any name"},
		{"a glob", "mpv-*.sock", "mpv-1.sock"},
		{"a glob below folders that do not exist", "x/*/mpv.sock", "x/y/mpv.sock"},
		{"a glob of folders", "users/*/mpv", "users/u1/mpv/1.sock"},
		{"a name with signs of a glob", "[odd].sock", "[odd].sock"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := playerstest.ShortDir(t)
			if err := os.MkdirAll(filepath.Join(dir, "there"), 0o700); err != nil {
				t.Fatal(err)
			}
			place, socket := filepath.Join(dir, tc.place), filepath.Join(dir, tc.socket)
			if tc.name == "a name with signs of a glob" {
				if err := os.WriteFile(place, nil, 0o600); err != nil { // what an mpv before left
					t.Fatal(err)
				}
			}
			rec := watch(t, place)
			for _, folder := range []string{filepath.Dir(filepath.Dir(socket)), filepath.Dir(socket)} { // one by one, as a person would
				if err := os.MkdirAll(folder, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			os.Remove(socket)
			plays(t, rec, socket, "/films/a.mkv")
		})
	}
}

func TestSocketThatIsThereAlreadyIsFound(t *testing.T) {
	dir := playerstest.ShortDir(t)
	f := playerstest.NewFakeMPV()
	f.Play(playerstest.Film{Path: "/films/a.mkv", Length: time.Hour})
	f.Listen(t, filepath.Join(dir, "mpv.sock"))
	rec := watch(t, dir, filepath.Join(dir, "*.sock"), filepath.Join(dir, "mpv.sock"))
	first := rec.Wait(t, 0, "it plays", playing)
	f.Pause(true)
	rec.Wait(t, 0, "it is paused", func(e players.Event) bool { return e.State == players.Paused })
	for _, e := range rec.Events() {
		if e.Instance != first.Instance {
			t.Errorf("one player named by three places is told as %q and %q", first.Instance, e.Instance)
		}
	}
}

func TestFolderThatIsTakenAwayAndMadeAgainIsWatched(t *testing.T) {
	dir := filepath.Join(playerstest.ShortDir(t), "mpv")
	rec := watch(t, dir)
	for _, path := range []string{"/films/a.mkv", "/films/b.mkv"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		plays(t, rec, filepath.Join(dir, "mpv.sock"), path)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStaleSocketIsQuietAndStays(t *testing.T) {
	socket := filepath.Join(playerstest.ShortDir(t), "mpv.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	core, logs := observer.New(zap.InfoLevel)
	ctx, cancel := context.WithCancel(t.Context())
	rec := playerstest.NewRecorder()
	done := make(chan error, 1) // one result
	src := mpv.New(mpv.Config{Sockets: []string{socket}, Now: now, Log: zap.New(core)})
	go func() { done <- src.Run(ctx, rec) }()

	if err := os.Remove(socket); err != nil { // a new mpv takes the name
		t.Fatal(err)
	}
	plays(t, rec, socket, "/films/a.mkv")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); err != nil {
		t.Errorf("the socket was touched: %v", err)
	}
	if n := logs.Len(); n != 0 {
		t.Errorf("said was %v", logs.All())
	}
}

func TestThePlayerWhoseSocketWasStolenIsStillWatched(t *testing.T) {
	socket := filepath.Join(playerstest.ShortDir(t), "mpv.sock")
	rec := watch(t, socket)
	a, b := clips.Clip(t, "a.mkv", 60), clips.Clip(t, "b.mkv", 60)
	first := playerstest.StartMPV(t, socket, "", a)
	rec.Wait(t, 0, "the first plays", func(e players.Event) bool { return playing(e) && e.PID == first.PID() })
	second := playerstest.StartMPV(t, socket, "", b)
	rec.Wait(t, 0, "the second plays", func(e players.Event) bool { return playing(e) && e.PID == second.PID() })

	mark := rec.Len()
	first.Pause(t, true)
	rec.Wait(t, mark, "the first is paused", func(e players.Event) bool { return e.State == players.Paused && e.PID == first.PID() })
	second.Kill(t)
	rec.Wait(t, mark, "the second is gone", func(e players.Event) bool { return e.End == players.EndGone && e.PID == second.PID() })
	first.Pause(t, false)
	rec.Wait(t, mark, "the first plays on", func(e players.Event) bool { return playing(e) && e.PID == first.PID() })
}

func TestAPlayerWithTwoSocketsIsToldOnce(t *testing.T) {
	dir := playerstest.ShortDir(t)
	m := playerstest.StartMPV(t, filepath.Join(dir, "one"), "", clips.Clip(t, "a.mkv", 60))
	rec := watch(t, dir)
	rec.Wait(t, 0, "it plays", playing)
	m.Command(t, "set_property", "input-ipc-server", filepath.Join(dir, "two"))
	next := playerstest.StartMPV(t, filepath.Join(dir, "three"), "", clips.Clip(t, "b.mkv", 60))
	rec.Wait(t, 0, "the player that came after it", func(e players.Event) bool { return playing(e) && e.PID == next.PID() })
	names := map[string]bool{}
	for _, e := range rec.Events() {
		if e.PID == m.PID() {
			names[e.Instance] = true
		}
	}
	if len(names) != 1 {
		t.Errorf("one player is told as %v", names)
	}
}

func TestRelativePathOfAPlayerWithAStalePWD(t *testing.T) {
	film := clips.Clip(t, "a.mkv", 60)
	t.Setenv("PWD", "/nowhere")
	m := playerstest.StartMPV(t, filepath.Join(playerstest.ShortDir(t), "mpv.sock"), clips.Folder(), "a.mkv")
	rec := watch(t, m.Socket)
	if e := rec.Wait(t, 0, "it plays", playing); e.Item.Path != film {
		t.Errorf("told as %q, is %q", e.Item.Path, film)
	}
}
