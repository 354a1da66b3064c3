package limits

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	// pollFirst and pollMost bound how often a lock that another process holds is asked for. Asking can be ended by a
	// context, which waiting in the kernel cannot.
	pollFirst = time.Millisecond
	pollMost  = 20 * time.Millisecond
	// frozenLook is how often a waiting call looks whether the one before it is frozen, and frozenSlack is added to a call's own time limit before its process is taken for frozen.
	frozenLook  = time.Second
	frozenSlack = 5 * time.Second
	// stateSize is the size of the state file. A state has some 300 bytes; the rest is blanks.
	stateSize = 2048
)

// acquire takes a lock between processes. Each time it finds it taken it asks giveUp whether to go without.
func acquire(ctx context.Context, lock *flock.Flock, giveUp func() (bool, error)) (bool, error) {
	for delay := pollFirst; ; delay = min(2*delay, pollMost) {
		got, err := lock.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			// The folder was cleared away: a runtime folder goes with the last session of its user.
			if err = os.MkdirAll(filepath.Dir(lock.Path()), 0o700); err == nil {
				got, err = lock.TryLock()
			}
		}
		if err != nil {
			return false, fmt.Errorf("lock the limits: %w", err)
		}
		if got {
			return true, nil
		}
		if enough, err := giveUp(); enough || err != nil {
			return false, err
		}
		if err := sleep(ctx, delay); err != nil {
			return false, err
		}
	}
}

// takeFlight makes p the one counted call of all processes. A call that has to wait for another learns of a hold first,
// at once.
func (l *Limits) takeFlight(ctx context.Context, p *Permit) error {
	select {
	case l.flight <- struct{}{}:
		p.flight = true
	default:
		if err := l.allowed(ctx, p.call); err != nil {
			return err
		}
		select {
		case l.flight <- struct{}{}:
			p.flight = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	next := l.cfg.Now()
	first := true
	got, err := acquire(ctx, l.lock, func() (bool, error) {
		if first {
			first = false
			return false, l.allowed(ctx, p.call)
		}
		if now := l.cfg.Now(); now.Sub(next).Abs() >= frozenLook {
			next = now
			return l.holderFrozen(ctx), nil
		}
		return false, nil
	})
	if err != nil {
		p.release()
		return err
	}
	p.locked = got
	return nil
}

// holderFrozen says whether the process that holds the lock is past any time its call could have taken: it was
// stopped (SIGSTOP, Ctrl-Z), and its call is long dead. Nobody waits for it.
func (l *Limits) holderFrozen(ctx context.Context) bool {
	frozen := false
	err := l.update(ctx, func(s *state, now time.Time) bool {
		frozen = s.FlightUntil != 0 && now.UnixNano() > s.FlightUntil+int64(frozenSlack)
		return false
	})
	return err == nil && frozen
}

// update lets change read the state and, if it says so, writes it back. Nobody else, in this process or another, is in
// update meanwhile.
func (l *Limits) update(ctx context.Context, change func(s *state, now time.Time) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	patience := time.Now().Add(frozenSlack)
	// Whoever holds it for longer than this is frozen and has nothing half written: the state goes in by one write.
	if _, err := acquire(ctx, l.state, func() (bool, error) { return time.Now().After(patience), nil }); err != nil {
		return err
	}
	defer func() {
		_ = l.state.Close() // closing the file gives the lock back even if unlocking fails
	}()
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the limits: %w", err)
	}
	now := l.cfg.Now()
	s, intact, err := l.read(f, now)
	if err == nil && (change(&s, now) || !intact) {
		err = write(f, s)
	}
	if closed := f.Close(); err == nil && closed != nil {
		err = fmt.Errorf("close the limits: %w", closed)
	}
	return err
}

// read gives the state, and false when it was damaged. None at all is an empty one.
func (l *Limits) read(f *os.File, now time.Time) (s state, intact bool, err error) {
	data := make([]byte, stateSize)
	n, err := f.ReadAt(data, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return s, false, fmt.Errorf("read the limits: %w", err)
	case n == 0:
		return s, true, nil
	case json.Unmarshal(data[:n], &s) != nil:
		s, err = l.damaged(data[:n], now)
		return s, false, err
	}
	s.Holds, s.Budgets = last(s.Holds, holdsMost), last(s.Budgets, budgetsMost)
	return s, true, nil
}

// last are the last few of a list.
func last[T any](list []T, most int) []T { return list[max(0, len(list)-most):] }

// damaged keeps under a new name what cannot be read. What it knew is lost, so the next calls keep their distance.
func (l *Limits) damaged(data []byte, now time.Time) (state, error) {
	moved := l.path + ".damaged-" + now.UTC().Format("20060102T150405")
	if err := os.WriteFile(moved, data, 0o600); err != nil {
		return state{}, fmt.Errorf("keep the damaged limits: %w", err)
	}
	if l.cfg.Damaged != nil {
		l.cfg.Damaged(moved)
	}
	n := now.UnixNano()
	return state{Last: [2]int64{n, n}, Write: n}, nil
}

// write replaces the whole state by one write into the page cache, which a killed process cannot leave half done.
// Replacing the file would have ext4 flush it to the disk at each call (1 ms and more, measured), for something that
// is worth nothing after a power cut.
func write(f *os.File, s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the limits: %w", err)
	}
	if len(data) > stateSize {
		return fmt.Errorf("the state of the limits has %d bytes", len(data))
	}
	data = append(data, bytes.Repeat([]byte{' '}, stateSize-len(data))...)
	if _, err := f.WriteAt(data, 0); err != nil {
		return fmt.Errorf("write the limits: %w", err)
	}
	return nil
}
