package app

import "golang.org/x/sys/windows"

// alive reports whether a process is there.
func alive(pid int) bool {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return false
	}
	var code uint32
	err = windows.GetExitCodeProcess(h, &code)
	const stillActive = 259
	return windows.CloseHandle(h) == nil && err == nil && code == stillActive
}
