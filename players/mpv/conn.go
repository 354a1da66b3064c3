package mpv

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// conn is what a connection needs to be: a unix socket, a named pipe, a pipe in a test.
type conn interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

var _ conn = net.Conn(nil)

// serve reports what one player plays until the connection ends, which it owns. Everything happens in the calling
// goroutine: the deadline of the read is the timer, so that a connection on which nothing plays costs nothing.
func serve(ctx context.Context, c conn, t *tracker, now func() media.Moment, out players.Sink) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	in := newLines(c)
	t.desk.open(c)
	t.start(now())
	a := alarm{c: c}
	for {
		t.present(now())
		t.flush(c, out)
		a.set(t, now)
		if !t.desk.empty() {
			continue // it came while the deadline was set, which may have undone its wake-up
		}
		line, err := in.next()
		switch {
		case err == nil:
			t.line(line, now())
		case errors.Is(err, os.ErrDeadlineExceeded):
			a.rung = true
			t.tick(now())
		case ctx.Err() != nil:
			return // we leave; the player plays on
		default:
			t.gone(now())
			t.flush(c, out)
			return
		}
	}
}

// alarm keeps the deadline of the reads at the time when the tracker has something to do.
type alarm struct {
	c    conn
	on   bool
	at   time.Duration
	rung bool // the deadline has passed: until it is set anew, every read fails at once
}

// set moves the deadline where it has to be. It fails only on a closed connection, which the next read tells.
func (a *alarm) set(t *tracker, now func() media.Moment) {
	due, some := t.due()
	if !a.rung && some == a.on && (!some || due == a.at) {
		return
	}
	a.on, a.at, a.rung = some, due, false
	if !some {
		_ = a.c.SetReadDeadline(time.Time{})
		return
	}
	_ = a.c.SetReadDeadline(time.Now().Add(max(0, due-now().Mono)))
}

// flush hands on what a step of the tracker produced. A player that takes no request within the deadline is asked
// nothing more, so that reading never waits for writing; how the connection ends is told by the reads that follow.
func (t *tracker) flush(c conn, out players.Sink) {
	for _, e := range t.out {
		out.Put(e)
	}
	t.out = t.out[:0]
	if len(t.send) > 0 && !t.deaf {
		_ = c.SetWriteDeadline(time.Now().Add(answerWithin))
		_, err := c.Write(t.send)
		t.deaf = err != nil
	}
	t.send = t.send[:0]
}
