package demo

import (
	"context"
	"time"

	"github.com/simkld/simkld/internal/sandbox"
)

// RunShort is Run with a shorter clip and a word with the server before anything plays.
func RunShort(ctx context.Context, o Options, clip []byte, length time.Duration, prepare func(*sandbox.Server)) error {
	p := evening()
	p.clip, p.length, p.prepare = clip, length, prepare
	return run(ctx, o, p)
}

// Seen is a film that was played to its end.
type Seen struct {
	File  string
	Share float64
	Ended time.Time
}

// Compare sets what was played against a history: the verdicts, line by line, and whether all is the same.
func Compare(played []Seen, history []sandbox.Watched) (same []bool, exact bool) {
	var list []seen
	for _, s := range played {
		list = append(list, seen{file: s.File, share: s.Share, ended: s.Ended})
	}
	rows, exact := compare(list, history, evening())
	for _, r := range rows {
		same = append(same, r.same)
	}
	return same, exact
}
