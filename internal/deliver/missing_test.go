package deliver_test

import (
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// start sends a start and says how many requests that made.
func (r rig) start(t *testing.T, m media.Match) (queue.Outcome, int) {
	t.Helper()
	before := len(r.simkl.Requests())
	out := r.Send(t.Context(), row(media.VerbStart, m, 1))
	return out, len(r.simkl.Requests()) - before
}

func TestUnknownTitleIsNotAskedForAgainForADayThenForAWeek(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		for _, step := range []struct {
			after time.Duration
			asked int
		}{
			{0, 1}, {time.Hour, 0}, {22 * time.Hour, 0}, // a day
			{2 * time.Hour, 1}, {6 * 24 * time.Hour, 0}, // a week
			{25 * time.Hour, 1}, {6 * 24 * time.Hour, 0}, {25 * time.Hour, 1}, // never for ever
		} {
			time.Sleep(step.after) // virtual
			out, asked := r.start(t, film("Nobody's film", 1990))
			if asked != step.asked || out.Class != queue.Mistaken || out.Words == "" {
				t.Errorf("after %s: %d requests, want %d (%+v)", step.after, asked, step.asked, out)
			}
		}
	})
}

func TestUnknownSeriesIsNotAskedForByItsNextEpisode(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		r.start(t, episode("Nobody's series", 0, 1, 1))
		if _, asked := r.start(t, episode("Nobody's series", 0, 1, 2)); asked != 0 {
			t.Error("every series has a first episode: the second one is asked for all the same")
		}
		r.start(t, episode("Somebody's series", 0, 3, 4))
		if _, asked := r.start(t, episode("Somebody's series", 0, 3, 4)); asked != 0 {
			t.Error("the same episode is asked for twice")
		}
		if _, asked := r.start(t, episode("Somebody's series", 0, 3, 5)); asked != 1 {
			t.Error("one episode that is not there is taken for the series")
		}
		if _, asked := r.start(t, episode("Somebody's series", 0, 3, 6)); asked != 0 {
			t.Error("two episodes were not known, and the third is asked for")
		}
		if _, asked := r.start(t, film("Nobody's series", 0)); asked != 1 {
			t.Error("a film is taken for a series of its name")
		}
	})
}

func TestEpisodesThatAKnownSeriesHasNotKeepNoOtherBack(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		r.start(t, episode("Severance", 2022, 1, 3))
		for n := media.Number(90); n < 94; n++ {
			r.start(t, episode("Severance", 2022, 2, n))
		}
		if out, asked := r.start(t, episode("Severance", 2022, 2, 3)); asked != 1 || out.Class != queue.Done {
			t.Errorf("%d requests, %+v", asked, out)
		}
	})
}

func TestWhatClosesAStartIsSentWhateverIsMissing(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		m := film("Nobody's film", 1990)
		r.start(t, m)
		for _, verb := range []media.Verb{media.VerbPause, media.VerbStop, media.VerbWatched} {
			before := len(r.simkl.Requests())
			r.Send(t.Context(), row(verb, m, 90))
			if len(r.simkl.Requests()) == before {
				t.Errorf("%s was not sent", verb)
			}
		}
	})
}

func TestUnknownNameOfALateWatchIsConfirmedOnceADay(t *testing.T) {
	inRig(t, func(t *testing.T, r rig) {
		late := row(media.VerbWatched, episode("Nobody's series", 0, 4, 4), 100)
		r.Confirm(t.Context(), late)
		before := len(r.simkl.Requests())
		if out := r.Confirm(t.Context(), late); out.Class != queue.Mistaken || len(r.simkl.Requests()) != before {
			t.Errorf("asked again: %+v", out)
		}
		time.Sleep(25 * time.Hour) // virtual
		if r.Confirm(t.Context(), late); len(r.simkl.Requests()) == before {
			t.Error("never asked again")
		}
	})
}
