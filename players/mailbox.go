package players

import "sync"

// Mailbox holds the events that the owner of the sessions has not taken yet. Put never blocks, because a client
// that stops reading hangs mpv (players.md 0, fact 2). An event that only moves the position takes the place of the
// one before it from the same playback; every other event is kept, in order.
type Mailbox struct {
	ready chan struct{} // size 1: a wake-up

	mu     sync.Mutex // guards events
	events []Event
}

// NewMailbox gives an empty mailbox.
func NewMailbox() *Mailbox { return &Mailbox{ready: make(chan struct{}, 1)} }

// Put adds e.
func (m *Mailbox) Put(e Event) {
	m.mu.Lock()
	if i := m.last(e.Instance); i >= 0 && onlyMoves(m.events[i], e) {
		m.events[i] = e
	} else {
		m.events = append(m.events, e)
	}
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// last is the index of the newest event of an instance, -1 if there is none. The caller holds mu.
func (m *Mailbox) last(instance string) int {
	for i := len(m.events) - 1; i >= 0; i-- {
		if m.events[i].Instance == instance {
			return i
		}
	}
	return -1
}

// Ready tells that there is something to take.
func (m *Mailbox) Ready() <-chan struct{} { return m.ready }

// Take gives all events in order and empties the mailbox.
func (m *Mailbox) Take() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	events := m.events
	m.events = nil
	return events
}

// Empty reports whether all events were taken.
func (m *Mailbox) Empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events) == 0
}

// onlyMoves reports whether b is a plainly followed by a later position.
func onlyMoves(a, b Event) bool {
	return a.Playback == b.Playback && a.State == b.State && a.End == b.End && a.Rate == b.Rate &&
		!a.Jumped && !b.Jumped && a.Known == b.Known &&
		a.Item.Path == b.Item.Path && a.Item.Title == b.Item.Title && a.Item.Length == b.Item.Length &&
		a.Item.Growing == b.Item.Growing && a.Item.Picture == b.Item.Picture && len(a.Item.Tags) == len(b.Item.Tags)
}
