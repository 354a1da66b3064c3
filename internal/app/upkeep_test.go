package app

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/store"
)

func TestADaemonThatRunsForDaysPrunesItsStateAndSeesDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, _, err := store.Open(t.Context(), dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		found, ended := 0, make(chan error, 1)
		go func() { ended <- upkeep(ctx, s, zap.NewNop(), func(error) { found++ }) }() // ends with ctx
		if _, err := s.LogRequest(t.Context(), store.Request{Time: time.Now(), Method: "GET"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		if left, err := s.Requests(t.Context(), time.Time{}); err != nil || len(left) != 0 || found != 0 {
			t.Errorf("%d requests are still there, damage was found %d times, %v", len(left), found, err)
		}
		// The root of a table turns to zeros under the daemon.
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(dir, store.FileName), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if s, _, err = store.Open(t.Context(), dir, store.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(make([]byte, 4096), 5*4096); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		go func() { ended <- upkeep(ctx, s, zap.NewNop(), func(error) { found++ }) }() // ends with ctx
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if found != 1 {
			t.Errorf("the damage was found %d times", found)
		}
		if err := s.Close(); err != nil {
			t.Log(err)
		}
	})
}
