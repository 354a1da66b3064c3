package mpris

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
)

// TroubleKind says why no player can be seen.
type TroubleKind string

const (
	// NoBus: there is no session bus, as on a machine without a desktop.
	NoBus TroubleKind = "no-bus"
	// Refused: the bus belongs to another user, and a bus takes only its own.
	Refused TroubleKind = "refused"
	// Unreachable: the bus does not answer.
	Unreachable TroubleKind = "unreachable"
)

// Trouble is a lasting reason why no player can be seen over the bus.
type Trouble struct {
	Kind    TroubleKind
	Address string // of the bus, empty when none is known
	UID     int    // whose bus refuses, -1 when unknown
	Err     error  // what the attempt said
}

// String says it in a sentence.
func (t *Trouble) String() string {
	at := media.Sanitize(t.Address)
	switch t.Kind {
	case NoBus:
		return "there is no session bus"
	case Refused:
		whose := "another user"
		if t.UID >= 0 {
			whose = fmt.Sprintf("user %d", t.UID)
		}
		return fmt.Sprintf("the session bus %s belongs to %s and refuses user %d: run simkld as the user who plays",
			at, whose, os.Geteuid())
	case Unreachable:
	}
	return fmt.Sprintf("the session bus %s cannot be reached: %v", at, t.Err)
}

var errNoBus = errors.New("no session bus")

// Trouble is why no player can be seen now; nil while the bus is watched.
func (s *Source) Trouble() *Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// settle ends a trouble.
func (s *Source) settle() {
	s.mu.Lock()
	had := s.trouble
	s.trouble, s.onBus = nil, true
	s.mu.Unlock()
	s.cfg.Came("")
	s.cfg.Changed()
	if had != nil && had.Kind != NoBus {
		s.log.Info("the session bus is watched again")
	}
}

// troubleWith says why there is no connection.
func troubleWith(at spot, err error) *Trouble {
	t := &Trouble{Kind: Unreachable, Address: at.address, UID: -1, Err: err}
	switch uid, known := ownerOf(at.socket()); {
	case at.address == "":
		t.Kind = NoBus
	case known && uid != os.Geteuid():
		t.Kind, t.UID = Refused, uid
	case errors.Is(err, fs.ErrPermission):
		t.Kind = Refused
	case errors.Is(err, fs.ErrNotExist):
		t.Kind = NoBus
	}
	return t
}

// lose takes down why there is no connection, and says it once.
func (s *Source) lose(at spot, err error) {
	t := troubleWith(at, err)
	s.mu.Lock()
	same := s.trouble != nil && s.trouble.Kind == t.Kind && s.trouble.Address == t.Address
	changed := !same || s.onBus
	s.trouble, s.onBus = t, false
	s.mu.Unlock()
	if changed {
		s.cfg.Came("")
		s.cfg.Changed()
	}
	switch {
	case same:
		s.log.Debug("the bus is still not watched", zap.Error(err))
	case t.Kind == NoBus:
		s.log.Debug("no session bus: its socket is waited for")
	default:
		s.log.Warn(t.String())
	}
}
