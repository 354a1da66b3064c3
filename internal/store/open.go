package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	// The driver registers itself as "sqlite".
	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the name of the state file in the state folder.
const FileName = "state.db"

const (
	// applicationID marks the file as ours: "simk".
	applicationID = 0x73696d6b
	version       = 2
	// counterState is the name of a number that no other state has; counterWatch of the last watch's.
	counterState, counterWatch = "state", "watch"
	// checkedWhole is the size up to which the whole file is checked at each opening; above it that would take longer
	// than starting may, and only the tables that must not be lost are checked.
	checkedWhole = 8 << 20
)

//go:embed migrations/*.sql
var migrations embed.FS

// NewerError says that the file belongs to a newer simkld. It was left alone.
type NewerError struct {
	Path        string
	Have, Known int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s was written by a newer simkld (schema %d, this one knows %d)", e.Path, e.Have, e.Known)
}

// DamagedError says that the file cannot be read and was left where it is.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.Path, e.Err) }

func (e *DamagedError) Unwrap() error { return e.Err }

// Damage says that a damaged file was moved aside at Open.
type Damage struct {
	// MovedTo is the file's new name; its -wal and -shm went with it.
	MovedTo string
	// Reason is what was wrong with it.
	Reason error
	// Watches is the number of finished watches that could be read from it and wait in the new file again.
	Watches int
}

// Options say how to open.
type Options struct {
	// Repair lets Open move a damaged file aside and begin a new one. Only the daemon, which holds the lock of the
	// state folder, may: another process would take the file away from under it.
	Repair bool
	// Damaged is what an earlier use of the file met, when that was damage: it is not tried again. Nil for nothing.
	Damaged error
	// Now is the wall clock; nil for time.Now.
	Now func() time.Time
}

// Open opens the state file in dir and makes both where they are missing: the folder with mode 0700, the file with 0600.
// damage is not nil when a damaged file was moved aside. Errors are a *NewerError, a *DamagedError (without Repair) or
// say what the system refused.
func Open(ctx context.Context, dir string, o Options) (s *Store, damage *Damage, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the state folder: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if err = o.Damaged; err == nil {
		s, err = open(ctx, path, o)
	}
	if err == nil || !IsDamaged(err) {
		return s, nil, err
	}
	if !o.Repair {
		if _, ok := errors.AsType[*DamagedError](err); !ok {
			err = &DamagedError{Path: path, Err: err}
		}
		return nil, nil, err
	}
	return repair(ctx, path, o, err)
}

func open(ctx context.Context, path string, o Options) (*Store, error) {
	have, err := probe(path)
	if err != nil {
		return nil, err
	}
	if have > 0 {
		// With a connection that cannot write: closing another would write the log into a file that it may not belong to.
		if err := verify(ctx, path, false); err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
	}
	if have > 0 && o.Repair {
		if err := sameState(ctx, path); err != nil {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// One connection: writers wait for each other in Go instead of failing in SQLite.
	db.SetMaxOpenConns(1)
	s := &Store{db: db, now: o.Now}
	if err := s.prepare(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return s, nil
}

// dsn: WAL with FULL loses no commit at a power cut (measured: NORMAL loses the last hundreds).
func dsn(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-512)", "journal_size_limit(4194304)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// header is the part of an SQLite file that says whose it is (sqlite.org/fileformat2.html, 1.3).
const headerSize = 100

// probe looks at the file before SQLite does, because SQLite would write into a file of a newer simkld, and makes an empty
// one with the right mode where there is none. It gives the version of the schema, 0 for an empty file.
func probe(path string) (have int, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if exists(path+"-wal") || exists(path+unfinished) {
			return 0, &DamagedError{Path: path, Err: errors.New("it is missing, what belongs to it is there")}
		}
		return 0, create(path)
	}
	if err != nil {
		return 0, fmt.Errorf("open the state: %w", err)
	}
	defer f.Close()
	header := make([]byte, headerSize)
	n, err := io.ReadFull(f, header)
	switch {
	case errors.Is(err, io.EOF) && exists(path+"-wal"):
		return 0, &DamagedError{Path: path, Err: errEmpty}
	case errors.Is(err, io.EOF): // made and not yet written
		return 0, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return 0, &DamagedError{Path: path, Err: fmt.Errorf("it has only %d bytes", n)}
	case err != nil:
		return 0, fmt.Errorf("read the state: %w", err)
	case !strings.HasPrefix(string(header), "SQLite format 3\x00"):
		return 0, &DamagedError{Path: path, Err: errors.New("it is not an SQLite file")}
	}
	have = int(binary.BigEndian.Uint32(header[60:]))
	switch id := binary.BigEndian.Uint32(header[68:]); {
	case id != applicationID && (id != 0 || have != 0):
		return 0, &DamagedError{Path: path, Err: fmt.Errorf("it belongs to another program (%#x)", id)}
	case have > version:
		return 0, &NewerError{Path: path, Have: have, Known: version}
	}
	return have, nil
}

// errEmpty: SQLite would throw the log away.
var errEmpty = errors.New("it is empty, the log that belongs to it is not")

func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// prepare brings the schema up to date.
func (s *Store) prepare(ctx context.Context, path string) error {
	have, err := s.pragma(ctx, "user_version")
	if err != nil {
		return err
	}
	if have > version {
		return &NewerError{Path: path, Have: have, Known: version}
	}
	if have < version {
		return s.migrate(ctx)
	}
	return nil
}

func (s *Store) pragma(ctx context.Context, name string) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, "PRAGMA "+name).Scan(&n)
	return n, err
}

// migrate runs the steps that are missing, all in one transaction. Another process may have been faster.
func (s *Store) migrate(ctx context.Context) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		for n := have + 1; n <= version; n++ {
			step, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", n))
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(step)); err != nil {
				return fmt.Errorf("schema %d: %w", n, err)
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO counter (name, n) VALUES (?, random())`, counterState); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			applicationID, version))
		return err
	})
	if err != nil {
		return err
	}
	// The version must stand in the file itself, not only in its WAL: probe looks there.
	_, err = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// verify finds damage before it is met in the middle of a write, and changes nothing.
func verify(ctx context.Context, path string, whole bool) (err error) {
	db, err := sql.Open("sqlite", dsn(path)+"&mode=ro")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db}
	defer func() { err = errors.Join(err, db.Close()) }()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := s.columnsThere(ctx); err != nil {
		return err
	}
	if whole || info.Size() <= checkedWhole {
		return s.quickCheck(ctx, "")
	}
	for _, table := range []string{"counter", "sessions", "rules", "settings"} {
		if err := s.quickCheck(ctx, table); err != nil {
			return err
		}
	}
	// The last columns of all rows: every page of the queue is read, which is what sending does, at a tenth of the cost.
	var n int64
	return s.db.QueryRowContext(ctx, `SELECT coalesce(max(created_at), 0) + (SELECT coalesce(max(updated), 0) FROM watches)
		FROM outbox NOT INDEXED`).Scan(&n)
}

// errForeign: a log that fits only by chance brings the watches of somebody else.
var errForeign = errors.New("the write-ahead log beside it belongs to another file")

// sameState holds the random number that every state has since it was made against that in its write-ahead log: SQLite
// takes any log that lies beside the file. Nobody else may have the file open.
func sameState(ctx context.Context, path string) error {
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // there is no log
	}
	var alone, both sql.Null[int64]
	for option, n := range map[string]*sql.Null[int64]{"immutable=1": &alone, "mode=ro": &both} {
		db, err := sql.Open("sqlite", dsn(path)+"&"+option)
		if err != nil {
			return err
		}
		err = db.QueryRowContext(ctx, `SELECT max(n) FROM counter WHERE name = ?`, counterState).Scan(n)
		if err := errors.Join(db.Close(), err); err != nil && option == "mode=ro" {
			return err
		}
	}
	if alone.Valid && both.Valid && alone.V != both.V {
		return &DamagedError{Path: path, Err: errForeign}
	}
	return nil
}

// columnsThere finds a schema whose words have changed: SQLite believes them.
func (s *Store) columnsThere(ctx context.Context) error {
	have, err := s.pragma(ctx, "user_version")
	if err != nil || have != version {
		return err
	}
	for _, query := range []string{
		`SELECT ` + rowColumns + ` FROM outbox LIMIT 0`, `SELECT ` + entryColumns + ` FROM journal LIMIT 0`,
		`SELECT id, last_seq, start, calls, form, state, updated FROM watches LIMIT 0`,
	} {
		rows, err := s.db.QueryContext(ctx, query)
		if err != nil {
			if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_ERROR {
				err = &DamagedError{Path: FileName, Err: err} // no such table, or no such column
			}
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Check reads the whole file and says what is damaged, for doctor.
func (s *Store) Check(ctx context.Context) error { return s.quickCheck(ctx, "") }

func (s *Store) quickCheck(ctx context.Context, table string) error {
	query := "PRAGMA integrity_check(1)" // with the indexes: a row that one of them has lost is never sent
	if table != "" {
		query = "PRAGMA quick_check(" + table + ")"
	}
	var words string
	if err := s.db.QueryRowContext(ctx, query).Scan(&words); err != nil {
		return err
	}
	if words != "ok" {
		return &DamagedError{Path: FileName, Err: errors.New(words)}
	}
	return nil
}
