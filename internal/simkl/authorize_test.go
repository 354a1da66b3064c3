package simkl_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/simkl"
)

const (
	pinCode = `{"result":"OK","device_code":"DEVICE_CODE","user_code":"K7QX2",
 "verification_uri":"https://simkl.com/pin","verification_url":"https://simkl.com/pin","expires_in":900,"interval":5}`
	pinCode2      = `{"result":"OK","device_code":"DEVICE_CODE","user_code":"5G6JAH","verification_url":"https://simkl.com/pin/","expires_in":900,"interval":5}`
	pinPending    = `{"result":"KO","message":"Authorization pending"}`
	invalidClient = `{"error":"invalid_client","error_description":"..."}`
	deviceCode    = `{"device_code":"dc_opaque","user_code":"R4TN-8WQC","verification_uri":"https://simkl.com/pin",
 "verification_uri_complete":"https://simkl.com/pin?user_code=R4TN-8WQC","expires_in":900,"interval":5}`
	deviceToken = `{"access_token":"simkl_at_1","token_type":"Bearer","expires_in":604800,"refresh_token":"simkl_rt_1","scope":"media:read media:write"}`
)

// told collects what a login showed, in short: "code K7QX2", "pending".
type told struct{ steps []string }

func (s *told) show(step simkl.Step) {
	text := string(step.Kind)
	if step.Kind == simkl.StepCode || step.Kind == simkl.StepReplaced {
		text += " " + step.Prompt.Code
	}
	if step.Err != nil {
		text += " " + string(simkl.ClassOf(step.Err))
	}
	s.steps = append(s.steps, text)
}

// v1App answers as Simkl does to a V1 client_id: polls gives the answers to the polls.
func v1App(codes, polls []row) func(http.ResponseWriter, *http.Request, string) {
	code, poll := &script{rows: codes}, &script{rows: polls}
	return func(w http.ResponseWriter, r *http.Request, body string) {
		switch r.URL.Path {
		case "/oauth2/device":
			reply(401, invalidClient)(w, r, body)
		case "/oauth/pin":
			code.answer(w, r, body)
		default:
			poll.answer(w, r, body)
		}
	}
}

func TestLoginFindsOutAV1ClientAndWaitsForThePIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, nil, v1App([]row{{200, pinCode}}, []row{{200, pinPending}, {200, pinPending}, {200, `{"result":"OK","access_token":"secret"}`}}))
		var steps told
		begun := time.Now()
		grant, err := c.Authorize(t.Context(), steps.show)
		if err != nil {
			t.Fatal(err)
		}
		if grant.Generation != simkl.V1 || grant.Access.Reveal() != "secret" {
			t.Errorf("granted %v %q", grant.Generation, grant.Access.Reveal())
		}
		if d := cmp.Diff([]string{"code K7QX2", "pending", "pending"}, steps.steps); d != "" {
			t.Error(d)
		}
		if took := time.Since(begun); took < 15*time.Second || took > 16*time.Second {
			t.Errorf("three polls took %v", took)
		}
		last := m.asked()[len(m.asked())-1]
		if last.Method+last.Path != "GET/oauth/pin/K7QX2" || last.Header.Get("Authorization") != "" {
			t.Errorf("polled with %s %s", last.Method, last.Path)
		}
	})
}

func TestAVanishedCodeIsReplacedByANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, nil, v1App(
			[]row{{200, pinCode}, {200, pinCode2}},
			[]row{{200, pinCode2}, {200, `{"result":"OK","access_token":"secret"}`}},
		))
		var steps told
		grant, err := c.Authorize(t.Context(), steps.show)
		if err != nil || grant.IsZero() {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"code K7QX2", "replaced 5G6JAH"}, steps.steps); d != "" {
			t.Error(d)
		}
		devices := 0
		for _, a := range m.asked() {
			if a.Path == "/oauth2/device" {
				devices++
			}
		}
		if devices != 1 {
			t.Errorf("the generation was asked for %d times", devices)
		}
	})
}

func TestAnExpiredCodeIsReplacedAtItsEndAndALoginEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v1App([]row{{200, pinCode}}, []row{{200, pinPending}}))
		var codes []time.Duration
		begun := time.Now()
		_, err := c.Authorize(t.Context(), func(s simkl.Step) {
			if s.Kind != simkl.StepPending {
				codes = append(codes, time.Since(begun).Round(time.Minute))
			}
		})
		if !errors.Is(err, simkl.ErrNotApproved) {
			t.Fatalf("ended with %v", err)
		}
		want := []time.Duration{0, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute}
		if d := cmp.Diff(want, codes); d != "" {
			t.Error(d)
		}
		if took := time.Since(begun).Round(time.Minute); took != time.Hour {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestSlowDownLengthensTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v1App([]row{{200, pinCode}},
			[]row{{200, `{"result":"KO","message":"Slow down"}`}, {200, pinPending}, {200, `{"result":"OK","access_token":"secret"}`}}))
		begun := time.Now()
		if _, err := c.Authorize(t.Context(), func(simkl.Step) {}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun).Round(time.Second); took != 25*time.Second {
			t.Errorf("took %v, want 5+10+10 s", took)
		}
	})
}

func TestLoginSurvivesAnOutageBetweenPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v1App([]row{{200, pinCode}},
			[]row{{502, "<html>"}, {200, "<html>log in to the hotel</html>"}, {200, `{"result":"OK","access_token":"secret"}`}}))
		var steps told
		if _, err := c.Authorize(t.Context(), steps.show); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"code K7QX2", "trouble server-error", "trouble foreign"}, steps.steps); d != "" {
			t.Error(d)
		}
	})
}

func v2App(polls []row) func(http.ResponseWriter, *http.Request, string) {
	poll := &script{rows: polls}
	return func(w http.ResponseWriter, r *http.Request, body string) {
		if r.URL.Path == "/oauth2/device" {
			reply(200, deviceCode)(w, r, body)
			return
		}
		poll.answer(w, r, body)
	}
}

func TestLoginOfAV2ClientAsksForBothScopesAndObeysSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t, nil, v2App([]row{
			{400, `{"error":"authorization_pending"}`}, {400, `{"error":"slow_down"}`}, {200, deviceToken},
		}))
		var steps told
		begun := time.Now()
		grant, err := c.Authorize(t.Context(), steps.show)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun).Round(time.Second); took != 20*time.Second {
			t.Errorf("took %v, want 5+5+10 s", took)
		}
		if grant.Generation != simkl.V2 || grant.Access.Reveal() != "simkl_at_1" || grant.Refresh.Reveal() != "simkl_rt_1" {
			t.Errorf("granted %+v", grant)
		}
		if left := time.Until(grant.Expires); left.Round(time.Minute) != 7*24*time.Hour {
			t.Errorf("expires in %v", left)
		}
		if d := cmp.Diff([]string{"code R4TN-8WQC", "pending", "pending"}, steps.steps); d != "" {
			t.Error(d)
		}
		asked := m.asked()
		if d := cmp.Diff("client_id=cid&scope=media%3Aread+media%3Awrite", asked[0].Body); d != "" {
			t.Error(d)
		}
		const poll = "client_id=cid&device_code=dc_opaque&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
		if d := cmp.Diff(poll, asked[1].Body); d != "" {
			t.Error(d)
		}
		for _, a := range asked {
			if a.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || !strings.Contains(a.Query, "client_id=cid") {
				t.Errorf("%s was sent as %q with %q", a.Path, a.Header.Get("Content-Type"), a.Query)
			}
		}
	})
}

func TestAGrantForReadingOnlyIsNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v2App([]row{{200, strings.Replace(deviceToken, " media:write", "", 1)}}))
		_, err := c.Authorize(t.Context(), func(simkl.Step) {})
		if simkl.ClassOf(err) != simkl.Login {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnUnknownClientIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inBubble(t, nil, v1App([]row{{412, `{"error":"client_id_failed","code":412}`}}, nil))
		_, err := c.Authorize(t.Context(), func(simkl.Step) {})
		if simkl.ClassOf(err) != simkl.Blocked {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnAddressThatIsNoWebPageIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		evil := strings.NewReplacer("https://simkl.com/pin", "javascript:alert(1)").Replace(pinCode)
		c, _ := inBubble(t, nil, v1App([]row{{200, evil}}, []row{{200, `{"result":"OK","access_token":"secret"}`}}))
		_, err := c.Authorize(t.Context(), func(s simkl.Step) {
			if s.Prompt.URL != "https://simkl.com/pin" {
				t.Errorf("shown %q", s.Prompt.URL)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
