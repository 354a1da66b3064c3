package matcher_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/media"
)

// line writes an answer as testdata/names.txt has it: the label, the year and the country of an episode, the ids, and
// "?" where a person would be asked.
func line(m media.Match) string {
	var b strings.Builder
	b.WriteString(brief(m))
	if m.Country != "" {
		fmt.Fprintf(&b, " [%s]", m.Country)
	}
	if m.Part > 0 {
		fmt.Fprintf(&b, " part %d", m.Part)
	}
	if m.Kind == media.KindMovie && m.Year == 0 {
		b.WriteString(" film")
	}
	if m.Kind != media.KindNone && m.Confidence < 0.5 {
		b.WriteString(" ?")
	}
	return b.String()
}

// Each line of testdata/names.txt is a path and what it is. A name that was once misread gets a line there.
func TestNamesAreReadAsPeopleReadThem(t *testing.T) {
	f, err := os.Open("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	n := 0
	for lines.Scan() {
		in, want, ok := strings.Cut(lines.Text(), "\t")
		if !ok || strings.HasPrefix(in, "# ") {
			continue
		}
		n++
		if got := line(path(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if err := lines.Err(); err != nil || n < 300 {
		t.Fatalf("%d names read: %v", n, err)
	}
}
