package simkl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

func severance() simkl.Scrobble {
	return simkl.Scrobble{
		Title: simkl.Title{
			Container: media.AnswerShow, Name: "Severance", Year: 2022,
			IDs: media.IDs{IMDB: "tt11280740", TMDB: "95396", TVDB: "371980"},
		},
		Season: new(2), Number: new(3), Progress: 41.669,
	}
}

const pausedSeverance = `{"id":40771934512,"action":"pause","progress":41.66,
 "episode":{"season":2,"number":3,"title":"Who Is Alive?"},
 "show":{"title":"Severance","year":2022,"ids":{"simkl":1109411,"slug":"severance","imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}}}`

func TestPauseIsSentAsTheReferenceWritesItAndItsAnswerIsRead(t *testing.T) {
	s := newServer(t, reply(201, pausedSeverance))
	c := client(t, config(t, s.URL, v1()))

	got, err := c.Pause(t.Context(), severance())
	if err != nil {
		t.Fatal(err)
	}

	want := simkl.Scrobbled{
		Answer: media.Answer{
			Kind: media.AnswerShow, Title: "Severance", Year: 2022, Slug: "severance",
			IDs:    media.IDs{Simkl: 1109411, IMDB: "tt11280740", TMDB: "95396", TVDB: "371980"},
			Season: new(2), Episode: new(3), EpisodeTitle: "Who Is Alive?", Action: "pause", Playback: 40771934512,
		},
		Progress: 41.66,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	asked := s.asked()
	if len(asked) != 1 {
		t.Fatalf("asked %d times", len(asked))
	}
	const body = `{"progress":41.66,"show":{"title":"Severance","year":2022,"ids":{"imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}},"episode":{"season":2,"number":3}}`
	if d := cmp.Diff(body, asked[0].Body); d != "" {
		t.Error(d)
	}
	if asked[0].Method+asked[0].Path != "POST/scrobble/pause" {
		t.Errorf("asked %s %s", asked[0].Method, asked[0].Path)
	}
	if asked[0].Query != "app-name=simkld&app-version=1.2.0&client_id=cid" {
		t.Errorf("query %s", asked[0].Query)
	}
	if got := asked[0].Header.Get("Authorization"); got != "Bearer token-of-v1" {
		t.Errorf("Authorization %q", got)
	}
	if got := asked[0].Header.Get("User-Agent"); got != "simkld/1.2.0" {
		t.Errorf("User-Agent %q", got)
	}
}

func TestTitleInNotFoundOfALiveCallIsNoMatch(t *testing.T) {
	for _, body := range []string{
		`{"added":{"movies":0},"not_found":{"movies":[],"shows":[{"title":"Severance","year":2022}],"episodes":[]}}`,
		`{"id":0,"action":"start","progress":1,"show":{"title":"Severance","year":2022,"ids":{"simkl":1109411}},"not_found":{"shows":[{"title":"Severance"}]}}`,
	} {
		c := client(t, config(t, newServer(t, reply(201, body)).URL, v1()))

		_, err := c.Start(t.Context(), severance())
		if got := simkl.ClassOf(err); got != simkl.NoMatch {
			t.Errorf("%s: class %q, error %v", body, got, err)
		}
	}
}

func TestEmptyNotFoundOfALiveCallIsNothing(t *testing.T) {
	body := strings.TrimSuffix(pausedSeverance, "}") + `,"not_found":{"movies":[],"shows":[]}}`
	c := client(t, config(t, newServer(t, reply(201, body)).URL, v1()))

	got, err := c.Pause(t.Context(), severance())
	if err != nil || got.Title != "Severance" {
		t.Errorf("%+v, %v", got, err)
	}
}
