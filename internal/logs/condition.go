package logs

import (
	"sync"

	"go.uber.org/zap"
)

// Condition is something that lasts (no network, no account). It is logged when it begins, when its text changes and
// when it ends; the tries in between are debug. It may be used by many goroutines.
type Condition struct {
	log *zap.Logger

	mu   sync.Mutex // guards text
	text string     // "" while it does not hold
}

// NewCondition gives a condition that does not hold.
func NewCondition(log *zap.Logger) *Condition { return &Condition{log: log} }

// Holds says that the condition holds, in words. text must not be empty.
func (c *Condition) Holds(text string, fields ...zap.Field) {
	c.mu.Lock()
	news := c.text != text
	c.text = text
	c.mu.Unlock()
	if news {
		c.log.Info(text, fields...)
		return
	}
	c.log.Debug(text, fields...)
}

// Ends says that the condition does not hold any more, in words. Nothing is logged if it did not.
func (c *Condition) Ends(text string, fields ...zap.Field) {
	c.mu.Lock()
	held := c.text != ""
	c.text = ""
	c.mu.Unlock()
	if held {
		c.log.Info(text, fields...)
	}
}
