package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/deliver"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/queue"
	"github.com/simkld/simkld/scrobbler"
)

const (
	// readWithin bounds how long Simkl may take to say what it has: no call waits behind that for longer.
	readWithin = 4 * time.Second
	// readAgain is how soon Simkl is asked again whether something moved: a walk through a playlist is one question.
	readAgain = 30 * time.Second
	// keepLeft is how long it is remembered where an item was left: as long as Simkl keeps a point at most.
	keepLeft = 90 * 24 * time.Hour
)

// points says where items were left: on this machine by the state file, elsewhere by Simkl's list of resume points,
// which is read only when /sync/activities says that it moved (simkl-api.md 6, 7.1).
type points struct {
	link  *link
	store *store.Store
	log   *zap.Logger
	now   func() time.Time
	// reachable is false while Simkl cannot be reached: then it is not asked.
	reachable func() bool
	// busy is held by whoever asks Simkl; size 1.
	busy chan struct{}

	// What was read last, of whoever holds busy.
	client *simkl.Client // whose list it is
	asked  time.Time     // when Simkl said last that this is the newest
	moved  string
	rows   []simkl.Playback
}

var _ scrobbler.Points = (*points)(nil)

func newPoints(l *link, s *store.Store, log *zap.Logger, now func() time.Time, reachable func() bool) *points {
	return &points{link: l, store: s, log: log, now: now, reachable: reachable, busy: make(chan struct{}, 1)}
}

// LeftOff is scrobbler.Points.
func (p *points) LeftOff(ctx context.Context, m media.Match) map[string]scrobbler.LeftOff {
	rows, read := p.list(ctx)
	out := map[string]scrobbler.LeftOff{}
	for i := range m.Count() {
		one := m.Episode(i)
		l := scrobbler.LeftOff{Read: read}
		kept, err := p.kept(ctx, scrobbler.PointKey(one))
		if err != nil {
			p.log.Debug("where an item was left could not be read", zap.Error(err))
		}
		l.Own, l.Counted = kept.Own, kept.Counted
		known, err := p.store.Trusted(ctx, queue.TrustKey(one))
		if err != nil {
			p.log.Debug("a trusted answer could not be read", zap.Error(err))
		}
		for _, row := range rows { // the newest first
			if !row.PausedAt.IsZero() && deliver.SameItem(one, known, row.Answer) {
				l.Simkl = scrobbler.Point{Progress: row.Progress, At: row.PausedAt}
				break
			}
		}
		out[scrobbler.PointKey(one)] = l
	}
	return out
}

// list gives Simkl's resume points and when they were the newest; a zero time where Simkl could not be asked.
func (p *points) list(ctx context.Context) ([]simkl.Playback, time.Time) {
	if p.link.key() == "" || !p.reachable() {
		return nil, time.Time{}
	}
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		return nil, time.Time{}
	}
	client := p.link.client()
	if client != p.client {
		p.client, p.asked, p.moved, p.rows = client, time.Time{}, "", nil
	}
	now := p.now()
	if since := now.Sub(p.asked); since >= 0 && since < readAgain {
		return p.rows, p.asked
	}
	if err := p.read(ctx, client); err != nil {
		p.log.Debug("Simkl's resume points could not be read", zap.Error(err))
		return nil, time.Time{}
	}
	p.asked = now
	return p.rows, now
}

// read asks what moved, and for the whole list if it did: a part of it (date_from) would not tell what was removed, and
// there is one row for a title.
func (p *points) read(ctx context.Context, client *simkl.Client) error {
	a, err := client.Activities(ctx)
	if err != nil {
		return err
	}
	moved := a.Shows.Playback + "|" + a.Anime.Playback + "|" + a.Movies.Playback
	if !p.asked.IsZero() && moved == p.moved {
		return nil
	}
	rows, err := client.Playbacks(ctx, simkl.AllPlaybacks, time.Time{})
	if err != nil {
		return err
	}
	p.rows, p.moved = rows, moved
	return nil
}

// keptPoint is what is remembered of one item. Its JSON is read by later versions.
type keptPoint struct {
	Own     scrobbler.Point `json:"own"`
	Counted time.Time       `json:"counted"`
}

// leftKey names an item in the cache: its own key need not be UTF-8.
func leftKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "left/" + hex.EncodeToString(sum[:])
}

func (p *points) kept(ctx context.Context, key string) (keptPoint, error) {
	return keptOf(ctx, p.store, key)
}

func keptOf(ctx context.Context, s *store.Store, key string) (keptPoint, error) {
	var k keptPoint
	data, ok, err := s.Cached(ctx, leftKey(key))
	if err != nil || !ok {
		return k, err
	}
	if err := json.Unmarshal(data, &k); err != nil {
		return keptPoint{}, fmt.Errorf("read where an item was left: %w", err)
	}
	return k, nil
}

// change writes what is remembered of an item anew. Only the runner's goroutine writes.
func (m memory) change(ctx context.Context, key string, change func(k *keptPoint)) error {
	k, err := keptOf(ctx, m.store, key)
	if _, damaged := errors.AsType[*json.SyntaxError](err); err != nil && !damaged {
		return err
	}
	change(&k)
	data, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write where an item was left: %w", err)
	}
	return m.store.Cache(ctx, leftKey(key), data, keepLeft)
}

func (m memory) Leave(ctx context.Context, key string, p scrobbler.Point) error {
	return m.change(ctx, key, func(k *keptPoint) { k.Own = p })
}

func (m memory) CountedPoint(ctx context.Context, key string, at time.Time) error {
	return m.change(ctx, key, func(k *keptPoint) { k.Counted = at })
}
