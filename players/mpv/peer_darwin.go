package mpv

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerOf asks the kernel who listens on the other end.
func peerOf(c conn) (peer, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return peer{}, nil
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	var who peer
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			failed = err
			return
		}
		who.uid, who.known = int(cred.Uid), true
		who.pid, failed = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	})
	if err != nil {
		return peer{}, err
	}
	return who, failed
}

// folderOf is unknown without cgo: working-directory is used.
func folderOf(int) string { return "" }
