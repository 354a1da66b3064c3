package scrobbler_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestWrittenFormOfASessionStaysReadable: a state of this version is read by later ones. Fields may be added to the
// golden file, none may change its name or meaning.
func TestWrittenFormOfASessionStaysReadable(t *testing.T) {
	f := newFilm(t)
	p := f.player()
	f.titles["/double"] = func() media.Match { m := f.titles["/double"]; m.IDs.IMDB = "tt1"; return m }()
	p.opens("/double")
	f.after(20 * time.Minute)
	p.seeks(60 * time.Minute)
	f.after(10 * time.Minute)
	p.pauses()
	got, err := json.MarshalIndent(json.RawMessage(f.saved[1]), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "session.json")
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the written form has changed:\n%s", got)
	}
}

func TestStatesOfARunBeforeAreTakenUp(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "session.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := newFilm(t)
	f.saved[1] = data
	f.restart(true, 0, nobody)
	f.told("stop S01E02 40")
}

func TestAPathThatIsNotUTF8SurvivesTheDisk(t *testing.T) {
	f := newFilm(t)
	path := "/films/\xff\xfe caf\xe9.mkv"
	f.titles[path] = f.titles["/heat"]
	p := f.plays(path)
	f.after(time.Minute).told("start Heat 0.08")
	f.restart(true, 10*time.Second, everybody)
	f.after(time.Minute).told() // it is the same file: no second start
	p.stops()
	f.told("stop Heat 2.16")
	if got := f.calls[1].Path; got != path {
		t.Errorf("path %q became %q", path, got)
	}
}

func TestAPlayerWithoutAPathIsKnownByItsTitle(t *testing.T) {
	f := newFilm(t)
	f.titles[""] = f.titles["/heat"]
	p := f.player().loads(media.Item{Title: "Heat", Length: long}, 0)
	f.after(20 * time.Minute).told("start Heat 0.08")
	p.item.Title = "Ronin"
	f.titles[""] = f.titles["/ronin"]
	f.restart(true, time.Second, everybody)
	f.after(10*time.Second).told("stop Heat 20", "start Ronin 20.1")
}

func TestTwoPlayersWithoutAProcessIDAreNotMixedUp(t *testing.T) {
	f := newFilm(t)
	a, b := f.player(), f.player()
	a.pid, b.pid = 0, 0
	a.opens("/heat")
	b.opens("/ronin")
	f.after(20*time.Minute).told("start Heat 0.08", "start Ronin 0.08")
	f.players = []*player{b, a}
	f.restart(true, time.Second, everybody)
	f.after(10 * time.Second).told()
}

func FuzzRestore(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "session.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden, true)
	f.Add(golden, false)
	f.Add([]byte(`{"watch":1,"episodes":[{"watch":1}],"length":-1,"position":-5,"rate":-1}`), true)
	f.Add([]byte(`{"watch":1,"episodes":[{"watch":1}],"match":{"kind":"movie","title":"x","part":4611686018427387904}}`), false)
	f.Add([]byte(`{"watch":1,"episodes":[{"watch":1},{"watch":2}],"current":7}`), false)
	f.Fuzz(func(t *testing.T, data []byte, alive bool) {
		var saved scrobbler.Saved
		if json.Unmarshal(data, &saved) != nil {
			return
		}
		film := newFilm(t)
		film.do(film.m.Restore([]scrobbler.Saved{saved}, func(scrobbler.Saved) bool { return alive }, film.now))
		if alive {
			p := film.player()
			e := p.event()
			e.Player, e.Channel, e.PID, e.State = saved.Player, saved.Channel, saved.PID, players.Playing
			e.Item = media.Item{Path: string(saved.Path), Title: string(saved.Title), Length: long}
			p.send(e)
			film.after(time.Minute)
			p.dies()
		}
		film.m.Snapshot()
		for _, c := range film.calls {
			if !(c.Progress >= 0 && c.Progress <= 100) {
				t.Errorf("progress %v", c.Progress)
			}
		}
	})
}
