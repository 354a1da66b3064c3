package playerstest

import (
	"fmt"
	"path/filepath"
	"time"
)

// Film is what FakeMPV plays. A Length of 0 is a stream without one.
type Film struct {
	Path   string
	Title  string // "" is the file name
	Tags   map[string]string
	Length time.Duration
	// Video is false for music.
	Music bool
}

// Play loads a film and plays it from the start, in the place of the one before.
func (f *FakeMPV) Play(film Film) {
	f.mu.Lock()
	before := f.film
	f.mu.Unlock()
	if before {
		f.End("stop")
	}
	f.mu.Lock()
	f.entry++
	entry := f.entry
	f.mu.Unlock()
	title := film.Title
	if title == "" {
		title = filepath.Base(film.Path)
	}
	f.Event("start-file", fmt.Sprintf(`"playlist_entry_id":%d`, entry))
	f.Set("path", film.Path)
	f.Set("media-title", title)
	f.Set("idle-active", false)
	f.Move(0, false)
	if film.Length > 0 {
		f.Set("duration", film.Length.Seconds())
	}
	f.Set("metadata", film.Tags)
	if !film.Music {
		f.Set("current-tracks/video/image", false)
		f.Set("current-tracks/video/albumart", false)
	}
	f.Set("eof-reached", false)
	f.Event("file-loaded", "")
	f.Set("seeking", true)
	f.Event("playback-restart", "")
	f.resume()
	f.Set("seeking", false)
}

// Move sets where the film is and whether it runs, and tells nobody.
func (f *FakeMPV) Move(to time.Duration, running bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position, f.since, f.running, f.film = to, time.Now(), running, true
}

// resume lets the film run, unless it is paused.
func (f *FakeMPV) resume() {
	f.mu.Lock()
	run := string(f.props["pause"]) != "true"
	at := f.now()
	f.mu.Unlock()
	f.Move(at, run)
	f.Set("core-idle", !run)
}

// Position is where the film is.
func (f *FakeMPV) Position() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now()
}

// Pause pauses or plays on.
func (f *FakeMPV) Pause(paused bool) {
	f.Move(f.Position(), false)
	f.Set("pause", paused)
	f.resume()
}

// Seek goes to a position.
func (f *FakeMPV) Seek(to time.Duration) {
	f.Move(to, false)
	f.Event("seek", "")
	f.Set("core-idle", true)
	f.Set("seeking", true)
	f.Event("playback-restart", "")
	f.resume()
	f.Set("seeking", false)
}

// Speed changes the speed.
func (f *FakeMPV) Speed(speed float64) {
	f.Move(f.Position(), false)
	f.Rate(speed)
	f.Set("speed", speed)
	f.resume()
}

// Rate sets how fast the position moves, and tells nobody.
func (f *FakeMPV) Rate(speed float64) {
	f.Move(f.Position(), f.moving())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.speed = speed
}

func (f *FakeMPV) moving() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running
}

// Unload takes the position away, and tells nobody.
func (f *FakeMPV) Unload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.film, f.running = false, false
}

// Stall lets the film wait for data, or ends that.
func (f *FakeMPV) Stall(stalled bool) {
	f.Move(f.Position(), false)
	f.Set("paused-for-cache", stalled)
	if stalled {
		f.Set("core-idle", true)
		return
	}
	f.resume()
}

// StayAtEnd is what --keep-open does at the end: paused, nothing is unloaded.
func (f *FakeMPV) StayAtEnd() {
	f.Move(f.Position(), false)
	f.Set("pause", true)
	f.Set("core-idle", true)
	f.Set("eof-reached", true)
}

// End unloads the film: "eof", "stop", "quit", "error".
func (f *FakeMPV) End(reason string) {
	f.mu.Lock()
	entry := f.entry
	f.mu.Unlock()
	f.Unload()
	f.Set("core-idle", true)
	f.Unset("eof-reached", "seeking")
	f.Event("end-file", fmt.Sprintf(`"reason":%q,"playlist_entry_id":%d`, reason, entry))
	f.Unset("path", "media-title", "duration", "metadata", "current-tracks/video/image",
		"current-tracks/video/albumart", "paused-for-cache")
	f.Set("idle-active", true)
}

// Quit ends the film and the connections, as a player that is closed does.
func (f *FakeMPV) Quit() {
	f.End("quit")
	f.HangupWhenSent()
}

// HangupWhenSent closes all connections once everything was sent.
func (f *FakeMPV) HangupWhenSent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for cl := range f.clients {
		cl.last = true
		cl.say(nil)
	}
}
