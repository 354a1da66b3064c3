package cli

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

// parseSince reads a TIME, or a DURATION that is that long ago. Empty is the beginning.
func (e *Env) parseSince(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return e.Now().Add(-d), nil
	}
	if t, ok := parseTime(text, e.Now().Location()); ok {
		return t, nil
	}
	return time.Time{}, fault.Usagef(`write it like 2026-05-22, "2026-05-22 20:14" or 48h`, "%q is no time", text)
}

// parseTime reads a TIME of product.md 2; without an offset it is of the zone.
func parseTime(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// whenCell is a time in a table, in local time.
func (e *Env) whenCell(t time.Time) term.Cell {
	if t.IsZero() {
		return text("-")
	}
	t = t.In(e.Now().Location())
	return term.Cell{Text: term.TableTime(t), Short: term.ShortTableTime(t)}
}

// clock is the time of a day, with the day where it is not today.
func (e *Env) clock(t time.Time) string {
	now := e.Now()
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// day is a time in a sentence: "today 20:14", "18 May 20:14".
func (e *Env) day(t time.Time) string { return term.When(t, e.Now()) }

// home writes a path as people do: with ~ for the home folder.
func (e *Env) home(path string) string {
	p, err := e.paths()
	if err == nil && p.Home != "" && media.SchemeOf(path) == "" {
		if path == p.Home {
			path = "~"
		} else if rest, ok := strings.CutPrefix(path, p.Home+string(filepath.Separator)); ok {
			path = "~" + string(filepath.Separator) + rest
		}
	}
	return media.Sanitize(path)
}
