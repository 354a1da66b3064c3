package simkl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

// Config says who we are and where Simkl is.
type Config struct {
	ClientID string
	// ClientSecret is for "server" registrations only; empty for all others.
	ClientSecret Token
	AppName      string
	AppVersion   string
	UserAgent    string

	// APIURL, DataURL and SiteURL are the hosts (simkl-api.md 1), empty for Simkl's own. Without TLS only a loopback
	// address is taken.
	APIURL, DataURL, SiteURL string
	// ImageURL is where posters are, empty for none.
	ImageURL string
	// Proxy is the address of a proxy, empty for what the environment says. Loopback addresses never go through one.
	Proxy string
	// Timeout bounds each request with its answer; 0 is 15 s.
	Timeout time.Duration
	// HTTP sends the requests; nil for the package's own transport.
	HTTP http.RoundTripper

	// Tokens is where the grant is kept; nil for a client that makes only calls without an account.
	Tokens TokenStore
	// Limits is required: no call goes out without it.
	Limits *limits.Limits
	// Log is told of each request; nil for none.
	Log RequestLog
	// Now is the wall clock; nil for time.Now.
	Now func() time.Time
}

const defaultTimeout = 15 * time.Second

// Client makes calls. It is safe for concurrent use; the limits let one counted call go at a time.
type Client struct {
	cfg   Config
	api   *url.URL
	data  *url.URL
	site  *url.URL
	image *url.URL // nil where no posters are wanted
	query string   // client_id, app-name and app-version, encoded
	http  http.RoundTripper

	mu     sync.Mutex // guards grant and loaded
	grant  Grant
	loaded bool
}

// New checks the configuration. It starts nothing and opens no connection.
func New(cfg Config) (*Client, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	for name, value := range map[string]string{"AppName": cfg.AppName, "AppVersion": cfg.AppVersion, "UserAgent": cfg.UserAgent} {
		if value == "" {
			return nil, fmt.Errorf("simkl client: %s is empty", name)
		}
	}
	if cfg.Limits == nil {
		return nil, errors.New("simkl client: no limits")
	}
	c := &Client{cfg: cfg, http: cfg.HTTP}
	c.query = url.Values{"client_id": {cfg.ClientID}, "app-name": {cfg.AppName}, "app-version": {cfg.AppVersion}}.Encode()
	for _, host := range []struct {
		to            **url.URL
		name, address string
	}{
		{&c.api, "api_url", cmp.Or(cfg.APIURL, "https://api.simkl.com")},
		{&c.data, "data_url", cmp.Or(cfg.DataURL, "https://data.simkl.in")},
		{&c.site, "site_url", cmp.Or(cfg.SiteURL, "https://simkl.com")},
	} {
		u, err := hostURL(host.address)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", host.name, err)
		}
		*host.to = u
	}
	if cfg.ImageURL != "" {
		u, err := hostURL(cfg.ImageURL)
		if err != nil {
			return nil, fmt.Errorf("image_url: %w", err)
		}
		c.image = u
	}
	if c.http == nil {
		transport, err := newTransport(cfg.Proxy)
		if err != nil {
			return nil, err
		}
		c.http = transport
	}
	return c, nil
}

// hostURL reads the address of a host. It must be protected, or never leave this machine.
func hostURL(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no address", address)
	case u.Scheme == "https" && u.Host != "":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, fmt.Errorf("%q must begin with https:// (only a loopback address may do without)", address)
	default:
		return nil, fmt.Errorf("%q is no http address", address)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q must be an address without user, query and fragment", u.Redacted())
	}
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// newTransport is made for few calls that must be quick: one connection per host is kept. It is HTTP/1.1, since calls
// go one by one. It has no cookies and follows nothing, being no http.Client.
func newTransport(proxy string) (*http.Transport, error) {
	choose := http.ProxyFromEnvironment
	if proxy != "" {
		u, err := url.Parse(proxy)
		if err != nil || u.Host == "" {
			return nil, errors.New("proxy: not an address like http://host:port")
		}
		choose = http.ProxyURL(u)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if isLoopback(r.URL.Hostname()) {
				return nil, nil
			}
			return choose(r)
		},
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxIdleConns:           4,
		IdleConnTimeout:        4 * time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              protocols,
	}, nil
}

// CloseIdleConnections forgets the kept connections: after the network changed they lead nowhere, and the next call
// would wait for its whole time limit to find out.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.http.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

type priorityKey struct{}

// WithPriority says who waits for the calls made with the context. Without it a call is limits.Live.
func WithPriority(ctx context.Context, p limits.Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context) limits.Priority {
	p, _ := ctx.Value(priorityKey{}).(limits.Priority)
	return p
}
