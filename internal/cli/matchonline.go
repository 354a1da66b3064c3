package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/term"
)

// mostOnline is how many files Simkl may be asked for at once: it forbids scans of a library (simkl-api.md 15).
const mostOnline = 5

// matchOnline is match, and what Simkl takes each file for. One request is made for a file, with its base name alone.
func matchOnline(ctx context.Context, env *Env, args []string) error {
	var names []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if len(args) > mostOnline || err == nil && info.IsDir() {
			return fault.New(fault.Usage, "match --online takes 5 files and no folder (Simkl's rule)", "name the files")
		}
		name := askedName(arg)
		if name == "" {
			return fault.Usagef("name a file", "%q names none", media.Sanitize(arg))
		}
		names = append(names, term.Foreign(name))
	}
	id, err := env.identifier(ctx)
	if err != nil {
		return err
	}
	from, err := env.searcher(ctx)
	if err != nil {
		return err
	}
	if from == nil {
		return fault.New(fault.Usage, "match --online needs a client_id", "run 'simkld login'")
	}
	fmt.Fprintf(env.Err, "Simkl is asked for %s ...\n", term.List(names, mostOnline))
	ctx = simkl.WithPriority(ctx, limits.Typed)
	found := []matched{}
	for _, arg := range args {
		m := understand(ctx, id, arg)
		answer, known, err := from.SearchFile(ctx, askedName(arg), 0)
		if err != nil {
			return err
		}
		if env.flags.json {
			one := matchedOf(arg, m)
			one.Simkl = &onlineJSON{}
			if known {
				a := answerOf(answer)
				one.Simkl.answerJSON = &a
			}
			found = append(found, one)
			continue
		}
		if err := printMatch(env, arg, m, len(args) == 1); err != nil {
			return err
		}
		if err := printOnline(env, answer, known, len(args) == 1); err != nil {
			return err
		}
	}
	if env.flags.json {
		return env.print(found)
	}
	return nil
}

// printOnline writes what Simkl takes a file for, with its address.
func printOnline(env *Env, a media.Answer, known, alone bool) error {
	words := "Simkl does not know it"
	if known {
		a = cleanAnswer(a)
		words = "Simkl: " + answerTitle(a)
		if a.EpisodeTitle != "" {
			words += fmt.Sprintf(" %q", a.EpisodeTitle)
		}
		words += "  " + env.out().Address(a.Page())
	}
	if !alone {
		words = strings.Repeat(" ", 4) + words
	}
	_, err := fmt.Fprintln(env.Out, words)
	return err
}
