package netwatch

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// table is what of the network is there, as the kernel told (rtnetlink(7)). Without it the renewal of a lease, or a
// signal strength, would look like something that came.
type table struct {
	running map[int32]bool
	address map[ifAddress]bool
}

type ifAddress struct {
	link int32
	ip   string // the bytes of the address
}

func newTable() *table {
	return &table{running: map[int32]bool{}, address: map[ifAddress]bool{}}
}

// apply takes what the kernel sent, and says whether something came that traffic to elsewhere can use.
func (t *table) apply(b []byte) (up bool) {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int64(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > int64(len(b)) {
			return up
		}
		if t.message(binary.NativeEndian.Uint16(b[4:]), b[unix.SizeofNlMsghdr:size]) {
			up = true
		}
		b = b[min(align(size), int64(len(b))):]
	}
	return up
}

func (t *table) message(kind uint16, body []byte) (up bool) {
	switch kind {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		return len(body) >= unix.SizeofIfInfomsg && t.link(kind == unix.RTM_NEWLINK, body)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		return len(body) >= unix.SizeofIfAddrmsg && t.addr(kind == unix.RTM_NEWADDR, body)
	case unix.RTM_NEWROUTE:
		return len(body) >= unix.SizeofRtMsg && newRoute(body)
	}
	return false
}

// link takes struct ifinfomsg: family 0, index 4, flags 8.
func (t *table) link(there bool, b []byte) (up bool) {
	if b[0] != unix.AF_UNSPEC { // the ports of a bridge, told a second time
		return false
	}
	index := int32(binary.NativeEndian.Uint32(b[4:])) //nolint:gosec // an int in C
	flags := binary.NativeEndian.Uint32(b[8:])
	if !there {
		delete(t.running, index)
		return false
	}
	was := t.running[index]
	is := flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0
	t.running[index] = is
	if was || !is || flags&unix.IFF_LOOPBACK != 0 {
		return false
	}
	// What is part of a bridge or a bond carries nothing by itself; a container that starts brings such a link.
	return attribute(b[unix.SizeofIfInfomsg:], unix.IFLA_MASTER) == nil
}

// addr takes struct ifaddrmsg: flags 2, scope 3, index 4.
func (t *table) addr(there bool, b []byte) (up bool) {
	attrs := b[unix.SizeofIfAddrmsg:]
	ip := attribute(attrs, unix.IFA_LOCAL) // the own end of a tunnel; else there is only the other attribute
	if ip == nil {
		ip = attribute(attrs, unix.IFA_ADDRESS)
	}
	key := ifAddress{link: int32(binary.NativeEndian.Uint32(b[4:])), ip: string(ip)} //nolint:gosec // an int in C
	if !there {
		delete(t.address, key)
		return false
	}
	flags := uint32(b[2])
	if f := attribute(attrs, unix.IFA_FLAGS); len(f) == 4 {
		flags = binary.NativeEndian.Uint32(f)
	}
	if flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) != 0 {
		return false // it is told again when it can be used
	}
	known := t.address[key]
	t.address[key] = true
	return !known && t.running[key.link] && b[3] < unix.RT_SCOPE_LINK
}

var (
	linkLocal = []byte{0xfe, 0x80}
	multicast = []byte{0xff}
)

// newRoute takes struct rtmsg: family 0, table 4, type 7, flags 8.
func newRoute(b []byte) bool {
	const noUse = unix.RTM_F_CLONED | unix.RTNH_F_DEAD | unix.RTNH_F_LINKDOWN
	if b[4] == unix.RT_TABLE_LOCAL || b[7] != unix.RTN_UNICAST || binary.NativeEndian.Uint32(b[8:])&noUse != 0 {
		return false
	}
	to := attribute(b[unix.SizeofRtMsg:], unix.RTA_DST)
	return b[0] != unix.AF_INET6 || !bytes.HasPrefix(to, linkLocal) && !bytes.HasPrefix(to, multicast)
}

// attributeFlags are NLA_F_NESTED and NLA_F_NET_BYTEORDER (linux/netlink.h).
const attributeFlags = 3 << 14

// attribute is the value of the first attribute of a kind (rtnetlink(7), struct rtattr), nil if there is none.
func attribute(b []byte, kind uint16) []byte {
	for len(b) >= unix.SizeofRtAttr {
		size := int64(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > int64(len(b)) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:])&^attributeFlags == kind {
			return b[unix.SizeofRtAttr:size]
		}
		b = b[min(align(size), int64(len(b))):]
	}
	return nil
}

// align rounds up as NLMSG_ALIGN and RTA_ALIGN do.
func align(n int64) int64 { return (n + 3) &^ 3 }
