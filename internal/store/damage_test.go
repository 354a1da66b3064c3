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
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
)

// kept makes a state file with some of everything in it and gives its bytes.
func kept(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	s, _, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		id, err := s.NextWatch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := row(id, 1, media.VerbWatched)
		r.At = noon.Add(time.Duration(i) * time.Minute)
		add(t, s, r)
		if err := s.SetSetting(t.Context(), fmt.Sprint("key", i), strings.Repeat("x", 300)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestADamagedFileIsMovedAsideAndNeverPanics damages a file in all the ways disks do. What is opened afterwards works,
// and the damaged bytes are still there.
func TestADamagedFileIsMovedAsideAndNeverPanics(t *testing.T) {
	t.Parallel()
	whole := kept(t)
	watches := 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		data := damage(rnd, whole)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, store.FileName)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			s, damage, err := store.Open(t.Context(), dir, store.Options{Repair: true})
			if _, newer := errors.AsType[*store.NewerError](err); newer {
				return // a flipped bit in the version
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			if damage != nil {
				watches += damage.Watches
				if got, err := os.ReadFile(damage.MovedTo); err != nil || !bytes.Equal(got, data) {
					t.Errorf("the damaged file is not as it was found: %v", err)
				}
			}
			id, err := s.NextWatch(t.Context())
			if err != nil {
				t.Fatalf("the new file does not work: %v", err)
			}
			if _, _, err := s.Add(t.Context(), row(id, 1, media.VerbWatched)); err != nil {
				t.Errorf("the new file does not work: %v", err)
			}
			if _, err := s.Backlog(t.Context()); err != nil {
				t.Errorf("the new file does not work: %v", err)
			}
		})
	}
	if watches == 0 {
		t.Error("no finished watch was recovered from any damaged file")
	}
	t.Logf("%d of %d watches were recovered", watches, 60*40)
}

func damage(rnd *rand.Rand, whole []byte) []byte {
	data := append([]byte(nil), whole...)
	page := func() []byte {
		n := rnd.IntN(len(data) / 4096)
		return data[n*4096 : (n+1)*4096]
	}
	switch rnd.IntN(5) {
	case 0: // noise
		p := page()
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
	case 1: // zeros
		clear(page())
	case 2: // bit flips
		for range 40 {
			data[rnd.IntN(len(data))] ^= 1 << rnd.IntN(8)
		}
	case 3: // cut
		data = data[:rnd.IntN(len(data))]
	case 4: // two pages swapped
		a, b := page(), page()
		tmp := append([]byte(nil), a...)
		copy(a, b)
		copy(b, tmp)
	}
	return data
}

func TestWatchesOfADamagedFileWaitInTheNewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, store.FileName)
	data := kept(t)
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
	if damage == nil || damage.Watches != 40 || len(pending(t, s)) != 40 {
		t.Fatalf("damage %+v, %d pending", damage, len(pending(t, s)))
	}
	if id, err := s.NextWatch(t.Context()); err != nil || id <= 40 {
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
	data := kept(t)
	binary.BigEndian.PutUint32(data[60:], 99)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := store.Open(t.Context(), dir, store.Options{Repair: true})
	newer, ok := errors.AsType[*store.NewerError](err)
	if !ok || newer.Have != 99 {
		t.Fatalf("Open: %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
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
