//go:build unix

package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/simkld/simkld/internal/paths"
)

// Listen opens the daemon's socket: its folder 0700, itself 0600. What an earlier daemon left there is removed, since
// only the one that holds the lock of the state folder listens.
func Listen(ctx context.Context, path string) (net.Listener, error) {
	if err := paths.PrivateDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("close %s to others: %w", path, err), l.Close())
	}
	return l, nil
}

// DialAny gives a Dial that takes the first of the sockets at which a daemon answers.
func DialAny(sockets []string) Dial {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		err := errors.New("there is no socket to look at")
		for _, path := range sockets {
			var conn net.Conn
			if conn, err = d.DialContext(ctx, "unix", path); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
}
