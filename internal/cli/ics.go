package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

const (
	icsTime = "20060102T150405Z"
	icsDay  = "20060102"
	// icsLine is the most bytes of a line without its end (RFC 5545 3.1).
	icsLine = 75
	// usualLength is how long an episode lasts whose length Simkl does not say.
	usualLength = 45 * time.Minute
)

// icsOf writes dates for calendar programs (RFC 5545). The same dates have the same UIDs, so that a file that is imported
// again changes what is there and doubles nothing.
func icsOf(rows []simkl.Airing, now time.Time) []byte {
	var b bytes.Buffer
	line := func(name, value string) { foldICS(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//"+about.Name+"//calendar//EN")
	line("NAME", "Simkl")
	line("X-WR-CALNAME", "Simkl")
	for _, r := range rows {
		line("BEGIN", "VEVENT")
		line("UID", icsUID(r))
		line("DTSTAMP", now.UTC().Format(icsTime))
		if r.Kind == media.AnswerMovie {
			line("DTSTART;VALUE=DATE", r.At.Format(icsDay))
		} else {
			line("DTSTART", r.At.UTC().Format(icsTime))
			line("DURATION", fmt.Sprintf("PT%dM", int(cmp.Or(r.Runtime, usualLength).Minutes())))
		}
		line("SUMMARY", icsText(airingText(r, true)))
		if page := webPage(r.Page()); page != "" {
			line("DESCRIPTION", icsText("By Simkl: "+page))
			line("URL", page)
		}
		line("TRANSP", "TRANSPARENT")
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.Bytes()
}

// icsUID names a date by what is shown, not by when: a date that moves stays the same entry.
func icsUID(r simkl.Airing) string {
	id := fmt.Sprintf("simkl-%s-%d", r.Kind, r.IDs.Simkl)
	if r.Season != nil {
		id += fmt.Sprintf("-s%d", *r.Season)
	}
	if r.Number != nil {
		id += fmt.Sprintf("-e%d", *r.Number)
	}
	return id + "@" + about.Name
}

// icsText escapes a text value (RFC 5545 3.3.11).
func icsText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(media.Sanitize(s))
}

// foldICS writes a line, cut between characters where it is too long.
func foldICS(b *bytes.Buffer, line string) {
	for room := icsLine; ; room = icsLine - 1 { // a cut line goes on after a blank
		end := len(line)
		if end > room {
			end = room
			for !utf8.RuneStart(line[end]) {
				end--
			}
		}
		b.WriteString(line[:end])
		b.WriteString("\r\n")
		if line = line[end:]; line == "" {
			return
		}
		b.WriteByte(' ')
	}
}
