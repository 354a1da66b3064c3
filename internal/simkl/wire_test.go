package simkl_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

// bodyOf makes a call and gives the body it sent.
func bodyOf(t *testing.T, answer string, call func(ctx context.Context, c *simkl.Client) error) string {
	t.Helper()
	var body string
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v1(), reply(201, answer))
		if err := call(t.Context(), c); err != nil {
			t.Error(err)
		}
		if asked := m.asked(); len(asked) == 1 {
			body = asked[0].Body
		} else {
			t.Errorf("asked %d times", len(asked))
		}
	})
	return body
}

func TestScrobbleBodiesOfEachContainer(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		scrobble   simkl.Scrobble
	}{
		{
			"a film", `{"progress":0,"movie":{"title":"Heat","year":1995,"ids":{"imdb":"tt0113277","tmdb":"949"}}}`,
			simkl.Scrobble{Title: simkl.Title{Container: media.AnswerMovie, Name: "Heat", Year: 1995, IDs: media.IDs{IMDB: "tt0113277", TMDB: "949"}}},
		},
		{
			"Simkl's own id alone", `{"progress":100,"movie":{"ids":{"simkl":53801}}}`,
			simkl.Scrobble{Title: simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{Simkl: 53801}}, Progress: 100},
		},
		{
			"an anime by its own number", `{"progress":12.34,"anime":{"title":"Sousou no Frieren","ids":{"anidb":"17617","mal":"52991"}},"episode":{"number":5}}`,
			simkl.Scrobble{Title: simkl.Title{Container: media.AnswerAnime, Name: "Sousou no Frieren", IDs: media.IDs{MAL: "52991", AniDB: "17617"}}, Number: new(5), Progress: 12.3499},
		},
		{
			"an anime film", `{"progress":75,"anime":{"title":"Kimi no Na wa.","year":2016}}`,
			simkl.Scrobble{Title: simkl.Title{Container: media.AnswerAnime, Name: "Kimi no Na wa.", Year: 2016}, Progress: 75.0},
		},
		{
			"a special", `{"progress":1,"show":{"title":"Sherlock"},"episode":{"season":0,"number":1}}`,
			simkl.Scrobble{Title: simkl.Title{Container: media.AnswerShow, Name: "Sherlock"}, Season: new(0), Number: new(1), Progress: 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := bodyOf(t, pausedSeverance, func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Start(ctx, tt.scrobble)
				return err
			})
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func lastOfUs() simkl.HistoryItem {
	return simkl.HistoryItem{
		Title:  simkl.Title{Container: media.AnswerShow, Name: "The Last of Us", Year: 2023, IDs: media.IDs{TVDB: "392256"}},
		Season: new(1), Number: new(3), TVDBSeasons: true,
		WatchedAt: time.Date(2026, 5, 14, 20, 30, 0, 5e8, time.FixedZone("", 2*3600)),
	}
}

func oppenheimer() simkl.HistoryItem {
	return simkl.HistoryItem{
		Title:     simkl.Title{Container: media.AnswerMovie, Name: "Oppenheimer", Year: 2023, IDs: media.IDs{IMDB: "tt15398776"}},
		WatchedAt: time.Date(2026, 5, 14, 20, 0, 0, 0, time.UTC),
	}
}

func frieren() simkl.HistoryItem {
	return simkl.HistoryItem{
		Title: simkl.Title{Container: media.AnswerAnime, Name: "Sousou no Frieren", IDs: media.IDs{MAL: "52991"}}, Number: new(5),
		TVDBSeasons: true, // without a season it says nothing and is not sent
		WatchedAt:   time.Date(2026, 5, 14, 22, 0, 0, 0, time.UTC),
	}
}

const added = `{"added":{"movies":1,"shows":1,"episodes":1,"statuses":[
   {"request":{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"},"watched_at":"2026-05-14T20:00:00Z","type":"movie","rating":null},
    "response":{"status":"completed","simkl_type":"movie","anime_type":null}},
   {"request":{"title":"The Last of Us","year":2023,"ids":{"tvdb":392256},"type":"show","rating":null},
    "response":{"status":"watching","simkl_type":"tv","anime_type":null}}]},
 "not_found":{"movies":[],"shows":[],"episodes":[]}}`

func TestHistoryIsSentAsTheReferenceWritesItAndItsAnswerIsRead(t *testing.T) {
	var got simkl.HistoryAnswer
	body := bodyOf(t, added, func(ctx context.Context, c *simkl.Client) (err error) {
		got, err = c.AddHistory(ctx, []simkl.HistoryItem{lastOfUs(), oppenheimer(), frieren()})
		return err
	})
	const want = `{"movies":[{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"},"watched_at":"2026-05-14T20:00:00Z"}],` +
		`"shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"use_tvdb_anime_seasons":true,"seasons":[{"number":1,"episodes":[{"number":3,"watched_at":"2026-05-14T18:30:00Z"}]}]}],` +
		`"anime":[{"title":"Sousou no Frieren","ids":{"mal":"52991"},"episodes":[{"number":5,"watched_at":"2026-05-14T22:00:00Z"}]}]}`
	if d := cmp.Diff(want, body); d != "" {
		t.Error(d)
	}
	answer := simkl.HistoryAnswer{
		Items: []simkl.HistoryResult{
			{Found: simkl.Taken, Status: "watching", SimklType: "tv"},
			{Found: simkl.Taken, Status: "completed", SimklType: "movie"},
			{Found: simkl.Taken},
		},
		Movies: 1, Shows: 1, Episodes: 1,
	}
	if d := cmp.Diff(answer, got); d != "" {
		t.Error(d)
	}
}

func TestRemovingPutsAnimeUnderShowsAndSendsNoTimes(t *testing.T) {
	body := bodyOf(t, `{"deleted":{"movies":0,"shows":0,"episodes":2},"not_found":{"movies":[],"shows":[]}}`, func(ctx context.Context, c *simkl.Client) error {
		got, err := c.RemoveHistory(ctx, []simkl.HistoryItem{lastOfUs(), frieren()})
		if got.Episodes != 2 {
			t.Errorf("%+v", got)
		}
		return err
	})
	const want = `{"shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"use_tvdb_anime_seasons":true,"seasons":[{"number":1,"episodes":[{"number":3}]}]},` +
		`{"title":"Sousou no Frieren","ids":{"mal":"52991"},"episodes":[{"number":5}]}]}`
	if d := cmp.Diff(want, body); d != "" {
		t.Error(d)
	}
}

func TestWhatWouldMarkMoreThanWasMeantIsNeverSent(t *testing.T) {
	show, film, nameless := lastOfUs(), oppenheimer(), lastOfUs()
	show.Number = nil
	film.Number = new(1)
	nameless.Title = simkl.Title{Container: media.AnswerShow}
	other := lastOfUs()
	other.Container = "person"
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v1(), reply(201, added))
		for _, item := range []simkl.HistoryItem{show, film, nameless, other} {
			for _, call := range []func() error{
				func() error {
					_, err := c.AddHistory(t.Context(), []simkl.HistoryItem{oppenheimer(), item})
					return err
				},
				func() error { _, err := c.RemoveHistory(t.Context(), []simkl.HistoryItem{item}); return err },
				func() error {
					_, err := c.Stop(t.Context(), simkl.Scrobble{Title: item.Title, Season: item.Season, Number: item.Number}, false)
					return err
				},
			} {
				if err := call(); simkl.ClassOf(err) != simkl.Refused {
					t.Errorf("%+v: %v", item, err)
				}
			}
		}
		if err := c.DeletePlayback(t.Context(), 0); simkl.ClassOf(err) != simkl.Refused {
			t.Error(err)
		}
		if len(m.asked()) != 0 {
			t.Errorf("sent %v", m.asked())
		}
	})
}

func TestAWholeShowIsSentOnlyWhenMeant(t *testing.T) {
	show := lastOfUs()
	show.Season, show.Number, show.Whole, show.TVDBSeasons = nil, nil, true, false
	season := lastOfUs()
	season.Number, season.Whole = nil, true
	got := bodyOf(t, added, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.AddHistory(ctx, []simkl.HistoryItem{show, season})
		return err
	})
	const want = `{"shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"watched_at":"2026-05-14T18:30:00Z"},` +
		`{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"use_tvdb_anime_seasons":true,"seasons":[{"number":1,"watched_at":"2026-05-14T18:30:00Z"}]}]}`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSeveralEpisodesAWholeShowAndARewatchAreWrittenAsTheReferenceDoes(t *testing.T) {
	severance := simkl.Title{Container: media.AnswerShow, IDs: media.IDs{Simkl: 1109411}}
	for _, tt := range []struct {
		name, want string
		add        func(ctx context.Context, c *simkl.Client) (simkl.HistoryAnswer, error)
	}{
		{
			"a range", `{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":2,"episodes":[{"number":3},{"number":4},{"number":5}]}]}]}`,
			func(ctx context.Context, c *simkl.Client) (simkl.HistoryAnswer, error) {
				return c.AddHistory(ctx, []simkl.HistoryItem{{Title: severance, Season: new(2), Number: new(3), Also: []int{4, 5}}})
			},
		},
		{
			"all seasons of an anime", `{"anime":[{"ids":{"tvdb":"267440"},"use_tvdb_anime_seasons":true,"status":"completed"}]}`,
			func(ctx context.Context, c *simkl.Client) (simkl.HistoryAnswer, error) {
				return c.AddHistory(ctx, []simkl.HistoryItem{{
					Title: simkl.Title{Container: media.AnswerAnime, IDs: media.IDs{TVDB: "267440"}}, Whole: true, Completed: true, TVDBSeasons: true,
				}})
			},
		},
		{
			"a rewatch", `{"movies":[{"ids":{"simkl":53801},"is_rewatch":true,"rewatch_id":40771934513}]}`,
			func(ctx context.Context, c *simkl.Client) (simkl.HistoryAnswer, error) {
				return c.AddRewatch(ctx, []simkl.HistoryItem{{
					Title: simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{Simkl: 53801}}, Rewatch: &simkl.Rewatch{ID: 40771934513},
				}})
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := bodyOf(t, added, func(ctx context.Context, c *simkl.Client) error {
				_, err := tt.add(ctx, c)
				return err
			})
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOfSeveralEpisodesThoseThatAreMissingAreNamed(t *testing.T) {
	item := simkl.HistoryItem{
		Title: simkl.Title{Container: media.AnswerShow, IDs: media.IDs{Simkl: 1109411}}, Season: new(1), Number: new(8), Also: []int{9, 10, 11},
	}
	for answer, want := range map[string]simkl.HistoryResult{
		`{"added":{"movies":0,"shows":1,"episodes":2},"not_found":{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1,"episodes":[{"number":10},{"number":11}]}]}]}}`: {
			Found: simkl.Taken, Missing: []int{10, 11},
		},
		`{"added":{"movies":0,"shows":0,"episodes":0},"not_found":{"shows":[{"ids":{"simkl":1109411},"seasons":[{"number":1,"episodes":[{"number":8},{"number":9},{"number":10},{"number":11}]}]}]}}`: {
			Found: simkl.NotFound, Missing: []int{8, 9, 10, 11},
		},
		`{"added":{"movies":0,"shows":0,"episodes":0},"not_found":{"shows":[{"ids":{"simkl":1109411}}]}}`: {Found: simkl.NotFound},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inBubble(t, v1(), reply(201, answer))
			got, err := c.AddHistory(t.Context(), []simkl.HistoryItem{item})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got.Items[0]); d != "" {
				t.Errorf("%s\n%s", answer, d)
			}
		})
	}
}

func TestOfABatchExactlyWhatWasNotFoundIsNotFound(t *testing.T) {
	second := lastOfUs()
	second.Number = new(4)
	items := []simkl.HistoryItem{lastOfUs(), second, oppenheimer(), frieren()}
	for _, tt := range []struct {
		name, missing string
		want          string // t, n and u for each item
	}{
		{"nothing", `{"movies":[],"shows":[]}`, "tttt"},
		{"null", `null`, "tttt"},
		{"a film", `{"movies":[{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"}}]}`, "ttnt"},
		{"a film named in none of our ways", `{"movies":[{"ids":{"imdb":"tt0000001"}}]}`, "ttnt"},
		{"an anime, under shows", `{"shows":[{"title":"Sousou no Frieren","ids":{"mal":52991},"episodes":[{"number":5}]}]}`, "tttn"},
		{"a whole show", `{"shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"}}]}`, "nntt"},
		{"one episode of it", `{"shows":[{"ids":{"tvdb":"392256"},"seasons":[{"number":1,"episodes":[{"number":4}]}]}]}`, "tntt"},
		{"something else", `{"episodes":[{"ids":{"tvdb":"1"}}]}`, "uutu"},
		{"odd shapes", `{"movies":null,"shows":{},"episodes":[]}`, "tttt"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inBubble(t, v1(), reply(201, `{"added":{"movies":0,"shows":0,"episodes":0},"not_found":`+tt.missing+`}`))
			got, err := c.AddHistory(t.Context(), items)
			if err != nil {
				t.Fatal(err)
			}
			short := ""
			for _, r := range got.Items {
				short += string(r.Found[0])
			}
			if short != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, short, tt.want)
			}
		})
	}
}

func TestOddAnswersAreRead(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       simkl.Scrobbled
	}{
		{
			"ids in the other form, an anime under its own numbers and TVDB's",
			`{"id":"9223372036854775807","action":"pause","progress":"12","anime":{"title":"X","year":"2013","anime_type":"tv","ids":{"simkl":"39687","mal":16498,"tvdb":null}},
			  "episode":{"season":1,"number":"4","tvdb_season":2,"tvdb_number":4}}`,
			simkl.Scrobbled{
				Answer: media.Answer{
					Kind: media.AnswerAnime, Title: "X", Year: 2013, AnimeType: "tv", IDs: media.IDs{Simkl: 39687, MAL: "16498"},
					Season: new(1), Episode: new(4), TVDBSeason: new(2), TVDBEpisode: new(4), Action: "pause", Playback: 9223372036854775807,
				},
				Progress: 12,
			},
		},
		{
			"the number as episode, nulls everywhere", `{"id":null,"action":"scrobble","progress":null,"show":{"title":"Y","year":null,"ids":[]},"movie":null,"episode":{"season":0,"episode":2}}`,
			simkl.Scrobbled{Answer: media.Answer{Kind: media.AnswerShow, Title: "Y", Season: new(0), Episode: new(2), Action: "scrobble"}},
		},
		{
			"a rewatch", `{"id":5,"action":"scrobble","progress":100,"movie":{"title":"Heat","ids":{"simkl_id":53801}},"rewatch_id":77,"rewatch_status":"completed"}`,
			simkl.Scrobbled{Answer: media.Answer{Kind: media.AnswerMovie, Title: "Heat", IDs: media.IDs{Simkl: 53801}, Action: "scrobble"}, Progress: 100, RewatchID: 77, RewatchStatus: "completed"},
		},
		{
			"the id of a start is none to delete by", `{"id":3,"action":"start","progress":0,"movie":{"title":"Heat","ids":{}},"episode":[]}`,
			simkl.Scrobbled{Answer: media.Answer{Kind: media.AnswerMovie, Title: "Heat", Action: "start"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, m := inBubble(t, v1(), reply(200, tt.body))
				got, err := c.Stop(t.Context(), severance(), true)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
				if q := m.asked()[0].Query; !strings.HasPrefix(q, "allow_rewatch=yes&") {
					t.Errorf("query %s", q)
				}
			})
		})
	}
}

func TestPlaybacksAreReadInBothForms(t *testing.T) {
	const rows = `[{"id":88213377,"progress":37.5,"paused_at":"2026-06-02T21:40:12.000Z","type":"episode",
  "episode":{"season":1,"episode":9,"title":"Hunt"},
  "show":{"title":"Andor","year":2022,"ids":{"simkl":1051403,"slug":"andor","imdb":"tt9253284","tvdb":"393189"}}},
 {"id":0,"movie":{"title":"no id"}}, "junk", null,
 {"id":88213378,"progress":12,"paused_at":null,"type":"movie","movie":{"title":"Heat","year":1995,"ids":{"simkl":53801}}}]`
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v1(), reply(200, rows))
		got, err := c.Playbacks(t.Context(), simkl.EpisodePlaybacks, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Playback != 88213377 || *got[0].Episode != 9 || got[1].Kind != media.AnswerMovie || !got[1].PausedAt.IsZero() ||
			got[0].PausedAt != time.Date(2026, 6, 2, 21, 40, 12, 0, time.UTC) || !strings.Contains(string(got[0].Raw), `"paused_at"`) {
			t.Errorf("%+v", got)
		}
		if a := m.asked()[0]; a.Path != "/sync/playback/episodes" || !strings.HasPrefix(a.Query, "date_from=2026-06-01T00%3A00%3A00Z&") {
			t.Errorf("asked %s?%s", a.Path, a.Query)
		}
	})
	for _, empty := range []string{"[]", "null", "{}"} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inBubble(t, v1(), reply(200, empty))
			if got, err := c.Playbacks(t.Context(), simkl.AllPlaybacks, time.Time{}); err != nil || len(got) != 0 {
				t.Errorf("%s: %v %v", empty, got, err)
			}
		})
	}
}

func TestDeletingAPlayback(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   simkl.Class
	}{
		{204, "", ""},
		{200, `{"deleted":true}`, ""},
		{404, `{"error":"empty","code":404}`, simkl.Gone},
		{200, "<html>", simkl.Foreign},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v1(), reply(tt.status, tt.body))
			if err := c.DeletePlayback(t.Context(), 40771934512); simkl.ClassOf(err) != tt.want {
				t.Errorf("%d %s: %v", tt.status, tt.body, err)
			}
			if a := m.asked()[0]; a.Method+a.Path != "DELETE/sync/playback/40771934512" || a.Header.Get("Content-Type") != "" {
				t.Errorf("asked %s %s", a.Method, a.Path)
			}
		})
	}
}

func TestActivitiesAndSettingsAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), reply(200, activities))
		got, err := c.Activities(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := simkl.Activities{
			All: "2026-06-02T21:40:12Z", Settings: "2026-01-09T08:00:00Z",
			Shows: simkl.Activity{
				All: "2026-06-02T21:40:12Z", Rated: "2026-03-20T07:15:30Z", Playback: "2026-06-02T21:40:12Z",
				Watching: "2026-05-04T19:40:58Z", Removed: "2026-03-20T07:15:30Z",
			},
			Movies: simkl.Activity{All: "2026-06-02T21:40:12Z"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), reply(200, `{"all":null,"tv_shows":{"all":null}}`))
		if got, err := c.Activities(t.Context()); err != nil || got != (simkl.Activities{}) {
			t.Errorf("a fresh account: %+v (%v)", got, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), reply(200, `{"user":{"name":"Ada","bio":""},"account":{"id":51,"timezone":"America/New_York","type":"free"},"connections":{"facebook":false}}`))
		got, err := c.Settings(t.Context())
		if want := (simkl.Settings{ID: 51, Name: "Ada", Plan: "free", Zone: "America/New_York"}); err != nil || got != want {
			t.Errorf("%+v (%v)", got, err)
		}
	})
}

func TestTypedCallsAreMadeAgainAfterTheWriteLockAndOthersAreNot(t *testing.T) {
	locked := []row{{400, `{"error":"RATE_LIMIT","code":400}`}, {201, pausedSeverance}}
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), (&script{rows: locked}).answer)
		begun := time.Now()
		if _, err := c.Pause(typed(t.Context()), severance()); err != nil || time.Since(begun) != 20*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v1(), (&script{rows: locked}).answer)
		if _, err := c.Pause(t.Context(), severance()); simkl.ClassOf(err) != simkl.Locked || len(m.asked()) != 1 {
			t.Errorf("after %d requests: %v", len(m.asked()), err)
		}
	})
}
