package simkl_test

import (
	"context"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// logged keeps what was logged.
type logged struct {
	mu      sync.Mutex // guards entries
	entries []simkl.Entry
}

func (l *logged) Add(e simkl.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// calls are all the calls that there are, with the request each makes and whether it carries the token of V1.
var calls = []struct {
	request string
	token   bool
	call    func(ctx context.Context, c *simkl.Client) error
}{
	{"POST /scrobble/start", true, func(ctx context.Context, c *simkl.Client) error { _, err := c.Start(ctx, severance()); return err }},
	{"POST /scrobble/pause", true, func(ctx context.Context, c *simkl.Client) error { _, err := c.Pause(ctx, severance()); return err }},
	{"POST /scrobble/stop", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Stop(ctx, severance(), false)
		return err
	}},
	{"POST /scrobble/checkin", true, func(ctx context.Context, c *simkl.Client) error { _, err := c.Checkin(ctx, severance()); return err }},
	{"POST /sync/history", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.AddHistory(ctx, []simkl.HistoryItem{oppenheimer()})
		return err
	}},
	{"POST /sync/history/remove", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.RemoveHistory(ctx, []simkl.HistoryItem{oppenheimer()})
		return err
	}},
	{"GET /sync/playback/movies", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Playbacks(ctx, simkl.MoviePlaybacks, time.Time{})
		return err
	}},
	{"DELETE /sync/playback/7", true, func(ctx context.Context, c *simkl.Client) error { return c.DeletePlayback(ctx, 7) }},
	{"GET /sync/activities", true, func(ctx context.Context, c *simkl.Client) error { _, err := c.Activities(ctx); return err }},
	{"GET /users/settings", true, func(ctx context.Context, c *simkl.Client) error { _, err := c.Settings(ctx); return err }},
	{"GET /movies/53801", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Detail(ctx, media.AnswerMovie, 53801)
		return err
	}},
	{"GET /tv/53801", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Detail(ctx, media.AnswerShow, 53801)
		return err
	}},
	{"GET /anime/53801", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Detail(ctx, media.AnswerAnime, 53801)
		return err
	}},
	{"GET /tv/episodes/7", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Episodes(ctx, media.AnswerShow, 7)
		return err
	}},
	{"GET /anime/episodes/7", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Episodes(ctx, media.AnswerAnime, 7)
		return err
	}},
	{"GET /search/tv", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Search(ctx, media.AnswerShow, "Severance")
		return err
	}},
	{"GET /search/id", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.SearchID(ctx, simkl.Title{IDs: media.IDs{IMDB: "tt1"}})
		return err
	}},
	{"POST /search/file", false, func(ctx context.Context, c *simkl.Client) error {
		_, _, err := c.SearchFile(ctx, "x.mkv", 0)
		return err
	}},
	{"GET /discover/trending/today_100.json", false, func(ctx context.Context, c *simkl.Client) error {
		_, _, _, err := c.Data(ctx, simkl.TrendingFile(simkl.Today, "", 100), simkl.Version{})
		return err
	}},
	{"POST /sync/add-to-list", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.AddToList(ctx, simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{IMDB: "tt1375666"}}, "plantowatch")
		return err
	}},
	{"POST /sync/ratings", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Rate(ctx, simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{IMDB: "tt1375666"}}, 8)
		return err
	}},
	{"POST /sync/history", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.AddRewatch(ctx, []simkl.HistoryItem{oppenheimer()})
		return err
	}},
	{"GET /sync/all-items/shows", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Library(ctx, simkl.LibraryQuery{Kind: media.AnswerShow})
		return err
	}},
	{"GET /sync/all-items/anime", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.LibraryIDs(ctx, media.AnswerAnime)
		return err
	}},
	{"GET /sync/ratings/movies", true, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Ratings(ctx, media.AnswerMovie, "2026-06-02T21:40:12Z")
		return err
	}},
	{"POST /oauth2/revoke", false, func(ctx context.Context, c *simkl.Client) error {
		return c.Revoke(ctx, simkl.GrantOf("simkl_rt_1"))
	}},
	{"POST /oauth2/token", false, func(ctx context.Context, c *simkl.Client) error {
		_, err := c.Refresh(ctx, simkl.NewToken("simkl_rt_1"))
		return err
	}},
}

// TestNoCallIsForgotten: what takes a context asks Simkl, and is in the table or has a test of its own.
func TestNoCallIsForgotten(t *testing.T) {
	elsewhere := map[string]bool{
		"Authorize": true, "AuthorizeBrowser": true, // several requests
		"Again":  true, // shows what comes
		"Poster": true, // of another host
		"Grant":  true, // asks nobody
	}
	inTable := map[string]bool{}
	for name := range strings.FieldsSeq(`Start Pause Stop Checkin AddHistory AddRewatch RemoveHistory Playbacks DeletePlayback Activities Settings
		Detail Episodes Search SearchID SearchFile Data AddToList Rate Library LibraryIDs Ratings Revoke Refresh`) {
		inTable[name] = true
	}
	if len(inTable) > len(calls) {
		t.Errorf("%d calls are named and %d in the table", len(inTable), len(calls))
	}
	client := reflect.TypeFor[*simkl.Client]()
	for m := range client.Methods() {
		asks := m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]()
		if asks && !inTable[m.Name] && !elsewhere[m.Name] {
			t.Errorf("%s is in no table: add it to calls", m.Name)
		}
	}
}

func TestEveryRequestSaysWhoWeAreAndOnlyTheAccountsOwnCarryTheToken(t *testing.T) {
	for _, tt := range calls {
		t.Run(tt.request, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, m := inBubble(t, v1(), reply(400, `{"error":"wrong_parameter"}`))
				if err := tt.call(t.Context(), c); simkl.ClassOf(err) != simkl.Refused {
					t.Errorf("a failure is lost: %v", err)
				}
				a := m.asked()[0]
				if got := a.Method + " " + a.Path; got != tt.request {
					t.Errorf("asked %s", got)
				}
				q, err := url.ParseQuery(a.Query)
				if err != nil || q.Get("client_id") != "cid" || q.Get("app-name") != "simkld" || q.Get("app-version") != "1.2.0" {
					t.Errorf("query %s (%v)", a.Query, err)
				}
				if a.Header.Get("User-Agent") != "simkld/1.2.0" || a.Header.Get("Cookie") != "" {
					t.Errorf("header %v", a.Header)
				}
				want := ""
				if tt.token {
					want = "Bearer token-of-v1"
				}
				if got := a.Header.Get("Authorization"); got != want {
					t.Errorf("Authorization %q", got)
				}
				if (a.Body != "") != (a.Header.Get("Content-Type") != "") {
					t.Errorf("body %q is sent as %q", a.Body, a.Header.Get("Content-Type"))
				}
			})
		})
	}
}

func TestNoCallTakesAPortalsPageForAnAnswer(t *testing.T) {
	for _, tt := range calls {
		for _, page := range []string{"<html>Welcome</html>", `{"portal":"hotel","login":true}`, `"ok"`, "true"} {
			if strings.Contains(tt.request, "DELETE") && page[0] != '<' || strings.HasSuffix(tt.request, "/revoke") {
				continue // the status says all there
			}
			synctest.Test(t, func(t *testing.T) {
				c, _ := inBubble(t, v1(), reply(200, page))
				if err := tt.call(t.Context(), c); simkl.ClassOf(err) != simkl.Foreign {
					t.Errorf("%s took %s: %v", tt.request, page, err)
				}
			})
		}
	}
}

func TestV2SearchesCarryTheTokenAndCatalogPagesDoNot(t *testing.T) {
	for _, tt := range calls {
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v2(100*time.Hour), reply(400, `{"error":"wrong_parameter"}`))
			_ = tt.call(t.Context(), c) // it fails; what was sent is asked
			a := m.asked()[0]
			want := tt.token || strings.HasPrefix(a.Path, "/search/")
			if got := a.Header.Get("Authorization") != ""; got != want {
				t.Errorf("%s carries the token: %v", tt.request, got)
			}
		})
	}
}

func TestTheLogHoldsEveryRequestAndNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &inMemory{answer: v1App([]row{{200, pinCode}}, []row{{502, "<html>"}, {200, `{"result":"OK","access_token":"secret"}`}})}
		log := &logged{}
		cfg := config(t, "https://api.example", v1())
		cfg.HTTP, cfg.Log = m, log
		c := client(t, cfg)
		if _, err := c.Authorize(t.Context(), func(simkl.Step) {}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range log.entries {
			got = append(got, strings.TrimSpace(e.Method+" "+e.Path+" "+e.Error))
			if e.Query.Get("client_id") != "cid" || e.UserAgent != "simkld/1.2.0" || e.Scheme+e.Host != "httpsapi.example" || e.Time.Location() != time.UTC {
				t.Errorf("%+v", e)
			}
		}
		want := []string{"POST /oauth2/device invalid_client", "GET /oauth/pin", "GET /oauth/pin/*** server-error", "GET /oauth/pin/***"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if len(m.asked()) != len(log.entries) || log.entries[2].Status != 502 {
			t.Errorf("%d requests, %d entries", len(m.asked()), len(log.entries))
		}
	})
}

func TestARequestWithoutAnswerIsLoggedToo(t *testing.T) {
	cut := newServer(t, reply(200, ""))
	cut.Close()
	log := &logged{}
	cfg := config(t, cut.URL, v1())
	cfg.Log = log
	_, err := client(t, cfg).Activities(t.Context())
	if simkl.ClassOf(err) != simkl.Unreachable || len(log.entries) != 1 || log.entries[0].Status != 0 || log.entries[0].Error != string(simkl.Rejected) {
		t.Errorf("%v: %+v", err, log.entries)
	}
}

func TestErrorsHoldNoCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v1App([]row{{200, pinCode}}, []row{{418, `{"error":"x"}`}}))
		_, err := c.Authorize(t.Context(), func(simkl.Step) {})
		if err == nil || strings.Contains(err.Error(), "K7QX2") {
			t.Errorf("%v", err)
		}
	})
}

func TestAGetIsSentAgainAsItWas(t *testing.T) {
	for path, token := range map[string]bool{
		"/users/settings": true, "/sync/all-items/shows": true, "/search/tv": false, "/movies/53801": false, "/oauth/pin": false,
		"/calendar/v2/tv.json": false, "/discover/trending/today_100.json": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v1(), reply(200, `{"a":1}`))
			body, err := c.Again(t.Context(), path, url.Values{"q": {"a b"}, "client_id": {"old"}, "app-version": {"0.1"}})
			if err != nil || string(body) != `{"a":1}` {
				t.Fatal(path, string(body), err)
			}
			a := m.asked()[0]
			if a.Method+a.Path+"?"+a.Query != "GET"+path+"?q=a+b&app-name=simkld&app-version=1.2.0&client_id=cid" {
				t.Error(a.Method, a.Path, a.Query)
			}
			if (a.Header.Get("Authorization") != "") != token {
				t.Errorf("%s: token %v", path, !token)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v1(), reply(200, `<html>`))
		if _, err := c.Again(t.Context(), "/users/settings", nil); simkl.ClassOf(err) != simkl.Foreign {
			t.Error(err)
		}
		for _, secret := range []struct {
			path  string
			query url.Values
		}{{"/oauth/pin/***", nil}, {"/users/settings", url.Values{"code": {"***"}}}} {
			if _, err := c.Again(t.Context(), secret.path, secret.query); simkl.ClassOf(err) != simkl.Refused {
				t.Error(secret, err)
			}
		}
		if n := len(m.asked()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestDetailPagesAreRead(t *testing.T) {
	const page = `{"title":"Sousou no Frieren","year":2023,"type":"anime","anime_type":"tv","en_title":"Frieren: Beyond Journey's End",
 "ids":{"simkl":1991231,"slug":"frieren","mal":"52991","anidb":17617},"runtime":25,"total_episodes":28,"status":"ended","country":"JP",
 "alt_titles":[{"name":"葬送のフリーレン","lang":3,"type":"official"},"Frieren",null,"Frieren",{"title":"Frieren at the Funeral"}],"poster":"74/7441","trailers":null}`
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), reply(200, page))
		got, err := c.Detail(t.Context(), media.AnswerAnime, 1991231)
		if err != nil {
			t.Fatal(err)
		}
		want := simkl.Detail{
			Kind: media.AnswerAnime, Title: "Sousou no Frieren", Year: 2023, IDs: media.IDs{Simkl: 1991231, MAL: "52991", AniDB: "17617"}, Slug: "frieren",
			AltTitles: []string{"Frieren: Beyond Journey's End", "葬送のフリーレン", "Frieren", "Frieren at the Funeral"},
			AnimeType: "tv", Runtime: 25 * time.Minute, Episodes: 28, Status: "ended", Country: "JP", Poster: "74/7441",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	for _, unknown := range []string{"[]", "null"} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inBubble(t, v1(), reply(200, unknown))
			if _, err := c.Detail(t.Context(), media.AnswerMovie, 1); simkl.ClassOf(err) != simkl.Gone {
				t.Errorf("%s: %v", unknown, err)
			}
		})
	}
}

func TestEpisodeListsAreRead(t *testing.T) {
	const rows = `[{"title":"A","description":null,"episode":1,"type":"episode","img":null,"date":"2010-10-31T21:00:00-05:00","aired":true,"ids":{"simkl_id":7940001},"tvdb":{"season":2,"episode":4}},
 {"title":"S","type":"special","aired":false,"ids":{"simkl_id":7940002}}]`
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, v1(), reply(200, rows))
		got, err := c.Episodes(t.Context(), media.AnswerAnime, 39687)
		if err != nil {
			t.Fatal(err)
		}
		want := []simkl.Episode{
			{ID: 7940001, Title: "A", Number: new(1), TVDBSeason: new(2), TVDBNumber: new(4), Aired: true, Date: time.Date(2010, 11, 1, 2, 0, 0, 0, time.UTC)},
			{ID: 7940002, Title: "S", Special: true},
		}
		if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
			t.Error(d)
		}
	})
}

func TestSearchesAreAskedAndReadInTheirThreeForms(t *testing.T) {
	search := func(t *testing.T, answer string, ask func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error)) (got []simkl.Hit, query string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v1(), reply(200, answer))
			var err error
			if got, err = ask(t.Context(), c); err != nil {
				t.Error(err)
			}
			query, _, _ = strings.Cut(m.asked()[0].Query, "&app-name=")
		})
		return got, query
	}
	got, query := search(t, `[{"title":"John Wick","year":2014,"poster":"28/28","endpoint_type":"movies","ids":{"simkl_id":342994,"slug":"john-wick","tmdb":"245891"},"all_titles":["John Wick","Baba Yaga"]},{"title":"no id"}]`,
		func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error) {
			return c.Search(ctx, media.AnswerMovie, "John Wick & co")
		})
	want := []simkl.Hit{{Kind: media.AnswerMovie, Title: "John Wick", Year: 2014, IDs: media.IDs{Simkl: 342994, TMDB: "245891"}, Slug: "john-wick", Poster: "28/28", AltTitles: []string{"Baba Yaga"}}}
	if d := cmp.Diff(want, got); d != "" || query != "extended=full&q=John+Wick+%26+co" {
		t.Errorf("%s: %s", query, d)
	}

	got, _ = search(t, `[{"title":"Kimi no Na wa.","title_en":"Your Name.","title_romaji":"Kimi no Na wa.","type":"movie","endpoint_type":"anime","ids":{"simkl_id":588157}}]`,
		func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error) {
			return c.Search(ctx, media.AnswerAnime, "Your Name")
		})
	want = []simkl.Hit{{Kind: media.AnswerAnime, Title: "Kimi no Na wa.", IDs: media.IDs{Simkl: 588157}, AnimeType: "movie", AltTitles: []string{"Your Name."}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	got, query = search(t, `[{"type":"tv","title":"Severance","year":2022,"status":"airing","total_episodes":19,"ids":{"simkl":1109411,"slug":"severance"}}]`,
		func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error) {
			return c.SearchID(ctx, simkl.Title{Container: media.AnswerShow, IDs: media.IDs{TMDB: "95396"}})
		})
	want = []simkl.Hit{{Kind: media.AnswerShow, Title: "Severance", Year: 2022, IDs: media.IDs{Simkl: 1109411}, Slug: "severance", Status: "airing", Episodes: 19}}
	if d := cmp.Diff(want, got); d != "" || query != "tmdb=95396&type=tv" {
		t.Errorf("%s: %s", query, d)
	}

	_, query = search(t, `[]`, func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error) {
		return c.SearchID(ctx, simkl.Title{Container: media.AnswerMovie, Name: "Heat", Year: 1995})
	})
	if query != "title=Heat&type=movie&year=1995" {
		t.Error(query)
	}
	if got, _ = search(t, `null`, func(ctx context.Context, c *simkl.Client) ([]simkl.Hit, error) {
		return c.SearchID(ctx, simkl.Title{IDs: media.IDs{MAL: "1", IMDB: "tt1"}})
	}); len(got) != 0 {
		t.Error(got)
	}
}

func TestSearchFileSendsTheBaseNameAlone(t *testing.T) {
	for name, want := range map[string]string{
		"/home/ada/Severance.S02E03.mkv":       `{"file":"Severance.S02E03.mkv","part":2}`,
		`C:\Users\ada\Severance.S02E03.mkv`:    `{"file":"Severance.S02E03.mkv","part":2}`,
		`\\nas\ada\x/Severance.S02E03.mkv`:     `{"file":"Severance.S02E03.mkv","part":2}`,
		"/home/ada/folder that ends in slash/": `{"file":"folder that ends in slash","part":2}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v1(), reply(200, `{"type":"episode",
 "show":{"title":"Severance","year":2022,"ids":{"simkl":1109411}},"episode":{"title":"Who Is Alive?","season":2,"episode":3,"multipart":false,"ids":{"simkl":7940001}}}`))
			got, found, err := c.SearchFile(t.Context(), name, 2)
			if err != nil || !found || *got.Episode != 3 || got.IDs.Simkl != 1109411 {
				t.Errorf("%+v %v %v", got, found, err)
			}
			if d := cmp.Diff(want, m.asked()[0].Body); d != "" {
				t.Error(d)
			}
		})
	}
	for _, nothing := range []string{"[]", "null"} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inBubble(t, v1(), reply(200, nothing))
			if _, found, err := c.SearchFile(t.Context(), "x.mkv", 0); found || err != nil {
				t.Errorf("%s: %v %v", nothing, found, err)
			}
		})
	}
}

// FuzzAnswers gives every call whatever a server may answer: no call may panic, and a failure has a class.
func FuzzAnswers(f *testing.F) {
	for i, tt := range failures {
		f.Add(uint8(i), tt.status, []byte(tt.body))
	}
	for which := range calls {
		for _, body := range []string{pausedSeverance, added, activities, pinCode, deviceToken, `[{"ids":{"simkl_id":1}}]`} {
			f.Add(uint8(which), 200, []byte(body))
		}
	}
	// Two hours pass between two calls, so that nothing waits and no hold lasts.
	var shift time.Duration
	clock := func() time.Time { return time.Now().Add(shift) }
	l, err := limits.Open(limits.Config{Dir: f.TempDir(), Now: clock})
	if err != nil {
		f.Fatal(err)
	}
	m := &inMemory{}
	cfg := config(f, "https://api.example", v1())
	cfg.HTTP, cfg.Limits, cfg.Now = m, l, clock
	c := client(f, cfg)
	f.Fuzz(func(t *testing.T, which uint8, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		shift += 2 * time.Hour
		m.seen, m.answer = nil, reply(status, string(body))
		tt := calls[int(which)%len(calls)]
		err := tt.call(t.Context(), c)
		if err != nil && simkl.ClassOf(err) == "" {
			t.Errorf("%s: %v has no class", tt.request, err)
		}
		if err == nil && status >= 300 {
			t.Errorf("%s took a %d for a success", tt.request, status)
		}
	})
}
