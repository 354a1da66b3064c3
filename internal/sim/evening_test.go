package sim_test

import (
	"context"
	"fmt"
	"strings"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/netwatch"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/queue"
)

// happening is what befalls the machine: all that happens comes from the agenda of them, or from a plan.
type happening struct {
	at time.Duration // by the bubble's clock
	do func()
}

func (w *world) after(d time.Duration, do func()) {
	w.agenda = append(w.agenda, happening{w.clocks.run() + d, do})
}

// secs draws a time between two numbers of seconds, with odd microseconds: two things at one instant have no order.
func (w *world) secs(from, to int) time.Duration {
	return time.Duration(from)*time.Second + time.Duration(w.rng.IntN(max(1, to-from)*1_000_000))*time.Microsecond
}

func (w *world) one(n int) bool { return w.rng.IntN(n) == 0 }

// live runs the evening from its beginning to the end of a world in which all is well again.
func (w *world) live() {
	w.login()
	if w.v2() && w.one(2) { // the access token has expired meanwhile
		w.clocks.sleep(8 * 24 * time.Hour)
	}
	w.boot(step{})
	w.plan()
	w.befall()
	for w.turn() {
	}
	w.calm()
}

// turn does the next thing, and reports false when nothing is left.
func (w *world) turn() bool {
	next, do := time.Duration(-1), func() {}
	sooner := func(at time.Duration, f func()) {
		if next < 0 || at < next {
			next, do = at, f
		}
	}
	busy := false
	for _, p := range w.players {
		if len(p.plan) > 0 {
			busy = true
			sooner(p.next, func() {
				f := p.plan[0]
				p.plan = p.plan[1:]
				p.next = w.clocks.run() + f() + time.Duration(1+w.rng.IntN(50_000))*time.Microsecond
			})
		}
		if p.file != nil && p.state == players.Playing && !p.mute {
			sooner(p.tick, func() {
				p.advance()
				p.tells()
			})
		}
	}
	for i := range w.agenda {
		h := w.agenda[i]
		busy = true
		sooner(h.at, func() {
			w.agenda = append(w.agenda[:i:i], w.agenda[i+1:]...)
			h.do()
		})
	}
	if !busy {
		return false
	}
	if w.wait(next - w.clocks.run()) {
		do()
		synctest.Wait()
	}
	return true
}

// wait lets time pass. It reports false if the daemon died meanwhile, which comes first.
func (w *world) wait(d time.Duration) bool {
	t := time.NewTimer(max(0, d))
	defer t.Stop()
	var killed chan struct{}
	if w.life != nil {
		killed = w.life.killed
	}
	select {
	case <-t.C:
		synctest.Wait()
		if w.life != nil && w.life.dead() {
			w.buried()
			return false
		}
		return true
	case <-killed:
		w.buried()
		return false
	}
}

// buried is what follows a death: the players go on, and somebody starts the daemon again.
func (w *world) buried() {
	w.did("the daemon is dead: %+v", w.life.diesAt)
	w.goesDown(true)
}

func (w *world) goesDown(killed bool) {
	for _, p := range w.players {
		p.down(killed)
	}
	w.bury()
	w.after(w.secs(1, 90), w.comesUp)
}

func (w *world) comesUp() {
	at := step{}
	if w.lives > 0 && w.one(2) {
		w.lives--
		at = w.drawStep()
	}
	w.did("the daemon starts")
	w.boot(at)
	synctest.Wait()
	if w.life.dead() { // before it saw anything
		w.buried()
		return
	}
	for _, p := range w.players {
		p.up()
		synctest.Wait()
	}
}

func (w *world) drawStep() step {
	if w.one(3) {
		return step{what: "request", nth: 1 + w.rng.IntN(6), after: w.one(2)}
	}
	return step{what: "commit", nth: 1 + w.rng.IntN(60), after: w.one(2)}
}

// plan is what the person watches.
func (w *world) plan() {
	p := w.player("mpv-1", mine())
	p.next = w.clocks.run() + w.secs(5, 60)
	if w.one(2) {
		w.fake(p) // something that is nobody's business
	}
	w.offlineItem(p)
	for range 3 + w.rng.IntN(3) {
		w.item(p, w.known())
		if w.one(3) {
			w.fake(p)
		}
	}
	w.item(p, w.wrongYear())
	w.abandon(p)
	p.then(p.quits)
	if w.one(3) {
		q := w.player("mpv-2", parent())
		q.next = w.clocks.run() + w.secs(60, 900)
		for range 1 + w.rng.IntN(2) {
			w.item(q, w.known())
		}
		q.then(q.quits)
	}
}

// quits is the end of the evening for a player.
func (p *player) quits() time.Duration {
	if p.file != nil {
		p.stops(players.EndGone)
	}
	return 0
}

const release = ".1080p.BluRay.x264-GRP.mkv"

// known is a file of something that Simkl knows, and that was not played yet this evening.
func (w *world) known() *file {
	for {
		if w.one(2) {
			t := films[w.rng.IntN(len(films))]
			if w.taken(t.work(0, 0)) {
				continue
			}
			name := t.name
			if t.alt != "" && w.one(2) {
				name = t.alt
			}
			path := fmt.Sprintf("%s/Movies/%s (%d)%s", w.home, name, t.year, release)
			if w.one(3) {
				path = fmt.Sprintf("%s/Movies/%s (%d) {imdb-%s}%s", w.home, t.name, t.year, t.ids["imdb"], release)
			}
			return &file{path: path, length: w.about(t.length()), picture: media.PictureVideo, works: []string{t.work(0, 0)}}
		}
		t := shows[w.rng.IntN(len(shows))]
		season := 1 + w.rng.IntN(len(t.seasons))
		number := 1 + w.rng.IntN(t.seasons[season-1]-1)
		if w.taken(t.work(season, number)) || w.taken(t.work(season, number+1)) {
			continue
		}
		return w.episode(t, season, number)
	}
}

func (w *world) episode(t *title, season, number int) *file {
	f := &file{length: w.about(t.length()), picture: media.PictureVideo, works: []string{t.work(season, number)}}
	switch {
	case t.kind == "anime":
		f.path = fmt.Sprintf("%s/Anime/[Grp] %s - %02d [1080p].mkv", w.home, t.name, number)
	case w.one(5):
		f.path = fmt.Sprintf("%s/TV/%s/%s.S%02dE%02dE%02d%s", w.home, t.name, t.name, season, number, number+1, release)
		f.length *= 2
		f.works = append(f.works, t.work(season, number+1))
	case w.one(3):
		f.path = fmt.Sprintf("%s/TV/%s {imdb-%s}/%s S%02dE%02d%s", w.home, t.name, t.ids["imdb"], t.name, season, number, release)
	default:
		f.path = fmt.Sprintf("%s/TV/%s/%s.S%02dE%02d%s", w.home, t.name, t.name, season, number, release)
	}
	for _, work := range f.works {
		w.played[work] = true
	}
	return f
}

// taken reports whether a work was played, and takes it.
func (w *world) taken(work string) bool {
	if w.played[work] {
		return true
	}
	w.played[work] = true
	return false
}

func (w *world) about(d time.Duration) time.Duration {
	return d - 15*time.Second + time.Duration(w.rng.IntN(30_000))*time.Millisecond
}

// wrongYear is a film that is not the one Simkl takes it for.
func (w *world) wrongYear() *file {
	t := films[w.rng.IntN(len(films))]
	path := fmt.Sprintf("%s/Movies/%s (%d)%s", w.home, t.name, t.year+9, release)
	return &file{path: path, length: w.about(t.length()), picture: media.PictureVideo, works: []string{"kept " + path}}
}

// fake is something that must not be told of.
func (w *world) fake(p *player) {
	f := &file{length: w.secs(200, 400), picture: media.PictureVideo}
	switch w.rng.IntN(6) {
	case 0:
		f.path, f.picture = w.home+"/Music/Song.flac", media.PictureNone
	case 1:
		f.path = w.home + "/Movies/Heat (1995)/Heat-trailer.mkv"
	case 2:
		f.path = w.home + "/excluded/Heat.1995" + release
	case 3:
		f.path, f.length = w.home+"/Movies/Short.Thing.2001"+release, 100*time.Second
	case 4: // a bare name: parked when it counts, and never told
		f.path = w.home + "/Downloads/our holiday.mkv"
		f.works = []string{"kept " + f.path}
	case 5:
		f.path = w.home + "/Movies/Nobody.Ever.Made.This.1987" + release
		f.works = []string{"kept " + f.path}
	}
	if len(f.works) > 0 && w.taken(f.works[0]) {
		return
	}
	w.watch(p, f, 0)
}

// item is one way to watch something.
func (w *world) item(p *player, f *file) { w.watch(p, f, w.rng.IntN(10)) }

func (w *world) abandon(p *player) { w.watch(p, w.known(), 3) }

func (w *world) watch(p *player, f *file, how int) {
	w.files = append(w.files, f)
	idle := w.secs(1, 20)
	play := func(share float64) {
		p.then(func() time.Duration { return p.until(share) })
	}
	act := func(do func()) {
		p.then(func() time.Duration {
			do()
			return 0
		})
	}
	pause := func(d time.Duration) {
		p.then(func() time.Duration {
			p.pauses()
			return d
		})
		act(p.resumes)
	}
	wait := func(d time.Duration) { p.then(func() time.Duration { return d }) }
	end := func() {
		play(1)
		switch w.rng.IntN(4) {
		case 0:
			act(p.stays)
			wait(w.secs(3, 30))
			act(func() { p.closes(players.EndGone) })
		case 1:
			act(func() { p.stops(players.EndGone) })
		default:
			act(func() { p.stops(players.EndReached) })
		}
	}
	act(func() { p.load(f) })
	part := func(from, to float64) float64 { return from + w.rng.Float64()*(to-from) }
	switch how {
	case 0, 1:
		end()
	case 2: // pauses, one too short to be told
		play(part(0.2, 0.4))
		pause(w.secs(20, 400))
		play(part(0.5, 0.7))
		pause(time.Second)
		end()
	case 3: // abandoned
		play(part(0.15, 0.42))
		if w.one(2) {
			pause(w.secs(5, 100))
			wait(w.secs(10, 20))
		}
		act(func() { p.stops(players.EndGone) })
	case 4: // left during the credits
		play(part(0.86, 0.95))
		switch w.rng.IntN(3) {
		case 0:
			act(p.hangs)
			wait(10 * time.Second)
			act(p.silent)
		case 1:
			act(func() { p.stops(players.EndStopped) })
		case 2: // the next one follows at once
		}
	case 5: // skipped to the end: it does not count
		play(part(0.1, 0.3))
		act(func() { p.seeks(part(0.88, 0.93)) })
		end()
	case 6: // two sittings
		play(part(0.3, 0.42))
		act(func() { p.stops(players.EndGone) })
		wait(w.secs(20, 600))
		act(func() { p.load(f) })
		wait(w.secs(12, 15))
		act(func() { p.seeks(0.5) })
		end()
	case 7: // round and round
		play(1)
		act(func() { p.seeks(0) })
		play(part(0.2, 0.4))
		act(func() { p.stops(players.EndGone) })
	case 8: // faster, and a look back
		act(func() { p.speeds([]float64{1.25, 1.5, 2}[w.rng.IntN(3)]) })
		play(part(0.5, 0.6))
		act(func() { p.seeks(part(0.3, 0.4)) })
		end()
	case 9: // private for a part
		play(part(0.1, 0.2))
		act(func() { w.goPrivate(w.secs(30, 60)) })
		end()
	}
	wait(idle)
}

// closes ends what stays at its end.
func (p *player) closes(how players.End) {
	p.advance()
	p.w.did("%s: closed", p.name)
	if p.away {
		p.leaves(0)
	}
	p.state, p.end = players.Stopped, how
	p.tells()
	p.file, p.view, p.end = nil, nil, players.EndNone
}

// offlineItem is watched while Simkl cannot be reached, by a name that nothing is known of: it is late, and confirmed.
func (w *world) offlineItem(p *player) {
	var f *file
	for f == nil || strings.Contains(f.path, "imdb-") {
		f = w.known()
	}
	variant := []string{"no network", "no name", "refused", "no TLS", "hung", "portal", "time-out before"}[w.rng.IntN(7)]
	p.then(func() time.Duration {
		w.linkGoes(variant)
		return w.secs(1, 5)
	})
	w.watch(p, f, w.rng.IntN(3))
	p.then(func() time.Duration { return w.secs(12, 300) })
	p.then(func() time.Duration {
		w.linkComes()
		return 0
	})
}

func (w *world) linkGoes(variant string) {
	w.did("the network: %s", variant)
	w.mu.Lock()
	w.link = variant
	w.mu.Unlock()
}

func (w *world) linkComes() {
	w.did("the network is back")
	w.mu.Lock()
	w.link = ""
	w.mu.Unlock()
	if w.life != nil && w.one(2) {
		w.life.inside.Machine(context.Background(), netwatch.NetworkUp)
	}
}

// goPrivate keeps what plays private for a while.
func (w *world) goPrivate(d time.Duration) {
	if w.life == nil || w.full || w.private || w.life.diesAt.what != "" || w.clocks.off() != 0 {
		return
	}
	for _, p := range w.players {
		p.advance()
	}
	until := w.clocks.moment().Wall.Add(d).Truncate(time.Second)
	d = until.Sub(w.clocks.moment().Wall)
	w.did("private for %v", d)
	if _, err := w.life.inside.Door.SetPrivate(context.Background(), api.PrivateRequest{Until: &until}); err != nil {
		w.breaks("private: %v", err)
	}
	w.private = true
	w.privateFrom = w.clocks.now()
	w.after(d, func() {
		for _, p := range w.players {
			p.advance()
		}
		w.private = false
		w.did("no longer private")
		w.hidden = append(w.hidden, [2]time.Time{w.privateFrom, w.clocks.now()})
	})
}

// befall draws what goes wrong.
func (w *world) befall() {
	const evening = 2700 // seconds, about
	w.lives = 1 + w.rng.IntN(2)
	w.after(w.secs(100, evening*2/3), w.restart)
	for range w.rng.IntN(3) {
		w.after(w.secs(30, evening), w.restart)
	}
	for i := range 6 {
		w.target(cells[(int(w.seed)*6+i)%len(cells)])
	}
	if w.v2() {
		w.target(fault{kind: kinds[w.rng.IntN(len(kinds))], row: rowExpired})
	}
	w.target(rare[int(w.seed)%len(rare)])
	w.target(rare[(int(w.seed)+len(rare)/2)%len(rare)])
	for range 1 + w.rng.IntN(2) {
		variant := unsteady[w.rng.IntN(len(unsteady))]
		w.after(w.secs(30, evening), func() {
			w.mu.Lock()
			down := w.link != ""
			w.mu.Unlock()
			if down {
				return
			}
			w.linkGoes(variant)
			w.after(w.secs(10, 500), w.linkComes)
		})
	}
	if w.one(3) {
		w.after(w.secs(30, evening), func() { w.sleeps(w.secs(60, 9*3600)) })
	}
	if w.one(4) {
		off := w.secs(600, 8*3600)
		if w.one(2) {
			off = -off
		}
		w.after(w.secs(30, evening), func() { w.stepClock(off) })
	}
	if w.one(3) {
		w.after(w.secs(30, evening), w.diskFills)
	}
	if w.one(6) {
		w.after(w.secs(60, evening), func() {
			w.did("the token is revoked")
			w.simkl.Revoke(w.token)
		})
	}
	if w.one(3) {
		for range 1 + w.rng.IntN(4) {
			w.after(w.secs(30, evening), w.otherProcess)
		}
	}
	w.after(w.secs(60, 120), w.lookAfterLogin)
}

// cells are the meetings of calls with rows of the answer table that faults bring about.
var cells = func() (all []fault) {
	for _, kind := range kinds {
		for _, row := range rows {
			if row == rowDone || row == rowTooMany && kind != kindHistory {
				continue
			}
			all = append(all, fault{kind: kind, row: row})
		}
	}
	return all
}()

// rare are the cells of the calls that an evening has few of.
var rare = func() (some []fault) {
	for _, f := range cells {
		if f.kind == kindTakeBack || f.kind == kindConfirm || f.kind == kindPause || f.row == rowTooMany {
			some = append(some, f)
		}
	}
	return some
}()

// target arms the fault of a cell.
func (w *world) target(f fault) {
	if f.row == rowExpired && !w.v2() {
		return // V1 has no token that expires
	}
	v := variants[f.row]
	f.variant = v[w.rng.IntN(len(v))]
	f.left = 1 + w.rng.IntN(2)
	w.mu.Lock()
	w.faults = append(w.faults, &f)
	w.mu.Unlock()
	w.did("%s will meet %q, %d times", f.kind, f.variant, f.left)
}

func (w *world) restart() {
	if w.life == nil || w.full || w.private {
		return
	}
	killed := w.one(2)
	w.did("the daemon is stopped (killed: %v)", killed)
	if killed {
		w.life.die()
	}
	w.goesDown(killed)
}

func (w *world) sleeps(d time.Duration) {
	if w.private || w.life == nil {
		return
	}
	w.did("the machine sleeps for %v", d)
	if w.one(2) {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		told := make(chan struct{})
		in := w.life.inside
		go func() {
			defer close(told)
			in.Machine(ctx, netwatch.GoingToSleep)
		}()
		<-told
		cancel()
		synctest.Wait()
		if w.life.dead() {
			w.buried()
			return
		}
	}
	for _, p := range w.players {
		p.advance()
	}
	w.clocks.sleep(d)
	for _, p := range w.players { // it is asked soon, so that it is clear what played after the sleep
		p.tick = min(p.tick, w.clocks.run()+time.Second+time.Duration(w.rng.IntN(1000))*time.Microsecond)
		p.next = max(p.next, w.clocks.run()+2*time.Second)
	}
	// With something in the queue two parts would act at the same instant, and a run could not be repeated.
	if w.life.inside.Door.Status(context.Background()).Queue.Pending == 0 {
		w.life.inside.Machine(context.Background(), netwatch.WokeUp)
	} else if w.one(2) {
		w.life.inside.Machine(context.Background(), netwatch.NetworkUp)
	}
}

func (w *world) stepClock(off time.Duration) {
	if w.private || w.life == nil || w.life.diesAt.what != "" {
		return
	}
	w.did("the clock is stepped by %v", off)
	w.clocks.step(off)
	w.steps = append(w.steps, off)
	w.after(w.secs(60, 600), func() {
		w.did("the clock is right again")
		w.clocks.step(-off)
	})
}

func (w *world) diskFills() {
	if w.life == nil || w.private || w.life.diesAt.what != "" {
		return
	}
	w.did("the disk is full")
	w.full = true
	w.disk.fill(true)
	w.after(w.secs(5, 120), func() {
		w.did("there is room on the disk")
		w.disk.fill(false)
		w.after(12*time.Second, func() { w.full = false })
	})
}

// lookAfterLogin is the person who logs in again, some minutes after it was asked for.
func (w *world) lookAfterLogin() {
	w.mu.Lock()
	needs := w.needsLogin
	w.mu.Unlock()
	if needs {
		w.logsIn()
	}
	busy := false
	for _, p := range w.players {
		busy = busy || len(p.plan) > 0
	}
	if busy {
		w.after(w.secs(100, 300), w.lookAfterLogin)
	}
}

func (w *world) logsIn() {
	w.did("login")
	w.login()
	if w.life != nil {
		if err := w.life.inside.Door.Kicked(context.Background(), api.KickAccount); err != nil && !w.full {
			w.breaks("login: %v", err)
		}
	}
}

// calm is the rest of the night: nothing goes wrong any more, and the person puts right what waits for a person.
func (w *world) calm() {
	w.mu.Lock()
	w.link, w.faults = "", nil
	w.mu.Unlock()
	w.disk.fill(false)
	w.clocks.step(-w.clocks.off())
	if w.life != nil && w.life.diesAt.what != "" {
		w.did("the last daemon is stopped")
		w.life.cancel()
		w.bury()
	}
	if w.life == nil {
		w.boot(step{})
	}
	time.Sleep(time.Minute) // for what is still in flight
	w.logsIn()
	w.did("all is well")
	time.Sleep(26 * time.Hour) // past the day's end, whatever Simkl held against us
	synctest.Wait()
	ctx := context.Background()
	queued, err := w.life.inside.Store.Queue(ctx)
	if err != nil {
		w.breaks("the queue cannot be read: %v", err)
	}
	var again []media.WatchID
	for _, row := range queued {
		if work := w.single(row.Path); row.Verb == media.VerbWatched && row.State == queue.StateDead && w.heard(work) {
			w.odd[string(row.State)] = work
		}
		if string(row.State) != "pending" && w.isKnown(row.Path) {
			again = append(again, row.Watch)
		}
	}
	if len(again) > 0 {
		w.did("%d watches are tried again by hand", len(again))
		w.byHand = w.clocks.now()
		if _, err := w.life.inside.Store.Retry(ctx, again...); err != nil {
			w.breaks("retry: %v", err)
		}
		if err := w.life.inside.Door.Kicked(ctx, api.KickQueue); err != nil {
			w.breaks("kick: %v", err)
		}
		time.Sleep(26 * time.Hour)
		synctest.Wait()
	}
	w.other.Wait()
	w.rest, err = w.life.inside.Store.Queue(ctx)
	if err != nil {
		w.breaks("the queue cannot be read: %v", err)
	}
	w.bury()
}

// single is the one work of a file, "" for others.
func (w *world) single(path string) string {
	for _, f := range w.files {
		if f.path == path && len(f.works) == 1 {
			return f.works[0]
		}
	}
	return ""
}

// heard reports whether Simkl said of a work that it has it.
func (w *world) heard(work string) bool {
	for _, c := range w.calls {
		ends := c.kind == kindWatched || c.kind == kindHistory
		if ends && !c.cut && len(c.works) == 1 && c.works[0] == work && c.status == 409 {
			return true
		}
	}
	return false
}

// isKnown reports whether a file is of something that Simkl knows.
func (w *world) isKnown(path string) bool {
	for _, t := range catalog() {
		for _, name := range []string{t.name, t.alt} {
			if t.kind == "movie" {
				name += fmt.Sprintf(" (%d)", t.year)
			}
			if t.alt+name != "" && name != "" && strings.Contains(path, name) {
				return true
			}
		}
	}
	return false
}

// otherProcess is a command that the person types meanwhile: it shares the limits, and writes a watch of its own.
func (w *world) otherProcess() {
	w.mu.Lock()
	w.others++
	n := w.others
	w.mu.Unlock()
	w.other.Go(func() { w.command(n) })
}
