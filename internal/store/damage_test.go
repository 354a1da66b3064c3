package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/players/playerstest"
	"github.com/simkld/simkld/queue"
)

// files are the bytes of a state file and of its write-ahead log.
type files struct{ main, log []byte }

func (f files) write(t *testing.T, dir string) {
	t.Helper()
	for suffix, data := range map[string][]byte{"": f.main, "-wal": f.log} {
		if data == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, store.FileName+suffix), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, dir string) files {
	t.Helper()
	main, err := os.ReadFile(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, store.FileName+"-wal"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files{main, log}
}

// keptWatches is how many finished watches wait in the state that kept makes, inLog how many of them only its log has.
const keptWatches, inLog = 40, 10

func film(id media.WatchID) queue.Row {
	r := row(id, 1, media.VerbWatched)
	r.Match.Episodes = []media.Number{media.Number(id)}
	r.At = noon.Add(time.Duration(id) * time.Minute)
	return r
}

// kept makes a state with some of everything in it, and gives its files as a crash would leave them: old is the state
// some watches earlier.
func kept(t *testing.T) (now, old files) {
	t.Helper()
	return keptBy(t, "v1:7")
}

// keptBy is kept for an account.
func keptBy(t *testing.T, account string) (now, old files) {
	t.Helper()
	dir := t.TempDir()
	for _, until := range []int{keptWatches - inLog, keptWatches} {
		s, _, err := store.Open(t.Context(), dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for {
			id, err := s.NextWatch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(
				s.SetSetting(t.Context(), fmt.Sprint("key", id), strings.Repeat("x", 300)),
				s.SaveSession(t.Context(), fmt.Sprint(id), fmt.Append(nil, "session ", id)),
			); err != nil {
				t.Fatal(err)
			}
			r := film(id)
			r.Account = account
			add(t, s, r)
			if int(id) == until {
				break
			}
		}
		now = read(t, dir)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if until < keptWatches {
			old = read(t, dir)
		}
	}
	if len(now.log) == 0 || len(old.log) != 0 {
		t.Fatalf("the logs have %d and %d bytes", len(now.log), len(old.log))
	}
	return now, old
}

// damages are what disks, copies and people do to files.
var damages = []struct {
	name string
	do   func(rnd *rand.Rand, now, old files) files
	// sure is how many of the watches must be there afterwards.
	sure int
}{
	{"noise in a page", func(rnd *rand.Rand, f, _ files) files {
		p := aPage(rnd, f.main)
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
		return f
	}, keptWatches},
	{"a page of zeros", func(rnd *rand.Rand, f, _ files) files {
		clear(aPage(rnd, f.main))
		return f
	}, keptWatches},
	{"zeros at the beginning", func(rnd *rand.Rand, f, _ files) files {
		clear(f.main[:4096*(1+rnd.IntN(2))])
		return f
	}, keptWatches},
	{"flipped bits", func(rnd *rand.Rand, f, _ files) files {
		for range 1 + rnd.IntN(40) {
			f.main[rnd.IntN(len(f.main))] ^= 1 << rnd.IntN(8)
		}
		return f
	}, 0},
	{"flipped bits in the log", func(rnd *rand.Rand, f, _ files) files {
		for range 1 + rnd.IntN(40) {
			f.log[rnd.IntN(len(f.log))] ^= 1 << rnd.IntN(8)
		}
		return f
	}, keptWatches - inLog},
	{"cut", func(rnd *rand.Rand, f, _ files) files {
		f.main = f.main[:rnd.IntN(len(f.main))]
		return f
	}, 0},
	{"cut, no log", func(rnd *rand.Rand, _, old files) files {
		return files{main: old.main[:rnd.IntN(len(old.main))]}
	}, 0},
	{"a cut log", func(rnd *rand.Rand, f, _ files) files {
		f.log = f.log[:rnd.IntN(len(f.log))]
		return f
	}, keptWatches - inLog},
	{"no log", func(_ *rand.Rand, f, _ files) files { return files{main: f.main} }, keptWatches - inLog},
	{"nothing but the log", func(_ *rand.Rand, f, _ files) files { return files{log: f.log} }, inLog},
	{"nothing, and the log", func(_ *rand.Rand, f, _ files) files { return files{main: []byte{}, log: f.log} }, inLog},
	{"two pages swapped", func(rnd *rand.Rand, f, _ files) files {
		a, b := aPage(rnd, f.main), aPage(rnd, f.main)
		tmp := slices.Clone(a)
		copy(a, b)
		copy(b, tmp)
		return f
	}, keptWatches - inLog},
	{"a page of an older time", func(rnd *rand.Rand, f, old files) files {
		n := rnd.IntN(len(old.main)/4096) * 4096
		copy(f.main[n:n+4096], old.main[n:])
		return f
	}, keptWatches},
	{"the log of another file", func(_ *rand.Rand, _, old files) files {
		return files{main: old.main, log: another.log}
	}, keptWatches - inLog},
	{"an older file with the log of now", func(_ *rand.Rand, f, old files) files {
		return files{main: old.main, log: f.log}
	}, keptWatches - inLog},
	{"another program's file", func(rnd *rand.Rand, f, _ files) files {
		binary.BigEndian.PutUint32(f.main[68:], rnd.Uint32())
		return files{main: f.main}
	}, keptWatches - inLog},
}

func aPage(rnd *rand.Rand, data []byte) []byte {
	n := rnd.IntN(len(data) / 4096)
	return data[n*4096 : (n+1)*4096]
}

// another is the state of another machine.
var another files

// TestADamagedFileIsMovedAsideAndNeverPanics damages the state in all the ways disks, copies and people do. What is
// opened afterwards works, and again; what was found is still there; and the watches that can be read wait in it.
func TestADamagedFileIsMovedAsideAndNeverPanics(t *testing.T) {
	t.Parallel()
	rounds := playerstest.Rounds(t, "DAMAGES", 48)
	now, old := kept(t)
	another, _ = keptBy(t, "v1:8")
	type sum struct{ files, damaged, newer, recovered, least int }
	sums := map[string]*sum{}
	for _, d := range damages {
		sums[d.name] = &sum{least: keptWatches}
	}
	for seed := range uint64(rounds) {
		d := damages[seed%uint64(len(damages))]
		rnd := rand.New(rand.NewPCG(seed, 0))
		f := d.do(rnd, files{slices.Clone(now.main), slices.Clone(now.log)}, old)
		n := sums[d.name]
		n.files++
		t.Run(fmt.Sprint(d.name, " ", seed), func(t *testing.T) {
			watches, damage, newer := survives(t, f, d.name != "flipped bits")
			if newer {
				n.newer++
				return
			}
			if damage {
				n.damaged++
			}
			n.recovered += watches
			n.least = min(n.least, watches)
			if watches < d.sure {
				t.Errorf("%d watches are there, of %d", watches, d.sure)
			}
		})
	}
	for _, d := range damages {
		n := sums[d.name]
		t.Logf("%4d %-34s %4d moved aside, %4.1f of %d watches, at least %d", n.files, d.name, n.damaged,
			float64(n.recovered)/float64(max(n.files-n.newer, 1)), keptWatches, n.least)
	}
}

// survives opens the state as the daemon does, uses it, opens it again, and says how many of the watches wait in it.
// exact: what can be read is as it was, or not there.
func survives(t *testing.T, f files, exact bool) (watches int, damaged, newer bool) {
	t.Helper()
	dir := t.TempDir()
	f.write(t, dir)
	s, damage, err := store.Open(t.Context(), dir, store.Options{Repair: true})
	if _, newer := errors.AsType[*store.NewerError](err); newer {
		return 0, false, true // a flipped bit in the version
	}
	if err != nil {
		t.Fatal(err)
	}
	if damage != nil {
		for suffix, data := range map[string][]byte{"": f.main, "-wal": f.log} {
			if got, err := os.ReadFile(damage.MovedTo + suffix); len(data) > 0 && (err != nil || !bytes.Equal(got, data)) {
				t.Errorf("the damaged file is not as it was found: %q, %v", suffix, err)
			}
		}
	}
	rows, err := s.Queue(t.Context())
	if err != nil {
		t.Fatalf("the new file does not work: %v", err)
	}
	for _, r := range rows {
		want := film(r.Watch)
		if r.Watched() && r.At.Equal(want.At) && r.Match.Title == want.Match.Title && r.Path == want.Path && r.Account == want.Account &&
			slices.Equal(r.Match.Episodes, want.Match.Episodes) {
			watches++
		} else if exact && r.Match.Title != "" {
			t.Errorf("row %+v was never there", r)
		}
	}
	id, err := s.NextWatch(t.Context())
	if err != nil || watches > 0 && id <= rows[len(rows)-1].Watch {
		t.Fatalf("number %d is given, %v", id, err)
	}
	if _, added, err := s.Add(t.Context(), film(id)); err != nil || !added {
		t.Errorf("the new file takes no watch: %v", err)
	}
	if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
		t.Errorf("the new file does not work: %v", err)
	}
	again, damageAgain, err := store.Open(t.Context(), dir, store.Options{Repair: true})
	if err != nil || damageAgain != nil {
		t.Fatalf("the new file cannot be opened again: %+v, %v", damageAgain, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.new*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.copy*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if got := len(pending(t, again)); got < watches+1 {
		t.Errorf("%d watches wait after opening it again, %d before", got, watches+1)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	return watches, damage != nil, false
}

func TestWatchesOfADamagedFileWaitInTheNewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	_, old := kept(t)
	data := old.main
	// The page of the settings' tree is hit: the queue can still be read.
	at := strings.LastIndex(string(data), strings.Repeat("x", 300)) / 4096 * 4096
	clear(data[at : at+4096])
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Open(t.Context(), dir, store.Options{}); !store.IsDamaged(err) {
		t.Fatalf("Open without Repair: %v", err)
	}
	s, damage, err := store.Open(t.Context(), dir, store.Options{Repair: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if damage == nil || damage.Watches != keptWatches-inLog || len(pending(t, s)) != keptWatches-inLog {
		t.Fatalf("damage %+v, %d pending", damage, len(pending(t, s)))
	}
	if id, err := s.NextWatch(t.Context()); err != nil || id <= keptWatches-inLog {
		t.Errorf("number %d is used again, %v", id, err)
	}
	if e, err := s.Entry(t.Context(), 7); err != nil || e.Outcome != store.OutcomeQueued {
		t.Errorf("journal says %q, %v", e.Outcome, err)
	}
}

func TestAFileOfANewerSimkldIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	_, old := kept(t)
	data := old.main
	binary.BigEndian.PutUint32(data[60:], 99)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := store.Open(t.Context(), dir, store.Options{Repair: true})
	newer, ok := errors.AsType[*store.NewerError](err)
	if !ok || newer.Have != 99 {
		t.Fatalf("Open: %v", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil || len(there) != 1 {
		t.Errorf("files %v, %v", there, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(data) {
		t.Error("the file was changed")
	}
}

func TestAFileOfAnotherProgramIsMovedAside(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"text": strings.Repeat("hello ", 100), "short": "SQLite"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, store.FileName), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		s, damage, err := store.Open(context.Background(), dir, store.Options{Repair: true})
		if err != nil || damage == nil {
			t.Fatalf("%s: damage %v, %v", name, damage, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
