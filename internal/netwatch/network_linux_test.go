package netwatch_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/netwatch"
)

// island is a watcher in a network of its own, A. vA is its end of a cable, vB the other, in the network B.
type island struct {
	t      testing.TB
	pid    int
	events chan netwatch.Event
}

// maroon starts a watcher in new namespaces; nothing outside of them changes, and they end with it.
func maroon(t testing.TB) *island {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "unshare", "-rnm", "true").CombinedOutput(); err != nil {
		t.Skipf("the kernel forbids namespaces: %s", out)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "unshare", "-rnm", os.Args[0]) // ends with its input
	cmd.Env = append(os.Environ(), asWatcher+"=unix:path=/nowhere")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	i := &island{t: t, pid: cmd.Process.Pid, events: make(chan netwatch.Event, 100)}
	read := make(chan struct{})
	go func() { // ends with the child
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			i.events <- netwatch.Event(s.Text())
		}
	}()
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the watcher ended with %v", err)
		}
	})
	i.listening()
	i.do("mount", "-t", "tmpfs", "tmpfs", "/run") // where the names of networks are
	i.ip("netns add B")
	i.ip("link set lo up")
	i.ip("link add vA type veth peer name vB netns B")
	i.ip("addr add 192.0.2.1/24 dev vA")
	i.ip("link set vA up")
	return i
}

// listening returns once the watcher has its socket: it is in the list of the kernel, with its groups.
func (i *island) listening() {
	i.t.Helper()
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		i.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		own, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(i.pid), "ns", "net"))
		if err != nil || own == ours {
			continue // still in our network, where others may listen
		}
		list, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(i.pid), "net", "netlink"))
		if err == nil && strings.Contains(string(list), "00000551") {
			return
		}
	}
	i.t.Fatal("the watcher does not listen")
}

// ip runs the command of iproute2 in A.
func (i *island) ip(args string) {
	i.t.Helper()
	i.do("ip", strings.Fields(args)...)
}

func (i *island) do(name string, args ...string) {
	i.t.Helper()
	argv := append([]string{"--preserve-credentials", "-U", "-n", "-m", "-t", strconv.Itoa(i.pid), name}, args...)
	if out, err := exec.CommandContext(i.t.Context(), "nsenter", argv...).CombinedOutput(); err != nil {
		i.t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// comes waits for the network to be told as up, and says how long that took.
func (i *island) comes(what string) time.Duration {
	i.t.Helper()
	began := time.Now()
	select {
	case e := <-i.events:
		if e != netwatch.NetworkUp {
			i.t.Fatalf("%s: told %q", what, e)
		}
	case <-time.After(10 * time.Second):
		i.t.Fatalf("%s: nothing was told", what)
	}
	return time.Since(began)
}

// pause is longer than the second and third change of a minute wait before they are told (0.6 s and 1.2 s).
const pause = 1500 * time.Millisecond

// quiet returns when nothing more is told of what was done.
func (i *island) quiet() {
	for {
		select {
		case <-i.events:
		case <-time.After(pause):
			return
		}
	}
}

func (i *island) silent(what string, steps ...string) {
	i.t.Helper()
	for _, s := range steps {
		i.ip(s)
	}
	select {
	case e := <-i.events:
		i.t.Errorf("%s: told %q", what, e)
	case <-time.After(pause):
	}
}

func TestCableThatComesBackIsToldAndOneThatGoesIsNot(t *testing.T) {
	t.Parallel()
	i := maroon(t)
	i.silent("a link without a cable")
	i.ip("-n B link set vB up")
	took := i.comes("cable in")
	t.Logf("told %v after the cable was in", took)
	if took > 2*time.Second {
		t.Errorf("told after %v, want 0.3 s", took)
	}
	i.silent("cable out", "-n B link set vB down")
	i.ip("-n B link set vB up")
	i.comes("cable in again")
}

func TestRouteAndAddressThatComeAreToldAndWhatGoesIsNot(t *testing.T) {
	t.Parallel()
	i := maroon(t)
	i.ip("-n B link set vB up")
	i.comes("the network")
	i.ip("route add default via 192.0.2.2")
	i.comes("a default route")
	i.silent("route gone", "route del default")
	i.ip("addr add 198.51.100.1/24 dev vA")
	i.comes("an address")
}

func TestRenewedLeaseAndLinksOfContainersAreNotTold(t *testing.T) {
	t.Parallel()
	i := maroon(t)
	i.ip("-n B link set vB up")
	i.ip("link add br0 type bridge")
	i.ip("link set br0 up")
	i.ip("link add c0 type veth peer name c0in netns B")
	i.ip("link set c0 master br0")
	i.ip("-n B link set c0in up")
	i.ip("link set c0 up")
	i.comes("the network")
	i.quiet()
	i.silent("a renewed lease", "addr change 192.0.2.1/24 dev vA valid_lft 1000 preferred_lft 1000")
	i.silent("a link that was up", "link set vA mtu 1400", "link set vA alias cable")
	i.silent("a container", "link add c1 type veth peer name c1in netns B", "link set c1 master br0",
		"-n B link set c1in up", "link set c1 up")
	i.silent("a container that ends", "link del c1")
	i.silent("a neighbour", "neigh add 192.0.2.9 lladdr 02:00:00:00:00:01 dev vA")
	i.ip("addr add 192.0.2.7/24 dev vA")
	i.comes("an address, after all this")
}

func TestIdleWatcherIsNeverWokenUp(t *testing.T) {
	t.Parallel()
	i := maroon(t)
	i.ip("-n B link set vB up")
	i.comes("the network")
	i.quiet()
	const tries = 5 // the garbage collector and the look for a bus (once in minutes) may fall into one
	var woken int
	for range tries {
		before := i.wakeUps()
		time.Sleep(2 * time.Second)
		if woken = i.wakeUps() - before; woken == 0 {
			return
		}
	}
	t.Errorf("woken up %d times in 2 s", woken)
}

// wakeUps sums the voluntary context switches of all threads.
func (i *island) wakeUps() (sum int) {
	i.t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", i.pid))
	if err != nil || len(files) == 0 {
		i.t.Fatal("no threads", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			i.t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(b), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(after, "\n")
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			i.t.Fatal(err)
		}
		sum += n
	}
	return sum
}
