package sim_test

import (
	"sync"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// epoch is when an evening begins, whatever the fake clock of the bubble says.
var epoch = time.Date(2026, 5, 22, 17, 0, 0, 0, time.UTC)

// clocks are Simkl's and the machine's. The bubble's clock stands still while the machine sleeps, as its timers do.
type clocks struct {
	began time.Time // in the bubble

	mu      sync.Mutex    // guards what follows
	slept   time.Duration // how long the machine slept since then
	stepped time.Duration // how far its wall clock is off
}

// run is the time since the beginning during which the machine was awake.
func (c *clocks) run() time.Duration { return time.Since(c.began) }

// now is the true time: Simkl's and the person's.
func (c *clocks) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return epoch.Add(c.run() + c.slept)
}

// moment is what the machine believes.
func (c *clocks) moment() media.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.run() + time.Hour // it was started an hour ago
	return media.Moment{Wall: epoch.Add(c.run() + c.slept + c.stepped), Mono: mono, Boot: mono + c.slept}
}

func (c *clocks) sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept += d
}

func (c *clocks) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stepped += d
}

func (c *clocks) off() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stepped
}
