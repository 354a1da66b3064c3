package playerstest

import (
	"os"
	"strconv"
	"testing"
)

// Rounds is how often a test does what chance decides: as often as $SIMKLD_ROUNDS_<name> says, which `make crash` sets,
// else usual times.
func Rounds(t testing.TB, name string, usual int) int {
	t.Helper()
	text := os.Getenv("SIMKLD_ROUNDS_" + name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SIMKLD_ROUNDS_%s is %q, not a number of rounds", name, text)
	}
	return n
}

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
