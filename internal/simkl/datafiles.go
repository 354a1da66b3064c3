package simkl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
)

// DataFile is one of the files that Simkl makes for everybody (simkl-api.md 11): trending titles, DVD releases and the
// calendar. They need no account.
type DataFile struct {
	path string
	// key is what the file's object has, "" for an array.
	key string
	// Every is how often Simkl makes the file anew.
	Every time.Duration
}

// Path is the file's address below the host, which names it in a cache.
func (f DataFile) Path() string { return f.path }

// Period is the time that a trending file is about.
type Period string

// The periods, as Simkl writes them.
const (
	Today Period = "today"
	Week  Period = "week"
	Month Period = "month"
)

const (
	hourly     = time.Hour
	sixHours   = 6 * time.Hour
	daily      = 24 * time.Hour
	trendsMost = 500
)

// TrendingFile names the titles that most people watch. kind is one, or "" for the three in one file. top is 100 or 500.
func TrendingFile(period Period, kind media.AnswerKind, top int) DataFile {
	folder, key := "/discover/trending/", "movies"
	if kind != "" {
		folder, key = folder+sections[kind]+"/", ""
	}
	f := DataFile{path: fmt.Sprintf("%s%s_%d.json", folder, period, top), key: key, Every: daily}
	if period == Today {
		f.Every = hourly
	}
	return f
}

// DVDFile names the films that come out on disc. top is 100 or 500.
func DVDFile(top int) DataFile {
	return DataFile{path: fmt.Sprintf("/discover/dvd/releases_%d.json", top), Every: daily}
}

// CalendarFile names what is shown, of one kind: in a month, or with a zero time from yesterday for 33 days. Simkl has no
// months beyond the third from now.
func CalendarFile(kind media.AnswerKind, month time.Time) DataFile {
	name := map[media.AnswerKind]string{media.AnswerMovie: "movie_release", media.AnswerShow: "tv", media.AnswerAnime: "anime"}[kind]
	f := DataFile{path: "/calendar/v2/" + name + ".json", key: "calendar", Every: sixHours}
	if !month.IsZero() {
		f.path = fmt.Sprintf("/calendar/v2/%d/%d/%s.json", month.Year(), month.Month(), name) // months are not padded
	}
	return f
}

// Version says which state of a file somebody has. The zero value is none.
type Version struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// Made is when Simkl made the file, zero when it does not say.
func (v Version) Made() time.Time {
	t, err := http.ParseTime(v.LastModified)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Data gets a file, unless what the caller has is still what is in it: then changed is false, and v says whether Simkl
// made it anew all the same. One that is not there is an *Error of class Gone. The body is whole JSON; Trends, AllTrends
// and Airings read it.
func (c *Client) Data(ctx context.Context, f DataFile, have Version) (body []byte, v Version, changed bool, err error) {
	r := request{method: http.MethodGet, base: c.data, path: f.path, auth: authNone, uncounted: true, have: have}
	a, err := c.do(ctx, r)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		e.Class = Gone // its body is plain text (simkl-api.md 2.3)
	}
	switch {
	case err != nil:
		return nil, Version{}, false, err
	case a.status == http.StatusNotModified:
		v = versionOf(a.header)
		return nil, Version{ETag: cmp.Or(v.ETag, have.ETag), LastModified: cmp.Or(v.LastModified, have.LastModified)}, false, nil
	case !f.is(a.body):
		return nil, Version{}, false, foreign(r, a.status, errors.New("the file has another shape"))
	}
	return a.body, versionOf(a.header), true, nil
}

// is says whether a body is such a file at all, and no portal's page.
func (f DataFile) is(body []byte) bool {
	var rows []json.RawMessage
	if f.key == "" {
		return json.Unmarshal(body, &rows) == nil && rows != nil
	}
	var keys map[string]json.RawMessage
	return json.Unmarshal(body, &keys) == nil && keys[f.key] != nil
}

func versionOf(h http.Header) Version {
	return Version{ETag: versionText(h, "ETag"), LastModified: versionText(h, "Last-Modified")}
}

// versionText is a header that is sent back as it came, if it is one that a server would send.
func versionText(h http.Header, name string) string {
	const most = 200
	if v := h.Get(name); len(v) <= most {
		return v
	}
	return ""
}

// Rating is what viewers of one service think.
type Rating struct {
	Value float64
	Votes int
}

// Trend is a title of a trending or DVD file.
type Trend struct {
	Kind  media.AnswerKind
	Title string
	Year  int
	IDs   media.IDs
	Slug  string
	// Watched is how many people watched it in the last 24 hours.
	Watched int
	// Rating is Simkl's own, zero when there is none.
	Rating    Rating
	AnimeType string
	// Released and Disc are days, zero when unknown; Disc is a film's.
	Released, Disc time.Time
	// Raw is the row as Simkl has it.
	Raw json.RawMessage
}

// Page is the title's address on Simkl.
func (t Trend) Page() string { return media.Answer{Kind: t.Kind, IDs: t.IDs}.Page() }

// trendIn is what is read of a title's block, in the files of both sorts.
type trendIn struct {
	Title     text              `json:"title"`
	IDs       object[idsIn]     `json:"ids"`
	Watched   integer           `json:"watched"`
	Ratings   object[ratingsIn] `json:"ratings"`
	AnimeType text              `json:"anime_type"`
	Release   usDate            `json:"release_date"`
	DVD       usDate            `json:"dvd_date"`
	Year      integer           `json:"year"`
}

type ratingsIn struct {
	Simkl object[struct {
		Rating decimal `json:"rating"`
		Votes  integer `json:"votes"`
	}] `json:"simkl"`
}

func (in trendIn) trend(kind media.AnswerKind, raw json.RawMessage) Trend {
	ids, simkl := in.IDs.get(), in.Ratings.get().Simkl.get()
	t := Trend{
		Kind: kind, Title: string(in.Title), Year: in.Year.int(), IDs: ids.ids(), Slug: string(ids.Slug), Watched: in.Watched.int(),
		Rating: Rating{Value: float64(simkl.Rating), Votes: simkl.Votes.int()}, AnimeType: string(in.AnimeType),
		Released: in.Release.Time, Disc: in.DVD.Time, Raw: raw,
	}
	if t.Year == 0 && !t.Released.IsZero() {
		t.Year = t.Released.Year()
	}
	return t
}

// usDate is a day as the data files write it: MM/DD/YYYY, or else as the rest of Simkl does (simkl-api.md 2.1).
type usDate struct{ time.Time }

// UnmarshalJSON reads a day.
func (d *usDate) UnmarshalJSON(data []byte) error {
	d.Time = time.Time{}
	if t, err := time.Parse("01/02/2006", strings.Trim(string(data), `"`)); err == nil {
		d.Time = t
		return nil
	}
	var m moment
	err := m.UnmarshalJSON(data)
	d.Time = m.Time
	return err
}

// Trends reads a trending or DVD file of one kind, the most watched first. What cannot be read is left out.
func Trends(body []byte, kind media.AnswerKind) ([]Trend, error) {
	var rows []json.RawMessage
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, foreignFile()
	}
	var out []Trend
	for _, raw := range rows[:min(len(rows), trendsMost)] {
		var in trendIn
		if json.Unmarshal(raw, &in) != nil || in.Title == "" {
			continue
		}
		out = append(out, in.trend(kind, raw))
	}
	return out, nil
}

// AllTrends reads the trending file of all three kinds.
func AllTrends(body []byte) (map[media.AnswerKind][]Trend, error) {
	var in struct {
		Movies json.RawMessage `json:"movies"`
		TV     json.RawMessage `json:"tv"`
		Anime  json.RawMessage `json:"anime"`
	}
	if json.Unmarshal(body, &in) != nil {
		return nil, foreignFile()
	}
	out := map[media.AnswerKind][]Trend{}
	for kind, rows := range map[media.AnswerKind]json.RawMessage{media.AnswerMovie: in.Movies, media.AnswerShow: in.TV, media.AnswerAnime: in.Anime} {
		if len(rows) == 0 {
			continue
		}
		trends, err := Trends(rows, kind)
		if err != nil {
			return nil, err
		}
		out[kind] = trends
	}
	return out, nil
}

// Airing is one date of the calendar.
type Airing struct {
	Trend
	// At is when it is shown, in UTC.
	At time.Time
	// Season and Number are the episode: an anime has no season, a film neither.
	Season, Number *int
	EpisodeTitle   string
	// Runtime is 0 when unknown.
	Runtime time.Duration
	// Finale is 1 for the last before a pause, 2 for a season's, 3 for the series's last episode; 0 for any other.
	Finale int
	// Raw is the row as Simkl has it, Metadata the block of its title, which the older form has not.
	Raw, Metadata json.RawMessage
}

// JSON is the row with the block of its title as "metadata".
func (a Airing) JSON() json.RawMessage {
	end := bytes.LastIndexByte(a.Raw, '}')
	if len(a.Metadata) == 0 || end < 0 {
		return a.Raw
	}
	row := append(bytes.Clone(a.Raw[:end]), `,"metadata":`...)
	return append(append(row, a.Metadata...), '}')
}

// Airings reads a file of the calendar in the order of its dates: the form with one block of metadata for each title, and
// the older one, which has all in each row (simkl-api.md 11.2).
func Airings(body []byte, kind media.AnswerKind) ([]Airing, error) {
	var file struct {
		Calendar []json.RawMessage          `json:"calendar"`
		Metadata map[string]json.RawMessage `json:"metadata"`
	}
	if json.Unmarshal(body, &file) != nil {
		if json.Unmarshal(body, &file.Calendar) != nil {
			return nil, foreignFile()
		}
	}
	blocks := map[string]trendIn{}
	out := make([]Airing, 0, len(file.Calendar))
	for _, raw := range file.Calendar {
		var in airingIn
		if json.Unmarshal(raw, &in) != nil || in.Date.IsZero() {
			continue
		}
		id := strconv.FormatInt(in.Simkl.int64(), 10)
		block, ok := file.Metadata[id]
		if ok {
			known, read := blocks[id]
			if !read {
				_ = json.Unmarshal(block, &known) // a block that cannot be read leaves the title out below
				blocks[id] = known
			}
			in.trendIn = known
		}
		if a := in.airing(kind, raw, block); a.Title != "" {
			out = append(out, a)
		}
	}
	return out, nil
}

type airingIn struct {
	trendIn
	Simkl   integer `json:"simkl_id"`
	Date    moment  `json:"date"`
	Finale  integer `json:"finale_type"`
	Episode object[struct {
		episodeIn
		Runtime integer `json:"runtime"`
	}] `json:"episode"`
}

func (in airingIn) airing(kind media.AnswerKind, raw, block json.RawMessage) Airing {
	a := Airing{Trend: in.trend(kind, nil), At: in.Date.UTC(), Finale: in.Finale.int(), Raw: raw, Metadata: block}
	if a.IDs.Simkl == 0 {
		a.IDs.Simkl = media.SimklID(in.Simkl.int64())
	}
	if e := in.Episode.value; e != nil {
		a.Season, a.Number, a.EpisodeTitle = e.Season.pointer(), e.number(), string(e.Title)
		a.Runtime = minutes(e.Runtime)
	}
	return a
}

func foreignFile() *Error {
	return &Error{Class: Foreign, Endpoint: "data file", Err: errors.New("the file has another shape")}
}
