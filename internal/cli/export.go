package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/internal/transfer"
)

// exporters are the forms of history --export.
var exporters = map[string]func(out io.Writer, watches []transfer.Watched) (left int, err error){
	"simkl": transfer.Simkl,
	"trakt": transfer.Trakt,
	"letterboxd": func(out io.Writer, watches []transfer.Watched) (int, error) {
		return transfer.Letterboxd(out, watches, time.Local) //nolint:gosmopolitan // a diary has the days of whoever keeps it
	},
}

// historyExport writes the watches that counted, whether Simkl has them yet or not.
func historyExport(ctx context.Context, env *Env, since time.Time, limit int, service string) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	var watches []transfer.Watched
	if s != nil {
		entries, _, err := ended(ctx, s, since, limit)
		if err != nil {
			return err
		}
		for _, e := range entries {
			counted := e.Outcome == store.OutcomeSent || e.Outcome == store.OutcomeQueued || e.Outcome == store.OutcomeDead
			if counted && !e.WatchedAt.IsZero() && e.Match.Title != "" {
				watches = append(watches, transfer.Watched{Match: e.Match, Answer: e.Answer, At: e.WatchedAt})
			}
		}
	}
	left, err := exporters[service](env.Out, watches)
	if err != nil || left == 0 {
		return err
	}
	_, err = fmt.Fprintf(env.Err, "%s left out: %s does not take them.\n", term.Count(left, "watch", "watches"), service)
	return err
}
