package archtest_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/simkld/simkld/"

type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
	Deps       []string
}

// packages are those of this module, as they are built.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps=false", "-json=ImportPath,Dir,Imports,GoFiles,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
}

// arrows are the packages of this module that a package may import, for those that are held to it.
var arrows = map[string][]string{
	"internal/media":    {},
	"internal/fault":    {},
	"internal/about":    {},
	"internal/secret":   {},
	"internal/clock":    {"internal/media"},
	"players":           {"internal/media"},
	"players/vlc":       {"players", "internal/media"},
	"internal/setup":    {"players/mpv", "internal/media", "internal/fault", "internal/paths"},
	"players/mpv":       {"players", "internal/media"},
	"scrobbler":         {"players", "internal/media"},
	"matcher":           {"internal/media"},
	"queue":             {"internal/media"},
	"internal/store":    {"queue", "internal/media"},
	"internal/identify": {"matcher", "internal/media"},
	"internal/simkl":    {"internal/simkl/limits", "internal/media", "internal/fault", "internal/about"},
	"internal/lookup":   {"matcher", "internal/simkl", "internal/media"},
	"internal/query":    {"matcher", "internal/simkl", "internal/media", "internal/fault"},
	"internal/library":  {"internal/store", "internal/simkl", "internal/media"},
	"internal/deliver":  {"queue", "matcher", "internal/simkl", "internal/simkl/limits", "internal/media", "internal/fault"},
	"internal/api":      {"internal/media", "internal/fault", "internal/paths"},
	"internal/sandbox":  {},
	"internal/transfer": {"internal/media"},
	"cmd/simkld":        {"internal/cli"},
}

func TestPackagesImportOnlyWhatTheirPlaceAllows(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		allowed, held := arrows[p.ImportPath]
		if !held {
			continue
		}
		seen[p.ImportPath] = true
		for _, imp := range p.Imports {
			own, ours := strings.CutPrefix(imp, module)
			if ours && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s, which the layout does not allow", p.ImportPath, own)
			}
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("%s is held to its imports and does not exist", name)
		}
	}
}

// A mistake that client and server shared would show nowhere.
func TestSandboxAndClientShareNothing(t *testing.T) {
	for _, p := range packages(t) {
		for _, dep := range p.Deps {
			own := strings.TrimPrefix(dep, module)
			if p.ImportPath == "internal/sandbox" && own != dep {
				t.Errorf("the sandbox depends on %s", own)
			}
			if strings.HasPrefix(p.ImportPath, "internal/simkl") && own == "internal/sandbox" {
				t.Errorf("%s depends on the sandbox", p.ImportPath)
			}
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	for _, p := range packages(t) {
		longest := ""
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if text := f.Doc.Text(); len(text) > len(longest) {
				longest = text
			}
		}
		if len(p.GoFiles) > 0 && len(longest) < 60 {
			t.Errorf("%s has no comment that says what it owns: %q", p.ImportPath, longest)
		}
	}
}

// Templates and the like reach reflect.Value.MethodByName, and the linker then keeps every exported method: 3 MB
// (docs/decisions).
func TestLinkedBinaryKeepsDeadCodeElimination(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "simkld")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w -dumpdep", "-o", bin, "./cmd/simkld")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "ReflectMethod") {
			t.Errorf("the linked binary reaches methods by name: %s", strings.TrimSpace(line))
		}
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	const budget = 18 << 20
	if info.Size() > budget {
		t.Errorf("the stripped binary has %d bytes, the budget is %d", info.Size(), budget)
	}
}
