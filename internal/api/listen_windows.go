package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// pipeBuffer is the size of a pipe's buffers. With none, a write waits for its reader.
const pipeBuffer = 64 << 10

// onlyOwner lets nobody but the user who runs the daemon open the pipe.
const onlyOwner = "D:P(A;;GA;;;OW)"

// Listen opens the daemon's named pipe.
func Listen(_ context.Context, name string) (net.Listener, error) {
	l := &pipeListener{name: name}
	var err error
	if l.closed, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return nil, fmt.Errorf("listen at %s: %w", name, err)
	}
	if l.next, err = l.instance(true); err != nil {
		return nil, fmt.Errorf("listen at %s: %w", name, err)
	}
	return l, nil
}

// pipeListener accepts clients on the instances of one named pipe.
type pipeListener struct {
	name   string
	closed windows.Handle // an event, set by Close

	mu   sync.Mutex // guards next
	next windows.Handle
}

func (l *pipeListener) instance(first bool) (windows.Handle, error) {
	path, err := windows.UTF16PtrFromString(l.name)
	if err != nil {
		return 0, err
	}
	sd, err := windows.SecurityDescriptorFromString(onlyOwner)
	if err != nil {
		return 0, err
	}
	sa := windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(unsafe.Sizeof(sa)) //nolint:gosec // the size that the system asks for
	flags := uint32(windows.PIPE_ACCESS_DUPLEX | windows.FILE_FLAG_OVERLAPPED)
	if first {
		flags |= windows.FILE_FLAG_FIRST_PIPE_INSTANCE
	}
	const mode = windows.PIPE_TYPE_BYTE | windows.PIPE_READMODE_BYTE | windows.PIPE_WAIT | windows.PIPE_REJECT_REMOTE_CLIENTS
	return windows.CreateNamedPipe(path, flags, mode, windows.PIPE_UNLIMITED_INSTANCES, pipeBuffer, pipeBuffer, 0, &sa)
}

// Accept waits for the next client.
func (l *pipeListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	h := l.next
	l.mu.Unlock()
	if err := l.connect(h); err != nil {
		return nil, err
	}
	next, err := l.instance(false)
	if err != nil {
		return nil, errors.Join(err, windows.CloseHandle(h))
	}
	l.mu.Lock()
	l.next = next
	l.mu.Unlock()
	return pipeConn{File: os.NewFile(uintptr(h), l.name), name: l.name}, nil
}

// connect waits until a client has opened the instance, or the listener is closed.
func (l *pipeListener) connect(h windows.Handle) error {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(event) //nolint:errcheck // an event that was only waited for
	o := &windows.Overlapped{HEvent: event}
	err = windows.ConnectNamedPipe(h, o)
	switch {
	case err == nil, errors.Is(err, windows.ERROR_PIPE_CONNECTED):
		return nil
	case !errors.Is(err, windows.ERROR_IO_PENDING):
		return err
	}
	r, err := windows.WaitForMultipleObjects([]windows.Handle{event, l.closed}, false, windows.INFINITE)
	if err != nil {
		return err
	}
	if r == windows.WAIT_OBJECT_0 {
		var n uint32
		return windows.GetOverlappedResult(h, o, &n, false)
	}
	return errors.Join(net.ErrClosed, windows.CancelIoEx(h, o), windows.CloseHandle(h))
}

// Close ends the listener.
func (l *pipeListener) Close() error { return windows.SetEvent(l.closed) }

// Addr is the name of the pipe.
func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.name) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// pipeConn is one end of a pipe. Its file has deadlines, since the handle is overlapped.
type pipeConn struct {
	*os.File
	name string
}

func (c pipeConn) LocalAddr() net.Addr  { return pipeAddr(c.name) }
func (c pipeConn) RemoteAddr() net.Addr { return pipeAddr(c.name) }

// DialAny gives a Dial that takes the first of the pipes at which a daemon answers.
func DialAny(pipes []string) Dial {
	return func(ctx context.Context) (net.Conn, error) {
		err := errors.New("there is no pipe to look at")
		for _, name := range pipes {
			var conn net.Conn
			if conn, err = dialPipe(ctx, name); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
}

func dialPipe(ctx context.Context, name string) (net.Conn, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		}
		f, err := os.OpenFile(name, os.O_RDWR|windows.O_FILE_FLAG_OVERLAPPED, 0)
		if err == nil {
			return pipeConn{File: f, name: name}, nil
		}
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return nil, err
		}
		timer.Reset(20 * time.Millisecond) // another client has this instance; the next one is being made
	}
}
