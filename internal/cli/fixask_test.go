package cli_test

import (
	"testing"

	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

func TestTitleIsNamedByIDOrAddress(t *testing.T) {
	for text, want := range map[string]media.IDs{
		"53801":                           {Simkl: 53801},
		" 53801 ":                         {Simkl: 53801},
		"tt0113277":                       {IMDB: "tt0113277"},
		"simkl.com/movies/53801":          {Simkl: 53801},
		"https://simkl.com/tv/17465/lost": {Simkl: 17465},
		"https://www.simkl.com/anime/39687/shingeki-no-kyojin?x=1": {Simkl: 39687},
		"https://www.imdb.com/title/tt0113277/":                    {IMDB: "tt0113277"},
		"https://simkl.com.evil.example/tv/1":                      {},
		"https://simkl.com/tv/":                                    {},
		"https://simkl.com/users/5":                                {},
		"-5":                                                       {},
		"99999999999999999999":                                     {},
		"the office":                                               {},
		"":                                                         {},
	} {
		got, err := cli.ParseTitleID(text)
		if got != want || (err == nil) == want.IsZero() || err != nil && fault.KindOf(err) != fault.Usage {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestEpisodeIsNamedAsPeopleDo(t *testing.T) {
	none := -1
	for text, want := range map[string][2]int{
		"S02E03": {2, 3}, "s2 e3": {2, 3}, "2x03": {2, 3}, "E05": {none, 5}, "5": {none, 5}, " S00E01 ": {0, 1}, "1015": {none, 1015},
	} {
		season, episode, err := cli.ParseNumbers(text)
		if err != nil || *episode != want[1] || (season == nil) != (want[0] == none) || season != nil && *season != want[0] {
			t.Errorf("%q: %v, %v, %v", text, season, episode, err)
		}
	}
	for _, text := range []string{"", "S02", "one", "1.5", "-1", "S02E", "123456"} {
		if _, _, err := cli.ParseNumbers(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q is taken: %v", text, err)
		}
	}
}
