package identify

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// Config is what the user has said of files. It is a value that is swapped whole.
type Config struct {
	Places *Places
	// Rules are asked in order, the first that covers a file decides: what `fix` learned before what the settings say.
	Rules []Rule
	// Relations are asked of what no rule covers; nil knows none.
	Relations *Relations
}

// Identifier says who an item is. It is safe for concurrent use.
type Identifier struct {
	config  atomic.Pointer[Config]
	folders folders
}

// New gives an identifier.
func New(c Config) *Identifier {
	i := &Identifier{folders: folders{slow: map[string]bool{}}}
	i.Set(c)
	return i
}

// Set takes new settings or rules.
func (i *Identifier) Set(c Config) { i.config.Store(&c) }

// confident is the confidence below which a title is asked for rather than told.
const confident = 0.5

// Identify says who an item is, whether its title may go to Simkl unasked, and why or why not. It reads the names
// beside a local file, in bounded time.
func (i *Identifier) Identify(ctx context.Context, item media.Item) (m media.Match, mayGo bool, note string) {
	var near around
	if !item.IsURL() && filepath.IsAbs(item.Path) {
		near = i.folders.look(ctx, item.Path)
	}
	return i.identify(item, near)
}

// Read is Identify for a path alone, without looking at any folder.
func (i *Identifier) Read(path string) (m media.Match, mayGo bool, note string) {
	return i.identify(media.Item{Path: path}, around{})
}

func (i *Identifier) identify(item media.Item, near around) (media.Match, bool, string) {
	c := i.config.Load()
	m := matcher.Match(matcher.Input{
		Path: item.Path, Title: item.Title, Tags: item.Tags, Siblings: near.names, NFO: near.nfo, Explain: true,
	})
	if m.Part > 0 {
		m.Parts = parts(item.Path, m, near.names)
	}
	for _, rule := range c.Rules {
		if ruled, yes := rule.apply(item.Path, m); yes {
			return ruled, ruled.Kind != media.KindNone, "by the rule of " + rule.Origin
		}
	}
	if near.real != "" && near.real != item.Path {
		if entry, yes := c.Places.Excluded(near.real); yes {
			m.Kind, m.Refused = media.KindNone, media.ReasonExcluded
			return m, false, fmt.Sprintf("it is a link to what matcher.exclude %q covers", entry)
		}
	}
	m, _ = c.Relations.apply(m)
	mayGo, note := mayGo(c.Places, item.Path, m)
	return m, mayGo, note
}

// mayGo is the privacy rule (product.md 5): a title goes out unasked only with evidence that it is a published film or
// series.
func mayGo(places *Places, path string, m media.Match) (bool, string) {
	switch {
	case m.Kind == media.KindNone:
		return false, "not recognised"
	case m.Confidence < confident:
		return false, "too unsure"
	case !m.IDs.IsZero(), m.Published:
		return true, ""
	}
	if entry, yes := places.Known(path); yes {
		return true, "in " + entry
	}
	return false, "a bare name outside the library folders"
}

// parts counts the files of a film in several: the highest part among those beside it that are the same film.
func parts(path string, m media.Match, siblings []string) int {
	most := m.Part
	for _, name := range siblings {
		other := matcher.Match(matcher.Input{Path: filepath.Join(filepath.Dir(path), name)})
		if other.Part > most && other.Kind == m.Kind && matcher.Same(other.Title, m.Title) {
			most = other.Part
		}
	}
	return most
}
