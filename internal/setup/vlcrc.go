package setup

import (
	"bytes"
	"slices"
	"strings"
)

// vlcrc is VLC's settings, as lines with their ends, so that every byte that is not changed stays. A line "#key=value"
// shows a default. Sections are only for the eye: VLC reads a key wherever it stands, and of several the last.
type vlcrc struct {
	lines []string
	diff  []string
	added int // lines below the head of the last section that got one
	below string
}

func parseVLCRC(data []byte) *vlcrc {
	r := &vlcrc{}
	for line := range bytes.Lines(data) {
		r.lines = append(r.lines, string(line))
	}
	return r
}

func (r *vlcrc) bytes() []byte { return []byte(strings.Join(r.lines, "")) }

const bom = "\ufeff"

// get is the value of a key that is set.
func (r *vlcrc) get(key string) (string, bool) {
	i := r.last(key + "=")
	if i < 0 {
		return "", false
	}
	_, value, _ := strings.Cut(content(r.lines[i]), "=")
	return value, true
}

// last is the index of the last line with this beginning, -1 without one.
func (r *vlcrc) last(beginning string) int {
	for i := len(r.lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(content(r.lines[i]), beginning) {
			return i
		}
	}
	return -1
}

// set sets a key: in its line, else in the line that shows its default, else below the head of its section.
func (r *vlcrc) set(section, key, value string) {
	line := key + "=" + value
	for _, beginning := range []string{key + "=", "#" + key + "="} {
		if i := r.last(beginning); i >= 0 {
			r.replace(i, line)
			return
		}
	}
	r.diff = append(r.diff, "+ "+shown(line))
	if i := r.last("[" + section + "]"); i >= 0 {
		head := r.lines[i]
		if end(head) == "" {
			r.lines[i] = head + r.end()
		}
		if r.below != section {
			r.below, r.added = section, 0
		}
		r.added++
		r.lines = slices.Insert(r.lines, i+r.added, line+r.end())
		return
	}
	if n := len(r.lines); n > 0 && end(r.lines[n-1]) == "" {
		r.lines[n-1] += r.end()
	}
	r.below, r.added = section, 1
	r.lines = append(r.lines, "["+section+"]"+r.end(), line+r.end())
}

// unset makes the line that sets a key the one that it was: one that shows the default, or none.
func (r *vlcrc) unset(key string, was *vlcrc) {
	i := r.last(key + "=")
	if i < 0 {
		return
	}
	if j := was.last("#" + key + "="); j >= 0 {
		r.replace(i, content(was.lines[j]))
		return
	}
	r.diff = append(r.diff, "- "+shown(content(r.lines[i])))
	r.lines = slices.Delete(r.lines, i, i+1)
}

func (r *vlcrc) replace(i int, line string) {
	old := r.lines[i]
	lead := ""
	if strings.HasPrefix(old, bom) {
		lead = bom
	}
	r.diff = append(r.diff, "- "+shown(content(old)), "+ "+shown(line))
	r.lines[i] = lead + line + end(old)
}

// end is how the lines of this file end.
func (r *vlcrc) end() string {
	if len(r.lines) > 0 {
		if e := end(r.lines[0]); e != "" {
			return e
		}
	}
	return "\n"
}

// end is "\n" or "\r\n"; "" in a last line that was not ended.
func end(line string) string {
	for _, e := range []string{"\r\n", "\n"} {
		if strings.HasSuffix(line, e) {
			return e
		}
	}
	return ""
}

// content is a line without its end and without the mark of the encoding.
func content(line string) string { return strings.TrimPrefix(strings.TrimSuffix(line, end(line)), bom) }

// shown is a line without its secret.
func shown(line string) string {
	if before, value, ok := strings.Cut(line, passwordKey+"="); ok && value != "" && strings.Trim(before, "#") == "" {
		return before + passwordKey + "=(hidden)"
	}
	return line
}
