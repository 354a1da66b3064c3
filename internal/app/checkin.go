package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

// Checkin is a check-in that was made from here: Simkl marks it watched by itself (simkl-api.md 5.5).
type Checkin struct {
	// Playback is the id to cancel it by.
	Playback int64        `json:"playback"`
	Answer   media.Answer `json:"answer"`
	Label    string       `json:"label"`
	// At is when it was made; Ends about when Simkl marks it watched.
	At      time.Time `json:"at"`
	Ends    time.Time `json:"ends"`
	Account string    `json:"account"`
}

const checkinSetting = "checkin"

// KeepCheckin remembers the check-in that runs now.
func KeepCheckin(ctx context.Context, s *store.Store, c Checkin) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write a check-in: %w", err)
	}
	return s.SetSetting(ctx, checkinSetting, string(text))
}

// ForgetCheckin forgets it.
func ForgetCheckin(ctx context.Context, s *store.Store) error {
	return s.DeleteSetting(ctx, checkinSetting)
}

// RunningCheckin is the check-in that runs at a time, nil for none.
func RunningCheckin(ctx context.Context, s *store.Store, now time.Time) (*Checkin, error) {
	text, ok, err := s.Setting(ctx, checkinSetting)
	if err != nil || !ok {
		return nil, err
	}
	c := new(Checkin)
	if json.Unmarshal([]byte(text), c) != nil || now.After(c.Ends) {
		c = nil // none runs any more
	}
	return c, nil
}

// checkin is the check-in that runs now, for status.
func (b backend) checkin(ctx context.Context) *api.Checkin {
	c, err := RunningCheckin(ctx, b.store, b.now().Wall)
	if err != nil || c == nil {
		return nil // what is not known is not shown
	}
	return &api.Checkin{Label: c.Label, URL: c.Answer.Page(), Since: c.At.UTC(), Ends: c.Ends.UTC()}
}
