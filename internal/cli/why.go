package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

func newWhy(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "why [PATH|ENTRY]", Short: "every rule that decided about a watch, in order", GroupID: groupWatch, Args: between(0, 1),
		Long: `Without a word: what plays, else what was played last. For a file that was never
played: what would be decided by its name and place.`,
		RunE: func(cmd *cobra.Command, args []string) error { return why(cmd.Context(), env, args) },
	}
}

func why(ctx context.Context, env *Env, args []string) error {
	path, watch := "", media.WatchID(0)
	if len(args) > 0 {
		path, watch = pathOrEntry(args[0])
	}
	w, err := askWhy(ctx, env, path, watch)
	if fault.KindOf(err) == fault.NotFound && path != "" {
		w, err = wouldBe(ctx, env, path)
	}
	if watch != 0 && (errors.Is(err, store.ErrNotFound) || fault.KindOf(err) == fault.NotFound) {
		return noEntry(watch)
	}
	if err != nil {
		return err
	}
	if env.flags.json {
		if w.Chain == nil {
			w.Chain = []api.Decision{}
		}
		w.URL = webPage(w.URL)
		return env.print(w)
	}
	return printWhy(env, w)
}

// pathOrEntry reads a number as that of a watch, unless there is a file of that name.
func pathOrEntry(arg string) (string, media.WatchID) {
	if n, err := strconv.ParseInt(arg, 10, 64); err == nil && n > 0 {
		if _, err := os.Lstat(arg); err != nil {
			return "", media.WatchID(n)
		}
	}
	if media.SchemeOf(arg) != "" {
		return arg, 0
	}
	if full, err := filepath.Abs(arg); err == nil {
		return full, 0
	}
	return arg, 0
}

// askWhy asks the daemon, which knows what plays; without one the journal is asked.
func askWhy(ctx context.Context, env *Env, path string, watch media.WatchID) (api.Why, error) {
	d, err := env.daemon()
	if err != nil {
		return api.Why{}, err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	w, err := d.Why(wait, path, watch)
	if !api.IsNoDaemon(err) {
		return w, err
	}
	s, err := env.stateIfAny(ctx)
	if err != nil {
		return api.Why{}, err
	}
	if s == nil {
		return api.Why{}, fault.New(fault.NotFound, "nothing was played yet that could be explained", "play something, or name a file")
	}
	return app.WhyEnded(ctx, s, path, watch)
}

// wouldBe explains a file that was never played: by its place and its name, and nobody is asked.
func wouldBe(ctx context.Context, env *Env, path string) (api.Why, error) {
	l, err := env.load()
	if err != nil {
		return api.Why{}, err
	}
	id, err := env.identifier(ctx)
	if err != nil {
		return api.Why{}, err
	}
	w := api.Why{Title: media.Sanitize(fileName(path)), Path: fileURL(path), Summary: "never played"}
	places := app.PlacesOf(l.Config)
	add := func(rule, mark, words string) {
		decided := mark == "NO" && w.Reason != ""
		w.Chain = append(w.Chain, api.Decision{Rule: rule, Mark: mark, Text: media.Sanitize(words), Decided: decided})
	}
	add("player", "--", "not played yet")
	if entry, yes := places.Excluded(path); yes {
		w.Reason = string(media.ReasonExcluded)
		add("place", "NO", fmt.Sprintf("matcher.exclude %q", entry))
		return w, nil
	}
	if !places.Included(path) {
		w.Reason = string(media.ReasonNotIncluded)
		add("place", "NO", "outside matcher.include")
		return w, nil
	}
	place := env.home(path)
	if entry, yes := places.Known(path); yes {
		place += ", in " + entry
	}
	add("place", "ok", place)
	m, mayGo, note := id.Identify(ctx, media.Item{Path: path})
	words := describeMatch(cleanMatch(m))
	if len(m.Because) > 0 {
		words += ": " + strings.Join(m.Because, ", ")
	}
	switch {
	case m.Refused != media.ReasonNone:
		w.Reason = string(m.Refused)
		add("kind", "NO", reasonWords(m.Refused))
	case !mayGo:
		w.Reason = string(media.ReasonUnmatched)
		add("identity", "NO", words+": "+note)
	default:
		w.Title = labelOf(m, path)
		add("identity", "ok", fmt.Sprintf("%s (%.2f)", words, m.Confidence))
		add("trust", "--", "would be asked when it plays")
	}
	return w, nil
}

func printWhy(env *Env, w api.Why) error {
	out := env.out()
	var b strings.Builder
	head := term.Foreign(w.Title)
	if w.ID != "" {
		head = w.ID + "  " + head
	}
	if w.Summary != "" {
		head += ": " + term.Foreign(becameWords(store.Outcome(w.Summary)))
	}
	fmt.Fprintln(&b, besideAddress(out, head, w.URL))
	if len(w.Chain) == 0 {
		fmt.Fprintf(&b, "    It has no decisions yet: see '%s status'.\n", about.Name)
	}
	for _, d := range w.Chain {
		arrow := "   "
		if d.Decided {
			arrow = " =>"
		}
		style := map[string]term.Style{"ok": term.Done, "NO": term.NeedsYou}[d.Mark]
		fmt.Fprintf(&b, "%s %s  %-8s  %s\n", arrow, out.Paint(style, fmt.Sprintf("%-2s", d.Mark)), term.Foreign(d.Rule), term.Foreign(d.Text))
	}
	_, err := fmt.Fprint(env.Out, b.String())
	return err
}

// besideAddress writes text and, at the right of the line, the address of its page.
func besideAddress(out term.Screen, words, page string) string {
	if page == "" {
		return words
	}
	page = strings.TrimPrefix(page, "https://")
	gap := 2
	if out.Terminal && out.Width > 0 {
		gap = max(gap, min(out.Width, 80)-term.Width(words)-term.Width(page))
	}
	return words + strings.Repeat(" ", gap) + out.Address(page)
}
