package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/cli"
)

func TestEveryCommandHasAPageThatManReadsWithoutAWarning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	example := filepath.Join("..", "..", "config.example.toml")
	if err := write(dir, "2026-05-22", example); err != nil {
		t.Fatal(err)
	}
	pages := []string{"man1/simkld.1", "man5/simkld.5"}
	for _, c := range cli.Root(cli.System()).Commands() {
		pages = append(pages, "man1/simkld-"+c.Name()+".1")
	}
	for _, name := range pages {
		out, err := exec.CommandContext(t.Context(), "mandoc", "-T", "lint", "-W", "warning", filepath.Join(dir, name)).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	shown, err := exec.CommandContext(t.Context(), "mandoc", "-T", "ascii", filepath.Join(dir, "man1/simkld-fix.1")).Output()
	if err != nil || !strings.Contains(string(shown), "--simkl") {
		t.Errorf("simkld-fix(1) does not name --simkl as it is typed: %v\n%s", err, shown)
	}
	settings, err := os.ReadFile(filepath.Join(dir, "man5/simkld.5"))
	if err != nil || !strings.Contains(string(settings), "start_after") {
		t.Errorf("simkld(5) does not name start_after: %v", err)
	}
}

func TestCompletionsAreWhatTheShellsTake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := write(dir, "2026-05-22", filepath.Join("..", "..", "config.example.toml")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "completions", "simkld.bash")
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", file).CombinedOutput(); err != nil {
		t.Errorf("bash: %v\n%s", err, out)
	}
	for _, name := range []string{"_simkld", "simkld.fish", "simkld.ps1"} {
		data, err := os.ReadFile(filepath.Join(dir, "completions", name))
		if err != nil || !strings.Contains(string(data), "__complete") {
			t.Errorf("%s asks simkld for nothing: %v", name, err)
		}
	}
}

func TestTheSameSourcesGiveTheSamePages(t *testing.T) {
	t.Parallel()
	var dirs [2]string
	for i := range dirs {
		dirs[i] = t.TempDir()
		if err := write(dirs[i], "2026-05-22", filepath.Join("..", "..", "config.example.toml")); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "diff", "-r", dirs[0], dirs[1]).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestABadDateIsRefused(t *testing.T) {
	t.Parallel()
	if err := write(t.TempDir(), "yesterday", "config.example.toml"); err == nil {
		t.Error("taken")
	}
}
