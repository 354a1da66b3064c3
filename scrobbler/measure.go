package scrobbler

import (
	"time"

	"github.com/simkld/simkld/internal/media"
)

// bounds are the media times between which the i-th episode of the file lies: its share of the running time.
func (s *session) bounds(i int) (lo, hi time.Duration) {
	n := time.Duration(len(s.eps))
	return s.item.Length * time.Duration(i) / n, s.item.Length * time.Duration(i+1) / n
}

// indexAt is the episode that a position belongs to.
func (s *session) indexAt(pos time.Duration) int {
	if len(s.eps) == 1 || s.item.Length <= 0 {
		return 0
	}
	return min(len(s.eps)-1, int(int64(pos)*int64(len(s.eps))/int64(s.item.Length)))
}

// progress is how far the i-th episode is at a position, in percent. Of a film in several files it is the share of
// the whole film.
func (s *session) progress(i int, pos time.Duration) float64 {
	lo, hi := s.bounds(i)
	p := media.Progress(pos-lo, hi-lo)
	if m := s.eps[i].match; m.Part > 0 {
		parts := float64(partsOf(m))
		p = media.CutPercent((float64(m.Part-1)*100 + p) / parts)
	}
	return p
}

// partsOf is how many files a film has: as counted beside the file, else the second is taken for the last, since
// films in two files are the rule.
func partsOf(m media.Match) int { return min(max(m.Parts, m.Part, 2), maxParts) }

// lastPart reports whether the end of this file is the end of the film.
func lastPart(m media.Match) bool { return m.Part == 0 || m.Part >= partsOf(m) }

// playedOf is what was played of the i-th episode in all sittings together.
func (s *session) playedOf(i int) Played {
	lo, hi := s.bounds(i)
	spans := s.spans.Within(lo, hi).Union(s.earlier[s.eps[i].match.ItemKey()].Spans.Within(0, hi-lo))
	return Played{Spans: spans, Length: hi - lo}
}

// shareHere is how much of the i-th episode was really played in this sitting, in percent.
func (s *session) shareHere(i int) float64 {
	lo, hi := s.bounds(i)
	return media.Progress(s.spans.Within(lo, hi).Total(), hi-lo)
}

// share is how much of the i-th episode was really played in all sittings, in percent.
func (s *session) share(i int) float64 {
	p := s.playedOf(i)
	total, length := p.Spans.Total(), p.Length
	if m := s.eps[i].match; m.Part > 0 {
		for part := 1; part <= partsOf(m); part++ {
			if part == m.Part {
				continue
			}
			other := m
			other.Part = part
			if e, ok := s.earlier[other.ItemKey()]; ok && e.Length > 0 {
				total, length = total+e.Spans.Total(), length+e.Length
			} else {
				length += p.Length
			}
		}
	}
	return media.Progress(total, length)
}

// atSimkl is the progress that Simkl reckons an open start has come to (simkl-api.md 5.3).
func (s *session) atSimkl(ep *episode, mono time.Duration) float64 {
	length := s.item.Length / time.Duration(len(s.eps)) // not 0: without a length there is no start
	return ep.toldProgress + 100*float64(mono-ep.toldAt)/float64(length)
}

// Keys names the items whose earlier sittings bear on a file: each of its episodes, each part of its film.
func Keys(m media.Match) []string {
	var keys []string
	if m.Part > 0 {
		for part := 1; part <= partsOf(m); part++ {
			m.Part = part
			keys = append(keys, m.ItemKey())
		}
		return keys
	}
	for i := range m.Count() {
		keys = append(keys, m.Episode(i).ItemKey())
	}
	return keys
}
