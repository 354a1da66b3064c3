package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// Outcome is what became of a watch.
type Outcome string

// The written forms are stored and are the contract of product.md 7 (history --json).
const (
	// OutcomeNone: it still plays, or was never to be sent.
	OutcomeNone       Outcome = ""
	OutcomeSent       Outcome = "sent"
	OutcomeQueued     Outcome = "queued"
	OutcomeUnmatched  Outcome = "unmatched"
	OutcomeDead       Outcome = "dead"
	OutcomeUndone     Outcome = "undone"
	OutcomeDropped    Outcome = "dropped"
	OutcomeNotCounted Outcome = "not-counted"
)

// Entry is one watch in the journal.
type Entry struct {
	ID     media.WatchID
	Match  media.Match
	Path   string
	Player string
	Length time.Duration
	// Started, Ended and WatchedAt are in UTC; zero where it has not come to that.
	Started, Ended, WatchedAt time.Time
	Outcome                   Outcome
	// Via is "scrobble" or "history" once it was sent.
	Via string
	// Answer is what Simkl took it for.
	Answer  *media.Answer
	Account string
	// Progress and Played are the last position and what really played, in percent of the length.
	Progress, Played float64
	Reason           media.Reason
	// Chain is the chain of decisions for why: JSON that only its writer understands.
	Chain json.RawMessage
}

// NextWatch gives a number that no watch had before and none will have again.
func (s *Store) NextWatch(ctx context.Context) (media.WatchID, error) {
	var id media.WatchID
	err := s.db.QueryRowContext(ctx, `INSERT INTO counter (name, n) VALUES (?, 1)
		ON CONFLICT (name) DO UPDATE SET n = n + 1 RETURNING n`, counterWatch).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("number a watch: %w", err)
	}
	return id, nil
}

// SaveEntry writes an entry or what is new of it. What the queue has found out stays: an empty Outcome, Via, Account or
// Chain, a zero time and a nil Answer leave what is there, and OutcomeNotCounted never takes the place of a watch that
// was handed to the queue.
func (s *Store) SaveEntry(ctx context.Context, e Entry) error {
	match, err := text(&e.Match)
	if err != nil {
		return fmt.Errorf("write watch %d: %w", e.ID, err)
	}
	answer, err := text(e.Answer)
	if err != nil {
		return fmt.Errorf("write watch %d: %w", e.ID, err)
	}
	chain := sql.NullString{String: string(e.Chain), Valid: len(e.Chain) > 0}
	return s.exec(ctx, fmt.Sprintf("write watch %d", e.ID), `INSERT INTO journal (id, match, path, player, length, started,
		ended, watched_at, sorted, outcome, via, answer, account, progress, played, reason, chain)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET match = excluded.match, path = excluded.path, player = excluded.player,
			length = max(excluded.length, CASE excluded.length WHEN 0 THEN length ELSE 0 END),
			started = iif(excluded.started = 0, started, excluded.started),
			ended = iif(excluded.ended = 0, ended, excluded.ended),
			watched_at = iif(excluded.watched_at = 0, watched_at, excluded.watched_at),
			sorted = iif(watched_at > 0 AND excluded.watched_at = 0, sorted, excluded.sorted),
			outcome = CASE WHEN excluded.outcome = '' THEN outcome
				WHEN excluded.outcome = 'not-counted' AND outcome <> '' THEN outcome ELSE excluded.outcome END,
			via = iif(excluded.via = '', via, excluded.via),
			answer = coalesce(excluded.answer, answer),
			account = iif(excluded.account = '', account, excluded.account),
			progress = excluded.progress, played = excluded.played, reason = excluded.reason,
			chain = coalesce(excluded.chain, chain)`,
		e.ID, match, []byte(e.Path), e.Player, int64(e.Length), micros(e.Started), micros(e.Ended), micros(e.WatchedAt),
		s.sorted(e), string(e.Outcome), e.Via, answer, e.Account, e.Progress, e.Played, string(e.Reason), chain)
}

// sorted is when it happened, for the order of the history.
func (s *Store) sorted(e Entry) int64 {
	for _, t := range []time.Time{e.WatchedAt, e.Ended, e.Started} {
		if !t.IsZero() {
			return micros(t)
		}
	}
	return micros(s.now())
}

// SetOutcome writes what became of a watch: OutcomeUndone, or OutcomeSent by a command. An empty via stays as it is.
func (s *Store) SetOutcome(ctx context.Context, id media.WatchID, o Outcome, via string) error {
	res, err := s.db.ExecContext(ctx, `UPDATE journal SET outcome = ?, via = iif(? = '', via, ?) WHERE id = ?`,
		string(o), via, via, id)
	if err != nil {
		return fmt.Errorf("write watch %d: %w", id, err)
	}
	return one(res, id)
}

// enterJournal makes sure that a watch in the queue is in the journal.
func (s *Store) enterJournal(ctx context.Context, tx *sql.Tx, r queue.Row) error {
	match, err := text(&r.Match)
	if err != nil {
		return err
	}
	outcome, watchedAt := OutcomeNone, int64(0)
	if r.Watched() {
		outcome, watchedAt = outcomeOf(r.State), micros(r.At)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO journal (id, match, path, player, started, watched_at, sorted, outcome,
		account, progress) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET
		outcome = iif(excluded.outcome = '', outcome, excluded.outcome),
		watched_at = iif(excluded.watched_at = 0, watched_at, excluded.watched_at),
		sorted = iif(excluded.watched_at = 0, sorted, excluded.watched_at),
		account = iif(excluded.account = '', account, excluded.account),
		progress = max(progress, excluded.progress)`,
		r.Watch, match, []byte(r.Path), r.Player, micros(r.At), watchedAt, micros(r.At), string(outcome), r.Account, r.Progress)
	return err
}

// journalSent writes what Simkl answered.
func (s *Store) journalSent(ctx context.Context, tx *sql.Tx, c queue.Change) error {
	if !c.Sent || c.Row.Verb == queue.VerbTakeBack {
		return nil
	}
	answer, err := text(c.Outcome.Answer)
	if err != nil {
		return err
	}
	outcome := OutcomeNone
	if c.Row.Watched() {
		outcome = OutcomeSent
	}
	_, err = tx.ExecContext(ctx, `UPDATE journal SET answer = coalesce(?, answer), outcome = iif(? = '', outcome, ?),
		via = iif(? = '', via, ?) WHERE id = ?`, answer, string(outcome), string(outcome), string(outcome), c.Outcome.Via,
		c.Row.Watch)
	return err
}

func (s *Store) journalOutcome(ctx context.Context, tx *sql.Tx, id media.WatchID, o Outcome) error {
	_, err := tx.ExecContext(ctx, `UPDATE journal SET outcome = ? WHERE id = ?`, string(o), id)
	return err
}

const entryColumns = `id, match, path, player, length, started, ended, watched_at, outcome, via, answer, account, progress,
	played, reason, chain`

func scanEntry(s scanner) (Entry, error) {
	var (
		e                         Entry
		match, answer, chain      sql.NullString
		path                      []byte
		started, ended, watchedAt int64
	)
	err := s.Scan(&e.ID, &match, &path, &e.Player, &e.Length, &started, &ended, &watchedAt, &e.Outcome, &e.Via, &answer,
		&e.Account, &e.Progress, &e.Played, &e.Reason, &chain)
	if err != nil {
		return e, err
	}
	e.Path, e.Started, e.Ended, e.WatchedAt = string(path), fromMicros(started), fromMicros(ended), fromMicros(watchedAt)
	if m := readable[media.Match](match); m != nil {
		e.Match = *m
	}
	e.Answer = readable[media.Answer](answer)
	if chain.Valid {
		e.Chain = json.RawMessage(chain.String)
	}
	return e, nil
}

// ErrNotFound says that there is no such entry, row or rule.
var ErrNotFound = errors.New("not found")

// Entry gives the watch with that number, or ErrNotFound.
func (s *Store) Entry(ctx context.Context, id media.WatchID) (Entry, error) {
	return s.oneEntry(ctx, `SELECT `+entryColumns+` FROM journal WHERE id = ?`, id)
}

// LastEntry gives the watch that happened last and has one of these outcomes (none: any), or ErrNotFound.
func (s *Store) LastEntry(ctx context.Context, outcomes ...Outcome) (Entry, error) {
	if len(outcomes) == 0 {
		return s.oneEntry(ctx, `SELECT `+entryColumns+` FROM journal ORDER BY sorted DESC, id DESC LIMIT 1`)
	}
	list, err := text(&outcomes)
	if err != nil {
		return Entry{}, err
	}
	return s.oneEntry(ctx, `SELECT `+entryColumns+` FROM journal WHERE outcome IN (SELECT value FROM json_each(?))
		ORDER BY sorted DESC, id DESC LIMIT 1`, list)
}

// SentBefore reports whether another watch of the same item was sent before this one. item is its media.Match.ItemKey.
func (s *Store) SentBefore(ctx context.Context, id media.WatchID, item string) (bool, error) {
	all, err := collect(ctx, s, scanEntry, `SELECT `+entryColumns+` FROM journal WHERE id < ? AND outcome = ?
		ORDER BY id DESC LIMIT 2000`, id, string(OutcomeSent))
	if err != nil {
		return false, fmt.Errorf("read the journal: %w", err)
	}
	for _, e := range all {
		if e.Match.ItemKey() == item {
			return true, nil
		}
	}
	return false, nil
}

func (s *Store) oneEntry(ctx context.Context, query string, args ...any) (Entry, error) {
	e, err := scanEntry(s.db.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return e, ErrNotFound
	}
	if err != nil {
		return e, fmt.Errorf("read the journal: %w", err)
	}
	return e, nil
}

// Entries lists the journal, newest first: what happened at or after since (zero: all), at most limit (0: all).
func (s *Store) Entries(ctx context.Context, since time.Time, limit int) ([]Entry, error) {
	if limit <= 0 {
		limit = -1
	}
	all, err := collect(ctx, s, scanEntry, `SELECT `+entryColumns+` FROM journal WHERE sorted >= ?
		ORDER BY sorted DESC, id DESC LIMIT ?`, micros(since), limit)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return all, nil
}

// one is ErrNotFound when a statement met no row.
func one(res sql.Result, id media.WatchID) error {
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = fmt.Errorf("watch %d: %w", id, ErrNotFound)
	}
	return err
}
