package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
)

// simkl is a Sender that plays Simkl: it writes down what it is sent and answers as it is told.
type simkl struct {
	start time.Time

	mu      sync.Mutex
	log     []string
	answer  func(kind string, row queue.Row) queue.Outcome
	batches []int
}

func (f *simkl) call(kind string, row queue.Row) queue.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := fmt.Sprintf("%s %s", kind, row.Match.Label())
	if kind == "send" {
		line = fmt.Sprintf("%s %s %v", row.Verb, row.Match.Label(), row.Progress)
	}
	if row.Form > 0 {
		line += fmt.Sprintf(" form %d", row.Form)
	}
	f.log = append(f.log, line)
	if f.answer == nil {
		return queue.Outcome{Class: queue.Done, Via: "scrobble"}
	}
	return f.answer(kind, row)
}

func (f *simkl) Send(_ context.Context, row queue.Row) queue.Outcome { return f.call("send", row) }

func (f *simkl) SendHistory(_ context.Context, rows []queue.Row) []queue.Outcome {
	f.mu.Lock()
	f.batches = append(f.batches, len(rows))
	f.mu.Unlock()
	var outs []queue.Outcome
	for _, row := range rows {
		outs = append(outs, f.call("history", row))
	}
	return outs
}

func (f *simkl) Confirm(_ context.Context, row queue.Row) queue.Outcome {
	return f.call("confirm", row)
}

func (f *simkl) TakeBack(_ context.Context, row queue.Row) queue.Outcome {
	return f.call("takeback", row)
}

// sizes are the batches that were written to the history.
func (f *simkl) sizes() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// take gives what was sent since the last time.
func (f *simkl) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := strings.Join(f.log, "\n")
	f.log = nil
	return got
}

func (f *simkl) answers(answer func(kind string, row queue.Row) queue.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// always answers everything alike.
func always(out queue.Outcome) func(string, queue.Row) queue.Outcome {
	return func(string, queue.Row) queue.Outcome { return out }
}

// bench is a queue on a real store with a Simkl of its own.
type bench struct {
	*queue.Queue
	t      *testing.T
	dir    string
	simkl  *simkl
	store  *store.Store
	events []queue.Event
	stop   func()
	seq    map[media.WatchID]int
}

// evening runs f in a bubble where time flies.
func evening(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, dir: t.TempDir(), simkl: &simkl{start: time.Now()}, seq: map[media.WatchID]int{}}
		b.run()
		b.SetAccount("v1:7")
		defer func() { b.stop() }()
		f(b)
	})
}

func (b *bench) run() {
	s, _, err := store.Open(context.Background(), b.dir, store.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.store = s
	b.Queue = queue.New(s, b.simkl, queue.Config{
		LiveMaxAge: 10 * time.Minute,
		Events:     func(e queue.Event) { b.events = append(b.events, e) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx
		defer close(done)
		if err := b.Run(ctx); err != nil {
			b.t.Error(err)
		}
	}()
	b.stop = func() {
		cancel()
		<-done
		if err := s.Close(); err != nil {
			b.t.Error(err)
		}
	}
}

// restart is what a daemon that is stopped and started again does.
func (b *bench) restart() {
	b.stop()
	b.run()
	b.SetAccount("v1:7")
}

func episode(title string, n int, ids ...string) media.Match {
	season := 1
	m := media.Match{Kind: media.KindEpisode, Title: title, Season: &season, Episodes: []media.Number{media.Number(n)}}
	if len(ids) > 0 {
		m.IDs.IMDB = ids[0]
	}
	return m
}

// put makes the next call of a watch, now.
func (b *bench) put(watch media.WatchID, verb media.Verb, m media.Match, progress float64) {
	b.t.Helper()
	b.seq[watch]++
	c := media.Call{Watch: watch, Seq: b.seq[watch], Verb: verb, Match: m, Progress: progress, At: time.Now()}
	if err := b.Put(context.Background(), c); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sent checks what Simkl was sent since the last time.
func (b *bench) sent(want ...string) {
	b.t.Helper()
	synctest.Wait()
	if got := b.simkl.take(); got != strings.Join(want, "\n") {
		b.t.Errorf("Simkl was sent\n\t%s\nwant\n\t%s", strings.ReplaceAll(got, "\n", "\n\t"), strings.Join(want, "\n\t"))
	}
}

func (b *bench) outcome(id media.WatchID) store.Outcome {
	b.t.Helper()
	e, err := b.store.Entry(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return e.Outcome
}

func TestCallsOfASessionAreSentInOrder(t *testing.T) {
	evening(t, func(b *bench) {
		m := episode("Severance", 3, "tt11280740")
		b.put(1, media.VerbStart, m, 0.5)
		b.sent("start Severance S01E03 0.5")
		b.put(1, media.VerbPause, m, 40)
		b.sent("pause Severance S01E03 40")
		b.put(1, media.VerbStart, m, 40)
		b.sent("start Severance S01E03 40")
		b.put(1, media.VerbWatched, m, 100)
		b.sent("watched Severance S01E03 100")
		if got := b.outcome(1); got != store.OutcomeSent {
			t.Errorf("journal says %q", got)
		}
	})
}

// network is a Simkl that can be pulled.
func network(up *atomic.Bool) func(string, queue.Row) queue.Outcome {
	return func(kind string, _ queue.Row) queue.Outcome {
		switch {
		case !up.Load():
			return queue.Outcome{Class: queue.Unreachable, Words: "no network"}
		case kind == "history":
			return queue.Outcome{Class: queue.Done, Via: "history"}
		}
		return queue.Outcome{Class: queue.Done, Via: "scrobble"}
	}
}

func TestALateWatchGoesToTheHistoryOnceTheNetworkIsBack(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.sent("watched Dark S01E01 100")
		b.wait(time.Hour)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("history Dark S01E01")
		if e, err := b.store.Entry(context.Background(), 1); err != nil || e.Via != "history" || e.Outcome != store.OutcomeSent {
			t.Errorf("journal says %q via %q, %v", e.Outcome, e.Via, err)
		}
	})
}

func TestWhatAPersonRetriesIsTriedAtOnceThoughSimklWasDown(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(time.Hour)
		b.simkl.take()
		up.Store(true)
		if _, err := b.store.Retry(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		b.Kick()
		b.sent("history Dark S01E01")
	})
}

func TestAClosingCallWaitsForTheNextDaysCallsAndStaysBeforeOtherStarts(t *testing.T) {
	evening(t, func(b *bench) {
		spent := &atomic.Bool{}
		b.simkl.answers(func(_ string, row queue.Row) queue.Outcome {
			if spent.Load() && !row.Watched() {
				return queue.Outcome{Class: queue.Spared}
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		spent.Store(true)
		b.put(1, media.VerbStop, episode("Dark", 1, "tt1"), 20)
		b.wait(time.Hour)
		b.simkl.take()
		spent.Store(false)
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.wait(10 * time.Minute)
		b.sent("stop Dark S01E01 20", "start Severance S01E01 1")
	})
}

func TestOfflineTheQueueTriesLessAndLess(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		for i := range 5 {
			b.put(media.WatchID(i+1), media.VerbWatched, episode(fmt.Sprint("Show ", i), 1, "tt1"), 100)
		}
		b.wait(4 * time.Hour)
		// On the way to five minutes a dozen, then one in 2.5 to 5 minutes.
		if n := len(b.simkl.sizes()); n < 4*60/5 || n > 12+4*60/2 {
			t.Errorf("Simkl was tried %d times in four hours without network", n)
		}
		if st := b.Status(); st.Reachable || st.Pending != 5 || st.LastError != "no network" || st.NextAttempt.IsZero() {
			t.Errorf("status %+v", st)
		}
		up.Store(true)
		b.wait(5 * time.Minute)
		if st := b.Status(); !st.Reachable || st.Pending != 0 || st.LastError != "" {
			t.Errorf("status afterwards %+v", st)
		}
	})
}

func TestAnotherSuccessMakesBackOffsDueAtOnce(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(10 * time.Minute)
		b.simkl.take()
		up.Store(true)
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.sent("start Severance S01E01 1", "history Dark S01E01")
	})
}

func TestANewerLiveCallReplacesAnUnsentOne(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		m := episode("Dark", 1, "tt1")
		b.put(1, media.VerbStart, m, 1)
		b.put(1, media.VerbPause, m, 20)
		b.put(1, media.VerbStart, m, 20)
		b.put(1, media.VerbPause, m, 30)
		b.wait(time.Second)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("pause Dark S01E01 30")
	})
}

func TestAFinishedWatchIsNeverReplaced(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		m := episode("Dark", 1, "tt1")
		b.put(1, media.VerbStart, m, 1)
		b.put(1, media.VerbWatched, m, 100)
		b.put(1, media.VerbPause, m, 100)
		b.wait(time.Minute)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("history Dark S01E01", "pause Dark S01E01 100")
	})
}

func TestAStopUnderOnePercentIsDroppedWhenItsStartNeverReachedSimkl(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		m := episode("Dark", 1, "tt1")
		b.put(1, media.VerbStart, m, 0.2)
		b.sent("start Dark S01E01 0.2")
		b.put(1, media.VerbStop, m, 0.9)
		b.wait(time.Minute)
		b.sent()
		up.Store(true)
		b.NetworkBack()
		b.sent()
		b.put(2, media.VerbStart, m, 0.2)
		b.sent("start Dark S01E01 0.2")
		b.put(2, media.VerbStop, m, 0.9)
		b.sent("stop Dark S01E01 0.9")
	})
}

func TestLiveCallsOfAnUnheardSessionAreDroppedAfterLiveMaxAge(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.put(2, media.VerbPause, episode("Severance", 1, "tt2"), 50)
		b.wait(11 * time.Minute)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent()
		if st := b.Status(); st.Pending != 0 {
			t.Errorf("%d rows wait", st.Pending)
		}
	})
}

func TestTheClosingCallOfAnAcceptedStartIsSentWhateverItsAge(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		up.Store(true)
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		up.Store(false)
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 50)
		b.wait(48 * time.Hour)
		b.simkl.take()
		b.restart()
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.wait(time.Second)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("pause Dark S01E01 50", "start Severance S01E01 1")
	})
}

// Simkl counts on from a start until it is closed: the pause of a sleep must reach it before the start that follows, or a
// night is taken for watched.
func TestThePauseOfAnAcceptedStartGoesBeforeTheNextStartOfTheSameWatch(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		up.Store(true)
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		up.Store(false)
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 30)
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 30)
		b.wait(3 * time.Minute)
		b.restart()
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.wait(5 * time.Second)
		b.sent("pause Dark S01E01 30", "start Dark S01E01 30")
		up.Store(false)
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 40)
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 40)
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 50)
		b.wait(3 * time.Minute)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("pause Dark S01E01 50")
	})
}

func TestAFinishedWatchOfAnAcceptedStartGoesBeforeAnotherStart(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		up.Store(true)
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		up.Store(false)
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.wait(30 * time.Second)
		if strings.Contains(b.simkl.take(), "Severance") {
			t.Error("the other start went first")
		}
		up.Store(true)
		b.NetworkBack()
		b.sent("history Dark S01E01", "start Severance S01E01 1")
	})
}

// A daemon that died left a start unsent and another open. The session that is to close it is dealt with some seconds after
// the queue has begun.
func TestAStartOfAnEarlierRunWaitsForWhatThatRunLeftOpen(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		up.Store(true)
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		up.Store(false)
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.wait(time.Minute)
		b.simkl.take()
		up.Store(true)
		b.restart()
		b.wait(3 * time.Second)
		b.put(1, media.VerbStop, episode("Dark", 1, "tt1"), 30)
		b.wait(2 * time.Second)
		b.sent("stop Dark S01E01 30", "start Severance S01E01 1")
	})
}

func TestALateWatchThatClosesItsStartPassesAnotherStartOfItsTitle(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		up.Store(true)
		b.simkl.answers(network(up))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		up.Store(false)
		b.put(2, media.VerbStart, episode("Dark", 2, "tt1"), 1)
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(time.Minute)
		b.simkl.take()
		up.Store(true)
		b.NetworkBack()
		b.sent("history Dark S01E01", "start Dark S01E02 1")
	})
}

func TestAStartThatMayHaveArrivedIsClosedFirst(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.Unreachable, Words: "time-out", Arrived: true}))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 50)
		b.wait(time.Hour)
		b.simkl.take()
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.simkl.answers(nil)
		b.NetworkBack()
		b.sent("pause Dark S01E01 50", "start Severance S01E01 1")
	})
}

func TestAClosingCallThatEndsUnmatchedNoLongerHolds(t *testing.T) {
	evening(t, func(b *bench) {
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.sent("start Dark S01E01 1")
		b.simkl.answers(func(_ string, row queue.Row) queue.Outcome {
			if row.Match.Title == "Dark" {
				return queue.Outcome{Class: queue.Mistaken, Words: "id_err"}
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.put(1, media.VerbPause, episode("Dark", 1, "tt1"), 50)
		b.put(2, media.VerbStart, episode("Severance", 1, "tt2"), 1)
		b.sent("pause Dark S01E01 50", "pause Dark S01E01 50 form 1", "pause Dark S01E01 50 form 2",
			"pause Dark S01E01 50 form 3", "start Severance S01E01 1")
	})
}

func TestOneStuckTitleDoesNotHoldUpOthers(t *testing.T) {
	for name, out := range map[string]queue.Outcome{
		"odd answer":      {Class: queue.Odd, Status: 418},
		"always an error": {Class: queue.Unreachable, Status: 500, Arrived: true},
		"locked":          {Class: queue.Locked, Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			evening(t, func(b *bench) {
				b.simkl.answers(func(_ string, row queue.Row) queue.Outcome {
					if row.Match.Title == "Stuck" {
						return out
					}
					return queue.Outcome{Class: queue.Done}
				})
				b.put(1, media.VerbWatched, episode("Stuck", 1, "tt1"), 100)
				b.wait(time.Hour)
				b.simkl.take()
				for i := range 120 {
					b.put(media.WatchID(i+2), media.VerbWatched, episode(fmt.Sprint("Other ", i%60), i+1, "tt2"), 100)
				}
				b.wait(5 * time.Second)
				if st := b.Status(); st.Pending != 1 {
					t.Errorf("%d rows wait", st.Pending)
				}
				if got := b.outcome(1); got != store.OutcomeQueued {
					t.Errorf("the stuck watch is %q", got)
				}
			})
		})
	}
}

func TestOrderPerTitleIsKeptWhileTheFirstWaits(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(func(_ string, row queue.Row) queue.Outcome {
			if row.Watch == 1 {
				return queue.Outcome{Class: queue.Odd, Words: "418"}
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.put(2, media.VerbWatched, episode("Dark", 2, "tt1"), 100)
		b.wait(30 * time.Second)
		b.sent("watched Dark S01E01 100")
		b.simkl.answers(nil)
		b.wait(31 * time.Second)
		b.sent("history Dark S01E01", "history Dark S01E02")
	})
}

func TestALateWatchWithoutAnIDIsConfirmedOncePerTitle(t *testing.T) {
	evening(t, func(b *bench) {
		answer := media.Answer{Kind: media.AnswerShow, Title: "Dark", IDs: media.IDs{Simkl: 5}}
		b.simkl.answers(func(kind string, row queue.Row) queue.Outcome {
			if kind == "confirm" {
				return queue.Outcome{Class: queue.Done, Answer: &answer}
			}
			if row.Answer == nil || row.Answer.IDs.Simkl != 5 {
				t.Errorf("%s was sent with the answer %v", kind, row.Answer)
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.SetAccount("")
		for i := range 3 {
			b.put(media.WatchID(i+1), media.VerbWatched, episode("Dark", i+1), 100)
		}
		b.wait(time.Minute)
		b.SetAccount("v1:7")
		b.sent("confirm Dark S01E01", "history Dark S01E01", "history Dark S01E02", "history Dark S01E03")
		b.restart()
		b.put(9, media.VerbWatched, episode("Dark", 9), 100)
		b.sent("watched Dark S01E09 100")
	})
}

func TestATitleThatIsNotConfirmedIsAskedForOnce(t *testing.T) {
	evening(t, func(b *bench) {
		b.SetAccount("")
		for i := range 60 {
			b.put(media.WatchID(i+1), media.VerbWatched, episode("Home Video", i+1), 100)
		}
		b.wait(time.Minute)
		b.simkl.answers(always(queue.Outcome{Class: queue.Mistaken}))
		b.SetAccount("v1:7")
		b.sent("confirm Home Video S01E01", "confirm Home Video S01E01 form 1")
		if st := b.Status(); st.Unmatched != 60 || st.Pending != 0 {
			t.Errorf("status %+v", st)
		}
	})
}

func TestASessionWithATrustedAnswerEndsWithAStop(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{
			Class:  queue.Done,
			Answer: &media.Answer{Kind: media.AnswerShow, Title: "Dark", IDs: media.IDs{Simkl: 5}},
		}))
		b.put(1, media.VerbStart, episode("Dark", 1), 1)
		b.sent("start Dark S01E01 1")
		b.put(1, media.VerbWatched, episode("Dark", 1), 97.5)
		b.sent("watched Dark S01E01 97.5")
	})
}

func TestAnUntrustedStartIsTakenBackBeforeTheNextForm(t *testing.T) {
	evening(t, func(b *bench) {
		wrong := media.Answer{Kind: media.AnswerShow, Title: "The Dark", IDs: media.IDs{Simkl: 9}}
		b.simkl.answers(func(kind string, row queue.Row) queue.Outcome {
			switch {
			case kind == "takeback" && row.Answer.IDs.Simkl != 9:
				t.Errorf("takes back %v", row.Answer)
			case kind == "send" && row.Form == 0:
				return queue.Outcome{Class: queue.Untrusted, Answer: &wrong}
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.put(1, media.VerbStart, episode("Dark", 1), 1)
		b.sent("start Dark S01E01 1", "takeback Dark S01E01", "start Dark S01E01 1 form 1")
		b.put(1, media.VerbPause, episode("Dark", 1), 10)
		b.sent("pause Dark S01E01 10 form 1")
	})
}

func TestATakeBackSurvivesAnOutageAndARestart(t *testing.T) {
	evening(t, func(b *bench) {
		wrong := media.Answer{Kind: media.AnswerShow, Title: "The Dark", IDs: media.IDs{Simkl: 9}}
		b.simkl.answers(func(kind string, _ queue.Row) queue.Outcome {
			if kind == "takeback" {
				return queue.Outcome{Class: queue.Unreachable, Playback: 77}
			}
			return queue.Outcome{Class: queue.Untrusted, Answer: &wrong}
		})
		b.put(1, media.VerbStart, episode("Dark", 1), 1)
		b.wait(24 * time.Hour)
		b.restart()
		b.simkl.take()
		b.simkl.answers(func(kind string, row queue.Row) queue.Outcome {
			if kind == "takeback" && (row.Playback != 77 || row.Progress != 1) {
				t.Errorf("goes on with playback %d at %v", row.Playback, row.Progress)
			}
			return queue.Outcome{Class: queue.Done}
		})
		b.put(2, media.VerbStart, episode("Severance", 1), 1)
		b.wait(10 * time.Minute)
		b.sent("takeback Dark S01E01", "start Severance S01E01 1")
	})
}

func TestAWatchNobodyKnowsIsKeptAndToldOnce(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.Mistaken, Candidates: []media.Answer{{Title: "Dark Matter"}}}))
		m := episode("Darkk", 1)
		b.put(1, media.VerbStart, m, 1)
		b.sent("start Darkk S01E01 1", "start Darkk S01E01 1 form 1")
		b.put(1, media.VerbPause, m, 50)
		b.put(1, media.VerbWatched, m, 100)
		b.sent()
		told := 0
		for _, e := range b.events {
			if e.Kind == queue.EventUnmatched {
				told++
			}
		}
		rows, err := b.store.Unmatched(context.Background())
		if err != nil || len(rows) != 1 || !rows[0].Watched() || len(rows[0].Candidates) != 1 || told != 1 {
			t.Errorf("unmatched %+v, told %d times, %v", rows, told, err)
		}
		if got := b.outcome(1); got != store.OutcomeUnmatched {
			t.Errorf("journal says %q", got)
		}

		b.simkl.answers(nil)
		if err := b.store.Assign(context.Background(), 1, episode("Dark", 1, "tt1")); err != nil {
			t.Fatal(err)
		}
		b.Kick()
		b.sent("history Dark S01E01")
		if got := b.outcome(1); got != store.OutcomeSent {
			t.Errorf("journal says %q after fix", got)
		}
	})
}

func TestARefusedWatchIsKeptUntilRetry(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.Refused, Words: "wrong_parameter"}))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(24 * time.Hour)
		b.sent("watched Dark S01E01 100")
		if st := b.Status(); st.Dead != 1 || st.Pending != 0 || b.outcome(1) != store.OutcomeDead {
			t.Errorf("status %+v, journal %q", st, b.outcome(1))
		}
		b.simkl.answers(nil)
		if n, err := b.store.Retry(context.Background(), 1); err != nil || n != 1 {
			t.Fatalf("Retry = %d, %v", n, err)
		}
		b.Kick()
		b.sent("history Dark S01E01")
	})
}

func TestBatchesAreHalvedUntilSimklTakesThem(t *testing.T) {
	evening(t, func(b *bench) {
		b.SetAccount("")
		for i := range 100 {
			b.put(media.WatchID(i+1), media.VerbWatched, episode(fmt.Sprint("Show ", i/10), i+1, "tt1"), 100)
		}
		b.wait(time.Minute)
		b.simkl.answers(func(string, queue.Row) queue.Outcome {
			if n := b.simkl.batches[len(b.simkl.batches)-1]; n > 20 {
				return queue.Outcome{Class: queue.TooMany}
			}
			return queue.Outcome{Class: queue.Done, Via: "history"}
		})
		b.SetAccount("v1:7")
		b.wait(time.Minute)
		if want := []int{50, 25, 12, 12, 12, 12, 12, 12, 12, 12, 4}; !slices.Equal(b.simkl.sizes(), want) {
			t.Errorf("batches %v, want %v", b.simkl.sizes(), want)
		}
		if st := b.Status(); st.Pending != 0 {
			t.Errorf("%d rows wait", st.Pending)
		}
	})
}

func TestOneErrorInABatchHarmsOnlyItsOwnTitle(t *testing.T) {
	evening(t, func(b *bench) {
		b.SetAccount("")
		for i := range 30 {
			b.put(media.WatchID(i+1), media.VerbWatched, episode(fmt.Sprint("Show ", i/3), i+1, "tt1"), 100)
		}
		b.wait(time.Minute)
		b.simkl.answers(func(_ string, row queue.Row) queue.Outcome {
			if row.Watch == 10 {
				return queue.Outcome{Class: queue.Odd, Words: "418"}
			}
			return queue.Outcome{Class: queue.Done, Via: "history"}
		})
		b.SetAccount("v1:7")
		b.wait(time.Second)
		if st := b.Status(); st.Pending != 1 || len(b.simkl.sizes()) != 1 {
			t.Errorf("status %+v after batches %v", st, b.simkl.sizes())
		}
	})
}

func TestAHoldIsToldOnceAndEndsByItself(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.Held, RetryAfter: time.Minute, Words: "client_id_failed"}))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.put(2, media.VerbWatched, episode("Severance", 1, "tt2"), 100)
		b.sent("watched Dark S01E01 100")
		if st := b.Status(); st.HeldWhy != "client_id_failed" || !st.HeldUntil.Equal(b.simkl.start.Add(time.Minute)) {
			t.Errorf("status %+v", st)
		}
		b.NetworkBack()
		b.wait(59 * time.Second)
		b.sent()
		b.simkl.answers(nil)
		b.wait(2 * time.Second)
		b.sent("history Dark S01E01", "history Severance S01E01")
		var kinds []string
		for _, e := range b.events {
			if e.Kind == queue.EventHold || e.Kind == queue.EventHoldOver {
				kinds = append(kinds, string(e.Kind))
			}
		}
		if got := strings.Join(kinds, ", "); got != "hold, hold over" {
			t.Errorf("told %s", got)
		}
	})
}

func TestARevokedTokenHoldsTheQueueUntilLogin(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.LoginNeeded}))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.put(2, media.VerbWatched, episode("Severance", 1, "tt2"), 100)
		b.wait(24 * time.Hour)
		b.sent("watched Dark S01E01 100")
		b.Kick() // somebody changed a row: tried again, not told again
		b.sent("history Dark S01E01", "history Severance S01E01")
		told := 0
		for _, e := range b.events {
			if e.Kind == queue.EventLoginNeeded {
				told++
			}
		}
		if told != 1 || !b.Status().LoginNeeded {
			t.Errorf("told %d times, status %+v", told, b.Status())
		}
		b.simkl.answers(nil)
		b.SetAccount("v1:7")
		b.sent("history Dark S01E01", "history Severance S01E01")
	})
}

func TestRowsBelongToTheAccountThatWatched(t *testing.T) {
	evening(t, func(b *bench) {
		b.SetAccount("")
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(time.Minute)
		b.sent()
		b.SetAccount("v1:7")
		b.sent("history Dark S01E01")
		claimed := 0
		for _, e := range b.events {
			if e.Kind == queue.EventClaimed {
				claimed += e.Count
			}
		}
		if claimed != 1 {
			t.Errorf("%d watches were claimed", claimed)
		}

		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(2, media.VerbWatched, episode("Dark", 2, "tt1"), 100)
		b.wait(time.Minute)
		b.simkl.take()
		up.Store(true)
		b.SetAccount("v1:8")
		b.put(3, media.VerbWatched, episode("Dark", 3, "tt1"), 100)
		b.sent("watched Dark S01E03 100")
		if st := b.Status(); st.OtherAccount != 1 {
			t.Errorf("status %+v", st)
		}
		b.SetAccount("v1:7")
		b.NetworkBack()
		b.sent("history Dark S01E02")
	})
}

func TestAtMostFortyLiveCallsPerWatch(t *testing.T) {
	evening(t, func(b *bench) {
		m := episode("Dark", 1, "tt1")
		for range 39 {
			b.put(1, media.VerbPause, m, 50)
			synctest.Wait()
		}
		b.put(1, media.VerbStart, m, 50)
		synctest.Wait()
		b.simkl.take()
		b.put(1, media.VerbPause, m, 50) // closes an accepted start
		b.sent("pause Dark S01E01 50")
		b.put(1, media.VerbStart, m, 50)
		b.put(1, media.VerbPause, m, 60)
		b.sent()
		b.put(1, media.VerbWatched, m, 100)
		b.sent("watched Dark S01E01 100")
	})
}

func TestALockedLiveCallIsTriedOnceMore(t *testing.T) {
	evening(t, func(b *bench) {
		b.simkl.answers(always(queue.Outcome{Class: queue.Locked}))
		b.put(1, media.VerbStart, episode("Dark", 1, "tt1"), 1)
		b.wait(19 * time.Second)
		b.sent("start Dark S01E01 1")
		b.wait(2 * time.Second)
		b.sent("start Dark S01E01 1")
		b.wait(9 * time.Minute)
		b.sent()
		if st := b.Status(); st.Pending != 0 {
			t.Errorf("%d rows wait", st.Pending)
		}
	})
}

func TestTheSameCallAgainIsNotSentAgain(t *testing.T) {
	evening(t, func(b *bench) {
		for _, verb := range []media.Verb{media.VerbStart, media.VerbPause, media.VerbWatched} {
			b.put(1, verb, episode("Dark", 1, "tt1"), 90)
			synctest.Wait()
		}
		b.simkl.take()
		for range 2 {
			b.seq[1] = 0
			for _, verb := range []media.Verb{media.VerbStart, media.VerbPause, media.VerbWatched} {
				b.put(1, verb, episode("Dark", 1, "tt1"), 90)
			}
			b.sent()
			b.restart()
		}
	})
}

func TestARowThatWasDroppedByACommandIsNotSent(t *testing.T) {
	evening(t, func(b *bench) {
		up := &atomic.Bool{}
		b.simkl.answers(network(up))
		b.put(1, media.VerbWatched, episode("Dark", 1, "tt1"), 100)
		b.wait(time.Minute)
		b.simkl.take()
		if _, err := b.store.Drop(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		up.Store(true)
		b.NetworkBack() // no Kick: the command was killed before it
		b.sent()
	})
}

func TestAParkedItemIsNeverSentByItself(t *testing.T) {
	evening(t, func(b *bench) {
		c := media.Call{Watch: 1, Seq: 1, Verb: media.VerbWatched, Match: episode("home", 1), Progress: 100, At: time.Now()}
		if err := b.Park(context.Background(), c, nil, "a bare name"); err != nil {
			t.Fatal(err)
		}
		b.wait(time.Hour)
		b.sent()
		if st := b.Status(); st.Unmatched != 1 || st.Pending != 0 {
			t.Errorf("status %+v", st)
		}
	})
}

func TestPutRefusesWhatIsNoCallOfAWatch(t *testing.T) {
	evening(t, func(b *bench) {
		if err := b.Put(context.Background(), media.Call{Watch: 1, Seq: 1, Verb: queue.VerbTakeBack}); err == nil {
			t.Error("a take-back was taken from outside")
		}
	})
}

func TestAWatchThatWasInFlightWhenTheProcessDiedIsSentWithDoubt(t *testing.T) {
	evening(t, func(b *bench) {
		ctx := context.Background()
		b.stop()
		s, _, err := store.Open(ctx, b.dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, verb := range []media.Verb{media.VerbWatched, media.VerbStart} {
			row, _, err := s.Add(ctx, queue.Row{
				State: queue.StatePending, Account: "v1:7", CreatedAt: time.Now(),
				Call: media.Call{Watch: media.WatchID(i + 1), Seq: 1, Verb: verb, Match: episode(fmt.Sprint("Show ", i), 1, "tt1"), At: time.Now()},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Begin(ctx, []queue.Row{row}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		b.simkl.answers(always(queue.Outcome{Class: queue.Unreachable}))
		b.run()
		b.SetAccount("v1:7")
		b.sent("start Show 1 S01E01 0")
		b.simkl.answers(func(kind string, row queue.Row) queue.Outcome {
			if kind == "history" && !row.Doubtful {
				t.Error("the Sender is not told that Simkl may have the watch")
			}
			if kind == "history" {
				return queue.Outcome{Class: queue.Done}
			}
			return queue.Outcome{Class: queue.Unreachable}
		})
		b.seq[2] = 1
		// The start may have been accepted: its closing call goes first, whatever its age.
		b.put(2, media.VerbPause, episode("Show 1", 1, "tt1"), 50)
		b.wait(time.Hour)
		if got := b.outcome(1); got != store.OutcomeSent {
			t.Errorf("the watch is %q", got)
		}
		b.simkl.take()
		b.simkl.answers(nil)
		b.put(3, media.VerbStart, episode("Show 3", 1, "tt3"), 1)
		b.NetworkBack()
		b.sent("pause Show 1 S01E01 50", "start Show 3 S01E01 1")
	})
}
