package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// form posts to an authorization endpoint as a well-behaved client does.
func (p *peer) form(path string, kv ...string) (int, map[string]any, http.Header) {
	p.t.Helper()
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	p.clock.add(1100 * time.Millisecond)
	r := p.request("POST", path, v.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, h := p.send(r)
	return status, object(p.t, body), h
}

func newV2(t *testing.T, o sandbox.Options) *peer {
	t.Helper()
	p := newPeer(t, o)
	p.client, p.token = "v2cid", ""
	return p
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// login runs the device flow and gives the token answer.
func (p *peer) login(scope string) map[string]any {
	p.t.Helper()
	_, d, _ := p.form("/oauth2/device", "client_id", p.client, "scope", scope)
	device, _ := d["device_code"].(string)
	p.clock.add(4 * time.Second)
	status, tok, h := p.form("/oauth2/token", "grant_type", deviceGrant, "client_id", p.client, "device_code", device)
	if status != 200 || h.Get("Cache-Control") != "no-store" {
		p.t.Fatal(status, tok, h)
	}
	return tok
}

func text(m map[string]any, key string) string { s, _ := m[key].(string); return s }

func TestGenerationsOfAppsRefuseEachOther(t *testing.T) {
	p := newPeer(t, sandbox.Options{})
	if status, m, _ := p.form("/oauth2/device", "client_id", "cid"); status != 401 || m["error"] != "invalid_client" || m["code"] != nil {
		t.Fatal("V1 app at /oauth2:", status, m)
	}
	p.client = "v2cid"
	p.token = ""
	status, body := p.do("GET", "/oauth/pin", "")
	if m := object(t, body); status != 400 || m["error"] != "unauthorized_client" || !strings.Contains(text(m, "message"), "/oauth2/") {
		t.Fatal("V2 app at /oauth:", status, body)
	}
	p.client = ""
	if status, body := p.do("GET", "/oauth/pin?client_id=", ""); status != 412 || object(t, body)["error"] != "client_id_failed" {
		t.Fatal("no client id:", status, body)
	}
}

func TestUnknownPinIsAnsweredByAFreshOne(t *testing.T) {
	p := newPeer(t, sandbox.Options{ApproveAfter: -1})
	p.token = ""
	_, body := p.do("GET", "/oauth/pin/NOPE1", "")
	if m := object(t, body); m["result"] != "OK" || m["device_code"] != "DEVICE_CODE" || m["user_code"] == "NOPE1" {
		t.Fatal(body)
	}
	_, body = p.do("GET", "/oauth/pin", "")
	code := text(object(t, body), "user_code")
	p.clock.add(901 * time.Second)
	if p.s.Approve(code) {
		t.Fatal("a code was approved after its 900 s")
	}
	p.want("GET", "/oauth/pin/"+code, "", 200, `{"result":"KO","message":"Authorization pending"}`)
	p.clock.add(time.Minute)
	if _, body = p.do("GET", "/oauth/pin/"+code, ""); !strings.Contains(body, "DEVICE_CODE") {
		t.Fatal("a purged code still answers:", body)
	}
}

func TestPinSlowDownIsOptIn(t *testing.T) {
	p := newPeer(t, sandbox.Options{SlowDown: true, ApproveAfter: -1})
	_, body := p.do("GET", "/oauth/pin", "")
	code := text(object(t, body), "user_code")
	p.do("GET", "/oauth/pin/"+code, "")
	p.want("GET", "/oauth/pin/"+code, "", 200, `{"result":"KO","message":"Slow down"}`)
	p.clock.add(5 * time.Second)
	p.want("GET", "/oauth/pin/"+code, "", 200, `{"result":"KO","message":"Authorization pending"}`)
}

func TestDeviceFlow(t *testing.T) {
	p := newV2(t, sandbox.Options{ApproveAfter: -1})
	status, d, _ := p.form("/oauth2/device", "client_id", p.client, "scope", "media:read media:write")
	code := text(d, "user_code")
	if status != 200 || len(code) != 9 || code[4] != '-' || text(d, "verification_uri_complete") != text(d, "verification_uri")+"?user_code="+code ||
		d["expires_in"] != 900.0 || d["interval"] != 5.0 {
		t.Fatal(status, d)
	}
	poll := func() (int, map[string]any) {
		status, m, _ := p.form("/oauth2/token", "grant_type", deviceGrant, "client_id", p.client, "device_code", text(d, "device_code"))
		return status, m
	}
	if status, m := poll(); status != 400 || m["error"] != "authorization_pending" {
		t.Fatal(status, m)
	}
	if status, m := poll(); status != 400 || m["error"] != "slow_down" {
		t.Fatal("a second poll after a second:", status, m)
	}
	if !p.s.Approve(strings.ToLower(strings.ReplaceAll(code, "-", " "))) {
		t.Fatal("a code typed in lower case with a space is not known")
	}
	p.clock.add(6 * time.Second)
	if status, m := poll(); status != 400 || m["error"] != "slow_down" {
		t.Fatal("the interval did not grow to 10 s:", status, m)
	}
	p.clock.add(15 * time.Second)
	status, m := poll()
	if status != 200 || m["token_type"] != "Bearer" || m["expires_in"] != 604800.0 || m["scope"] != "media:read media:write" {
		t.Fatal(status, m)
	}
	for key, prefix := range map[string]string{"access_token": "simkl_at_", "refresh_token": "simkl_rt_"} {
		if tok := text(m, key); !strings.HasPrefix(tok, prefix) || len(tok) != 43 {
			t.Fatal(key, tok)
		}
	}
	if status, m := poll(); status != 400 || m["error"] != "expired_token" {
		t.Fatal("a device code works twice:", status, m)
	}
}

func TestRefreshKillsTheOldAccessTokenAndKeepsTheRefreshToken(t *testing.T) {
	p := newV2(t, sandbox.Options{})
	tok := p.login("media:read media:write")
	p.token = text(tok, "access_token")
	if status, b := p.do("GET", "/users/settings", ""); status != 200 {
		t.Fatal(status, b)
	}
	status, fresh, _ := p.form("/oauth2/token", "grant_type", "refresh_token", "client_id", p.client, "refresh_token", text(tok, "refresh_token"))
	if status != 200 || fresh["refresh_token"] != tok["refresh_token"] || fresh["access_token"] == tok["access_token"] {
		t.Fatal(status, fresh)
	}
	status, b := p.do("GET", "/users/settings", "")
	if m := object(t, b); status != 401 || m["error"] != "invalid_token" || !strings.Contains(b, "user_token_failed") {
		t.Fatal(status, b)
	}
	p.token = text(fresh, "access_token")
	p.clock.add(7 * 24 * time.Hour)
	if status, b := p.do("GET", "/users/settings", ""); status != 401 {
		t.Fatal("after seven days:", status, b)
	}
	p.clock.add(174 * 24 * time.Hour)
	if status, m, _ := p.form("/oauth2/token", "grant_type", "refresh_token", "client_id", p.client, "refresh_token", text(tok, "refresh_token")); status != 400 || m["error"] != "invalid_grant" {
		t.Fatal("after 181 days:", status, m)
	}
}

func TestRevokeEndsTheGrantAndConfirmsNothing(t *testing.T) {
	p := newV2(t, sandbox.Options{})
	tok := p.login("media:write")
	for range 2 {
		if status, _, _ := p.form("/oauth2/revoke", "client_id", p.client, "token", text(tok, "refresh_token")); status != 200 {
			t.Fatal(status)
		}
	}
	p.token = text(tok, "access_token")
	if status, b := p.do("GET", "/users/settings", ""); status != 401 {
		t.Fatal(status, b)
	}
}

func TestMisspelledScopeIsReadOnly(t *testing.T) {
	p := newV2(t, sandbox.Options{})
	tok := p.login("media:wrote")
	if tok["scope"] != "media:read" {
		t.Fatal(tok)
	}
	p.token = text(tok, "access_token")
	if status, b := p.do("GET", "/sync/activities", ""); status != 200 {
		t.Fatal(status, b)
	}
	p.clock.add(2 * time.Second)
	r := p.request("POST", "/scrobble/start", `{`+severance+`}`)
	r.Header.Set("Authorization", "bearer "+p.token)
	status, b, h := p.send(r)
	if status != 403 || object(t, b)["error"] != "insufficient_scope" ||
		h.Get("WWW-Authenticate") != `Bearer error="insufficient_scope", scope="media:read media:write"` {
		t.Fatal(status, b, h)
	}
}

func TestV2AppNeedsAUserNearlyEverywhere(t *testing.T) {
	p := newV2(t, sandbox.Options{})
	for path, want := range map[string]int{
		"/movies/53801": 200, "/tv/episodes/1109411": 200, "/discover/trending/today_100.json": 200,
		"/search/id?imdb=tt0113277": 401, "/redirect?to=simkl&imdb=tt0113277": 401, "/sync/activities": 401,
	} {
		status, b := p.do("GET", path, "")
		if status != want || want == 401 && object(t, b)["error"] != "user_token_required" {
			t.Error(path, status, b)
		}
	}
	p.client = "cid"
	if status, b := p.do("GET", "/search/id?imdb=tt0113277", ""); status != 200 {
		t.Error("public under V1:", status, b)
	}
	if status, b := p.do("GET", "/sync/activities", ""); status != 401 || object(t, b)["error"] != "user_token_failed" {
		t.Error(status, b)
	}
}

func TestV1CodeWithPKCE(t *testing.T) {
	p := newPeer(t, sandbox.Options{Secrets: map[string]string{"cid": "s3cret"}})
	sum := sha256.Sum256([]byte("a-long-verifier"))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	authorize := func() string {
		t.Helper()
		r := p.request("GET", "/oauth/authorize?response_type=code&state=xyz&redirect_uri="+url.QueryEscape("http://127.0.0.1:9/cb")+"&code_challenge="+challenge, "")
		status, _, h := p.send(r)
		u, err := url.Parse(h.Get("Location"))
		if status != 302 || err != nil || u.Query().Get("state") != "xyz" || u.Host != "127.0.0.1:9" {
			t.Fatal(status, h)
		}
		return u.Query().Get("code")
	}
	code := authorize()
	status, m, h := p.form("/oauth/token", "grant_type", "authorization_code", "client_id", "cid", "code", code, "code_verifier", "wrong", "redirect_uri", "http://127.0.0.1:9/cb")
	if status != 401 || m["error"] != "secret_error" || h.Get("WWW-Authenticate") == "" {
		t.Fatal(status, m)
	}
	status, m, _ = p.form("/oauth/token", "grant_type", "authorization_code", "client_id", "cid", "code", code, "code_verifier", "a-long-verifier", "redirect_uri", "http://127.0.0.1:9/cb")
	if status != 401 || m["error"] != "grant_error" {
		t.Fatal("a failed attempt must use the code up:", status, m)
	}
	status, m, _ = p.form("/oauth/token", "grant_type", "authorization_code", "client_id", "cid", "code", authorize(), "code_verifier", "a-long-verifier", "redirect_uri", "http://127.0.0.1:8/cb")
	if status != 403 || m["error"] != "redirect_failed" {
		t.Fatal(status, m)
	}
	status, m, _ = p.form("/oauth/token", "grant_type", "authorization_code", "client_id", "cid", "code", authorize(), "client_secret", "s3cret", "redirect_uri", "http://127.0.0.1:9/cb")
	if status != 200 || m["access_token"] != p.token || m["token_type"] != "bearer" || m["scope"] != "public" || m["expires_in"] != 157680000.0 {
		t.Fatal(status, m)
	}
	if status, m, _ := p.form("/oauth/token", "grant_type", "authorization_code", "client_id", "cid", "client_secret", "s3cret"); status != 403 || m["error"] != "empty_field" {
		t.Fatal(status, m)
	}
}

func TestV2BrowserLoginComesBackWithIssuerOrDenial(t *testing.T) {
	p := newV2(t, sandbox.Options{})
	sum := sha256.Sum256([]byte("a-long-verifier"))
	path := "/oauth2/authorize?response_type=code&state=xyz&scope=media:write&redirect_uri=" + url.QueryEscape("http://127.0.0.1:9/cb") +
		"&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:])
	location := func(path string) url.Values {
		t.Helper()
		_, _, h := p.send(p.request("GET", path, ""))
		u, err := url.Parse(h.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	if q := location(path + "&code_challenge_method=plain"); q.Get("error") == "" || q.Get("code") != "" {
		t.Fatal("plain PKCE is refused:", q)
	}
	if q := location(path + "&code_challenge_method=S256&decision=deny"); q.Get("error") != "access_denied" || q.Get("state") != "xyz" {
		t.Fatal(q)
	}
	q := location(path + "&code_challenge_method=S256")
	if q.Get("iss") != "https://simkl.com" {
		t.Fatal(q)
	}
	status, m, _ := p.form("/oauth2/token", "grant_type", "authorization_code", "client_id", p.client, "code", q.Get("code"), "code_verifier", "a-long-verifier", "redirect_uri", "http://127.0.0.1:9/cb")
	if status != 200 || m["scope"] != "media:read media:write" {
		t.Fatal(status, m)
	}
}

func TestLoginCanBeApprovedByAnotherAccount(t *testing.T) {
	p := newPeer(t, sandbox.Options{ApproveAfter: -1})
	first := p.token
	p.token = ""
	_, b := p.do("GET", "/oauth/pin", "")
	code := text(object(t, b), "user_code")
	if !p.s.ApproveAs(code, "second") || p.s.ApproveAs("NOPE1", "second") {
		t.Fatal("the code decides whether there is such a login")
	}
	_, b = p.do("GET", "/oauth/pin/"+code, "")
	p.token = text(object(t, b), "access_token")
	if p.token == first || p.token == "" {
		t.Fatal(b)
	}
	if _, b := p.do("GET", "/users/settings", ""); !strings.Contains(b, `"name":"second"`) {
		t.Fatal(b)
	}
	p.do("POST", "/scrobble/stop", `{"progress":90,"movie":{"ids":{"simkl":53801}}}`)
	if h := p.s.History(); len(h) != 1 || h[0].User != "second" {
		t.Fatalf("%+v", h)
	}
}
