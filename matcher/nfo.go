package matcher

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// NFO is what an NFO file beside a film or episode, or up its tree, says.
type NFO struct {
	// Kind is "movie", "show" or "episode"; empty where the file is only an address.
	Kind string
	// Title is the title of the film or of the series.
	Title string
	Year  int
	// Season and Episodes are those of an episode's file; Season is nil when unknown.
	Season   *int
	Episodes []media.Number
	// IDs are those of the film or the series, never those of a single episode.
	IDs media.IDs
}

// maxNFO bounds how much of an NFO file is read, in bytes.
const maxNFO = 1 << 20

// ParseNFO reads an NFO file: Kodi's XML (movie, tvshow, episodedetails), a bare address of a catalogue, or both. It
// reports false where the file says nothing of use; scene NFO files, which are drawings, often do.
func ParseNFO(text []byte) (NFO, bool) {
	text = text[:min(len(text), maxNFO)]
	var n NFO
	n.readXML(text)
	if n.Kind != "episode" {
		n.readAddresses(text)
	}
	return n, n.Kind != "" || !n.IDs.IsZero()
}

// readXML reads as much as is well formed; what comes after a mistake is left.
func (n *NFO) readXML(text []byte) {
	start := bytes.IndexByte(text, '<')
	if start < 0 {
		return
	}
	d := xml.NewDecoder(bytes.NewReader(text[start:]))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // ids are ASCII in any of them
	var path []string
	var idType string
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(path) > 16 {
				return
			}
			path = append(path, strings.ToLower(t.Name.Local))
			idType = ""
			for _, a := range t.Attr {
				if strings.EqualFold(a.Name.Local, "type") {
					idType = strings.ToLower(a.Value)
				}
			}
			if len(path) == 1 {
				n.root(path[0])
			}
		case xml.EndElement:
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		case xml.CharData:
			if len(path) == 2 {
				n.field(path[1], idType, strings.TrimSpace(string(t)))
			}
		}
	}
}

func (n *NFO) root(name string) {
	switch name {
	case "movie":
		n.Kind = "movie"
	case "tvshow":
		n.Kind = "show"
	case "episodedetails":
		n.Kind = "episode"
	}
}

// field takes one element of the root.
func (n *NFO) field(name, idType, value string) {
	if value == "" || n.Kind == "" {
		return
	}
	num, err := strconv.Atoi(value)
	numeric := err == nil && num >= 0
	switch name {
	case "title":
		if n.Kind != "episode" && n.Title == "" {
			n.Title = value
		}
	case "showtitle":
		n.Title = value
	case "year":
		if numeric && n.Kind != "episode" && plausibleYear(num) {
			n.Year = num
		}
	case "premiered":
		if y, err := strconv.Atoi(value[:min(4, len(value))]); err == nil && n.Year == 0 && n.Kind != "episode" && plausibleYear(y) {
			n.Year = y
		}
	case "season":
		if numeric && n.Kind == "episode" {
			n.Season = &num
		}
	case "episode":
		if numeric && n.Kind == "episode" {
			n.Episodes = append(n.Episodes, media.Number(num))
		}
	case "uniqueid":
		n.id(idType, value)
	case "imdbid", "imdb_id", "tmdbid", "tvdbid", "anidbid", "malid", "anilistid", "simklid":
		n.id(strings.TrimSuffix(strings.TrimSuffix(name, "id"), "_"), value)
	case "id":
		if strings.HasPrefix(value, "tt") {
			n.id("imdb", value)
		}
	}
}

// id takes an id of a film or a series; those of an episode name something else.
func (n *NFO) id(catalogue, value string) {
	if n.Kind == "episode" {
		return
	}
	if catalogue == "imdb" {
		value = strings.TrimPrefix(value, "tt")
	}
	if value == "" || len(value) > 12 || strings.Trim(value, "0123456789") != "" {
		return
	}
	setID(&n.IDs, catalogue, value)
}

// addresses are the pages of catalogues, up to the id.
var addresses = [...]struct{ page, catalogue string }{
	{"imdb.com/title/tt", "imdb"},
	{"themoviedb.org/movie/", "tmdb"},
	{"themoviedb.org/tv/", "tmdb"},
	{"thetvdb.com/?tab=series&id=", "tvdb"},
	{"thetvdb.com/?id=", "tvdb"},
	{"thetvdb.com/series/", "tvdb"},
	{"thetvdb.com/dereferrer/series/", "tvdb"},
	{"anidb.net/anime/", "anidb"},
	{"anidb.net/a", "anidb"},
	{"myanimelist.net/anime/", "mal"},
	{"anilist.co/anime/", "anilist"},
	{"simkl.com/movies/", "simkl"},
	{"simkl.com/tv/", "simkl"},
	{"simkl.com/anime/", "simkl"},
}

// readAddresses takes the first id of each catalogue whose address stands in the text.
func (n *NFO) readAddresses(text []byte) {
	for _, a := range addresses {
		_, rest, ok := bytes.Cut(text, []byte(a.page))
		if !ok {
			continue
		}
		e := 0
		for e < len(rest) && e < 10 && isDigit(rest[e]) {
			e++
		}
		if e == 0 || e < len(rest) && isAlnum(rest[e]) {
			continue
		}
		var ids media.IDs
		setID(&ids, a.catalogue, string(rest[:e]))
		mergeIDs(&n.IDs, ids)
	}
}
