package mpris_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/playerstest"
)

var clips *playerstest.Media

// realAtOnce is how many tests with a real player run at once.
const realAtOnce = 6

// watchOnly names the bus that the test binary watches when it is not to test: its wake-ups are counted from outside.
const watchOnly = "MPRIS_WATCH_ONLY"

// firstSeen says on standard output that a playback was seen.
type firstSeen struct{ once sync.Once }

func (f *firstSeen) Put(players.Event) { f.once.Do(func() { fmt.Println("seen") }) }

func TestMain(m *testing.M) {
	if address := os.Getenv(watchOnly); address != "" {
		src := mpris.New(mpris.Config{Address: address, Now: now})
		if err := src.Run(context.Background(), &firstSeen{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	var err error
	if clips, err = playerstest.NewMedia(); err == nil {
		err = os.Chmod(clips.Folder(), 0o755) // VLC runs as another user
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

var begin = time.Now()

func now() media.Moment {
	t := time.Now()
	return media.Moment{Wall: t.UTC(), Mono: t.Sub(begin), Boot: t.Sub(begin)}
}
