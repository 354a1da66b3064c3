package limits

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

const (
	// pollFirst and pollMost bound how often a lock that another process holds is asked for. Asking can be ended by a
	// context, which waiting in the kernel cannot.
	pollFirst = time.Millisecond
	pollMost  = 20 * time.Millisecond
	// frozenSlack is added to a call's own time limit before its process is taken for frozen.
	frozenSlack = 5 * time.Second
	// stateMost bounds what is read of a state file; a real one has some 300 bytes.
	stateMost = 64 << 10
)

// acquire takes a lock between processes.
func acquire(ctx context.Context, lock *flock.Flock, giveUp func() bool) (bool, error) {
	for delay := pollFirst; ; delay = min(2*delay, pollMost) {
		got, err := lock.TryLock()
		if err != nil || got {
			return got, err
		}
		if giveUp() {
			return false, nil
		}
		if err := sleep(ctx, delay); err != nil {
			return false, err
		}
	}
}

// takeFlight makes p the one counted call of all processes.
func (l *Limits) takeFlight(ctx context.Context, p *Permit) error {
	select {
	case l.flight <- struct{}{}:
		p.flight = true
	case <-ctx.Done():
		return ctx.Err()
	}
	next := l.cfg.Now().Add(time.Second)
	got, err := acquire(ctx, l.lock, func() bool {
		if now := l.cfg.Now(); now.After(next) {
			next = now.Add(time.Second)
			return l.holderFrozen(ctx)
		}
		return false
	})
	if err != nil {
		p.release()
		return fmt.Errorf("wait for the call in flight: %w", err)
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
	if _, err := acquire(ctx, l.state, func() bool { return false }); err != nil {
		return fmt.Errorf("lock the limits: %w", err)
	}
	defer func() {
		_ = l.state.Close() // closing the file gives the lock back even if unlocking fails
	}()
	now := l.cfg.Now()
	s, err := l.read()
	if err != nil {
		return err
	}
	if !change(&s, now) {
		return nil
	}
	return l.write(s)
}

// read gives the state. None at all is an empty one.
func (l *Limits) read() (state, error) {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("open the limits: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, stateMost))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return state{}, fmt.Errorf("read the limits: %w", err)
	}
	var s state
	if json.Unmarshal(data, &s) != nil {
		return l.damaged()
	}
	return s, nil
}

// damaged moves a state file aside that cannot be read. What it knew is lost, so the next calls keep their distance.
func (l *Limits) damaged() (state, error) {
	now := l.cfg.Now()
	moved := l.path + ".damaged-" + now.UTC().Format("20060102T150405")
	if err := os.Rename(l.path, moved); err != nil {
		return state{}, fmt.Errorf("move the damaged limits aside: %w", err)
	}
	if l.cfg.Damaged != nil {
		l.cfg.Damaged(moved)
	}
	n := now.UnixNano()
	return state{Last: [2]int64{n, n}, Write: n}, nil
}

// write replaces the state file whole. It is not flushed to the disk: after a power cut all it knew is over.
func (l *Limits) write(s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the limits: %w", err)
	}
	temp := l.path + ".new"
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return fmt.Errorf("write the limits: %w", err)
	}
	if err := os.Rename(temp, l.path); err != nil {
		return fmt.Errorf("replace the limits: %w", err)
	}
	return nil
}
