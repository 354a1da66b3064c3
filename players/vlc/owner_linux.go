package vlc

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

// listenerOf is the socket that listens on a port of this machine, 0 when it is not found.
func listenerOf(ip net.IP, port int) uint64 {
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		inode := listenerIn(f, ip, port)
		f.Close()
		if inode != 0 {
			return inode
		}
	}
	return 0
}

// listenerIn reads a table of sockets (proc(5)): "sl local_address rem_address st … inode", addresses as hex words.
// A listener on the address itself comes before one on all addresses.
func listenerIn(table io.Reader, ip net.IP, port int) uint64 {
	var any uint64
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != "0A" {
			continue
		}
		address, hex, ok := strings.Cut(fields[1], ":")
		if p, err := strconv.ParseUint(hex, 16, 16); !ok || err != nil || int(p) != port {
			continue
		}
		inode, err := strconv.ParseUint(fields[9], 10, 64)
		if err != nil {
			continue
		}
		if own := ipOf(address); own != nil && own.Equal(ip) {
			return inode
		} else if own != nil && own.IsUnspecified() {
			any = inode
		}
	}
	return any
}

// ipOf reads an address of the table: words of four bytes, each turned round on all machines that Go's linux
// ports commonly run on. A table that cannot be read that way leaves the process unknown.
func ipOf(hex string) net.IP {
	if len(hex) != 8 && len(hex) != 32 {
		return nil
	}
	ip := make(net.IP, len(hex)/2)
	for i := range ip {
		b, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return nil
		}
		ip[i/4*4+3-i%4] = byte(b)
	}
	return ip
}

// processOf is the process that holds a socket, 0 when it is another user's.
func processOf(inode uint64) int {
	want := fmt.Sprintf("socket:[%d]", inode)
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		folder := "/proc/" + p.Name() + "/fd/"
		files, err := os.ReadDir(folder)
		if err != nil {
			continue // another user's, or gone
		}
		for _, f := range files {
			if target, err := os.Readlink(folder + f.Name()); err == nil && target == want {
				return pid
			}
		}
	}
	return 0
}
