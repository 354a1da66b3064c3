package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// This is the only file that uses go-toml's unstable parser, which is outside its promise of compatibility; the tests
// of positions guard it.

// position is a place in the file, both numbers from 1; the column counts bytes.
type position struct{ line, column int }

func (p position) before(q position) bool {
	return p.line < q.line || p.line == q.line && p.column < q.column
}

// document is a parsed TOML file: its values, and where each stands.
type document struct {
	values map[string]any
	// keys and vals are the places of keys and values by path: "scrobble" 0 "start_after", joined by pathSep.
	keys, vals map[string]position
	// For edits: headers are where a [section] begins, dotted where a key names its section itself ("log.level"), ranges
	// the first and last byte of a value.
	headers, dotted map[string]position
	ranges          map[string][2]int
}

const pathSep = "\x00"

func pathOf(parts ...string) string { return strings.Join(parts, pathSep) }

// syntaxError is a file that is no TOML.
type syntaxError struct {
	at       position
	what, do string
}

func (e *syntaxError) Error() string { return e.what + ": " + e.do }

var (
	bom      = []byte("\xef\xbb\xbf") // written by Notepad
	bomUTF16 = [][]byte{{0xff, 0xfe}, {0xfe, 0xff}}
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// parse reads TOML. The error is a *syntaxError.
func parse(data []byte) (document, error) {
	data = bytes.TrimPrefix(data, bom)
	for _, mark := range bomUTF16 {
		if bytes.HasPrefix(data, mark) {
			return document{}, &syntaxError{position{1, 1}, "the file is UTF-16", "save it as UTF-8"}
		}
	}
	if len(data) > maxFile {
		return document{}, &syntaxError{position{1, 1}, "the file is larger than 1 MiB", "is it the right one"}
	}
	if at, ok := badUTF8(data); ok {
		return document{}, &syntaxError{at, "a byte that is not UTF-8", "save the file as UTF-8"}
	}
	doc := document{
		values: map[string]any{}, keys: map[string]position{}, vals: map[string]position{},
		headers: map[string]position{}, dotted: map[string]position{}, ranges: map[string][2]int{},
	}
	if err := toml.Unmarshal(data, &doc.values); err != nil {
		return document{}, explain(err, data)
	}
	doc.locate(data)
	return doc, nil
}

func badUTF8(data []byte) (position, bool) {
	at := position{1, 1}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return at, true
		case r == '\n':
			at = position{at.line + 1, 1}
		default:
			at.column += n
		}
		i += n
	}
	return position{}, false
}

// explain puts go-toml's words into ours.
func explain(err error, data []byte) error {
	de, ok := errors.AsType[*toml.DecodeError](err)
	if !ok {
		return &syntaxError{position{1, 1}, "this is not TOML", strings.TrimPrefix(err.Error(), "toml: ")}
	}
	row, column := de.Position()
	e := &syntaxError{at: position{max(1, row), max(1, column)}}
	text := strings.TrimPrefix(de.Error(), "toml: ")
	name := strings.Join(de.Key(), ".")
	switch {
	case strings.Contains(text, "escape"):
		e.what, e.do = "a backslash in double quotes begins an escape", `use single quotes: 'C:\Users'`
	case strings.Contains(text, "already"):
		e.what, e.do = name+" is set twice", "remove one of them"
	case strings.Contains(text, "strings must be quoted"), strings.HasPrefix(text, "expected keyword"),
		unquoted(data, e.at):
		e.what, e.do = "a value without quotes", `put text and times in quotes: "5s"`
		e.at.column = valueColumn(lineOf(data, e.at.line), e.at.column)
	case strings.Contains(text, "new lines"), strings.Contains(text, "unterminated"):
		e.what, e.do = "a quote is not closed", "close it on the same line"
	case strings.Contains(text, "array is incomplete"):
		e.what, e.do = "a list is not closed", "close it with ]"
	case strings.Contains(text, "expected '='"):
		e.what, e.do = "a key without a value", "write it like key = value"
		line := lineOf(data, e.at.line)
		e.at.column = len(line) - len(strings.TrimLeft(line, " \t")) + 1
	case strings.Contains(text, "to close table name"):
		e.what, e.do = "the name of a section is not closed", "close it with ]"
	default:
		e.what, e.do = "this is not TOML", text
	}
	return e
}

// unquoted reports whether the value at a place begins with a letter or a ~ or / as unquoted text does.
func unquoted(data []byte, at position) bool {
	line := lineOf(data, at.line)
	_, value, ok := strings.Cut(line, "=")
	value = strings.TrimLeft(value, " \t")
	if !ok || value == "" || at.column <= strings.Index(line, "=") {
		return false
	}
	c := value[0]
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '~' || c == '/'
}

// valueColumn is where the value of a line begins: the first one, so a key in an inline table keeps go-toml's column.
func valueColumn(line string, column int) int {
	key, value, ok := strings.Cut(line, "=")
	if !ok || strings.Contains(value, "=") || column <= len(key) {
		return column
	}
	return len(line) - len(strings.TrimLeft(value, " \t")) + 1
}

func lineOf(data []byte, n int) string {
	for i := 1; i < n; i++ {
		_, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return ""
		}
		data = rest
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return string(line)
}

// locate fills keys and vals. The document is valid TOML.
func (d *document) locate(data []byte) {
	l := locator{doc: d, data: data, counts: map[string]int{}}
	for i, c := range data {
		if c == '\n' {
			l.breaks = append(l.breaks, i)
		}
	}
	l.parser.Reset(data)
	var table []string
	for l.parser.NextExpression() {
		node := l.parser.Expression()
		if node.Kind == unstable.KeyValue {
			l.keyValue(node, table)
			continue
		}
		// All else is a table's header, as comments are not kept.
		table = l.enter(node.Key(), node.Kind == unstable.ArrayTable)
	}
}

type locator struct {
	parser unstable.Parser
	doc    *document
	data   []byte
	breaks []int          // offsets of the line breaks
	counts map[string]int // elements so far, by path of an array of tables
}

// enter gives the path of a table header, with the element's number after each array of tables.
func (l *locator) enter(key unstable.Iterator, array bool) []string {
	var path []string
	var at position
	for first := true; key.Next(); first = false {
		node := key.Node()
		if first {
			at = l.start(node.Raw)
		}
		path = append(path, string(node.Data))
		l.note(path, at)
		if n := l.counts[pathOf(path...)]; n > 0 && !key.IsLast() {
			path = append(path, strconv.Itoa(n-1))
		}
	}
	whole := pathOf(path...)
	if !array {
		l.doc.headers[whole] = at
	}
	switch n := l.counts[whole]; {
	case array:
		l.counts[whole] = n + 1
		path = append(path, strconv.Itoa(n))
		l.note(path, at)
	case n > 0:
		path = append(path, strconv.Itoa(n-1))
	}
	return slices.Clone(path)
}

// note remembers where a key is first spoken of.
func (l *locator) note(path []string, at position) {
	p := pathOf(path...)
	if _, ok := l.doc.keys[p]; !ok {
		l.doc.keys[p], l.doc.vals[p] = at, at
	}
}

func (l *locator) keyValue(node *unstable.Node, table []string) {
	path := slices.Clone(table)
	var at position
	var end uint32
	for key, first := node.Key(), true; key.Next(); first = false {
		if first {
			at = l.start(key.Node().Raw)
		}
		if !first {
			l.doc.dotted[pathOf(path...)] = at
		}
		path = append(path, string(key.Node().Data))
		l.note(path, at)
		end = key.Node().Raw.Offset + key.Node().Raw.Length
	}
	start := l.valueStart(node.Value(), end)
	l.doc.vals[pathOf(path...)] = l.offset(start)
	l.doc.ranges[pathOf(path...)] = [2]int{start, int(node.Raw.Offset + node.Raw.Length)}
	l.inside(node.Value(), path)
}

// valueStart is where a value begins. The parser gives no range for lists, so the text after the key is looked at.
func (l *locator) valueStart(value *unstable.Node, keyEnd uint32) int {
	if value.Raw.Length > 0 {
		return int(value.Raw.Offset)
	}
	i := int(keyEnd)
	for i < len(l.data) && strings.IndexByte(" \t=", l.data[i]) >= 0 {
		i++
	}
	return i
}

func (l *locator) inside(value *unstable.Node, path []string) {
	if value.Kind == unstable.InlineTable {
		for it := value.Children(); it.Next(); {
			l.keyValue(it.Node(), path)
		}
	}
	if value.Kind != unstable.Array {
		return
	}
	i := 0
	for it := value.Children(); it.Next(); i++ {
		element := append(slices.Clone(path), strconv.Itoa(i))
		at := l.doc.vals[pathOf(path...)] // a list in a list has no range
		if it.Node().Raw.Length > 0 {
			at = l.start(it.Node().Raw)
		}
		l.note(element, at)
		l.inside(it.Node(), element)
	}
}

func (l *locator) start(r unstable.Range) position { return l.offset(int(r.Offset)) }

// offset gives the place of a byte. Shape of the parser would start at the top of the file for each call.
func (l *locator) offset(i int) position {
	line, _ := slices.BinarySearch(l.breaks, i)
	start := 0
	if line > 0 {
		start = l.breaks[line-1] + 1
	}
	return position{line + 1, i - start + 1}
}

// key and val give the places of a path, and of the nearest table around it where it has none.
func (d *document) key(path []string) position { return nearestPlace(d.keys, path) }
func (d *document) val(path []string) position { return nearestPlace(d.vals, path) }

func nearestPlace(places map[string]position, path []string) position {
	for n := len(path); n > 0; n-- {
		if at, ok := places[pathOf(path[:n]...)]; ok {
			return at
		}
	}
	return position{1, 1}
}

func (p position) String() string { return fmt.Sprintf("%d:%d", p.line, p.column) }
