package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const passing = `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    x_test.go:3: needs Windows\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Elapsed":1.25}
`

func TestSummaryCountsTestsSkipsAndRealParts(t *testing.T) {
	counts := filepath.Join(t.TempDir(), "counts")
	if err := os.WriteFile(counts, []byte("mpv\nbus\nkill at random\nmpv\nkill at random\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(strings.NewReader(passing), &out, counts, ""); err != nil {
		t.Fatal(err)
	}
	want := "ok    p  1.2 s\n1 tests passed, 0 failed, 1 skipped; started for real: 2 mpv, 0 vlc, 1 bus, 2 kill at random\nskipped: p TestB: x_test.go:3: needs Windows\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatFailedIsShownAndIsAnError(t *testing.T) {
	for name, in := range map[string]string{
		"test":    passing + `{"Action":"output","Package":"p","Test":"TestC","Output":"x_test.go:9: wrong\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestC"}`,
		"build":   passing + `{"Action":"build-output","ImportPath":"q","Output":"q.go:1: wrong\n"}` + "\n" + `{"Action":"build-fail","ImportPath":"q"}`,
		"go":      "go: wrong flag\n",
		"package": passing + `{"Action":"output","Package":"q","Output":"panic: wrong\n"}` + "\n" + `{"Action":"fail","Package":"q"}`,
	} {
		var out bytes.Buffer
		if err := run(strings.NewReader(in), &out, "", ""); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !strings.Contains(out.String(), "wrong") {
			t.Errorf("%s: not shown:\n%s", name, out.String())
		}
	}
}
