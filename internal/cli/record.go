package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/clock"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/record"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/players"
)

func newRecord(env *Env) *cobra.Command {
	var names bool
	cmd := &cobra.Command{
		Use: "record FILE", Short: "write down what players say, for a bug report", GroupID: groupTry, Args: between(1, 1),
		Annotations: map[string]string{noJSON: "yes"},
		Long: `Until Ctrl-C. It only listens, beside a daemon or without one. Names are replaced, the
same by the same: seasons, episodes, years and tags as 1080p stay, words do not.
'simkld replay FILE' runs the file through the whole program.`,
		Example: "  simkld record bug.jsonl\n  simkld record --titles bug.jsonl",
		RunE:    func(cmd *cobra.Command, args []string) error { return recordTo(cmd.Context(), env, args[0], names) },
	}
	cmd.Flags().BoolVar(&names, "titles", false, "keep the names of files and titles as they are")
	return cmd
}

func recordTo(ctx context.Context, env *Env, file string, names bool) (err error) {
	loaded, err := env.load()
	if err != nil {
		return err
	}
	p, err := env.paths()
	if err != nil {
		return err
	}
	log, err := env.newLog("error")
	if err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.Wrap(fault.Usage, err, file+" is there already", "give another name")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w, err := record.NewWriter(out, recordHeader(loaded.Config, names), clock.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Err, "Recording to %s until Ctrl-C. %s\n", media.Sanitize(file), map[bool]string{
		true: "The names in it are as they are.", false: "The names in it are replaced; --titles keeps them.",
	}[names])
	ctx, full := context.WithCancel(ctx)
	defer full()
	sink := &recordSink{to: w, stop: full}
	if err := app.Watch(ctx, app.Options{Paths: p, Loaded: loaded, Log: log, Getenv: env.getenv, Now: clock.Now}, sink); err != nil {
		return err
	}
	if sink.failed != nil && !errors.Is(sink.failed, record.ErrFull) {
		return fault.Wrap(fault.Failed, sink.failed, "the recording could not be written", "make room, or give another file")
	}
	if sink.failed != nil {
		fmt.Fprintln(env.Err, "The recording is as long as one may be.")
	}
	_, err = fmt.Fprintf(env.Out, "ok  %s in %s. See it: %s replay %s\n", term.Count(sink.n, "event", "events"), media.Sanitize(file), about.Name, media.Sanitize(file))
	return err
}

// recordHeader says what decides about sessions here.
func recordHeader(c config.Config, names bool) record.Header {
	return record.Header{
		By: about.Version(), Titles: names,
		StartAfterS: c.Scrobble.StartAfter.Seconds(), PauseAfterS: c.Scrobble.PauseAfter.Seconds(),
		MinLengthS: c.Scrobble.MinDuration.Seconds(), MinPlayed: c.Scrobble.MinPlayedPercent,
		Library: c.Matcher.Library, Include: c.Matcher.Include, Exclude: c.Matcher.Exclude,
	}
}

// recordSink writes what players say, until it cannot.
type recordSink struct {
	stop func()

	mu     sync.Mutex // guards what follows
	to     *record.Writer
	n      int
	failed error
}

// Put is players.Sink's Put.
func (r *recordSink) Put(e players.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return
	}
	if r.failed = r.to.Write(e); r.failed != nil {
		r.stop()
		return
	}
	r.n++
}
