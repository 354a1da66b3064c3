package mpris

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"

	"github.com/simkld/simkld/internal/media"
)

// Bounds of what a player may say. Real metadata has some dozen entries of a line each.
const (
	maxTags = 256
	maxText = 16 << 10
	// maxURL is far above PATH_MAX; addresses with tokens are some KiB.
	maxURL = 64 << 10
	// maxLength is the longest medium that is believed (edge-cases.md M3).
	maxLength = 48 * time.Hour
)

// metadata is what a player says of its medium, made plain.
type metadata struct {
	url, title string
	track      string
	length     time.Duration // 0 when unknown
	tags       map[string]string
}

// named reports whether the metadata says what plays at all.
func (m metadata) named() bool { return m.url != "" || m.title != "" }

// key tells media apart (edge-cases.md M4).
func (m metadata) key() string {
	if m.url != "" {
		return m.url
	}
	return "title " + m.title
}

// noTrack is the track id that stands for no medium (the specification; Chromium ends with it).
const noTrack = "/NoTrack"

// placeholder ends what Chromium says of a private window instead of a title (edge-cases.md M17).
const placeholder = " is playing media"

// readMetadata takes the Metadata property. What has another type than it should is left out.
func readMetadata(raw map[string]dbus.Variant) metadata {
	var m metadata
	m.track = shortText(raw["mpris:trackid"])
	if strings.HasSuffix(m.track, noTrack) {
		return metadata{track: m.track}
	}
	if s, ok := stringOf(raw["xesam:url"]); ok && len(s) <= maxURL {
		m.url = s
	}
	if m.title = shortText(raw["xesam:title"]); m.url == "" && strings.HasSuffix(m.title, placeholder) {
		m.title = ""
	}
	m.length = readLength(raw["mpris:length"])
	m.tags = readTags(raw)
	return m
}

// readLength believes 0 < length <= 48 h, in whatever type it comes.
func readLength(v dbus.Variant) time.Duration {
	if d, ok := readMicroseconds(v); ok && d > 0 && d <= maxLength {
		return d
	}
	return 0
}

// readTags takes what the container says: Celluloid hands mkv's tags on under their own names, others have artist and
// album.
func readTags(raw map[string]dbus.Variant) map[string]string {
	tags := map[string]string{}
	for key, v := range raw {
		name, ok := tagName(key)
		if !ok || len(tags) >= maxTags {
			continue
		}
		if s := shortText(v); s != "" {
			tags[name] = s
		}
	}
	if len(tags) == 0 {
		return nil
	}
	return tags
}

func tagName(key string) (string, bool) {
	switch key {
	case "xesam:artist":
		return "ARTIST", true
	case "xesam:album":
		return "ALBUM", true
	}
	if key == "" || len(key) > 64 || strings.Contains(key, ":") {
		return "", false
	}
	return strings.ToUpper(key), true
}

// shortText is a text or the first of a list of texts; empty when it is anything else or longer than any title.
func shortText(v dbus.Variant) string {
	s, ok := stringOf(v)
	if list, isList := v.Value().([]string); isList && len(list) > 0 {
		s, ok = list[0], true
	}
	if !ok || len(s) > maxText || !utf8.ValidString(s) {
		return ""
	}
	return s
}

func stringOf(v dbus.Variant) (string, bool) {
	switch s := v.Value().(type) {
	case string:
		return s, true
	case dbus.ObjectPath:
		return string(s), true
	case dbus.Variant: // a variant in a variant, as some bindings wrap it
		inner, ok := s.Value().(string)
		return inner, ok
	}
	return "", false
}

// readMicroseconds takes a number of any type, also as digits in a text (edge-cases.md M3).
func readMicroseconds(v dbus.Variant) (time.Duration, bool) {
	f, ok := readNumber(v)
	if !ok || math.Abs(f) > float64(math.MaxInt64/int64(time.Microsecond)/2) {
		return 0, false
	}
	return time.Duration(f * float64(time.Microsecond)), true
}

func readNumber(v dbus.Variant) (float64, bool) {
	var f float64
	switch n := v.Value().(type) {
	case byte:
		f = float64(n)
	case int16:
		f = float64(n)
	case uint16:
		f = float64(n)
	case int32:
		f = float64(n)
	case uint32:
		f = float64(n)
	case int64:
		f = float64(n)
	case uint64:
		f = float64(n)
	case float64:
		f = n
	case string:
		if len(n) > 32 {
			return 0, false
		}
		parsed, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
		if err != nil {
			return 0, false
		}
		f = parsed
	default:
		return 0, false
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// readPosition takes a position: never negative, never longer than anything that plays.
func readPosition(v dbus.Variant) (time.Duration, bool) {
	d, ok := readMicroseconds(v)
	if !ok {
		return 0, false
	}
	return min(max(0, d), maxLength), true
}

// readRate believes 0.01 to 100. Zero is how Chromium says that it is paused (edge-cases.md M20).
func readRate(v dbus.Variant) (float64, bool) {
	f, ok := readNumber(v)
	switch {
	case !ok:
		return 0, false
	case f == 0, f >= 0.01 && f <= 100:
		return f, true
	}
	return 1, true
}

// status is PlaybackStatus.
type status string

const (
	statusPlaying status = "Playing"
	statusPaused  status = "Paused"
	statusStopped status = "Stopped"
)

func readStatus(v dbus.Variant) (status, bool) {
	s, _ := v.Value().(string)
	switch st := status(s); st {
	case statusPlaying, statusPaused, statusStopped:
		return st, true
	}
	return "", false
}

// report is what a player said in one message: a signal, or the answer to a question. What is nil was not in it.
type report struct {
	status   *status
	rate     *float64
	meta     *metadata
	position *time.Duration // of an answer
	seeked   *time.Duration // of the signal Seeked
	stale    bool           // something changed that the signal does not say
	at       media.Moment
	sequence dbus.Sequence // of the message on its connection
}

// with gives both reports as one: the later one counts.
func (r report) with(later report) report {
	if later.status == nil {
		later.status = r.status
	}
	if later.rate == nil {
		later.rate = r.rate
	}
	if later.meta == nil {
		later.meta = r.meta
	}
	if later.seeked == nil {
		later.seeked = r.seeked
	}
	later.stale = later.stale || r.stale
	return later
}

// readProperties takes the properties of the player interface that matter.
func readProperties(props map[string]dbus.Variant) report {
	var r report
	if v, ok := props["PlaybackStatus"]; ok {
		if s, ok := readStatus(v); ok {
			r.status = &s
		}
	}
	if v, ok := props["Rate"]; ok {
		if f, ok := readRate(v); ok {
			r.rate = &f
		}
	}
	if v, ok := props["Metadata"]; ok {
		if raw, ok := v.Value().(map[string]dbus.Variant); ok {
			m := readMetadata(raw)
			r.meta = &m
		}
	}
	if v, ok := props["Position"]; ok {
		if d, ok := readPosition(v); ok {
			r.position = &d
		}
	}
	return r
}

// empty reports whether nothing in the report matters.
func (r report) empty() bool {
	return r.status == nil && r.rate == nil && r.meta == nil && r.position == nil && r.seeked == nil &&
		!r.stale
}
