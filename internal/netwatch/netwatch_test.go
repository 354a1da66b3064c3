package netwatch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/netwatch"
)

// machine is a computer whose network and sleep the test decides. It lives in a bubble.
type machine struct {
	note func(up bool)
	tell func(asleep bool)

	mu     sync.Mutex // guards the rest
	slept  time.Duration
	events []netwatch.Event
	times  []time.Duration
	hold   func(context.Context, netwatch.Event)
}

// boot starts a watcher on a machine and returns once it watches.
func boot(ctx context.Context) *machine {
	m := &machine{}
	began := time.Now()
	w := netwatch.New(netwatch.Config{Now: func() media.Moment {
		m.mu.Lock()
		defer m.mu.Unlock()
		mono := time.Since(began)
		return media.Moment{Wall: time.Now(), Mono: mono, Boot: mono + m.slept}
	}})
	w.SetSources(
		func(ctx context.Context, note func(bool)) error { m.note = note; <-ctx.Done(); return nil },
		func(ctx context.Context, tell func(bool)) error { m.tell = tell; <-ctx.Done(); return nil },
	)
	go func() { // ends with ctx
		err := w.Run(ctx, func(ctx context.Context, e netwatch.Event) {
			m.mu.Lock()
			m.events = append(m.events, e)
			m.times = append(m.times, time.Since(began))
			hold := m.hold
			m.mu.Unlock()
			if hold != nil {
				hold(ctx, e)
			}
		})
		if err != nil {
			panic(err)
		}
	}()
	synctest.Wait()
	return m
}

func (m *machine) sleep(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slept += d
}

func (m *machine) heard() []netwatch.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

func want(t *testing.T, m *machine, events ...netwatch.Event) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(events, m.heard()); diff != "" {
		t.Errorf("the events differ (-want +got):\n%s", diff)
	}
}

// inBubble runs f with a machine, and ends the machine after it.
func inBubble(t *testing.T, f func(t *testing.T, m *machine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := boot(ctx)
		f(t, m)
		cancel()
		synctest.Wait()
	})
}

func TestOneChangeOfManyPartsIsToldOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		for range 10 { // link, addresses, routes
			m.note(true)
			m.note(false)
			time.Sleep(20 * time.Millisecond)
		}
		want(t, m)
		time.Sleep(100 * time.Millisecond)
		want(t, m, netwatch.NetworkUp)
		time.Sleep(time.Hour)
		want(t, m, netwatch.NetworkUp)
	})
}

func TestWhatOnlyWentIsNotTold(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		m.note(false)
		time.Sleep(time.Hour)
		want(t, m)
	})
}

func TestFlappingLinkIsToldEverMoreRarelyAndNeverForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		for range 10 * 60 * 10 { // ten minutes, ten times a second
			m.note(true)
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if n := len(m.heard()); n < 20 || n > 32 {
			t.Errorf("%d times told in ten minutes, want every 30 s after the first minute", n)
		}
		before := len(m.heard())
		time.Sleep(5 * time.Minute) // what is open is told; then it is quiet
		if n := len(m.heard()) - before; n > 1 {
			t.Errorf("%d times told after the last change", n)
		}
		before = len(m.heard())
		m.note(true)
		time.Sleep(301 * time.Millisecond)
		if n := len(m.heard()) - before; n != 1 {
			t.Errorf("after the calm it is told %d times in 0.3 s, want once", n)
		}
	})
}

func TestSleepThatNobodyAnnouncedIsSeenWithTheNextChange(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		m.sleep(8 * time.Hour)
		m.note(false)
		want(t, m, netwatch.WokeUp)
		m.note(false)
		want(t, m, netwatch.WokeUp)
	})
}

func TestEndOfASleepIsToldOnceWhoeverIsFirst(t *testing.T) {
	for name, networkFirst := range map[string]bool{"network first": true, "logind first": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, m *machine) {
				m.tell(true)
				m.note(false) // the interfaces go down before the machine sleeps
				want(t, m, netwatch.GoingToSleep)
				m.sleep(time.Hour)
				if networkFirst {
					m.note(false)
					synctest.Wait()
					m.tell(false)
				} else {
					m.tell(false)
					m.note(false)
				}
				want(t, m, netwatch.GoingToSleep, netwatch.WokeUp)
			})
		})
	}
}

func TestSleepThatWasCalledOffEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		m.tell(true)
		m.tell(false)
		want(t, m, netwatch.GoingToSleep, netwatch.WokeUp)
	})
}

func TestNetworkAfterASleepIsToldAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		for range 100 { // a flapping link before
			m.note(true)
			time.Sleep(time.Second)
		}
		before := len(m.heard())
		m.sleep(time.Hour)
		m.note(true)
		time.Sleep(301 * time.Millisecond)
		if got := m.heard()[before:]; !slices.Equal(got, []netwatch.Event{netwatch.WokeUp, netwatch.NetworkUp}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestSleepWaitsForTheHandlerAndTheHandlerIsToldToHurry(t *testing.T) {
	inBubble(t, func(t *testing.T, m *machine) {
		m.hold = func(ctx context.Context, e netwatch.Event) {
			if e == netwatch.GoingToSleep {
				<-ctx.Done()
			}
		}
		began := time.Now()
		m.tell(true) // returns when the handler did
		if took := time.Since(began); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("the machine slept after %v; logind waits 5 s", took)
		}
		m.tell(false)
		want(t, m, netwatch.GoingToSleep, netwatch.WokeUp)
	})
}

func TestEndComesAlsoWhileTheHandlerWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := boot(ctx)
		m.hold = func(ctx context.Context, _ netwatch.Event) { <-ctx.Done() }
		go m.tell(true)
		synctest.Wait()
		began := time.Now()
		cancel()
		synctest.Wait()
		if took := time.Since(began); took != 0 {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestSystemThatTellsNothingIsSaidOnceAndStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.InfoLevel)
		w := netwatch.New(netwatch.Config{Log: zap.New(core)})
		w.SetSources(
			func(context.Context, func(bool)) error { return errors.New("no netlink") },
			func(_ context.Context, tell func(bool)) error { tell(true); return errors.New("no bus") },
		)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var events []netwatch.Event
		if err := w.Run(ctx, func(_ context.Context, e netwatch.Event) { events = append(events, e) }); err != nil {
			t.Error(err)
		}
		if !slices.Equal(events, []netwatch.Event{netwatch.GoingToSleep}) || log.Len() != 2 {
			t.Errorf("told %v, logged %v", events, log.All())
		}
	})
}

// Whatever happens, a change that came is told within 30 s, never twice within 0.3 s, and no sleep ends twice.
func TestLawsOfTheEvents(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"up", "down", "sleep", "announce", "end", "wait", "long"}), 1, 60).Draw(rt, "steps")
		inBubble(t, func(_ *testing.T, m *machine) {
			open := time.Duration(-1) // when the oldest untold change came, -1 for none
			began := time.Now()
			sleeps := 0
			var events []netwatch.Event
			var times []time.Duration
			for _, s := range steps {
				switch s {
				case "up":
					m.note(true)
				case "down":
					m.note(false)
				case "sleep":
					m.sleep(time.Hour)
					sleeps++
				case "announce":
					m.tell(true)
					sleeps++
				case "end":
					m.tell(false)
				case "wait":
					time.Sleep(200 * time.Millisecond)
				case "long":
					time.Sleep(31 * time.Second)
				}
				synctest.Wait()
				if s == "up" && open < 0 {
					open = time.Since(began)
				}
				m.mu.Lock()
				events, times = slices.Clone(m.events), slices.Clone(m.times)
				m.mu.Unlock()
				for i, e := range events {
					if e == netwatch.NetworkUp && times[i] >= open {
						open = -1
					}
				}
				if open >= 0 && time.Since(began)-open > 30*time.Second {
					rt.Fatalf("a change was not told for %v", time.Since(began)-open)
				}
			}
			woke, last := 0, -time.Second
			for i, e := range events {
				switch e {
				case netwatch.WokeUp:
					woke++
				case netwatch.NetworkUp:
					if times[i]-last < 300*time.Millisecond {
						rt.Fatalf("told twice within %v", times[i]-last)
					}
					last = times[i]
				case netwatch.GoingToSleep:
				}
			}
			if woke > sleeps {
				rt.Fatalf("woke up %d times from %d sleeps", woke, sleeps)
			}
		})
	})
}
