package setup

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// runningVLC are the processes of this user that are VLC. known is false where that cannot be told.
func runningVLC() (pids []int, known bool) {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	for _, e := range list {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if isVLC(filepath.Join("/proc", e.Name())) {
			pids = append(pids, pid)
		}
	}
	return pids, true
}

// isVLC tells a living process of this user with that name. A process that ends meanwhile is none.
func isVLC(proc string) bool {
	info, err := os.Stat(proc)
	if err != nil {
		return false
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
		return false
	}
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return false
	}
	// 4242 (vlc) S ...: the name may hold anything, the state is the first thing behind it.
	_, rest, _ := bytes.Cut(stat, []byte("("))
	end := bytes.LastIndexByte(rest, ')')
	if end < 0 || len(rest) < end+3 || rest[end+2] == 'Z' {
		return false
	}
	return string(rest[:end]) == "vlc"
}
