package deliver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/deliver"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/queue"
)

// direct hands requests to a server in this process: no sockets, so that time can be virtual.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody // as a server gives it to its handler
	}
	rec := httptest.NewRecorder()
	d.ServeHTTP(rec, r)
	return rec.Result(), nil
}

type tokens struct{ grant simkl.Grant }

func (t tokens) Load(context.Context) (simkl.Grant, error) { return t.grant, nil }
func (tokens) Save(context.Context, simkl.Grant) error     { return nil }

// memoryCache keeps what it is given for as long as it is told.
type memoryCache map[string]kept

type kept struct {
	value []byte
	until time.Time
}

func (c memoryCache) Cached(_ context.Context, key string) ([]byte, bool, error) {
	v, ok := c[key]
	return v.value, ok && v.until.After(time.Now()), nil
}

func (c memoryCache) Cache(_ context.Context, key string, value []byte, keep time.Duration) error {
	c[key] = kept{value, time.Now().Add(keep)}
	return nil
}

type rig struct {
	*deliver.Sender
	simkl *sandbox.Server
	cache memoryCache
	// rewatch is scrobble.rewatch = "auto".
	rewatch *bool
}

// inRig runs a test on virtual time against the sandbox as strict as it is.
func inRig(t *testing.T, f func(t *testing.T, r rig)) {
	t.Helper()
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
		c, err := simkl.New(simkl.Config{
			ClientID: "abc", AppName: "simkld", AppVersion: "1.0.0", UserAgent: "simkld/1.0.0", APIURL: "http://127.0.0.1:1",
			HTTP: direct{srv}, Limits: l,
			Tokens: tokens{simkl.Grant{Generation: simkl.V1, Access: simkl.NewToken(srv.LinkToken("abc", "mika"))}},
		})
		if err != nil {
			t.Fatal(err)
		}
		cache := memoryCache{}
		pages := deliver.NewPages(func() deliver.Catalog { return c }, cache)
		hold := func(context.Context) time.Duration { return 0 }
		rewatch := new(bool)
		s := deliver.New(func() deliver.API { return c }, pages, hold, time.Now, func() bool { return *rewatch })
		f(t, rig{s, srv, cache, rewatch})
	})
}

func episode(title string, year, s int, n media.Number) media.Match {
	return media.Match{Kind: media.KindEpisode, Title: title, Year: year, Season: new(s), Episodes: []media.Number{n}}
}

func film(title string, year int) media.Match {
	return media.Match{Kind: media.KindMovie, Title: title, Year: year}
}

func row(verb media.Verb, m media.Match, p float64) queue.Row {
	return queue.Row{Call: media.Call{Watch: 1, Seq: 1, Verb: verb, Match: m, Progress: p, At: time.Now()}}
}

func TestFinishedWatchBecomesARewatchOnlyWhenWantedAndOnItsFirstAttempt(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		r.simkl.SetPlan("mika", sandbox.PlanPro)
		watch := func(verb media.Verb, progress float64, attempts int) string {
			again := row(verb, film("Heat", 1995), progress)
			again.Attempts = attempts
			out := r.Send(t.Context(), again)
			if out.Class != queue.Done || out.Answer == nil {
				t.Fatalf("got %+v", out)
			}
			time.Sleep(72 * time.Hour)
			return out.Answer.RewatchStatus
		}
		if got := watch(media.VerbWatched, 100, 0); got != "" {
			t.Errorf("unasked: %q", got)
		}
		*r.rewatch = true
		if got := watch(media.VerbWatched, 100, 1); got != "" {
			t.Errorf("on a retry: %q", got)
		}
		if got := watch(media.VerbStop, 40, 0); got != "" {
			t.Errorf("of what does not count: %q", got)
		}
		if got := watch(media.VerbWatched, 100, 0); got != "completed" {
			t.Errorf("got %q", got)
		}
		r.simkl.SetPlan("mika", sandbox.PlanFree)
		out := r.Send(t.Context(), row(media.VerbWatched, film("Heat", 1995), 100))
		if out.Class != queue.Done || !strings.Contains(out.Words, "Pro and VIP") {
			t.Errorf("got %+v", out)
		}
	})
}

func TestAnswerIsTrustedWhenItIsWhatWasAsked(t *testing.T) {
	anime := episode("Attack on Titan", 2013, 1, 5)
	byAbsolute := media.Match{Kind: media.KindEpisode, Title: "One Piece", Absolute: []media.Number{1015}, Anime: true}
	byID := film("Anything at all", 0)
	byID.IDs.IMDB = "tt0113277"
	for name, m := range map[string]media.Match{
		"film":                         film("Heat", 1995),
		"film, year one off":           film("heat", 1996),
		"episode":                      episode("Severance", 0, 2, 3),
		"anime asked for as a show":    anime,
		"anime by absolute number":     byAbsolute,
		"id that was sent":             byID,
		"film by its other name":       film("Der Pate", 1972),
		"show by its other name":       episode("Star Wars: Andor", 2022, 1, 1),
		"anime film asked for as film": film("Spirited Away", 2001),
	} {
		t.Run(name, func(t *testing.T) {
			inRig(t, func(t *testing.T, r rig) {
				out := r.Send(t.Context(), row(media.VerbStart, m, 1))
				for form := 1; out.Class != queue.Done && form < len(queue.Forms(m)); form++ {
					next := row(media.VerbStart, m, 1)
					next.Form = form
					out = r.Send(t.Context(), next)
				}
				if out.Class != queue.Done || out.Answer == nil || out.Answer.IDs.Simkl == 0 {
					t.Errorf("got %+v", out)
				}
			})
		})
	}
}

func TestAnswerIsNotTrustedWhenItIsSomethingElse(t *testing.T) {
	for name, m := range map[string]media.Match{
		"another year":    film("Heat", 2013),
		"another title":   film("Inceptio", 2010),
		"no such title":   film("A title nobody ever used", 1999),
		"no such episode": episode("Severance", 2022, 7, 1),
	} {
		t.Run(name, func(t *testing.T) {
			inRig(t, func(t *testing.T, r rig) {
				out := r.Send(t.Context(), row(media.VerbStart, m, 1))
				if out.Class != queue.Mistaken && out.Class != queue.Untrusted {
					t.Errorf("got %+v of %+v", out, out.Answer)
				}
			})
		})
	}
}

// Two series of one name are told apart by the country that the file name has.
func TestANamesakeOfAnotherCountryIsNotTrusted(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		uk := episode("The Office", 0, 1, 2)
		uk.Country = "GB"
		out := r.Send(t.Context(), row(media.VerbStart, uk, 1))
		if out.Class != queue.Done || out.Answer.IDs.Simkl != 900203 {
			t.Errorf("with its country: %+v of %+v", out, out.Answer)
		}
		plain := row(media.VerbStart, uk, 1)
		plain.Form = 1
		if out = r.Send(t.Context(), plain); out.Class == queue.Done && out.Answer.IDs.Simkl != 900203 {
			t.Errorf("by its name alone: trusted is %+v", out.Answer)
		}
	})
}

func TestWrongStartIsTakenBackWithoutATrace(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		out := r.Send(t.Context(), row(media.VerbStart, film("Crash", 1996), 12))
		wrong := row(queue.VerbTakeBack, film("Crash", 1996), 12.5)
		wrong.Answer = out.Answer
		if got := r.TakeBack(t.Context(), wrong); got.Class != queue.Done {
			t.Fatalf("take back: %+v", got)
		}
		if got := r.simkl.Playbacks("mika"); len(got) != 0 {
			t.Errorf("a resume point stayed: %+v", got)
		}
		if now, ok := r.simkl.WatchingNow("mika"); ok {
			t.Errorf("still watching %+v", now)
		}
		if got := r.TakeBack(t.Context(), wrong); got.Class != queue.Done {
			t.Errorf("a second time: %+v", got)
		}
	})
}

func TestWatchOfAnotherTitleStaysBecausePlayingOnlyAdds(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		out := r.Send(t.Context(), row(media.VerbWatched, episode("Severance", 2022, 1, 2), 100))
		if len(r.simkl.History()) != 1 {
			t.Fatalf("history %+v after %+v", r.simkl.History(), out)
		}
		wrong := row(queue.VerbTakeBack, episode("Severance", 2022, 1, 2), 100)
		wrong.Answer = out.Answer
		if got := r.TakeBack(t.Context(), wrong); got.Class != queue.Done {
			t.Fatalf("take back: %+v", got)
		}
		if got := r.simkl.History(); len(got) != 1 {
			t.Errorf("history has %+v", got)
		}
	})
}

func TestHistoryIsWrittenWithTimesAndUnknownOnesAreSaid(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		at := time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Second)
		answer := func(id media.SimklID, kind media.AnswerKind) *media.Answer {
			return &media.Answer{Kind: kind, IDs: media.IDs{Simkl: id}}
		}
		known := row(media.VerbWatched, episode("Severance", 2022, 2, 3), 100)
		known.At, known.Answer = at, answer(1109411, media.AnswerShow)
		unknown := row(media.VerbWatched, film("Nobody's film", 1990), 100)
		unknown.Answer = answer(4711, media.AnswerMovie)
		heat := row(media.VerbWatched, film("Heat", 1995), 100)
		heat.At, heat.Match.IDs.IMDB = at.Add(time.Hour), "tt0113277"
		outs := r.SendHistory(t.Context(), []queue.Row{known, unknown, heat})
		if outs[0].Class != queue.Done || outs[1].Class != queue.Mistaken || outs[2].Class != queue.Done {
			t.Fatalf("got %+v", outs)
		}
		got := map[string]time.Time{}
		for _, w := range r.simkl.History() {
			got[w.Title] = w.WatchedAt
		}
		if len(got) != 2 || !got["Severance"].Equal(at) || !got["Heat"].Equal(at.Add(time.Hour)) {
			t.Errorf("history has %v", got)
		}
	})
}

func TestLaterSeasonOfAnAnimeIsWrittenUnderItsOwnTitle(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		late := row(media.VerbWatched, episode("Attack on Titan", 2013, 2, 4), 100)
		late.Answer = &media.Answer{Kind: media.AnswerAnime, IDs: media.IDs{Simkl: 39687}}
		if outs := r.SendHistory(t.Context(), []queue.Row{late}); outs[0].Class != queue.Done {
			t.Fatalf("got %+v", outs)
		}
		got := r.simkl.History()
		if len(got) != 1 || got[0].TVDBSeason != 2 || got[0].TVDBEpisode != 4 {
			t.Errorf("history has %+v", got)
		}
	})
}

// A rule names a later cour by its id, with the cour's own number in season 1 (product.md 4).
func TestEpisodeOfACourIsWrittenByItsOwnNumber(t *testing.T) {
	for name, ids := range map[string]media.IDs{"simkl": {Simkl: 900301}, "mal": {MAL: "25777"}} {
		inRig(t, func(t *testing.T, r rig) {
			late := row(media.VerbWatched, episode("Attack on Titan", 0, 1, 4), 100)
			late.Match.IDs, late.Match.Anime = ids, true
			if outs := r.SendHistory(t.Context(), []queue.Row{late}); outs[0].Class != queue.Done {
				t.Fatalf("%s: got %+v", name, outs)
			}
			if got := r.simkl.History(); len(got) != 1 || got[0].Simkl != 900301 || got[0].Episode != 4 {
				t.Errorf("%s: history has %+v", name, got)
			}
		})
	}
}

// An anime film has no episodes, whatever the name of its file says.
func TestAnimeFilmIsNeverAnEpisode(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		m := media.Match{Kind: media.KindEpisode, Title: "Sen to Chihiro no Kamikakushi", Absolute: []media.Number{1}, Anime: true}
		m.IDs.MAL = "199"
		for form := range queue.Forms(m) {
			watched := row(media.VerbWatched, m, 100)
			watched.Form = form
			if out := r.Send(t.Context(), watched); out.Class == queue.Done {
				t.Errorf("form %d: %+v", form, out)
			}
		}
		if got := r.simkl.History(); len(got) != 0 {
			t.Errorf("history has %+v", got)
		}
	})
}

func TestLateWatchIsConfirmedByNameAndYear(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		out := r.Confirm(t.Context(), row(media.VerbWatched, film("Heat", 1995), 100))
		if out.Class != queue.Done || out.Answer == nil || out.Answer.IDs.Simkl != 53801 {
			t.Errorf("got %+v", out)
		}
		out = r.Confirm(t.Context(), row(media.VerbWatched, film("Heat", 2013), 100))
		if out.Class != queue.Mistaken {
			t.Errorf("a film of another year is confirmed: %+v", out)
		}
	})
}

func TestOtherNamesAreAskedOnce(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		for range 3 {
			r.Send(t.Context(), row(media.VerbStart, film("Der Pate", 1972), 1))
		}
		pages := 0
		for _, req := range r.simkl.Requests() {
			if req.Path == "/movies/900112" {
				pages++
			}
		}
		if pages != 1 {
			t.Errorf("the page of the title was read %d times", pages)
		}
	})
}

func TestEpisodeWithoutANumberIsNeverSent(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		daily := media.Match{Kind: media.KindEpisode, Title: "The Daily Show", Date: "2015-07-22"}
		recap := media.Match{Kind: media.KindEpisode, Title: "Naruto", Absolute: []media.Number{11.5}}
		for _, m := range []media.Match{daily, recap} {
			if out := r.Send(t.Context(), row(media.VerbStart, m, 1)); out.Class != queue.Mistaken {
				t.Errorf("%s: %+v", m.Label(), out)
			}
			if outs := r.SendHistory(t.Context(), []queue.Row{row(media.VerbWatched, m, 100)}); outs[0].Class != queue.Mistaken {
				t.Errorf("%s: %+v", m.Label(), outs)
			}
		}
		if got := r.simkl.Requests(); len(got) != 0 {
			t.Errorf("%d requests were made", len(got))
		}
	})
}

func TestEveryAnswerIsARowOfTheTable(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		header http.Header
		want   queue.Class
	}{
		{400, `{"error":"RATE_LIMIT","code":400}`, nil, queue.Locked},
		{400, `{"error":"rate_limit","code":400}`, nil, queue.Locked},
		{400, `{"error":"empty_field","code":400}`, nil, queue.Refused},
		{400, `{"error":"wrong_parameter","code":400}`, nil, queue.Refused},
		{401, `{"error":"user_token_failed","code":401}`, nil, queue.LoginNeeded},
		{403, `{"error":"insufficient_scope","code":403}`, nil, queue.LoginNeeded},
		{404, `{"error":"id_err","code":404}`, nil, queue.Mistaken},
		{409, `{"watched_at":"2024-05-01T18:00:00-05:00","expires_at":"2024-05-01T19:00:00-05:00"}`, nil, queue.Done},
		{412, `{"error":"client_id_failed","code":412}`, nil, queue.Held},
		{429, `{"error":"rate_limit","code":429}`, nil, queue.Crowded},
		{429, `{"error":"user_limit_exceeded","code":429}`, http.Header{"Retry-After": {"600"}}, queue.Held},
		{503, ``, http.Header{"Retry-After": {"30"}}, queue.Held},
		{503, ``, nil, queue.Unreachable},
		{500, `{"error":"internal","code":500}`, nil, queue.Unreachable},
		{418, `{"error":"teapot","code":418}`, nil, queue.Odd},
		{200, `<html>log in</html>`, nil, queue.Unreachable},
		{200, `{"hello":"world"}`, nil, queue.Unreachable},
	} {
		inRig(t, func(t *testing.T, r rig) {
			r.simkl.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: c.status, Body: c.body, Header: c.header, Times: 1})
			out := r.Send(t.Context(), row(media.VerbWatched, film("Heat", 1995), 100))
			if out.Class != c.want || out.Class != queue.Done && out.Words == "" {
				t.Errorf("%d %s: class %s (%q), want %s", c.status, c.body, out.Class, out.Words, c.want)
			}
			if out.Class == queue.Held && out.RetryAfter <= 0 && c.status != 412 {
				t.Errorf("%d: held without a time", c.status)
			}
		})
	}
}
