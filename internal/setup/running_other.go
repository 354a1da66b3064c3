//go:build !linux

package setup

// runningVLC is not known here: the person is asked to close it.
func runningVLC() (pids []int, known bool) { return nil, false }
