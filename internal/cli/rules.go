package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newRules(env *Env) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "what fix has learned", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return rulesList(cmd.Context(), env) },
	}
	remove := &cobra.Command{
		Use: "remove ID", Short: "forget a rule", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return rulesRemove(cmd.Context(), env, args[0]) },
	}
	cmd := group("rules [list|remove ID]", "what fix has learned", list, remove)
	cmd.GroupID = groupMend
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return rulesList(cmd.Context(), env)
	}
	return cmd
}

type ruleJSON struct {
	ID      string    `json:"id"`
	Folder  string    `json:"folder"`
	Title   string    `json:"title"`
	Kind    string    `json:"kind"`
	IDs     media.IDs `json:"ids"`
	Season  *int      `json:"season"`
	Offset  int       `json:"episode_offset"`
	Created time.Time `json:"created_at"`
	URL     string    `json:"url"`
}

func rulesList(ctx context.Context, env *Env) error {
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	var rules []store.Rule
	if s != nil {
		if rules, err = s.Rules(ctx); err != nil {
			return err
		}
	}
	if env.flags.json {
		out := make([]ruleJSON, 0, len(rules))
		for _, r := range rules {
			a := media.Answer{Kind: r.Kind, IDs: r.IDs}
			out = append(out, ruleJSON{
				ID: strconv.FormatInt(r.ID, 10), Folder: media.Sanitize(r.Folder), Title: media.Sanitize(r.Title),
				Kind: string(r.Kind), IDs: r.IDs, Season: r.Season, Offset: r.Offset, Created: r.Created.UTC(), URL: page(&a),
			})
		}
		return env.print(out)
	}
	if len(rules) == 0 {
		_, err := fmt.Fprintf(env.Out, "No rules yet: '%s fix' makes them.\n", about.Name)
		return err
	}
	columns := []term.Column{
		{Head: "ID", Right: true}, {Head: "WHAT", Shrink: term.Cut}, {Head: "IS"}, {Head: "WHERE", Drop: 1}, columnPage,
	}
	var cells [][]term.Cell
	for _, r := range rules {
		a := media.Answer{Kind: r.Kind, IDs: r.IDs}
		cells = append(cells, []term.Cell{
			text(strconv.FormatInt(r.ID, 10)), text(dash(r.Title)), text(ruleWords(r)), text(dash(env.home(r.Folder))), pageCell(&a),
		})
	}
	return env.out().Table(columns, cells)
}

// ruleWords says what a rule makes of a file.
func ruleWords(r store.Rule) string {
	words := idWords(r.IDs)
	if r.Season != nil {
		words += fmt.Sprintf(", season %d", *r.Season)
	}
	if r.Offset != 0 {
		words += fmt.Sprintf(", episode %+d", r.Offset)
	}
	return words
}

func rulesRemove(ctx context.Context, env *Env, arg string) error {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return fault.Usagef("use the number that '"+about.Name+" rules' shows", "%q is no number of a rule", arg)
	}
	missing := fault.New(fault.NotFound, fmt.Sprintf("there is no rule %d", id), "'"+about.Name+" rules' has their numbers")
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	if s == nil {
		return missing
	}
	if err := s.RemoveRule(ctx, id); errors.Is(err, store.ErrNotFound) {
		return missing
	} else if err != nil {
		return err
	}
	if err := env.kick(ctx, api.KickRules); err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Removed string `json:"removed"`
		}{arg})
	}
	_, err = fmt.Fprintf(env.Out, "ok  rule %d is forgotten\n", id)
	return err
}
