package players

import (
	"slices"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Merger makes one playback of what several channels say of the same player: mpv over its socket and over the bus, VLC
// over HTTP and over the bus (product.md 5). It is pure: one owner feeds it events and times.
//
// The views of one process are one group; where a process is not known, the same file at the same position is. The view
// that knows most leads, the others fill in what it lacks. When the leader is gone, another takes over only after it
// has spoken anew, since on quit the channels end one after the other (players.md 4.4).
type Merger struct {
	groups []*group
}

// group is one player.
type group struct {
	id    string // the Instance that the outside sees
	views []*view
	// lead is the view that is passed on, leads its own number of what it plays.
	lead  *view
	leads int64
	// playback and item are what the outside sees; told is true while it sees something play.
	playback int64
	item     media.Item
	told     bool
	// held is the end that a leader told by vanishing, while others may still go on; nil if none.
	held *Event
}

// view is one channel's last word.
type view struct {
	Event
	knew bool // it has ever named a file
}

const (
	// joinWithin is how far two positions may be apart to be the same playback (players.md 4.4).
	joinWithin = 3 * time.Second
	// handOver is how long the end of a leader waits for another view's word: a view over the bus is read every 30 s.
	handOver = 35 * time.Second
)

// Step takes in what one channel says and gives what the player does.
func (m *Merger) Step(e Event) []Event {
	gone := e.State == Stopped && (e.End == EndGone || e.End == EndSilent)
	g, v := m.find(e.Instance)
	if g == nil {
		if gone {
			return nil // it is gone already
		}
		v = &view{}
		g = m.join(e)
		g.views = append(g.views, v)
	}
	v.Event = e
	v.knew = v.knew || e.Item.Path != ""
	if gone {
		g.views = slices.DeleteFunc(g.views, func(o *view) bool { return o == v })
		if len(g.views) == 0 {
			m.groups = slices.DeleteFunc(m.groups, func(o *group) bool { return o == g })
		}
	}
	switch {
	case g.held != nil:
		return g.afterEnd(v, gone)
	case !gone:
		return g.spoke(v)
	case g.lead != v:
		return nil // the leader knows better
	case len(g.views) == 0 || !g.told:
		g.lead = nil
		return g.tell(v)
	}
	if next := g.spokeAfter(e); next != nil { // the bus was lost a while ago, and the other has gone on since
		g.follow(next)
		return g.tell(next)
	}
	held := g.face(v)
	g.held, g.lead = &held, nil
	return nil
}

// spokeAfter is the best view that has told after the end of the leader that it still has the item, nil for none.
func (g *group) spokeAfter(end Event) *view {
	var next *view
	for _, v := range g.views {
		anew := v.At.Mono > end.At.Mono && v.State != Stopped && sameItem(g.item, v.Item)
		if anew && (next == nil || v.rank() > next.rank()) {
			next = v
		}
	}
	return next
}

// Tick passes on ends that nobody took over.
func (m *Merger) Tick(now media.Moment) []Event {
	var out []Event
	for _, g := range m.groups {
		if g.held != nil && now.Mono-g.held.At.Mono >= handOver {
			out = append(out, *g.held)
			g.ended()
		}
	}
	return out
}

// Next is the reading of the monotonic clock at which Tick has something to do; 0 for none.
func (m *Merger) Next() time.Duration {
	var at time.Duration
	for _, g := range m.groups {
		if g.held == nil {
			continue
		}
		if due := g.held.At.Mono + handOver; at == 0 || due < at {
			at = due
		}
	}
	return at
}

func (m *Merger) find(instance string) (*group, *view) {
	for _, g := range m.groups {
		for _, v := range g.views {
			if v.Instance == instance {
				return g, v
			}
		}
	}
	return nil, nil
}

// join finds the group of the same player, or begins one.
func (m *Merger) join(e Event) *group {
	for _, g := range m.groups {
		if slices.ContainsFunc(g.views, func(v *view) bool { return samePlayer(v.Event, e) }) {
			return g
		}
	}
	g := &group{id: e.Instance}
	m.groups = append(m.groups, g)
	return g
}

// samePlayer reports whether two channels show one player. Two players of one channel are never one.
func samePlayer(a, b Event) bool {
	if a.Channel == b.Channel {
		// Two names of one process on the bus (VLC) are one; a second connection to one mpv is too.
		return a.PID != 0 && a.PID == b.PID
	}
	if a.PID != 0 && b.PID != 0 {
		return a.PID == b.PID
	}
	return a.Item.Path != "" && a.Item.Path == b.Item.Path && a.Known && b.Known &&
		(positionAt(a, b.At.Mono)-b.Position).Abs() <= joinWithin
}

// positionAt is where an event's playback has come to by the clock.
func positionAt(e Event, mono time.Duration) time.Duration {
	if e.State != Playing {
		return e.Position
	}
	return e.Position + time.Duration(e.Rate*float64(mono-e.At.Mono))
}

// rank says how much a view knows: whether it names the file, then how fast and exact its channel is.
func (v *view) rank() int {
	r := map[string]int{"mpv": 3, "mpris": 2, "vlc": 1}[v.Channel]
	if v.knew {
		r += 10
	}
	return r
}

// best is the view that knows most; of equals the one that was there first.
func (g *group) best() *view {
	var best *view
	for _, v := range g.views {
		if best == nil || v.rank() > best.rank() {
			best = v
		}
	}
	return best
}

// spoke passes on what the leader says. A view that follows only fills in.
func (g *group) spoke(v *view) []Event {
	if g.best() == v {
		g.follow(v)
		return g.tell(v)
	}
	if g.lead == nil || !g.told || !moreKnown(g.item, g.filled(g.lead.Item)) {
		return nil
	}
	e := g.face(g.lead)
	e.At, e.Known, e.Jumped = v.At, false, false
	return []Event{e}
}

// afterEnd decides on a leader's end: another view that speaks anew takes over, one that ends too confirms it.
func (g *group) afterEnd(v *view, gone bool) []Event {
	held := *g.held
	switch {
	case gone && len(g.views) > 0:
		return nil
	case gone, v.State == Stopped:
		g.ended()
		return []Event{held}
	case sameItem(g.item, v.Item):
		g.held = nil
		g.follow(v)
		return g.tell(v)
	}
	g.ended()
	g.follow(v)
	return append([]Event{held}, g.tell(v)...)
}

// ended: the outside has been told that nothing plays any more.
func (g *group) ended() { g.held, g.told = nil, false }

// follow makes a view the leader, and counts on where it plays another item than the outside knows.
func (g *group) follow(v *view) {
	same := v.Playback == g.leads
	if g.lead != v {
		same = g.told && sameItem(g.item, v.Item)
	}
	if !same {
		g.playback++
		g.item = media.Item{}
	}
	g.lead, g.leads = v, v.Playback
}

func (g *group) tell(v *view) []Event {
	e := g.face(v)
	g.told = e.State != Stopped
	return []Event{e}
}

// face is a view's word as the outside sees it.
func (g *group) face(v *view) Event {
	e := v.Event
	e.Instance, e.Playback = g.id, g.playback
	e.Item = g.filled(v.Item)
	if e.State != Stopped || e.Item.Path != "" || e.Item.Title != "" {
		g.item = e.Item
	}
	for _, o := range g.views {
		if e.PID == 0 {
			e.PID = o.PID
		}
	}
	e.Ways = g.ways()
	return e
}

// ways are the channels to the player, the one that knows most first.
func (g *group) ways() []Way {
	views := slices.Clone(g.views)
	slices.SortStableFunc(views, func(a, b *view) int { return b.rank() - a.rank() })
	out := make([]Way, len(views))
	for i, v := range views {
		out[i] = Way{Channel: v.Channel, Instance: v.Instance}
	}
	return out
}

// filled gives an item what the other views know of it and it lacks.
func (g *group) filled(it media.Item) media.Item {
	for _, o := range g.views {
		if o == g.lead || !sameItem(it, o.Item) {
			continue
		}
		if it.Path == "" {
			it.Path = o.Item.Path
		}
		if it.Title == "" {
			it.Title = o.Item.Title
		}
		if it.Length == 0 && !it.Growing && !o.Item.Growing {
			it.Length = o.Item.Length
		}
		if it.Picture == media.PictureUnknown {
			it.Picture = o.Item.Picture
		}
		if len(it.Tags) == 0 {
			it.Tags = o.Item.Tags
		}
	}
	return it
}

// moreKnown reports whether b says something of the item that a does not.
func moreKnown(a, b media.Item) bool {
	return a.Path != b.Path || a.Title != b.Title || a.Length != b.Length || a.Picture != b.Picture || len(a.Tags) != len(b.Tags)
}

// sameItem reports whether two views show the same item, as far as they name it.
func sameItem(a, b media.Item) bool {
	switch {
	case a.Path != "" && b.Path != "":
		return a.Path == b.Path
	case a.Length > 0 && b.Length > 0:
		return (a.Length - b.Length).Abs() <= time.Second
	case a.Title != "" && b.Title != "":
		return a.Title == b.Title
	}
	return a.Path+a.Title != "" || b.Path+b.Title != ""
}
