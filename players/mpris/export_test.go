package mpris

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// DialWith makes the source connect in another way.
func (s *Source) DialWith(dial func(ctx context.Context) (*dbus.Conn, error)) {
	s.dial = func(ctx context.Context, _ string) (*dbus.Conn, error) { return dial(ctx) }
}

// ReadMetadata shows what is made of foreign metadata.
func ReadMetadata(raw map[string]dbus.Variant) (path, title, track string, tags map[string]string, lengthSeconds float64) {
	m := readMetadata(raw)
	it := m.item()
	return it.Path, it.Title, m.track, it.Tags, it.Length.Seconds()
}

// Place shows which file a URL names.
func Place(url string) string { return place(url) }
