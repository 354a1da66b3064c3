package scrobbler

import (
	"math"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Rate is how many media seconds pass in a second; 0 while nothing passes.
func (v View) Rate() float64 {
	if !v.of.running() {
		return 0
	}
	return v.of.rate
}

// UntilNextPercent is how long the session plays until its progress comes to the next whole percent; 0 when it does not
// play, or is at its end.
func (v View) UntilNextPercent(now media.Moment) time.Duration {
	p, rate := v.Progress(now), v.Rate()
	if rate <= 0 || p >= 100 || v.of.item.Length <= 0 {
		return 0
	}
	share := float64(v.of.item.Length) / float64(len(v.of.eps)) / 100 // of one percent
	if part := v.of.eps[v.index].match.Part; part > 0 {
		share *= float64(partsOf(v.of.eps[v.index].match))
	}
	left := (math.Floor(p) + 1 - p) * share / rate
	return time.Duration(left) + time.Millisecond
}
