package account

import (
	"context"
	"errors"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/simkld/simkld/internal/about"
)

// Keyring is the desktop's store of secrets. Its calls may hang for ever (a prompt that nobody answers).
type Keyring interface {
	// Get gives "" and no error where there is no such entry.
	Get(service, name string) (string, error)
	Set(service, name, text string) error
	// Delete is no error where there is no such entry.
	Delete(service, name string) error
}

// SystemKeyring is this desktop's, nil where there is none that could answer. Without a bus it must not be asked: it
// would start one that stays behind (real-parts.md, Secret Service).
func SystemKeyring(getenv func(string) string) Keyring {
	if !keyringReachable(getenv) {
		return nil
	}
	return system{}
}

type system struct{}

func (system) Get(service, name string) (string, error) {
	text, err := keyring.Get(service, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", nil
	}
	return text, err
}

func (system) Set(service, name, text string) error { return keyring.Set(service, name, text) }

func (system) Delete(service, name string) error {
	if err := keyring.Delete(service, name); !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}

// patience is how long a keyring may take: one that is open answers within milliseconds.
const patience = time.Second

var (
	errNoKeyring = errors.New("there is none")
	errSilent    = errors.New("locked, or it hangs")
)

// entryName keeps the tokens of different state folders apart.
func entryName(state string) string { return "token of " + state }

// ring asks a keyring with a deadline, and never more than one thing at a time.
type ring struct {
	keyring Keyring
	name    string
	busy    chan struct{} // size 1: holds a value while a call is under way
}

func (r *ring) get(ctx context.Context) (text string, err error) {
	if r.keyring == nil {
		return "", nil
	}
	got := make(chan string, 1) // the call may end when nobody listens any more
	err = r.ask(ctx, func() error {
		text, err := r.keyring.Get(about.Name, r.name)
		got <- text
		return err
	})
	if err != nil {
		return "", err
	}
	return <-got, nil
}

func (r *ring) set(ctx context.Context, text string) error {
	if r.keyring == nil {
		return errNoKeyring
	}
	return r.ask(ctx, func() error { return r.keyring.Set(about.Name, r.name, text) })
}

func (r *ring) delete(ctx context.Context) error {
	if r.keyring == nil {
		return nil
	}
	return r.ask(ctx, func() error { return r.keyring.Delete(about.Name, r.name) })
}

func (r *ring) ask(ctx context.Context, call func() error) error {
	select {
	case r.busy <- struct{}{}:
	default:
		return errSilent // the call before still hangs
	}
	done := make(chan error, 1) // the call may end when nobody listens any more
	// Ended by the keyring's answer, or with the process: a hanging call cannot be taken back.
	go func() {
		err := call()
		<-r.busy
		done <- err
	}()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case err := <-done:
		return err
	case <-deadline.C:
		return errSilent
	case <-ctx.Done():
		return ctx.Err()
	}
}
