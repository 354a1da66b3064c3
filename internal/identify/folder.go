package identify

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/matcher"
)

const (
	// mostNames and longestLook bound what is read around a file.
	mostNames   = 2000
	longestLook = 50 * time.Millisecond
	mostNFO     = 1 << 20
	// upTree is how many folders above the file's may hold a tvshow.nfo or movie.nfo: a season's, a disc's.
	upTree = 2
)

// around is what lies beside a file.
type around struct {
	names []string // of the other files in its folder
	nfo   []matcher.NFO
	real  string // the path without links, "" if it cannot be told
}

// folders looks around files. A folder that does not answer in time is never asked again, and where it lies on a network
// mount, nothing else of that mount is.
type folders struct {
	mu     sync.Mutex      // guards what follows
	slow   map[string]bool // folders
	mounts []string
}

// mayAsk reports whether a folder may be looked at.
func (f *folders) mayAsk(dir string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.slow[dir] && !slices.ContainsFunc(f.mounts, func(m string) bool { return inside(dir, m) })
}

// remember notes a folder that did not answer in time.
func (f *folders) remember(dir string) {
	mounts, err := os.ReadFile("/proc/self/mounts") // text of the kernel's: nothing that hangs is asked
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slow[dir] = true
	if err != nil {
		return // not Linux: the folder alone is known
	}
	if m := networkMount(string(mounts), dir); m != "" {
		f.mounts = append(f.mounts, m)
	}
}

func inside(dir, mount string) bool {
	return dir == mount || strings.HasPrefix(dir, strings.TrimSuffix(mount, "/")+"/")
}

// networkMount gives the mount that a folder lies on, by the text of /proc/self/mounts (proc(5), fstab(5)), "" where that is
// of this machine.
func networkMount(mounts, dir string) string {
	mount, remote := "", false
	for line := range strings.Lines(mounts) {
		field := strings.Fields(line)
		if len(field) < 3 {
			continue
		}
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(field[1])
		if inside(dir, at) && len(at) >= len(mount) { // the deepest; of two at one place the later, which covers the other
			mount, remote = at, network(field[2])
		}
	}
	if !remote {
		return ""
	}
	return mount
}

// network reports whether a file system of this type lies on another machine, or behind a program that asks one.
func network(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "davfs", "ncpfs", "glusterfs", "virtiofs":
		return true
	}
	return strings.HasPrefix(kind, "fuse.")
}

// look reads what lies beside a local file; nothing where that takes too long.
func (f *folders) look(ctx context.Context, path string) around {
	dir := filepath.Dir(path)
	if !f.mayAsk(dir) {
		return around{}
	}
	found := make(chan around, 1)
	go func() { // ends when the system answers; nobody waits for it longer than longestLook
		a := around{names: list(dir, filepath.Base(path))}
		a.nfo = readNFO(path, a.names)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			a.real = real
		}
		found <- a
	}()
	timer := time.NewTimer(longestLook)
	defer timer.Stop()
	select {
	case a := <-found:
		return a
	case <-timer.C:
		f.remember(dir)
	case <-ctx.Done():
	}
	return around{}
}

// list gives the names beside own. A file may be played from where nothing else may be read.
func list(dir, own string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	names, err := d.Readdirnames(mostNames)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == own })
}

// readNFO reads the file's own NFO, and those of its film or series in its folder and above, the nearest first.
func readNFO(path string, names []string) []matcher.NFO {
	var all []matcher.NFO
	add := func(file string) {
		if nfo, ok := parseNFO(file); ok {
			all = append(all, nfo)
		}
	}
	dir := filepath.Dir(path)
	if own := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".nfo"; slices.Contains(names, own) {
		add(filepath.Join(dir, own))
	}
	for range upTree + 1 {
		add(filepath.Join(dir, "movie.nfo"))
		add(filepath.Join(dir, "tvshow.nfo"))
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return all
}

func parseNFO(file string) (matcher.NFO, bool) {
	f, err := os.Open(file)
	if err != nil {
		return matcher.NFO{}, false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return matcher.NFO{}, false
	}
	text, err := io.ReadAll(io.LimitReader(f, mostNFO))
	if err != nil {
		return matcher.NFO{}, false
	}
	return matcher.ParseNFO(text)
}
