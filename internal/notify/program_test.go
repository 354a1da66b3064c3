package notify

import (
	"slices"
	"strings"
	"testing"
)

// What a file is called must never become a part of a script.
func TestTextIsNeverPartOfAScript(t *testing.T) {
	const evil = `"; do shell script "rm"; $(rm) '`
	words, _ := osascript(evil, "body")
	if i := slices.Index(words, evil); i != len(words)-2 {
		t.Errorf("%q", words)
	}
	words, env := toast(evil, "body")
	if strings.Contains(strings.Join(words, " "), evil) || !slices.Contains(env, "SIMKLD_TOAST_TITLE="+evil) {
		t.Errorf("%q %q", words, env)
	}
}

func TestProgramShowsAndItsFailureIsSaid(t *testing.T) {
	shown := program{func(title, body string) ([]string, []string) {
		return []string{"test", title + "=" + body, "=", "a=b c"}, nil
	}}
	if _, err := shown.Show(t.Context(), 0, Notice{Title: "a", Body: "b", Command: "c"}); err != nil {
		t.Error(err)
	}
	if _, err := shown.Show(t.Context(), 0, Notice{Title: "x", Body: "b"}); err == nil {
		t.Error("a failure is not said")
	}
}
