package clock

import (
	"time"

	"golang.org/x/sys/windows"
)

// Windows counts in units of 100 ns: the unbiased time leaves sleep out, the tick count does not.
func sinceBoot() (mono, boot time.Duration) {
	var unbiased uint64
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("QueryUnbiasedInterruptTime")
	if r, _, _ := proc.Call(uintptrOf(&unbiased)); r == 0 {
		boot = windows.DurationSinceBoot()
		return boot, boot
	}
	return time.Duration(unbiased) * 100, windows.DurationSinceBoot()
}
