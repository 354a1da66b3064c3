package playerstest

import (
	"os"
	"testing"
)

// Count notes for the last line of `make test` that a real part was started: "mpv", "vlc" or "bus".
func Count(t testing.TB, part string) {
	t.Helper()
	file := os.Getenv("SIMKLD_TEST_COUNTS")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("count %s: %v", part, err)
	}
	defer f.Close()
	if _, err := f.WriteString(part + "\n"); err != nil {
		t.Fatalf("count %s: %v", part, err)
	}
}
