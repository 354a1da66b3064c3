package simkl_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

// BenchmarkCallToFirstByte is the time from a call to its first byte at the server, with the limits in place and 2 s
// after the call before, as far as the limits' clock goes.
func BenchmarkCallToFirstByte(b *testing.B) {
	arrived := make(chan time.Time, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- time.Now()
		reply(201, pausedSeverance)(w, r, "")
	}))
	defer s.Close()
	var shift time.Duration
	clock := func() time.Time { return time.Now().Add(shift) }
	l, err := limits.Open(limits.Config{Dir: b.TempDir(), Server: s.URL, Now: clock})
	if err != nil {
		b.Fatal(err)
	}
	cfg := config(b, s.URL, v1())
	cfg.Limits, cfg.Now = l, clock
	c := client(b, cfg)
	if _, err := c.Pause(b.Context(), severance()); err != nil {
		b.Fatal(err)
	}
	<-arrived
	ctx := typed(b.Context())
	var total time.Duration
	for b.Loop() {
		shift += 2 * time.Second
		begun := time.Now()
		if _, err := c.Pause(ctx, severance()); err != nil {
			b.Fatal(err)
		}
		total += (<-arrived).Sub(begun)
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns-to-server/op")
}
