package account

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/simkld/simkld/internal/paths"
)

const (
	tokenFile = "token.json"
	// renewedFile holds what was renewed of a token that was given from outside: a refresh makes the access token
	// before it worthless at once (simkl-api.md 3.5), so all processes must find the new one.
	renewedFile = "renewed.json"
)

// Options say where tokens are.
type Options struct {
	// Credentials is systemd's credentials folder, "" for none.
	Credentials string
	// State is the state folder.
	State string
	// Given is the value of $SIMKLD_TOKEN, "" when not set.
	Given string
	// Keyring is the desktop's, nil for none: see SystemKeyring.
	Keyring Keyring
	// Now gives the time of day.
	Now func() time.Time
}

// Store finds, keeps and forgets the token. It may be used by many goroutines and processes; the last Save wins.
type Store struct {
	o    Options
	ring ring
}

// New gives a store. It touches nothing yet.
func New(o Options) *Store {
	return &Store{o: o, ring: ring{keyring: o.Keyring, name: entryName(o.State), busy: make(chan struct{}, 1)}}
}

// Found is what a look for the token gave.
type Found struct {
	// Token is zero when no account is linked.
	Token Token
	// Notices are things to say aloud, one sentence each, in lower case.
	Notices []string
}

// Load looks in all places in their order. It waits at most a second for a keyring, and not at all where another place decides.
func (s *Store) Load(ctx context.Context) (Found, error) {
	found, err := s.LoadFiles()
	if err != nil || found.Token.Origin.Fixed() {
		return found, err
	}
	token, err := s.LoadKeyring(ctx)
	if err != nil {
		if !found.Token.IsZero() {
			return found, nil // the file has one, so the keyring was not needed
		}
		found.Notices = append(found.Notices, "the desktop keyring gives no answer ("+err.Error()+")")
		return found, nil
	}
	if token.SavedAt.After(found.Token.SavedAt) {
		found.Token = token
	}
	return found, nil
}

// LoadFiles is Load without the keyring, and waits for nothing: for the start of the daemon, which asks LoadKeyring
// afterwards and takes the newer.
func (s *Store) LoadFiles() (Found, error) {
	token, err := s.fixed()
	if err != nil || !token.IsZero() {
		return Found{Token: s.renewed(token)}, err
	}
	return s.loadFile()
}

// renewed gives a refresh token from outside the access token that was got for it last.
func (s *Store) renewed(given Token) Token {
	if given.Refresh == "" {
		return given
	}
	data, err := os.ReadFile(filepath.Join(s.o.State, renewedFile))
	if err != nil {
		return given // none was got yet, or it is got again
	}
	kept, err := decode(data, given.Origin)
	if err != nil || kept.Refresh != given.Refresh {
		return given
	}
	return kept
}

// Fixed gives the place outside this program's reach that decides on the token, "" where there is none.
func (s *Store) Fixed() (Origin, error) {
	token, err := s.fixed()
	return token.Origin, err
}

func (s *Store) fixed() (Token, error) {
	if s.o.Credentials != "" {
		data, err := os.ReadFile(filepath.Join(s.o.Credentials, "token"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Token{}, fmt.Errorf("read the token of %s: %w", FromCredentials, err)
		}
		if token := given(string(data), FromCredentials); !token.IsZero() {
			return token, nil
		}
	}
	if token := given(s.o.Given, FromEnvironment); !token.IsZero() {
		return token, nil
	}
	return Token{}, nil
}

func (s *Store) loadFile() (Found, error) {
	file := s.file()
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Found{}, nil
	case err != nil:
		return Found{}, fmt.Errorf("read token: %w", err)
	}
	token, err := decode(data, FromFile)
	if err == nil {
		return Found{Token: token}, nil
	}
	name, err := paths.Aside(file, s.o.Now())
	if err != nil {
		return Found{}, err
	}
	return Found{Notices: []string{"the file with the token was damaged, moved to " + name + ": run 'simkld login'"}}, nil
}

// LoadKeyring asks the keyring. No keyring and no entry give no token and no error.
func (s *Store) LoadKeyring(ctx context.Context) (Token, error) {
	text, err := s.ring.get(ctx)
	if err != nil || text == "" {
		return Token{}, err
	}
	return decode([]byte(text), FromKeyring)
}

// Save keeps a token and says where: in the keyring if that answers within a second, else in token.json of the state
// folder, which must exist. What was renewed of a token given from outside is kept beside, and is worth something only
// while that token decides.
func (s *Store) Save(ctx context.Context, t Token) (Origin, error) {
	t.SavedAt = s.o.Now().UTC()
	data, err := encode(t)
	if err != nil {
		return "", err
	}
	if t.Origin.Fixed() {
		if err := paths.WriteFile(filepath.Join(s.o.State, renewedFile), data, 0o600); err != nil {
			return "", fmt.Errorf("keep the renewed token: %w", err)
		}
		return t.Origin, nil
	}
	if s.ring.set(ctx, string(data)) == nil {
		// An older token must not outlive the new one; should this fail, the newer one wins all the same.
		if err := os.Remove(s.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return FromKeyring, fmt.Errorf("remove the older token: %w", err)
		}
		return FromKeyring, nil
	}
	if err := paths.WriteFile(s.file(), data, 0o600); err != nil {
		return "", fmt.Errorf("keep token: %w", err)
	}
	return FromFile, nil
}

// Forget removes the token from keyring and file. It is no error if there is none; one that could not be removed from
// a keyring is.
func (s *Store) Forget(ctx context.Context) error {
	var errs []error
	if err := s.ring.delete(ctx); err != nil {
		errs = append(errs, fmt.Errorf("remove the token from the desktop keyring: %w", err))
	}
	if err := os.Remove(s.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, fmt.Errorf("remove token: %w", err))
	}
	return errors.Join(errs...)
}

func (s *Store) file() string { return filepath.Join(s.o.State, tokenFile) }
