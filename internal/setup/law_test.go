//go:build unix

package setup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/setup"
)

// Whatever the order of runs, undoings and changes of the user: after an undoing the file is as the user left it, with
// nothing of ours.
func TestUndoGivesTheUsersFileAfterAnyHistory(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		home := filepath.Join(dir, fmt.Sprint(n))
		s := setup.Surroundings{Home: home, Runtime: home, State: filepath.Join(home, "state")}
		file := filepath.Join(home, rcFile)
		users := "[lua]\n#http-password=\n[core]\n#http-host=\n#extraintf=\nhttp-port=8091\n"
		put(t, file, users)
		for i := range rapid.IntRange(1, 5).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"run", "edit", "undo"}).Draw(rt, "step") {
			case "run":
				apply(t, setup.VLC(s))
			case "edit":
				line := fmt.Sprintf("user-%d=%d\n", i, i)
				users += line
				put(t, file, get(t, s, rcFile)+line)
			case "undo":
				undo(t, setup.VLC(s))
				if got := get(t, s, rcFile); got != users {
					rt.Fatalf("undo gave %q, the user has %q", got, users)
				}
			}
		}
		undo(t, setup.VLC(s))
		if got := get(t, s, rcFile); got != users {
			rt.Fatalf("undo gave %q, the user has %q", got, users)
		}
		left, err := filepath.Glob(filepath.Join(s.State, "*"))
		if err != nil || len(left) != 0 {
			rt.Fatalf("left in the state: %s, %v", strings.Join(left, ", "), err)
		}
		if err := os.RemoveAll(home); err != nil {
			rt.Fatal(err)
		}
	})
}
