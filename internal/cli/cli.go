// Package cli holds the commands of simkld, one file each.
//
// It owns what a person types and reads: flags, questions, tables, the words of errors and the JSON of --json. It
// promises that standard output carries the asked-for result alone, that every error is one line with an exit code of
// product.md 2, and that foreign text is made safe before it is shown. It must not know SQL, HTTP or how a watch is
// recognised: other packages do the work.
package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// The groups of commands in the order in which help shows them.
const (
	groupSetup  = "setup"
	groupWatch  = "watch"
	groupMend   = "mend"
	groupSimkl  = "simkl"
	groupTry    = "try"
	groupScript = "script"
)

// noJSON marks commands whose output has no other form.
const noJSON = "no-json"

// Main runs the command that args name and gives the exit code. An error is one line on env.Err.
func Main(ctx context.Context, env *Env, args []string) int {
	err := execute(ctx, env, args)
	if err == nil {
		return 0
	}
	fmt.Fprintln(env.Err, media.Sanitize(fault.Line(about.Name, err)))
	return fault.ExitCode(err)
}

// execute runs the command that args name. An error is one that a person can read.
func execute(ctx context.Context, env *Env, args []string) error {
	root := Root(env) //nolint:contextcheck // each command has the context of ExecuteContext
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	env.close()
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = fault.Wrap(fault.Failed, err, "interrupted", "")
	}
	return explain(err)
}

// Root is the tree of all commands. The manual pages and the completions of the packages are made from it.
func Root(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:           about.Name,
		Short:         "tells Simkl what your media players play",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch asked, _ := cmd.Flags().GetBool("version"); {
			case len(args) > 0:
				return unknownCommand(cmd, args[0])
			case asked:
				return version(env)
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if env.flags.json && cmd.Annotations[noJSON] != "" {
				return fault.New(fault.Usage, nameOf(cmd)+" has no --json", "leave it out")
			}
			return env.checkFlags()
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())

	flags := root.PersistentFlags()
	flags.StringVar(&env.flags.config, "config", "", "read the settings from `FILE`")
	flags.StringVar(&env.flags.stateDir, "state-dir", "", "keep queue, journal and token in `DIR`")
	flags.StringVar(&env.flags.logLevel, "log-level", "", "log from `LEVEL` on: debug, info, warn or error")
	flags.StringVar(&env.flags.color, "color", "auto", "use colours: `WHEN` is auto, always or never")
	flags.BoolVar(&env.flags.json, "json", false, "print JSON, for scripts")
	flags.BoolP("help", "h", false, "what a command does")

	root.Flags().Bool("version", false, "the same as the command version")

	root.AddGroup(
		&cobra.Group{ID: groupSetup, Title: "Set up"},
		&cobra.Group{ID: groupWatch, Title: "See what happens"},
		&cobra.Group{ID: groupMend, Title: "Put right"},
		&cobra.Group{ID: groupSimkl, Title: "On Simkl"},
		&cobra.Group{ID: groupTry, Title: "Try out"},
		&cobra.Group{ID: groupScript, Title: "More"},
	)
	all := commands(env)
	root.AddCommand(all...)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd, all) })
	return root
}

// flagError says in our words what pflag found, with the nearest flag where one is near.
func flagError(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	what := err.Error()
	do := "see '" + cmd.CommandPath() + " --help'"
	if name, ok := strings.CutPrefix(what, "unknown flag: --"); ok {
		what = "unknown flag --" + name
		if near := nearestFlag(cmd, name); near != "" {
			do = "did you mean --" + near
		}
	}
	return fault.Wrap(fault.Usage, err, what, do)
}

func unknownCommand(cmd *cobra.Command, name string) error {
	do := "see '" + cmd.CommandPath() + " --help'"
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		slices.Sort(near)
		do = "did you mean " + strings.Join(near, " or ")
	}
	return fault.Usagef(do, "unknown command %q", name)
}

// group is a command that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	names := make([]string, len(subs))
	for i, s := range subs {
		names[i] = s.Name()
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return fault.Usagef("say which", "%s is followed by %s", nameOf(cmd), orList(names))
		},
	}
	cmd.AddCommand(subs...)
	return cmd
}

// between bounds the number of arguments; most < 0 is no bound.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fault.Usagef("write it like '"+usageLine(cmd)+"'", "%s needs more words", nameOf(cmd))
		case most >= 0 && len(args) > most:
			return fault.Usagef("write it like '"+usageLine(cmd)+"'", "%q is one word too many", args[most])
		}
		return nil
	}
}

// nameOf is a command without the program: "queue drop".
func nameOf(cmd *cobra.Command) string { return strings.TrimPrefix(cmd.CommandPath(), about.Name+" ") }

// orList is "a, b or c".
func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
