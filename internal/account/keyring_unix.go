//go:build unix && !darwin

package account

import (
	"os"
	"path/filepath"
	"strconv"
)

// keyringReachable reports whether there is a session bus, which the Secret Service is on.
func keyringReachable(getenv func(string) string) bool {
	if getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus"))
	return err == nil
}
