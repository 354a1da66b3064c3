package sandbox

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of spoiled answers a Fault can give.
const (
	FaultStatus   = "status"   // an error answer with Status and Body
	FaultDrop     = "drop"     // the connection is closed without an answer
	FaultCut      = "cut"      // the answer ends in the middle
	FaultHTML     = "html"     // a page, as proxies and captive portals send it
	FaultGarbage  = "garbage"  // bytes that are no JSON
	FaultEndless  = "endless"  // an answer that never ends
	FaultRedirect = "redirect" // 302 to To
)

// Fault spoils calls of the API and the data files.
type Fault struct {
	// Match says which calls; nil is all.
	Match func(*http.Request) bool
	// Times is how many calls are spoiled; 0 is every one until the fault is taken back.
	Times int
	// Kind is one of the constants above; empty only delays.
	Kind string
	// After lets the call take effect first, so that only the answer is lost.
	After bool
	// Delay passes before the spoiled or the true answer.
	Delay time.Duration
	// Hold is how long a write keeps the user's lock before it takes effect.
	Hold time.Duration
	// Status, Header and Body are the answer of FaultStatus; Status is also used by FaultHTML (default 200).
	Status int
	Header http.Header
	Body   string
	// To is where FaultRedirect points.
	To string
}

// fault counts the uses of an injected Fault.
type fault struct {
	Fault
	used int
}

// Inject spoils the calls that f matches, before those injected later. The function that it returns takes it back.
func (s *Server) Inject(f Fault) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &fault{Fault: f}
	s.faults = append(s.faults, in)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool { return f == in })
	}
}

// takeFault finds the fault for a call: what the request asks for itself, else the first injected one that matches.
func (s *Server) takeFault(r *http.Request) *Fault {
	text := r.Header.Get("X-Sandbox-Fault")
	if text == "" {
		text = r.URL.Query().Get("sandbox_fault")
	}
	if text != "" {
		f := parseFault(text)
		return &f
	}
	s.mu.Lock()
	faults := slices.Clone(s.faults)
	s.mu.Unlock()
	for _, f := range faults {
		// Match is foreign code, which may ask the server something: it runs without the mutex.
		if (f.Match == nil || f.Match(r)) && s.useFault(f) {
			return &f.Fault
		}
	}
	return nil
}

// useFault takes one use of a fault, if any is left.
func (s *Server) useFault(f *fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times > 0 && f.used >= f.Times || !slices.Contains(s.faults, f) {
		return false
	}
	f.used++
	return true
}

// parseFault reads the form of header and query: words and key=value, separated by commas, such as
// "503,delay=2s,after" or "drop".
func parseFault(text string) Fault {
	f := Fault{}
	for word := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		switch key {
		case FaultDrop, FaultCut, FaultHTML, FaultGarbage, FaultEndless:
			f.Kind = key
		case FaultRedirect:
			f.Kind, f.To = key, value
		case "status":
			f.Kind = FaultStatus
			f.Status, _ = strconv.Atoi(value)
		case "delay":
			f.Delay, _ = time.ParseDuration(value)
		case "hold":
			f.Hold, _ = time.ParseDuration(value)
		case "after":
			f.After = true
		default:
			if n, err := strconv.Atoi(key); err == nil {
				f.Kind, f.Status = FaultStatus, n
			}
		}
	}
	return f
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// before is the answer of a fault that keeps the call from taking effect.
func (f *Fault) before(ctx context.Context) (response, bool) {
	sleep(ctx, f.Delay)
	return response{status: http.StatusInternalServerError}, f.Kind != "" && f.Kind != FaultCut
}

// spoil writes the fault's answer in place of the true one. It says whether it did.
func (f *Fault) spoil(w http.ResponseWriter, r *http.Request, out response) bool {
	switch f.Kind {
	case FaultStatus:
		status := f.Status
		if status < 200 || status > 599 {
			status = http.StatusInternalServerError
		}
		maps.Copy(w.Header(), f.Header)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(f.Body))
	case FaultDrop:
		panic(http.ErrAbortHandler) // the way net/http gives to close a connection without an answer
	case FaultCut:
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)+2))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body[:len(out.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(max(http.StatusOK, f.Status))
		_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please accept the terms.</body></html>"))
	case FaultGarbage:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("\x1f\x8b{\"id\": 12, \x00\xff}}]"))
	case FaultEndless:
		endless(w, r)
	case FaultRedirect:
		http.Redirect(w, r, f.To, http.StatusFound)
	default:
		return false
	}
	return true
}

// endless writes until the client goes away.
func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	chunk := []byte(`{"a":"` + strings.Repeat("x", 32<<10))
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
