package scrobbler_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/simkld/simkld/scrobbler"
)

// bitmap is the naive model of spans: a bit for each unit of time.
type bitmap [64]bool

func (b *bitmap) add(from, to int) {
	for i := max(0, from); i < min(len(b), to); i++ {
		b[i] = true
	}
}

func (b *bitmap) total() (n time.Duration) {
	for _, set := range b {
		if set {
			n++
		}
	}
	return n
}

func drawn(t *rapid.T, label string) (scrobbler.Spans, bitmap) {
	var s scrobbler.Spans
	var b bitmap
	for range rapid.IntRange(0, 12).Draw(t, label) {
		from, to := rapid.IntRange(0, 63).Draw(t, "from"), rapid.IntRange(0, 64).Draw(t, "to")
		before := append(scrobbler.Spans(nil), s...)
		next := s.Add(time.Duration(from), time.Duration(to))
		if diff := cmp.Diff(before, append(scrobbler.Spans(nil), s...)); diff != "" {
			t.Fatalf("Add changed its receiver: %s", diff)
		}
		s = next
		b.add(from, to)
	}
	return s, b
}

func same(t *rapid.T, s scrobbler.Spans, b bitmap) {
	t.Helper()
	var got bitmap
	for i, sp := range s {
		if sp.From >= sp.To || i > 0 && s[i-1].To >= sp.From {
			t.Fatalf("%v is not sorted and apart", s)
		}
		got.add(int(sp.From), int(sp.To))
	}
	if got != b {
		t.Fatalf("%v is not %v", s, b)
	}
	if s.Total() != b.total() {
		t.Fatalf("total %d, want %d", s.Total(), b.total())
	}
}

func TestSpansAreTheUnionOfWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, inA := drawn(t, "a")
		same(t, a, inA)
		b, inB := drawn(t, "b")
		both := inA
		for i := range inB {
			both[i] = both[i] || inB[i]
		}
		same(t, a.Union(b), both)
		same(t, b.Union(a), both)
		from, to := rapid.IntRange(0, 63).Draw(t, "from"), rapid.IntRange(0, 64).Draw(t, "to")
		var cut bitmap
		for i := from; i < to; i++ {
			cut[i-from] = inA[i]
		}
		same(t, a.Within(time.Duration(from), time.Duration(to)), cut)
	})
}
