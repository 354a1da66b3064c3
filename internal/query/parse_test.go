package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/query"
)

func TestParseReadsEveryForm(t *testing.T) {
	t.Parallel()
	simkl := func(n media.SimklID) media.IDs { return media.IDs{Simkl: n} }
	for text, want := range map[string]query.Query{
		"Inception":                              {Title: "Inception"},
		"  Inception   (2010) ":                  {Title: "Inception", Year: 2010},
		"Blade Runner 2049":                      {Title: "Blade Runner 2049"},
		"1917":                                   {Title: "1917"},
		"Severance S02E03":                       {Title: "Severance", Season: new(2), From: 3, To: 3},
		"severance s2e3":                         {Title: "severance", Season: new(2), From: 3, To: 3},
		"Severance 2x03":                         {Title: "Severance", Season: new(2), From: 3, To: 3},
		"Severance S02":                          {Title: "Severance", Season: new(2)},
		"Severance S02E03-E05":                   {Title: "Severance", Season: new(2), From: 3, To: 5},
		"Severance S02E03-05":                    {Title: "Severance", Season: new(2), From: 3, To: 5},
		"Severance S02E03-S02E05":                {Title: "Severance", Season: new(2), From: 3, To: 5},
		"Doctor Who S00E01":                      {Title: "Doctor Who", Season: new(0), From: 1, To: 1},
		"葬送のフリーレン E05":                           {Title: "葬送のフリーレン", From: 5, To: 5},
		"One Piece E1000-E1004":                  {Title: "One Piece", From: 1000, To: 1004},
		"Doctor Who (2005) S02E03":               {Title: "Doctor Who", Year: 2005, Season: new(2), From: 3, To: 3},
		"Doctor Who S02E03 (2005)":               {Title: "Doctor Who", Year: 2005, Season: new(2), From: 3, To: 3},
		"Re:Zero E05":                            {Title: "Re:Zero", From: 5, To: 5},
		"Dune: Part Two (2024)":                  {Title: "Dune: Part Two", Year: 2024},
		"simkl:1109411":                          {IDs: simkl(1109411)},
		"simkl:1109411 S02":                      {IDs: simkl(1109411), Season: new(2)},
		"imdb:tt1375666 S02E03":                  {IDs: media.IDs{IMDB: "tt1375666"}, Season: new(2), From: 3, To: 3},
		"tmdb:27205":                             {IDs: media.IDs{TMDB: "27205"}},
		"tvdb:371980 S01E01":                     {IDs: media.IDs{TVDB: "371980"}, Season: new(1), From: 1, To: 1},
		"mal:16498 E05":                          {IDs: media.IDs{MAL: "16498"}, From: 5, To: 5},
		"anidb:9541 E05":                         {IDs: media.IDs{AniDB: "9541"}, From: 5, To: 5},
		"anilist:16498 E05":                      {IDs: media.IDs{AniList: "16498"}, From: 5, To: 5},
		"kitsu:7442 E05":                         {IDs: media.IDs{Kitsu: "7442"}, From: 5, To: 5},
		"https://simkl.com/tv/1109411/severance": {IDs: simkl(1109411), Kind: media.AnswerShow},
		"simkl.com/movies/53801":                 {IDs: simkl(53801), Kind: media.AnswerMovie},
		"http://www.simkl.com/anime/39687/shingeki-no-kyojin?x=1#y": {IDs: simkl(39687), Kind: media.AnswerAnime},
		"simkl.com/tv/1109411 S02E03":                               {IDs: simkl(1109411), Kind: media.AnswerShow, Season: new(2), From: 3, To: 3},
		"https://simkl.com/tv/1109411/severance/season-2/episode-3": {IDs: simkl(1109411), Kind: media.AnswerShow, Season: new(2), From: 3, To: 3},
		"https://simkl.com/anime/39687/shingeki/episode-4":          {IDs: simkl(39687), Kind: media.AnswerAnime, From: 4, To: 4},
	} {
		got, err := query.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want.Text = strings.TrimSpace(text)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "no title was named",
		" \t ":                            "no title was named",
		strings.Repeat("a ", 5<<10):       "it has 10239 characters",
		"Heat\x1b[2J":                     "characters that no title has",
		"\xff\xfe":                        "characters that no title has",
		"S02E03":                          "names no title",
		"(2010)":                          "names no title",
		"Severance S02E00":                "is no number of an episode",
		"Severance S99999":                "there is no season 99999",
		"Severance S02E05-E03":            "ends before it begins",
		"Severance S01E03-S02E05":         "goes over several seasons",
		"Severance E1-E9999":              "are 9999 episodes",
		"Severance E123456":               "is no number of an episode",
		"Inception (1066)":                "no title is of the year 1066",
		"https://imdb.com/title/tt137566": "no address on simkl.com",
		"www.themoviedb.org/movie/1":      "no address on simkl.com",
		"ftp://simkl.com/tv/1":            "no address on simkl.com",
		"https://simkl.com.evil.org/tv/1": "no address on simkl.com",
		"https://simkl.com/tv/0":          "no page of a title",
		"https://simkl.com/settings/":     "no page of a title",
		"simkl.com/movies/53801 S01E02":   "a film, which has no episode",
		"simkl.com/tv/1/x/season-1 S02":   "names an episode, and S02 another",
		"simkl.com/tv/1109411 Severance":  "not understood behind an address",
		"simkl:1109411 Severance":         "not understood behind an id",
		"simkl:severance":                 "no id of Simkl",
		"simkl:0":                         "no id of Simkl",
		"simkl:-5":                        "no id of Simkl",
		"simkl:tt1375666":                 "no id of Simkl",
		"simkl:99999999999999999999":      "no id of Simkl",
		"tmdb:tt1375666":                  "no id of TMDB",
		"mal:":                            "no id of MyAnimeList",
		"imdb:1375666":                    "no id of a title on IMDb",
		"imdb:nm0000123":                  "no id of a title on IMDb",
		"trakt:123":                       "no catalogue whose ids are understood",
		"simkl:1 (2010)":                  "a year beside it says nothing",
	} {
		_, err := query.Parse(text)
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Usage || !strings.Contains(e.What, want) {
			t.Errorf("%.40q: %v, want %q of kind usage", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"Severance S02E03-E05", "Inception (2010)", "simkl:1109411", "imdb:tt1375666 S02", "https://simkl.com/tv/1/x/season-1/episode-2", "E05",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			if fault.KindOf(err) != fault.Usage {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if named := !q.IDs.IsZero(); named == (q.Title != "") {
			t.Fatalf("%q names a title in two ways or none: %+v", text, q)
		}
		if q.From < 0 || q.To < q.From || len(q.Numbers()) > 2000 || q.Season != nil && *q.Season < 0 {
			t.Fatalf("%q: %+v", text, q)
		}
		if q.Title == "" {
			return
		}
		// What is understood, written anew, is understood as the same.
		again := q.Title
		if q.Year != 0 {
			again += " (" + itoa(q.Year) + ")"
		}
		again += " " + q.Spec()
		r, err := query.Parse(again)
		if err != nil {
			t.Fatalf("%q is understood, %q is not: %v", text, again, err)
		}
		r.Text = q.Text
		if q.HasEpisodes() && !cmp.Equal(q, r) {
			t.Fatalf("%q is %+v, %q is %+v", text, q, again, r)
		}
	})
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}
