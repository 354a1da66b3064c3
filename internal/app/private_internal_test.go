package app

import (
	"testing"
	"time"
)

func TestAPrivateTimeThatIsOverDoesNotBeginAgainWhenTheClockIsSetBack(t *testing.T) {
	const kept = "2026-05-22T20:30:00Z 2026-05-22T20:00:00Z"
	now := time.Date(2026, 5, 22, 20, 10, 0, 0, time.UTC)
	if until := privateUntil(kept, now); !until.Equal(now.Add(20 * time.Minute)) {
		t.Errorf("until %v", until)
	}
	if until := privateUntil(kept, now.Add(-3*time.Hour)); !until.IsZero() {
		t.Errorf("it was set three hours later, and holds until %v", until)
	}
	if until := privateUntil("2026-05-22T20:30:00Z", now); until.IsZero() {
		t.Error("one that an older version kept is forgotten")
	}
}
