package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// ErrInDoubt says that a request for the watch may have reached Simkl, so that it is not known to be unsent.
var ErrInDoubt = errors.New("it may have reached Simkl")

// Queue lists all rows, oldest first.
func (s *Store) Queue(ctx context.Context) ([]queue.Row, error) {
	rows, err := collect(ctx, s, scanRow, `SELECT `+rowColumns+` FROM outbox ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	return rows, nil
}

// Unmatched lists the rows that could not be identified, oldest first.
func (s *Store) Unmatched(ctx context.Context) ([]queue.Row, error) {
	rows, err := collect(ctx, s, scanRow, `SELECT `+rowColumns+` FROM outbox WHERE state = ? ORDER BY id`,
		queue.StateUnmatched)
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	return rows, nil
}

// Retry makes the rows of these watches (none: of all) due at once, also those that are unmatched or dead, from the first
// form of the identity. It says how many rows those are. Call Queue.Kick afterwards.
func (s *Store) Retry(ctx context.Context, watches ...media.WatchID) (int, error) {
	n := 0
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := forgetMissing(ctx, tx); err != nil {
			return err
		}
		return s.each(ctx, tx, watches, func(id media.WatchID) error {
			res, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, form = 0, attempts = max(attempts, 1), locks = 0,
				odds = 0, next_at = 0, patient = 0, answer = iif(verb = ?, answer, NULL) WHERE watch = ?`,
				queue.StatePending, queue.VerbTakeBack, id)
			if err != nil {
				return err
			}
			rows, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += int(rows)
			return s.again(ctx, tx, id)
		})
	})
	if err != nil {
		return 0, fmt.Errorf("retry: %w", err)
	}
	return n, nil
}

// again lets the queue and the journal take a watch as one that is still to be sent.
func (s *Store) again(ctx context.Context, tx *sql.Tx, id media.WatchID) error {
	if _, err := tx.ExecContext(ctx, `UPDATE watches SET form = 0, state = '' WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE journal SET outcome = ? WHERE id = ? AND EXISTS
		(SELECT 1 FROM outbox WHERE watch = ? AND verb = ?)`, string(OutcomeQueued), id, id, media.VerbWatched)
	return err
}

// each calls f for the watches, or for all that have rows.
func (s *Store) each(ctx context.Context, tx *sql.Tx, watches []media.WatchID, f func(media.WatchID) error) error {
	if len(watches) == 0 {
		rows, err := tx.QueryContext(ctx, `SELECT DISTINCT watch FROM outbox ORDER BY watch`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id media.WatchID
			if err := rows.Scan(&id); err != nil {
				return errors.Join(err, rows.Close())
			}
			watches = append(watches, id)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	for _, id := range watches {
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}

// Drop takes the rows of these watches out of the queue and says how many rows those were. A call that undoes a wrong
// start stays. Call Queue.Kick afterwards.
func (s *Store) Drop(ctx context.Context, watches ...media.WatchID) (int, error) {
	n := 0
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, id := range watches {
			rows, err := s.dropRows(ctx, tx, id, OutcomeDropped)
			if err != nil {
				return err
			}
			n += rows
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("drop: %w", err)
	}
	return n, nil
}

func (s *Store) dropRows(ctx context.Context, tx *sql.Tx, id media.WatchID, o Outcome) (int, error) {
	if _, err := tx.ExecContext(ctx, `UPDATE journal SET outcome = ? WHERE id = ? AND EXISTS
		(SELECT 1 FROM outbox WHERE watch = ? AND verb = ?)`, string(o), id, id, media.VerbWatched); err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE watch = ? AND verb <> ?`, id, queue.VerbTakeBack)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// UndoUnsent takes back a finished watch that was not sent. ErrNotFound: it is not in the queue. ErrInDoubt: a request
// for it is under way or had no answer; once that is known, undo what was sent, or call this again.
func (s *Store) UndoUnsent(ctx context.Context, id media.WatchID) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var doubtful bool
		err := tx.QueryRowContext(ctx, `SELECT doubtful FROM outbox WHERE watch = ? AND verb = ?`, id,
			media.VerbWatched).Scan(&doubtful)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case doubtful:
			return ErrInDoubt
		}
		_, err = s.dropRows(ctx, tx, id, OutcomeUndone)
		return err
	})
	if err != nil {
		return fmt.Errorf("undo watch %d: %w", id, err)
	}
	return nil
}

// Assign says what a watch in the queue really is, and makes its rows due at once. ErrNotFound: it has no rows; then
// only the journal was corrected. Call Queue.Kick afterwards.
func (s *Store) Assign(ctx context.Context, id media.WatchID, m media.Match) error {
	match, err := text(&m)
	if err != nil {
		return fmt.Errorf("assign watch %d: %w", id, err)
	}
	found := false
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := forgetMissing(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE journal SET match = ? WHERE id = ?`, match, id); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE outbox SET match = ?, state = ?, form = 0, attempts = max(attempts, 1),
			locks = 0, odds = 0, next_at = 0, patient = 0, answer = NULL, candidates = NULL, last_error = ''
			WHERE watch = ? AND verb <> ?`, match, queue.StatePending, id, queue.VerbTakeBack)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		found = true
		return s.again(ctx, tx, id)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("assign watch %d: %w", id, err)
	}
	return nil
}

// SetCandidates keeps the titles that a watch may be, for those who look later. It changes nothing else of the watch.
func (s *Store) SetCandidates(ctx context.Context, id media.WatchID, list []media.Answer) error {
	candidates, err := text(&list)
	if err != nil {
		return fmt.Errorf("keep the candidates of watch %d: %w", id, err)
	}
	return s.exec(ctx, fmt.Sprintf("keep the candidates of watch %d", id),
		`UPDATE outbox SET candidates = ? WHERE watch = ? AND state = ?`, candidates, id, queue.StateUnmatched)
}
