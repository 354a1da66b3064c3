package doctor

import (
	"bytes"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func isFull(err error) bool     { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// networkFS names a file system on which locks and shared memory do not hold.
func networkFS(path string) string {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return ""
	}
	switch int64(st.Type) { //nolint:unconvert // it is of another size elsewhere
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.SMB_SUPER_MAGIC:
		return "SMB"
	}
	return ""
}

var playerNames = []string{"mpv", "vlc", "celluloid", "smplayer", "haruna", "totem", "kodi.bin"}

// Players are the players that run on this machine.
func Players() []Process {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []Process
	for _, e := range list {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		if err != nil || !slices.Contains(playerNames, strings.TrimSpace(string(name))) {
			continue
		}
		info, err := os.Stat(filepath.Join("/proc", e.Name()))
		if err != nil {
			continue // it ended meanwhile
		}
		p := Process{PID: pid, Name: strings.TrimSpace(string(name))}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Getuid() {
			p.User = strconv.Itoa(int(st.Uid))
			if u, err := user.LookupId(p.User); err == nil {
				p.User = u.Username
			}
		}
		found = append(found, p)
	}
	return found
}

// Container says in what kind of container this process is, "" for none.
func Container() string {
	for file, kind := range map[string]string{"/run/.containerenv": "podman", "/.dockerenv": "docker", "/.flatpak-info": "flatpak"} {
		if exists(file) {
			return kind
		}
	}
	return os.Getenv("container")
}

// Environ is the environment that a process of this user began with, nil where it cannot be read.
func Environ(pid int) []string {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return nil
	}
	var all []string
	for entry := range bytes.SplitSeq(data, []byte{0}) {
		all = append(all, string(entry))
	}
	return all
}
