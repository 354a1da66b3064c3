package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/term"
)

// dataKept is how long a file that Simkl makes for everybody is kept without being asked for.
const dataKept = 60 * 24 * time.Hour

// dataRetries are the waits for a file that is due and was not made yet (simkl-api.md 11).
var dataRetries = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

// keptFile is what the cache knows of a file; the body follows it there.
type keptFile struct {
	simkl.Version
	// Checked is when Simkl was asked last, Early how often it had nothing newer since the file was due.
	Checked time.Time `json:"checked"`
	Early   int       `json:"early,omitempty"`
}

// due is when there may be a newer file.
func (k keptFile) due(every time.Duration) time.Time {
	made := k.Made()
	if made.IsZero() || made.After(k.Checked) {
		made = k.Checked
	}
	next := made.Add(every)
	// A clock of Simkl's that is late, or a file that is, must not be asked for at each call.
	wait := dataRetries[max(0, min(k.Early, len(dataRetries))-1)]
	if soonest := k.Checked.Add(wait); next.Before(soonest) {
		next = soonest
	}
	return next
}

// dataFile is a file of Simkl's: from the cache while no newer one is due, or while Simkl cannot be reached. age is how
// old a kept one is, 0 for one that was just got or found to be the newest.
func (e *Env) dataFile(ctx context.Context, f simkl.DataFile) (body []byte, age time.Duration, err error) {
	loaded, err := e.load()
	if err != nil {
		return nil, 0, err
	}
	s, err := e.state(ctx)
	if err != nil {
		return nil, 0, err
	}
	key := "data:" + loaded.Config.Simkl.DataURL + f.Path()
	kept, body := keptFile{}, []byte(nil)
	if text, ok, err := s.Cached(ctx, key); err == nil && ok { // a cache that cannot be read is none
		kept, body = splitKept(text)
	}
	now := e.Now().UTC()
	if body != nil && now.Before(kept.due(f.Every)) && !kept.Checked.After(now) {
		return body, now.Sub(kept.Checked), nil
	}
	linked, err := e.connect(ctx, loaded.Config.Simkl)
	if err != nil {
		return nil, 0, err
	}
	have := kept.Version
	if body == nil {
		have = simkl.Version{}
	}
	fresh, version, changed, err := linked.Client.Data(simkl.WithPriority(ctx, limits.Typed), f, have)
	switch {
	case err != nil && body != nil && fault.KindOf(explain(err)) == fault.Unreachable:
		fmt.Fprintf(e.Err, "%s: this is what it said %s.\n", media.Sanitize(capital(explain(err).Error())), e.day(kept.Checked))
		return body, now.Sub(kept.Checked), nil
	case err != nil:
		return nil, 0, err
	case changed:
		kept, body = keptFile{Version: version}, fresh
	case version.LastModified != kept.LastModified:
		kept = keptFile{Version: version} // made anew, with the same in it
	default:
		kept.Early++
	}
	kept.Checked = now
	if text, err := joinKept(kept, body); err == nil {
		_ = s.Cache(ctx, key, text, dataKept) // a disk that does not take it holds nothing up
	}
	return body, 0, nil
}

// joinKept and splitKept write a file and what is known of it as one value: a line of JSON, then the body.
func joinKept(k keptFile, body []byte) ([]byte, error) {
	head, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	return append(append(head, '\n'), body...), nil
}

func splitKept(text []byte) (keptFile, []byte) {
	var k keptFile
	head, body, ok := bytes.Cut(text, []byte("\n"))
	if !ok || json.Unmarshal(head, &k) != nil || len(body) == 0 {
		return keptFile{}, nil
	}
	return k, body
}

// aged is a heading with the age of what stands below it.
func aged(heading string, age time.Duration) string {
	if age < time.Minute {
		return heading
	}
	return heading + " (" + term.Span(age) + " old)"
}

// printRaw writes Simkl's own JSON, with its text made safe.
func (e *Env) printRaw(text []byte) error { return e.print(json.RawMessage(media.SanitizeJSON(text))) }
