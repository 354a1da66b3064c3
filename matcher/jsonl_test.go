package matcher_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/simkld/simkld/matcher"
)

func serve(t *testing.T, in string) []map[string]any {
	t.Helper()
	var out strings.Builder
	if err := matcher.ServeJSONL(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, m)
	}
	return got
}

func TestEveryLineIsAnsweredUnderItsID(t *testing.T) {
	got := serve(t, `{"id":"a","path":"Show.S01E02.mkv","note":{"deep":[1,{"x":"}"}]}}`+"\n\n"+`{"path":"Heat (1995).mkv","id":7}`)
	if len(got) != 2 || got[0]["id"] != "a" || got[1]["id"] != 7.0 {
		t.Fatalf("%v", got)
	}
	if got[0]["kind"] != "episode" || got[0]["season"] != 1.0 || got[1]["kind"] != "movie" || got[1]["year"] != 1995.0 {
		t.Fatalf("%v", got)
	}
}

func TestLineThatCannotBeReadIsAnErrorAndNotTheEnd(t *testing.T) {
	got := serve(t, strings.Join([]string{`{"id":"a","path":`, `[]`, `nonsense`, `{"id":"b"}`, `{"id":"c","path":5}`, `{"id":"d","path":"x","siblings":"y"}`, `{"id":"z","path":"Show.S01E02.mkv"}`}, "\n"))
	if len(got) != 7 {
		t.Fatalf("%d answers", len(got))
	}
	for i, id := range []any{"a", nil, nil, "b", "c", "d"} {
		if got[i]["error"] == nil || got[i]["id"] != id {
			t.Errorf("line %d: %v", i, got[i])
		}
	}
	if got[6]["kind"] != "episode" {
		t.Errorf("%v", got[6])
	}
}

func TestBytesThatAreNoUTF8KeepTheirName(t *testing.T) {
	got := serve(t, "{\"id\":\"a\",\"path\":\"/tv/\xff\xfe/Caf\xe9.S01E02.mkv\"}\n")
	if got[0]["kind"] != "episode" || got[0]["episodes"].([]any)[0] != 2.0 {
		t.Fatalf("%v", got)
	}
}

func TestEscapesAreResolved(t *testing.T) {
	got := serve(t, `{"id":"a","path":"\/tv\/Pok\u00e9mon \ud83d\ude00\\x S01E02.mkv"}`)
	if title, _ := got[0]["title"].(string); !strings.HasPrefix(title, "Pokémon 😀") {
		t.Fatalf("%v", got)
	}
}

func TestPartOfAFilmIsAFieldOfTheContract(t *testing.T) {
	got := serve(t, `{"id":"a","path":"Dune.Part.Two.2024.mkv"}`)
	if got[0]["title"] != "Dune" || got[0]["part"] != 2.0 {
		t.Fatalf("%v", got)
	}
}

// An answer does not wait for the next line: a program may ask one by one.
func TestAnswersComeAtOnce(t *testing.T) {
	askR, askW := io.Pipe()
	ansR, ansW := io.Pipe()
	done := make(chan error, 1)
	go func() { // ends when askW is closed
		done <- matcher.ServeJSONL(askR, ansW)
		ansW.Close()
	}()
	answers := json.NewDecoder(ansR)
	for range 3 {
		if _, err := io.WriteString(askW, `{"id":"a","path":"Show.S01E02.mkv"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := answers.Decode(&m); err != nil {
			t.Fatal(err)
		}
	}
	askW.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
