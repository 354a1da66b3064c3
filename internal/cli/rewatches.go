package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

func newRewatches(env *Env) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "the later viewings of each title", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return listRewatches(cmd.Context(), env) },
	}
	closing := &cobra.Command{
		Use: "close TITLE-ID/REWATCH-ID", Short: "end one that goes on", Args: between(1, 1),
		Long:    "TITLE-ID/REWATCH-ID is what 'rewatches list' shows first. What was watched in it stays.",
		Example: "  simkld rewatches close 1109411/40771934513",
		RunE:    func(cmd *cobra.Command, args []string) error { return closeRewatch(cmd.Context(), env, args[0]) },
	}
	cmd := group("rewatches", "later viewings of what was watched (Pro and VIP): list, close", list, closing)
	cmd.GroupID = groupSimkl
	cmd.RunE = func(cmd *cobra.Command, args []string) error { // alone it lists (product.md 2)
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return listRewatches(cmd.Context(), env)
	}
	return cmd
}

// rewatchLibrary is the library of an account that may have rewatches, up to date in these kinds. Of any other it is a
// sentence, exit 1.
func rewatchLibrary(ctx context.Context, env *Env, kinds []media.AnswerKind) (*library.Library, *simkl.Client, context.Context, error) {
	lib, linked, ctx, err := env.ownLibrary(ctx)
	if err != nil {
		return nil, nil, ctx, err
	}
	if err := lib.Sync(ctx, library.Parts{Plan: true}); err != nil {
		return nil, nil, ctx, err
	}
	plan, err := lib.Plan(ctx)
	if err != nil {
		return nil, nil, ctx, err
	}
	if plan != "pro" && plan != "vip" {
		return nil, nil, ctx, fault.New(fault.Failed, "rewatches are for Pro and VIP accounts of Simkl, and this one is "+strconv.Quote(term.Foreign(plan)), "")
	}
	if len(kinds) > 0 {
		err = lib.Sync(ctx, library.Parts{Kinds: kinds})
	}
	return lib, linked.Client, ctx, err
}

func listRewatches(ctx context.Context, env *Env) error {
	lib, _, ctx, err := rewatchLibrary(ctx, env, library.Kinds)
	if err != nil {
		return err
	}
	rows, err := lib.Items(ctx, "", true)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r simkl.Listed) bool { return r.RewatchID == 0 })
	slices.SortStableFunc(rows, func(a, b simkl.Listed) int { return b.LastAt.Compare(a.LastAt) })
	switch {
	case env.flags.json:
		return env.print(rawRows(rows, func(r simkl.Listed) json.RawMessage { return r.Raw }))
	case len(rows) == 0:
		_, err := fmt.Fprintln(env.Out, "Nothing was watched again yet.")
		return err
	}
	columns := []term.Column{{Head: "ID"}, columnWhat, {Head: "STATE"}, {Head: "SEEN", Right: true, Drop: 1}, {Head: "LAST", Second: true}, columnPage}
	var cells [][]term.Cell
	for _, r := range rows {
		a, seen := r.Answer, ""
		if r.Total > 0 {
			seen = fmt.Sprintf("%d/%d", max(r.Watched, len(r.Seen)), r.Total)
		}
		cells = append(cells, []term.Cell{
			text(rewatchKey(r)), {Text: answerTitle(a), Short: a.Title}, text(r.RewatchStatus), text(seen), env.whenCell(r.LastAt), pageCell(&a),
		})
	}
	return env.out().Table(columns, cells)
}

// rewatchKey names a later viewing: by both ids, since a title has several (simkl-api.md 7.3).
func rewatchKey(r simkl.Listed) string {
	return fmt.Sprintf("%d/%d", r.IDs.Simkl, r.RewatchID)
}

var rewatchKeyWord = regexp.MustCompile(`^([1-9]\d{0,14})/([1-9]\d{0,17})$`)

func closeRewatch(ctx context.Context, env *Env, key string) error {
	m := rewatchKeyWord.FindStringSubmatch(key)
	if m == nil {
		return fault.Usagef("copy it from 'simkld rewatches list'", "%q is no TITLE-ID/REWATCH-ID", key)
	}
	lib, client, ctx, err := rewatchLibrary(ctx, env, library.Kinds)
	if err != nil {
		return err
	}
	rows, err := lib.Items(ctx, "", true)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r simkl.Listed) bool { return rewatchKey(r) == key })
	if i < 0 {
		return fault.New(fault.NotFound, "there is no rewatch "+key, "'simkld rewatches list' has their numbers")
	}
	r := rows[i]
	if r.RewatchStatus == "active" {
		answer, err := client.AddRewatch(ctx, []simkl.HistoryItem{{
			Title: simkl.Title{Container: r.Kind, IDs: media.IDs{Simkl: r.IDs.Simkl}}, Whole: true,
			Rewatch: &simkl.Rewatch{ID: r.RewatchID, Status: "closed"},
		}})
		if err != nil {
			return err
		}
		if got := answer.Items[0]; got.Found != simkl.Taken || got.RewatchStatus == "active" {
			return fault.New(fault.Failed, "Simkl did not end the rewatch of "+answerTitle(r.Answer), "end it on "+page(&r.Answer))
		}
		if err := lib.SetRewatch(context.WithoutCancel(ctx), r, "closed"); err != nil {
			return err
		}
	}
	if env.flags.json {
		return env.print(struct {
			ID  string `json:"id"`
			URL string `json:"url"`
		}{key, page(&r.Answer)})
	}
	out := env.out()
	words := "closed: the rewatch of "
	if r.RewatchStatus != "active" {
		words = "it was " + term.Foreign(r.RewatchStatus) + " already: the rewatch of "
	}
	_, err = fmt.Fprintf(env.Out, "%s  %s%s  %s\n", out.Paint(term.Done, "ok"), words, answerTitle(r.Answer), out.Address(r.Page()))
	return err
}
