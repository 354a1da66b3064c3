// Package record is the file that `simkld record` writes and `simkld replay` reads: what players said, event by event,
// so that a bug report becomes a test.
//
// It promises that a file without titles has none: names are replaced, the same by the same, in a way that keeps what a
// name is recognised by (mask.go); that foreign files are read within bounds; and that the written form is versioned. It
// must not know what becomes of an event.
package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/players"
)

// version is the one written, and the newest one read.
const version = 1

// The bounds of a file. A recording ends at them; a file beyond them is refused.
const (
	MostEvents = 100_000
	MostTime   = 7 * 24 * time.Hour
	lineMost   = 64 << 10
	textMost   = 4 << 10
	tagsMost   = 64
)

// Header is the first line.
type Header struct {
	Kind    string `json:"simkld"` // "record"
	Version int    `json:"version"`
	// By is the version of the program.
	By string `json:"by"`
	// Titles is true where names are as they were.
	Titles bool `json:"titles"`
	// What decides about sessions, as it was set.
	StartAfterS float64 `json:"start_after_s"`
	PauseAfterS float64 `json:"pause_after_s"`
	MinLengthS  float64 `json:"min_duration_s"`
	MinPlayed   int     `json:"min_played_percent"`
	// Folders and patterns of the settings, with names replaced as those of files.
	Library []string `json:"library,omitempty"`
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// line is one event. Times are seconds since the recording began.
type line struct {
	T float64 `json:"t"`
	// AsleepS is how long the machine has slept since the beginning, StepS by how much its time of day was set.
	AsleepS  float64 `json:"asleep_s,omitempty"`
	StepS    float64 `json:"step_s,omitempty"`
	Player   string  `json:"player"`
	Channel  string  `json:"channel"`
	Instance int     `json:"instance"`
	PID      int     `json:"pid,omitempty"`
	Playback int64   `json:"playback"`
	State    string  `json:"state"`
	End      string  `json:"end,omitempty"`
	Position float64 `json:"position_s"`
	Known    bool    `json:"known"`
	Rate     float64 `json:"rate"`
	Jumped   bool    `json:"jumped,omitempty"`
	Item     item    `json:"item"`
}

type item struct {
	Path string `json:"path"`
	// Raw is the path where it is not UTF-8.
	Raw     []byte            `json:"raw,omitempty"`
	Title   string            `json:"title"`
	Tags    map[string]string `json:"tags,omitempty"`
	LengthS float64           `json:"length_s"`
	Growing bool              `json:"growing,omitempty"`
	Picture string            `json:"picture,omitempty"`
}

// Writer writes a recording. It is for one goroutine.
type Writer struct {
	out       *json.Encoder
	mask      *mask // nil: titles stay
	began     media.Moment
	instances map[string]int
	pids      map[int]int
	n         int
}

// ErrFull says that a recording has come to its bounds.
var ErrFull = errors.New("the recording is as long as one may be")

// NewWriter begins a recording. h says what was set; its folders are as they are, and are masked here.
func NewWriter(out io.Writer, h Header, began media.Moment) (*Writer, error) {
	w := &Writer{out: json.NewEncoder(out), began: began, instances: map[string]int{}, pids: map[int]int{}}
	w.out.SetEscapeHTML(false)
	h.Kind, h.Version = "record", version
	if !h.Titles {
		w.mask = newMask()
		for _, list := range [][]string{h.Library, h.Include, h.Exclude} {
			for i, place := range list {
				list[i] = w.mask.path(place)
			}
		}
	}
	return w, w.out.Encode(h)
}

// Write adds an event. It returns ErrFull where no more is taken.
func (w *Writer) Write(e players.Event) error {
	t := e.At.Mono - w.began.Mono
	if w.n >= MostEvents || t > MostTime {
		return ErrFull
	}
	w.n++
	awake := e.At.Boot - w.began.Boot
	l := line{
		T: secs(t), AsleepS: secs(max(0, awake-t).Round(time.Second)), StepS: secs((e.At.Wall.Sub(w.began.Wall) - awake).Round(time.Second)),
		Player: cut(e.Player), Channel: cut(e.Channel), Instance: number(w.instances, e.Instance), Playback: e.Playback, State: string(e.State), End: string(e.End),
		Position: secs(e.Position), Known: e.Known, Rate: e.Rate, Jumped: e.Jumped,
		Item: w.item(e.Item),
	}
	if e.PID != 0 {
		l.PID = number(w.pids, e.PID)
	}
	return w.out.Encode(l)
}

func (w *Writer) item(it media.Item) item {
	out := item{Path: cut(it.Path), Title: cut(it.Title), LengthS: secs(it.Length.Round(time.Second)), Growing: it.Growing, Picture: string(it.Picture)}
	tags := it.Tags
	if w.mask != nil {
		out.Path, out.Title = w.mask.path(out.Path), w.mask.text(out.Title)
		tags = w.mask.tags(tags)
	}
	for key, value := range tags {
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		if len(out.Tags) < tagsMost {
			out.Tags[cut(key)] = cut(value)
		}
	}
	if !utf8.ValidString(out.Path) {
		out.Raw, out.Path = []byte(out.Path), ""
	}
	return out
}

// number gives the things of a recording numbers from 1, so that none of the machine's own are told.
func number[K comparable](seen map[K]int, of K) int {
	if seen[of] == 0 {
		seen[of] = len(seen) + 1
	}
	return seen[of]
}

func cut(s string) string {
	if len(s) > textMost {
		return s[:textMost]
	}
	return s
}

func secs(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// Recording is a file that was read.
type Recording struct {
	Header Header
	// Events have moments that count from zero; the wall clock from the Unix epoch.
	Events []players.Event
}

// Error says what is wrong with a file, and in which line.
type Error struct {
	Line int
	What string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Read reads a whole recording.
func Read(in io.Reader) (Recording, error) {
	var r Recording
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), lineMost)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if n == 1 {
			if json.Unmarshal(lines.Bytes(), &r.Header) != nil || r.Header.Kind != "record" {
				return r, &Error{n, "this is no recording of simkld"}
			}
			if r.Header.Version < 1 || r.Header.Version > version {
				return r, &Error{n, fmt.Sprintf("it is of version %d, this simkld reads %d", r.Header.Version, version)}
			}
			if what := r.Header.wrong(); what != "" {
				return r, &Error{n, what}
			}
			continue
		}
		if len(r.Events) >= MostEvents {
			return r, &Error{n, fmt.Sprintf("it has more than %d events", MostEvents)}
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return r, &Error{n, "it is not JSON of an event"}
		}
		e, what := l.event()
		if count := len(r.Events); what == "" && count > 0 && e.At.Mono < r.Events[count-1].At.Mono {
			what = "it is earlier than the event before"
		}
		if what != "" {
			return r, &Error{n, what}
		}
		r.Events = append(r.Events, e)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return r, &Error{len(r.Events) + 2, "the line is too long"}
	case err != nil:
		return r, err
	case r.Header.Kind == "":
		return r, &Error{1, "the file is empty"}
	}
	return r, nil
}

func (h Header) wrong() string {
	for _, s := range []float64{h.StartAfterS, h.PauseAfterS, h.MinLengthS} {
		if !within(s, 0, 24*3600) {
			return "a span of the settings is out of range"
		}
	}
	if h.MinPlayed < 0 || h.MinPlayed > 100 {
		return "min_played_percent is out of range"
	}
	return ""
}

func within(v, least, most float64) bool { return v >= least && v <= most } // also not NaN

// event turns a line back, or says what is wrong with it.
func (l line) event() (players.Event, string) {
	week := MostTime.Seconds()
	switch {
	case !within(l.T, 0, week), !within(l.AsleepS, 0, week), !within(l.StepS, -20*365*86400, 20*365*86400):
		return players.Event{}, "its time is out of range"
	case !within(l.Position, -week, week), !within(l.Item.LengthS, 0, week):
		return players.Event{}, "its position or length is out of range"
	case !within(l.Rate, 0, 100):
		return players.Event{}, "its rate is out of range"
	case l.Instance < 1 || l.Instance > MostEvents || l.PID < 0 || l.PID > MostEvents || l.Playback < 0:
		return players.Event{}, "its instance, pid or playback is out of range"
	case max(len(l.Player), len(l.Channel), len(l.Item.Path), len(l.Item.Raw), len(l.Item.Title)) > textMost || len(l.Item.Tags) > tagsMost:
		return players.Event{}, "a text is too long"
	}
	switch players.State(l.State) {
	case players.Playing, players.Paused, players.Stalled, players.Stopped:
	default:
		return players.Event{}, fmt.Sprintf("its state is %.20q", l.State)
	}
	switch players.End(l.End) {
	case players.EndNone, players.EndReached, players.EndStopped, players.EndGone, players.EndSilent:
	default:
		return players.Event{}, fmt.Sprintf("its end is %.20q", l.End)
	}
	switch media.Picture(l.Item.Picture) {
	case media.PictureUnknown, media.PictureVideo, media.PictureNone, media.PictureStill:
	default:
		return players.Event{}, fmt.Sprintf("its picture is %.20q", l.Item.Picture)
	}
	path := l.Item.Path
	if len(l.Item.Raw) > 0 {
		path = string(l.Item.Raw)
	}
	t := span(l.T)
	boot := t + span(l.AsleepS)
	return players.Event{
		Player: l.Player, Channel: l.Channel, Instance: fmt.Sprintf("%s %d", l.Channel, l.Instance), PID: l.PID, Playback: l.Playback,
		Item:  media.Item{Path: path, Title: l.Item.Title, Tags: l.Item.Tags, Length: span(l.Item.LengthS), Growing: l.Item.Growing, Picture: media.Picture(l.Item.Picture)},
		State: players.State(l.State), End: players.End(l.End), Position: span(l.Position), Known: l.Known, Rate: l.Rate, Jumped: l.Jumped,
		At: media.Moment{Wall: time.Unix(0, 0).UTC().Add(boot + span(l.StepS)), Mono: t, Boot: boot},
	}, ""
}

func span(s float64) time.Duration { return time.Duration(math.Round(s*1000)) * time.Millisecond }
