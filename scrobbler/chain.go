package scrobbler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Mark says how a rule judged.
type Mark string

// The written forms are shown as they are (screens.md 3).
const (
	MarkOK  Mark = "ok"
	MarkNo  Mark = "NO"
	MarkNot Mark = "--" // not asked
)

// Decision is how one rule judged a watch, with its value and bound.
type Decision struct {
	Rule string `json:"rule"`
	Mark Mark   `json:"mark"`
	Text string `json:"text"`
	// Decided is true for the rule that settled the matter.
	Decided bool `json:"decided,omitempty"`
}

// chain is every rule in the order in which they are asked. After the rule that decided against a watch, the others
// were not asked.
func (set Settings) chain(s *session, i int, p float64, at time.Time) []Decision {
	ep := s.eps[i]
	c := chainOf{}
	c.add("player", MarkOK, playerText(s))
	chainPlace(&c, s)
	if isKind(s.reason) {
		c.no("kind", set.Words(s.reason, s.item.Length))
	} else {
		c.add("kind", MarkOK, "video of "+clockText(s.item.Length)+", no trailer, sample or extra")
	}
	chainIdentity(&c, s, ep)
	set.chainPlay(&c, s, i, p, at)
	return c.list
}

func chainPlace(c *chainOf, s *session) {
	forbidden := map[media.Reason]string{
		media.ReasonPrivate:     "private: nothing is told",
		media.ReasonExcluded:    "by matcher.exclude " + s.rule,
		media.ReasonNotIncluded: "outside matcher.include",
	}
	if text, ok := forbidden[s.reason]; ok {
		c.no("place", text)
		return
	}
	c.add("place", MarkOK, placeText(s))
}

// isKind reports whether a reason lies in what sort of thing is played.
func isKind(r media.Reason) bool {
	return slices.Contains([]media.Reason{
		media.ReasonMusic, media.ReasonPicture, media.ReasonLive, media.ReasonNoDuration, media.ReasonShort, media.ReasonExtra,
	}, r)
}

func chainIdentity(c *chainOf, s *session, ep *episode) {
	switch {
	case !s.known:
		c.add("identity", MarkNot, "not known yet")
	case ep.match.Kind == media.KindNone:
		c.no("identity", strings.Join(append([]string{"no title could be read"}, s.match.Because...), "; "))
	case !s.mayGo:
		c.no("identity", fmt.Sprintf("%q from %s (%.2f): %s", ep.match.Label(), ep.match.Source, ep.match.Confidence, s.note))
	default:
		text := fmt.Sprintf("%s from %s (%.2f)", ep.match.Label(), ep.match.Source, ep.match.Confidence)
		if len(s.match.Because) > 0 {
			text += ": " + strings.Join(s.match.Because, "; ")
		}
		c.add("identity", MarkOK, text)
	}
	switch {
	case ep.unmatched:
		c.no("trust", "Simkl knows no such title, or answered with another one")
	case ep.answer != nil:
		c.add("trust", MarkOK, "Simkl answered "+ep.answer.Title+" "+ep.answer.Page())
	default:
		c.add("trust", MarkNot, "not asked yet")
	}
}

func (set Settings) chainPlay(c *chainOf, s *session, i int, p float64, at time.Time) {
	ep := s.eps[i]
	share := s.share(i)
	elsewhere := ""
	if ep.elsewhere > 0 {
		elsewhere = fmt.Sprintf(", up to %.0f %% on another machine", cut(ep.elsewhere))
	}
	switch {
	case at.IsZero():
		c.add("position", MarkOK, fmt.Sprintf("at %.0f %%, watched from %.0f %% on", cut(p), watchedFrom))
	case p >= watchedFrom:
		c.add("position", MarkOK, fmt.Sprintf("ended at %.0f %%, %.0f %% needed", cut(p), watchedFrom))
	default:
		c.no("position", fmt.Sprintf("ended at %.0f %%, %.0f %% needed", cut(p), watchedFrom))
	}
	switch {
	case share >= set.MinPlayed || ep.counted:
		c.add("played", MarkOK, fmt.Sprintf("%.0f %%%s, %.0f %% needed", cut(share), elsewhere, set.MinPlayed))
	case at.IsZero():
		c.add("played", MarkOK, fmt.Sprintf("%.0f %% so far%s, %.0f %% needed", cut(share), elsewhere, set.MinPlayed))
	default:
		text := fmt.Sprintf("%.0f %%%s, %.0f %% needed", cut(share), elsewhere, set.MinPlayed)
		if s.jump.to > s.jump.from {
			text += ": jumped from " + clockText(s.jump.from) + " to " + clockText(s.jump.to)
		}
		c.no("played", text)
	}
}

// chainOf collects decisions; after the first NO nothing more is asked.
type chainOf struct {
	list   []Decision
	closed bool
}

func (c *chainOf) add(rule string, mark Mark, text string) {
	if c.closed {
		mark, text = MarkNot, "not asked"
	}
	c.list = append(c.list, Decision{Rule: rule, Mark: mark, Text: media.Sanitize(text)})
}

func (c *chainOf) no(rule, text string) {
	decided := !c.closed
	c.add(rule, MarkNo, text)
	c.list[len(c.list)-1].Decided = decided
	c.closed = true
}

func playerText(s *session) string {
	if s.pid == 0 {
		return s.player
	}
	return fmt.Sprintf("%s, pid %d", s.player, s.pid)
}

func placeText(s *session) string {
	if s.item.Path == "" {
		return "the player names no file"
	}
	return s.item.Path
}

// Words says in words why something is not scrobbled (screens.md 2).
func (set Settings) Words(r media.Reason, length time.Duration) string {
	words := map[media.Reason]string{
		media.ReasonShort:        clockText(length) + " long, under min_duration " + clockText(set.MinDuration),
		media.ReasonLive:         "a live stream",
		media.ReasonNoDuration:   "the player gives no length",
		media.ReasonExtra:        "a trailer, sample or extra",
		media.ReasonNotIncluded:  "outside matcher.include",
		media.ReasonExcluded:     "by matcher.exclude",
		media.ReasonUnmatched:    "not recognised",
		media.ReasonDuplicate:    "another player shows the same",
		media.ReasonDeniedPlayer: "not in players.mpris.allow",
		media.ReasonLooped:       "second round",
	}
	if w, ok := words[r]; ok {
		return w
	}
	return string(r)
}

// clockText writes 10:12 and 2:50:03.
func clockText(d time.Duration) string {
	sec := int64(d / time.Second)
	if sec >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
	}
	return fmt.Sprintf("%d:%02d", sec/60, sec%60)
}

// cut shows a percent without rounding it up, since 80 decides.
func cut(p float64) float64 { return float64(int(p)) }
