package replay

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// listener hears what the daemon tells Simkl of watches, and passes everything on.
type listener struct {
	next  http.RoundTripper
	heard func(call string, progress float64, status int)
}

// RoundTrip makes the request and tells what became of it.
func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	call, known := strings.CutPrefix(r.URL.Path, "/scrobble/")
	if strings.HasPrefix(r.URL.Path, "/sync/") && r.Method != http.MethodGet {
		call, known = strings.TrimPrefix(r.URL.Path, "/sync/"), true
	}
	var told struct {
		Progress float64 `json:"progress"`
	}
	if known && r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		_ = json.Unmarshal(text, &told) // a history call has no progress
	}
	resp, err := l.next.RoundTrip(r)
	if known {
		status := 0
		if err == nil {
			status = resp.StatusCode
		}
		l.heard(call, told.Progress, status)
	}
	return resp, err
}
