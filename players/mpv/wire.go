package mpv

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine bounds one line. A playlist of tens of thousands of entries is some MiB; what is longer is skipped.
const maxLine = 16 << 20

// lines reads lines of bounded length. A read that is interrupted by a deadline loses nothing.
type lines struct {
	r    *bufio.Reader
	held []byte // the part of a line that did not fit into r, or came before a deadline
	skip bool   // the rest of the line is thrown away
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 4096)} }

// next gives the next line without its end. The bytes are valid until the next call.
func (l *lines) next() ([]byte, error) {
	for {
		part, err := l.r.ReadSlice('\n')
		switch {
		case err == nil && l.skip:
			l.skip = false
			continue
		case err == nil && len(l.held) == 0:
			return bytes.TrimRight(part, "\r\n"), nil
		case err == nil && len(l.held)+len(part) <= maxLine:
			l.held = append(l.held, part...)
			line := l.held
			l.held = line[:0]
			if cap(line) > 1<<16 { // one huge line must not be paid for as long as the player runs
				l.held = nil
			}
			return bytes.TrimRight(line, "\r\n"), nil
		case err == nil: // too long by its last part
			l.held = nil
			continue
		}
		if !l.skip {
			l.held = append(l.held, part...)
			if len(l.held) > maxLine {
				l.held, l.skip = nil, true
			}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// message is a line of mpv: a reply (RequestID set) or an event. Data stays raw, because encoding/json replaces the
// bytes of a file name that is not UTF-8.
type message struct {
	Event     string          `json:"event"`
	ID        int64           `json:"id"`
	Data      json.RawMessage `json:"data"`
	Reason    string          `json:"reason"`
	Entry     int64           `json:"playlist_entry_id"`
	RequestID *int64          `json:"request_id"`
	Error     string          `json:"error"`
	Args      json.RawMessage `json:"args"`
}

// parse reads one line; false for anything that is not a message.
func parse(line []byte) (message, bool) {
	var m message
	if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &m) != nil {
		return message{}, false
	}
	if m.Event == "" && m.RequestID == nil {
		return message{}, false
	}
	if bytes.Equal(m.Data, []byte("null")) {
		m.Data = nil
	}
	return m, true
}

// appendCommand adds one request line to b.
func appendCommand(b []byte, id int64, command string, args ...any) []byte {
	b = append(b, `{"command":["`...)
	b = append(b, command...)
	b = append(b, '"')
	for _, arg := range args {
		b = append(b, ',')
		switch v := arg.(type) {
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case string: // names of properties: nothing to escape
			b = append(b, '"')
			b = append(b, v...)
			b = append(b, '"')
		}
	}
	b = append(b, `],"request_id":`...)
	b = strconv.AppendInt(b, id, 10)
	return append(b, '}', '\n')
}

func appendNumber(b []byte, before string, n int64) []byte {
	return strconv.AppendInt(append(b, before...), n, 10)
}

// flag reads a boolean; nil when the property is unavailable or something else.
func flag(data json.RawMessage) *bool {
	var v bool
	if len(data) == 0 || json.Unmarshal(data, &v) != nil {
		return nil
	}
	return &v
}

// number reads a number; false when the property is unavailable or something else.
func number(data json.RawMessage) (float64, bool) {
	if len(data) == 0 || data[0] == '"' {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// longest bounds times, so that no sum of two overflows. Nothing that is watched lasts a hundred years.
const longest = 100 * 365 * 24 * time.Hour

// seconds turns mpv's seconds into a duration between 0 and longest; mpv tells small negative positions at a start.
func seconds(s float64) time.Duration {
	switch {
	case !(s > 0):
		return 0
	case s >= longest.Seconds():
		return longest
	}
	return time.Duration(s * float64(time.Second))
}

// text reads a JSON string byte by byte and keeps bytes that are not UTF-8; false when it is not a string.
func text(data json.RawMessage) (string, bool) {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return "", false
	}
	in := data[1 : len(data)-1]
	if bytes.IndexByte(in, '\\') < 0 {
		return string(in), true
	}
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' {
			out = append(out, in[i])
			continue
		}
		i++
		if i == len(in) {
			return "", false
		}
		switch in[i] {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			r, n := escaped(in[i-1:])
			if n == 0 {
				return "", false
			}
			out = utf8.AppendRune(out, r)
			i += n - 2
		default: // quote, backslash, slash
			out = append(out, in[i])
		}
	}
	return string(out), true
}

// escaped reads \uXXXX, or two of them that make one rune, and gives the number of bytes read; 0 when it is none.
func escaped(in []byte) (rune, int) {
	first, ok := hex4(in)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(first) {
		if second, ok := hex4(in[6:]); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, 12
			}
		}
		return utf8.RuneError, 6
	}
	return first, 6
}

func hex4(in []byte) (rune, bool) {
	if len(in) < 6 || in[0] != '\\' || in[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(in[2:6]), 16, 16)
	return rune(v), err == nil
}
