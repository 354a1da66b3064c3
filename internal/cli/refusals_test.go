package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/store"
)

// linkedTo is a home with an account of a sandbox and a GET in its request log, and what answers there.
func linkedTo(t *testing.T, f sandbox.Fault) (run func(args ...string) (code int, out, stderr string)) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.Inject(f)
	home := t.TempDir()
	state := filepath.Join(home, ".local/state/simkld")
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	token := fmt.Sprintf(`{"access_token":%q,"auth":"v1","saved_at":"2026-05-22T16:08:00Z"}`, s.LinkToken("mine", "sandbox"))
	if err := os.WriteFile(filepath.Join(state, "token.json"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, _, err := store.Open(t.Context(), state, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.LogRequest(t.Context(), store.Request{Time: time.Now(), Method: http.MethodGet, Path: "/users/settings", Status: 200}); err != nil {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (int, string, string) {
		var out, stderr bytes.Buffer
		env := &cli.Env{
			In: strings.NewReader(""), Out: &out, Err: &stderr, Now: time.Now, Environ: []string{
				"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "SIMKLD_SIMKL_CLIENT_ID=mine",
				"SIMKLD_SIMKL_API_URL=" + server.URL, "SIMKLD_SIMKL_SITE_URL=" + server.URL, "SIMKLD_SIMKL_DATA_URL=" + server.URL,
				"SIMKLD_SIMKL_TIMEOUT=2s",
			},
		}
		code := cli.Main(t.Context(), env, args)
		return code, out.String(), stderr.String()
	}
}

// Every error of simkl-api.md 14, and what else comes instead of an answer: one line in words, and the exit code of
// product.md 2.
func TestEveryRefusalHasWordsAndItsExitCode(t *testing.T) {
	answer := func(status int, id, header string) sandbox.Fault {
		f := sandbox.Fault{Kind: sandbox.FaultStatus, Status: status, Body: fmt.Sprintf(`{"error":%q,"code":%d,"message":"its own words"}`, id, status)}
		if name, value, ok := strings.Cut(header, ": "); ok {
			f.Header = http.Header{name: {value}}
		}
		return f
	}
	for name, c := range map[string]struct {
		fault sandbox.Fault
		code  int
		words string
	}{
		"empty_field":              {answer(400, "empty_field", ""), 1, "Simkl misses something in the request (its own words): see 'simkld requests'"},
		"wrong_parameter":          {answer(400, "wrong_parameter", ""), 1, "Simkl does not take a value of the request (its own words): see"},
		"RATE_LIMIT":               {answer(400, "RATE_LIMIT", ""), 1, "Simkl is busy with another change to this account: try again in half a minute"},
		"max_items":                {answer(400, "max_items", ""), 1, "that is too much for one request to Simkl: ask for less at a time"},
		"empty_id":                 {answer(400, "empty_id", ""), 1, "Simkl misses the number of a title"},
		"unauthorized_client":      {answer(400, "unauthorized_client", ""), 2, "this client_id is of a V2 app"},
		"user_token_failed":        {answer(401, "user_token_failed", ""), 3, "Simkl no longer accepts this account's token: run 'simkld login'"},
		"invalid_token":            {answer(401, "invalid_token", ""), 3, "Simkl no longer accepts this account's token: run 'simkld login'"},
		"user_token_required":      {answer(401, "user_token_required", ""), 3, "Simkl wants an account for this: run 'simkld login'"},
		"secret_error":             {answer(401, "secret_error", ""), 2, "Simkl does not accept the client secret"},
		"grant_error":              {answer(401, "grant_error", ""), 3, "the code of this login was used already or is too old"},
		"invalid_client":           {answer(401, "invalid_client", ""), 2, "Simkl does not know this client_id, or not with this secret"},
		"403 empty_field":          {answer(403, "empty_field", ""), 1, "Simkl misses something in the request"},
		"redirect_failed":          {answer(403, "redirect_failed", ""), 2, "Simkl does not accept the address to which the browser comes back"},
		"insufficient_scope":       {answer(403, "insufficient_scope", ""), 3, "the account is linked for reading only: run 'simkld login'"},
		"oauth2_token_required":    {answer(403, "oauth2_token_required", ""), 3, "Simkl has this for V2 apps only"},
		"forbidden":                {answer(403, "forbidden", ""), 1, "Simkl does not let this account do that"},
		"private_list":             {answer(403, "private_list", ""), 1, "that list is private"},
		"private_profile":          {answer(403, "private_profile", ""), 1, "that profile is private"},
		"id_err":                   {answer(404, "id_err", ""), 6, "Simkl does not know this title"},
		"empty":                    {answer(404, "empty", ""), 6, "Simkl has no resume point with that number"},
		"url_failed":               {answer(404, "url_failed", ""), 1, "Simkl has no such address"},
		"user_id_failed":           {answer(404, "user_id_failed", ""), 6, "Simkl has no such thing"},
		"already_watched":          {answer(409, "already_watched", ""), 1, "Simkl has this watch already"},
		"client_id_failed":         {answer(412, "client_id_failed", ""), 5, "Simkl refuses our requests for now: there were too many, or it does not know the client_id: try again at "},
		"rate_limit":               {answer(429, "rate_limit", "Retry-After: 40000"), 5, "Simkl asks for fewer requests in a second: try again"},
		"user_limit_exceeded":      {answer(429, "user_limit_exceeded", "Retry-After: 3600"), 5, "the requests that Simkl allows this account in a day are used up: try again at "},
		"app_limit_exceeded":       {answer(429, "app_limit_exceeded", "Retry-After: 3600"), 5, "of all who use it, are used up: try again at "},
		"internal":                 {answer(500, "internal", ""), 5, "Simkl has a fault of its own"},
		"502":                      {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502, Body: "<html>"}, 5, "Simkl has a fault of its own"},
		"503 with a time":          {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Header: http.Header{"Retry-After": {"600"}}}, 5, "Simkl is overloaded: try again at "},
		"an unheard-of id":         {answer(418, "teapot", ""), 1, "Simkl refused the request (its own words)"},
		"a page":                   {sandbox.Fault{Kind: sandbox.FaultHTML}, 5, "something other than Simkl answered"},
		"garbage":                  {sandbox.Fault{Kind: sandbox.FaultGarbage}, 5, "something other than Simkl answered"},
		"another host":             {sandbox.Fault{Kind: sandbox.FaultRedirect, To: "http://portal.example/"}, 5, "something other than Simkl answered"},
		"cut":                      {sandbox.Fault{Kind: sandbox.FaultCut}, 5, "Simkl cannot be reached (the connection was cut)"},
		"no answer":                {sandbox.Fault{Kind: sandbox.FaultDrop}, 5, "Simkl cannot be reached (the connection was cut)"},
		"slow":                     {sandbox.Fault{Delay: 10 * time.Second}, 5, "Simkl cannot be reached (no answer in time)"},
		"an answer without an end": {sandbox.Fault{Kind: sandbox.FaultEndless}, 5, ""}, // too much, or too long
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := linkedTo(t, c.fault)
			code, _, stderr := run("requests", "--again", "1")
			if code != c.code || !strings.HasPrefix(stderr, "simkld: ") || !strings.Contains(stderr, c.words) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, want %d: %s", code, c.code, stderr)
			}
			if _, out, _ := run("requests", "--csv", "--where", "path equals /users/settings", "--where", "id not equals 1"); strings.Count(out, "/users/settings") < 1 {
				t.Error("the request that failed is not in the log")
			}
		})
	}
}
