package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// call is one write of the daemon to Simkl, as it went over the wire.
type call struct {
	verb     string // start, pause, stop or history
	progress float64
	watches  int // in a history call
	status   int // 0: there was no answer
	at       time.Time
}

// String is the call as the timeline shows it.
func (c call) String() string {
	answer := "refused"
	if c.status != 0 {
		answer = fmt.Sprint(c.status)
	}
	if c.verb == "history" {
		watches := "watches"
		if c.watches == 1 {
			watches = "watch"
		}
		return fmt.Sprintf("history, %d %s, %s", c.watches, watches, answer)
	}
	return callText(c.verb, c.progress, answer)
}

func callText(verb string, progress float64, answer string) string {
	return fmt.Sprintf("%-5s  %5.1f %%  %s", verb, progress, answer)
}

// http1 is a transport of its own, so that no proxy of the user stands in between.
func http1() *http.Transport { return &http.Transport{} }

// listener hears the calls of the daemon and passes them on.
type listener struct {
	next  http.RoundTripper
	heard func(call)
}

// RoundTrip makes the request and tells what became of it.
func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	c, ok := callOf(r)
	resp, err := l.next.RoundTrip(r)
	if !ok {
		return resp, err
	}
	if err == nil {
		c.status = resp.StatusCode
	}
	c.at = time.Now()
	l.heard(c)
	return resp, err
}

// callOf reads a request without using up its body; false for anything but a write about a watch.
func callOf(r *http.Request) (call, bool) {
	verb, known := strings.CutPrefix(r.URL.Path, "/scrobble/")
	if r.URL.Path == "/sync/history" {
		verb, known = "history", true
	}
	if !known || r.Method != http.MethodPost || r.Body == nil {
		return call{}, false
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return call{}, false
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	type list []json.RawMessage
	var body struct {
		Progress float64 `json:"progress"`
		Movies   list    `json:"movies"`
		Episodes list    `json:"episodes"`
		Shows    []struct {
			Episodes list `json:"episodes"`
			Seasons  []struct {
				Episodes list `json:"episodes"`
			} `json:"seasons"`
		} `json:"shows"`
	}
	if json.Unmarshal(text, &body) != nil {
		return call{}, false
	}
	c := call{verb: verb, progress: body.Progress, watches: len(body.Movies) + len(body.Episodes)}
	for _, show := range body.Shows {
		c.watches += len(show.Episodes)
		for _, season := range show.Seasons {
			c.watches += len(season.Episodes)
		}
	}
	return c, true
}
