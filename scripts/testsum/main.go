// Command testsum reads the output of `go test -json`, prints a line for each package and all of what failed, and sums up:
// tests, skips with their reasons, and the real parts that were started (CONTRIBUTING.md).
//
// It promises exit code 1 if anything failed or nothing was run. It must not know any test.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is a line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type summary struct {
	passed, failed int
	skipped        []string
	output         map[string]*strings.Builder // by package and test, until it has passed
	broken         bool
}

func main() {
	counts := flag.String("counts", "", "file to which tests append a line for each real part they start")
	file := flag.String("summary", "", "file that gets the last line too")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *counts, *file); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, counts, file string) error {
	s := summary{output: map[string]*strings.Builder{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) != nil {
			fmt.Fprint(out, string(line)) // what go itself says
		} else {
			s.add(e, out)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read test output: %w", err)
		}
	}
	parts, err := realParts(counts)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d tests passed, %d failed, %d skipped; started for real: %s\n", s.passed, s.failed, len(s.skipped), parts)
	for _, skip := range s.skipped {
		text.WriteString("skipped: " + skip + "\n")
	}
	fmt.Fprint(out, text.String())
	if file != "" {
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			return fmt.Errorf("write summary: %w", err)
		}
	}
	if s.broken || s.failed > 0 || s.passed == 0 {
		return errors.New("not all is well")
	}
	return nil
}

func (s *summary) add(e event, out io.Writer) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if e.Action == "build-output" {
			fmt.Fprint(out, e.Output)
			return
		}
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
		}
		s.output[key].WriteString(e.Output)
	case "build-fail":
		s.broken = true
	case "pass":
		if e.Test == "" {
			fmt.Fprintf(out, "ok    %s  %.1f s\n", e.Package, e.Elapsed)
		} else {
			s.passed++
		}
		delete(s.output, key)
	case "fail":
		if e.Test == "" {
			s.broken = true
			fmt.Fprintf(out, "FAIL  %s  %.1f s\n", e.Package, e.Elapsed)
		} else {
			s.failed++
		}
		if o := s.output[key]; o != nil {
			fmt.Fprint(out, o.String())
		}
		delete(s.output, key)
	case "skip":
		if e.Test != "" {
			reason := ""
			if o := s.output[key]; o != nil {
				reason = why(o.String())
			}
			s.skipped = append(s.skipped, key+": "+reason)
		}
		delete(s.output, key)
	}
}

// why is the text of t.Skip, which stands between the lines of the framework.
func why(output string) string {
	var words []string
	for line := range strings.SplitSeq(output, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

// realParts counts the lines of the file: "31 mpv, 12 vlc, 9 bus".
func realParts(file string) (string, error) {
	if file == "" {
		return "not counted", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read counts: %w", err)
	}
	n := map[string]int{"mpv": 0, "vlc": 0, "bus": 0}
	names := []string{"mpv", "vlc", "bus"}
	for line := range strings.Lines(string(data)) {
		name := strings.TrimSpace(line)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		n[name]++
	}
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%d %s", n[name], name)
	}
	return strings.Join(parts, ", "), nil
}
