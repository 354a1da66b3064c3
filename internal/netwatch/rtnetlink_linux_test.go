package netwatch_test

import (
	"encoding/binary"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/simkld/simkld/internal/netwatch"
)

// message builds one message of rtnetlink: the header, a body, attributes.
func message(kind uint16, body []byte, attrs ...[]byte) []byte {
	for _, a := range attrs {
		body = append(body, a...)
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, make([]byte, unix.SizeofNlMsghdr-len(b))...)
	return append(b, body...)
}

func attr(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, -len(b)&3)...)
}

func link(kind uint16, index byte, flags uint32, attrs ...[]byte) []byte {
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	binary.NativeEndian.PutUint32(body[8:], flags)
	return message(kind, body, attrs...)
}

func addr(kind uint16, index, flags, scope byte, attrs ...[]byte) []byte {
	body := make([]byte, unix.SizeofIfAddrmsg)
	body[0], body[2], body[3] = unix.AF_INET6, flags, scope
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	return message(kind, body, attrs...)
}

func route(family, table, kind byte, flags uint32, attrs ...[]byte) []byte {
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[4], body[7] = family, table, kind
	binary.NativeEndian.PutUint32(body[8:], flags)
	return message(unix.RTM_NEWROUTE, body, attrs...)
}

const running = unix.IFF_UP | unix.IFF_RUNNING

func TestOnlyWhatTrafficCanUseCountsAsCome(t *testing.T) {
	t.Parallel()
	global := attr(unix.IFA_ADDRESS, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	tentative := attr(unix.IFA_FLAGS, binary.NativeEndian.AppendUint32(nil, unix.IFA_F_TENTATIVE|unix.IFA_F_NOPREFIXROUTE)...)
	for _, c := range []struct {
		name   string
		before [][]byte
		msg    []byte
		want   bool
	}{
		{"a link begins to work", [][]byte{link(unix.RTM_NEWLINK, 2, unix.IFF_UP)}, link(unix.RTM_NEWLINK, 2, running), true},
		{"a link appears and works", nil, link(unix.RTM_NEWLINK, 2, running), true},
		{"a link that works changes", [][]byte{link(unix.RTM_NEWLINK, 2, running)}, link(unix.RTM_NEWLINK, 2, running), false},
		{"a link without a cable", nil, link(unix.RTM_NEWLINK, 2, unix.IFF_UP), false},
		{"a cable in a link that is off", nil, link(unix.RTM_NEWLINK, 2, unix.IFF_RUNNING), false},
		{"the loopback", nil, link(unix.RTM_NEWLINK, 1, running|unix.IFF_LOOPBACK), false},
		{"a port of a bridge", nil, link(unix.RTM_NEWLINK, 2, running, attr(unix.IFLA_MASTER, 9, 0, 0, 0)), false},
		{"a link that is gone comes again", [][]byte{
			link(unix.RTM_NEWLINK, 2, running), link(unix.RTM_DELLINK, 2, 0),
		}, link(unix.RTM_NEWLINK, 2, running), true},
		{"an address", [][]byte{link(unix.RTM_NEWLINK, 2, running)}, addr(unix.RTM_NEWADDR, 2, 0, 0, global), true},
		{"an address of a link without a cable", nil, addr(unix.RTM_NEWADDR, 2, 0, 0, global), false},
		{
			"an address that is renewed",
			[][]byte{link(unix.RTM_NEWLINK, 2, running), addr(unix.RTM_NEWADDR, 2, 0, 0, global)},
			addr(unix.RTM_NEWADDR, 2, 0, 0, global), false,
		},
		{
			"an address that others may have",
			[][]byte{link(unix.RTM_NEWLINK, 2, running)},
			addr(unix.RTM_NEWADDR, 2, 0, 0, global, tentative), false,
		},
		{"an address that nobody else has", [][]byte{
			link(unix.RTM_NEWLINK, 2, running), addr(unix.RTM_NEWADDR, 2, unix.IFA_F_TENTATIVE, 0, global),
		}, addr(unix.RTM_NEWADDR, 2, unix.IFA_F_PERMANENT, 0, global), true},
		{"an address that went and comes", [][]byte{
			link(unix.RTM_NEWLINK, 2, running), addr(unix.RTM_NEWADDR, 2, 0, 0, global), addr(unix.RTM_DELADDR, 2, 0, 0, global),
		}, addr(unix.RTM_NEWADDR, 2, 0, 0, global), true},
		{
			"an address of the link alone",
			[][]byte{link(unix.RTM_NEWLINK, 2, running)},
			addr(unix.RTM_NEWADDR, 2, 0, unix.RT_SCOPE_LINK, global), false,
		},
		{"a default route", nil, route(unix.AF_INET, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0), true},
		{"a route over a link without a cable", nil, route(unix.AF_INET, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, unix.RTNH_F_LINKDOWN), false},
		{"a route that forbids", nil, route(unix.AF_INET, unix.RT_TABLE_MAIN, unix.RTN_UNREACHABLE, 0), false},
		{"a route to this machine", nil, route(unix.AF_INET, unix.RT_TABLE_LOCAL, unix.RTN_LOCAL, 0), false},
		{
			"an IPv6 route to the link alone", nil,
			route(unix.AF_INET6, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0, attr(unix.RTA_DST, 0xfe, 0x80, 0, 0)), false,
		},
	} {
		table := netwatch.NewTable()
		for _, b := range c.before {
			table.Apply(b)
		}
		if got := table.Apply(c.msg); got != c.want {
			t.Errorf("%s: come is %v", c.name, got)
		}
	}
}

func FuzzMessagesOfTheKernel(f *testing.F) {
	for _, what := range []int{unix.RTM_GETLINK, unix.RTM_GETADDR, unix.RTM_GETROUTE} {
		b, err := syscall.NetlinkRIB(what, unix.AF_UNSPEC)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(append(link(unix.RTM_NEWLINK, 2, running), addr(unix.RTM_NEWADDR, 2, 0, 0, attr(unix.IFA_LOCAL, 192, 0, 2, 1))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		table := netwatch.NewTable()
		table.Apply(b)
		if n := table.Size(); n*unix.SizeofNlMsghdr > len(b) {
			t.Errorf("%d links and addresses from %d bytes", n, len(b))
		}
	})
}
