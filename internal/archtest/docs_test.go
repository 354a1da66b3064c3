package archtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/cli"
)

// pages are the documents of the project, by their path from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "*.md")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	texts := map[string]string{}
	for name := range strings.FieldsSeq(string(out)) {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

var (
	mdLink   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdHead   = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	mdFence  = regexp.MustCompile("(?ms)^```.*?^```")
	mdDrop   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	mdCode   = regexp.MustCompile("`(simkld [^`]+)`")
	mdIndent = regexp.MustCompile(`(?m)^    (?:\$ )?(simkld .*)$`)
)

// anchors are the names under which the headings of a page can be linked to.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range mdHead.FindAllStringSubmatch(mdFence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(mdDrop.ReplaceAllString(m[1], ""))
		names[strings.ReplaceAll(strings.TrimSpace(name), " ", "-")] = true
	}
	return names
}

func TestEveryLinkOfTheDocumentsLeadsSomewhere(t *testing.T) {
	t.Parallel()
	texts := pages(t)
	for name, text := range texts {
		for _, m := range mdLink.FindAllStringSubmatch(mdFence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue // nothing is asked of the network
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := name
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), file))
			}
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(target))); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			} else if anchor != "" && !anchors(texts[target])[anchor] {
				t.Errorf("%s links to %s, and %s has no such heading", name, m[1], target)
			}
		}
	}
}

// TestTheDocumentsNameOnlyCommandsAndFlagsThatAreThere keeps what a reader types in step with what simkld takes.
func TestTheDocumentsNameOnlyCommandsAndFlagsThatAreThere(t *testing.T) {
	t.Parallel()
	root := cli.Root(cli.System())
	root.InitDefaultHelpCmd()
	for name, text := range pages(t) {
		if strings.HasPrefix(name, "docs/decisions/") || name == "CHANGELOG.md" {
			continue // history
		}
		var typed []string
		for _, m := range append(mdCode.FindAllStringSubmatch(text, -1), mdIndent.FindAllStringSubmatch(text, -1)...) {
			typed = append(typed, strings.ReplaceAll(m[1], "\n", " "))
		}
		for _, line := range typed {
			line, _, _ = strings.Cut(line, " # ")
			line, _, _ = strings.Cut(line, " | ")
			words := strings.Fields(line)[1:]
			cmd := root
			for len(words) > 0 {
				next := cmd
				for _, c := range cmd.Commands() {
					if c.Name() == words[0] {
						next = c
					}
				}
				if next == cmd {
					break
				}
				cmd, words = next, words[1:]
			}
			if cmd == root && len(words) > 0 && regexp.MustCompile(`^[a-z]{2,}$`).MatchString(words[0]) {
				t.Errorf("%s: %q: there is no command %q", name, line, words[0])
			}
			for _, word := range words {
				flag, ok := strings.CutPrefix(word, "--")
				flag, _, _ = strings.Cut(flag, "=")
				flag = strings.TrimRight(flag, "`.,;:)]")
				if !ok || !regexp.MustCompile(`^[a-z-]+$`).MatchString(flag) {
					continue
				}
				if cmd.Flags().Lookup(flag) == nil && cmd.InheritedFlags().Lookup(flag) == nil && flag != "help" && flag != "version" {
					t.Errorf("%s: %q: %s has no --%s", name, line, cmd.CommandPath(), flag)
				}
			}
		}
	}
}
