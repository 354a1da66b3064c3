package netwatch_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/netwatch"
)

// asWatcher makes the test binary a watcher that prints what it hears, in a process of its own.
const asWatcher = "NETWATCH_TEST_WATCHER"

func TestMain(m *testing.M) {
	if address, child := os.LookupEnv(asWatcher); child {
		if err := watch(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// watch prints events until its input ends.
func watch(address string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with the process
		_, err := io.Copy(io.Discard, os.Stdin)
		if err == nil {
			cancel()
		}
	}()
	w := netwatch.New(netwatch.Config{BusAddress: address})
	return w.Run(ctx, func(_ context.Context, e netwatch.Event) { fmt.Println(e) })
}
