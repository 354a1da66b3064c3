package dashboard

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
)

//go:embed static
var static embed.FS

// file is one of the page's own.
type file struct {
	name, contentType string
	// free is given to anybody who asks: what the page of a locked door needs.
	free bool
}

var own = map[string]file{
	"/":            {name: "index.html", contentType: "text/html; charset=utf-8"},
	"/app.js":      {name: "app.js", contentType: "text/javascript; charset=utf-8"},
	"/style.css":   {name: "style.css", contentType: "text/css; charset=utf-8", free: true},
	"/icon.svg":    {name: "icon.svg", contentType: "image/svg+xml", free: true},
	"/favicon.ico": {name: "icon.svg", contentType: "image/svg+xml", free: true},
}

// open reports whether a place is shown to a browser that was not let in.
func open(place string) bool { return own[place].free }

// files answers with the page's own files and with posters.
func files(poster func(context.Context, string) ([]byte, string, error)) http.Handler {
	mux := http.NewServeMux()
	for place, f := range own {
		text := read(f.name)
		sum := sha256.Sum256(text)
		tag := `"` + hex.EncodeToString(sum[:8]) + `"`
		if place == "/" {
			place = "/{$}"
		}
		mux.HandleFunc("GET "+place, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache") // asked for anew each time: an upgrade shows at once
			w.Header().Set("ETag", tag)
			if strings.Contains(r.Header.Get("If-None-Match"), tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			write(w, f.contentType, text)
		})
	}
	mux.HandleFunc("GET /poster/{session}", func(w http.ResponseWriter, r *http.Request) {
		var picture []byte
		var contentType string
		var err error
		if poster != nil {
			picture, contentType, err = poster(r.Context(), r.PathValue("session"))
		}
		if err != nil || len(picture) == 0 {
			refuse(w, http.StatusNotFound, "there is no poster", "")
			return
		}
		w.Header().Set("Cache-Control", "private, max-age=86400")
		write(w, contentType, picture)
	})
	return mux
}

// read gives an embedded file, which is there.
func read(name string) []byte {
	text, err := static.ReadFile("static/" + name)
	if err != nil {
		return nil // a test looks at each of them
	}
	return text
}

// locked is what a browser without the cookie sees.
func locked(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	if _, err := w.Write(read("locked.html")); err != nil {
		return // the reader is gone
	}
}

func write(w http.ResponseWriter, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	if _, err := w.Write(text); err != nil {
		return // the reader is gone
	}
}
