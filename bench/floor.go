//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// floor measures the same way with next to nothing in between: a connection that sees the pause and posts it at once.
// What it takes is what mpv, the kernel and Go's HTTP client take on this machine.
func (w *world) floor(ctx context.Context) ([]figure, error) {
	if err := w.stop(); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(stamping{l, w.arrived}) }() // ends with Close
	defer func() {
		_ = server.Close() // nothing is under way any more
	}()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(w.dir, socketName))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	go post(ctx, conn, "http://"+l.Addr().String()+"/floor") // ends with the connection
	var took []float64
	for range samples / 2 {
		if err := w.mpv.pause(false); err != nil {
			return nil, err
		}
		t, err := w.pauseToWire(ctx, "/floor")
		if err != nil {
			return nil, err
		}
		took = append(took, t)
	}
	return []figure{{"floor of that on this machine", "", "", spread(took)}}, nil
}

// post posts at each pause.
func post(ctx context.Context, conn net.Conn, url string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	if _, err := conn.Write([]byte(`{"command":["observe_property",1,"pause"]}` + "\n")); err != nil {
		return
	}
	for in := bufio.NewScanner(conn); in.Scan(); {
		if !strings.Contains(in.Text(), `"data":true`) {
			continue
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte("{}")))
		if err != nil {
			return
		}
		if resp, err := client.Do(r); err == nil {
			resp.Body.Close()
		}
	}
}
