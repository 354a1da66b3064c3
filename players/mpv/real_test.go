package mpv_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/playerstest"
)

func TestOneEpisodeFromLoadToEnd(t *testing.T) {
	film := clips.Clip(t, "tags.mkv", 60, "title=Pilot", "show=Some Show", "season_number=1", "episode_sort=2")
	m := playerstest.RealMPV(t)
	rec := watch(t, m.Socket)

	m.Command(t, "loadfile", film)
	e := rec.Wait(t, 0, "it plays", playing)
	if e.Item.Path != film || e.Item.Title != "Pilot" || e.Item.Tags["SHOW"] != "Some Show" ||
		e.Item.Length != time.Minute || e.Item.Picture != "video" || e.Item.Growing || !e.Known || e.Position > time.Second {
		t.Errorf("it is told as %+v", e)
	}
	if e.PID != m.PID() {
		t.Errorf("process %d, mpv is %d", e.PID, m.PID())
	}

	mark := rec.Len()
	m.Command(t, "set_property", "pause", true)
	rec.Wait(t, mark, "it is paused", func(e players.Event) bool { return e.State == players.Paused })

	mark = rec.Len()
	m.Command(t, "set_property", "pause", false)
	rec.Wait(t, mark, "it plays on", playing)

	mark = rec.Len()
	m.Command(t, "seek", 50, "absolute")
	e = rec.Wait(t, mark, "it jumped", func(e players.Event) bool { return e.Jumped })
	if !e.Known || e.Position < 50*time.Second || e.Position > 52*time.Second {
		t.Errorf("after a seek to 50 s it is at %v", e.Position)
	}

	mark = rec.Len()
	m.Command(t, "set_property", "speed", 20)
	e = rec.Wait(t, mark, "the end", func(e players.Event) bool { return e.State == players.Stopped })
	if e.End != players.EndReached {
		t.Errorf("it ended as %q", e.End)
	}
	t.Log("\n" + playerstest.List(rec.Events()))
}

func playing(e players.Event) bool { return e.State == players.Playing && e.Known }
