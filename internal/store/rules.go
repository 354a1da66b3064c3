package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// Rule is what fix has learned: items of that folder and title are that title on Simkl.
type Rule struct {
	ID int64
	// Folder is a path as the system has it, Title as the file names have it; an empty one does not matter.
	Folder, Title string
	IDs           media.IDs
	Kind          media.AnswerKind
	// Season, if not nil, is the season on Simkl, and Offset is added to the episode number.
	Season  *int
	Offset  int
	Created time.Time
}

// AddRule keeps a rule and gives its number. An older rule for the same folder and title is replaced.
func (s *Store) AddRule(ctx context.Context, r Rule) (int64, error) {
	ids, err := text(&r.IDs)
	if err != nil {
		return 0, fmt.Errorf("keep a rule: %w", err)
	}
	var id int64
	err = s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM rules WHERE folder = ? AND title = ?`, []byte(r.Folder),
			r.Title); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO rules (folder, title, ids, kind, season, shift, created)
			VALUES (?,?,?,?,?,?,?)`, []byte(r.Folder), r.Title, ids, string(r.Kind), r.Season, r.Offset, micros(s.now()))
		if err != nil {
			return err
		}
		if id, err = res.LastInsertId(); err != nil {
			return err
		}
		return forgetMissing(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("keep a rule: %w", err)
	}
	return id, nil
}

// Rules lists the learned rules, newest first: the newest that fits decides.
func (s *Store) Rules(ctx context.Context) ([]Rule, error) {
	all, err := collect(ctx, s, func(sc scanner) (Rule, error) {
		var r Rule
		var folder []byte
		var ids sql.NullString
		var season sql.Null[int]
		var created int64
		if err := sc.Scan(&r.ID, &folder, &r.Title, &ids, &r.Kind, &season, &r.Offset, &created); err != nil {
			return r, err
		}
		if season.Valid {
			r.Season = &season.V
		}
		if found := readable[media.IDs](ids); found != nil {
			r.IDs = *found
		}
		r.Folder, r.Created = string(folder), fromMicros(created)
		return r, nil
	}, `SELECT id, folder, title, ids, kind, season, shift, created FROM rules ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	return all, nil
}

// RemoveRule forgets a rule, or gives ErrNotFound.
func (s *Store) RemoveRule(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM rules WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("remove rule %d: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("remove rule %d: %w", id, ErrNotFound)
	}
	return nil
}
