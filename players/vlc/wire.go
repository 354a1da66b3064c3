package vlc

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// longest is above any running time: what is longer is a player's mistake (edge-cases.md M3).
const longest = 48 * time.Hour

// Bounds of what is kept of an answer. Real files have some dozen tags of a line each.
const (
	maxTags = 256
	maxText = 16 << 10
	// maxPath is far above PATH_MAX; URLs with tokens are some KiB.
	maxPath = 64 << 10
	// maxDepth is how deep folders nest in a playlist.
	maxDepth = 64
)

// status is one answer of status.json.
type status struct {
	version string
	state   string
	// plid names the entry of the playlist, "" where there is none.
	plid string
	// length is 0 when unknown.
	length time.Duration
	// position is where it is, if known.
	position time.Duration
	known    bool
	// raw moves whenever the playback does, also where it says nothing about time.
	raw  float64
	rate float64
	// screen is true where VLC has a video output. It is false for the first moments of a film, too.
	screen bool
	// name is the base name of the file, title its tag.
	name, title string
	tags        map[string]string
}

// nothing reports whether no item is loaded. VLC says "playing" for a moment after the playlist was emptied.
func (s status) nothing() bool { return s.plid == "" || s.state == "stopped" }

// wireStatus has loose types, because they differ between versions and from moment to moment (players.md 3.3).
type wireStatus struct {
	Version     json.RawMessage `json:"version"`
	API         json.RawMessage `json:"apiversion"`
	State       json.RawMessage `json:"state"`
	Plid        json.RawMessage `json:"currentplid"`
	Time        json.RawMessage `json:"time"`
	Length      json.RawMessage `json:"length"`
	Position    json.RawMessage `json:"position"`
	Rate        json.RawMessage `json:"rate"`
	Fullscreen  json.RawMessage `json:"fullscreen"`
	Information json.RawMessage `json:"information"`
}

type wireInformation struct {
	Category struct {
		Meta map[string]json.RawMessage `json:"meta"`
	} `json:"category"`
}

// parseStatus reads status.json; false if no VLC can have written it.
func parseStatus(body []byte) (status, bool) {
	if !json.Valid(body) {
		body = decimalPoints(body)
	}
	var w wireStatus
	if json.Unmarshal(body, &w) != nil {
		return status{}, false
	}
	s := status{version: text(w.Version), state: text(w.State)}
	if s.state == "" || s.version == "" && len(w.API) == 0 {
		return status{}, false
	}
	if id, ok := number(w.Plid); ok && id >= 0 && id < 1<<53 {
		s.plid = strconv.FormatInt(int64(id), 10)
	}
	s.rate = 1
	if rate, ok := number(w.Rate); ok && rate > 0 && rate <= 100 {
		s.rate = rate
	}
	s.screen = string(w.Fullscreen) == "true" || string(w.Fullscreen) == "false"
	s.place(w)
	var info wireInformation
	if len(w.Information) > 0 && json.Unmarshal(w.Information, &info) == nil {
		s.describe(info.Category.Meta)
	}
	return s, true
}

// place finds where the playback is. time has whole seconds; position is a share, which a file whose length VLC has
// only estimated counts in bytes: then time is the better one.
func (s *status) place(w wireStatus) {
	at, _ := number(w.Time)
	share, _ := number(w.Position)
	length, _ := number(w.Length)
	clock := seconds(at)
	s.length = seconds(length)
	s.raw = share
	if share <= 0 {
		s.raw = at
	}
	switch {
	case s.length > 0:
		s.known = true
		s.position = time.Duration(min(1, max(0, share)) * float64(s.length))
		if clock > 0 && (s.position-clock).Abs() > 3*time.Second+s.length/50 {
			s.position = min(clock, s.length)
		}
	case clock > 0:
		s.position, s.known = clock, true
	}
}

func (s *status) describe(meta map[string]json.RawMessage) {
	old := s.old() // VLC 2 writes &amp; into JSON (edge-cases.md V4)
	for key, value := range meta {
		t := text(value)
		if old {
			key, t = html.UnescapeString(key), html.UnescapeString(t)
		}
		if t == "" || len(t) > maxText || len(key) > maxText {
			continue
		}
		switch key {
		case "filename":
			s.name = t
			continue
		case "artwork_url": // a path of this machine that says nothing about the film
			continue
		case "title":
			s.title = t
		}
		if len(meta) <= maxTags { // a part of them would be another one each time
			if s.tags == nil {
				s.tags = map[string]string{}
			}
			s.tags[strings.ToUpper(key)] = t
		}
	}
}

// old reports whether the text of an answer is escaped as XML.
func (s status) old() bool {
	return strings.HasPrefix(s.version, "2.") || strings.HasPrefix(s.version, "1.")
}

// decimalPoints mends what VLC 2 writes under a locale with decimal commas: "position":0,5. A value of an object is
// followed by a quote or a brace, never by ",5"; in arrays a comma is left alone.
func decimalPoints(body []byte) []byte {
	out := make([]byte, len(body))
	copy(out, body)
	quoted, value := false, false
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == ':':
			value = true
		case c == ',' && value && i > 0 && digit(out[i-1]) && i+1 < len(out) && digit(out[i+1]):
			out[i] = '.'
		case c == ',', c == '[', c == '{', c == ']', c == '}':
			value = false
		}
	}
	return out
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// text gives a string, "" for anything else.
func text(data json.RawMessage) string {
	var s string
	if len(data) == 0 || data[0] != '"' || json.Unmarshal(data, &s) != nil {
		return ""
	}
	return s
}

// number gives a finite number, also one written as text.
func number(data json.RawMessage) (float64, bool) {
	s := text(data)
	if s == "" {
		s = string(data)
	}
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// seconds is a time that a player can mean; 0 for any other.
func seconds(f float64) time.Duration {
	if f <= 0 || f > longest.Seconds() {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

var errDeep = errors.New("the playlist nests too deep")

// leaf is an entry of the playlist.
type leaf struct {
	id, uri, name string
	current       bool
}

// uriOf finds where the entry plid plays from; "" if the playlist does not say. It reads as it goes, so that a list
// of any length costs little. name is the file's name, for lists in which nothing else fits (edge-cases.md V4).
func uriOf(playlist io.Reader, plid, name string, old bool) (string, error) {
	var byID, current, named leaf
	currents := 0
	visit := func(l leaf) {
		if old {
			l.uri, l.name = html.UnescapeString(l.uri), html.UnescapeString(l.name)
		}
		switch {
		case len(l.uri) > maxPath:
		case l.id == plid && byID.uri == "":
			byID = l
		case l.current:
			currents++
			current = l
		}
		if named.uri == "" && name != "" && l.name == name && len(l.uri) <= maxPath {
			named = l
		}
	}
	err := walk(json.NewDecoder(playlist), 0, visit)
	switch {
	case byID.uri != "": // also if what follows is too long
		return byID.uri, nil
	case err != nil:
		return "", err
	case currents == 1:
		return current.uri, nil
	}
	return named.uri, nil
}

// walk visits every leaf of the node that comes next.
func walk(dec *json.Decoder, depth int, visit func(leaf)) error {
	if depth > maxDepth {
		return errDeep
	}
	if err := open(dec, '{'); err != nil {
		return err
	}
	var l leaf
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if key == "children" {
			if err := children(dec, depth, visit); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		switch key {
		case "id":
			l.id = text(value)
			if n, ok := number(value); ok && l.id == "" {
				l.id = strconv.FormatFloat(n, 'f', -1, 64)
			}
		case "uri":
			l.uri = text(value)
		case "name":
			l.name = text(value)
		case "current":
			l.current = true
		}
	}
	if l.uri != "" {
		visit(l)
	}
	_, err := dec.Token()
	return err
}

func children(dec *json.Decoder, depth int, visit func(leaf)) error {
	if err := open(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		if err := walk(dec, depth+1, visit); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

var errShape = errors.New("this is no playlist")

func open(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return errShape
	}
	return nil
}

// cut bounds a text without cutting a letter in two.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
