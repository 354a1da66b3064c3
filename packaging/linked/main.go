// Command linked says what is in a binary besides our own code: a software bill of materials (CycloneDX 1.5) and the
// licences of all modules, as their authors wrote them.
//
// Usage: linked BINARY DIR, in the folder of the sources: it writes DIR/sbom.cdx.json and DIR/THIRD-PARTY-LICENSES.
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/about"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: linked BINARY DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "linked:", err)
		os.Exit(1)
	}
}

// part is a module that was linked.
type part struct {
	path, version, dir string
}

func write(binary, dir string) error {
	parts, err := linked(binary)
	if err != nil {
		return err
	}
	bill, err := sbom(parts)
	if err != nil {
		return err
	}
	texts, err := licences(parts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // read by all
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sbom.cdx.json"), bill, 0o644); err != nil { //nolint:gosec // read by all
		return err
	}
	return os.WriteFile(filepath.Join(dir, "THIRD-PARTY-LICENSES"), texts, 0o644) //nolint:gosec // read by all
}

// linked reads the modules that the toolchain recorded in the binary, and finds their sources. The first is Go itself,
// whose library is in every binary.
func linked(binary string) ([]part, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	parts := []part{{path: "std", version: strings.TrimPrefix(info.GoVersion, "go"), dir: goroot()}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		parts = append(parts, part{path: m.Path, version: m.Version})
	}
	dirs, err := sources()
	if err != nil {
		return nil, err
	}
	for i := range parts[1:] {
		p := &parts[i+1]
		if p.dir = dirs[p.path]; p.dir == "" {
			return nil, fmt.Errorf("the sources of %s are not here: run go mod download", p.path)
		}
	}
	slices.SortFunc(parts[1:], func(a, b part) int { return strings.Compare(a.path, b.path) })
	return parts, nil
}

func goroot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output() //nolint:noctx // it ends by itself
	if err != nil {
		return runtime.GOROOT() //nolint:staticcheck // the same on the machine that built it
	}
	return strings.TrimSpace(string(out))
}

// sources are the folders of the modules.
func sources() (map[string]string, error) {
	if _, err := os.Stat("vendor"); err == nil {
		return vendored()
	}
	out, err := exec.Command("go", "list", "-m", "-json", "all").Output() //nolint:noctx // it ends by itself
	if err != nil {
		return nil, fmt.Errorf("go list -m all: %w", err)
	}
	dirs := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Dir string }
		switch err := dec.Decode(&m); {
		case errors.Is(err, io.EOF):
			return dirs, nil
		case err != nil:
			return nil, err
		}
		dirs[m.Path] = m.Dir
	}
}

// vendored are the folders of an offline build.
func vendored() (map[string]string, error) {
	list, err := os.ReadFile(filepath.Join("vendor", "modules.txt"))
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if words := strings.Fields(line); len(words) >= 3 && words[0] == "#" {
			dirs[words[1]] = filepath.Join("vendor", filepath.FromSlash(words[1]))
		}
	}
	return dirs, nil
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
}

// sbom has neither a date nor a random number: the same binary gives the same bill.
func sbom(parts []part) ([]byte, error) {
	type metadata struct {
		Component component `json:"component"`
	}
	bill := struct {
		Format     string      `json:"bomFormat"`
		Spec       string      `json:"specVersion"`
		Version    int         `json:"version"`
		Metadata   metadata    `json:"metadata"`
		Components []component `json:"components"`
	}{"CycloneDX", "1.5", 1, metadata{component{"application", about.Name, about.Version(), ""}}, nil}
	for _, p := range parts {
		c := component{"library", p.path, p.version, "pkg:golang/" + p.path + "@" + p.version}
		bill.Components = append(bill.Components, c)
	}
	out, err := json.MarshalIndent(bill, "", " ")
	return append(out, '\n'), err
}

// licences are the texts of all parts, the same text once.
func licences(parts []part) ([]byte, error) {
	var order []string
	users := map[string][]string{}
	for _, p := range parts {
		texts, err := texts(p)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			if users[text] == nil {
				order = append(order, text)
			}
			users[text] = append(users[text], p.path+" "+p.version)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s is linked with the Go modules below. Each is under the licence that follows its name.\n", about.Name)
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 76), strings.Join(users[text], "\n"), strings.TrimSpace(text))
	}
	return b.Bytes(), nil
}

// texts are the licence files of one part. A part without any is an error: it may not be shipped unseen.
func texts(p part) ([]string, error) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(p.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		found = append(found, string(text))
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no licence file in %s", p.path, p.dir)
	}
	return found, nil
}
