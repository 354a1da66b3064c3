package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
)

// Backend is the daemon as the door sees it.
type Backend interface {
	Status(ctx context.Context) Status
	// Changed is closed at the next change of the status, a position included.
	Changed() <-chan struct{}
	// NextPercent is how long until a session comes to its next whole percent; 0 when nothing plays.
	NextPercent() time.Duration
	// Why explains what plays, or was played last, for watch 0 and an empty path.
	Why(ctx context.Context, path string, watch media.WatchID) (Why, error)
	SetPrivate(ctx context.Context, req PrivateRequest) (Status, error)
	Mark(ctx context.Context, req MarkRequest) (Marked, error)
	Kicked(ctx context.Context, k Kick) error
	// Command runs a command of simkld as if it had been typed, and gives what it prints. Some print and fail (doctor).
	Command(ctx context.Context, args ...string) (printed []byte, err error)
	// Link makes a one-time address of the page.
	Link(ctx context.Context) (Link, error)
}

const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10
	readLimit = 10 * time.Second
	// writeLimit is how long a reader of a stream may let one line wait.
	writeLimit = 10 * time.Second
)

// Serve lets h answer on l until ctx ends.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: readLimit, ReadTimeout: readLimit, MaxHeaderBytes: maxHeader,
		// Streams end with the server.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(end) != nil {
			_ = srv.Close() // a client that does not read any more is cut off; Serve says what goes wrong
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Door is what commands reach over the local socket: all of Handler, and the way to the page.
func Door(b Backend) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", Handler(b))
	mux.HandleFunc("POST /v1/link", func(w http.ResponseWriter, r *http.Request) {
		link, err := b.Link(r.Context())
		answer(w, link, err)
	})
	return mux
}

// Handler answers what commands and the page ask. It judges nobody: who may ask is the matter of the door it stands
// behind.
func Handler(b Backend) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		answer(w, b.Status(r.Context()), nil)
	})
	mux.HandleFunc("GET /v1/follow", func(w http.ResponseWriter, r *http.Request) {
		follow(w, r, b, "application/x-ndjson", func(line []byte) []byte { return append(line, '\n') })
	})
	mux.HandleFunc("GET /v1/events", func(w http.ResponseWriter, r *http.Request) {
		follow(w, r, b, "text/event-stream", func(line []byte) []byte {
			return slices.Concat([]byte("data: "), line, []byte("\n\n"))
		})
	})
	for name, c := range commands {
		mux.HandleFunc(c.method+" /v1/command/"+name, func(w http.ResponseWriter, r *http.Request) { c.run(w, r, b) })
	}
	mux.HandleFunc("GET /v1/why", func(w http.ResponseWriter, r *http.Request) {
		watch, _ := strconv.ParseInt(r.URL.Query().Get("watch"), 10, 64) // absent or not a number: what plays
		why, err := b.Why(r.Context(), r.URL.Query().Get("path"), media.WatchID(watch))
		answer(w, why, err)
	})
	mux.HandleFunc("POST /v1/private", func(w http.ResponseWriter, r *http.Request) {
		var req PrivateRequest
		if read(w, r, &req) {
			st, err := b.SetPrivate(r.Context(), req)
			answer(w, st, err)
		}
	})
	mux.HandleFunc("POST /v1/mark", func(w http.ResponseWriter, r *http.Request) {
		var req MarkRequest
		if read(w, r, &req) {
			marked, err := b.Mark(r.Context(), req)
			answer(w, marked, err)
		}
	})
	mux.HandleFunc("POST /v1/kick", func(w http.ResponseWriter, r *http.Request) {
		var k Kick
		if read(w, r, &k) {
			answer(w, struct{}{}, b.Kicked(r.Context(), k))
		}
	})
	return mux
}

// follow writes a status at each change, and at each whole percent of what plays.
func follow(w http.ResponseWriter, r *http.Request, b Backend, contentType string, frame func(line []byte) []byte) {
	out := http.NewResponseController(w)
	// The stream lives as long as its reader: the server's limit for one request does not apply.
	if err := out.SetReadDeadline(time.Time{}); err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var last Status
	for first := true; ; first = false {
		changed := b.Changed()
		st := b.Status(r.Context())
		if face := faceOf(st); first || !reflect.DeepEqual(face, last) {
			last = face
			if say(w, out, frame, st) != nil {
				return // the reader is gone, or does not read any more
			}
		}
		timer.Stop()
		if next := b.NextPercent(); next > 0 {
			timer.Reset(next)
		}
		select {
		case <-changed:
		case <-timer.C:
		case <-r.Context().Done(): // the reader is gone, or the server ends
			return
		}
	}
}

func say(w io.Writer, out *http.ResponseController, frame func([]byte) []byte, st Status) error {
	line, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := out.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	if _, err := w.Write(frame(line)); err != nil {
		return err
	}
	return out.Flush()
}

// faceOf is a status without what moves by itself: positions below a whole percent, and the time it runs.
func faceOf(st Status) Status {
	st.UptimeS = 0
	st.Sessions = slices.Clone(st.Sessions)
	for i := range st.Sessions {
		s := &st.Sessions[i]
		s.PositionS, s.PlayedPercent, s.Progress = 0, 0, math.Floor(s.Progress)
	}
	return st
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) {
		answer(w, nil, fault.Wrap(fault.Usage, err, "the request cannot be read", "send JSON"))
		return false
	}
	return true
}

// answer writes v, or the failure err with the status of its kind.
func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		f := Failure{Kind: string(fault.KindOf(err)), What: err.Error()}
		if e, ok := errors.AsType[*fault.Error](err); ok {
			f.What, f.Do = e.What, e.Do
		}
		w.WriteHeader(http.StatusConflict)
		v = f
	}
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the reader is gone: there is nobody to tell
	}
}
