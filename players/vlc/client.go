package vlc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// answerWithin is the deadline of one request; VLC needs 21 ms.
const answerWithin = 2 * time.Second

// Bounds of what is read. A status has 2 kB, a playlist 200 B an entry.
const (
	maxStatus   = 1 << 20
	maxPlaylist = 8 << 20
	maxHeader   = 64 << 10
	maxPage     = 64 << 10
)

// Trouble says why an interface cannot be watched.
type Trouble string

// The written forms are shown by scripts and never change.
const (
	// TroubleNone: VLC answers.
	TroubleNone Trouble = ""
	// TroubleOff: nobody listens. VLC is not running, or its HTTP interface is off.
	TroubleOff Trouble = "off"
	// TroublePassword: VLC refuses the password.
	TroublePassword Trouble = "wrong-password"
	// TroubleNotVLC: another program listens there.
	TroubleNotVLC Trouble = "not-vlc"
	// TroubleNoPassword: VLC's interface is on, but serves nobody, because no password is set in VLC.
	TroubleNoPassword Trouble = "no-password"
	// TroubleSilent: somebody listens, but gives no answer in time.
	TroubleSilent Trouble = "silent"
)

// troubleError is an answer that is no status. Everything else that can go wrong is silence.
type troubleError struct {
	trouble Trouble
	detail  string
}

func (e *troubleError) Error() string { return string(e.trouble) + ": " + e.detail }

func notVLC(format string, args ...any) error {
	return &troubleError{TroubleNotVLC, fmt.Sprintf(format, args...)}
}

// troubleOf names what went wrong.
func troubleOf(err error) (Trouble, string) {
	if err == nil {
		return TroubleNone, ""
	}
	if te, ok := errors.AsType[*troubleError](err); ok {
		return te.trouble, te.detail
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return TroubleSilent, "no answer in time"
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	return TroubleSilent, "no answer: " + err.Error()
}

// client asks one interface. One request is under way at any time.
type client struct {
	base *url.URL
	http *http.Client
	// dials counts connections: a new one may lead to another process. remote is the other end of the last one.
	dials  atomic.Int64
	remote atomic.Pointer[net.TCPAddr]
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func newClient(base *url.URL, dial dialFunc) *client {
	c := &client{base: base}
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialWithin}).DialContext
	}
	c.http = &http.Client{
		// A redirect is no answer of VLC, and what it leads to must not learn the password.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no proxy: the player is here, or where the user says
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				c.dials.Add(1)
				remote, _ := conn.RemoteAddr().(*net.TCPAddr)
				c.remote.Store(remote)
				return conn, nil
			},
			MaxConnsPerHost:        1,
			MaxIdleConns:           1,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
	}
	return c
}

func (c *client) close() { c.http.CloseIdleConnections() }

// status asks what VLC does.
func (c *client) status(ctx context.Context, password string) (status, error) {
	ctx, cancel := context.WithTimeout(ctx, max(answerWithin, dialWithin))
	defer cancel()
	resp, err := c.get(ctx, "requests/status.json", "", password)
	if err != nil {
		return status{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxStatus+1))
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return status{}, unauthorized(resp, body)
	case resp.StatusCode == http.StatusNotFound:
		return status{}, c.hidden(ctx)
	case resp.StatusCode != http.StatusOK:
		return status{}, notVLC("it answers %d", resp.StatusCode)
	case len(body) > maxStatus:
		return status{}, notVLC("its answer is far too long")
	case err != nil:
		return status{}, err
	}
	s, ok := parseStatus(body)
	if !ok {
		return status{}, notVLC("its answer is not VLC's status")
	}
	return s, nil
}

// unauthorized tells VLC's refusal from another program's.
func unauthorized(resp *http.Response, body []byte) error {
	if strings.Contains(resp.Header.Get("WWW-Authenticate"), "VLC") || bytes.Contains(body, []byte("VideoLAN")) {
		return &troubleError{TroublePassword, "VLC refuses the password"}
	}
	return notVLC("it wants another kind of login")
}

// hidden finds out what a 404 means: VLC hides its pages while no password is set, and says so only on the first one
// (players.md 0, fact 10).
func (c *client) hidden(ctx context.Context) error {
	resp, err := c.get(ctx, "", "", "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusForbidden && bytes.Contains(body, []byte("VLC_PASSWORD_NOT_SET")) {
		return &troubleError{TroubleNoPassword, "no password is set in VLC"}
	}
	return notVLC("it has no page of that name")
}

// uri asks where the entry of s plays from.
func (c *client) uri(ctx context.Context, password string, s status) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, max(answerWithin, dialWithin))
	defer cancel()
	resp, err := c.get(ctx, "requests/playlist.json", "", password)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("playlist: answer %d", resp.StatusCode)
	}
	body := io.LimitReader(resp.Body, maxPlaylist)
	uri, err := uriOf(body, s.plid, s.name, s.old())
	if err != nil {
		return "", fmt.Errorf("playlist: %w", err)
	}
	_, _ = io.Copy(io.Discard, body) // else the connection cannot be used again
	return uri, nil
}

// seek goes to a whole second of what plays.
func (c *client) seek(ctx context.Context, password string, to time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	resp, err := c.get(ctx, "requests/status.json", fmt.Sprintf("command=seek&val=%d", int64(to/time.Second)), password)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxStatus)) // else the connection cannot be used again
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("seek: answer %d", resp.StatusCode)
	}
	return nil
}

// get sends a request. An empty password sends none, for VLC then serves nobody anyway.
func (c *client) get(ctx context.Context, page, query, password string) (*http.Response, error) {
	address := c.base.JoinPath(page)
	address.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	if password != "" {
		req.SetBasicAuth("", password) // VLC refuses any user name (players.md 3.2)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, failure(err)
	}
	return resp, nil
}

// failure tells a closed door from the wrong one and from silence.
func failure(err error) error {
	if refused(err) {
		return &troubleError{TroubleOff, "nobody listens"}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return notVLC("its certificate is not trusted")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return notVLC("it does not speak TLS")
	}
	for _, words := range notHTTP {
		if strings.Contains(err.Error(), words) {
			return notVLC("it does not speak HTTP")
		}
	}
	return err
}

// notHTTP are what net/http says of an answer that is not HTTP, for which it has no types.
var notHTTP = []string{"malformed HTTP", "malformed MIME header", "server gave HTTP response to HTTPS client", "response headers exceeded"}
