package cli_test

import (
	"bytes"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/cli"
	"github.com/simkld/simkld/internal/sandbox"
)

// reader is a person who asks for Simkl's files at times that the test sets, of a sandbox with the same clock.
type reader struct {
	t    *testing.T
	now  time.Time
	dir  string
	s    *sandbox.Server
	url  string
	zone *time.Location
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{t: t, now: time.Date(2026, 5, 22, 16, 8, 0, 0, time.UTC), dir: t.TempDir(), zone: time.UTC}
	s, err := sandbox.New(sandbox.Options{Now: func() time.Time { return r.now }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	r.s, r.url = s, server.URL
	return r
}

// run gives what a command prints and its exit code.
func (r *reader) run(args ...string) (out, problems string, code int) {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	env := &cli.Env{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Now: func() time.Time { return r.now.In(r.zone) },
		Environ: []string{
			"HOME=" + r.dir, "XDG_RUNTIME_DIR=" + filepath.Join(r.dir, "run"), "SIMKLD_SIMKL_DATA_URL=" + r.url, "SIMKLD_SIMKL_API_URL=" + r.url,
			"SIMKLD_SIMKL_SITE_URL=" + r.url,
		},
	}
	code = cli.Main(r.t.Context(), env, args)
	return stdout.String(), stderr.String(), code
}

// statuses are those of the requests that were made.
func (r *reader) statuses() (all []int) {
	for _, q := range r.s.Requests() {
		all = append(all, q.Status)
	}
	return all
}

// A file is asked for when a newer one is due and then with what is known of it; what is not made in time is asked for again
// after 5, 15 and 30 minutes (simkl-api.md 11).
func TestAFileIsAskedForWhenANewerOneIsDue(t *testing.T) {
	r := newReader(t)
	steps := []struct {
		after time.Duration
		asked int // status of the request, 0 for none
		aged  string
	}{
		{0, 200, ""},
		{time.Second, 0, ""},
		{20 * time.Minute, 0, "(20 min old)"},
		{32 * time.Minute, 304, ""}, // 17:00:01, made anew with the same titles
		{10 * time.Minute, 0, "(10 min old)"},
		{50 * time.Minute, 304, ""}, // 18:00:01
	}
	for i, step := range steps {
		r.now = r.now.Add(step.after)
		before := len(r.statuses())
		out, problems, code := r.run("trending", "--kind", "tv")
		made := r.statuses()[before:]
		if code != 0 || problems != "" || !strings.Contains(out, "Severance") {
			t.Fatalf("step %d: %d %s%s", i, code, problems, out)
		}
		if (len(made) == 0) != (step.asked == 0) || len(made) == 1 && made[0] != step.asked || len(made) > 1 {
			t.Errorf("step %d: requests %v, want %d", i, made, step.asked)
		}
		if head, _, _ := strings.Cut(out, "\n"); strings.HasSuffix(head, "old)") != (step.aged != "") || !strings.HasSuffix(head, step.aged) {
			t.Errorf("step %d: heading %q", i, head)
		}
	}
}

func TestAFileThatIsNotMadeInTimeIsAskedForAgainWithPatience(t *testing.T) {
	r := newReader(t)
	r.run("trending")
	r.s.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 304}) // no newer one, whatever the hour
	var asked []int
	start := r.now
	for _, minute := range []int{51, 52, 56, 57, 71, 72, 101, 102, 131, 132} {
		r.now = start.Add(time.Duration(minute)*time.Minute + time.Second)
		before := len(r.statuses())
		if out, problems, code := r.run("trending"); code != 0 {
			t.Fatal(out, problems)
		}
		if len(r.statuses()) > before {
			asked = append(asked, minute)
		}
	}
	// At 52 minutes the hour is over; then after 5, 15, 30 and again 30 minutes.
	if d := cmp.Diff([]int{52, 57, 72, 102, 132}, asked); d != "" {
		t.Error(d)
	}
}

func TestWhatIsKeptIsShownWhileSimklIsOutOfReach(t *testing.T) {
	for name, f := range map[string]sandbox.Fault{
		"page": {Kind: sandbox.FaultHTML}, "garbage": {Kind: sandbox.FaultGarbage}, "gone": {Kind: sandbox.FaultDrop},
		"overload": {Kind: sandbox.FaultStatus, Status: 503}, "another host": {Kind: sandbox.FaultRedirect, To: "http://127.0.0.1:1/"},
		"an object": {Kind: sandbox.FaultStatus, Status: 200, Body: `{"portal":true}`},
	} {
		r := newReader(t)
		r.run("calendar")
		r.now = r.now.Add(7 * time.Hour)
		r.s.Inject(f)
		out, problems, code := r.run("calendar")
		if code != 0 || !strings.Contains(out, "Tidewater Road") || !strings.Contains(out, "(7 h old)") ||
			!strings.Contains(problems, "this is what it said today 16:08.") || strings.Count(problems, "\n") != 1 {
			t.Errorf("%s: %d %s%s", name, code, problems, out)
		}
		if out, problems, code := r.run("calendar", "--kind", "anime"); code != 5 || out != "" {
			t.Errorf("%s, with nothing kept: %d %s%s", name, code, problems, out)
		}
	}
}
