package mpv

import (
	"context"
	"net"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// Serve watches one player over any connection, with a path that is made absolute by working-directory alone.
func Serve(ctx context.Context, c net.Conn, now func() media.Moment, out players.Sink) {
	find := locator{cwd: func() string { return "" }, exists: func(string) bool { return false }}
	base := players.Event{Player: "mpv", Channel: "mpv", Instance: "pid 1", PID: 1}
	serve(ctx, c, newTracker(base, find.locate), now, out)
}

// Instance is the name of a player that is connected, "" without one.
func (s *Source) Instance() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.desks {
		return name
	}
	return ""
}
