package scrobbler_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/scrobbler"
)

// onBus is the view of a player over the bus.
func onBus(p *player, s players.State, end players.End) {
	e := p.event()
	e.Channel, e.Instance, e.Playback, e.State, e.End = "mpris", ":1.9", 1, s, end
	p.send(e)
}

func TestIsSeenTwiceOneProcessIsOneSession(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	onBus(p, players.Playing, players.EndNone)
	f.after(10 * time.Second)
	f.told("start Heat 0.08")
	if n := len(f.m.Snapshot().Sessions); n != 1 {
		t.Errorf("%d sessions", n)
	}
	f.after(59 * time.Minute)
	p.dies()
	onBus(p, players.Stopped, players.EndStopped)
	onBus(p, players.Stopped, players.EndGone)
	f.told("stop Heat 59.16")
}

func TestIsSeenTwiceAChannelThatDiesHandsOverWithoutANewStart(t *testing.T) {
	f := newFilm(t)
	p := f.plays("/heat")
	onBus(p, players.Playing, players.EndNone)
	f.after(10 * time.Second)
	f.told("start Heat 0.08")
	e := p.event()
	e.State, e.End, e.Known = players.Stopped, players.EndGone, false
	p.send(e)
	p.instance = ":1.9" // what it says from now on, it says over the bus
	p.playback = 1
	f.after(20 * time.Second)
	e = p.event()
	e.Channel = "mpris"
	p.send(e)
	f.told()
	f.shows(scrobbler.ScrobbleStarted, media.ReasonNone)
}

func TestOfTwoPlayersWithTheSameFileTheLaterSpeaks(t *testing.T) {
	f := newFilm(t)
	first := f.plays("/heat")
	f.after(5 * time.Minute)
	f.told("start Heat 0.08")
	second := f.plays("/heat")
	f.after(10 * time.Second)
	f.told("pause Heat 5.08", "start Heat 0.08")
	if got := f.m.Snapshot().Sessions[0].Reason; got != media.ReasonDuplicate {
		t.Errorf("the earlier one is shown as %q", got)
	}
	first.dies()
	f.told()
	f.after(10 * time.Minute)
	second.dies()
	f.told("stop Heat 10.16")
}
