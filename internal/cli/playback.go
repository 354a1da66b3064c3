package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/term"
)

var playbackKinds = []string{string(simkl.MoviePlaybacks), string(simkl.EpisodePlaybacks)}

func newPlayback(env *Env) *cobra.Command {
	var kind string
	list := &cobra.Command{
		Use: "list", Short: "where films and episodes were left, the newest first", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kind != "" && !slices.Contains(playbackKinds, kind) {
				return fault.Usagef("use "+orList(playbackKinds), "--kind is %q", kind)
			}
			return listPlaybacks(cmd.Context(), env, simkl.PlaybackKind(kind))
		},
	}
	list.Flags().StringVar(&kind, "kind", "", "only `KIND`: movies or episodes")
	completeWords(list, "kind", playbackKinds)
	remove := &cobra.Command{
		Use: "remove ID", Short: "forget one of them on Simkl", Args: between(1, 1),
		Long: "ID is what 'playback list' shows.",
		RunE: func(cmd *cobra.Command, args []string) error { return removePlayback(cmd.Context(), env, args[0]) },
	}
	cmd := group("playback", "resume points that Simkl keeps: list, remove", list, remove)
	cmd.GroupID = groupSimkl
	return cmd
}

func listPlaybacks(ctx context.Context, env *Env, kind simkl.PlaybackKind) error {
	lib, _, ctx, err := env.ownLibrary(ctx)
	if err != nil {
		return err
	}
	if err := lib.Sync(ctx, library.Parts{Playbacks: true}); err != nil {
		return err
	}
	rows, err := lib.Playbacks(ctx)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(p simkl.Playback) bool {
		return kind != simkl.AllPlaybacks && (p.Episode != nil) != (kind == simkl.EpisodePlaybacks)
	})
	switch {
	case env.flags.json:
		return env.print(rawRows(rows, func(p simkl.Playback) json.RawMessage { return p.Raw }))
	case len(rows) == 0:
		_, err := fmt.Fprintln(env.Out, "Simkl keeps no resume points.")
		return err
	}
	columns := []term.Column{{Head: "ID", Right: true}, columnWhat, {Head: "AT", Right: true}, {Head: "PAUSED", Second: true}, columnPage}
	var cells [][]term.Cell
	for _, p := range rows {
		a := p.Answer
		short := a
		short.Year = 0
		cells = append(cells, []term.Cell{
			text(strconv.FormatInt(a.Playback, 10)),
			{Text: playbackLabel(a), Short: playbackLabel(short)},
			text(term.Percent(p.Progress)),
			env.whenCell(p.PausedAt),
			pageCell(&a),
		})
	}
	return env.out().Table(columns, cells)
}

// playbackLabel is "Andor S01E09", "Heat (1995)".
func playbackLabel(a media.Answer) string {
	if a.Episode != nil {
		a.Year = 0
	}
	return answerTitle(a)
}

func removePlayback(ctx context.Context, env *Env, arg string) error {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || id <= 0 {
		return fault.Usagef("use the number that 'simkld playback list' shows", "%q is no number of a resume point", arg)
	}
	linked, ctx, err := env.ownAccount(ctx)
	if err != nil {
		return err
	}
	if err := linked.Client.DeletePlayback(ctx, id); simkl.ClassOf(err) == simkl.Gone {
		return fault.Wrap(fault.NotFound, err, fmt.Sprintf("Simkl has no resume point %d", id), "'simkld playback list' has their numbers")
	} else if err != nil {
		return err
	}
	if env.flags.json {
		return env.print(struct {
			Removed int64 `json:"removed"`
		}{id})
	}
	_, err = fmt.Fprintf(env.Out, "%s  resume point %d is forgotten on Simkl\n", env.out().Paint(term.Done, "ok"), id)
	return err
}
