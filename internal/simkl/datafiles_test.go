package simkl_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

// The row of simkl-api.md 11.1.
const harbourLights = `{"title":"Harbour Lights","alt_titles":[{"name":"Luces del puerto","lang":8,"type":"official"}],"url":"/movie/2600001/harbour-lights",
 "poster":"11/1100aa22bb33cc44d","fanart":null,"ids":{"simkl_id":2600001,"slug":"harbour-lights","imdb":"tt30000001","tmdb":"1300001"},
 "release_date":"04/17/2026","rank":2870,"drop_rate":"2.4%","watched":51,"plan_to_watch":640,"watching":12,"completed":2210,
 "ratings":{"simkl":{"rating":7.1,"votes":98},"imdb":{"rating":7.0,"votes":15400}},"country":"us","original_language":"en","runtime":"1h 52m",
 "status":"ended","genres":["Drama"],"trailer":null,"overview":"...","metadata":"April 17, 2026","dvd_date":"06/09/2026","theater":"04/17/2026"}`

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

func TestTrendingFilesAreRead(t *testing.T) {
	got, err := simkl.Trends([]byte(`[`+harbourLights+`,{"title":"No ids","ratings":[],"watched":"7"},null,{"x":1},"text"]`), media.AnswerMovie)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if !json.Valid(got[i].Raw) {
			t.Errorf("raw %q", got[i].Raw)
		}
		got[i].Raw = nil
	}
	want := []simkl.Trend{
		{
			Kind: media.AnswerMovie, Title: "Harbour Lights", Year: 2026, Slug: "harbour-lights", IDs: media.IDs{Simkl: 2600001, IMDB: "tt30000001", TMDB: "1300001"},
			Watched: 51, Rating: simkl.Rating{Value: 7.1, Votes: 98}, Released: day(2026, 4, 17), Disc: day(2026, 6, 9),
		},
		{Kind: media.AnswerMovie, Title: "No ids", Watched: 7},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	all, err := simkl.AllTrends([]byte(`{"movies":[` + harbourLights + `],"tv":[],"anime":null}`))
	if err != nil || len(all[media.AnswerMovie]) != 1 || len(all[media.AnswerShow]) != 0 {
		t.Errorf("%v %v", all, err)
	}
	for _, not := range []string{`{}`, `"x"`, `12`, ``} {
		if _, err := simkl.Trends([]byte(not), media.AnswerMovie); simkl.ClassOf(err) != simkl.Foreign {
			t.Errorf("%s: %v", not, err)
		}
	}
}

func TestBothFormsOfTheCalendarAreRead(t *testing.T) {
	const v2 = `{"calendar":[
  {"simkl_id":1109411,"date":"2026-05-29T01:00:00Z","finale_type":null,"episode":{"season":2,"episode":4,"title":"Woe's Hollow","runtime":50,"url":"/tv/x"}},
  {"simkl_id":"1109411","date":"2026-06-05T01:00:00Z","finale_type":2,"episode":{"season":2,"episode":5,"title":null}},
  {"simkl_id":7,"date":"2026-05-29T01:00:00Z"},{"simkl_id":1109411},null],
 "metadata":{"1109411":{"title":"Severance","ids":{"simkl_id":1109411,"slug":"severance"},"status":"undefined","release_date":"02/18/2022"}}}`
	got, err := simkl.Airings([]byte(v2), media.AnswerShow)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	first := got[0]
	if first.Title != "Severance" || first.Year != 2022 || *first.Season != 2 || *first.Number != 4 || first.EpisodeTitle != "Woe's Hollow" ||
		first.Runtime != 50*time.Minute || first.Finale != 0 || got[1].Finale != 2 || !first.At.Equal(time.Date(2026, 5, 29, 1, 0, 0, 0, time.UTC)) ||
		first.Page() != "simkl.com/tv/1109411" {
		t.Errorf("%+v", first)
	}
	var row struct {
		Simkl    int `json:"simkl_id"`
		Metadata struct {
			Title string `json:"title"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(first.JSON(), &row); err != nil || row.Simkl != 1109411 || row.Metadata.Title != "Severance" {
		t.Errorf("%s: %v", first.JSON(), err)
	}

	const v1 = `[{"title":"葬送のフリーレン","poster":null,"date":"2026-05-29T23:30:00+09:00","release_date":"2026-05-29","rank":3,"url":"/anime/2213003",
  "ratings":{},"ids":{"simkl_id":2213003,"slug":"x","tmdb":"1"},"episode":{"episode":6,"url":"/x"},"anime_type":"tv"}]`
	got, err = simkl.Airings([]byte(v1), media.AnswerAnime)
	if err != nil || len(got) != 1 || got[0].Season != nil || *got[0].Number != 6 || got[0].At.Hour() != 14 || got[0].IDs.Simkl != 2213003 || !json.Valid(got[0].JSON()) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestDataFilesAreNamedAsTheReferenceNamesThem(t *testing.T) {
	for want, f := range map[string]simkl.DataFile{
		"/discover/trending/today_100.json":        simkl.TrendingFile(simkl.Today, "", 100),
		"/discover/trending/tv/week_500.json":      simkl.TrendingFile(simkl.Week, media.AnswerShow, 500),
		"/discover/trending/movies/month_100.json": simkl.TrendingFile(simkl.Month, media.AnswerMovie, 100),
		"/discover/dvd/releases_500.json":          simkl.DVDFile(500),
		"/calendar/v2/tv.json":                     simkl.CalendarFile(media.AnswerShow, time.Time{}),
		"/calendar/v2/2026/6/movie_release.json":   simkl.CalendarFile(media.AnswerMovie, day(2026, 6, 1)),
		"/calendar/v2/2026/12/anime.json":          simkl.CalendarFile(media.AnswerAnime, day(2026, 12, 1)),
	} {
		if f.Path() != want {
			t.Errorf("%s, want %s", f.Path(), want)
		}
	}
}

func TestADataFileIsAskedForWithWhatIsKnownOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := simkl.TrendingFile(simkl.Today, media.AnswerMovie, 100)
		c, m := inBubble(t, v1(), func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Last-Modified", "Fri, 22 May 2026 16:00:00 GMT")
			w.Header().Set("ETag", `"a"`)
			if r.Header.Get("If-None-Match") == `"a"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = w.Write([]byte(`[]`))
		})
		body, v, changed, err := c.Data(t.Context(), file, simkl.Version{})
		if err != nil || !changed || string(body) != "[]" || v.ETag != `"a"` || v.Made().Hour() != 16 {
			t.Fatal(string(body), v, changed, err)
		}
		_, again, changed, err := c.Data(t.Context(), file, v)
		if err != nil || changed || again != v {
			t.Fatal(again, changed, err)
		}
		for _, a := range m.asked() {
			if a.Header.Get("Authorization") != "" {
				t.Error("a token defeats the edge's cache")
			}
		}
		if h := m.asked()[1].Header; h.Get("If-None-Match") != `"a"` || h.Get("If-Modified-Since") != v.LastModified {
			t.Error(h)
		}
	})
	for name, c := range map[string]struct {
		status int
		body   string
		want   simkl.Class
	}{
		"not there":             {404, "Not Found", simkl.Gone},
		"not modified, unasked": {304, "", simkl.Foreign},
		"an object":             {200, `{"portal":1}`, simkl.Foreign},
		"null":                  {200, `null`, simkl.Foreign},
		"a page":                {200, `<html>`, simkl.Foreign},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := inBubble(t, v1(), reply(c.status, c.body))
			if _, _, _, err := client.Data(t.Context(), simkl.DVDFile(100), simkl.Version{}); simkl.ClassOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func FuzzDataFiles(f *testing.F) {
	f.Add([]byte(`[` + harbourLights + `]`))
	f.Add([]byte(`{"calendar":[{"simkl_id":1,"date":"2026-05-29T01:00:00Z"}],"metadata":{"1":{"title":"x"}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = simkl.Trends(body, media.AnswerMovie)
		_, _ = simkl.AllTrends(body)
		rows, err := simkl.Airings(body, media.AnswerShow)
		if err != nil && simkl.ClassOf(err) == "" {
			t.Error(err)
		}
		for _, r := range rows {
			if !json.Valid(r.JSON()) {
				t.Errorf("%s", r.JSON())
			}
		}
	})
}
