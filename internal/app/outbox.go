package app

import (
	"context"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
	"github.com/simkld/simkld/scrobbler"
)

// outbox is the queue as the session runner sees it.
type outbox struct{ *queue.Queue }

var _ scrobbler.Outbox = outbox{}

// Park keeps a watch until a person says what it is.
func (o outbox) Park(ctx context.Context, c media.Call) error {
	words := "not recognised"
	if len(c.Match.Because) > 0 {
		words = strings.Join(c.Match.Because, "; ")
	}
	if c.Match.Kind != media.KindNone && c.Match.Title != "" {
		words = "may not be told unasked"
	}
	return o.Queue.Park(ctx, c, nil, words)
}

// said is what the log says of the queue's events, and how loud.
var said = map[queue.EventKind]struct {
	level zapcore.Level
	text  string
}{
	queue.EventSent:        {zapcore.InfoLevel, "told Simkl"},
	queue.EventUnmatched:   {zapcore.WarnLevel, "Simkl does not know it; it is kept: simkld unmatched"},
	queue.EventWaits:       {zapcore.DebugLevel, "waits"},
	queue.EventDead:        {zapcore.WarnLevel, "Simkl refused it; it is kept: simkld queue retry"},
	queue.EventDropped:     {zapcore.DebugLevel, "not worth sending any more"},
	queue.EventUnreachable: {zapcore.WarnLevel, "Simkl cannot be reached; nothing is lost"},
	queue.EventReachable:   {zapcore.InfoLevel, "Simkl can be reached again"},
	queue.EventHold:        {zapcore.WarnLevel, "Simkl holds us off"},
	queue.EventHoldOver:    {zapcore.InfoLevel, "Simkl takes calls again"},
	queue.EventLoginNeeded: {zapcore.WarnLevel, "Simkl needs a login: simkld login"},
	queue.EventClaimed:     {zapcore.InfoLevel, "watches from before the login belong to this account now"},
	queue.EventStoreFailed: {zapcore.ErrorLevel, "the state cannot be written: nothing more is sent until it can"},
	queue.EventStoreWorks:  {zapcore.InfoLevel, "the state can be written again"},
}

// heard passes on what became of a row, or of the queue: to the log and the sessions. It never blocks.
func (d *Daemon) heard(e queue.Event) {
	d.logEvent(e)
	d.alerts.heard(e)
	row := e.Row
	told := scrobbler.Told{
		Watch: row.Watch, Verb: row.Verb, Accepted: e.Kind == queue.EventSent, Unmatched: e.Kind == queue.EventUnmatched,
		Waiting: e.Kind == queue.EventWaits,
	}
	if told.Accepted {
		told.Answer = e.Outcome.Answer
		if row.Verb == media.VerbStart {
			remote{d}.scrobbling(row.Watch, row.Match.Label())
		}
	}
	if !told.Accepted && !told.Unmatched && !told.Waiting {
		d.show()
		return
	}
	if row.Verb == queue.VerbTakeBack {
		return
	}
	select {
	case d.told <- told:
	default: // the sessions are busy beyond reason: only what status shows of this call is lost
	}
}

func (d *Daemon) logEvent(e queue.Event) {
	words, known := said[e.Kind]
	if !known {
		return
	}
	entry := d.log.Check(words.level, words.text)
	if entry == nil {
		return
	}
	var fields []zap.Field
	if row := e.Row; row.Watch != 0 {
		fields = append(fields, zap.Int64("watch", int64(row.Watch)), zap.String("call", string(row.Verb)),
			zap.String("title", row.Match.Label()), zap.Float64("progress", row.Progress))
	}
	if e.Outcome.Words != "" {
		fields = append(fields, zap.String("words", e.Outcome.Words))
	}
	if e.Outcome.Status != 0 {
		fields = append(fields, zap.Int("status", e.Outcome.Status))
	}
	if !e.Until.IsZero() {
		fields = append(fields, zap.Time("until", e.Until))
	}
	if e.Count != 0 {
		fields = append(fields, zap.Int("count", e.Count))
	}
	entry.Write(fields...)
}

// show lets those who follow the status look again.
func (d *Daemon) show() {
	select {
	case d.told <- scrobbler.Told{}: // of no watch: the sessions stay as they are
	default: // there is enough in the line that shows it
	}
}
