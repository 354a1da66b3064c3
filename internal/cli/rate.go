package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newRate(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "rate N [ENTRY]", Short: "rate what was watched last, 1 to 10", GroupID: groupSimkl, Args: between(1, 2),
		Long: "Without a number of a watch, the last one. Simkl rates films and series, no single episodes.",
		Example: `  simkld rate 8
  simkld rate 9 47`,
		RunE: func(cmd *cobra.Command, args []string) error { return rate(cmd.Context(), env, args) },
	}
}

func rate(ctx context.Context, env *Env, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > 10 {
		return fault.Usagef("use 1 to 10", "%q is no rating", args[0])
	}
	var id media.WatchID
	if len(args) > 1 {
		if id, err = parseEntry(args[1]); err != nil {
			return err
		}
	}
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return err
	}
	entry, err := entryToRate(ctx, s, id)
	if err != nil {
		return err
	}
	title, answer, err := titleToRate(entry)
	if err != nil {
		return err
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	status, err := linked.Client.Rate(ctx, title, n)
	if simkl.ClassOf(err) == simkl.NoMatch {
		return fault.Wrap(fault.NotFound, err, "Simkl does not know "+labelOf(entry.Match, entry.Path),
			fmt.Sprintf("say what it is with '%s fix %d'", about.Name, entry.ID))
	}
	if err != nil {
		return err
	}
	name := answerTitle(titleAlone(answer))
	if env.flags.json {
		return env.print(struct {
			ID     string `json:"id"`
			Title  string `json:"title"`
			URL    string `json:"url"`
			Rating int    `json:"rating"`
			Status string `json:"status"`
		}{number(entry.ID), media.Sanitize(answer.Title), page(&answer), n, media.Sanitize(status)})
	}
	words := fmt.Sprintf("rated %d: %s", n, term.Foreign(name))
	if entry.Match.Kind == media.KindEpisode {
		words += ", the series (Simkl rates no single episodes)"
	}
	out := env.out()
	line := out.Paint(term.Done, "ok") + "  " + words
	if p := answer.Page(); p != "" {
		line += "  " + out.Address(p)
	}
	_, err = fmt.Fprintln(env.Out, line)
	return err
}

// entryToRate is the watch with that number, else the last that counted.
func entryToRate(ctx context.Context, s *store.Store, id media.WatchID) (store.Entry, error) {
	if id != 0 {
		return entryToMark(ctx, s, id)
	}
	nothing := fault.New(fault.NotFound, "nothing was watched yet that could be rated", "")
	if s == nil {
		return store.Entry{}, nothing
	}
	entry, err := s.LastEntry(ctx, store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead)
	if errors.Is(err, store.ErrNotFound) {
		return entry, nothing
	}
	return entry, err
}

// titleToRate is the title of a watch: as Simkl took it, else as it will be sent.
func titleToRate(e store.Entry) (simkl.Title, media.Answer, error) {
	a := media.Answer{Kind: media.AnswerShow, Title: e.Match.Title, Year: e.Match.Year, IDs: e.Match.IDs}
	switch {
	case e.Answer != nil:
		a = titleAlone(*e.Answer)
	case e.Match.Kind == media.KindMovie:
		a.Kind = media.AnswerMovie
	case e.Match.Kind != media.KindEpisode || e.Outcome == store.OutcomeUnmatched:
		return simkl.Title{}, a, fault.New(fault.Failed, labelOf(e.Match, e.Path)+" was not recognised",
			fmt.Sprintf("say what it is with '%s fix %d'", about.Name, e.ID))
	case e.Match.Anime:
		a.Kind = media.AnswerAnime
	}
	ids := a.IDs
	if ids.Simkl != 0 {
		ids = media.IDs{Simkl: ids.Simkl}
	}
	return simkl.Title{Container: a.Kind, IDs: ids, Name: a.Title, Year: a.Year}, a, nil
}

// titleAlone is an answer without its episode.
func titleAlone(a media.Answer) media.Answer {
	return media.Answer{Kind: a.Kind, Title: a.Title, Year: a.Year, IDs: a.IDs, Slug: a.Slug, AnimeType: a.AnimeType}
}
