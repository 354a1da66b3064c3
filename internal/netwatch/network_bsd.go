//go:build darwin || freebsd

package netwatch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watchNetwork notes what the routing socket tells (route(4)) until ctx ends.
func watchNetwork(ctx context.Context, note func(up bool)) error {
	fd, err := unix.Socket(unix.AF_ROUTE, unix.SOCK_RAW, unix.AF_UNSPEC)
	if err != nil {
		return fmt.Errorf("open the routing socket: %w", err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(fmt.Errorf("open the routing socket: %w", err), unix.Close(fd))
	}
	f := os.NewFile(uintptr(fd), "route")
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer func() {
		if stop() {
			f.Close()
		}
	}()
	running := running{}
	buf := make([]byte, 16<<10) // a message has at most 2 KiB
	for {
		n, err := f.Read(buf)
		switch {
		case err == nil:
			note(running.apply(buf[:n]))
		case errors.Is(err, unix.ENOBUFS): // more came than fits: what it was, nobody knows
			note(true)
		case ctx.Err() != nil:
			return nil
		default:
			return fmt.Errorf("read the routing socket: %w", err)
		}
	}
}

// running are the links that were seen to work, by their index.
type running map[uint16]bool

// apply takes what the kernel sent, and says whether something came. All messages begin with the length (2 bytes), the
// version and the type.
func (r running) apply(b []byte) (up bool) {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			return up
		}
		if r.message(b[3], b[:size]) {
			up = true
		}
		b = b[size:]
	}
	return up
}

func (r running) message(kind byte, b []byte) (up bool) {
	switch kind {
	case unix.RTM_NEWADDR:
		return true
	case unix.RTM_IFINFO: // struct if_msghdr: flags 8, index 12
		if len(b) < 14 {
			return false
		}
		flags, index := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint16(b[12:])
		was := r[index]
		is := flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0
		r[index] = is
		return is && !was && flags&unix.IFF_LOOPBACK == 0
	case unix.RTM_ADD: // struct rt_msghdr: flags 8. A host that was talked to gets a route of its own.
		return len(b) >= 12 && binary.NativeEndian.Uint32(b[8:])&(unix.RTF_HOST|unix.RTF_LLDATA) == 0
	}
	return false
}
