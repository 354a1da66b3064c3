package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

const rowColumns = `id, watch, seq, verb, match, progress, at, path, player, account, state, form, attempts, locks, odds,
	next_at, patient, doubtful, playback, answer, candidates, last_error, created_at`

func scanRow(s scanner) (queue.Row, error) {
	var (
		r                         queue.Row
		match, answer, candidates sql.NullString
		at, nextAt, createdAt     int64
		path                      []byte
	)
	err := s.Scan(&r.ID, &r.Watch, &r.Seq, &r.Verb, &match, &r.Progress, &at, &path, &r.Player, &r.Account, &r.State,
		&r.Form, &r.Attempts, &r.Locks, &r.Odds, &nextAt, &r.Patient, &r.Doubtful, &r.Playback, &answer, &candidates,
		&r.LastError, &createdAt)
	if err != nil {
		return r, err
	}
	r.Path, r.At, r.NextAt, r.CreatedAt = string(path), fromMicros(at), fromMicros(nextAt), fromMicros(createdAt)
	// A damaged identity must not keep the others from being read: the row goes to unmatched, where a person sees it.
	if r.Match, err = value[media.Match](match); err != nil {
		r.LastError = "its identity can no longer be read"
	}
	r.Answer = readable[media.Answer](answer)
	if list := readable[[]media.Answer](candidates); list != nil {
		r.Candidates = *list
	}
	return r, nil
}

// Add is queue.Store's Add.
func (s *Store) Add(ctx context.Context, row queue.Row) (queue.Row, bool, error) {
	added := false
	err := s.write(ctx, func(tx *sql.Tx) error {
		w, err := watch(ctx, tx, row.Watch)
		if err != nil || row.Seq <= w.LastSeq {
			return err
		}
		if w.State == queue.StateUnmatched {
			row.State = queue.StateUnmatched
		}
		if err := s.replace(ctx, tx, &row, w); err != nil {
			return err
		}
		if row.ID, err = insert(ctx, tx, row); err != nil {
			return err
		}
		w.LastSeq = row.Seq
		if row.State == queue.StateUnmatched {
			w.State = queue.StateUnmatched
		}
		if err := s.saveWatch(ctx, tx, w); err != nil {
			return err
		}
		added = true
		return s.enterJournal(ctx, tx, row)
	})
	if err != nil {
		return row, false, fmt.Errorf("add a call: %w", err)
	}
	return row, added, nil
}

// replace takes away the older live calls of the watch. What was known of an unmatched one goes on with the new row; so
// does what Add gave the row itself, since a caller that had it before it was written does not know that.
func (s *Store) replace(ctx context.Context, tx *sql.Tx, row *queue.Row, w queue.Watch) error {
	if row.State == queue.StateUnmatched && len(row.Candidates) == 0 {
		var candidates sql.NullString
		err := tx.QueryRowContext(ctx, `SELECT candidates FROM outbox WHERE watch = ? AND state = ?
			AND candidates IS NOT NULL ORDER BY id DESC LIMIT 1`, row.Watch, queue.StateUnmatched).Scan(&candidates)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if list := readable[[]media.Answer](candidates); list != nil {
			row.Candidates = *list
		}
	}
	query := `DELETE FROM outbox WHERE watch = ? AND seq < ? AND verb NOT IN (?, ?)`
	if w.Keeps(row.Verb) {
		query = `DELETE FROM outbox WHERE watch = ? AND seq < ? AND verb NOT IN (?, ?, 'pause', 'stop')`
	}
	_, err := tx.ExecContext(ctx, query, row.Watch, row.Seq, media.VerbWatched, queue.VerbTakeBack)
	return err
}

func insert(ctx context.Context, tx *sql.Tx, r queue.Row) (int64, error) {
	args, err := rowArgs(r)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO outbox (watch, seq, verb, match, progress, at, path, player, account,
		created_at, state, form, attempts, locks, odds, next_at, patient, doubtful, playback, answer, candidates, last_error)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// fixed is the number of rowArgs that never change after insert.
const fixed = 10

func rowArgs(r queue.Row) ([]any, error) {
	match, err := text(&r.Match)
	if err != nil {
		return nil, err
	}
	answer, err := text(r.Answer)
	if err != nil {
		return nil, err
	}
	var candidates sql.NullString
	if len(r.Candidates) > 0 {
		if candidates, err = text(&r.Candidates); err != nil {
			return nil, err
		}
	}
	return []any{
		r.Watch, r.Seq, string(r.Verb), match, r.Progress, micros(r.At), []byte(r.Path), r.Player, r.Account,
		micros(r.CreatedAt), string(r.State), r.Form, r.Attempts, r.Locks, r.Odds, micros(r.NextAt), r.Patient, r.Doubtful,
		r.Playback, answer, candidates, r.LastError,
	}, nil
}

// Backlog is queue.Store's Backlog.
func (s *Store) Backlog(ctx context.Context) (queue.Backlog, error) {
	var b queue.Backlog
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state = ?), count(*) FILTER (WHERE state = ?)
		FROM outbox WHERE state IN (?, ?)`, queue.StateUnmatched, queue.StateDead, queue.StateUnmatched, queue.StateDead).
		Scan(&b.Unmatched, &b.Dead)
	if err != nil {
		return b, fmt.Errorf("count the queue: %w", err)
	}
	b.Pending, err = collect(ctx, s, scanRow, `SELECT `+rowColumns+` FROM outbox WHERE state = ? ORDER BY id`,
		queue.StatePending)
	if err != nil {
		return b, fmt.Errorf("read the queue: %w", err)
	}
	b.Watches, err = collect(ctx, s, scanWatch, `SELECT id, last_seq, start, calls, form, state FROM watches
		WHERE id IN (SELECT watch FROM outbox WHERE state = ?)`, queue.StatePending)
	if err != nil {
		return b, fmt.Errorf("read the queue: %w", err)
	}
	return b, nil
}

// Begin is queue.Store's Begin.
func (s *Store) Begin(ctx context.Context, rows []queue.Row) ([]int64, error) {
	var there []int64
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			res, err := tx.ExecContext(ctx, `UPDATE outbox SET doubtful = CASE verb WHEN ? THEN 1 ELSE doubtful END
				WHERE id = ? AND state = ?`, media.VerbWatched, r.ID, queue.StatePending)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				if err != nil {
					return err
				}
				continue
			}
			there = append(there, r.ID)
			if r.Verb != media.VerbStart {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE watches SET start = ? WHERE id = ? AND start <> ?`,
				queue.StartMaybe, r.Watch, queue.StartOpen); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("note what is sent: %w", err)
	}
	return there, nil
}

// Settle is queue.Store's Settle.
func (s *Store) Settle(ctx context.Context, changes []queue.Change) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := s.settle(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle %d rows: %w", len(changes), err)
	}
	return nil
}

func (s *Store) settle(ctx context.Context, tx *sql.Tx, c queue.Change) error {
	if c.TakeBack != nil {
		// One is enough, should an earlier one of the same call still wait.
		if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE watch = ? AND seq = ? AND verb = ?`, c.TakeBack.Watch,
			c.TakeBack.Seq, queue.VerbTakeBack); err != nil {
			return err
		}
		if _, err := insert(ctx, tx, *c.TakeBack); err != nil {
			return err
		}
	}
	if err := s.settleRow(ctx, tx, c); err != nil {
		return err
	}
	if c.Watch.ID != 0 {
		if err := s.saveWatch(ctx, tx, c.Watch); err != nil {
			return err
		}
	}
	if c.Trust != nil {
		return s.saveTrusted(ctx, tx, queue.TrustKey(c.Row.Match), *c.Trust)
	}
	return nil
}

func (s *Store) settleRow(ctx context.Context, tx *sql.Tx, c queue.Change) error {
	if c.Row.ID == 0 {
		return nil
	}
	if c.Gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE id = ?`, c.Row.ID); err != nil {
			return err
		}
		return s.journalSent(ctx, tx, c)
	}
	if c.Row.State == queue.StateUnmatched {
		if err := s.replace(ctx, tx, &c.Row, c.Watch); err != nil {
			return err
		}
	}
	args, err := rowArgs(c.Row)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE outbox SET state = ?, form = ?, attempts = ?, locks = ?, odds = ?, next_at = ?,
		patient = ?, doubtful = ?, playback = ?, answer = ?, candidates = ?, last_error = ? WHERE id = ?`,
		append(args[fixed:], c.Row.ID)...)
	if err != nil || !c.Row.Watched() {
		return err
	}
	return s.journalOutcome(ctx, tx, c.Row.Watch, outcomeOf(c.Row.State))
}

// outcomeOf is what the journal says of a finished watch in the queue.
func outcomeOf(state queue.State) Outcome {
	switch state {
	case queue.StateUnmatched:
		return OutcomeUnmatched
	case queue.StateDead:
		return OutcomeDead
	case queue.StatePending:
	}
	return OutcomeQueued
}

func scanWatch(s scanner) (queue.Watch, error) {
	var w queue.Watch
	err := s.Scan(&w.ID, &w.LastSeq, &w.Start, &w.Calls, &w.Form, &w.State)
	return w, err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func watch(ctx context.Context, q queryer, id media.WatchID) (queue.Watch, error) {
	w, err := scanWatch(q.QueryRowContext(ctx,
		`SELECT id, last_seq, start, calls, form, state FROM watches WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return queue.Watch{ID: id}, nil
	}
	return w, err
}

// Watch is queue.Store's Watch.
func (s *Store) Watch(ctx context.Context, id media.WatchID) (queue.Watch, error) {
	w, err := watch(ctx, s.db, id)
	if err != nil {
		return w, fmt.Errorf("read watch %d: %w", id, err)
	}
	return w, nil
}

// saveWatch keeps the higher sequence number: Put may have added a call since the queue read its memory.
func (s *Store) saveWatch(ctx context.Context, tx *sql.Tx, w queue.Watch) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO watches (id, last_seq, start, calls, form, state, updated)
		VALUES (?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq),
		start = excluded.start, calls = excluded.calls, form = excluded.form, state = excluded.state,
		updated = excluded.updated`,
		w.ID, w.LastSeq, string(w.Start), w.Calls, w.Form, string(w.State), micros(s.now()))
	return err
}

// Claim is queue.Store's Claim.
func (s *Store) Claim(ctx context.Context, account string) (int, error) {
	var unowned bool
	err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE account = '')
		OR EXISTS (SELECT 1 FROM journal WHERE account = '')`).Scan(&unowned)
	if err != nil || !unowned {
		return 0, err
	}
	n := 0
	err = s.write(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE account = '' AND verb = ?`,
			media.VerbWatched).Scan(&n)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET account = ? WHERE account = ''`, account); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE journal SET account = ? WHERE account = ''`, account)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("give the rows to the account: %w", err)
	}
	return n, nil
}
