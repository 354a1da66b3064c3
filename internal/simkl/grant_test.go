package simkl_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/simkl"
)

const activities = `{"all":"2026-06-02T21:40:12Z","settings":{"all":"2026-01-09T08:00:00Z"},
 "tv_shows":{"all":"2026-06-02T21:40:12Z","rated_at":"2026-03-20T07:15:30Z","playback":"2026-06-02T21:40:12Z","plantowatch":null,
 "watching":"2026-05-04T19:40:58Z","completed":null,"hold":null,"dropped":null,"removed_from_list":"2026-03-20T07:15:30Z"},
 "anime":{"all":null},"movies":{"all":"2026-06-02T21:40:12Z","playback":null}}`

// v2Service knows one refresh token and the one access token that lives.
type v2Service struct {
	mu        sync.Mutex // guards the rest
	living    int
	refreshed int
	deadGrant bool
	broken    bool
}

func (s *v2Service) answer(w http.ResponseWriter, r *http.Request, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path != "/oauth2/token":
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer simkl_at_%d", s.living) {
			reply(401, `{"error":"invalid_token","code":401}`)(w, r, body)
			return
		}
		reply(200, activities)(w, r, body)
	case s.broken:
		reply(503, "<html>")(w, r, body)
	case s.deadGrant || !strings.Contains(body, "refresh_token=simkl_rt_1"):
		reply(400, `{"error":"invalid_grant"}`)(w, r, body)
	default:
		s.living++
		s.refreshed++
		reply(200, fmt.Sprintf(`{"access_token":"simkl_at_%d","token_type":"bearer","expires_in":604800,"refresh_token":"simkl_rt_1","scope":"media:read media:write"}`, s.living))(w, r, body)
	}
}

func v2(left time.Duration) *tokens {
	return &tokens{grant: simkl.Grant{
		Generation: simkl.V2, Access: simkl.NewToken("simkl_at_0"), Refresh: simkl.NewToken("simkl_rt_1"),
		Expires: time.Now().Add(left), Scope: "media:read media:write",
	}}
}

func TestATokenUnderADayIsRenewedBeforeTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, store := &v2Service{}, v2(23*time.Hour)
		c, _ := inBubble(t, store, service.answer)
		if _, err := c.Activities(t.Context()); err != nil {
			t.Fatal(err)
		}
		if service.refreshed != 1 || store.saved != 1 || store.grant.Access.Reveal() != "simkl_at_1" {
			t.Errorf("refreshed %d times, saved %d times", service.refreshed, store.saved)
		}
		if _, err := c.Activities(t.Context()); err != nil || service.refreshed != 1 {
			t.Errorf("the second call refreshed again (%v)", err)
		}
	})
}

func TestATokenWithDaysLeftIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &v2Service{}
		c, _ := inBubble(t, v2(25*time.Hour), service.answer)
		if _, err := c.Activities(t.Context()); err != nil || service.refreshed != 0 {
			t.Errorf("refreshed %d times (%v)", service.refreshed, err)
		}
	})
}

func TestARejectedV2TokenIsRenewedOnceAndTheCallMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, store := &v2Service{living: 7}, v2(100*time.Hour)
		c, m := inBubble(t, store, service.answer)
		if _, err := c.Activities(t.Context()); err != nil {
			t.Fatal(err)
		}
		if service.refreshed != 1 || len(m.asked()) != 3 {
			t.Errorf("refreshed %d times, %d requests", service.refreshed, len(m.asked()))
		}
	})
}

func TestADeadRefreshTokenAsksForALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &v2Service{living: 7, deadGrant: true}
		c, m := inBubble(t, v2(100*time.Hour), service.answer)
		_, err := c.Activities(t.Context())
		if simkl.ClassOf(err) != simkl.Login {
			t.Errorf("got %v", err)
		}
		if len(m.asked()) != 2 {
			t.Errorf("%d requests", len(m.asked()))
		}
	})
}

func TestAnOutageOfTheRefreshDoesNotLogOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &v2Service{broken: true}
		c, _ := inBubble(t, v2(2*time.Hour), service.answer)
		if _, err := c.Activities(t.Context()); err != nil {
			t.Errorf("the token is good for two hours more: %v", err)
		}
		service.living = 7
		if _, err := c.Activities(t.Context()); simkl.ClassOf(err) != simkl.ServerError {
			t.Errorf("got %v", err)
		}
	})
}

func TestOneOfManyProcessesRenewsAndTheOthersTakeItsToken(t *testing.T) {
	service, store := &v2Service{living: 7}, v2(100*time.Hour)
	s := newServer(t, service.answer)
	cfg := config(t, s.URL, store)
	var wg sync.WaitGroup
	for range 3 {
		c := client(t, cfg) // a client of its own is what another process is: it shares the store and the folder
		wg.Go(func() {
			if _, err := c.Activities(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if service.refreshed != 1 {
		t.Errorf("refreshed %d times", service.refreshed)
	}
}

func TestARejectedV1TokenIsNotTriedAgainUnlessAnotherWasLinked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := v1()
		c, m := inBubble(t, store, func(w http.ResponseWriter, r *http.Request, body string) {
			if r.Header.Get("Authorization") == "Bearer new" {
				reply(200, activities)(w, r, body)
				return
			}
			reply(401, `{"error":"user_token_failed","code":401}`)(w, r, body)
		})
		if _, err := c.Activities(t.Context()); simkl.ClassOf(err) != simkl.Login || len(m.asked()) != 1 {
			t.Errorf("got %v after %d requests", err, len(m.asked()))
		}
		store.mu.Lock()
		store.grant = simkl.GrantOf("new")
		store.mu.Unlock()
		if _, err := c.Activities(t.Context()); err != nil {
			t.Errorf("after another login: %v", err)
		}
	})
}

func TestWithoutAnAccountNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, &tokens{}, reply(200, activities))
		if _, err := c.Activities(t.Context()); simkl.ClassOf(err) != simkl.Login || len(m.asked()) != 0 {
			t.Errorf("got %v after %d requests", err, len(m.asked()))
		}
	})
}

func TestATokenIsMaskedInEveryForm(t *testing.T) {
	grant := simkl.GrantOf("simkl_rt_verysecret")
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(form, grant); strings.Contains(text, "secret") || strings.Contains(text, "736563726574") {
			t.Errorf("%s gives %s", form, text)
		}
		if text := fmt.Sprintf(form, &grant.Refresh); strings.Contains(text, "secret") {
			t.Errorf("%s of a pointer gives %s", form, text)
		}
	}
	data, err := json.Marshal(map[string]any{"grant": grant, "token": grant.Refresh})
	if err != nil || strings.Contains(string(data), "secret") {
		t.Errorf("%s (%v)", data, err)
	}
	if grant.Refresh.Reveal() != "simkl_rt_verysecret" {
		t.Error("the token cannot be had at all")
	}
}

func TestATokenFromOutsideIsKnownByItsPrefix(t *testing.T) {
	if g := simkl.GrantOf(" simkl_rt_x\n"); g.Generation != simkl.V2 || g.Refresh.Reveal() != "simkl_rt_x" || !g.Access.IsZero() {
		t.Errorf("a refresh token is %+v", g)
	}
	if g := simkl.GrantOf("abc"); g.Generation != simkl.V1 || g.Access.Reveal() != "abc" {
		t.Errorf("a V1 token is %+v", g)
	}
	if g := simkl.GrantOf(" "); !g.IsZero() {
		t.Errorf("nothing is %+v", g)
	}
}

func TestRevokeSendsTheRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, v2(time.Hour), reply(200, ""))
		if err := c.Revoke(t.Context(), v2(time.Hour).grant); err != nil {
			t.Fatal(err)
		}
		if a := m.asked()[0]; a.Path != "/oauth2/revoke" || a.Body != "client_id=cid&token=simkl_rt_1" {
			t.Errorf("sent %s %s", a.Path, a.Body)
		}
	})
}
