package account_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/account"
)

func TestMain(m *testing.M) {
	if os.Getenv(keyringFolder) != "" {
		os.Exit(m.Run()) // go-keyring keeps its connection to the bus
	}
	goleak.VerifyTestMain(m)
}

// keyringFolder says to a process of the test of a real keyring where that is.
const keyringFolder = "ACCOUNT_TEST_KEYRING"

// fake is a keyring that answers at once, or hangs until released.
type fake struct {
	mu      sync.Mutex // guards entries
	entries map[string]string
	hang    chan struct{} // nil answers at once
}

func (f *fake) wait() {
	if f.hang != nil {
		<-f.hang
	}
}

func (f *fake) Get(service, name string) (string, error) {
	f.wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entries[service+name], nil
}

func (f *fake) Set(service, name, text string) error {
	f.wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.entries == nil {
		f.entries = map[string]string{}
	}
	f.entries[service+name] = text
	return nil
}

func (f *fake) Delete(service, name string) error {
	f.wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.entries, service+name)
	return nil
}

var start = time.Date(2026, 5, 22, 16, 8, 0, 0, time.UTC)

// clock steps a minute with each look, so that a later Save is newer.
func clock() func() time.Time {
	now := start
	return func() time.Time {
		now = now.Add(time.Minute)
		return now
	}
}

var mika = account.Token{
	Access: "geheim-access", Refresh: "geheim-refresh", Expiry: start.Add(7 * 24 * time.Hour), Scope: "media:read media:write",
	Generation: account.V2, ClientID: "v2abc", Account: account.Account{ID: 7, Name: "mika", Plan: "free"},
}

func load(t *testing.T, s *account.Store) account.Found {
	t.Helper()
	found, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func save(t *testing.T, s *account.Store, token account.Token) account.Origin {
	t.Helper()
	origin, err := s.Save(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return origin
}

func TestNoTokenIsNoError(t *testing.T) {
	if found := load(t, account.New(account.Options{State: t.TempDir(), Now: clock()})); !found.Token.IsZero() || found.Notices != nil {
		t.Errorf("found %+v", found)
	}
}

func TestTokenComesBackFromFileAndKeyring(t *testing.T) {
	for want, ring := range map[account.Origin]account.Keyring{account.FromFile: nil, account.FromKeyring: &fake{}} {
		dir := t.TempDir()
		o := account.Options{State: dir, Keyring: ring, Now: clock()}
		if origin := save(t, account.New(o), mika); origin != want {
			t.Errorf("saved in %s, want %s", origin, want)
		}
		token := mika
		token.Origin, token.SavedAt = want, start.Add(time.Minute)
		if diff := cmp.Diff(token, load(t, account.New(o)).Token); diff != "" {
			t.Error(diff)
		}
		info, err := os.Stat(filepath.Join(dir, "token.json"))
		if want == account.FromKeyring && err == nil {
			t.Error("the token is in a file as well")
		}
		if want == account.FromFile && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("mode %v, %v", info, err)
		}
		if err := account.New(o).Forget(t.Context()); err != nil {
			t.Error(err)
		}
		if found := load(t, account.New(o)); !found.Token.IsZero() {
			t.Errorf("%s: not forgotten", want)
		}
	}
}

func TestGivenTokenDecides(t *testing.T) {
	dir, credentials := t.TempDir(), t.TempDir()
	now := clock()
	save(t, account.New(account.Options{State: dir, Now: now}), mika)
	env := account.Options{State: dir, Now: now, Given: " v1-geheim\n"}
	if got := load(t, account.New(env)).Token; got.Origin != account.FromEnvironment || got.Access != "v1-geheim" || got.Generation != account.V1 {
		t.Errorf("got %+v from %s", got, got.Origin)
	}
	if err := os.WriteFile(filepath.Join(credentials, "token"), []byte("simkl_rt_geheim\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	env.Credentials = credentials
	s := account.New(env)
	if got := load(t, s).Token; got.Origin != account.FromCredentials || got.Refresh != "simkl_rt_geheim" || got.Generation != account.V2 {
		t.Errorf("got %+v from %s", got, got.Origin)
	}
	if origin, err := s.Fixed(); err != nil || !origin.Fixed() {
		t.Errorf("login is not told: %q, %v", origin, err)
	}
}

func TestNewerOfKeyringAndFileWins(t *testing.T) {
	dir, ring, now := t.TempDir(), &fake{}, clock()
	withRing := account.New(account.Options{State: dir, Keyring: ring, Now: now})
	without := account.New(account.Options{State: dir, Now: now})
	older, newer := mika, mika
	older.Access, newer.Access = "older", "newer"

	save(t, withRing, older)
	save(t, without, newer) // over ssh, say
	if got := load(t, withRing).Token; got.Access != "newer" {
		t.Errorf("got the older one from %s", got.Origin)
	}
	save(t, withRing, older)
	if got := load(t, withRing).Token; got.Access != "older" || got.Origin != account.FromKeyring {
		t.Errorf("got the one from %s", got.Origin)
	}
}

func TestStateFoldersDoNotShareAKeyringEntry(t *testing.T) {
	ring := &fake{}
	save(t, account.New(account.Options{State: t.TempDir(), Keyring: ring, Now: clock()}), mika)
	if found := load(t, account.New(account.Options{State: t.TempDir(), Keyring: ring, Now: clock()})); !found.Token.IsZero() {
		t.Error("the token of another state folder was taken")
	}
}

func TestHangingKeyringDelaysNothingBeyondASecond(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ring := &fake{hang: make(chan struct{})}
		s := account.New(account.Options{State: dir, Keyring: ring, Now: clock()})
		began := time.Now()
		if origin := save(t, s, mika); origin != account.FromFile {
			t.Errorf("saved in %s", origin)
		}
		if found := load(t, s); found.Token.Access != mika.Access {
			t.Errorf("found %+v", found)
		}
		if took := time.Since(began); took > 1100*time.Millisecond {
			t.Errorf("took %s", took)
		}
		if err := s.Forget(t.Context()); err == nil {
			t.Error("a token that may still be in the keyring counts as forgotten")
		}
		if found := load(t, s); len(found.Notices) != 1 || !strings.Contains(found.Notices[0], "keyring") {
			t.Errorf("not said aloud: %q", found.Notices)
		}
		close(ring.hang)
		synctest.Wait()
	})
}

func TestCancelledCallerIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := &fake{hang: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := account.New(account.Options{Keyring: ring, Now: clock()}).LoadKeyring(ctx); err == nil {
			t.Error("no error")
		}
		close(ring.hang)
	})
}

func TestDamagedFileIsMovedAsideAndSaid(t *testing.T) {
	for _, text := range []string{"", "{", `{"access_token":""}`, `["geheim"]`, "\x00\xff"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "token.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		found := load(t, account.New(account.Options{State: dir, Now: clock()}))
		if !found.Token.IsZero() || len(found.Notices) != 1 || !strings.Contains(found.Notices[0], "damaged") {
			t.Errorf("%q: found %+v", text, found)
		}
		names, err := filepath.Glob(filepath.Join(dir, "token.json.damaged-*"))
		if err != nil || len(names) != 1 {
			t.Errorf("%q: aside %v, %v", text, names, err)
		}
	}
}

func TestPrintedTokenShowsNoSecret(t *testing.T) {
	if text := fmt.Sprintf("%v %+v %#v %v", mika, mika, mika, &mika); strings.Contains(text, "geheim") {
		t.Error(text)
	}
}

func TestWithoutABusNoKeyringIsAsked(t *testing.T) {
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
		return // this machine has a bus at the usual place, which is looked for whatever the environment says
	}
	if ring := account.SystemKeyring(func(string) string { return "" }); ring != nil {
		t.Errorf("got %T", ring)
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{"{}", `{"access_token":"a","saved_at":"x"}`, `{"access_token":1}`, `{"access_token":"a","expiry":"2026-05-22T16:08:00Z"}`} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(dir, "token.json")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := account.New(account.Options{State: dir, Now: time.Now}).LoadFiles()
		if err != nil {
			t.Fatal(err)
		}
		if found.Token.IsZero() != (len(found.Notices) == 1) {
			t.Errorf("%q: %+v", data, found)
		}
	})
}

// A refresh makes the access token before it worthless: a second process must find the new one.
func TestWhatWasRenewedOfAGivenTokenIsSeenByOtherProcesses(t *testing.T) {
	o := account.Options{State: t.TempDir(), Given: "simkl_rt_1", Now: time.Now}
	first := account.New(o)
	found, err := first.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token := found.Token
	token.Access = "simkl_at_1"
	if _, err := first.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	found, err = account.New(o).Load(t.Context())
	if err != nil || found.Token.Access != "simkl_at_1" || !found.Token.Origin.Fixed() {
		t.Errorf("the second process has %+v, %v", found.Token, err)
	}
	o.Given = "simkl_rt_2"
	if found, err = account.New(o).Load(t.Context()); err != nil || found.Token.Access != "" {
		t.Errorf("another given token has the access of the first: %+v, %v", found.Token, err)
	}
	o.Given = ""
	if found, err = account.New(o).Load(t.Context()); err != nil || !found.Token.IsZero() {
		t.Errorf("without the given token there is an account: %+v, %v", found.Token, err)
	}
}
