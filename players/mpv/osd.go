package mpv

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"

	"github.com/simkld/simkld/internal/media"
)

// Action is something that a person can ask for with a key in mpv. The drop-in script has a binding of this name
// (simkld/undo), for which only the user's input.conf names a key.
type Action string

// The actions, as the script writes them.
const (
	// ActionUndo takes the last watch back.
	ActionUndo Action = "undo"
	// ActionCount counts what plays as watched now.
	ActionCount Action = "count"
	// ActionFix asks which title this really is.
	ActionFix Action = "fix"
)

// Command is an action that was asked for in a player.
type Command struct {
	// Instance is that of the player's events.
	Instance string
	Action   Action
}

// commandsHeld bounds the actions that nobody has taken yet: those of a person who presses keys.
const commandsHeld = 16

// Commands are the actions that are asked for in players, while Run runs. Actions that nobody takes are dropped beyond
// a few. The channel is never closed.
func (s *Source) Commands() <-chan Command { return s.commands }

// command hands an action on without ever waiting for whoever takes it.
func (s *Source) command(c Command) {
	select {
	case s.commands <- c:
	default:
	}
}

// Show shows one line of at most 120 cells for four seconds on the screen of a player. Behind it stands for each of
// the offers the key that the user bound to it, if there is one. It never blocks: a newer line takes the place of one
// that was not shown yet. It reports whether that player is connected.
func (s *Source) Show(instance, line string, offers ...Action) bool {
	s.mu.Lock()
	d := s.desks[instance]
	s.mu.Unlock()
	if d == nil {
		return false
	}
	d.put(func() { d.line = &notice{text: line, offers: offers} })
	return true
}

// Seek goes to a place in a file, if the player shows that one and answers soon. It never blocks. It reports whether
// that player is connected.
func (s *Source) Seek(instance, path string, to time.Duration) bool {
	s.mu.Lock()
	d := s.desks[instance]
	s.mu.Unlock()
	if d == nil {
		return false
	}
	d.put(func() { d.seek = &seekTo{path: path, to: to, by: s.now().Mono + answerWithin} })
	return true
}

// enter makes a connection known to Show, until leave.
func (s *Source) enter(instance string, d *desk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desks[instance] = d
}

func (s *Source) leave(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.desks, instance)
}

// notice is a line to show.
type notice struct {
	text   string
	offers []Action
}

// seekTo is a place to go to in a file, as long as the clock is not past by.
type seekTo struct {
	path   string
	to, by time.Duration
}

// desk is where others leave a line or a place to go to for the goroutine that owns a connection.
type desk struct {
	mu   sync.Mutex // guards what follows
	line *notice
	seek *seekTo
	wake func() // ends the read under way; nil before there is a connection
}

// put lets set leave something.
func (d *desk) put(set func()) {
	d.mu.Lock()
	set()
	wake := d.wake
	d.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// open says how the owner's read is ended. The owner looks at the desk after each time it has set a deadline, so that
// no line is left behind.
func (d *desk) open(c conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wake = func() { _ = c.SetReadDeadline(time.Unix(1, 0)) } // fails only on a closed connection
}

func (d *desk) take() (*notice, *seekTo) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line, seek := d.line, d.seek
	d.line, d.seek = nil, nil
	return line, seek
}

func (d *desk) empty() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.line == nil && d.seek == nil
}

// present queues what is to be shown and where to go. Keys are read when they are needed, since they change and a list
// of them is long.
func (t *tracker) present(now media.Moment) {
	n, seek := t.desk.take()
	if t.deaf || t.silent {
		return
	}
	if seek != nil && t.phase == open && t.place == seek.path && now.Mono <= seek.by {
		t.lastID++
		t.send = append(t.send, `{"command":["seek",`...)
		t.send = strconv.AppendFloat(t.send, seek.to.Seconds(), 'f', 3, 64)
		t.send = appendNumber(t.send, `,"absolute"],"request_id":`, t.lastID)
		t.send = append(t.send, '}', '\n')
	}
	if n == nil {
		return
	}
	if len(n.offers) == 0 {
		t.show(n.text)
		return
	}
	t.lastID++
	t.offered, t.offeredID = n, t.lastID
	t.send = appendCommand(t.send, t.lastID, "get_property", "input-bindings")
}

// keys takes the answer about the keys, for the line that waits for it.
func (t *tracker) keys(m message) {
	n := t.offered
	t.offered, t.offeredID = nil, 0
	t.show(n.text, hints(m.Data, n.offers)...)
}

// showFor is how long a line stays.
const showFor = 4 * time.Second

func (t *tracker) show(text string, keys ...string) {
	line, err := json.Marshal(onScreen(text, keys))
	if err != nil {
		return // a string is always written
	}
	t.lastID++
	// Commands of IPC have no property expansion: a title with ${path} is shown as it is.
	t.send = append(t.send, `{"command":["show-text",`...)
	t.send = append(t.send, line...)
	t.send = appendNumber(t.send, `,`, showFor.Milliseconds())
	t.send = appendNumber(t.send, `],"request_id":`, t.lastID)
	t.send = append(t.send, '}', '\n')
}

// widest bounds a line, in cells.
const widest = 120

// screenCells measures as a screen without a locale does.
var screenCells = &runewidth.Condition{StrictEmojiNeutral: true}

// onScreen is a line with keys behind it. It is the text that gives way.
func onScreen(text string, keys []string) string {
	behind := ""
	for _, key := range keys {
		behind += "  [" + key + "]"
	}
	behind = cutCells(media.Sanitize(behind), widest/2)
	return cutCells(media.Sanitize(text), widest-screenCells.StringWidth(behind)) + behind
}

// cutCells shortens text between graphemes.
func cutCells(text string, width int) string {
	const most = 16 // bytes in a cell: more marks are an attack
	if len(text) > width*most {
		text = strings.ToValidUTF8(text[:width*most], "")
	}
	if screenCells.StringWidth(text) <= width {
		return text
	}
	end, room := 0, width-1
	for rest, state := text, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if room -= screenCells.StringWidth(cluster); room < 0 {
			break
		}
		end += len(cluster)
	}
	return text[:end] + "…"
}

// binding is one of mpv's input-bindings.
type binding struct {
	Key      string `json:"key"`
	Command  string `json:"cmd"`
	Priority int    `json:"priority"` // negative: not active
}

// hints are "KEY: action" for each offer to which a key is bound that nothing else takes. Of several the last that mpv
// lists counts: it is the one bound last.
func hints(data json.RawMessage, offers []Action) []string {
	var bindings []binding
	if json.Unmarshal(data, &bindings) != nil {
		return nil
	}
	var out []string
	for _, offer := range offers {
		for _, b := range slices.Backward(bindings) {
			if b.Key == "" || b.Priority < 0 || !invokes(b.Command, offer) {
				continue
			}
			taken := slices.ContainsFunc(bindings, func(o binding) bool { return o.Key == b.Key && o.Priority > b.Priority })
			if !taken {
				out = append(out, b.Key+": "+string(offer))
				break
			}
		}
	}
	return out
}

// invokes reports whether a command of input.conf runs the script's binding, with prefixes (no-osd) and quotes, alone
// or as one of several.
func invokes(command string, a Action) bool {
	for part := range strings.SplitSeq(command, ";") {
		words := strings.Fields(part)
		i := slices.Index(words, "script-binding")
		if i >= 0 && len(words) > i+1 && strings.Trim(words[i+1], `"'`) == "simkld/"+string(a) {
			return true
		}
	}
	return false
}

// clientMessage reads the arguments of a message that a script sent to all clients: "simkld" and an action.
func clientMessage(args json.RawMessage) (Action, bool) {
	if len(args) > 64 || !bytes.Contains(args, []byte(`"simkld"`)) {
		return "", false // for somebody else
	}
	var words []string
	if json.Unmarshal(args, &words) != nil || len(words) != 2 || words[0] != "simkld" {
		return "", false
	}
	a := Action(words[1])
	return a, a == ActionUndo || a == ActionCount || a == ActionFix
}
