package cli

import (
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/term"
)

// Picture is what status shows for a test.
func Picture(now time.Time, st api.Status, out term.Screen) string {
	e := &Env{Now: func() time.Time { return now }, Environ: []string{"HOME=/nowhere"}}
	return e.renderStatus(st, out)
}

// Later is a status some time later.
func Later(st api.Status, d time.Duration) api.Status { return moved(st, d) }

// PathOf, FileName and FileURL read and write addresses; NoFormula guards spreadsheets.
var (
	PathOf    = pathOf
	FileName  = fileName
	FileURL   = fileURL
	NoFormula = noFormula
)

// Since reads --since.
func Since(now time.Time, text string) (time.Time, error) {
	return (&Env{Now: func() time.Time { return now }}).parseSince(text)
}

// ParseTitleID and ParseNumbers read what a person types in the dialogue of fix.
var (
	ParseTitleID = parseTitleID
	ParseNumbers = parseNumbers
)
