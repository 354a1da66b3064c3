package identify

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// mostNames and longestLook bound what is read of a folder.
	mostNames   = 2000
	longestLook = 50 * time.Millisecond
)

// folders lists what lies beside a file. A folder that does not answer in time (a network mount that hangs) is never
// asked again.
type folders struct {
	mu   sync.Mutex // guards slow
	slow map[string]bool
}

// names lists a folder; nothing where it cannot be read in time.
func (f *folders) names(ctx context.Context, dir string) []string {
	f.mu.Lock()
	slow := f.slow[dir]
	f.mu.Unlock()
	if slow {
		return nil
	}
	found := make(chan []string, 1)
	go func() { // ends when the system answers; nobody waits for it longer than longestLook
		found <- list(dir)
	}()
	timer := time.NewTimer(longestLook)
	defer timer.Stop()
	select {
	case names := <-found:
		return names
	case <-timer.C:
		f.mu.Lock()
		f.slow[dir] = true
		f.mu.Unlock()
	case <-ctx.Done():
	}
	return nil
}

func list(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil // a file may be played from where nothing else may be read
	}
	names, err := d.Readdirnames(mostNames)
	if cerr := d.Close(); err != nil || cerr != nil {
		return nil
	}
	return names
}

// resolved is the path without links, "" where it has none or cannot be told in time.
func (f *folders) resolved(ctx context.Context, path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	found := make(chan string, 1)
	go func() { // as above
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			real = ""
		}
		found <- real
	}()
	timer := time.NewTimer(longestLook)
	defer timer.Stop()
	select {
	case real := <-found:
		return real
	case <-timer.C:
	case <-ctx.Done():
	}
	return ""
}
