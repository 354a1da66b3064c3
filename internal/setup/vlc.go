package setup

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/fault"
)

const (
	vlcName   = "vlc"
	vlcrcName = "vlcrc"

	interfaceKey = "extraintf"
	hostKey      = "http-host"
	portKey      = "http-port"
	passwordKey  = "http-password"

	httpInterface = "http"
)

// vlcKeys are the settings that are changed, with the section in which VLC writes each.
var vlcKeys = []struct{ key, section string }{
	{interfaceKey, "core"}, {hostKey, "core"}, {portKey, "core"}, {passwordKey, "lua"},
}

// VLC switches on the HTTP interface in each vlcrc: on this machine only, with a random password.
func VLC(s Surroundings) *Player {
	p := &Player{
		name: vlcName, around: s, targets: s.vlcrcs(), takeBack: takeVLCBack,
		leftover: func(file) (ours, edited bool) { return false, false }, // what is in a vlcrc may be the user's own
	}
	given := map[int]bool{} // ports that another of these files has: two VLC can run at once
	p.begin = func() {
		clear(given)
		for _, path := range p.targets {
			if now, err := read(path); err == nil {
				if port, set := parseVLCRC(now.data).port(); set {
					given[port] = true
				}
			}
		}
	}
	p.change = func(_ string, now file) (file, []string, string, error) { return switchOn(now, given) }
	p.notes = func() []string {
		if _, known := runningVLC(); !known {
			return []string{"VLC must be closed while this is done: it writes its settings when it ends."}
		}
		return nil
	}
	return p
}

// Ready refuses to change what a running VLC would write over when it ends.
func (p *Player) Ready(plan Plan) error {
	if p.name != vlcName || !plan.Changes() {
		return nil
	}
	pids, _ := runningVLC()
	if len(pids) == 0 {
		return nil
	}
	return fault.New(fault.Failed, fmt.Sprintf("VLC runs (pid %d) and writes its settings over these when it ends", pids[0]),
		"close VLC, then run this again")
}

func switchOn(now file, given map[int]bool) (file, []string, string, error) {
	r := parseVLCRC(now.data)
	extra, _ := r.get(interfaceKey)
	main, _ := r.get("intf")
	password, _ := r.get(passwordKey)
	on := hasHTTP(extra) || hasHTTP(main)
	if on && password != "" {
		return now, nil, "the HTTP interface is on already", nil
	}
	if !on {
		r.set("core", interfaceKey, strings.TrimPrefix(extra+":"+httpInterface, ":"))
	}
	if host, set := r.get(hostKey); !set || !isLoopback(host) {
		r.set("core", hostKey, "127.0.0.1")
	}
	port, set := r.port()
	text := ""
	if !set {
		var err error
		if port, err = freePort(given); err != nil {
			return now, nil, "", err
		}
		r.set("core", portKey, strconv.Itoa(port))
	} else if taken(port) {
		text = "; another program has that port now, and VLC is not seen while it does"
	}
	given[port] = true
	if password == "" {
		r.set("lua", passwordKey, newPassword())
	}
	want := file{exists: true, data: r.bytes(), mode: 0o600}
	if now.exists {
		want.mode = private(now.mode)
	}
	return want, r.diff, fmt.Sprintf("the HTTP interface on 127.0.0.1:%d, with a password%s", port, text), nil
}

// port is the port that is set.
func (r *vlcrc) port() (int, bool) {
	value, _ := r.get(portKey)
	port, err := strconv.Atoi(value)
	return port, err == nil && port > 0 && port < 1<<16
}

// hasHTTP reports whether the HTTP interface is in a list of interfaces.
func hasHTTP(list string) bool { return slices.Contains(strings.Split(list, ":"), httpInterface) }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newPassword has 120 random bits.
func newPassword() string { return rand.Text()[:24] }

// defaultPort is VLC's.
const defaultPort = 8080

// freePort is VLC's own port, or one near it that nobody has.
func freePort(given map[int]bool) (int, error) {
	for port := defaultPort; port < defaultPort+100; port++ {
		if !given[port] && !taken(port) {
			return port, nil
		}
	}
	return 0, &refusal{"no port between 8080 and 8179 is free", "end a program that has one, then run this again"}
}

// taken reports whether a program listens on a port of this machine.
func taken(port int) bool {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
		c.Close()
		return true
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return true
	}
	return l.Close() != nil
}

// takeVLCBack sets what still has our value to what it was. VLC has written the file anew since, or the user has.
func takeVLCBack(now, before, wrote file) (file, []string, error) {
	r, was, ours := parseVLCRC(now.data), parseVLCRC(before.data), parseVLCRC(wrote.data)
	for _, k := range vlcKeys {
		oldValue, hadOld := was.get(k.key)
		ourValue, _ := ours.get(k.key)
		value, set := r.get(k.key)
		if !set || ourValue == oldValue {
			continue
		}
		back, want := oldValue, hadOld
		if k.key == interfaceKey { // others may have come to the list
			back = withoutHTTP(value)
			want = back != "" || hadOld && oldValue == ""
		} else if value != ourValue {
			continue
		}
		switch {
		case back == value:
		case want:
			r.set(k.section, k.key, back)
		default:
			r.unset(k.key, was)
		}
	}
	if now.same(wrote) {
		return before, r.diff, nil
	}
	back := file{exists: true, data: r.bytes(), mode: now.mode}
	if before.exists {
		back.mode = before.mode
	}
	return back, r.diff, nil
}

func withoutHTTP(list string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(list, ":"), func(s string) bool { return s == httpInterface }), ":")
}
