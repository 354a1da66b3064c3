package mpv

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzKeysOnScreen(f *testing.F) {
	f.Add([]byte(`[{"key":"u","cmd":"script-binding simkld/undo","priority":9}]`), "not counted")
	f.Add([]byte(`[{"key":"\u001b[2J","cmd":"no-osd script-binding 'simkld/fix';x","priority":0},{}]`), "\xff葬\u0301")
	f.Fuzz(func(t *testing.T, bindings []byte, line string) {
		shown := onScreen(line, hints(json.RawMessage(bindings), []Action{ActionUndo, ActionCount, ActionFix}))
		if w := screenCells.StringWidth(shown); w > widest || !utf8.ValidString(shown) {
			t.Errorf("%d cells: %q", w, shown)
		}
		clientMessage(json.RawMessage(bindings))
	})
}
