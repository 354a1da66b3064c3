package transfer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/transfer"
)

const (
	traktBacklog = `[
 {"media_info":{"type":"episode","title":"Severance","season":2,"episode":[3,4]},"progress":97.1,"updated_at":1779480840.25},
 {"media_info":{"type":"movie","title":"Heat","year":1995},"progress":92.0,"updated_at":1779394440},
 {"media_info":{"type":"movie","title":"No time"},"progress":92.0},
 7]`
	mpsBacklog = `{
 "53801":{"simkl_id":53801,"title":"Heat","timestamp":"2026-05-21T20:14:00.123456","attempt_count":2,"type":"movie","watched_at":"2026-05-21T18:14:00Z"},
 "temp_1":{"simkl_id":"temp_1","title":"film.mkv","timestamp":"2026-05-21T20:14:00","attempt_count":0,"type":"movie"},
 "1109411":{"simkl_id":"1109411","title":"Severance","timestamp":"2026-05-22T20:14:00","attempt_count":0,"type":"show","season":2,"episode":"3"},
 "9":{"simkl_id":9,"title":"A whole show","timestamp":"2026-05-22T20:14:00","attempt_count":0,"type":"show"}}`
	mpsHistory = `[
 {"simkl_id":1109411,"title":"Severance","type":"tv","year":2022,"watched_at":"2026-05-22T20:14:00","season":2,"episode":4,
  "episodes":[{"number":3,"watched_at":"2026-05-21T20:14:00"},{"number":4,"watched_at":"2026-05-22T20:14:00","file_path":"/tv/S02E04.mkv"}]}]`
	remapRules = `
[[rules]]
match.path = ".*Monogatari.*"
type = "episode"
id.trakt_id = 1234
season = 2
episode_delta = -12
[[rules]]
match = {title = "Bebop"}
type = "episode"
id = {title = "Cowboy Bebop"}
`
)

// said is a watch in one line.
func said(w transfer.Watch) string {
	where := "history"
	if w.Waits {
		where = "queue"
	}
	return strings.Join([]string{w.Match.Label(), w.At.Format(time.RFC3339), where, w.Path}, " | ")
}

func TestReadTakesOverWhatOtherProgramsKept(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("here", 2*3600)
	for name, c := range map[string]struct {
		data, from  string
		want        []string
		left, rules int
	}{
		"backlog of trakt-scrobbler": {traktBacklog, "trakt-scrobbler", []string{
			"Severance S02E03 | 2026-05-22T20:14:00Z | queue | ",
			"Severance S02E04 | 2026-05-22T20:14:00Z | queue | ",
			"Heat (1995) | 2026-05-21T20:14:00Z | queue | ",
		}, 2, 0},
		"backlog of simkl-mps": {mpsBacklog, "simkl-mps", []string{
			"Severance S02E03 | 2026-05-22T18:14:00Z | queue | ",
			"Heat | 2026-05-21T18:14:00Z | queue | ",
		}, 2, 0},
		"history of simkl-mps": {mpsHistory, "simkl-mps", []string{
			"Severance S02E03 | 2026-05-21T18:14:00Z | history | ",
			"Severance S02E04 | 2026-05-22T18:14:00Z | history | /tv/S02E04.mkv",
		}, 0, 0},
		"rules of trakt-scrobbler": {remapRules, "trakt-scrobbler", nil, 0, 2},
		"an empty backlog":         {"[]", "", nil, 0, 0},
	} {
		f, err := transfer.Read([]byte(c.data), zone)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, w := range f.Watches {
			got = append(got, said(w))
		}
		if diff := cmp.Diff(c.want, got); diff != "" || f.From != c.from || len(f.Left) != c.left || len(f.Rules) != c.rules {
			t.Errorf("%s: from %q, left %q, rules %+v\n%s", name, f.From, f.Left, f.Rules, diff)
		}
	}
}

func TestAnyOtherFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "hello", "7", `{"a":1}`, `[1,2]`, "[[other]]\na = 1\n", "\x00\xff"} {
		if f, err := transfer.Read([]byte(data), time.UTC); !errors.Is(err, transfer.ErrUnknown) {
			t.Errorf("%q is %+v, %v", data, f, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{traktBacklog, mpsBacklog, mpsHistory, remapRules, "[]", "{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := transfer.Read(data, time.UTC)
		if err != nil {
			return
		}
		for _, w := range found.Watches {
			if w.Match.Title == "" && w.Match.IDs.IsZero() || w.At.Year() < 2000 {
				t.Errorf("nobody can be told of %+v", w)
			}
			if w.Match.Kind == media.KindEpisode && len(w.Match.Episodes)+len(w.Match.Absolute) != 1 {
				t.Errorf("a whole show would be marked by %+v", w)
			}
		}
	})
}

func watched() []transfer.Watched {
	at := func(day int) time.Time { return time.Date(2026, 5, day, 22, 30, 0, 0, time.UTC) }
	heat := &media.Answer{Kind: media.AnswerMovie, Title: "Heat", Year: 1995, IDs: media.IDs{Simkl: 53801, IMDB: "tt0113277", TMDB: "949"}}
	titan := &media.Answer{
		Kind: media.AnswerAnime, Title: "Shingeki no Kyojin", Year: 2013, IDs: media.IDs{Simkl: 39687, TVDB: "267440", MAL: "16498"},
		Episode: new(7), TVDBSeason: new(3), TVDBEpisode: new(19),
	}
	return []transfer.Watched{ // newest first, as the history has them
		{Match: media.Match{Kind: media.KindMovie, Title: "heat"}, Answer: heat, At: at(24)},
		{Match: media.Match{Kind: media.KindEpisode, Title: "Attack on Titan", Absolute: []media.Number{56}}, Answer: titan, At: at(23)},
		{Match: media.Match{Kind: media.KindEpisode, Title: "Severance", Year: 2022, Season: new(2), Episodes: []media.Number{3}}, At: at(22)},
		{Match: media.Match{Kind: media.KindMovie, Title: "heat"}, Answer: heat, At: at(21)},
	}
}

func TestLetterboxdHasFilmsWithTheDayAndRewatches(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	left, err := transfer.Letterboxd(&out, watched(), time.FixedZone("here", 2*3600))
	want := "tmdbID,imdbID,Title,Year,WatchedDate,Rewatch\n949,tt0113277,Heat,1995,2026-05-22,false\n949,tt0113277,Heat,1995,2026-05-25,true\n"
	if err != nil || left != 2 || out.String() != want {
		t.Errorf("left %d, %v\n%s", left, err, out.String())
	}
}

// compact is JSON without its white space.
func compact(t *testing.T, data []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSimklHasItsOwnNumbers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	left, err := transfer.Simkl(&out, watched()[:3])
	want := `{"shows":[{"last_watched_at":"2026-05-22T22:30:00Z","show":{"title":"Severance","year":2022,"ids":{}},"seasons":[{"number":2,"episodes":[{"number":3,"watched_at":"2026-05-22T22:30:00Z"}]}]}],` +
		`"anime":[{"last_watched_at":"2026-05-23T22:30:00Z","show":{"title":"Shingeki no Kyojin","year":2013,"ids":{"mal":"16498","simkl":39687,"tvdb":"267440"}},"seasons":[{"number":1,"episodes":[{"number":7,"watched_at":"2026-05-23T22:30:00Z"}]}]}],` +
		`"movies":[{"status":"completed","last_watched_at":"2026-05-24T22:30:00Z","movie":{"title":"Heat","year":1995,"ids":{"imdb":"tt0113277","simkl":53801,"tmdb":"949"}}}]}`
	if diff := cmp.Diff(want, compact(t, out.Bytes())); err != nil || left != 0 || diff != "" {
		t.Errorf("left %d, %v\n%s", left, err, diff)
	}
}

func TestTraktHasTheNumbersOfTVDB(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	left, err := transfer.Trakt(&out, watched()[1:])
	want := `{"movies":[{"title":"Heat","year":1995,"ids":{"imdb":"tt0113277","tmdb":949},"watched_at":"2026-05-21T22:30:00Z"}],` +
		`"shows":[{"title":"Shingeki no Kyojin","year":2013,"ids":{"tvdb":267440},"seasons":[{"number":3,"episodes":[{"number":19,"watched_at":"2026-05-23T22:30:00Z"}]}]},` +
		`{"title":"Severance","year":2022,"ids":{},"seasons":[{"number":2,"episodes":[{"number":3,"watched_at":"2026-05-22T22:30:00Z"}]}]}]}`
	if diff := cmp.Diff(want, compact(t, out.Bytes())); err != nil || left != 0 || diff != "" {
		t.Errorf("left %d, %v\n%s", left, err, diff)
	}
}
