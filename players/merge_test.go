package players_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// desk is a merger and what came out of it, a line an event.
type desk struct {
	m   players.Merger
	now time.Duration
	out []string
}

func (d *desk) put(e players.Event) {
	e.At = media.Moment{Mono: d.now, Boot: d.now}
	if e.Rate == 0 {
		e.Rate = 1
	}
	d.note(d.m.Step(e))
}

func (d *desk) note(events []players.Event) {
	for _, e := range events {
		line := fmt.Sprintf("%s/%d %s", e.Instance, e.Playback, e.State)
		if e.End != players.EndNone {
			line += " " + string(e.End)
		}
		d.out = append(d.out, line)
	}
}

func (d *desk) wait(t time.Duration) {
	d.now += t
	if next := d.m.Next(); next != 0 && next <= d.now {
		d.note(d.m.Tick(media.Moment{Mono: d.now, Boot: d.now}))
	}
}

func (d *desk) want(t *testing.T, lines ...string) {
	t.Helper()
	if got, want := strings.Join(d.out, "; "), strings.Join(lines, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d.out = nil
}

var (
	film  = media.Item{Path: "/films/Heat (1995).mkv", Length: time.Hour}
	other = media.Item{Path: "/films/Alien (1979).mkv", Length: 2 * time.Hour}
)

func ipc(s players.State) players.Event {
	return players.Event{Channel: "mpv", Instance: "sock", PID: 7, Playback: 1, Item: film, State: s, Known: true}
}

func bus(s players.State) players.Event {
	return players.Event{Channel: "mpris", Instance: ":1.9", PID: 7, Playback: 4, Item: film, State: s, Known: true}
}

func end(e players.Event, how players.End) players.Event {
	e.State, e.End, e.Known = players.Stopped, how, false
	return e
}

func TestOneProcessOnTwoChannelsIsOnePlayback(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	d.put(bus(players.Playing))
	d.put(bus(players.Paused))
	d.put(ipc(players.Paused))
	d.want(t, "sock/1 playing", "sock/1 paused")
}

func TestTheChannelThatKnowsMoreTakesTheLeadWithoutANewPlayback(t *testing.T) {
	var d desk
	nameless := bus(players.Playing)
	nameless.Item.Path = ""
	d.put(nameless)
	d.put(ipc(players.Playing))
	d.put(bus(players.Paused))
	d.want(t, ":1.9/1 playing", ":1.9/1 playing")
}

func TestOnQuitTheSecondChannelStopsNothingTwice(t *testing.T) {
	var d desk
	d.put(bus(players.Playing))
	d.put(ipc(players.Playing))
	d.out = nil
	d.put(end(ipc(players.Stopped), players.EndGone))
	d.put(end(bus(players.Stopped), players.EndStopped))
	d.put(end(bus(players.Stopped), players.EndGone))
	d.want(t, ":1.9/1 stopped gone")
}

func TestAChannelThatDiesHandsOverWithoutANewStart(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	d.put(bus(players.Playing))
	d.put(end(ipc(players.Stopped), players.EndGone))
	d.wait(20 * time.Second)
	d.put(bus(players.Playing))
	d.put(bus(players.Paused))
	d.want(t, "sock/1 playing", "sock/1 playing", "sock/1 paused")
}

// The bus dies: its view is given up half a minute later, with the time at which it was lost. VLC has told over HTTP since
// that it plays on.
func TestAChannelThatWasLostLongAgoIsFollowedByTheOneThatSpokeSince(t *testing.T) {
	var d desk
	over := bus(players.Playing)
	over.Channel, over.Instance = "vlc", "127.0.0.1:8080"
	d.put(bus(players.Playing))
	d.put(over)
	lost := end(bus(players.Stopped), players.EndGone)
	lost.At = media.Moment{Mono: d.now, Boot: d.now}
	d.now += 20 * time.Second
	over.Position = 20 * time.Second
	d.put(over)
	d.now += 10 * time.Second
	d.note(d.m.Step(lost))
	d.put(over)
	over.State = players.Paused
	d.put(over)
	d.wait(time.Minute)
	d.want(t, ":1.9/1 playing", ":1.9/1 playing", ":1.9/1 playing", ":1.9/1 paused")
}

func TestAStaleViewDoesNotKeepAnItemAlive(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	d.put(bus(players.Playing))
	d.put(end(ipc(players.Stopped), players.EndGone))
	d.wait(36 * time.Second)
	d.want(t, "sock/1 playing", "sock/1 stopped gone")
	next := bus(players.Playing)
	next.Item, next.Playback = other, 5
	d.put(next)
	d.want(t, "sock/2 playing")
}

func TestTheLeaderThatStoppedStillLeads(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	d.put(bus(players.Playing))
	d.put(end(ipc(players.Stopped), players.EndReached))
	d.put(bus(players.Playing)) // late
	again := ipc(players.Playing)
	again.Playback = 2
	d.put(again)
	d.want(t, "sock/1 playing", "sock/1 stopped reached", "sock/2 playing")
}

func TestTwoProcessesOnOneFileAreTwo(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	second := ipc(players.Playing)
	second.Instance, second.PID = "sock2", 8
	d.put(second)
	d.want(t, "sock/1 playing", "sock2/1 playing")
}

func TestWithoutAProcessTheSameFileAtTheSamePlaceIsOne(t *testing.T) {
	var d desk
	d.put(ipc(players.Playing))
	d.now += 10 * time.Second
	sandboxed := bus(players.Playing)
	sandboxed.PID, sandboxed.Position = 0, 11*time.Second
	d.put(sandboxed)
	elsewhere := bus(players.Playing)
	elsewhere.PID, elsewhere.Instance, elsewhere.Position = 0, ":1.10", 50*time.Second
	d.put(elsewhere)
	d.want(t, "sock/1 playing", ":1.10/1 playing")
}

func TestEachChannelFillsWhatTheOtherLacks(t *testing.T) {
	var m players.Merger
	bare := ipc(players.Playing)
	bare.Item.Length = 0
	m.Step(bare)
	got := m.Step(bus(players.Playing))
	if len(got) != 1 || got[0].Item.Length != time.Hour || got[0].Known {
		t.Errorf("the length of the other channel is not filled in: %+v", got)
	}
}

// Whatever the channels of some processes say in whatever order: of each process at most one item plays at a time, and
// once all channels are gone nothing plays.
func TestMergedPlaybacksNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d desk
		playing := map[string]int64{} // instance to playback
		look := func(events []players.Event) {
			for _, e := range events {
				if e.State == players.Stopped {
					delete(playing, e.Instance)
					continue
				}
				if e.Playback < playing[e.Instance] {
					t.Fatalf("%s went back from playback %d to %d", e.Instance, playing[e.Instance], e.Playback)
				}
				playing[e.Instance] = e.Playback
			}
		}
		kinds := []string{"mpv", "mpris", "vlc"}
		live := map[string]players.Event{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			d.now += time.Duration(rapid.IntRange(0, 40).Draw(t, "wait")) * time.Second
			look(d.m.Tick(media.Moment{Mono: d.now}))
			pid := rapid.IntRange(1, 3).Draw(t, "pid")
			kind := rapid.SampledFrom(kinds).Draw(t, "channel")
			e := players.Event{
				Channel: kind, Instance: fmt.Sprint(kind, pid), PID: pid, Rate: 1, Known: true,
				Playback: int64(rapid.IntRange(1, 3).Draw(t, "playback")),
				Item:     rapid.SampledFrom([]media.Item{film, other}).Draw(t, "item"),
				State:    rapid.SampledFrom([]players.State{players.Playing, players.Paused, players.Stopped}).Draw(t, "state"),
				At:       media.Moment{Mono: d.now},
			}
			if e.State == players.Stopped {
				e.End = rapid.SampledFrom([]players.End{players.EndReached, players.EndStopped, players.EndGone}).Draw(t, "end")
			}
			live[e.Instance] = e
			if e.End == players.EndGone {
				delete(live, e.Instance)
			}
			look(d.m.Step(e))
		}
		for _, e := range live {
			e.State, e.End, e.At = players.Stopped, players.EndGone, media.Moment{Mono: d.now}
			look(d.m.Step(e))
		}
		look(d.m.Tick(media.Moment{Mono: d.now + time.Hour}))
		if len(playing) != 0 {
			t.Fatalf("still playing after all channels ended: %v", playing)
		}
		if d.m.Next() != 0 {
			t.Fatalf("something is still due at %v", d.m.Next())
		}
	})
}
