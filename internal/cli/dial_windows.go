package cli

import (
	"context"
	"net"
	"os"

	"golang.org/x/sys/windows"
)

// dial opens the daemon's named pipe. Overlapped, it can be read and written at once, with deadlines.
func dial(_ context.Context, place string) (net.Conn, error) {
	f, err := os.OpenFile(place, os.O_RDWR|windows.O_FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		return nil, err
	}
	return pipe{f}, nil
}

// pipe is a named pipe as a connection.
type pipe struct{ *os.File }

func (p pipe) LocalAddr() net.Addr  { return pipeAddr(p.Name()) }
func (p pipe) RemoteAddr() net.Addr { return pipeAddr(p.Name()) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
