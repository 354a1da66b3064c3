//go:build unix && !darwin

package cli

// browser is what opens an address on the desktop, nothing where there is no desktop.
func browser(getenv func(string) string) []string {
	if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
		return nil
	}
	return []string{"xdg-open"}
}
