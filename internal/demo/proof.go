package demo

import (
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/internal/term"
)

// closeEnough is how far the server's time of a watch may lie from the player's.
const closeEnough = 15 * time.Second

// seen is a film that was played to its end, as the player tells it.
type seen struct {
	file  string
	share float64 // of its length that was played, 0 to 1
	ended time.Time
}

// proof is one line of the comparison. A side that has nothing is empty.
type proof struct {
	played, server      string
	playedAt, watchedAt time.Time
	same                bool
}

// compare sets what was played against the server's history. exact is true if each film that was played to its end is
// there once, at its time, and nothing else is.
func compare(played []seen, history []sandbox.Watched, p plan) (rows []proof, exact bool) {
	exact = len(played) == len(p.films)
	left := append([]sandbox.Watched{}, history...)
	for _, s := range played {
		r := proof{played: titleOf(s.file, p), playedAt: s.ended}
		for i, w := range left {
			if nameOf(w) == r.played {
				r.server, r.watchedAt = nameOf(w), w.WatchedAt
				left = append(left[:i], left[i+1:]...)
				break
			}
		}
		r.same = r.server != "" && s.share >= 0.5 && r.watchedAt.Sub(r.playedAt).Abs() <= closeEnough
		exact = exact && r.same
		rows = append(rows, r)
	}
	for _, w := range left {
		exact = false
		rows = append(rows, proof{server: nameOf(w), watchedAt: w.WatchedAt})
	}
	return rows, exact
}

// titleOf is what a film is, from the plan; a file of another name speaks for itself.
func titleOf(file string, p plan) string {
	for _, f := range p.films {
		if f.file == file {
			return f.title
		}
	}
	return file
}

// nameOf is a row of the server's history in the words of the plan.
func nameOf(w sandbox.Watched) string {
	if w.Kind == "movie" {
		return fmt.Sprintf("%s (%d)", w.Title, w.Year)
	}
	return fmt.Sprintf("%s S%02dE%02d", w.Title, w.Season, w.Episode)
}

// show prints the proof and what it comes to.
func show(out term.Screen, rows []proof, exact bool) error {
	line := func(title string, at time.Time) string {
		if title == "" {
			return "-"
		}
		return cell(title, 16) + "  " + at.Local().Format("15:04:05")
	}
	columns := []term.Column{{Head: "PLAYED"}, {Head: "ON THE SERVER"}, {}}
	var cells [][]term.Cell
	watched := 0
	for _, r := range rows {
		verdict := term.Cell{Text: "same", Style: term.Done}
		if r.same {
			watched++
		} else {
			verdict = term.Cell{Text: "NO", Style: term.NeedsYou}
		}
		cells = append(cells, []term.Cell{{Text: line(r.played, r.playedAt)}, {Text: line(r.server, r.watchedAt)}, verdict})
	}
	if err := out.Table(columns, cells); err != nil {
		return err
	}
	if !exact {
		return nil // the error says it
	}
	_, err := fmt.Fprintf(out, "%s  %d played, %d watched in the history, none lost, none twice. Yours: %s\n",
		out.Paint(term.Done, "ok"), len(rows), watched, out.Paint(term.Command, "simkld login"))
	return err
}
