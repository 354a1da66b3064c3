package vlc_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/players/playerstest"
)

var clips *playerstest.Media

// realAtOnce is how many tests with a real player run at once.
const realAtOnce = 6

func TestMain(m *testing.M) {
	var err error
	if clips, err = playerstest.NewMedia(); err == nil {
		clips.AddSound()
		err = os.Chmod(clips.Folder(), 0o755) // VLC runs as nobody where the test is root
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Real players mostly wait: more of them at once than there are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(max(realAtOnce, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := clips.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
