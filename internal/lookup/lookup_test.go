package lookup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/lookup"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// title is one of a catalogue that lies in memory.
type title struct {
	hit      simkl.Hit
	detail   simkl.Detail
	episodes []simkl.Episode
}

// shelf answers every search with all its titles of the kind.
type shelf struct {
	titles []title
	file   *media.Answer
	fails  error
	asked  []string
}

func (s *shelf) Search(_ context.Context, kind media.AnswerKind, name string) ([]simkl.Hit, error) {
	s.asked = append(s.asked, "search "+string(kind)+" "+name)
	var hits []simkl.Hit
	for _, t := range s.titles {
		if t.hit.Kind == kind {
			hits = append(hits, t.hit)
		}
	}
	return hits, s.fails
}

func (s *shelf) SearchFile(_ context.Context, name string, _ int) (media.Answer, bool, error) {
	s.asked = append(s.asked, "file "+name)
	if s.file == nil {
		return media.Answer{}, false, nil
	}
	return *s.file, true, nil
}

func (s *shelf) find(id media.SimklID) title {
	for _, t := range s.titles {
		if t.hit.IDs.Simkl == id {
			return t
		}
	}
	return title{}
}

func (s *shelf) Detail(_ context.Context, kind media.AnswerKind, id media.SimklID) (simkl.Detail, error) {
	t := s.find(id)
	if t.hit.Kind != kind {
		return simkl.Detail{}, &simkl.Error{Class: simkl.Gone}
	}
	return t.detail, nil
}

func (s *shelf) Episodes(_ context.Context, kind media.AnswerKind, id media.SimklID) ([]simkl.Episode, error) {
	if t := s.find(id); t.hit.Kind == kind {
		return t.episodes, nil
	}
	return nil, nil
}

func film(id media.SimklID, name string, year, minutes int) title {
	return title{
		hit:    simkl.Hit{Kind: media.AnswerMovie, Title: name, Year: year, IDs: media.IDs{Simkl: id}},
		detail: simkl.Detail{Runtime: time.Duration(minutes) * time.Minute},
	}
}

// series has seasons of so many episodes.
func series(id media.SimklID, name string, year int, seasons ...int) title {
	t := title{hit: simkl.Hit{Kind: media.AnswerShow, Title: name, Year: year, IDs: media.IDs{Simkl: id}}}
	for i, n := range seasons {
		for k := range n {
			t.episodes = append(t.episodes, simkl.Episode{Season: new(i + 1), Number: new(k + 1)})
		}
	}
	return t
}

// cour is one part of an anime, which TVDB has as a season of its own.
func cour(id media.SimklID, name string, tvdbSeason, from, count int) title {
	t := title{hit: simkl.Hit{Kind: media.AnswerAnime, Title: name, AnimeType: "tv", IDs: media.IDs{Simkl: id}}}
	for k := range count {
		t.episodes = append(t.episodes, simkl.Episode{Number: new(k + 1), TVDBSeason: new(tvdbSeason), TVDBNumber: new(from + k)})
	}
	return t
}

func episode(name string, season int, n media.Number) media.Match {
	return media.Match{Kind: media.KindEpisode, Title: name, Season: new(season), Episodes: []media.Number{n}}
}

func TestTheTitleThatFitsIsFirstAndTheOthersSayWhyNot(t *testing.T) {
	offices := []title{series(1, "The Office", 2005, 6, 22, 25), series(2, "The Office", 2001, 6, 6)}
	crashes := []title{film(3, "Crash", 2004, 112), film(4, "Crash", 1996, 100)}
	spirited := title{hit: simkl.Hit{Kind: media.AnswerAnime, Title: "Spirited Away", Year: 2001, AnimeType: "movie", IDs: media.IDs{Simkl: 9}}}
	titans := []title{cour(5, "Attack on Titan", 1, 1, 25), cour(6, "Attack on Titan Season 2", 2, 1, 12)}
	named := title{hit: simkl.Hit{
		Kind: media.AnswerMovie, Title: "The Godfather", AltTitles: []string{"Der Pate"}, Year: 1972, IDs: media.IDs{Simkl: 7},
	}}
	for name, c := range map[string]struct {
		titles []title
		match  media.Match
		length time.Duration
		want   media.SimklID
		flaw   string // of the last
	}{
		"the series that has the episode": {offices, episode("The Office", 3, 7), 0, 1, "has no S03E07"},
		"the year of the name":            {crashes, media.Match{Kind: media.KindMovie, Title: "Crash", Year: 1996}, 0, 4, "is of 2004, the name says 1996"},
		"the run time of the file":        {crashes, media.Match{Kind: media.KindMovie, Title: "Crash"}, 99 * time.Minute, 4, ""},
		"a run time that is far off":      {crashes[:1], media.Match{Kind: media.KindMovie, Title: "Crash"}, 52 * time.Minute, 3, "runs 112 min, this 52"},
		"a film is no episode":            {[]title{spirited}, media.Match{Kind: media.KindEpisode, Title: "Spirited Away", Absolute: []media.Number{1}}, 0, 9, "is a film, and this is an episode"},
		"another name of it":              {[]title{film(8, "Pate", 1972, 0), named}, media.Match{Kind: media.KindMovie, Title: "Der Pate"}, 0, 7, ""},
		"the cour that has the season":    {titans, func() media.Match { m := episode("Attack on Titan", 2, 4); m.Anime = true; return m }(), 0, 6, "has no S02E04"},
		"a series has no bare name":       {offices[:1], media.Match{Kind: media.KindMovie, Title: "The Office"}, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{titles: c.titles}
			got, err := lookup.Find(t.Context(), s, lookup.Question{Words: c.match.Title, Match: c.match, Length: c.length})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == 0 {
				if len(got) != 0 {
					t.Errorf("a film was looked for among series: %+v", got)
				}
				return
			}
			if got[0].IDs.Simkl != c.want || got[len(got)-1].Flaw != c.flaw {
				t.Errorf("got %+v, want %d first and %q last", got, c.want, c.flaw)
			}
		})
	}
}

func TestFilesInPartsAreNotJudgedByTheirLength(t *testing.T) {
	m := media.Match{Kind: media.KindMovie, Title: "Heat", Part: 1}
	got, err := lookup.Find(t.Context(), &shelf{titles: []title{film(1, "Heat", 1995, 170)}},
		lookup.Question{Words: "Heat", Match: m, Length: 85 * time.Minute})
	if err != nil || len(got) != 1 || got[0].Flaw != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEachTitleIsThereOnceAndAnAnimeIsCalledOne(t *testing.T) {
	anime := cour(5, "Attack on Titan", 1, 1, 25)
	m := episode("Attack on Titan", 1, 4)
	// Simkl's reader of file names says "show" of an anime.
	s := &shelf{titles: []title{anime}, file: &media.Answer{Kind: media.AnswerShow, Title: "Attack on Titan", IDs: media.IDs{Simkl: 5}}}
	for _, words := range []string{m.Title, ""} {
		got, err := lookup.Find(t.Context(), s, lookup.Question{Words: words, Match: m, File: "a.mkv", Known: []media.Answer{*s.file}})
		if err != nil || len(got) != 1 || got[0].Kind != media.AnswerAnime || got[0].Episode == nil || *got[0].Episode != 4 {
			t.Errorf("words %q: got %+v, %v", words, got, err)
		}
	}
}

func TestSearchThatFailsIsSaid(t *testing.T) {
	s := &shelf{fails: errors.New("no network")}
	if _, err := lookup.Find(t.Context(), s, lookup.Question{Words: "Heat", Match: media.Match{Kind: media.KindMovie}}); err == nil {
		t.Error("nothing was said")
	}
}

// What a list cannot tell is not called missing.
func TestOnlyWhatIsKnownNotToExistIsMissing(t *testing.T) {
	friends := series(1, "Friends", 1994, 24, 24, 25).episodes
	cours := cour(5, "Attack on Titan", 1, 1, 25).episodes
	var plain []simkl.Episode
	for _, e := range cours {
		plain = append(plain, simkl.Episode{Number: e.Number})
	}
	both := episode("Friends", 3, 25)
	both.Episodes = append(both.Episodes, 26)
	absolute := func(n media.Number) media.Match {
		return media.Match{Kind: media.KindEpisode, Absolute: []media.Number{n}}
	}
	for name, c := range map[string]struct {
		kind media.AnswerKind
		list []simkl.Episode
		m    media.Match
		want string
	}{
		"there":                           {media.AnswerShow, friends, episode("", 3, 25), ""},
		"one too many":                    {media.AnswerShow, friends, episode("", 3, 26), "S03E26"},
		"the second of a file":            {media.AnswerShow, friends, both, "S03E26"},
		"no such season":                  {media.AnswerShow, friends, episode("", 4, 1), "S04E01"},
		"a special":                       {media.AnswerShow, friends, episode("", 0, 9), ""},
		"no list":                         {media.AnswerShow, nil, episode("", 3, 26), ""},
		"half an episode":                 {media.AnswerAnime, cours, absolute(11.5), ""},
		"own number":                      {media.AnswerAnime, cours, absolute(25), ""},
		"own number too high":             {media.AnswerAnime, cours, absolute(26), "E26"},
		"TVDB's season elsewhere":         {media.AnswerAnime, cours, episode("", 2, 1), "S02E01"},
		"a list without TVDB's seasons":   {media.AnswerAnime, plain, episode("", 2, 1), ""},
		"the first season of such a list": {media.AnswerAnime, plain, episode("", 1, 30), "S01E30"},
	} {
		if got := lookup.Missing(c.kind, c.list, c.m); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Scores are between 0 and 1; what cannot be right is never before what can.
func TestScoresHoldTheirLaws(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SampledFrom([]string{"heat", "the heat", "heat 2", "crash", "", "進撃の巨人"})
		s := &shelf{}
		for i := range rapid.IntRange(0, 12).Draw(r, "titles") {
			id, year := media.SimklID(i+1), rapid.IntRange(0, 3).Draw(r, "year")*20+1950
			if rapid.Bool().Draw(r, "film") {
				s.titles = append(s.titles, film(id, words.Draw(r, "name"), year, rapid.IntRange(0, 200).Draw(r, "minutes")))
			} else {
				s.titles = append(s.titles, series(id, words.Draw(r, "name"), year, rapid.IntRange(0, 9).Draw(r, "episodes")))
			}
		}
		m := media.Match{Kind: media.KindEpisode, Season: new(1), Episodes: []media.Number{media.Number(rapid.IntRange(1, 12).Draw(r, "n"))}}
		if rapid.Bool().Draw(r, "bare") {
			m = media.Match{Kind: media.KindNone}
		}
		got, err := lookup.Find(context.Background(), s, lookup.Question{
			Words: words.Draw(r, "words"), Match: m, Length: time.Duration(rapid.IntRange(0, 200).Draw(r, "length")) * time.Minute,
		})
		if err != nil {
			r.Fatal(err)
		}
		flawed := false
		for _, c := range got {
			if math.IsNaN(c.Score) || c.Score < 0 || c.Score > 1 {
				r.Fatalf("score %v of %+v", c.Score, c)
			}
			if flawed && c.Flaw == "" {
				r.Fatalf("%+v stands behind what cannot be right", c)
			}
			flawed = flawed || c.Flaw != ""
		}
	})
}

// direct hands requests to a server in this process: no sockets, so that time can be virtual.
type direct struct {
	http.Handler
	sent string // all bodies
}

func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	d.sent += r.URL.String() + string(body) + "\n"
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	d.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// Only searches are counted by Simkl: one for each kind and one for the name of the file, which has no folder.
func TestFewRequestsAreMadeAndNoneNamesAFolder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		srv, err := sandbox.New(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := limits.Open(limits.Config{Dir: dir, Server: "test", Client: "abc"})
		if err != nil {
			t.Fatal(err)
		}
		way := &direct{Handler: srv}
		c, err := simkl.New(simkl.Config{
			ClientID: "abc", AppName: "simkld", AppVersion: "1.0.0", UserAgent: "simkld/1.0.0", APIURL: "http://127.0.0.1:1",
			HTTP: way, Limits: l,
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := lookup.Find(t.Context(), c, lookup.Question{
			Words: "The Office", Match: episode("The Office", 3, 7), File: "/home/mika/TV/The.Office.S03E07.mkv", Length: 22 * time.Minute,
		})
		if err != nil || len(got) != 2 || got[0].Year != 2005 || got[0].Country != "us" || got[1].Flaw != "has no S03E07" {
			t.Fatalf("got %+v, %v", got, err)
		}
		counted, pages := 0, 0
		for _, r := range srv.Requests() {
			switch {
			case strings.HasPrefix(r.Path, "/search/"):
				counted++
			default:
				pages++
			}
		}
		if strings.Contains(way.sent, "mika") || !strings.Contains(way.sent, "The.Office.S03E07.mkv") {
			t.Errorf("a folder went out, or the name did not: %s", way.sent)
		}
		if counted != 3 || pages != 4 {
			t.Errorf("%d searches and %d pages, want 3 and 4", counted, pages)
		}
	})
}
