// Package notify tells the person at the desktop what deserves attention: one notification for each kind, replaced in
// place, with buttons where the desktop has them.
//
// It promises that handing over a notice never blocks, that a desktop that is missing or hangs delays nobody, that
// nothing is shown while a film may be full-screen, and that a notice goes when it is no longer true. It must not know
// sessions, the queue or Simkl: what a button does is handed in.
package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/logs"
	"github.com/simkld/simkld/internal/media"
)

// Kind is a kind of notice. Each has one place on the screen.
type Kind string

// The kinds, in the words of the settings.
const (
	Watched       Kind = "watched"
	NotCounted    Kind = "not_counted"
	NotRecognised Kind = "not_recognised"
	Login         Kind = "login"
)

// Notice is what is to be shown.
type Notice struct {
	Kind Kind
	// Watch is what it is about, 0 for none.
	Watch media.WatchID
	// Title says it alone; Body is one plain sentence. Both may hold foreign text.
	Title, Body string
	// Command helps where there are no buttons.
	Command string
	// Buttons are at most three.
	Buttons []Button
	// Quiet notices are of low urgency; none is ever critical, which would lie over a full-screen film.
	Quiet bool
	// For is how long it is true; 0 for as long as nobody says otherwise.
	For time.Duration
	// Key keeps a title from being shown twice; "" is never held back.
	Key string
}

// Button is a choice. Its key is handed to Press.
type Button struct{ Key, Label string }

// Pressed is a button of a notice that somebody pressed. A click on the notice itself has the key ClickKey.
type Pressed struct {
	Notice Notice
	Key    string
}

// ClickKey is the key of a click on a notice beside its buttons (Desktop Notifications Specification: "default").
const ClickKey = "default"

// Desktop shows notices.
type Desktop interface {
	// Show shows a notice in place of an earlier one (0 for none) and gives its number. It returns within seconds.
	Show(ctx context.Context, replaces uint32, n Notice) (uint32, error)
	// Close takes a notice away. It returns within seconds.
	Close(ctx context.Context, id uint32)
	// Signals are what people do with notices, while one is shown.
	Signals() <-chan Signal
	// End gives back what Show took.
	End()
}

// Signal is something that somebody did with a notice. An empty key means that it is gone.
type Signal struct {
	ID  uint32
	Key string
}

// Config says what a Center works with.
type Config struct {
	Desktop Desktop
	Log     *zap.Logger
	// Enabled says whether a kind is wanted.
	Enabled func(Kind) bool
	// Busy says whether a film may be full-screen, or nothing is to be told, and gives a channel that is closed when
	// that may have changed.
	Busy func() (bool, <-chan struct{})
	// Press does what a button asks for. The notice that it gives takes the place of the one that was pressed; nil
	// takes it away.
	Press func(ctx context.Context, p Pressed) *Notice
}

// Center decides what is shown when. Its methods may be called by many goroutines and never block.
type Center struct {
	c       Config
	trouble *logs.Condition
	wake    chan struct{} // size 1: a wake-up

	mu     sync.Mutex          // guards what follows
	held   []Notice            // what is to be shown, oldest first
	gone   []func(Notice) bool // of what is shown
	posted map[Kind]Notice     // what stands on the screen, for Shown
	told   map[string]bool     // keys that were shown

	// Of the goroutine of Run alone.
	shown map[Kind]*shown
}

type shown struct {
	notice Notice
	id     uint32
	until  time.Time
}

// New gives a Center that shows nothing yet.
func New(c Config) *Center {
	return &Center{
		c: c, trouble: logs.NewCondition(c.Log), wake: make(chan struct{}, 1),
		posted: map[Kind]Notice{}, told: map[string]bool{}, shown: map[Kind]*shown{},
	}
}

// heldMost bounds what waits for the end of a film.
const heldMost = 50

// Post hands over a notice.
func (c *Center) Post(n Notice) {
	if !c.c.Enabled(n.Kind) {
		return
	}
	c.mu.Lock()
	if n.Key == "" || !c.told[n.Key] {
		if n.Key != "" {
			c.told[n.Key] = true
		}
		if len(c.held) == heldMost {
			c.held = c.held[1:]
		}
		c.held = append(c.held, n)
	}
	c.mu.Unlock()
	c.rouse()
}

// Withdraw takes away the notices, shown or held, that are no longer true. Those that are posted later stay.
func (c *Center) Withdraw(untrue func(Notice) bool) {
	c.mu.Lock()
	c.held = slices.DeleteFunc(c.held, untrue)
	c.gone = append(c.gone, untrue)
	c.mu.Unlock()
	c.rouse()
}

// Notices are those that are shown or held.
func (c *Center) Notices() []Notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := append([]Notice(nil), c.held...)
	for _, n := range c.posted {
		all = append(all, n)
	}
	return all
}

func (c *Center) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run shows what is posted until ctx ends, and takes it all away then: nobody would answer the buttons.
func (c *Center) Run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	defer c.end(ctx)
	for {
		c.withdraw(ctx)
		changed := c.flush(ctx)
		timer.Stop()
		if next := c.expire(ctx); next > 0 {
			timer.Reset(next)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		case <-changed:
		case <-timer.C:
		case s := <-c.c.Desktop.Signals():
			c.signal(ctx, s)
		}
	}
}

func (c *Center) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for kind := range c.shown {
		c.take(ctx, kind)
	}
	c.c.Desktop.End()
}

func (c *Center) withdraw(ctx context.Context) {
	c.mu.Lock()
	gone := c.gone
	c.gone = nil
	c.mu.Unlock()
	for _, untrue := range gone {
		for kind, s := range c.shown {
			if untrue(s.notice) {
				c.take(ctx, kind)
			}
		}
	}
}

// flush shows what waits, unless a film may be full-screen. The channel is closed when it is worth looking again.
func (c *Center) flush(ctx context.Context) <-chan struct{} {
	c.mu.Lock()
	waits := len(c.held) > 0
	c.mu.Unlock()
	if !waits {
		return nil
	}
	busy, changed := c.c.Busy()
	if busy {
		return changed
	}
	c.mu.Lock()
	held := c.held
	c.held = nil
	c.mu.Unlock()
	for _, n := range together(held) {
		c.show(ctx, n)
	}
	return nil
}

// together makes one notice of several of a kind, in the order of the last of each.
func together(held []Notice) []Notice {
	count := map[Kind]int{}
	for _, n := range held {
		count[n.Kind]++
	}
	var all []Notice
	for i, n := range held {
		if later(held[i+1:], n.Kind) {
			continue
		}
		if k := count[n.Kind]; k > 1 {
			switch n.Kind {
			case NotRecognised:
				n = Notice{
					Kind: n.Kind, Title: fmt.Sprintf("%d titles need you", k), Body: "Nothing is lost, the watches are kept.",
					Command: "simkld unmatched",
				}
			case Watched:
				n.Body += fmt.Sprintf(" And %d more.", k-1)
			case NotCounted, Login:
			}
		}
		all = append(all, n)
	}
	return all
}

func later(rest []Notice, k Kind) bool {
	for _, n := range rest {
		if n.Kind == k {
			return true
		}
	}
	return false
}

func (c *Center) show(ctx context.Context, n Notice) {
	n.Title, n.Body = media.Sanitize(n.Title), media.Sanitize(n.Body)
	var replaces uint32
	if old := c.shown[n.Kind]; old != nil {
		replaces = old.id
	}
	id, err := c.c.Desktop.Show(ctx, replaces, n)
	if err != nil {
		// Who sits there is not told; status, the page and the log have it all the same.
		c.trouble.Holds("the desktop shows no notifications", zap.Error(err))
		return
	}
	c.trouble.Ends("the desktop shows notifications again")
	s := &shown{notice: n, id: id}
	if n.For > 0 {
		s.until = time.Now().Add(n.For)
	}
	c.shown[n.Kind] = s
	c.note(n.Kind, &n)
}

func (c *Center) note(k Kind, n *Notice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n == nil {
		delete(c.posted, k)
		return
	}
	c.posted[k] = *n
}

// take takes a notice away.
func (c *Center) take(ctx context.Context, k Kind) {
	c.c.Desktop.Close(ctx, c.shown[k].id)
	delete(c.shown, k)
	c.note(k, nil)
}

// expire takes away what is true no longer by its time, and says how long the next is.
func (c *Center) expire(ctx context.Context) time.Duration {
	var next time.Duration
	for kind, s := range c.shown {
		if s.until.IsZero() {
			continue
		}
		left := time.Until(s.until)
		if left <= 0 {
			c.take(ctx, kind)
			continue
		}
		if next == 0 || left < next {
			next = left
		}
	}
	return next
}

func (c *Center) signal(ctx context.Context, sig Signal) {
	for kind, s := range c.shown {
		if s.id != sig.ID {
			continue
		}
		if sig.Key == "" {
			delete(c.shown, kind)
			c.note(kind, nil)
			return
		}
		if n := c.c.Press(ctx, Pressed{s.notice, sig.Key}); n != nil {
			n.Kind = kind
			c.show(ctx, *n)
			return
		}
		// Some daemons leave a notice whose button was pressed (dunst's menu).
		c.take(ctx, kind)
		return
	}
}
