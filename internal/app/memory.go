package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/scrobbler"
)

// memory is the state file as the session runner sees it.
type memory struct {
	store *store.Store
	log   *zap.Logger
}

var _ scrobbler.Memory = memory{}

func sessionKey(w media.WatchID) string { return strconv.FormatInt(int64(w), 10) }

func (m memory) SaveSession(ctx context.Context, s scrobbler.Saved) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write session %d: %w", s.Watch, err)
	}
	return m.store.SaveSession(ctx, sessionKey(s.Watch), data)
}

func (m memory) ForgetSession(ctx context.Context, w media.WatchID) error {
	return m.store.DeleteSession(ctx, sessionKey(w))
}

func (m memory) Earlier(ctx context.Context, keys []string) (map[string]scrobbler.Played, error) {
	earlier := map[string]scrobbler.Played{}
	var failed []error
	for _, key := range keys {
		p, err := m.store.Played(ctx, key)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if len(p.Spans) == 0 {
			continue
		}
		played := scrobbler.Played{Length: p.Length}
		for _, sp := range p.Spans {
			played.Spans = played.Spans.Add(sp.From, sp.To)
		}
		earlier[key] = played
	}
	return earlier, errors.Join(failed...)
}

func (m memory) Keep(ctx context.Context, key string, p scrobbler.Played) error {
	if len(p.Spans) == 0 {
		return m.store.ClearPlayed(ctx, key)
	}
	out := store.Played{Length: p.Length}
	for _, sp := range p.Spans {
		out.Spans = append(out.Spans, store.Span{From: sp.From, To: sp.To})
	}
	return m.store.SavePlayed(ctx, key, out)
}

func (m memory) WriteJournal(ctx context.Context, e scrobbler.Entry) error {
	chain, err := json.Marshal(e.Chain)
	if err != nil {
		return fmt.Errorf("write the chain of watch %d: %w", e.Watch, err)
	}
	out := store.Entry{
		ID: e.Watch, Match: e.Match, Path: e.Path, Player: e.Player, Length: e.Length, Started: e.Started, Ended: e.Ended,
		Progress: e.Progress, Played: e.Played, Reason: e.Reason, Chain: chain,
	}
	// What was handed to the queue has its outcome from there.
	if e.Ending == scrobbler.EndingNotCounted {
		out.Outcome = store.OutcomeNotCounted
	}
	return m.store.SaveEntry(ctx, out)
}

// restoreSessions reads what an earlier run left. One that cannot be read is said and left out.
func (m memory) restoreSessions(ctx context.Context) ([]scrobbler.Saved, error) {
	rows, err := m.store.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	var saved []scrobbler.Saved
	for _, row := range rows {
		var s scrobbler.Saved
		if err := json.Unmarshal(row.Data, &s); err != nil {
			m.log.Warn("a saved session cannot be read and is left out", zap.String("session", row.Key), zap.Error(err))
			continue
		}
		saved = append(saved, s)
	}
	return saved, nil
}

// numbers gives watches their numbers for life, also while the disk takes no write: those of a moment without disk lie
// far above and are as unique.
type numbers struct {
	store *store.Store
	log   *zap.Logger

	mu   sync.Mutex // guards last
	last media.WatchID
}

// withoutDisk is how far above the last number those are that could not be written down.
const withoutDisk = 1000

func (n *numbers) next() media.WatchID {
	n.mu.Lock()
	defer n.mu.Unlock()
	// It must have a number whatever happens; the store answers in a moment or not at all.
	id, err := n.store.NextWatch(context.Background())
	if err != nil {
		n.log.Warn("a watch could not be numbered on disk", zap.Error(err))
		id = n.last + withoutDisk
	}
	n.last = id
	return id
}
