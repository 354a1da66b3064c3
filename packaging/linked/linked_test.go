package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheSameLicenceIsPrintedOnceWithAllWhoUseIt(t *testing.T) {
	t.Parallel()
	got, err := licences([]part{
		{"example.org/a", "v1.0.0", folder(t, map[string]string{"LICENSE": "do what you like"})},
		{"example.org/b", "v2.0.0", folder(t, map[string]string{"LICENSE.txt": "do what you like", "NOTICE": "made by B"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if strings.Count(text, "do what you like") != 1 || !strings.Contains(text, "example.org/a v1.0.0\nexample.org/b v2.0.0\n") ||
		!strings.Contains(text, "made by B") {
		t.Error(text)
	}
}

func TestAPartWithoutALicenceIsNotShipped(t *testing.T) {
	t.Parallel()
	if _, err := licences([]part{{"example.org/a", "v1.0.0", folder(t, map[string]string{"README": "hello"})}}); err == nil {
		t.Error("taken")
	}
}

func TestTheBillNamesWhatIsLinked(t *testing.T) {
	t.Parallel()
	parts, err := linked(os.Args[0]) // the test itself is a Go binary
	if err != nil {
		t.Fatal(err)
	}
	out, err := sbom(parts)
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Format     string `json:"bomFormat"`
		Components []struct {
			Name, PURL string
		}
	}
	if err := json.Unmarshal(out, &bill); err != nil || bill.Format != "CycloneDX" || bill.Components[0].Name != "std" {
		t.Errorf("%+v, %v", bill, err)
	}
}
