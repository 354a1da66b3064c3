// Command simkld tells Simkl what the media players of this machine play.
//
// It owns nothing but the edges of the process: its streams, its signals and its exit code. What the commands do is in
// internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/simkld/simkld/internal/cli"
)

func main() { os.Exit(run()) }

// threads bounds how many run at once: there is never more to do, and a number that is set is not looked up again and
// again by Go's runtime, which would wake an idle daemon.
const threads = 4

func run() int {
	runtime.GOMAXPROCS(min(threads, runtime.GOMAXPROCS(0)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the system's own handling is back, so that a second one leaves at once.
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, cli.System(), os.Args[1:])
}
