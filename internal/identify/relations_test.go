package identify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/media"
)

const table = `::meta
- version: 1.3.0

::rules

# a second season, and the way it is numbered by some
- 100|200|300:14-26 -> 101|201|301:1-13!
- 100|200|300:27-? -> ?|?|302:1-?
# the same title, numbered otherwise
- 7|?|?:0 -> ~|~|~:1
- 8|?|?:1-3 -> 9|?|?:1-4
- nonsense
`

func TestEpisodesOfALaterSeasonAreFoundInTheTable(t *testing.T) {
	r := identify.ParseRelations([]byte(table))
	for _, c := range []struct {
		name, anilist, episode string
		moved                  bool
	}{
		{"[Group] Show [anilist-300] - 13.mkv", "300", "E13", false},
		{"[Group] Show [anilist-300] - 14.mkv", "301", "E01", true},
		{"[Group] Show [anilist-300] - 26.mkv", "301", "E13", true},
		{"[Group] Show [anilist-300] - 40.mkv", "302", "E14", true},
		{"[Group] Show [anilist-301] - 14.mkv", "301", "E01", true}, // "!"
		{"[Group] Show [anilist-301] - 05.mkv", "301", "E05", false},
		{"[Group] Show [anilist-999] - 14.mkv", "999", "E14", false},
		{"[Group] Show - 14.mkv", "", "E14", false}, // names are not enough
	} {
		m, _, _ := identify.New(identify.Config{Places: identify.NewPlaces(nil, nil, nil), Relations: r}).Read(c.name)
		if m.IDs.AniList != c.anilist || !strings.HasSuffix(m.Label(), c.episode) {
			t.Errorf("%s is %s of %+v, want %s of %s", c.name, m.Label(), m.IDs, c.episode, c.anilist)
		}
		if said := strings.Contains(strings.Join(m.Because, "\n"), "anime-relations table"); said != c.moved {
			t.Errorf("%s: the table is among the reasons: %v, want %v", c.name, said, c.moved)
		}
		// Under the earlier season's title the new number is another episode.
		if c.moved && m.Title != "" {
			t.Errorf("%s keeps its title: %s", c.name, m.Label())
		}
	}
}

func TestAFilmOrALaterSeasonIsLeftToItsNumbers(t *testing.T) {
	c := identify.Config{Places: identify.NewPlaces(nil, nil, nil), Relations: identify.ParseRelations([]byte(table))}
	for _, name := range []string{"Show [anilist-300] S02E14.mkv", "Show (2001) [anilist-300].mkv"} {
		if m, _, _ := identify.New(c).Read(name); m.IDs.AniList != "300" || m.Title == "" {
			t.Errorf("%s became %s %+v", name, m.Label(), m.IDs)
		}
	}
}

func TestRelationsAreReadFromTheFirstFileThatIsThere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "anime-relations.txt")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	r := identify.ReadRelations(filepath.Join(dir, "none"), file)
	m, _, _ := identify.New(identify.Config{Places: identify.NewPlaces(nil, nil, nil), Relations: r}).Read("Show [mal-100] - 15.mkv")
	if m.IDs.MAL != "101" || m.IDs.Simkl != 0 {
		t.Errorf("got %+v", m.IDs)
	}
	none := identify.ReadRelations(filepath.Join(dir, "none"))
	if m, _, _ := identify.New(identify.Config{Places: identify.NewPlaces(nil, nil, nil), Relations: none}).Read("Show [mal-100] - 15.mkv"); m.IDs.MAL != "100" {
		t.Errorf("without a table: %+v", m.IDs)
	}
}

// Whatever a table says, an episode keeps its number of episodes, and never gets one below 0.
func FuzzRelations(f *testing.F) {
	f.Add([]byte(table), 14)
	f.Add([]byte("::rules\n- 100|?|?:1-? -> 100|~|?:-5!\n- |||:->"), 3)
	f.Add([]byte("::rules\n- 100|1|1:99999999999999999999 -> 1|1|1:1-?!"), 0)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		c := identify.Config{Places: identify.NewPlaces(nil, nil, nil), Relations: identify.ParseRelations(text)}
		m, _, _ := identify.New(c).Read("Show [mal-100] - " + media.Number(n%1000).String() + ".mkv")
		for _, number := range append(m.Absolute, m.Episodes...) {
			if number < 0 {
				t.Fatalf("%q makes %d of %d", text, int(number), n)
			}
		}
	})
}
