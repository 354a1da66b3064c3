package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// Dial opens the daemon's socket.
type Dial func(ctx context.Context) (net.Conn, error)

// Client speaks to the running daemon.
type Client struct{ http *http.Client }

// NewClient gives a client that reaches the daemon by dial.
func NewClient(dial Dial) *Client {
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx)
			if err != nil {
				return nil, &noDaemonError{err: err}
			}
			return conn, nil
		},
	}}}
}

// noDaemonError is a socket that nobody answers at.
type noDaemonError struct{ err error }

func (e *noDaemonError) Error() string { return e.err.Error() }
func (e *noDaemonError) Unwrap() error { return e.err }

// IsNoDaemon reports whether err means that no daemon runs.
func IsNoDaemon(err error) bool {
	_, ok := errors.AsType[*noDaemonError](err)
	return ok
}

// Close gives the connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status asks for the daemon's status.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var st Status
	return st, c.do(ctx, http.MethodGet, "/v1/status", nil, &st)
}

// Follow calls each with every status that the daemon sends, until ctx ends, each returns an error, or the daemon is
// gone.
func (c *Client) Follow(ctx context.Context, each func(Status) error) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/follow", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	for {
		var st Status
		if err := dec.Decode(&st); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &noDaemonError{err: err}
		}
		if err := each(st); err != nil {
			return err
		}
	}
}

// Why asks for the chain of decisions.
func (c *Client) Why(ctx context.Context, path string, watch media.WatchID) (Why, error) {
	var why Why
	q := url.Values{}
	if path != "" {
		q.Set("path", path)
	}
	if watch != 0 {
		q.Set("watch", strconv.FormatInt(int64(watch), 10))
	}
	return why, c.do(ctx, http.MethodGet, "/v1/why?"+q.Encode(), nil, &why)
}

// SetPrivate asks that nothing be told for a while.
func (c *Client) SetPrivate(ctx context.Context, req PrivateRequest) (Status, error) {
	var st Status
	return st, c.do(ctx, http.MethodPost, "/v1/private", req, &st)
}

// Mark asks to count what plays.
func (c *Client) Mark(ctx context.Context, watch media.WatchID) (Marked, error) {
	var m Marked
	return m, c.do(ctx, http.MethodPost, "/v1/mark", MarkRequest{Watch: watch}, &m)
}

// Link asks for a one-time address of the page.
func (c *Client) Link(ctx context.Context) (Link, error) {
	var l Link
	return l, c.do(ctx, http.MethodPost, "/v1/link", struct{}{}, &l)
}

// Kick tells the daemon that its state was changed by this process. That no daemon runs is no error: it will read
// the state when it starts.
func (c *Client) Kick(ctx context.Context, k Kick) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := c.do(ctx, http.MethodPost, "/v1/kick", k, nil)
	if IsNoDaemon(err) {
		return nil
	}
	return err
}

func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://daemon"+path, text)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var f Failure
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&f); err != nil {
		return nil, fmt.Errorf("the daemon answered %s", resp.Status)
	}
	return nil, fault.New(fault.Kind(f.Kind), f.What, f.Do)
}
