// Command manual writes the manual pages and the completions of the packages, from the commands themselves, so that they
// say what --help says.
//
// Usage: manual DIR DATE, in the folder of the sources. DATE is the day of the release (2026-05-22).
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/cli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: manual DIR DATE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], "config.example.toml"); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

// write makes man1, man5 and completions under dir.
func write(dir, date, example string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return fmt.Errorf("the day of the release: %w", err)
	}
	settings, err := os.ReadFile(example)
	if err != nil {
		return err
	}
	env := cli.System()
	root := cli.Root(env)
	files := map[string]func(page){
		"man1/" + about.Name + ".1": func(p page) { p.overview(root) },
		"man5/" + about.Name + ".5": func(p page) { p.settings(string(settings)) },
	}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			files["man1/"+about.Name+"-"+c.Name()+".1"] = func(p page) { p.command(c) }
		}
	}
	for name, fill := range files {
		var b bytes.Buffer
		fill(page{w: &b, date: date})
		if err := put(filepath.Join(dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	for shell, name := range map[string]string{
		"bash": about.Name + ".bash", "zsh": "_" + about.Name, "fish": about.Name + ".fish", "powershell": about.Name + ".ps1",
	} {
		var b bytes.Buffer
		e := *env
		e.Out = &b
		if code := cli.Main(context.Background(), &e, []string{"completion", shell}); code != 0 {
			return fmt.Errorf("completion for %s: exit code %d", shell, code)
		}
		if err := put(filepath.Join(dir, "completions", name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // read by all
		return err
	}
	return os.WriteFile(path, data, 0o644) //nolint:gosec // read by all
}
