package playerstest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Media makes test files with ffmpeg, each once per test binary.
type Media struct {
	folder string
	sound  bool

	mu   sync.Mutex // guards made
	made map[string]bool
}

// NewMedia makes files in a folder of its own. Close removes it; call it from TestMain.
func NewMedia() (*Media, error) {
	folder, err := os.MkdirTemp("", "clips")
	if err != nil {
		return nil, fmt.Errorf("folder for clips: %w", err)
	}
	return &Media{folder: folder, made: map[string]bool{}}, nil
}

// AddSound gives every clip from now on five pictures a second and a track of silence: VLC's clock lags behind without
// (players.md 3.1). Call it before the first clip.
func (m *Media) AddSound() { m.sound = true }

// Close removes all files.
func (m *Media) Close() error { return os.RemoveAll(m.folder) }

// Folder is where the files are.
func (m *Media) Folder() string { return m.folder }

// The forms of players.md 1. -g 1 makes every picture a keyframe, so that a seek ends where it should.
const (
	black  = "-f lavfi -i color=c=black:s=64x36:r=1:d=%d"
	lively = "-f lavfi -i color=c=black:s=64x36:r=5:d=%d -f lavfi -i anullsrc=r=8000:cl=mono -t %[1]d -c:a aac -b:a 8k"
	slow   = "-f lavfi -i color=c=black:s=64x36:r=1/10:d=%d"
	quiet  = "-f lavfi -i anullsrc=r=8000:cl=mono -t %d"
	h264   = "-c:v libx264 -preset ultrafast -g 1"
)

// Clip is a film without sound, one picture a second, unless AddSound was called.
func (m *Media) Clip(t testing.TB, name string, seconds int, tags ...string) string {
	t.Helper()
	form := black
	if m.sound {
		form = lively
	}
	args := strings.Fields(fmt.Sprintf(form, seconds) + " " + h264)
	for _, tag := range tags {
		args = append(args, "-metadata", tag)
	}
	return m.make(t, name, args...)
}

// Slow is a film with one picture in ten seconds: 45 minutes are 19 kB.
func (m *Media) Slow(t testing.TB, name string, seconds int) string {
	t.Helper()
	return m.make(t, name, strings.Fields(fmt.Sprintf(slow, seconds)+" "+h264)...)
}

// Endless is a file whose header has no length.
func (m *Media) Endless(t testing.TB, name string, seconds int) string {
	t.Helper()
	return m.make(t, name, strings.Fields(fmt.Sprintf(black, seconds)+" "+h264+" -f matroska -live 1")...)
}

// Song is a piece of music without a picture.
func (m *Media) Song(t testing.TB, name string, seconds int) string {
	t.Helper()
	return m.make(t, name, append(strings.Fields(fmt.Sprintf(quiet, seconds)+" -c:a flac"), "-metadata", "title=A Song",
		"-metadata", "artist=An Artist")...)
}

// CoveredSong is a piece of music with a cover in it.
func (m *Media) CoveredSong(t testing.TB, name string, seconds int) string {
	t.Helper()
	song, cover := m.Song(t, "for cover/song.flac", seconds), m.Picture(t, "cover of the song/cover.png")
	return m.make(t, name, "-i", song, "-i", cover, "-map", "0", "-map", "1", "-c", "copy",
		"-disposition:v", "attached_pic")
}

// Picture is a still image.
func (m *Media) Picture(t testing.TB, name string) string {
	t.Helper()
	return m.make(t, name, strings.Fields("-f lavfi -i color=c=red:s=64x64:r=1 -frames:v 1")...)
}

func (m *Media) make(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(m.folder, name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made[name] {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// ffmpeg reads % and : in names as signs of its own: it writes under a plain name.
	plain := filepath.Join(m.folder, "new"+filepath.Ext(name))
	args = append(strings.Fields("-hide_banner -nostdin -loglevel error -y"), args...)
	if out, err := exec.Command("ffmpeg", append(args, plain)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (apt-get install ffmpeg): %v\n%s", err, out)
	}
	if err := os.Rename(plain, path); err != nil {
		t.Fatal(err)
	}
	m.made[name] = true
	return path
}
