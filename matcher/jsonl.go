package matcher

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/simkld/simkld/internal/media"
)

// ServeJSONL answers each line of r ({"id", "path"}, and "siblings" where there are some) with one line on w, until r
// ends: `simkld match --jsonl`. A line that cannot be read is answered with an "error" and, where it has one, its id.
// Lines may be of any number and length; an answer is flushed as soon as no further line is waiting.
func ServeJSONL(r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<16)
	out := bufio.NewWriterSize(w, 1<<16)
	var text, room []byte
	for {
		var err error
		text, err = readLine(in, text[:0])
		if !blank(text) {
			room = append(appendAnswer(room[:0], text), '\n')
			if _, err := out.Write(room); err != nil {
				return fmt.Errorf("write answers: %w", err)
			}
		}
		if in.Buffered() == 0 || err != nil {
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write answers: %w", err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read lines: %w", err)
		}
	}
}

// readLine appends the next line to room, which is used again for each.
func readLine(in *bufio.Reader, room []byte) ([]byte, error) {
	for {
		piece, err := in.ReadSlice('\n')
		room = append(room, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return room, err
		}
	}
}

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// JSONLine answers one line of the contract.
func JSONLine(line []byte) []byte { return appendAnswer(nil, line) }

func appendAnswer(b, line []byte) []byte {
	q, err := parseRequest(line)
	if err != nil {
		b = append(b, '{')
		if q.id != nil {
			b = append(append(append(b, `"id":`...), q.id...), ',')
		}
		return append(appendString(append(b, `"error":`...), err.Error()), '}')
	}
	m := Match(Input{Path: q.path, Siblings: q.siblings})
	return appendMatch(b, q.id, &m)
}

// request is one line. Other keys are ignored.
type request struct {
	id       []byte // as it came: a string or a number
	path     string // raw: bytes that are no UTF-8 stay as they are, which encoding/json would not do
	siblings []string
}

var errNotObject = errors.New("the line is no JSON object")

// parseRequest reads one line. The id is given with an error too, where it was seen before it.
func parseRequest(line []byte) (q request, err error) {
	s := scanner{b: line}
	valid := json.Valid(line)
	if !s.eat('{') {
		return q, errNotObject
	}
	hasPath := false
	for !s.eat('}') {
		key, ok := s.text()
		if !ok || !s.eat(':') {
			return q, errNotObject
		}
		switch key {
		case "id":
			start, quoted := s.i, s.peek() == '"'
			if !s.skip() {
				return q, errNotObject
			}
			if id := line[start:s.i]; quoted && json.Valid(id) || !quoted && json.Valid(id) && id[0] != '{' && id[0] != '[' {
				q.id = bytes.ToValidUTF8(id, []byte("\ufffd"))
			}
		case "path":
			if q.path, hasPath = s.text(); !hasPath {
				return q, errors.New(`"path" is no string`)
			}
		case "siblings":
			if q.siblings, ok = s.texts(); !ok {
				return q, errors.New(`"siblings" is no list of strings`)
			}
		default:
			if !s.skip() {
				return q, errNotObject
			}
		}
		if !s.eat(',') && s.peek() != '}' {
			return q, errNotObject
		}
	}
	if !valid {
		return q, errNotObject
	}
	if !hasPath {
		return q, errors.New(`there is no "path"`)
	}
	return q, nil
}

// appendMatch appends an answer of the contract. A film's part is a field of its own there.
func appendMatch(b, id []byte, m *media.Match) []byte {
	title, part := m.Title, m.Part
	if m.Kind == media.KindMovie {
		if t, p := withoutPart(title); p > 0 {
			title, part = t, p
		}
	}
	b = append(b, '{')
	if id != nil {
		b = append(append(append(b, `"id":`...), id...), ',')
	}
	b = append(append(append(b, `"kind":"`...), m.Kind...), '"')
	text := func(key, value string) {
		if value != "" {
			b = append(append(append(b, `,"`...), key...), `":`...)
			b = appendString(b, value)
		}
	}
	number := func(key string, n int) {
		b = strconv.AppendInt(append(append(append(b, `,"`...), key...), `":`...), int64(n), 10)
	}
	text("title", title)
	if m.Year > 0 {
		number("year", m.Year)
	}
	if m.Season != nil {
		number("season", *m.Season)
	}
	b = appendNumbers(b, `,"episodes":[`, m.Episodes)
	b = appendNumbers(b, `,"absolute":[`, m.Absolute)
	text("date", m.Date)
	if !m.IDs.IsZero() {
		ids, err := json.Marshal(m.IDs)
		if err == nil {
			b = append(append(b, `,"ids":`...), ids...)
		}
	}
	text("country", m.Country)
	text("edition", m.Edition)
	if part > 0 {
		number("part", part)
	}
	b = strconv.AppendFloat(append(b, `,"confidence":`...), m.Confidence, 'f', 2, 64)
	return append(b, '}')
}

func appendNumbers(b []byte, key string, nums []media.Number) []byte {
	if len(nums) == 0 {
		return b
	}
	b = append(b, key...)
	for i, n := range nums {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(n), 'f', -1, 64)
	}
	return append(b, ']')
}
