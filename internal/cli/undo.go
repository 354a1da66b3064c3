package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

func newUndo(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "undo [ENTRY]", Short: "take back a watch that was not sent yet", GroupID: groupMend, Args: between(0, 1),
		Long: "Without a number, the last watch. One that Simkl has is taken back on its page.",
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
		return cannotUndo(entry, label)
	case err != nil:
		return err
	}
	if err := env.kick(ctx, api.KickQueue); err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			ID      string `json:"id"`
			Outcome string `json:"outcome"`
		}{number(entry.ID), string(store.OutcomeUndone)})
	}
	_, err = fmt.Fprintf(env.Out, "ok  taken back: %s of %s; it was not sent to Simkl\n", label, env.day(entry.WatchedAt))
	return err
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
	case store.OutcomeSent:
		do := "take it back on simkl.com"
		if p := page(e.Answer); p != "" {
			do = "take it back on " + p
		}
		return fault.New(fault.Failed, label+" is on Simkl already, nothing was changed", do)
	case store.OutcomeUndone:
		return fault.New(fault.NotFound, label+" was taken back before", "")
	case store.OutcomeNone, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead, store.OutcomeDropped, store.OutcomeNotCounted:
	}
	return fault.New(fault.NotFound, label+" was not counted, there is nothing to take back", "")
}
