package mpris

import "time"

// lag is how far the position that a player tells may be behind: VLC tells it in steps of 0.3 s, mpv with each picture.
const lag = time.Second

// clock extrapolates the position between two readings.
type clock struct {
	position time.Duration // at the moment at, the last that is known
	at       time.Duration // monotonic
	rate     float64       // media seconds per second; 0 while it stands still
	known    bool          // a reading was taken
}

// now is the position at a moment.
func (c *clock) now(mono time.Duration) time.Duration {
	return min(maxLength, c.position+time.Duration(float64(max(0, mono-c.at))*c.rate))
}

// turn makes an edge: up to mono the old rate ran, from there on the new one does.
func (c *clock) turn(mono time.Duration, rate float64) {
	c.position, c.at, c.rate = c.now(mono), mono, rate
}

// correct takes a reading.
func (c *clock) correct(read, mono time.Duration) {
	expected := c.now(mono)
	position := read
	if c.rate > 0 && expected > read && expected-read <= lag {
		position = expected
	}
	c.position, c.at, c.known = position, mono, true
}
