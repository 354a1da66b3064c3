package scrobbler

import (
	"slices"
	"time"
)

// Span is a stretch of media time that was played, From before To.
type Span struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Spans is the union of the stretches that were played: sorted, apart from each other.
type Spans []Span

// Add gives the union with one more stretch. Stretches that touch become one.
func (s Spans) Add(from, to time.Duration) Spans {
	if to <= from {
		return s
	}
	i, _ := slices.BinarySearchFunc(s, from, func(sp Span, t time.Duration) int {
		if sp.To < t {
			return -1
		}
		return 1
	})
	j := i
	for j < len(s) && s[j].From <= to {
		from, to = min(from, s[j].From), max(to, s[j].To)
		j++
	}
	return slices.Replace(slices.Clone(s), i, j, Span{from, to})
}

// Union gives the union with other.
func (s Spans) Union(other Spans) Spans {
	for _, sp := range other {
		s = s.Add(sp.From, sp.To)
	}
	return s
}

// Within gives the parts that lie between from and to, counted from from.
func (s Spans) Within(from, to time.Duration) Spans {
	var out Spans
	for _, sp := range s {
		a, b := max(sp.From, from), min(sp.To, to)
		if a < b {
			out = append(out, Span{a - from, b - from})
		}
	}
	return out
}

// Total is the media time that was played.
func (s Spans) Total() time.Duration {
	var sum time.Duration
	for _, sp := range s {
		sum += sp.To - sp.From
	}
	return sum
}

// Played is what was played of one item in all its sittings.
type Played struct {
	Spans  Spans         `json:"spans"`
	Length time.Duration `json:"length"`
}
