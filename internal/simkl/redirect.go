package simkl

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// redirectPath is where the browser comes back to.
const redirectPath = "/callback"

// redirectListener waits on a loopback port for one browser to come back from the consent page.
type redirectListener struct {
	ln net.Listener
}

func listenForRedirect(ctx context.Context) (*redirectListener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	return &redirectListener{ln: ln}, nil
}

// address is the redirect_uri.
func (l *redirectListener) address() string { return "http://" + l.ln.Addr().String() + redirectPath }

func (l *redirectListener) close() { _ = l.ln.Close() } // it may be closed already

// wait serves until the answer to this login came, and is then closed. What is not that answer changes nothing.
func (l *redirectListener) wait(ctx context.Context, ask consentRequest, most time.Duration) (string, error) {
	type outcome struct {
		code string
		err  error
	}
	came := make(chan outcome, 1) // the first answer; others find it full
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Security-Policy", "default-src 'none'")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cache-Control", "no-store")
			// A page elsewhere may not come here under a name of its own.
			if r.Host != l.ln.Addr().String() || r.Method != http.MethodGet || r.URL.Path != redirectPath {
				redirectPage(w, http.StatusNotFound, "Nothing is here", "This address waits for Simkl alone.")
				return
			}
			code, done, err := codeOf(r.URL.Query(), ask)
			if !done {
				redirectPage(w, http.StatusBadRequest, "Not this login", "This is not the answer to the login that waits here.")
				return
			}
			select {
			case came <- outcome{code, err}:
			default:
			}
			if err != nil {
				redirectPage(w, http.StatusOK, "Not linked", "Nothing was changed. You can close this page.")
				return
			}
			redirectPage(w, http.StatusOK, "Simkl said yes", "You can close this page; the program goes on by itself.")
		}),
	}
	ended := make(chan error, 1)                // Serve's one result
	go func() { ended <- server.Serve(l.ln) }() // ends with Shutdown or Close below
	timer := time.NewTimer(most)
	defer timer.Stop()
	var got outcome
	select {
	case got = <-came:
	case <-timer.C:
		got.err = ErrNotApproved
	case <-ctx.Done():
		got.err = ctx.Err()
	case err := <-ended:
		return "", fmt.Errorf("wait for the browser: %w", err)
	}
	quiet, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(quiet); err != nil { // the page is on its way to the browser
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) && got.err == nil {
		return "", fmt.Errorf("wait for the browser: %w", err)
	}
	return got.code, got.err
}

// redirectPage writes a page of our own words.
func redirectPage(w http.ResponseWriter, status int, title, words string) {
	w.WriteHeader(status)
	// The browser may be gone; there is nobody else to tell.
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>%s</title></head><body><h1>%s</h1><p>%s</p></body></html>`, title, title, words)
}

// sameText compares secrets in a time that does not depend on them.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
