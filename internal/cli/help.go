package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simkld/simkld/internal/about"
)

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "what a command does", GroupID: groupScript,
		Annotations: map[string]string{noJSON: "yes"},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.Root()
			for _, name := range args {
				next := child(at, name)
				if next == nil {
					return unknownCommand(at, name)
				}
				at = next
			}
			return at.Help()
		},
	}
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// help writes what --help shows. It is written by hand because cobra's own goes through text/template, which the linker
// cannot slim.
func help(cmd *cobra.Command, all []*cobra.Command) {
	var b strings.Builder
	if cmd.HasParent() {
		helpOf(&b, cmd)
	} else {
		helpOfAll(&b, cmd, all)
	}
	fmt.Fprint(cmd.OutOrStdout(), b.String())
}

func helpOfAll(b *strings.Builder, root *cobra.Command, all []*cobra.Command) {
	fmt.Fprintf(b, "%s %s.\n\nUsage: %s COMMAND [ARGUMENTS]\n", about.Name, root.Short, about.Name)
	for _, g := range root.Groups() {
		fmt.Fprintf(b, "\n%s\n", g.Title)
		for _, c := range all {
			if c.GroupID == g.ID {
				fmt.Fprintf(b, "  %-11s %s\n", c.Name(), c.Short)
			}
		}
	}
	fmt.Fprintf(b, "\nWith every command\n%s", flagLines(root.PersistentFlags()))
	fmt.Fprintf(b, `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 no account,
4 the daemon is not running, 5 Simkl cannot be reached, 6 not found.
First steps: %s setup. One command: %s COMMAND --help.
%s
`, about.Name, about.Name, about.Unofficial)
}

func helpOf(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "%s: %s\n\nUsage: %s\n", cmd.CommandPath(), cmd.Short, usageLine(cmd))
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(cmd.Long))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprint(b, "\nCommands\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintf(b, "  %-24s %s\n", strings.TrimPrefix(c.Use, cmd.Name()+" "), c.Short)
			}
		}
	}
	if lines := flagLines(cmd.LocalNonPersistentFlags()); lines != "" {
		fmt.Fprintf(b, "\nFlags\n%s", lines)
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\nExamples\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if cmd.Annotations[noJSON] == "" && cmd.Runnable() {
		fmt.Fprint(b, "\nAlso --json, --config, --state-dir, --log-level, --color: see 'simkld help'.\n")
	}
}

// usageLine is how a command is written.
func usageLine(cmd *cobra.Command) string {
	line := cmd.Use
	if cmd.HasParent() {
		line = cmd.Parent().CommandPath() + " " + cmd.Use
	}
	if flagLines(cmd.LocalNonPersistentFlags()) != "" && !strings.Contains(line, "--") {
		line += " [FLAGS]"
	}
	return line
}

func flagLines(set *pflag.FlagSet) string {
	var b strings.Builder
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if value != "" {
			name += " " + value
		}
		fmt.Fprintf(&b, "  %-22s %s\n", name, text)
	})
	return b.String()
}

// nearestFlag is the flag of cmd that a typed one may stand for, "" when none is near.
func nearestFlag(cmd *cobra.Command, typed string) string {
	best, bestDistance := "", 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(typed, f.Name)
		if strings.HasPrefix(f.Name, typed) && len(typed) >= 2 {
			d = 1
		}
		if d < bestDistance && !f.Hidden {
			best, bestDistance = f.Name, d
		}
	})
	return best
}

// distance is Levenshtein's, in bytes; flags are ASCII and short.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range min(len(a), 64) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
