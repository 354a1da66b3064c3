package matcher

import (
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// readIDs finds catalogue ids: {tmdb-603}, [imdbid-tt0133093], (tvdbid=81189), [anidb-1], and a bare tt0133093. Their
// tokens are set aside.
func (r *reading) readIDs() {
	for i := range r.toks {
		t := &r.toks[i]
		low := r.low[t.start:t.end]
		if n := len(low); n >= 9 && n <= 11 && low[0] == 't' && low[1] == 't' && r.setIMDB(r.text[t.start:t.end]) {
			t.cls = clsOther
			if i > 0 && t.group >= 0 && r.toks[i-1].group == t.group {
				r.toks[i-1].cls = clsOther
			}
			continue
		}
		if i+1 >= len(r.toks) || r.toks[i+1].group != t.group || t.group < 0 && (r.toks[i+1].gap != gapDash || t.start == 0) {
			continue
		}
		next := &r.toks[i+1]
		if t.group >= 0 && string(low) == "edition" && r.groups[t.group].kind == '{' {
			g := &r.groups[t.group]
			r.edition = strings.TrimSpace(r.text[next.start:r.toks[g.to-1].end])
			for k := g.from; k < g.to; k++ {
				r.toks[k].cls = clsOther
			}
			continue
		}
		if next.num < 0 || next.start-t.end != 1 && next.start-t.end != 2 {
			continue
		}
		id := r.text[next.start:next.end]
		if setID(&r.ids, strings.TrimSuffix(string(low), "id"), id) {
			t.cls, next.cls = clsOther, clsOther
		}
	}
}

func (r *reading) setIMDB(s string) bool {
	for i := 2; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	if r.ids.IMDB == "" {
		r.ids.IMDB = strings.ToLower(s)
	}
	return true
}

// setID sets the id of one catalogue, and reports whether that is one.
func setID(ids *media.IDs, catalogue, id string) bool {
	switch catalogue {
	case "tmdb", "themoviedb":
		ids.TMDB = id
	case "tvdb", "thetvdb":
		ids.TVDB = id
	case "anidb", "anidb2", "anidb3", "anidb4":
		ids.AniDB = id
	case "anilist":
		ids.AniList = id
	case "mal", "myanimelist":
		ids.MAL = id
	case "kitsu":
		ids.Kitsu = id
	case "imdb":
		ids.IMDB = "tt" + id
	case "simkl":
		n, ok := wholeNumber([]byte(id))
		if !ok || n == 0 {
			return false
		}
		ids.Simkl = media.SimklID(n)
	default:
		return false
	}
	return true
}

// mergeIDs fills what a does not know from b.
func mergeIDs(a *media.IDs, b media.IDs) {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	if a.Simkl == 0 {
		a.Simkl = b.Simkl
	}
	fill(&a.IMDB, b.IMDB)
	fill(&a.TMDB, b.TMDB)
	fill(&a.TVDB, b.TVDB)
	fill(&a.AniDB, b.AniDB)
	fill(&a.MAL, b.MAL)
	fill(&a.AniList, b.AniList)
	fill(&a.Kitsu, b.Kitsu)
}
