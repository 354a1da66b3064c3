package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/scrobbler"
)

// backend is the daemon as its local door sees it.
type backend struct{ *Daemon }

var _ api.Backend = backend{}

// Status is what `status` shows.
func (b backend) Status(ctx context.Context) api.Status {
	now := b.now()
	snap := b.runner.Snapshot()
	q := b.queue.Status()
	st := api.Status{
		Version: about.Version(), PID: os.Getpid(), UptimeS: int64(now.Wall.Sub(b.started) / time.Second),
		Account: b.link.status(), Simkl: api.Simkl{Reachable: q.Reachable, Since: timeOrNil(q.Since)},
		PrivateUntil: timeOrNil(snap.Private.Until), Sessions: []api.Session{},
		Queue: api.Queue{
			Pending: q.Pending, Unmatched: q.Unmatched, Dead: q.Dead,
			Oldest: timeOrNil(q.Oldest), NextAttempt: timeOrNil(q.NextAttempt), LastError: textOrNil(q.LastError),
		},
		Players: b.listening(), Needs: b.needs(), Last: b.last(ctx), Checkin: b.checkin(ctx),
	}
	if now.Wall.Before(q.HeldUntil) {
		st.Queue.HeldUntil, st.Queue.HeldWhy = timeOrNil(q.HeldUntil), media.Sanitize(q.HeldWhy)
	}
	if st.PrivateUntil != nil && !now.Wall.Before(*st.PrivateUntil) {
		st.PrivateUntil = nil
	}
	for _, v := range snap.Sessions {
		st.Sessions = append(st.Sessions, sessionOf(v, now))
	}
	st.Sessions = append(st.Sessions, b.denied()...)
	return st
}

func sessionOf(v scrobbler.View, now media.Moment) api.Session {
	s := api.Session{
		ID: strconv.FormatInt(int64(v.Watch), 10), Player: media.Sanitize(v.Player), Instance: instanceOf(v),
		State: string(v.State), Path: PathURL(v.Item.Path),
		PositionS: seconds(v.Position(now)), DurationS: seconds(v.Item.Length),
		Progress: v.Progress(now), PlayedPercent: v.Played(now),
		Scrobble: string(v.Scrobble), Reason: string(v.Reason), ReasonText: media.Sanitize(v.ReasonWords()),
		Started: timeOrNil(v.Started), Paused: timeOrNil(v.Paused),
	}
	if v.State == players.Playing {
		s.Rate = v.Rate()
	}
	if v.Known {
		identity := Clean(Enriched(v.Match, v.Answer))
		identity.Because = nil
		s.Identity = &identity
	}
	if r := v.Resume; r.To > 0 {
		s.Resume = &api.Resume{PositionS: seconds(r.To), Progress: r.Point.Progress, LeftAt: r.Point.At.UTC()}
	}
	if v.Answer != nil {
		s.URL, s.Episode = v.Answer.Page(), media.Sanitize(v.Answer.EpisodeTitle)
	}
	return s
}

// denied are the players on the bus that play what nobody allowed: no watch of them is ever kept.
func (b backend) denied() []api.Session {
	var list []api.Session
	bus := b.watched.Load().mpris
	if bus == nil {
		return nil
	}
	for _, d := range bus.Denied() {
		list = append(list, api.Session{
			Player: media.Sanitize(d.Player), Instance: instance(d.PID, d.Instance), State: string(players.Playing),
			Scrobble: string(scrobbler.ScrobbleIgnored), Reason: string(media.ReasonDeniedPlayer),
			ReasonText: scrobbler.Settings{}.Words(media.ReasonDeniedPlayer, 0),
		})
	}
	return list
}

func instanceOf(v scrobbler.View) string { return instance(v.PID, v.Instance) }

func instance(pid int, name string) string {
	if pid != 0 {
		return fmt.Sprintf("pid %d", pid)
	}
	return media.Sanitize(name)
}

// Enriched gives a match what is known from Simkl's answer and not from the file.
func Enriched(m media.Match, a *media.Answer) media.Match {
	if a == nil {
		return m
	}
	if m.Year == 0 {
		m.Year = a.Year
	}
	if m.IDs.IsZero() {
		m.IDs = a.IDs
	}
	return m
}

// Clean makes the text of a match safe to show.
func Clean(m media.Match) media.Match {
	m.Title, m.Edition, m.Country = media.Sanitize(m.Title), media.Sanitize(m.Edition), media.Sanitize(m.Country)
	for i, why := range m.Because {
		if safe := media.Sanitize(why); safe != why {
			m.Because[i] = safe
		}
	}
	return m
}

// PathURL is a path as a URL, so that bytes that are not UTF-8 survive JSON. A URL loses its query, where secrets stand.
func PathURL(path string) string {
	if path == "" {
		return ""
	}
	if media.SchemeOf(path) != "" {
		base, _, _ := strings.Cut(path, "?")
		return media.Sanitize(base)
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath()
}

// seconds cuts to milliseconds.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	s = media.Sanitize(s)
	return &s
}

// Changed is closed at the next change.
func (b backend) Changed() <-chan struct{} { return b.runner.Changed() }

// NextPercent is how long until a session that plays comes to its next whole percent.
func (b backend) NextPercent() time.Duration {
	now := b.now()
	var soonest time.Duration
	for _, v := range b.runner.Snapshot().Sessions {
		left := v.UntilNextPercent(now)
		if left > 0 && (soonest == 0 || left < soonest) {
			soonest = left
		}
	}
	return soonest
}

// listening says what the daemon listens to.
func (b backend) listening() []string {
	list := []string{}
	if b.config().Players.MPV.Enabled {
		list = append(list, "mpv")
	}
	for _, v := range b.config().Players.VLC {
		list = append(list, "VLC at "+media.Sanitize(v.URL))
	}
	if bus := b.watched.Load().mpris; bus != nil && bus.OnBus() {
		list = append(list, "players on the bus (MPRIS)")
	}
	return list
}

// needs are sentences on what only a person can mend.
func (b backend) needs() []string {
	needs := []string{}
	if words := b.link.needs(); words != "" {
		needs = append(needs, words)
	}
	q := b.queue.Status()
	if q.LoginNeeded && b.link.status().Linked {
		needs = append(needs, "Simkl no longer accepts the token, "+kept(q.Pending)+": simkld login")
	}
	if q.OtherAccount > 0 {
		needs = append(needs, kept(q.OtherAccount)+" for another account: simkld login")
	}
	if q.Unmatched > 0 {
		needs = append(needs, count(q.Unmatched, "watch", "watches")+" not recognised: simkld unmatched")
	}
	if q.Dead > 0 {
		needs = append(needs, count(q.Dead, "watch", "watches")+" refused by Simkl: simkld queue list")
	}
	needs = append(needs, b.playerTroubles()...)
	if words := b.trouble.Load(); words != nil {
		needs = append(needs, *words)
	}
	if b.damagedNow.Load() {
		needs = append(needs, damagedWords)
	}
	if words := b.page.trouble(); words != "" {
		needs = append(needs, words)
	}
	if b.damage != nil {
		needs = append(needs, "the state file was damaged, moved to "+filepath.Base(b.damage.MovedTo)+": simkld doctor")
	}
	return needs
}

// playerTroubles say why players cannot be seen that could be.
func (b backend) playerTroubles() []string {
	var list []string
	w := b.watched.Load()
	if w.mpris != nil {
		if t := w.mpris.Trouble(); t != nil && t.Kind != mpris.NoBus {
			list = append(list, t.String())
		}
	}
	if w.vlc != nil {
		for _, st := range w.vlc.Statuses() {
			if what, do := st.Words(); what != "" {
				list = append(list, what+": "+do)
			}
		}
	}
	return list
}

func kept(n int) string {
	if n == 1 {
		return "1 watch is kept"
	}
	return strconv.Itoa(n) + " watches are kept"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// last is the watch that ended last.
func (b backend) last(ctx context.Context) *api.Last {
	e, err := b.store.LastEntry(ctx, store.OutcomeSent, store.OutcomeQueued, store.OutcomeUnmatched, store.OutcomeDead)
	if err != nil {
		return nil // there is none, or the next write says what is wrong
	}
	last := &api.Last{
		ID: strconv.FormatInt(int64(e.ID), 10), Label: media.Sanitize(e.Match.Label()),
		WatchedAt: timeOrNil(e.WatchedAt), Outcome: string(e.Outcome),
	}
	if e.Answer != nil {
		last.URL = e.Answer.Page()
	}
	return last
}

// Why explains a session, or what was played last.
func (b backend) Why(ctx context.Context, path string, watch media.WatchID) (api.Why, error) {
	now := b.now()
	sessions := b.runner.Snapshot().Sessions
	for i := len(sessions) - 1; i >= 0; i-- {
		v := sessions[i]
		switch {
		case v.State == players.Stopped && path == "" && watch == 0:
			continue // its end is in the journal, with what became of it
		case path != "" && v.Item.Path != path, watch != 0 && v.Watch != watch:
			continue
		case v.State == players.Stopped:
			continue
		}
		return b.whyOf(v, now), nil
	}
	return WhyEnded(ctx, b.store, path, watch)
}

func (b backend) whyOf(v scrobbler.View, now media.Moment) api.Why {
	why := api.Why{
		ID: strconv.FormatInt(int64(v.Watch), 10), Title: media.Sanitize(titleOf(v.Match, v.Item.Path)),
		Path: PathURL(v.Item.Path), Summary: string(v.Scrobble), Reason: string(v.Reason), Chain: decisions(v.Chain(now)),
	}
	if v.Reason != media.ReasonNone {
		why.Summary = string(v.Scrobble) + ", " + media.Sanitize(v.ReasonWords())
	}
	if v.Answer != nil {
		why.URL = v.Answer.Page()
	}
	return why
}

func titleOf(m media.Match, path string) string {
	if label := m.Label(); label != "" {
		return label
	}
	return filepath.Base(path)
}

func decisions(chain []scrobbler.Decision) []api.Decision {
	out := make([]api.Decision, len(chain))
	for i, d := range chain {
		out[i] = api.Decision{Rule: d.Rule, Mark: string(d.Mark), Text: d.Text, Decided: d.Decided}
	}
	return out
}

// WhyEnded explains a watch that is over, by the journal: the one with that number, the last one of that path, or the
// last one of all.
func WhyEnded(ctx context.Context, s *store.Store, path string, watch media.WatchID) (api.Why, error) {
	e, err := findEntry(ctx, s, path, watch)
	if errors.Is(err, store.ErrNotFound) {
		return api.Why{}, fault.New(fault.NotFound, "nothing was played yet that could be explained", "play something, or name a file")
	}
	if err != nil {
		return api.Why{}, err
	}
	why := api.Why{
		ID: strconv.FormatInt(int64(e.ID), 10), Title: media.Sanitize(titleOf(e.Match, e.Path)), Path: PathURL(e.Path),
		Summary: string(e.Outcome), Reason: string(e.Reason),
	}
	var chain []scrobbler.Decision
	if len(e.Chain) > 0 {
		if err := json.Unmarshal(e.Chain, &chain); err != nil {
			return api.Why{}, fmt.Errorf("read the chain of watch %d: %w", e.ID, err)
		}
	}
	why.Chain = append(decisions(chain), outcomeDecision(e))
	if e.Answer != nil {
		why.URL = e.Answer.Page()
		answered(why.Chain, *e.Answer)
	}
	return why, nil
}

func findEntry(ctx context.Context, s *store.Store, path string, watch media.WatchID) (store.Entry, error) {
	switch {
	case watch != 0:
		return s.Entry(ctx, watch)
	case path == "":
		return s.LastEntry(ctx)
	}
	all, err := s.Entries(ctx, time.Time{}, 0)
	if err != nil {
		return store.Entry{}, err
	}
	for _, e := range all {
		if e.Path == path {
			return e, nil
		}
	}
	return store.Entry{}, store.ErrNotFound
}

// outcomeDecision is the last line of the chain: what became of the watch at Simkl.
func outcomeDecision(e store.Entry) api.Decision {
	d := api.Decision{Rule: "sent", Mark: "ok"}
	switch e.Outcome {
	case store.OutcomeSent:
		d.Decided, d.Text = true, "Simkl has it, by "+e.Via
	case store.OutcomeQueued:
		d.Mark, d.Text = "--", "kept on disk, sent when Simkl can be reached"
	case store.OutcomeUnmatched:
		d.Mark, d.Text = "--", fmt.Sprintf("nothing was sent; the watch is kept: simkld fix %d", e.ID)
	case store.OutcomeDead:
		d.Mark, d.Text = "NO", fmt.Sprintf("Simkl refused it; it is kept: simkld queue retry %d", e.ID)
	case store.OutcomeUndone:
		d.Text = "taken back by undo"
	case store.OutcomeDropped:
		d.Text = "dropped by hand"
	case store.OutcomeNotCounted:
		d.Text = fmt.Sprintf("nothing is marked. Count it all the same: simkld mark %d", e.ID)
	case store.OutcomeNone:
		d.Mark, d.Text = "--", "it has not ended yet"
	}
	return d
}

// answered fills in what Simkl said after the watch had ended.
func answered(chain []api.Decision, a media.Answer) {
	for i, d := range chain {
		if d.Rule == "trust" && d.Mark == string(scrobbler.MarkNot) {
			chain[i].Mark = string(scrobbler.MarkOK)
			chain[i].Text = media.Sanitize("Simkl knows it as " + a.Title + " " + a.Page())
		}
	}
}

// SetPrivate keeps what plays private, for a while, for one file, or no longer.
func (b backend) SetPrivate(ctx context.Context, req api.PrivateRequest) (api.Status, error) {
	p := scrobbler.Private{}
	if req.Until != nil {
		p.Until = req.Until.UTC()
	}
	if req.File {
		v, ok := b.playing()
		if !ok {
			return api.Status{}, fault.New(fault.NotFound, "nothing plays now", "give a time: simkld private 90m")
		}
		p.Watch = v.Watch
	}
	if err := SavePrivate(ctx, b.store, p.Until, b.now().Wall); err != nil {
		return api.Status{}, err
	}
	err := b.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.SetPrivate(p, now) })
	return b.Status(ctx), err
}

// playing is the session that plays, the newest of several.
func (b backend) playing() (scrobbler.View, bool) {
	sessions := b.runner.Snapshot().Sessions
	for i := len(sessions) - 1; i >= 0; i-- {
		if sessions[i].State != players.Stopped {
			return sessions[i], true
		}
	}
	return scrobbler.View{}, false
}

// Mark counts what plays as watched now.
func (b backend) Mark(ctx context.Context, req api.MarkRequest) (api.Marked, error) {
	watch := req.Watch
	if watch == 0 {
		v, ok := b.playing()
		if !ok {
			return api.Marked{}, errNotPlaying
		}
		watch = v.Watch
	}
	var marked bool
	b.alerts.mute(watch, true)
	err := b.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect {
		var effects []scrobbler.Effect
		effects, marked = m.Mark(watch, now)
		return effects
	})
	if err != nil {
		return api.Marked{}, err
	}
	if !marked {
		b.alerts.mute(watch, false)
		return api.Marked{}, errNotPlaying
	}
	e, err := b.store.Entry(ctx, watch)
	return api.Marked{Watch: watch, Label: media.Sanitize(e.Match.Label())}, err
}

// errNotPlaying tells the command to look at what was played last instead.
var errNotPlaying = fault.New(fault.NotFound, "nothing plays now that could be counted", "name a watch by its number")

// Kicked takes note of what another process has changed.
func (b backend) Kicked(ctx context.Context, k api.Kick) error {
	defer b.show()
	defer b.alerts.changed(k) //nolint:contextcheck // it looks again later, when this request is over
	switch k {
	case api.KickQueue:
		b.queue.Kick()
	case api.KickRules:
		return b.applyRules(ctx)
	case api.KickAccount:
		return b.link.reload(ctx)
	case api.KickPrivate:
		p := b.private(ctx)
		return b.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.SetPrivate(p, now) })
	}
	return nil
}

// applyRules lets every session be identified anew by the rules as they now are.
func (d *Daemon) applyRules(ctx context.Context) error {
	rules, err := RulesOf(ctx, *d.loaded.Load(), d.store)
	if err != nil {
		return err
	}
	d.who.Set(d.identifyConfig(rules))
	d.queue.Kick()
	return d.runner.Do(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.Again(now) })
}
