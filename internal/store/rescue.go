package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// unfinished is the new file of a repair while it is filled. Where it is there and the state file is not, the repair was
// interrupted at its last step.
const unfinished = ".new"

// repair fills a new file with what can be read of the damaged one, and lets it take its place. The damaged one is
// moved aside, as it was found. Whenever it is interrupted, the next repair begins anew or makes the last step.
func repair(ctx context.Context, path string, o Options, reason error) (*Store, *Damage, error) {
	damage := &Damage{Reason: reason}
	last := exists(path+unfinished) && !exists(path)
	nothing := false
	if !last {
		found, err := rescue(ctx, path, o, reason)
		if err != nil {
			return nil, nil, fmt.Errorf("rescue what %s holds: %w", path, err)
		}
		damage.Watches = found.watches
		// The first start of all was interrupted: its log holds empty tables.
		nothing = found.rows == 0 && errors.Is(reason, errEmpty)
	}
	if nothing {
		damage = nil
		if err := removeAll(path+"-wal", path+"-shm"); err != nil {
			return nil, nil, err
		}
	} else {
		var err error
		if damage.MovedTo, err = moveAside(path, o.Now()); err != nil {
			return nil, nil, err
		}
	}
	if err := errors.Join(os.Rename(path+unfinished, path), syncDir(filepath.Dir(path))); err != nil {
		return nil, nil, fmt.Errorf("put the rescued state in place: %w", err)
	}
	s, err := open(ctx, path, o)
	return s, damage, err
}

// found is what a rescue brought into the new file: finished watches that wait, and watches of all kinds.
type found struct{ watches, rows int }

// rescue makes the new file. SQLite repairs what it opens, so that it is given copies of the damaged one.
func rescue(ctx context.Context, damaged string, o Options, reason error) (n found, err error) {
	fresh, copied := damaged+unfinished, damaged+".copy"
	clean := func() error { return removeAll(copied, copied+"-wal", copied+"-shm") }
	if err := errors.Join(removeAll(fresh, fresh+"-wal", fresh+"-shm"), clean()); err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	s, err := open(ctx, fresh, o)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	empty, err := os.ReadFile(fresh)
	if err != nil {
		return n, err
	}
	schema, err := s.schemaPages(ctx, empty)
	if err != nil {
		return n, err
	}
	// One sync for each table instead of one for each row; closing the file syncs all of it.
	if err := s.exec(ctx, "rescue", `PRAGMA synchronous = NORMAL`); err != nil {
		return n, err
	}
	for _, as := range readings(exists(damaged+"-wal") && !errors.Is(reason, errForeign)) {
		if err := errors.Join(clean(), as.prepare(damaged, copied, empty, schema)); err != nil {
			return n, err
		}
		if as.sound && verify(ctx, copied, true) != nil {
			continue
		}
		whole, err := s.takeFrom(ctx, copied)
		if err != nil {
			return n, err
		}
		if whole && !as.sound {
			break
		}
	}
	if err := s.complete(ctx); err != nil {
		return n, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM outbox WHERE verb = ?), (SELECT count(*) FROM journal)`,
		media.VerbWatched).Scan(&n.watches, &n.rows)
	return n, err
}

// reading is a way to look at a damaged file.
type reading struct {
	log   bool // with the write-ahead log beside it
	sound bool // only if nothing is wrong with it then
	graft bool // with the first pages of a new file
}

// readings are tried in this order, until one could be read whole: what an earlier one said of a watch stays. Where the
// file is sound without the log and was not with it, they are of different times, and what only the log knows comes second.
func readings(log bool) []reading {
	if !log {
		return []reading{{}, {graft: true}}
	}
	return []reading{{sound: true}, {log: true}, {log: true, graft: true}, {graft: true}}
}

// prepare makes the copy that is read.
func (r reading) prepare(damaged, copied string, empty []byte, schema []page) error {
	err := copyFile(damaged, copied)
	if r.log {
		err = errors.Join(err, copyFile(damaged+"-wal", copied+"-wal"))
	}
	if r.graft {
		err = errors.Join(err, graft(copied, empty, schema))
	}
	if r.sound {
		return err
	}
	return errors.Join(err, resize(copied))
}

// page is a page of the file.
type page struct {
	at    int
	bytes []byte
}

const pageSize = 4096

// schemaPages are the pages of a new file that hold the names and places of the tables: all but the empty tables. They
// are the same in every file.
func (s *Store) schemaPages(ctx context.Context, empty []byte) ([]page, error) {
	roots, err := collect(ctx, s, func(sc scanner) (int, error) {
		var n int
		return n, sc.Scan(&n)
	}, `SELECT rootpage FROM sqlite_schema`)
	if err != nil {
		return nil, err
	}
	var pages []page
	for at := 0; at+pageSize <= len(empty); at += pageSize {
		if !slices.Contains(roots, at/pageSize+1) {
			pages = append(pages, page{at, empty[at : at+pageSize]})
		}
	}
	return pages, nil
}

// graft gives a file whose first pages are lost those of a new one; one of which nothing is left becomes a new one.
func graft(path string, empty []byte, schema []page) error {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(data) < len(empty) {
		data = append(data, empty[len(data):]...)
	}
	for _, p := range schema {
		copy(data[p.at:], p.bytes)
	}
	return os.WriteFile(path, data, 0o600) //nolint:gosec // the name is our own
}

// resize lets the file say of itself how long it is: of one that was cut, SQLite would read nothing.
func resize(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || len(data) < headerSize {
		return nil
	}
	if err != nil {
		return err
	}
	if half := len(data) % pageSize; half > 0 {
		data = append(data, make([]byte, pageSize-half)...)
	}
	binary.BigEndian.PutUint32(data[28:], uint32(len(data)/pageSize)) //nolint:gosec // its size in pages
	return os.WriteFile(path, data, 0o600)                            //nolint:gosec // the name is our own
}

// tables are what is taken over, in the order in which it would be missed: key orders each, watch is the column with the
// number of a watch. The library is read from Simkl anew.
var tables = []struct{ name, key, watch string }{
	{"outbox", "id", "watch"},
	{"journal", "id", "id"},
	{"watches", "id", "id"},
	{"sessions", "rowid", ""},
	{"rules", "id", ""},
	{"played", "key", ""},
	{"settings", "key", ""},
	{"trusted", "rowid", ""},
	{"counter", "name", ""},
	{"requests", "id", ""},
	{"cache", "rowid", ""},
}

// takeFrom takes over what can be read of a damaged file and is not here yet. whole reports that the queue and the
// journal could be read to their ends.
func (s *Store) takeFrom(ctx context.Context, path string) (whole bool, err error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return false, err
	}
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }() // what is left of a damaged copy may not be closed cleanly, which says nothing new
	known := map[int64]bool{}
	ids, err := collect(ctx, s, func(sc scanner) (id int64, err error) { return id, sc.Scan(&id) }, `SELECT id FROM journal`)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		known[id] = true
	}
	whole = true
	for _, t := range tables {
		columns, err := s.columns(ctx, t.name)
		if err != nil {
			return false, err
		}
		err = s.write(ctx, func(tx *sql.Tx) error {
			v := &salvage{from: db, to: tx, table: t.name, key: t.key, columns: columns}
			if t.watch != "" {
				v.watch, v.known = slices.Index(columns, t.watch), known
			}
			read, err := v.run(ctx)
			whole = whole && (read || t.watch == "")
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return whole, nil
}

func (s *Store) columns(ctx context.Context, table string) ([]string, error) {
	return collect(ctx, s, func(sc scanner) (string, error) {
		var name string
		return name, sc.Scan(&name)
	}, `SELECT name FROM pragma_table_info(?)`, table)
}

// salvage takes over one table.
type salvage struct {
	from       *sql.DB
	to         *sql.Tx
	table, key string
	columns    []string
	// watch is the column with the number of a watch, known are those of which an earlier reading said enough.
	watch int
	known map[int64]bool

	last    any  // key of the row that was read last
	missing bool // the table itself cannot be found
}

// run reads from the beginning until a damaged page, from the end until one, and what lies between row by row. whole
// reports that there was no damaged page.
func (v *salvage) run(ctx context.Context) (whole bool, err error) {
	if whole, err = v.scan(ctx, "ORDER BY "+v.key); whole || err != nil {
		return whole, err
	}
	first, _ := v.last.(int64)
	v.last = nil
	if whole, err = v.scan(ctx, "ORDER BY "+v.key+" DESC"); whole || err != nil {
		return false, err
	}
	if v.key != "id" || v.missing {
		return false, nil
	}
	last, ok := v.last.(int64)
	if !ok {
		last = v.highest(ctx)
	}
	// A damaged number must not keep the daemon from starting.
	const most, patience = 200_000, 5 * time.Second
	began := time.Now()
	for id := first + 1; id < last && id-first < most && time.Since(began) < patience; id++ {
		if _, err := v.scan(ctx, "WHERE id = ?", id); err != nil {
			return false, err
		}
	}
	return false, ctx.Err()
}

// highest guesses the highest id of a table whose end cannot be read.
func (v *salvage) highest(ctx context.Context) int64 {
	const guess = 5000
	var n sql.Null[int64]
	err := v.from.QueryRowContext(ctx, `SELECT max(n) FROM (SELECT n FROM counter WHERE name = ?
		UNION SELECT seq FROM sqlite_sequence WHERE name = ?)`, counterWatch, v.table).Scan(&n)
	if err != nil || !n.Valid {
		return guess
	}
	return n.V + 1
}

// scan takes over the rows of a query until one cannot be read. whole reports that there was none such.
func (v *salvage) scan(ctx context.Context, which string, args ...any) (whole bool, err error) {
	list := strings.Join(v.columns, ", ")
	rows, err := v.from.QueryContext(ctx, fmt.Sprintf("SELECT %s, %s FROM %s NOT INDEXED %s", v.key, list, v.table, which), args...)
	if err != nil {
		v.missing = true
		return false, nil
	}
	defer func() { _ = rows.Close() }()
	values := make([]any, len(v.columns)+1)
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if rows.Scan(into...) != nil {
			return false, nil
		}
		v.last = values[0]
		if err := v.keep(ctx, values[1:]); err != nil {
			return false, err
		}
	}
	return rows.Err() == nil, nil
}

// keep writes a row down, unless it makes no sense or there is one already.
func (v *salvage) keep(ctx context.Context, values []any) error {
	if id, numbered := values[v.watch].(int64); v.known != nil && (!numbered || id <= 0 || v.known[id]) {
		return nil
	}
	places := strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")
	_, err := v.to.ExecContext(ctx, fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (%s)", v.table, strings.Join(v.columns, ", "), places), values...)
	if err != nil && (IsFull(err) || ctx.Err() != nil) {
		return err
	}
	return nil // a row of wrong types is none of ours
}

// complete mends what no longer fits together: a finished watch stands both in the queue and in the journal, so that
// each is made anew from the other.
func (s *Store) complete(ctx context.Context) error {
	lost, err := collect(ctx, s, scanEntry, `SELECT `+entryColumns+` FROM journal WHERE watched_at > 0 AND outcome IN (?, ?, ?)
		AND id NOT IN (SELECT watch FROM outbox WHERE verb = ?) ORDER BY sorted, id`,
		string(OutcomeQueued), string(OutcomeUnmatched), string(OutcomeDead), media.VerbWatched)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, query := range []string{
			// How often it was tried may no longer be true: a watch goes to the history, with its time.
			`UPDATE outbox SET attempts = max(attempts, 1), next_at = 0`,
			`UPDATE outbox SET match = (SELECT match FROM journal WHERE id = watch)
				WHERE NOT json_valid(match) AND EXISTS (SELECT 1 FROM journal WHERE id = watch AND json_valid(match))`,
			// A state that is none would never be sent.
			`UPDATE outbox SET state = '` + string(queue.StatePending) + `' WHERE state NOT IN ('` + string(queue.StateUnmatched) + `', '` + string(queue.StateDead) + `')`,
			// A person is asked what it was.
			`UPDATE outbox SET state = '` + string(queue.StateUnmatched) + `' WHERE NOT json_valid(match)`,
			`INSERT INTO watches (id, last_seq, updated) SELECT watch, max(seq), max(created_at) FROM outbox WHERE true GROUP BY watch
				ON CONFLICT (id) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq)`,
		} {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		if err := s.enterLost(ctx, tx); err != nil {
			return err
		}
		for _, e := range lost {
			if err := s.queueLost(ctx, tx, e); err != nil {
				return err
			}
		}
		return s.renumber(ctx, tx)
	})
}

// enterLost writes the journal of those watches of which only the queue knows.
func (s *Store) enterLost(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO journal (id, match, path, player, started, watched_at, sorted, outcome, account, progress)
		SELECT watch, match, path, player, at, iif(verb = ?1, at, 0), at,
			iif(verb <> ?1, '', iif(state = ?2, ?3, state)), account, progress
		FROM outbox WHERE watch NOT IN (SELECT id FROM journal) ORDER BY verb = ?1 DESC, id`,
		media.VerbWatched, queue.StatePending, string(OutcomeQueued))
	return err
}

// queueLost queues a watch of which only the journal knows that it waits.
func (s *Store) queueLost(ctx context.Context, tx *sql.Tx, e Entry) error {
	w, err := watch(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	state := map[Outcome]queue.State{
		OutcomeQueued: queue.StatePending, OutcomeUnmatched: queue.StateUnmatched, OutcomeDead: queue.StateDead,
	}[e.Outcome]
	row := queue.Row{
		Call: media.Call{
			Watch: e.ID, Seq: w.LastSeq + 1, Verb: media.VerbWatched, Match: e.Match, Progress: max(e.Progress, 80),
			At: e.WatchedAt, Path: e.Path, Player: e.Player,
		},
		State: state, Account: e.Account, Attempts: 1, Doubtful: true, CreatedAt: s.now().UTC(),
	}
	if _, err := insert(ctx, tx, row); err != nil {
		return err
	}
	w.ID, w.LastSeq = e.ID, row.Seq
	return s.saveWatch(ctx, tx, w)
}

// renumber makes sure that no number of a watch is used again. When the counter is lost, so may be the newest watches.
func (s *Store) renumber(ctx context.Context, tx *sql.Tx) error {
	var counted sql.Null[int64]
	if err := tx.QueryRowContext(ctx, `SELECT max(n) FROM counter WHERE name = ?`, counterWatch).Scan(&counted); err != nil {
		return err
	}
	beyond := 0
	if !counted.Valid {
		beyond = withoutCounter
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO counter (name, n) SELECT ?, ? + max(
			coalesce((SELECT max(id) FROM journal), 0), coalesce((SELECT max(watch) FROM outbox), 0)) WHERE true
		ON CONFLICT (name) DO UPDATE SET n = max(n, excluded.n)`, counterWatch, beyond)
	return err
}

// withoutCounter is how many numbers are left out when the counter is lost.
const withoutCounter = 1000

// moveAside gives the files of a damaged state a new name.
func moveAside(path string, now time.Time) (string, error) {
	base := path + ".damaged-" + now.UTC().Format("20060102T150405")
	to := base
	for n := 2; exists(to) || exists(to+"-wal"); n++ {
		to = fmt.Sprintf("%s-%d", base, n)
	}
	// The file first: without it, the next repair makes the last step and nothing else.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Rename(path+suffix, to+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("move the damaged state aside: %w", err)
		}
	}
	return to, syncDir(filepath.Dir(path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy the damaged state: %w", err)
	}
	return os.WriteFile(to, data, 0o600) //nolint:gosec // the name is our own
}

func removeAll(paths ...string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
