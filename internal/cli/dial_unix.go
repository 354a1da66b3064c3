//go:build unix

package cli

import (
	"context"
	"net"
)

func dial(ctx context.Context, place string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", place)
}
