package netwatch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const groups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE |
	unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE

// watchNetwork notes what the kernel tells until ctx ends. It is woken by nothing else.
func watchNetwork(ctx context.Context, note func(up bool)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open rtnetlink: %w", err)
	}
	f := os.NewFile(uintptr(fd), "rtnetlink")
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer func() {
		if stop() {
			f.Close()
		}
	}()
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return fmt.Errorf("bind rtnetlink: %w", err)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("read rtnetlink: %w", err)
	}
	known, err := present() // after the bind: what comes in between is told by both
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10) // the kernel sends at most 32 KiB at once
	for {
		n, err := receive(raw, buf)
		switch {
		case err == nil:
			note(known.apply(buf[:n]))
		case errors.Is(err, unix.ENOBUFS): // more came than fits: what it was, nobody knows
			if known, err = present(); err != nil {
				return err
			}
			note(true)
		case ctx.Err() != nil:
			return nil
		default:
			return fmt.Errorf("read rtnetlink: %w", err)
		}
	}
}

// receive waits for the next message of the kernel. Who else may write to the socket is not heard.
func receive(raw syscall.RawConn, buf []byte) (n int, err error) {
	waited := raw.Read(func(fd uintptr) bool {
		for {
			var from unix.Sockaddr
			n, from, err = unix.Recvfrom(int(fd), buf, 0)
			if err != nil {
				return !errors.Is(err, unix.EAGAIN)
			}
			if sender, ok := from.(*unix.SockaddrNetlink); ok && sender.Pid == 0 {
				return true
			}
		}
	})
	if waited != nil { // closed, and err is of an earlier look
		return 0, waited
	}
	return n, err
}

// present asks the kernel for the links and addresses that are there.
func present() (*table, error) {
	t := newTable()
	for _, what := range []int{unix.RTM_GETLINK, unix.RTM_GETADDR} {
		b, err := syscall.NetlinkRIB(what, unix.AF_UNSPEC)
		if err != nil {
			return nil, fmt.Errorf("list the network: %w", err)
		}
		t.apply(b)
	}
	return t, nil
}
