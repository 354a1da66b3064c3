package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simkld/simkld/internal/about"
)

// page writes manual pages in the macros of man(7), which groff and mandoc both read.
type page struct {
	w    io.Writer
	date string // ISO 8601, of the release: the same sources give the same page
}

func (p page) printf(format string, args ...any) { fmt.Fprintf(p.w, format, args...) }

// plain makes text safe: a backslash, a minus that must stay one when copied, and a line that would be a request.
func plain(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func (p page) head(name, section, what string) {
	p.printf(".TH %s %s %s %q %q\n", strings.ToUpper(plain(name)), section, p.date, about.Name+" "+about.Version(), "User Commands")
	p.printf(".SH NAME\n%s \\- %s\n", plain(name), plain(what))
}

func (p page) literal(text string) {
	p.printf(".nf\n%s\n.fi\n", plain(strings.TrimRight(text, "\n")))
}

func (p page) flags(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		p.printf(".TP\n.B %s", plain("--"+f.Name))
		if value != "" {
			p.printf("\\fR \\fI%s\\fR", plain(value))
		}
		p.printf("\n%s\n", plain(text))
	})
}

func hasFlags(set *pflag.FlagSet) bool {
	found := false
	set.VisitAll(func(f *pflag.Flag) { found = found || !f.Hidden && f.Name != "help" })
	return found
}

// exits are the exit codes of product.md 2.
const exits = `0 done; 1 failed; 2 wrong usage or configuration; 3 no account is linked, or it was revoked; 4 the daemon is not running; 5 Simkl could not be reached or holds us off; 6 not found or no match.`

// overview is simkld(1).
func (p page) overview(root *cobra.Command) {
	p.head(about.Name, "1", root.Short)
	p.printf(".SH SYNOPSIS\n.B %s\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n", about.Name)
	p.printf(".SH DESCRIPTION\n%s notices what film, series or anime the media players of this machine play, and tells Simkl. "+
		"It is set up once, with\n.B %s setup\nand then runs in the background.\n.PP\n%s\n", about.Name, about.Name, plain(about.Unofficial))
	for _, g := range root.Groups() {
		p.printf(".SH %s\n", strings.ToUpper(plain(g.Title)))
		for _, c := range root.Commands() {
			if c.GroupID == g.ID && c.IsAvailableCommand() {
				p.printf(".TP\n.B %s\n%s; see \\fB%s\\fR(1)\n", plain(c.Name()), plain(c.Short), plain(about.Name+"-"+c.Name()))
			}
		}
	}
	p.printf(".SH OPTIONS\nThese go with every command.\n")
	p.flags(root.PersistentFlags())
	p.printf(".SH EXIT STATUS\n%s\n", plain(exits))
	p.printf(".SH FILES\n.TP\n.I ~/.config/simkld/config.toml\nThe settings, all of them optional; see \\fBsimkld\\fR(5). " +
		"\\fBsimkld config path\\fR says which file is read.\n" +
		".TP\n.I ~/.local/state/simkld/\nThe queue, the journal, the learned rules and, where no keyring is, the token.\n")
	p.printf(".SH ENVIRONMENT\n\\fBSIMKLD_CONFIG\\fR, \\fBSIMKLD_STATE_DIR\\fR, \\fBSIMKLD_TOKEN\\fR, and \\fBSIMKLD_\\fR" +
		"\\fISECTION\\fR\\fB_\\fR\\fIKEY\\fR for each setting.\n")
	p.printf(".SH SEE ALSO\n\\fBsimkld\\fR(5), %s\n", plain(about.Home))
}

// command is simkld-NAME(1).
func (p page) command(c *cobra.Command) {
	p.head(strings.ReplaceAll(c.CommandPath(), " ", "-"), "1", c.Short)
	p.printf(".SH SYNOPSIS\n")
	p.synopsis(c)
	p.printf(".SH DESCRIPTION\n")
	if c.Long != "" {
		p.literal(strings.TrimSpace(c.Long))
	} else {
		p.printf("%s.\n", plain(c.Short))
	}
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		p.printf(".SS %s\n%s.\n", plain(strings.TrimPrefix(sub.CommandPath(), about.Name+" ")), plain(sub.Short))
		if sub.Long != "" {
			p.printf(".PP\n")
			p.literal(strings.TrimSpace(sub.Long))
		}
		p.flags(sub.LocalNonPersistentFlags())
	}
	if hasFlags(c.LocalNonPersistentFlags()) {
		p.printf(".SH OPTIONS\n")
		p.flags(c.LocalNonPersistentFlags())
	}
	if c.Example != "" {
		p.printf(".SH EXAMPLES\n")
		p.literal(c.Example)
	}
	p.printf(".SH EXIT STATUS\n%s\n.SH SEE ALSO\n\\fBsimkld\\fR(1), \\fBsimkld\\fR(5)\n", plain(exits))
}

func (p page) synopsis(c *cobra.Command) {
	var lines []*cobra.Command
	if own := c.Use != c.Name() || hasFlags(c.LocalNonPersistentFlags()); own || !c.HasAvailableSubCommands() {
		lines = append(lines, c)
	}
	if !strings.Contains(c.Use, "|") { // else it names them itself
		lines = append(lines, c.Commands()...)
	}
	for i, line := range lines {
		if i > 0 {
			p.printf(".br\n")
		}
		name, rest, _ := strings.Cut(line.Use, " ")
		p.printf("\\fB%s\\fR", plain(line.Parent().CommandPath()+" "+name))
		if rest != "" {
			p.printf(" %s", plain(rest))
		}
		if hasFlags(line.LocalNonPersistentFlags()) {
			p.printf(" [\\fIOPTIONS\\fR]")
		}
		p.printf("\n")
	}
}

// settings is simkld(5): the example of the settings, which a test of internal/config keeps in step with the code.
func (p page) settings(example string) {
	p.head(about.Name, "5", "settings of "+about.Name)
	p.printf(".SH DESCRIPTION\nNo setting is needed. The file is TOML. This is each key with its default.\n.PP\n")
	p.literal(example)
	p.printf(".SH SEE ALSO\n\\fBsimkld\\fR(1), \\fBsimkld-config\\fR(1)\n")
}
