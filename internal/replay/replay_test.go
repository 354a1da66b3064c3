package replay_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/record"
	"github.com/simkld/simkld/internal/replay"
	"github.com/simkld/simkld/players"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// evening is a recording without titles: an episode that is paused for an hour and watched to its end, and a film that is skipped
// to its credits.
func evening(t *testing.T) record.Recording {
	t.Helper()
	var b bytes.Buffer
	w, err := record.NewWriter(&b, record.Header{StartAfterS: 5, PauseAfterS: 2, MinLengthS: 180, MinPlayed: 50}, media.Moment{Wall: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	put := func(at time.Duration, playback int64, path string, length, position time.Duration, state players.State, jumped bool, end players.End) {
		t.Helper()
		e := players.Event{
			Player: "mpv", Channel: "mpv", Instance: "a", PID: 7, Playback: playback, State: state, End: end, Position: position, Known: true, Rate: 1, Jumped: jumped,
			Item: media.Item{Path: path, Length: length, Picture: media.PictureVideo},
			At:   media.Moment{Wall: time.Unix(0, 0).Add(at), Mono: at, Boot: at},
		}
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	const episode, film = "/tv/Severance/Severance.S02E03.1080p.WEB.h264-GRP.mkv", "/films/Heat (1995)/Heat.1995.1080p.BluRay.x264-GRP.mkv"
	minute := time.Minute
	put(0, 1, episode, 45*minute, 0, players.Playing, false, players.EndNone)
	put(10*minute, 1, episode, 45*minute, 10*minute, players.Paused, false, players.EndNone)
	put(70*minute, 1, episode, 45*minute, 10*minute, players.Playing, false, players.EndNone)
	put(105*minute, 1, episode, 45*minute, 45*minute, players.Stopped, false, players.EndReached)
	put(106*minute, 2, film, 170*minute, 0, players.Playing, false, players.EndNone)
	put(110*minute, 2, film, 170*minute, 4*minute, players.Playing, false, players.EndNone)
	put(110*minute+1, 2, film, 170*minute, 160*minute, players.Playing, true, players.EndNone)
	put(111*minute, 2, film, 170*minute, 161*minute, players.Stopped, false, players.EndGone)
	if strings.Contains(b.String(), "Severance") {
		t.Fatal("the recording has titles")
	}
	r, err := record.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnEveningIsReplayedThroughTheWholeProgram(t *testing.T) {
	t.Parallel()
	result, err := replay.Run(t.Context(), evening(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, r := range result.Timeline {
		if r.Call != "" {
			calls = append(calls, fmt.Sprintf("%s %.0f %d", r.Call, r.Progress, r.Status))
		}
	}
	if got, want := strings.Join(calls, ", "), "start 0 201, pause 22 201, start 22 201, stop 100 201, start 0 201, pause 95 201"; got != want {
		t.Errorf("Simkl was told %s\nwant %s", got, want)
	}
	if len(result.History) != 1 || result.History[0].Season != 2 || result.History[0].Episode != 3 {
		t.Errorf("the history is %+v", result.History)
	}
	var became []string
	for _, w := range result.Watches {
		became = append(became, fmt.Sprintf("%s %s %.0f %.0f", w.Outcome, w.Reason, w.Progress, w.Played))
	}
	if got, want := strings.Join(became, ", "), "sent  100 100, not-counted not-played 95 3"; got != want {
		t.Errorf("it became %s, want %s", got, want)
	}
}

func TestReplayLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if _, err := replay.Run(t.Context(), record.Recording{}, nil); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
