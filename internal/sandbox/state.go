package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// firstID is where playback, history and rewatch ids begin: beyond 32 bits, as those of the service are, so that a client
// that decodes them too narrowly shows it.
const firstID = 40771934512

// state is everything that outlives a restart.
type state struct {
	NextID  int64             `json:"next_id"`
	Users   []*user           `json:"users"`
	Grants  map[string]*grant `json:"grants"`
	Pins    map[string]*pin   `json:"pins"`
	Codes   map[string]*code  `json:"codes"`
	Devices map[string]*pin   `json:"devices"`
	Quotas  map[string]*quota `json:"quotas"`
}

// user is one account with its library.
type user struct {
	ID         int64                `json:"id"`
	Name       string               `json:"name"`
	Plan       string               `json:"plan"`
	Zone       string               `json:"zone"`
	Private    bool                 `json:"private,omitempty"`
	Joined     time.Time            `json:"joined"`
	Entries    map[int64]*entry     `json:"entries"`
	Playbacks  []*playback          `json:"playbacks"`
	Active     *active              `json:"active,omitempty"`
	Finalized  map[string]time.Time `json:"finalized"`
	Activities map[string]time.Time `json:"activities"`
}

// entry is one title of a user's watchlist.
type entry struct {
	Simkl     int64                `json:"simkl"`
	Status    string               `json:"status"`
	Added     time.Time            `json:"added"`
	Changed   time.Time            `json:"changed"`
	Last      time.Time            `json:"last,omitzero"`
	Rating    int                  `json:"rating,omitempty"`
	Rated     time.Time            `json:"rated,omitzero"`
	Memo      *memo                `json:"memo,omitempty"`
	Watches   map[episodeKey]watch `json:"watches"`
	Rewatches []*rewatch           `json:"rewatches,omitempty"`
}

type memo struct {
	Text    string `json:"text"`
	Private bool   `json:"is_private"`
}

// watch is one recorded viewing.
type watch struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	Via string    `json:"via"`
}

// rewatch is a later run through a title that was completed before (8.2).
type rewatch struct {
	ID      int64                `json:"id"`
	Status  string               `json:"status"`
	Watches map[episodeKey]watch `json:"watches"`
}

// playback is a saved resume point; one per title (section 6).
type playback struct {
	ID       int64      `json:"id"`
	Simkl    int64      `json:"simkl"`
	Episode  episodeKey `json:"episode"`
	Progress float64    `json:"progress"`
	Paused   time.Time  `json:"paused"`
}

// active is what a user is watching now, by a start or a check-in (5.3, 5.5).
type active struct {
	ID       int64      `json:"id"`
	Simkl    int64      `json:"simkl"`
	Episode  episodeKey `json:"episode"`
	Progress float64    `json:"progress"`
	At       time.Time  `json:"at"`
	CheckIn  bool       `json:"check_in,omitempty"`
	Rewatch  bool       `json:"rewatch,omitempty"`
}

// episodeKey names an episode within a title: TV has season and number (specials are season 0), anime has season 1 and
// its own number, films have neither.
type episodeKey struct{ Season, Number int }

// MarshalText writes the form that catalog and state files use, such as 2x3; a film's key is empty.
func (k episodeKey) MarshalText() ([]byte, error) {
	if k == (episodeKey{}) {
		return nil, nil
	}
	return []byte(strconv.Itoa(k.Season) + "x" + strconv.Itoa(k.Number)), nil
}

// UnmarshalText reads what MarshalText wrote.
func (k *episodeKey) UnmarshalText(b []byte) error {
	*k = episodeKey{}
	if len(b) == 0 {
		return nil
	}
	season, number, _ := strings.Cut(string(b), "x")
	s, err := strconv.Atoi(season)
	if err != nil {
		return fmt.Errorf("episode key %q: %w", b, err)
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("episode key %q: %w", b, err)
	}
	k.Season, k.Number = s, n
	return nil
}

func newState() *state {
	st := &state{NextID: firstID}
	st.fill()
	return st
}

// fill makes the maps that an older or shorter file left out.
func (st *state) fill() {
	if st.Grants == nil {
		st.Grants = map[string]*grant{}
	}
	if st.Pins == nil {
		st.Pins = map[string]*pin{}
	}
	if st.Codes == nil {
		st.Codes = map[string]*code{}
	}
	if st.Devices == nil {
		st.Devices = map[string]*pin{}
	}
	if st.Quotas == nil {
		st.Quotas = map[string]*quota{}
	}
	for _, u := range st.Users {
		u.fill()
	}
}

func (u *user) fill() {
	if u.Entries == nil {
		u.Entries = map[int64]*entry{}
	}
	if u.Finalized == nil {
		u.Finalized = map[string]time.Time{}
	}
	if u.Activities == nil {
		u.Activities = map[string]time.Time{}
	}
	for _, e := range u.Entries {
		if e.Watches == nil {
			e.Watches = map[episodeKey]watch{}
		}
	}
}

func (st *state) id() int64 {
	st.NextID++
	return st.NextID
}

func (st *state) userByName(name string) *user {
	for _, u := range st.Users {
		if u.Name == name {
			return u
		}
	}
	return nil
}

func (st *state) userByID(id int64) *user {
	for _, u := range st.Users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// load reads the state file. A file that is not there is a new state; one that cannot be understood is moved aside, and
// the name it was given is returned.
func loadState(path string, now time.Time) (st *state, moved string, err error) {
	if path == "" {
		return newState(), "", nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newState(), "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read sandbox state: %w", err)
	}
	st = &state{}
	if err := json.Unmarshal(b, st); err == nil && st.NextID >= firstID && !st.holed() {
		st.fill()
		return st, "", nil
	}
	moved = path + ".damaged-" + now.UTC().Format("20060102T150405")
	if err := os.Rename(path, moved); err != nil {
		return nil, "", fmt.Errorf("move damaged sandbox state aside: %w", err)
	}
	return newState(), moved, nil
}

// holed says whether a null stands where an object must be, which JSON allows and the code does not.
func (st *state) holed() bool {
	for _, g := range st.Grants {
		if g == nil {
			return true
		}
	}
	for _, m := range []map[string]*pin{st.Pins, st.Devices} {
		for _, p := range m {
			if p == nil {
				return true
			}
		}
	}
	for _, c := range st.Codes {
		if c == nil {
			return true
		}
	}
	for _, q := range st.Quotas {
		if q == nil {
			return true
		}
	}
	for _, u := range st.Users {
		if u == nil || u.holed() {
			return true
		}
	}
	return false
}

func (u *user) holed() bool {
	for _, e := range u.Entries {
		if e == nil {
			return true
		}
		for _, r := range e.Rewatches {
			if r == nil {
				return true
			}
		}
	}
	for _, p := range u.Playbacks {
		if p == nil {
			return true
		}
	}
	return false
}

// save writes the state whole: a temporary file, fsync, rename, fsync of the folder.
func (st *state) save(path string) error {
	b, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("encode sandbox state: %w", err)
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("write sandbox state: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is nothing left to remove
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("write sandbox state: %w", errors.Join(err, f.Close()))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write sandbox state: %w", errors.Join(err, f.Close()))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write sandbox state: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write sandbox state: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write sandbox state: %w", err)
	}
	_ = d.Sync() // a folder cannot be synced everywhere (Windows), and the file itself is
	return d.Close()
}
