package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/sandbox"
)

// step is a line of `login --json`.
type step struct {
	Step, Auth, URL, Name, Code string
	Expires                     time.Time `json:"expires_at"`
}

// loginOf is a login that runs, against a sandbox of its own.
type loginOf struct {
	t       *testing.T
	s       *sandbox.Server
	lines   *bufio.Scanner
	stderr  *bytes.Buffer
	code    chan int
	dir     string
	environ []string
}

// startLogin runs `login --json ARGS...` for a client_id.
func startLogin(t *testing.T, o sandbox.Options, client string, environ []string, args ...string) *loginOf {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	l := &loginOf{t: t, s: s, stderr: &bytes.Buffer{}, code: make(chan int, 1), dir: t.TempDir()}
	l.environ = append([]string{
		"HOME=" + l.dir, "XDG_RUNTIME_DIR=" + filepath.Join(l.dir, "run"), "SIMKLD_SIMKL_CLIENT_ID=" + client,
		"SIMKLD_SIMKL_API_URL=" + server.URL, "SIMKLD_SIMKL_SITE_URL=" + server.URL, "SIMKLD_SIMKL_DATA_URL=" + server.URL,
	}, environ...)
	out, in := io.Pipe()
	l.lines = bufio.NewScanner(out)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	go func() { // ends with the login
		env := &cli.Env{In: strings.NewReader(""), Out: in, Err: l.stderr, Now: time.Now, Environ: l.environ}
		code := cli.Main(ctx, env, append([]string{"login", "--json"}, args...))
		_ = in.Close()
		l.code <- code
	}()
	return l
}

// next is the next step that is no poll; false at the end.
func (l *loginOf) next() (step, bool) {
	l.t.Helper()
	for l.lines.Scan() {
		var s step
		if err := json.Unmarshal(l.lines.Bytes(), &s); err != nil {
			l.t.Fatalf("%s: %v", l.lines.Text(), err)
		}
		if s.Step != "pending" {
			return s, true
		}
	}
	return step{}, false
}

// visit loads a page as a script does, which the consent page sends back at once.
func visit(t *testing.T, address string) (status int, page string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "SIMKLD_SIMKL_CLIENT_SECRET_FILE=" + file
}

func TestLoginThroughABrowserLinksBothGenerations(t *testing.T) {
	for client, environ := range map[string][]string{
		"mine": nil, "v2mine": nil, "mine-server": {secretFile(t, "secret")}, "v2-server": {secretFile(t, "secret")},
	} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			l := startLogin(t, sandbox.Options{}, client, environ, "--browser")
			first, _ := l.next()
			u, err := url.Parse(first.URL)
			if err != nil || first.Step != "browser" || time.Until(first.Expires) > 5*time.Minute {
				t.Fatalf("%+v %v %s", first, err, l.stderr)
			}
			q := u.Query()
			back := q.Get("redirect_uri")
			if len(q.Get("state")) < 20 || !strings.HasPrefix(back, "http://127.0.0.1:") || q.Get("app-name") != "simkld" ||
				(q.Get("code_challenge") == "") != (client == "mine-server") {
				t.Errorf("%v", q)
			}
			// What is not the answer to this login changes nothing.
			for _, other := range []string{back + "?code=x&state=wrong", back + "?code=x", strings.Replace(back, "callback", "", 1)} {
				if status, page := visit(t, other); status/100 != 4 || strings.Contains(page, "said yes") {
					t.Errorf("%s: %d %s", other, status, page)
				}
			}
			if status, page := visit(t, first.URL); status != 200 || !strings.Contains(page, "You can close this page") {
				t.Errorf("%d %s", status, page)
			}
			last, _ := l.next()
			if code := <-l.code; code != 0 || last.Step != "linked" || last.Name != "sandbox" || last.Auth != first.Auth {
				t.Fatalf("%d %+v %s", code, last, l.stderr)
			}
			// The listener was for one answer.
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
			if res, err := http.DefaultClient.Do(req); err == nil {
				_ = res.Body.Close()
				t.Error("the port is still open")
			}
			for _, r := range l.s.Requests() {
				if len(r.Notes) > 0 {
					t.Errorf("%s: %v", r.Path, r.Notes)
				}
			}
		})
	}
}

func TestALoginThatIsRefusedOrCannotBeIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		client  string
		environ []string
		more    string
		code    int
		words   string
	}{
		"refused":               {"v2mine", nil, "&decision=deny", 3, "simkld: the login was refused in the browser, nothing was changed: run 'simkld login' again"},
		"a wrong secret of V1":  {"mine-server", []string{secretFile(t, "wrong")}, "", 2, "simkld: Simkl does not accept the client secret: check client_secret_file"},
		"a wrong secret of V2":  {"v2-server", []string{secretFile(t, "wrong")}, "", 2, `simkld: this client_id is of a V2 app, which Simkl did not take as it is: a "server" app needs client_secret_file`},
		"no secret":             {"v2-server", nil, "", 2, "needs client_secret_file"},
		"a secret file missing": {"mine", []string{"SIMKLD_SIMKL_CLIENT_SECRET_FILE=/nowhere"}, "", 2, "simkld: the client secret cannot be read: check simkl.client_secret_file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startLogin(t, sandbox.Options{}, c.client, c.environ, "--browser")
			if first, ok := l.next(); ok {
				visit(t, first.URL+c.more)
				if last, ok := l.next(); ok {
					t.Errorf("%+v", last)
				}
			}
			if code := <-l.code; code != c.code || !strings.Contains(l.stderr.String(), c.words) || strings.Count(l.stderr.String(), "\n") != 1 {
				t.Errorf("%d %s", code, l.stderr)
			}
			if _, err := os.Stat(filepath.Join(l.dir, ".local/state/simkld/token.json")); err == nil {
				t.Error("a token was kept")
			}
		})
	}
}
