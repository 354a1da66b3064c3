package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
	"github.com/simkld/simkld/queue"
)

func newMark(env *Env) *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use: "mark [ENTRY]", Short: "count a watch although the rules did not", GroupID: groupMend, Args: between(0, 1),
		Long: "Without a number: what plays, else what was played last.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if again {
				return markRewatch(cmd.Context(), env, args)
			}
			return mark(cmd.Context(), env, args)
		},
	}
	cmd.Flags().BoolVar(&again, "rewatch", false, "count what Simkl has already as a later viewing (Pro and VIP)")
	return cmd
}

// markRewatch writes a watch that is over as a later viewing of what Simkl had already.
func markRewatch(ctx context.Context, env *Env, args []string) error {
	var id media.WatchID
	if len(args) > 0 {
		var err error
		if id, err = parseEntry(args[0]); err != nil {
			return err
		}
	}
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	entry, err := entryToMark(ctx, s, id)
	if err != nil {
		return err
	}
	label := labelOf(entry.Match, entry.Path)
	switch {
	case entry.Outcome == store.OutcomeQueued || entry.Outcome == store.OutcomeNone:
		return fault.New(fault.Failed, label+" is not sent yet, nothing was changed", "try again when it is")
	case entry.Answer == nil || entry.Answer.IDs.Simkl == 0:
		return fault.New(fault.Failed, label+" is not known on Simkl, nothing was changed", fmt.Sprintf("say what it is with '%s fix %d'", about.Name, entry.ID))
	case entry.Answer.RewatchID != 0:
		return fault.New(fault.Failed, label+" is a rewatch already", "")
	}
	_, client, ctx, err := rewatchLibrary(ctx, env, nil)
	if err != nil {
		return err
	}
	a := *entry.Answer
	item := simkl.HistoryItem{
		Title: simkl.Title{Container: a.Kind, IDs: media.IDs{Simkl: a.IDs.Simkl}}, Number: a.Episode, WatchedAt: when(entry),
		Whole: a.Episode == nil, Rewatch: &simkl.Rewatch{},
	}
	if a.Kind == media.AnswerShow {
		item.Season = a.Season
	}
	if entry.Match.Kind == media.KindEpisode && a.Episode == nil {
		return fault.New(fault.Failed, "Simkl did not say which episode "+label+" is, nothing was changed", "use '"+about.Name+" watch --rewatch'")
	}
	answer, err := client.AddRewatch(ctx, []simkl.HistoryItem{item})
	if err != nil {
		return err
	}
	result := answer.Items[0]
	if err := refusedRewatch(label, result.RewatchStatus); err != nil {
		return err
	}
	if result.Found != simkl.Taken {
		return fault.New(fault.NotFound, "Simkl does not know "+label+", nothing was changed", "")
	}
	a.RewatchID, a.RewatchStatus = result.RewatchID, result.RewatchStatus
	entry.Answer, entry.Outcome, entry.Via = &a, store.OutcomeSent, "history"
	if err := s.SaveEntry(context.WithoutCancel(ctx), entry); err != nil {
		return err
	}
	words := "counted as a rewatch: "
	if result.RewatchID == 0 {
		words = "Simkl did not have it yet, and has it as watched now: "
	}
	out := env.out()
	return sayMarked(env, entry.ID, label, fmt.Sprintf("%s  %s%s of %s  %s", out.Paint(term.Done, "ok"), words, label, env.day(when(entry)), out.Address(a.Page())))
}

func mark(ctx context.Context, env *Env, args []string) error {
	var id media.WatchID
	if len(args) > 0 {
		var err error
		if id, err = parseEntry(args[0]); err != nil {
			return err
		}
	}
	d, err := env.daemon()
	if err != nil {
		return err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	m, err := d.Mark(wait, id)
	if err == nil {
		return sayMarked(env, m.Watch, m.Label, "ok  counted: "+term.Foreign(m.Label)+", which plays now")
	}
	// What does not play any more is in the journal, with or without a daemon.
	if !api.IsNoDaemon(err) && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return markEnded(ctx, env, id)
}

// markEnded counts a watch that is over.
func markEnded(ctx context.Context, env *Env, id media.WatchID) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	entry, err := entryToMark(ctx, s, id)
	if err != nil {
		return err
	}
	label := labelOf(entry.Match, entry.Path)
	if err := markable(entry, label); err != nil {
		return err
	}
	watch, err := s.Watch(ctx, entry.ID)
	if err != nil {
		return err
	}
	account, err := env.accountNow(ctx)
	if err != nil {
		return err
	}
	row := queue.Row{
		Call: media.Call{
			Watch: entry.ID, Seq: watch.LastSeq + 1, Verb: media.VerbWatched, Match: entry.Match,
			Progress: max(entry.Progress, 80), At: when(entry), Path: entry.Path, Player: entry.Player,
		},
		State: queue.StatePending, Account: account, CreatedAt: env.Now().UTC(),
	}
	if _, added, err := s.Add(ctx, row); err != nil || !added {
		if err == nil {
			err = fault.New(fault.Failed, label+" changed just now, nothing was counted", "try again")
		}
		return err
	}
	if err := env.kick(ctx, api.KickQueue); err != nil {
		return err
	}
	return sayMarked(env, entry.ID, label, fmt.Sprintf("ok  counted: %s of %s, though %s was played",
		label, env.day(when(entry)), term.Percent(entry.Played)))
}

func entryToMark(ctx context.Context, s *store.Store, id media.WatchID) (store.Entry, error) {
	if s == nil {
		if id != 0 {
			return store.Entry{}, noEntry(id)
		}
		return store.Entry{}, fault.New(fault.NotFound, "nothing was played yet that could be counted", "")
	}
	var entry store.Entry
	var err error
	if id != 0 {
		entry, err = s.Entry(ctx, id)
	} else {
		entry, err = s.LastEntry(ctx)
	}
	if errors.Is(err, store.ErrNotFound) {
		return entryToMark(ctx, nil, id)
	}
	return entry, err
}

// markable says why a watch cannot be counted.
func markable(e store.Entry, label string) error {
	switch e.Outcome {
	case store.OutcomeSent:
		return fault.New(fault.Failed, label+" is counted and on Simkl already", "")
	case store.OutcomeQueued:
		return fault.New(fault.Failed, label+" is counted already and will be sent", "see '"+about.Name+" queue list'")
	case store.OutcomeUnmatched:
		return fault.New(fault.Failed, label+" is counted already, but not which title it is",
			fmt.Sprintf("say it with '%s fix %d'", about.Name, e.ID))
	case store.OutcomeDead:
		return fault.New(fault.Failed, label+" is counted already, but Simkl refused it",
			fmt.Sprintf("try '%s queue retry %d'", about.Name, e.ID))
	case store.OutcomeNone, store.OutcomeUndone, store.OutcomeDropped, store.OutcomeNotCounted:
	}
	if e.Match.Kind == media.KindNone || e.Match.Kind == "" {
		return fault.New(fault.Failed, label+" was not recognised", fmt.Sprintf("say what it is with '%s fix %d'", about.Name, e.ID))
	}
	return nil
}

func sayMarked(env *Env, id media.WatchID, label, words string) error {
	if env.flags.json {
		return env.print(struct {
			ID    string `json:"id"`
			Label string `json:"label"`
		}{number(id), media.Sanitize(label)})
	}
	_, err := fmt.Fprintln(env.Out, words)
	return err
}

// accountNow names the account that watches belong to from now on, "" while none is linked.
func (e *Env) accountNow(ctx context.Context) (string, error) {
	tokens, err := e.tokens()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	token, err := tokens.Token(ctx)
	return app.AccountKey(token), err
}
