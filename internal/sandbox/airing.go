package sandbox

import "time"

// seasonEvery is how far the first episodes of two seasons lie apart, and weekly how far two episodes do.
const (
	seasonEvery = 52 * weekly
	weekly      = 7 * 24 * time.Hour
)

// aired is when an episode was or will be shown; for a film's key, when the film comes out. The catalog knows the first
// day of a title at most, so the rest is made up: an episode a week and a season a year from then on, and what is
// still to come an episode a week from the next day that belongs to the title.
func (t *title) aired(ep episodeKey, now time.Time) time.Time {
	if i := t.pending(ep); i >= 0 {
		return t.nextDay(now).Add(time.Duration(i) * weekly)
	}
	first, err := time.Parse(time.DateOnly, t.Released)
	if err != nil {
		first = time.Date(t.Year, time.January, 10, 0, 0, 0, 0, time.UTC)
	}
	if ep == (episodeKey{}) {
		return first
	}
	season, number := max(1, ep.Season), ep.Number
	if ep.Season == 0 {
		number += t.Seasons[0] // specials follow the first season
	}
	return first.Add(20*time.Hour + time.Duration(season-1)*seasonEvery + time.Duration(number-1)*weekly)
}

// pending is the place of an episode among those still to come, -1 for one that was shown.
func (t *title) pending(ep episodeKey) int {
	if t.film() {
		if t.released() {
			return -1
		}
		return 0
	}
	aired := len(t.regular(true))
	for i, e := range t.regular(false)[aired:] {
		if e == ep {
			return i
		}
	}
	return -1
}

// nextDay is the day of the week on which the title is shown, today or later, in the evening.
func (t *title) nextDay(now time.Time) time.Time {
	today := now.UTC().Truncate(24 * time.Hour)
	return today.Add(20*time.Hour).AddDate(0, 0, int((t.Simkl-int64(today.Weekday())+7)%7))
}

// local writes a time as the network does: New York's zone for TV, Japan's for anime (2.1).
func (t *title) local(at time.Time) time.Time {
	if t.Kind == kindAnime {
		return at.In(time.FixedZone("", 9*3600))
	}
	return at.In(time.FixedZone("", -5*3600))
}
