package simkl

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// Class says what a failed call means for the caller. The set is closed: an answer that nobody knows is Unknown, which
// means keep and retry.
type Class string

// The classes, with the rows of product.md section 6 they stand for.
const (
	// Unreachable is no network, an unknown name, a time-out, a cut answer: Error.Cause says which. Back off.
	Unreachable Class = "unreachable"
	// Foreign is an answer that is not Simkl's: a captive portal, HTML, a redirect, JSON of the wrong shape. Back off.
	Foreign Class = "foreign"
	// Locked is the per-user write lock (400 RATE_LIMIT). Once more after 20 s.
	Locked Class = "locked"
	// Refused is a request that Simkl will never take as it is (empty_field, wrong_parameter, ...).
	Refused Class = "refused"
	// TooMany is max_items: split the request.
	TooMany Class = "too-many"
	// Login is an account that must be linked anew: revoked, dead, without the scope, or none linked at all.
	Login Class = "login"
	// WrongClient is a client_id that Simkl does not know, or that was registered for the other generation.
	WrongClient Class = "wrong-client"
	// NoMatch is a write that matched no title (404 id_err).
	NoMatch Class = "no-match"
	// Gone is something that is not there (404 empty, a page that does not exist).
	Gone Class = "gone"
	// Already is a watch that is recorded already (409). It is a success.
	Already Class = "already"
	// Blocked is 412: stop all calls.
	Blocked Class = "blocked"
	// Busy is the per-second cap (429 rate_limit): wait a second.
	Busy Class = "busy"
	// DailyLimit is the used-up allowance of the day, of the user or of the app.
	DailyLimit Class = "daily-limit"
	// Overloaded is a 503 with a time.
	Overloaded Class = "overloaded"
	// ServerError is any other 5xx. Back off.
	ServerError Class = "server-error"
	// Unknown is any other 4xx. Keep it; that title alone waits.
	Unknown Class = "unknown"
	// Held is a call that was not made because of a hold (*HoldError).
	Held Class = "held"
	// Saved is a live call that was not made because the rest of the day's calls is kept (ErrBudget).
	Saved Class = "saved"
)

// HoldError is a call that was not made because Simkl holds us off.
type HoldError = limits.HoldError

// ErrBudget is a live call that was not made because the rest of the day's calls is kept for what matters.
var ErrBudget = limits.ErrBudget

// Error is a call that failed. Its text is for the log; Explain has the words for a person.
type Error struct {
	Class Class
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is Simkl's own name of the error, to branch on; Message is its prose, which is untrusted text.
	Code    string
	Message string
	// Cause says why Simkl is Unreachable.
	Cause Cause
	// RetryAfter is what the server asked for, bounded, and after a block how long it holds us; 0 when neither is known.
	RetryAfter time.Duration
	// Endpoint is the method and the path without anything secret.
	Endpoint string
	// WatchedAt and ExpiresAt belong to Already, in UTC; zero when the answer had none.
	WatchedAt, ExpiresAt time.Time
	// Err is the cause in the program, nil for an answer of the server.
	Err error
}

func (e *Error) Error() string {
	parts := []string{e.Endpoint}
	if e.Status != 0 {
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	text := strings.Join(parts, " ") + ": " + string(e.Class)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf is the class of the first error of this package in err's chain, "" for any other.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	if _, ok := errors.AsType[*HoldError](err); ok {
		return Held
	}
	if errors.Is(err, ErrBudget) {
		return Saved
	}
	return ""
}

// longestRetryAfter bounds what a server may ask for: a daily limit ends with the day.
const longestRetryAfter = 25 * time.Hour

// envelope is the body of an error (simkl-api.md 14). Old answers lack some keys, /oauth2 has its own name for the prose.
type envelope struct {
	Error       text     `json:"error"`
	Message     text     `json:"message"`
	Description text     `json:"error_description"`
	WatchedAt   moment   `json:"watched_at"`
	ExpiresAt   moment   `json:"expires_at"`
	Result      text     `json:"result"`
	Code        anything `json:"code"`
}

// anything is a value whose shape does not matter.
type anything struct{}

// UnmarshalJSON takes whatever there is.
func (*anything) UnmarshalJSON([]byte) error { return nil }

// codes is the table of simkl-api.md 14: what an error of a status means. A code stands in lower case.
var codes = map[int]map[string]Class{
	http.StatusBadRequest: {
		"empty_field": Refused, "wrong_parameter": Refused, "empty_id": Refused,
		"rate_limit": Locked, "max_items": TooMany, "unauthorized_client": WrongClient,
		"invalid_grant": Login, "invalid_scope": Login, "expired_token": Gone,
	},
	http.StatusUnauthorized: {
		"user_token_failed": Login, "invalid_token": Login, "user_token_required": Login,
		"secret_error": WrongClient, "grant_error": Login, "invalid_client": WrongClient,
	},
	http.StatusForbidden: {
		"empty_field": Refused, "redirect_failed": Refused,
		"insufficient_scope": Login, "oauth2_token_required": Login, "forbidden": Login, "private_list": Login, "private_profile": Refused,
	},
	http.StatusNotFound: {
		"id_err": NoMatch, "empty": Gone, "url_failed": Refused, "user_id_failed": Gone,
	},
	http.StatusTooManyRequests: {
		"rate_limit": Busy, "user_limit_exceeded": DailyLimit, "app_limit_exceeded": DailyLimit,
	},
}

// simklRealm marks a 401 as Simkl's own even when its body is lost (simkl-api.md 14).
const simklRealm = `realm="api.simkl.com"`

// answered makes the error of an answer that is no success.
func answered(endpoint string, status int, header http.Header, body []byte, now time.Time) *Error {
	var env envelope
	decoded := json.Unmarshal(body, &env) == nil
	e := &Error{
		Status: status, Endpoint: endpoint,
		Code: safe(env.Error, 60), Message: safe(env.Message, 300),
		WatchedAt: env.WatchedAt.UTC(), ExpiresAt: env.ExpiresAt.UTC(),
		RetryAfter: retryAfter(header.Get("Retry-After"), now),
	}
	if e.Message == "" {
		e.Message = safe(env.Description, 300)
	}
	e.Class = classify(e, decoded && env.Error != "", body)
	if status == http.StatusUnauthorized && e.Class == Foreign && strings.Contains(header.Get("WWW-Authenticate"), simklRealm) {
		e.Class = Login
	}
	if e.Class == Busy {
		e.RetryAfter = time.Second // a per-second 429 carries the daily reset (simkl-api.md 15)
	}
	return e
}

// classify decides by status and code, never by prose. named says that the body is an envelope of Simkl's.
func classify(e *Error, named bool, body []byte) Class {
	switch {
	case e.Status >= 500:
		if e.Status == http.StatusServiceUnavailable && e.RetryAfter > 0 {
			return Overloaded
		}
		return ServerError
	case e.Status == http.StatusPreconditionFailed:
		return Blocked // by status alone: the edge answers it too
	case e.Status < 400:
		return Foreign // a redirect, which is never followed
	}
	if class, ok := codes[e.Status][strings.ToLower(e.Code)]; ok && named {
		return class
	}
	switch e.Status {
	case http.StatusConflict:
		if !looksLikeMarkup(body) {
			return Already // with any body that is not a page, or none (simkl-api.md 17, 6)
		}
	case http.StatusTooManyRequests:
		// Neither per second nor per day: the edge's own. It stops us for as long as it says.
		if e.RetryAfter > 0 {
			return Overloaded
		}
		return Busy
	case http.StatusUnauthorized, http.StatusForbidden:
		if named {
			return Login
		}
	}
	if !named {
		return Foreign // a portal, a proxy, a firewall: nothing that Simkl decided about us
	}
	return Unknown
}

// safe bounds a server's text and takes out of it what could harm a terminal or a log.
func safe(s text, most int) string {
	runes := []rune(string(s))
	return media.Sanitize(string(runes[:min(len(runes), most)]))
}

func looksLikeMarkup(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "<")
}

// retryAfter reads seconds, or a date as HTTP allows.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, int64(longestRetryAfter/time.Second)))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), longestRetryAfter))
	}
	return 0
}

// canceled reports that a call ended because its caller wanted so, which is no failure of Simkl.
func canceled(ctx context.Context) bool { return ctx.Err() != nil }
