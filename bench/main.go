//go:build linux

// Command bench measures what simkld costs on this machine and prints the table of docs/performance.md: a real mpv,
// the binary as it is shipped, and the sandbox as Simkl.
//
//	go run ./bench ./simkld
//
// It only reads /proc while it measures, so that it never wakes what it measures. It must not be part of the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(bench()) } //nolint:forbidigo // this is main

func bench() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	short := flag.Bool("short", false, "leave out the 300 seconds of idling")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./bench [-short] BINARY")
		return 2
	}
	if err := run(ctx, os.Stdout, flag.Arg(0), *short); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

// figure is a line of the table.
type figure struct{ what, must, aim, got string }

func run(ctx context.Context, out io.Writer, binary string, short bool) (err error) {
	w, err := newWorld(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	figures := []func(context.Context) ([]figure, error){w.size, w.starts, w.idle, w.long, w.playing, w.latency, w.floor}
	if short {
		figures = slices.Delete(figures, 3, 4)
	}
	fmt.Fprintf(out, "%s\n\n| | must | aim | measured |\n| --- | --- | --- | --- |\n", machine())
	for _, measure := range figures {
		list, err := measure(ctx)
		if err != nil {
			return err
		}
		for _, f := range list {
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", f.what, f.must, f.aim, f.got)
		}
	}
	return nil
}

// machine says where this is measured.
func machine() string {
	field := func(file, key string) string {
		text, _ := os.ReadFile(file) // what cannot be read is left out
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
				return strings.TrimSpace(value)
			}
		}
		return "?"
	}
	version, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("%s, %d processors, Linux %s, load %s at the beginning", field("/proc/cpuinfo", "model name"),
		processors(), strings.TrimSpace(string(version)), strings.Join(strings.Fields(string(load))[:1], ""))
}

func (w *world) size(context.Context) ([]figure, error) {
	info, err := os.Stat(w.binary)
	if err != nil {
		return nil, err
	}
	return []figure{{"stripped binary", "18 MiB", "14 MiB", mib(info.Size() >> 10)}}, nil
}

// starts measures from exec to the line that says ready, with the state of an earlier run.
func (w *world) starts(ctx context.Context) ([]figure, error) {
	var took []float64
	for range 11 {
		began := time.Now()
		if err := w.start(ctx); err != nil {
			return nil, err
		}
		took = append(took, ms(time.Since(began)))
		if err := w.stop(); err != nil {
			return nil, err
		}
	}
	first, later := took[0], took[1:]
	return []figure{{
		"start to ready", "100 ms", "50 ms",
		fmt.Sprintf("%.0f ms (median of %d; the first one, which makes the state, %.0f ms)", median(later), len(later), first),
	}}, nil
}

// settle is how long the start-up work is left out of what follows.
const settle = 8 * time.Second

// idle measures with one idle mpv connected.
func (w *world) idle(ctx context.Context) ([]figure, error) {
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	if err := w.startMPV(ctx); err != nil {
		return nil, err
	}
	if err := pass(ctx, settle); err != nil {
		return nil, err
	}
	c, err := w.watch(ctx, 30*time.Second)
	if err != nil {
		return nil, err
	}
	m, err := memoryOf(w.daemon.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []figure{
		{"idle, 30 s: CPU / context switches", "10 ms / 6", "0 / 0", c.String()},
		{
			"resident memory, idle", "18 MiB", "12 MiB",
			fmt.Sprintf("%s (PSS %s, private dirty %s)", mib(m.rss), mib(m.pss), mib(m.dirty)),
		},
	}, nil
}

func (w *world) long(ctx context.Context) ([]figure, error) {
	c, err := w.watch(ctx, 300*time.Second)
	return []figure{{"idle, 300 s: CPU / context switches", "10 switches", "", c.String()}}, err
}

// playing measures in the middle of an episode at its own speed.
func (w *world) playing(ctx context.Context) ([]figure, error) {
	if err := w.mpv.load(w.film(0)); err != nil {
		return nil, err
	}
	if err := pass(ctx, settle); err != nil {
		return nil, err
	}
	c, err := w.watch(ctx, 30*time.Second)
	return []figure{{"playing, 30 s: CPU / context switches", "20 ms / 60", "5 ms / 20", c.String()}}, err
}

const (
	samples = 36
	// perFilm keeps below the 40 live calls that one session may make.
	perFilm = 12
	gap     = 1300 * time.Millisecond
)

// latency measures from just before the command is written to mpv to the first byte of the request at the server.
func (w *world) latency(ctx context.Context) ([]figure, error) {
	var took []float64
	for i := range samples {
		if i%perFilm == 0 {
			if err := w.mpv.load(w.film(1 + i/perFilm)); err != nil {
				return nil, err
			}
		} else if err := w.mpv.pause(false); err != nil {
			return nil, err
		}
		if _, err := w.arrival(ctx, "/scrobble/start"); err != nil {
			return nil, err
		}
		t, err := w.pauseToWire(ctx, "/scrobble/pause")
		if err != nil {
			return nil, err
		}
		took = append(took, t)
	}
	return []figure{{"mpv pause to request on the wire, median", "5 ms", "1 ms", spread(took)}}, nil
}

// pauseToWire pauses mpv and says how many ms pass from just before that until a request for path arrives.
func (w *world) pauseToWire(ctx context.Context, path string) (float64, error) {
	if err := pass(ctx, gap); err != nil {
		return 0, err
	}
	w.forget()
	began := time.Now()
	if err := w.mpv.pause(true); err != nil {
		return 0, err
	}
	at, err := w.arrival(ctx, path)
	if err != nil {
		return 0, err
	}
	return ms(at.Sub(began)), pass(ctx, gap)
}

// spread writes samples in ms as a figure.
func spread(took []float64) string {
	return fmt.Sprintf("%.2f ms (%d samples, %.2f to %.2f ms)", median(took), len(took), slices.Min(took), slices.Max(took))
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mib(kib int64) string { return fmt.Sprintf("%.1f MiB", float64(kib)/1024) }

// pass waits.
func pass(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
