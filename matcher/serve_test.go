package matcher_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/simkld/simkld/matcher"
)

// TestMain serves the corpus contract instead of testing where MATCHER_SERVE is set, so that score.py can run the
// test binary as its command.
func TestMain(m *testing.M) {
	if os.Getenv("MATCHER_SERVE") != "" {
		if err := matcher.ServeJSONL(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
