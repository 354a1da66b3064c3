package simkl_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

// The bodies below are typed in by hand from the examples of simkl-api.md; what a section does not show is left out.
func TestBodiesAreThoseOfTheReference(t *testing.T) {
	show := func(id string) simkl.Title {
		return simkl.Title{Container: media.AnswerShow, Name: "Severance", Year: 2022, IDs: media.IDs{IMDB: id, TMDB: "95396", TVDB: "371980"}}
	}
	const named = `{"title":"Severance","year":2022,"ids":{"imdb":"tt11280740","tmdb":"95396","tvdb":"371980"}}`
	at := time.Date(2026, 5, 14, 22, 0, 0, 0, time.FixedZone("", 2*3600))
	listed := `{"added":{"movies":[{"to":"plantowatch","ids":{},"type":"movie"}],"shows":[]},"not_found":{"movies":[],"shows":[]}}`
	rated := `{"added":{"movies":1,"shows":0,"statuses":[]},"not_found":{"movies":[],"shows":[]}}`
	for section, tt := range map[string]struct {
		path, body, answer string
		call               func(ctx context.Context, c *simkl.Client) error
	}{
		"5.1 start": {
			"/scrobble/start", `{"progress":41.66,"show":` + named + `,"episode":{"season":2,"number":3}}`, pausedSeverance,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Start(ctx, simkl.Scrobble{Title: show("tt11280740"), Season: new(2), Number: new(3), Progress: 41.66})
				return err
			},
		},
		"5.1 native numbers of an anime": {
			"/scrobble/pause", `{"progress":75,"anime":{"ids":{"mal":"52991"}},"episode":{"number":5}}`, pausedSeverance,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Pause(ctx, simkl.Scrobble{Title: simkl.Title{Container: media.AnswerAnime, IDs: media.IDs{MAL: "52991"}}, Number: new(5), Progress: 75})
				return err
			},
		},
		"5.1 an anime film": {
			"/scrobble/stop", `{"progress":100,"anime":{"ids":{"simkl":900351}}}`, pausedSeverance,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Stop(ctx, simkl.Scrobble{Title: simkl.Title{Container: media.AnswerAnime, IDs: media.IDs{Simkl: 900351}}, Progress: 100}, false)
				return err
			},
		},
		"5.6 a rewatch": {
			"/scrobble/stop?allow_rewatch=yes", `{"progress":100,"movie":{"title":"Heat","year":1995}}`, pausedSeverance,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Stop(ctx, simkl.Scrobble{Title: simkl.Title{Container: media.AnswerMovie, Name: "Heat", Year: 1995}, Progress: 100}, true)
				return err
			},
		},
		"5.5 check-in": {
			"/scrobble/checkin", `{"progress":0,"movie":{"ids":{"imdb":"tt0113277"}}}`, pausedSeverance,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Checkin(ctx, simkl.Scrobble{Title: simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{IMDB: "tt0113277"}}})
				return err
			},
		},
		"8.1 history": {
			"/sync/history", `{"movies":[{"title":"Oppenheimer","year":2023,"ids":{"imdb":"tt15398776"},"watched_at":"2026-05-14T20:00:00Z"}],
			 "shows":[{"title":"The Last of Us","year":2023,"ids":{"tvdb":"392256"},"use_tvdb_anime_seasons":true,
			 "seasons":[{"number":1,"episodes":[{"number":3,"watched_at":"2026-05-14T20:00:00Z"}]}]}]}`, added,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.AddHistory(ctx, []simkl.HistoryItem{
					{Title: simkl.Title{Container: media.AnswerMovie, Name: "Oppenheimer", Year: 2023, IDs: media.IDs{IMDB: "tt15398776"}}, WatchedAt: at},
					{
						Title:  simkl.Title{Container: media.AnswerShow, Name: "The Last of Us", Year: 2023, IDs: media.IDs{TVDB: "392256"}},
						Season: new(1), Number: new(3), TVDBSeasons: true, WatchedAt: at,
					},
				})
				return err
			},
		},
		"8.2 a pinned rewatch is closed": {
			"/sync/history?allow_rewatch=yes", `{"shows":[{"ids":{"simkl":1109411},"is_rewatch":true,"rewatch_id":40771934513,"rewatch_status":"closed"}]}`, added,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.AddRewatch(ctx, []simkl.HistoryItem{{
					Title: simkl.Title{Container: media.AnswerShow, IDs: media.IDs{Simkl: 1109411}}, Whole: true,
					Rewatch: &simkl.Rewatch{ID: 40771934513, Status: "closed"},
				}})
				return err
			},
		},
		"8.3 removal of an anime's episode": {
			"/sync/history/remove", `{"shows":[{"ids":{"simkl":39687},"episodes":[{"number":4}]}]}`, `{"deleted":{"movies":0,"shows":0,"episodes":1},"not_found":{"movies":[],"shows":[]}}`,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.RemoveHistory(ctx, []simkl.HistoryItem{{Title: simkl.Title{Container: media.AnswerAnime, IDs: media.IDs{Simkl: 39687}}, Number: new(4)}})
				return err
			},
		},
		"8.4 a list": {
			"/sync/add-to-list", `{"movies":[{"title":"Inception","ids":{"imdb":"tt1375666"},"to":"plantowatch"}]}`, listed,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.AddToList(ctx, simkl.Title{Container: media.AnswerMovie, Name: "Inception", IDs: media.IDs{IMDB: "tt1375666"}}, "plantowatch")
				return err
			},
		},
		"8.5 a rating": {
			"/sync/ratings", `{"movies":[{"ids":{"imdb":"tt1375666"},"rating":8}]}`, rated,
			func(ctx context.Context, c *simkl.Client) error {
				_, err := c.Rate(ctx, simkl.Title{Container: media.AnswerMovie, IDs: media.IDs{IMDB: "tt1375666"}}, 8)
				return err
			},
		},
		"9.1 a file": {
			"/search/file", `{"file":"Severance.S02E03.1080p.WEB.x264-GRP.mkv","part":1}`, `[]`,
			func(ctx context.Context, c *simkl.Client) error {
				_, _, err := c.SearchFile(ctx, "Severance.S02E03.1080p.WEB.x264-GRP.mkv", 1)
				return err
			},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := inBubble(t, v1(), reply(201, tt.answer))
			if err := tt.call(t.Context(), c); err != nil {
				t.Errorf("%s: %v", section, err)
			}
			a := m.asked()[0]
			query, err := url.ParseQuery(a.Query)
			if err != nil {
				t.Fatal(err)
			}
			path := a.Path
			if query.Has("allow_rewatch") {
				path += "?allow_rewatch=" + query.Get("allow_rewatch")
			}
			want := strings.NewReplacer("\n", "", "\t", "").Replace(strings.ReplaceAll(tt.body, "\n\t\t\t ", ""))
			if d := cmp.Diff(want, a.Body); d != "" || path != tt.path || a.Method != http.MethodPost {
				t.Errorf("%s: %s %s\n%s", section, a.Method, path, d)
			}
		})
	}
}

// 3.3, 3.4 and 3.5: the exchanges of an authorization.
func TestTheExchangeOfACodeIsThatOfTheReference(t *testing.T) {
	for name, tt := range map[string]struct {
		secret string
		v2     bool
		body   func(q url.Values) string
	}{
		"V1 with PKCE": {"", false, func(q url.Values) string {
			return `{"grant_type":"authorization_code","code":"AC","client_id":"cid","code_verifier":"VERIFIER","redirect_uri":"` + q.Get("redirect_uri") + `"}`
		}},
		"V1 with a secret": {"CS", false, func(q url.Values) string {
			return `{"grant_type":"authorization_code","code":"AC","client_id":"cid","client_secret":"CS","redirect_uri":"` + q.Get("redirect_uri") + `"}`
		}},
		"V2": {"", true, func(q url.Values) string {
			return url.Values{
				"grant_type": {"authorization_code"}, "code": {"AC"}, "client_id": {"cid"}, "code_verifier": {"VERIFIER"}, "redirect_uri": {q.Get("redirect_uri")},
			}.Encode()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var body string
			s := newServer(t, func(w http.ResponseWriter, r *http.Request, got string) {
				switch {
				case r.URL.Path == "/oauth2/device" && tt.v2:
					reply(200, deviceCode)(w, r, got)
				case r.URL.Path == "/oauth2/device":
					reply(401, invalidClient)(w, r, got)
				case r.URL.Path == "/oauth/pin":
					reply(200, pinCode)(w, r, got)
				case tt.v2:
					body = got
					reply(200, deviceToken)(w, r, got)
				default:
					body = got
					reply(200, `{"access_token":"AT","token_type":"bearer","scope":"public","expires_in":157680000}`)(w, r, got)
				}
			})
			cfg := config(t, s.URL, nil)
			cfg.SiteURL, cfg.ClientSecret = "https://simkl.example", simkl.NewToken(tt.secret)
			var asked url.Values
			grant, err := client(t, cfg).AuthorizeBrowser(t.Context(), func(step simkl.Step) {
				u, err := url.Parse(step.Prompt.URL)
				if err != nil || step.Kind != simkl.StepBrowser || u.Host != "simkl.example" {
					t.Errorf("%+v %v", step, err)
					return
				}
				asked = u.Query()
				go func() { // ends with the answer of the listener
					req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, asked.Get("redirect_uri")+"?code=AC&iss=https://simkl.com&state="+asked.Get("state"), nil)
					res, err := http.DefaultTransport.RoundTrip(req)
					if err != nil {
						t.Error(err)
						return
					}
					_ = res.Body.Close()
					http.DefaultTransport.(*http.Transport).CloseIdleConnections()
				}()
			})
			if err != nil || grant.IsZero() {
				t.Fatal(err)
			}
			for _, sep := range []string{`"code_verifier":"`, "code_verifier="} {
				if _, rest, ok := strings.Cut(body, sep); ok {
					verifier, _, _ := strings.Cut(strings.Replace(rest, `"`, "&", 1), "&")
					if len(verifier) < 43 {
						t.Errorf("a verifier of %d characters (RFC 7636 4.1 wants 43)", len(verifier))
					}
					body = strings.Replace(body, verifier, "VERIFIER", 1)
				}
			}
			if d := cmp.Diff(tt.body(asked), body); d != "" {
				t.Error(d)
			}
		})
	}
}
