package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Request is one request to Simkl, as the command "requests" shows it. Secrets are masked by who logs it.
type Request struct {
	ID        int64
	Time      time.Time
	Method    string
	Path      string
	Query     map[string]string
	Status    int
	Latency   time.Duration
	Cache     string
	UserAgent string
	Burst     bool
	Error     string
}

// LogRequest keeps a request for 24 hours and gives its number.
func (s *Store) LogRequest(ctx context.Context, r Request) (int64, error) {
	query, err := json.Marshal(r.Query)
	if err != nil {
		return 0, fmt.Errorf("log a request: %w", err)
	}
	res, err := s.db.ExecContext(ctx, `INSERT INTO requests (at, method, path, query, status, latency, cache, user_agent,
		burst, error) VALUES (?,?,?,?,?,?,?,?,?,?)`, micros(r.Time), r.Method, r.Path, string(query), r.Status,
		int64(r.Latency), r.Cache, r.UserAgent, r.Burst, r.Error)
	if err != nil {
		return 0, fmt.Errorf("log a request: %w", err)
	}
	return res.LastInsertId()
}

// Requests lists the requests since a time, newest last.
func (s *Store) Requests(ctx context.Context, since time.Time) ([]Request, error) {
	all, err := collect(ctx, s, func(sc scanner) (Request, error) {
		var r Request
		var at int64
		var query sql.NullString
		err := sc.Scan(&r.ID, &at, &r.Method, &r.Path, &query, &r.Status, &r.Latency, &r.Cache, &r.UserAgent, &r.Burst,
			&r.Error)
		if q := readable[map[string]string](query); q != nil {
			r.Query = *q
		}
		r.Time = fromMicros(at)
		return r, err
	}, `SELECT id, at, method, path, query, status, latency, cache, user_agent, burst, error FROM requests
		WHERE at >= ? ORDER BY at, id`, micros(since))
	if err != nil {
		return nil, fmt.Errorf("read the request log: %w", err)
	}
	return all, nil
}
