package replay

import (
	"sync"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// clock goes as the real one does, and leaps when it is told to. Waits inside the program take the time that they take.
type clock struct {
	began time.Time // by the real clock

	mu     sync.Mutex // guards what follows
	leapt  time.Duration
	asleep time.Duration
	set    time.Duration // by how much the time of day was set
}

func (c *clock) now() media.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := time.Since(c.began) + c.leapt
	boot := mono + c.asleep
	return media.Moment{Wall: began.Add(boot + c.set), Mono: mono, Boot: boot}
}

func (c *clock) wall() time.Time { return c.now().Wall }

func (c *clock) leap(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leapt += d
}

// sleep lets the machine have slept, and its time of day been set.
func (c *clock) sleep(asleep, set time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep += max(0, asleep)
	c.set += set
}
