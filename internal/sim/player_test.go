package sim_test

import (
	"fmt"
	"os"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sim/model"
	"github.com/simkld/simkld/players"
)

// file is something that can be played.
type file struct {
	path    string
	length  time.Duration
	picture media.Picture
	works   []string // what of it belongs into a history; a name that begins with "kept " is for the unmatched
}

// player is one mpv: what it really does, and what it tells.
type player struct {
	w        *world
	name     string
	pid      int
	playback int64

	file   *file
	view   *model.Viewing
	pos    time.Duration
	rate   float64
	state  players.State
	end    players.End
	since  time.Duration // by the bubble's clock
	jumped bool
	opened time.Duration // by the bubble's clock, the last thing that must be on disk soon

	plan []func() time.Duration // what the person does; each says how long until the next
	next time.Duration
	tick time.Duration // the next word on the position
	mute bool          // it hangs

	// While no daemon lives:
	away    bool
	slack   time.Duration
	downPos time.Duration
	seen    time.Duration // when the last daemon found it
	unseen  bool          // what happens meanwhile is not seen for sure
	ran     []stretch     // what played meanwhile
}

// stretch is a piece that played and when it ended.
type stretch struct {
	from, to time.Duration
	at       time.Time
}

// tickEvery is how often the source of mpv asks for the position.
const tickEvery = 10 * time.Second

func (w *world) player(name string, pid int) *player {
	p := &player{w: w, name: name, pid: pid, rate: 1, state: players.Stopped}
	w.players = append(w.players, p)
	return p
}

// mine and parent are processes that are alive.
func mine() int   { return os.Getpid() }
func parent() int { return os.Getppid() }

// advance lets the player have played until now.
func (p *player) advance() {
	run := p.w.clocks.run()
	elapsed := run - p.since
	p.since = run
	if p.file == nil || p.state != players.Playing || p.mute || elapsed <= 0 {
		return
	}
	from := p.pos
	left := p.file.length - p.pos
	moved := min(time.Duration(float64(elapsed)*p.rate), left)
	p.pos += moved
	if p.w.private {
		p.view.Find(p.pos) // what ends in private ends for nobody
		return
	}
	at := p.w.clocks.now().Add(-elapsed + time.Duration(float64(moved)/p.rate))
	if p.away {
		p.ran = append(p.ran, stretch{from, p.pos, at})
		return
	}
	p.view.Ran(from, p.pos, at, true)
}

// turns notes for the laws whether the works of the file play.
func (p *player) turns(plays bool) {
	if p.file == nil {
		return
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	for _, work := range p.file.works {
		p.w.truth = append(p.w.truth, turnOf{p.w.clocks.now(), work, plays})
	}
}

// tells puts the state of the player before the daemon.
func (p *player) tells() {
	p.tick = p.w.clocks.run() + tickEvery
	if p.w.life == nil || p.mute {
		p.jumped = false
		return
	}
	e := players.Event{
		Player: "mpv", Channel: "mpv", Instance: p.name, PID: p.pid, Playback: p.playback, State: p.state, End: p.end,
		Position: p.pos, Known: p.file != nil, Rate: p.rate, Jumped: p.jumped, At: p.w.clocks.moment(),
	}
	if p.file != nil {
		e.Item = media.Item{Path: p.file.path, Length: p.file.length, Picture: p.file.picture}
	}
	p.jumped = false
	p.w.life.inside.Players.Put(e)
}

func (p *player) load(f *file) {
	p.advance()
	if p.file != nil {
		p.leaves(0)
	}
	p.w.did("%s plays %s", p.name, f.path)
	p.file, p.pos, p.rate, p.end, p.state = f, 0, 1, players.EndNone, players.Playing
	p.turns(true)
	if len(f.works) == 1 {
		p.w.alone[f.works[0]] = f.length
	}
	p.view = p.w.diary.Open(f.length, f.works...)
	p.playback++
	p.opened = p.w.clocks.run()
	if p.away {
		p.unseen, p.downPos, p.ran = false, -1, nil // no daemon ever saw it
	}
	p.tells()
}

// leaves is the end of a viewing as the diary has it. Slack is how long ago the last word may have been.
func (p *player) leaves(slack time.Duration) {
	p.turns(false)
	pos := p.pos
	if p.away {
		if p.downPos < 0 {
			return // no daemon ever saw it
		}
		pos, slack, p.ran = p.downPos, p.slack, nil
	} else if p.w.life != nil && p.w.life.diesAt.what != "" {
		slack = max(slack, 11*time.Second)
	}
	p.view.End(pos, time.Duration(float64(slack)*p.rate), p.w.private)
}

func (p *player) pauses() {
	p.advance()
	p.w.did("%s is paused at %v", p.name, p.pos)
	p.state, p.opened = players.Paused, p.w.clocks.run()
	p.turns(false)
	p.tells()
}

func (p *player) resumes() {
	p.advance()
	p.w.did("%s goes on", p.name)
	p.state, p.opened = players.Playing, p.w.clocks.run()
	p.turns(true)
	p.tells()
}

func (p *player) seeks(to float64) {
	p.advance()
	at := time.Duration(to * float64(p.file.length))
	p.w.did("%s jumps from %v to %v", p.name, p.pos, at)
	switch {
	case p.away:
		p.unseen = true
	case !p.w.private:
		p.view.Jump(p.pos, at, true)
	}
	p.pos, p.jumped, p.opened = at, true, p.w.clocks.run()
	p.tells()
}

func (p *player) speeds(rate float64) {
	p.advance()
	p.rate = rate
	p.tells()
}

// stops is the end: reached, stopped, gone or, after ten seconds without an answer, silent.
func (p *player) stops(how players.End) {
	p.advance()
	p.w.did("%s: %s at %v", p.name, how, p.pos)
	p.leaves(0)
	p.state, p.end = players.Stopped, how
	p.tells()
	p.file, p.view, p.end = nil, nil, players.EndNone
}

// stays is the end of a player that keeps its last picture.
func (p *player) stays() {
	p.advance()
	p.w.did("%s stays at the end, at %v", p.name, p.pos)
	if !p.away {
		p.leaves(0)
	}
	p.state, p.end = players.Paused, players.EndReached
	p.tells()
}

// hangs is a player that gives no answer any more.
func (p *player) hangs() {
	p.advance()
	if p.away { // nobody is there to ask it
		p.stops(players.EndGone)
		return
	}
	p.w.did("%s hangs at %v", p.name, p.pos)
	p.tells()
	p.mute = true
}

func (p *player) silent() {
	if p.file == nil {
		return
	}
	p.mute = false
	p.since = p.w.clocks.run()
	p.leaves(0)
	p.away = p.w.life == nil
	p.state, p.end = players.Stopped, players.EndSilent
	if p.w.life != nil {
		e := players.Event{
			Player: "mpv", Channel: "mpv", Instance: p.name, PID: p.pid, Playback: p.playback, State: players.Stopped,
			End: players.EndSilent, Rate: 1, At: p.w.clocks.moment(),
		}
		p.w.life.inside.Players.Put(e)
	}
	p.file, p.view, p.end = nil, nil, players.EndNone
}

// down tells the player that the daemon is gone; a killed one may have written its last word some seconds ago.
func (p *player) down(killed bool) {
	p.advance()
	if p.away {
		return // no daemon has seen it since
	}
	before := p.downPos
	p.away, p.slack, p.downPos, p.unseen = true, time.Second, p.pos, false
	if p.mute {
		p.slack = 2 * tickEvery
	}
	if !killed {
		return
	}
	p.slack = tickEvery + time.Second
	p.unseen = p.w.clocks.run()-max(p.opened, p.seen) < 2*time.Second
	if p.w.clocks.run()-p.seen < 2*time.Second { // what the last daemon saw may be on no disk
		p.slack += max(0, p.pos-before)
	}
}

// up is a new daemon that finds the player.
func (p *player) up() {
	p.advance()
	if p.mute {
		return
	}
	p.away, p.seen = false, p.w.clocks.run()
	ran := p.ran
	p.ran = nil
	if p.file == nil {
		return
	}
	if p.downPos < 0 {
		p.view.Find(p.pos)
	}
	for _, s := range ran {
		if p.downPos >= 0 { // else this daemon sees it from now on
			p.view.Ran(s.from, s.to, s.at, !p.unseen)
		}
	}
	if p.unseen && p.downPos >= 0 && !p.w.private {
		p.view.Jump(p.downPos, p.pos, false)
	}
	if p.end == players.EndReached && p.downPos >= 0 {
		p.leaves(0)
	}
	p.tells()
}

// Steps of a plan.

// until is how long it plays until a share of the file.
func (p *player) until(share float64) time.Duration {
	return max(0, time.Duration((share*float64(p.file.length)-float64(p.pos))/p.rate))
}

func (p *player) then(f func() time.Duration) { p.plan = append(p.plan, f) }

func (p *player) String() string { return fmt.Sprintf("%s at %v", p.name, p.pos) }
