package mpris_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// minibus is a message bus within a test: it lets a test say anything in the name of anybody, at any time, also inside
// a synctest bubble.
type minibus struct {
	mu      sync.Mutex // guards what follows
	names   map[string]string
	pids    map[string]uint32
	players map[string]*model
	conn    net.Conn
	serial  uint32
	calls   []string
}

// model is what a player would answer.
type model struct {
	props    map[string]dbus.Variant
	identity string
	position time.Duration
	since    time.Time
	rate     float64 // 0 while it stands still
	hung     bool
	single   bool // it knows no GetAll
}

func newMinibus() *minibus {
	return &minibus{names: map[string]string{}, pids: map[string]uint32{}, players: map[string]*model{}}
}

// dial gives the client's end. The server's goroutine ends when either end is closed.
func (b *minibus) dial(ctx context.Context) (*dbus.Conn, error) {
	client, server := net.Pipe()
	b.mu.Lock()
	b.conn = server
	b.mu.Unlock()
	go b.serve(server)
	conn, err := dbus.NewConn(client, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, err
	}
	if err := conn.Auth(nil); err != nil {
		return nil, err
	}
	return conn, conn.Hello()
}

func (b *minibus) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch line = strings.TrimLeft(line, "\x00"); {
		case line == "AUTH\r\n":
			c.Write([]byte("REJECTED EXTERNAL\r\n"))
			continue
		case strings.HasPrefix(line, "AUTH"):
			c.Write([]byte("OK 1234567890abcdef1234567890abcdef\r\n"))
			continue
		}
		break // BEGIN
	}
	for {
		msg, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		if msg.Type == dbus.TypeMethodCall {
			b.answer(msg)
		}
	}
}

func header(msg *dbus.Message, field dbus.HeaderField) string {
	switch v := msg.Headers[field].Value().(type) {
	case string:
		return v
	case dbus.ObjectPath:
		return string(v)
	}
	return ""
}

func (b *minibus) answer(msg *dbus.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	to, member := header(msg, dbus.FieldDestination), header(msg, dbus.FieldMember)
	b.calls = append(b.calls, to+" "+member)
	sender := "org.freedesktop.DBus"
	var body []any
	var failure string
	switch p := b.players[to]; {
	case to == sender:
		body, failure = b.own(member, msg.Body)
	case p == nil:
		failure = "org.freedesktop.DBus.Error.NameHasNoOwner"
	case p.hung:
		return
	default:
		sender = to
		body, failure = p.properties(member, msg.Body)
	}
	reply := &dbus.Message{Type: dbus.TypeMethodReply, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(msg.Serial()),
		dbus.FieldSender:      dbus.MakeVariant(sender),
		dbus.FieldDestination: dbus.MakeVariant(":1.1"),
	}}
	if failure != "" {
		reply.Type = dbus.TypeError
		reply.Headers[dbus.FieldErrorName] = dbus.MakeVariant(failure)
		reply.Body = []any{"no"}
	}
	b.write(reply)
}

func (b *minibus) own(member string, args []any) (body []any, failure string) {
	name := ""
	if len(args) > 0 {
		name, _ = args[0].(string)
	}
	switch member {
	case "Hello":
		return []any{":1.1"}, ""
	case "ListNames":
		out := []string{"org.freedesktop.DBus", ":1.1"}
		for name := range b.names {
			out = append(out, name)
		}
		slices.Sort(out)
		return []any{out}, ""
	case "GetNameOwner":
		if owner, ok := b.names[name]; ok {
			return []any{owner}, ""
		}
		return nil, "org.freedesktop.DBus.Error.NameHasNoOwner"
	case "GetConnectionUnixProcessID":
		if pid, ok := b.pids[name]; ok {
			return []any{pid}, ""
		}
		return nil, "org.freedesktop.DBus.Error.UnixProcessIdUnknown"
	}
	return nil, ""
}

func (m *model) properties(member string, args []any) (body []any, failure string) {
	if iface, _ := args[0].(string); iface == "org.mpris.MediaPlayer2" {
		if m.identity == "" {
			return nil, "org.freedesktop.DBus.Error.UnknownInterface"
		}
		return []any{map[string]dbus.Variant{"Identity": dbus.MakeVariant(m.identity)}}, ""
	}
	all := map[string]dbus.Variant{"Position": dbus.MakeVariant(m.now().Microseconds())}
	maps.Copy(all, m.props)
	if member == "GetAll" {
		if m.single {
			return nil, "org.freedesktop.DBus.Error.UnknownMethod"
		}
		return []any{all}, ""
	}
	name, _ := args[1].(string)
	v, ok := all[name]
	if !ok {
		return nil, "org.freedesktop.DBus.Error.InvalidArgs"
	}
	return []any{v}, ""
}

func (m *model) now() time.Duration {
	return m.position + time.Duration(float64(time.Since(m.since))*m.rate)
}

func (m *model) move(to time.Duration, rate float64) {
	m.position, m.since, m.rate = to, time.Now(), rate
}

// write sends a message. The caller holds mu.
func (b *minibus) write(msg *dbus.Message) {
	if len(msg.Body) > 0 {
		msg.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(msg.Body...))
	}
	var buf bytes.Buffer
	if err := msg.EncodeTo(&buf, binary.LittleEndian); err != nil {
		panic(err)
	}
	b.serial++
	raw := buf.Bytes()
	binary.LittleEndian.PutUint32(raw[8:12], b.serial)
	b.conn.Write(raw)
}

// signal sends a signal in the name of sender.
func (b *minibus) signal(sender, path, iface, member string, body ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write(&dbus.Message{Type: dbus.TypeSignal, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath:      dbus.MakeVariant(dbus.ObjectPath(path)),
		dbus.FieldInterface: dbus.MakeVariant(iface),
		dbus.FieldMember:    dbus.MakeVariant(member),
		dbus.FieldSender:    dbus.MakeVariant(sender),
	}})
}

// own gives a name to a player, or takes it away.
func (b *minibus) owner(name, before, after string) {
	b.mu.Lock()
	delete(b.names, name)
	if after != "" {
		b.names[name] = after
		if b.players[after] == nil {
			b.players[after] = &model{props: map[string]dbus.Variant{}, identity: "A player"}
		}
	} else {
		delete(b.players, before)
	}
	b.mu.Unlock()
	b.signal("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", name, before, after)
}

// change sets properties and tells of it.
func (b *minibus) change(unique string, props map[string]dbus.Variant) {
	b.mu.Lock()
	maps.Copy(b.players[unique].props, props)
	b.mu.Unlock()
	b.signal(unique, "/org/mpris/MediaPlayer2", "org.freedesktop.DBus.Properties", "PropertiesChanged",
		"org.mpris.MediaPlayer2.Player", props, []string{})
}

func (b *minibus) seeked(unique string, to time.Duration) {
	b.signal(unique, "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player", "Seeked", to.Microseconds())
}

// with does something to a player's model.
func (b *minibus) with(unique string, do func(*model)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do(b.players[unique])
}

// asked is how often a method of somebody was called.
func (b *minibus) asked(call string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, c := range b.calls {
		if c == call {
			n++
		}
	}
	return n
}

// total is how many calls there were.
func (b *minibus) total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.calls)
}

// hangUp ends the connection as a bus does that dies.
func (b *minibus) hangUp(t testing.TB) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.conn.Close(); err != nil {
		t.Fatal(err)
	}
}
