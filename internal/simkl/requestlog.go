package simkl

import (
	"net/url"
	"strings"
	"time"
)

// RequestLog keeps what was asked of Simkl (simkl-api.md 13). Add is called once for each request that was tried, also
// for those that failed, by several goroutines, and must not block for long.
type RequestLog interface {
	Add(e Entry)
}

// Entry is one request. It never holds a body, a token or a code.
type Entry struct {
	// Time is when the request was begun, in UTC.
	Time   time.Time
	Method string
	Scheme string
	Host   string
	// Path and Query are masked.
	Path  string
	Query url.Values
	// Status is 0 when there was no answer.
	Status int
	// Latency is the time until the whole answer was there, or until it failed.
	Latency time.Duration
	// Cache is what the edge said of its cache ("HIT"), empty when it said nothing.
	Cache     string
	UserAgent string
	// Error is why it failed in a word or two, empty for a success.
	Error string
}

// secrets are the query parameters that are always masked: the vendor's list (simkl-api.md 13) and what else is a
// secret or the half of one.
var secrets = map[string]bool{
	"code": true, "token": true, "access_token": true, "refresh_token": true, "redirect": true, "redirect_uri": true,
	"pin": true, "user_code": true, "device_code": true, "client_secret": true, "code_verifier": true, "state": true,
}

// maskQuery replaces the values of secrets.
func maskQuery(q url.Values) url.Values {
	out := make(url.Values, len(q))
	for k, v := range q {
		if secrets[strings.ToLower(k)] {
			v = []string{masked}
		}
		out[k] = v
	}
	return out
}

const pinPath = "/oauth/pin/"

// maskPath replaces the user code, which stands in a path.
func maskPath(path string) string {
	if i := strings.Index(path, pinPath); i >= 0 && len(path) > i+len(pinPath) {
		return path[:i+len(pinPath)] + masked
	}
	return path
}
