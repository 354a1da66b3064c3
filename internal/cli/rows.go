package cli

import (
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// rowJSON is a row of `queue list --json` and `unmatched --json` (product.md 7).
type rowJSON struct {
	ID          string       `json:"id"`
	Kind        string       `json:"kind"`
	State       string       `json:"state"`
	Identity    media.Match  `json:"identity"`
	Path        string       `json:"path"`
	Progress    float64      `json:"progress"`
	WatchedAt   *time.Time   `json:"watched_at"`
	CreatedAt   time.Time    `json:"created_at"`
	Attempts    int          `json:"attempts"`
	NextAttempt *time.Time   `json:"next_attempt_at"`
	LastError   *string      `json:"last_error"`
	Candidates  []answerJSON `json:"candidates"`
}

// answerJSON is a title on Simkl, with its address.
type answerJSON struct {
	media.Answer
	URL string `json:"url"`
}

func answerOf(a media.Answer) answerJSON {
	a = cleanAnswer(a)
	return answerJSON{Answer: a, URL: page(&a)}
}

func rowOf(r queue.Row) rowJSON {
	out := rowJSON{
		ID: number(r.Watch), Kind: r.Kind(), State: string(r.State), Identity: cleanMatch(r.Match),
		Path: fileURL(r.Path), Progress: r.Progress, CreatedAt: r.CreatedAt.UTC(), Attempts: r.Attempts,
		NextAttempt: timeOrNil(r.NextAt), Candidates: []answerJSON{},
	}
	if r.Watched() {
		out.WatchedAt = timeOrNil(r.At)
	}
	if r.LastError != "" {
		text := media.Sanitize(r.LastError)
		out.LastError = &text
	}
	for _, c := range r.Candidates {
		out.Candidates = append(out.Candidates, answerOf(c))
	}
	return out
}

func rowsJSON(rows []queue.Row) []rowJSON {
	out := make([]rowJSON, 0, len(rows))
	for _, r := range rows {
		out = append(out, rowOf(r))
	}
	return out
}

// timeOrNil is t in UTC, null in JSON when there is none.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
