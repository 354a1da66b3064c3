package cli

// browser is what opens an address on the desktop.
func browser(func(string) string) []string {
	return []string{"rundll32", "url.dll,FileProtocolHandler"}
}
