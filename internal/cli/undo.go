package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newUndo(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "undo [ENTRY]", Short: "take back a watch, here and on Simkl", GroupID: groupMend, Args: between(0, 1),
		Long: `Without a number, the last watch. What was not sent yet is dropped; what was is removed
on Simkl: exactly that episode, or a film that was nowhere on your lists before. One that
was watched, listed or rated before stays, since its rating would go too.`,
		RunE: func(cmd *cobra.Command, args []string) error { return undo(cmd.Context(), env, args) },
	}
}

func undo(ctx context.Context, env *Env, args []string) error {
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
	entry, err := entryToUndo(ctx, s, id)
	if err != nil {
		return err
	}
	label := labelOf(entry.Match, entry.Path)
	switch err := s.UndoUnsent(ctx, entry.ID); {
	case errors.Is(err, store.ErrInDoubt):
		return fault.Wrap(fault.Failed, err, label+" may have reached Simkl just now, so that it is not known to be unsent",
			"try again when '"+about.Name+" queue list' no longer has it")
	case errors.Is(err, store.ErrNotFound):
		if entry.Outcome == store.OutcomeSent {
			return undoSent(ctx, env, s, entry, label)
		}
		return cannotUndo(entry, label)
	case err != nil:
		return err
	}
	if err := env.kick(ctx, api.KickQueue); err != nil {
		return err
	}
	return sayUndone(env, entry, "it was not sent to Simkl")
}

func sayUndone(env *Env, entry store.Entry, words string) error {
	if env.flags.json {
		return env.print(struct {
			ID      string `json:"id"`
			Outcome string `json:"outcome"`
			URL     string `json:"url"`
		}{number(entry.ID), string(store.OutcomeUndone), page(entry.Answer)})
	}
	out := env.out()
	line := fmt.Sprintf("%s  taken back: %s of %s; %s", out.Paint(term.Done, "ok"), labelOf(entry.Match, entry.Path), env.day(when(entry)), words)
	if entry.Answer != nil {
		line += "  " + out.Address(entry.Answer.Page())
	}
	_, err := fmt.Fprintln(env.Out, strings.TrimRight(line, " "))
	return err
}

// undoSent takes a watch back at Simkl.
func undoSent(ctx context.Context, env *Env, s *store.Store, entry store.Entry, label string) error {
	lib, linked, ctx, err := env.ownLibrary(ctx)
	if err != nil {
		return err
	}
	if owner := app.AccountKey(linked.Token); entry.Account != "" && entry.Account != owner {
		return fault.New(fault.Failed, label+" belongs to another account, nothing was changed", "link that account first")
	}
	words := "removed from Simkl, nothing else"
	switch err := lib.TakeBack(ctx, sentWatch(entry)); {
	case errors.Is(err, library.ErrGone):
		words = "Simkl did not have it any more"
	case err != nil:
		return keptOnSimkl(label, entry.Answer, err)
	}
	// It is gone there: the journal follows even if Ctrl-C comes now.
	if err := s.SetOutcome(context.WithoutCancel(ctx), entry.ID, store.OutcomeUndone, ""); err != nil {
		return err
	}
	return sayUndone(env, entry, words)
}

// sentWatch is a watch of the journal as Simkl took it.
func sentWatch(entry store.Entry) library.Watch {
	w := library.Watch{At: when(entry)}
	if entry.Answer != nil {
		w.Answer = *entry.Answer
	}
	return w
}

// keptOnSimkl says why a watch stays on Simkl; other errors come back as they are.
func keptOnSimkl(label string, answer *media.Answer, err error) error {
	kept, ok := errors.AsType[*library.KeptError](err)
	if !ok {
		return err
	}
	do := "do it on simkl.com"
	if p := page(answer); p != "" {
		do = "do it on " + p
	}
	return fault.Wrap(fault.Failed, err, label+" is not removed: "+kept.Why, do)
}

func entryToUndo(ctx context.Context, s *store.Store, id media.WatchID) (store.Entry, error) {
	nothing := fault.New(fault.NotFound, "there is no watch to take back", "")
	if s == nil {
		if id != 0 {
			return store.Entry{}, noEntry(id)
		}
		return store.Entry{}, nothing
	}
	if id != 0 {
		entry, err := s.Entry(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return store.Entry{}, noEntry(id)
		}
		return entry, err
	}
	entry, err := s.LastEntry(ctx, store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead)
	if errors.Is(err, store.ErrNotFound) {
		return store.Entry{}, nothing
	}
	return entry, err
}

// cannotUndo says why a watch that is not in the queue stays as it is.
func cannotUndo(e store.Entry, label string) error {
	switch e.Outcome {
	case store.OutcomeUndone:
		return fault.New(fault.NotFound, label+" was taken back before", "")
	case store.OutcomeNone, store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead, store.OutcomeDropped, store.OutcomeNotCounted:
	}
	return fault.New(fault.NotFound, label+" was not counted, there is nothing to take back", "")
}
