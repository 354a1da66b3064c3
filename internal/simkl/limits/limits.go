// Package limits keeps all processes of a user within what Simkl allows one account: one counted call in flight, at
// least 1.1 s between writes, never three requests in one second, nothing at all while Simkl holds us off, and the last
// calls of a day for what matters (product.md 6, simkl-api.md 15).
//
// It owns, per server, two lock files and one small state file in a folder that all processes share: the distances hold
// over all accounts of the user, also over a login, the holds and the day are each account's own. It
// promises that a process that dies leaves no lock behind, that waiting ends with the context, and that a clock that is
// set back or forward, a frozen process or a damaged state file delays nobody for longer than the rules themselves do. It must not know
// HTTP, endpoints or tokens: its caller says what a call is (Call) and what became of it (Result).
package limits

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// The rules. The margins cover that two requests do not take equally long to arrive: the server counts arrivals.
const (
	// WriteGap is the least time between two writes (product.md 6).
	WriteGap = 1100 * time.Millisecond
	// burstWindow is how long after the last but one request the next may start.
	burstWindow = time.Second + burstMargin
	burstMargin = 20 * time.Millisecond
	// rateWait is the wait after a per-second 429 (simkl-api.md 15).
	rateWait = time.Second
	// blockFirst and blockMost bound the hold after a 412, which doubles from one to the other.
	blockFirst = time.Minute
	blockMost  = time.Hour
	// holdMost bounds what a server may ask for: a daily limit ends with the day.
	holdMost = 25 * time.Hour
	// FreeCalls is a free account's allowance of a day, assumed where Simkl does not say what is left.
	FreeCalls = 500
	// Reserve are the last calls of a day, kept for finished watches and for what the user typed.
	Reserve = 100
)

// Priority says who waits for a call.
type Priority int

const (
	// Live is what is worth something only now: start, pause, an unfinished stop. It is the zero value.
	Live Priority = iota
	// Finished is a finished watch.
	Finished
	// Typed is what the user asked for in a command.
	Typed
)

// Call is what a request is to the limits.
type Call struct {
	// Write is true for a POST or DELETE.
	Write bool
	// Uncounted is true for what Simkl does not count and allows in parallel: catalogue details, episode lists, CDN files.
	Uncounted bool
	Priority  Priority
	// Timeout is how long the request can take at most. A holder of the lock that takes longer is frozen and is passed by.
	Timeout time.Duration
}

// Reason says why Simkl holds us off.
type Reason string

// The written forms are stored and never change.
const (
	// Blocked is a 412: a throttling block, or a client_id that Simkl does not know.
	Blocked Reason = "blocked"
	// Daily is a used-up allowance of the day, of the user or of the whole app.
	Daily Reason = "daily"
	// Overloaded is a 503 with a time.
	Overloaded Reason = "overloaded"
)

// HoldError is a call that was not made because Simkl holds us off.
type HoldError struct {
	Reason Reason
	// Until is when calls go out again, in UTC.
	Until time.Time
}

func (e *HoldError) Error() string {
	return "held off by Simkl (" + string(e.Reason) + ") until " + e.Until.UTC().Format(time.RFC3339)
}

// ErrBudget is a live call that was not made because the rest of the day's calls is kept for what matters.
var ErrBudget = errors.New("the rest of the day's calls is kept for finished watches")

// Result is what became of a call.
type Result struct {
	// Sent is when the request was on the wire, zero when it never was.
	Sent time.Time
	// OK is a 2xx answer. It ends the doubling of 412 holds.
	OK bool
	// Remaining is what Simkl says is left of the day; nil when it does not say.
	Remaining *int
	// Hold asks for a hold: for After, or for Blocked, with After zero, as long as the doubling says.
	Hold  Reason
	After time.Duration
	// RateLimited is a per-second 429: the next request waits a second.
	RateLimited bool
}

// Config says whose limits these are.
type Config struct {
	// Dir is the folder that all processes of the user share.
	Dir string
	// Server is the address of the API, Account whatever names the account there; empty before the first login.
	Server, Account string
	// Client is the client_id. A block that was earned by one client_id does not hold another.
	Client string
	// Now is the wall clock; nil for time.Now.
	Now func() time.Time
	// Damaged is told the new name of a state file that could not be read and was moved aside; nil to not be told.
	Damaged func(moved string)
}

// Limits is one process's hand on the shared limits. It is safe for concurrent use.
type Limits struct {
	cfg  Config
	who  caller
	path string // the state file

	flight chan struct{} // size 1: the one counted call of this process
	lock   *flock.Flock  // the one counted call of all processes; guarded by flight

	mu    sync.Mutex   // guards the state lock and the state file within this process
	state *flock.Flock // guards the state file between processes
}

// Open makes the folder (0700) and gives one account's limits at one server. It starts nothing and takes no lock.
func Open(cfg Config) (*Limits, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the limits: %w", err)
	}
	base := filepath.Join(cfg.Dir, "limits-"+fingerprint(cfg.Server))
	return &Limits{
		cfg:    cfg,
		who:    caller{account: fingerprint(cfg.Account), client: fingerprint(cfg.Client)},
		path:   base + ".json",
		flight: make(chan struct{}, 1),
		lock:   flock.New(base+".call", flock.SetPermissions(0o600)),
		state:  flock.New(base+".lock", flock.SetPermissions(0o600)),
	}, nil
}

// fingerprint names something in a file without giving it away.
func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// RefreshLock is the path of the lock that a process holds while it renews the account's token (simkl-api.md 3.5:
// exactly one may).
func (l *Limits) RefreshLock() string {
	return l.path[:len(l.path)-len(".json")] + ".refresh"
}

// Begin waits until the call may start and records it. Every Permit must be ended with End. The errors are
// *HoldError, ErrBudget, the context's, and those of the file system.
func (l *Limits) Begin(ctx context.Context, c Call) (*Permit, error) {
	p := &Permit{l: l, call: c}
	for {
		if !c.Uncounted {
			if err := l.takeFlight(ctx, p); err != nil {
				return nil, err
			}
		}
		wait, err := l.tryStart(ctx, p)
		if err == nil && wait == 0 {
			return p, nil
		}
		// The distance to the last call is kept without the lock: a read may go meanwhile, and a process with much to
		// write does not shut out the others.
		p.release()
		if err == nil {
			err = sleep(ctx, wait)
		}
		if err != nil {
			return nil, err
		}
	}
}

// allowed asks whether the call would be refused now.
func (l *Limits) allowed(ctx context.Context, c Call) error {
	var refused error
	err := l.update(ctx, func(s *state, now time.Time) bool {
		refused = s.refuses(c, l.who, now)
		return false
	})
	return errors.Join(err, refused)
}

// tryStart records the start of the call, or says how long to wait before asking again.
func (l *Limits) tryStart(ctx context.Context, p *Permit) (wait time.Duration, err error) {
	var refused error
	err = l.update(ctx, func(s *state, now time.Time) bool {
		if refused = s.refuses(p.call, l.who, now); refused != nil {
			return false
		}
		if wait = s.wait(p.call, now); wait > 0 {
			return false
		}
		p.stamp = s.start(p.call, l.who, now)
		return true
	})
	if err == nil {
		err = refused
	}
	return wait, err
}

// Hold is the hold in force for a counted call, nil when there is none.
func (l *Limits) Hold(ctx context.Context) (*HoldError, error) {
	err := l.allowed(ctx, Call{Priority: Typed})
	if hold, ok := errors.AsType[*HoldError](err); ok {
		return hold, nil
	}
	return nil, err
}

// Left is how many calls of the day are left, as far as is known.
func (l *Limits) Left(ctx context.Context) (int, error) {
	left := 0
	err := l.update(ctx, func(s *state, now time.Time) bool {
		left = s.left(l.who, now)
		return false
	})
	return left, err
}

// Permit is the right to make one call.
type Permit struct {
	l      *Limits
	call   Call
	stamp  int64
	flight bool // this process's turn is ours
	locked bool // and so is the lock between processes
}

// End records what became of the call and lets the next one go, also when ctx has ended. The lock is given back even
// when the state cannot be written.
func (p *Permit) End(ctx context.Context, r Result) error {
	defer p.release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := p.l.update(ctx, func(s *state, now time.Time) bool {
		s.end(p.call, p.stamp, r, p.l.who, now)
		return true
	})
	if err != nil {
		return fmt.Errorf("record a call in the limits: %w", err)
	}
	return nil
}

func (p *Permit) release() {
	if p.locked {
		p.locked = false
		// Closing the file gives the lock back even if unlocking fails.
		_ = p.l.lock.Close()
	}
	if p.flight {
		p.flight = false
		<-p.l.flight
	}
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
