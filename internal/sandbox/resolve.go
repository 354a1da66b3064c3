package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// externalOrder is the order in which ids are tried after simkl (5.1); the native ids of one anime cour come first,
// because they say more than those of a whole TVDB show.
var externalOrder = []string{"mal", "anidb", "anilist", "kitsu", "imdb", "tvdb", "tmdb", "letterboxd", "traktslug"}

// broad says whether an id names a whole show as TVDB has it, and not one cour of an anime.
func broad(by string) bool { return by == "imdb" || by == "tvdb" || by == "tmdb" || by == "traktslug" }

// found is what a request resolved to: titles that share the id (cours of one show), best first, and the id that decided.
type found struct {
	titles []*title
	by     string // "simkl", an external id, or "title"
}

// resolve finds the title of a request: ids.simkl, then external ids, then title and year, then title alone (5.1).
func (c *catalog) resolve(container string, m reqMedia) found {
	if id, err := strconv.ParseInt(m.IDs["simkl"], 10, 64); err == nil {
		if t := c.byID[id]; t != nil && t.fits(container) {
			return found{[]*title{t}, "simkl"}
		}
	}
	for _, key := range externalOrder {
		if v := m.IDs[key]; v != "" {
			if hits := fitting(c.byExt[key+":"+cleanID(key, v)], container); len(hits) > 0 {
				return found{hits, key}
			}
		}
	}
	named := fitting(c.byName[fold(m.Title)], container)
	if m.Title == "" || len(named) == 0 {
		return found{}
	}
	if m.Year.Set {
		for _, t := range named {
			if t.Year == m.Year.N {
				return found{[]*title{t}, "title"}
			}
		}
	}
	return found{named[:1], "title"}
}

func fitting(titles []*title, container string) []*title {
	return slices.DeleteFunc(slices.Clone(titles), func(t *title) bool { return !t.fits(container) })
}

var imdbID = regexp.MustCompile(`tt\d+`)

// cleanID takes the id out of a full address, which is accepted for imdb (section 4).
func cleanID(key, v string) string {
	v = strings.ToLower(v)
	if key == "imdb" {
		return imdbID.FindString(v)
	}
	return v
}

// place finds the episode: ids first, then numbers. With tvdb is the caller's word that the numbers are TVDB's.
func (c *catalog) place(f found, ep reqEpisode, tvdb bool) (*title, episodeKey, bool) {
	for _, key := range []string{"tvdb", "anidb"} {
		if id := ep.IDs[key]; id != "" {
			ref, ok := c.byEp[key+":"+id]
			if !ok || !slices.Contains(f.titles, ref.t) {
				return nil, episodeKey{}, false // a stale episode id is not mended by the numbers (section 4)
			}
			return ref.t, ref.ep, true
		}
	}
	if !ep.Number.Set {
		return nil, episodeKey{}, false
	}
	first := f.titles[0]
	if first.Kind == kindTV {
		key := episodeKey{ep.Season.N, ep.Number.N}
		return first, key, ep.Season.Set && first.has(key)
	}
	if tvdb && ep.Season.Set {
		at := episodeKey{ep.Season.N, ep.Number.N}
		for _, t := range f.titles {
			if key, ok := t.fromTVDB(at); ok && t.has(key) {
				return t, key, true
			}
		}
		if slices.ContainsFunc(f.titles, func(t *title) bool { return len(t.TVDB) > 0 }) {
			return nil, episodeKey{}, false
		}
	}
	key := episodeKey{1, ep.Number.N}
	return first, key, (!ep.Season.Set || ep.Season.N == 1) && first.has(key)
}

// cours widens what was found to every part of the same TVDB show, for requests that count as TVDB does.
func (c *catalog) cours(f found) found {
	if f.titles[0].Kind != kindAnime || f.by != "title" {
		return f
	}
	id := f.titles[0].IDs["tvdb"]
	if id == "" {
		return f
	}
	return found{fitting(c.byExt["tvdb:"+id], "show"), f.by}
}
