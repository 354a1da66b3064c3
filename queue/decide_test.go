package queue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
)

// TestAnswerTable is the table of product.md 6: one row per cell.
func TestAnswerTable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	in := now.Add
	ids := media.Match{Kind: media.KindEpisode, Title: "Severance", IDs: media.IDs{IMDB: "tt1"}} // four forms
	film := media.Match{Kind: media.KindMovie, Title: "Heat", Year: 1995}                        // one form
	live := Row{Call: media.Call{Verb: media.VerbStart, Match: ids}}
	watched := Row{Call: media.Call{Verb: media.VerbWatched, Match: ids}}
	back := Row{Call: media.Call{Verb: VerbTakeBack, Match: ids}}
	with := func(r Row, f func(*Row)) Row { f(&r); return r }
	lastForm := func(r Row) Row { return with(r, func(r *Row) { r.Match = film }) }
	wrong := &media.Answer{Title: "Another"}
	marked := &media.Answer{Title: "Another", Action: "scrobble"}

	for name, c := range map[string]struct {
		row   Row
		batch int
		out   Outcome
		want  decision
	}{
		"trusted, live":    {live, 1, Outcome{Class: Done}, decision{act: actSent}},
		"trusted, watched": {watched, 1, Outcome{Class: Done}, decision{act: actSent}},
		"409, live":        {live, 1, Outcome{Class: Done, Status: 409}, decision{act: actSent}},
		"409, watched":     {watched, 1, Outcome{Class: Done, Status: 409}, decision{act: actSent}},

		"not found, live":               {live, 1, Outcome{Class: Mistaken}, decision{act: actForm}},
		"not found, watched":            {watched, 9, Outcome{Class: Mistaken}, decision{act: actForm}},
		"not found, last form, live":    {lastForm(live), 1, Outcome{Class: Mistaken}, decision{act: actUnmatched}},
		"not found, last form, watched": {lastForm(watched), 1, Outcome{Class: Mistaken}, decision{act: actUnmatched}},
		"not trusted, live":             {live, 1, Outcome{Class: Untrusted, Answer: wrong}, decision{act: actForm, takeBack: true}},
		"not trusted, watched":          {watched, 1, Outcome{Class: Untrusted, Answer: marked}, decision{act: actForm}},
		"not trusted, last form, live":  {lastForm(live), 1, Outcome{Class: Untrusted, Answer: wrong}, decision{act: actUnmatched, takeBack: true}},
		"not trusted, by search":        {watched, 1, Outcome{Class: Untrusted}, decision{act: actForm}},
		"nothing to take back":          {back, 1, Outcome{Class: Mistaken}, decision{act: actDropped}},

		"locked, live":           {live, 1, Outcome{Class: Locked}, decision{act: actWait, at: in(20 * time.Second), patient: true}},
		"locked again, live":     {with(live, func(r *Row) { r.Locks = 1 }), 1, Outcome{Class: Locked}, decision{act: actDropped}},
		"locked, watched":        {watched, 1, Outcome{Class: Locked}, decision{act: actWait, at: in(20 * time.Second), patient: true}},
		"locked again, watched":  {with(watched, func(r *Row) { r.Locks, r.Attempts = 1, 1 }), 1, Outcome{Class: Locked}, decision{act: actWait, at: in(20 * time.Second), patient: true}},
		"locked often, watched":  {with(watched, func(r *Row) { r.Locks, r.Attempts = 6, 6 }), 1, Outcome{Class: Locked}, decision{act: actWait, at: in(64 * time.Second), patient: true}},
		"refused, live":          {live, 1, Outcome{Class: Refused}, decision{act: actDropped}},
		"refused, watched":       {watched, 1, Outcome{Class: Refused}, decision{act: actDead}},
		"too many of one":        {watched, 1, Outcome{Class: TooMany}, decision{act: actDead}},
		"too many of more":       {watched, 50, Outcome{Class: TooMany}, decision{act: actHalve}},
		"login, live":            {live, 1, Outcome{Class: LoginNeeded}, decision{act: actHold, login: true}},
		"login, watched":         {watched, 1, Outcome{Class: LoginNeeded}, decision{act: actHold, login: true}},
		"held, live":             {live, 1, Outcome{Class: Held, RetryAfter: time.Hour}, decision{act: actHold, at: in(time.Hour)}},
		"held, watched":          {watched, 1, Outcome{Class: Held, RetryAfter: time.Hour}, decision{act: actHold, at: in(time.Hour)}},
		"held without a time":    {watched, 1, Outcome{Class: Held}, decision{act: actHold, at: in(time.Minute)}},
		"crowded, live":          {live, 1, Outcome{Class: Crowded}, decision{act: actHold, at: in(time.Second), quiet: true}},
		"crowded, watched":       {watched, 1, Outcome{Class: Crowded}, decision{act: actHold, at: in(time.Second), quiet: true}},
		"spared, live":           {live, 1, Outcome{Class: Spared}, decision{act: actDropped, quiet: true}},
		"spared, watched":        {watched, 1, Outcome{Class: Spared}, decision{act: actWait, at: in(time.Second), patient: true, quiet: true}},
		"odd, live":              {live, 1, Outcome{Class: Odd}, decision{act: actDropped}},
		"odd, watched":           {watched, 1, Outcome{Class: Odd}, decision{act: actWait, at: in(time.Minute), patient: true}},
		"odd again, watched":     {with(watched, func(r *Row) { r.Odds = 2 }), 1, Outcome{Class: Odd}, decision{act: actWait, at: in(4 * time.Minute), patient: true}},
		"odd for days, watched":  {with(watched, func(r *Row) { r.Odds = 99 }), 1, Outcome{Class: Odd}, decision{act: actWait, at: in(time.Hour), patient: true}},
		"unreachable, live":      {live, 1, Outcome{Class: Unreachable}, decision{act: actWait, at: in(time.Second), down: true}},
		"unreachable, watched":   {with(watched, func(r *Row) { r.Attempts = 2 }), 1, Outcome{Class: Unreachable}, decision{act: actWait, at: in(4 * time.Second), down: true}},
		"unreachable, take-back": {back, 1, Outcome{Class: Unreachable}, decision{act: actWait, at: in(time.Second), down: true}},
		"unknown, live":          {live, 1, Outcome{Class: "?"}, decision{act: actWait, at: in(time.Second), down: true}},
		"unknown, watched":       {watched, 1, Outcome{}, decision{act: actWait, at: in(time.Second), down: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decide(c.row, c.batch, c.out, now, 0)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFinishedWatchIsNeverDroppedByAnAnswer(t *testing.T) {
	t.Parallel()
	classes := []Class{
		Done, Mistaken, Untrusted, Locked, Refused, TooMany, LoginNeeded, Held, Crowded, Spared, Odd,
		Unreachable, "of tomorrow",
	}
	rapid.Check(t, func(t *rapid.T) {
		row := Row{
			Call:     media.Call{Verb: media.VerbWatched, Match: media.Match{Title: "x"}},
			Attempts: rapid.IntRange(0, 1e6).Draw(t, "attempts"), Locks: rapid.IntRange(0, 9).Draw(t, "locks"),
			Odds: rapid.IntRange(0, 1e6).Draw(t, "odds"), Form: rapid.IntRange(0, 3).Draw(t, "form"),
		}
		out := Outcome{Class: rapid.SampledFrom(classes).Draw(t, "class")}
		now := time.Unix(1e9, 0)
		d := decide(row, rapid.IntRange(1, MaxBatch).Draw(t, "batch"), out, now, rapid.Float64Range(0, 0.999).Draw(t, "rnd"))
		switch {
		case d.act == actDropped:
			t.Fatalf("%s drops it", out.Class)
		case d.act == actSent && out.Class != Done:
			t.Fatalf("%s counts as sent", out.Class)
		case d.act == actWait && (!d.at.After(now) || d.at.After(now.Add(time.Hour))):
			t.Fatalf("waits until %v", d.at.Sub(now))
		}
	})
}

func TestDelayDoublesFromASecondToFiveMinutes(t *testing.T) {
	t.Parallel()
	var got []time.Duration
	for n := 1; n <= 11; n++ {
		got = append(got, Delay(n, 0))
		if least := Delay(n, 0.9999); least < got[n-1]/2 || least >= got[n-1] {
			t.Errorf("delay %d with jitter is %v, without %v", n, least, got[n-1])
		}
	}
	s := time.Second
	want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 300 * s, 300 * s}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormsAreInTheOrderOfTrust(t *testing.T) {
	t.Parallel()
	id := media.IDs{IMDB: "tt1"}
	abs := []media.Number{5}
	show, anime, movie := media.AnswerShow, media.AnswerAnime, media.AnswerMovie
	for name, c := range map[string]struct {
		match media.Match
		want  []Form
	}{
		"film":           {media.Match{Kind: media.KindMovie, Title: "Heat"}, []Form{{Container: movie}}},
		"film with id":   {media.Match{Kind: media.KindMovie, Title: "Heat", IDs: id}, []Form{{Container: movie, ByID: true}, {Container: movie}}},
		"series":         {media.Match{Kind: media.KindEpisode, Title: "Dark"}, []Form{{Container: show}, {Container: anime}}},
		"series, ids":    {media.Match{Kind: media.KindEpisode, Title: "Dark", IDs: id}, []Form{{Container: show, ByID: true}, {Container: show}, {Container: anime, ByID: true}, {Container: anime}}},
		"country":        {media.Match{Kind: media.KindEpisode, Title: "The Office", Country: "GB"}, []Form{{Container: show, WithCountry: true}, {Container: show}, {Container: anime}}},
		"only ids":       {media.Match{Kind: media.KindEpisode, IDs: id}, []Form{{Container: show, ByID: true}, {Container: anime, ByID: true}}},
		"anime":          {media.Match{Kind: media.KindEpisode, Title: "Frieren", Anime: true}, []Form{{Container: anime}, {Container: show}}},
		"absolute":       {media.Match{Kind: media.KindEpisode, Title: "Frieren", Absolute: abs}, []Form{{Container: anime}, {Container: show}}},
		"both numbers":   {media.Match{Kind: media.KindEpisode, Title: "Dark", Absolute: abs, Episodes: abs}, []Form{{Container: show}, {Container: anime}}},
		"nothing at all": {media.Match{Kind: media.KindEpisode}, nil},
	} {
		if diff := cmp.Diff(c.want, Forms(c.match)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWrittenFormsNeverChange(t *testing.T) {
	t.Parallel()
	got := []string{
		string(StatePending), string(StateUnmatched), string(StateDead), string(VerbTakeBack),
		string(StartNone), string(StartMaybe), string(StartOpen), string(StartClosed),
	}
	want := []string{"pending", "unmatched", "dead", "takeback", "", "maybe", "open", "closed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTitleKeyJoinsEpisodesOfOneTitleOnly(t *testing.T) {
	t.Parallel()
	two, three := 2, 3
	ep := func(title string, season *int, n media.Number) media.Match {
		return media.Match{Kind: media.KindEpisode, Title: title, Season: season, Episodes: []media.Number{n}}
	}
	if TitleKey(ep("Severance", &two, 3)) != TitleKey(ep("severance.", &three, 4)) {
		t.Error("two episodes of one series have different keys")
	}
	if TitleKey(ep("葬送のフリーレン", nil, 1)) == TitleKey(ep("ダンジョン飯", nil, 1)) {
		t.Error("two series have one key")
	}
	if TrustKey(ep("Frieren", &two, 3)) == TrustKey(ep("Frieren", &three, 3)) {
		t.Error("the answer for one cour would be used for another")
	}
	heat := media.Match{Kind: media.KindMovie, Title: "Heat", Year: 1995}
	other := heat
	other.Year = 1986
	if TitleKey(heat) == TitleKey(other) || TrustKey(heat) == TrustKey(other) {
		t.Error("two films of one name have one key")
	}
}
