package matcher

import (
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// withNFO takes what the NFO files say: ids always, numbers and titles where the name has none.
func (m *matcher) withNFO(out *media.Match, files []NFO) {
	for i := range files {
		n := &files[i]
		other := n.Kind == "movie" && out.Kind == media.KindEpisode
		if !n.IDs.IsZero() && !other {
			before := out.IDs
			mergeIDs(&out.IDs, n.IDs)
			if out.IDs != before {
				m.say("an NFO file has the id")
				out.Source = "nfo"
				out.Confidence = max(out.Confidence, 0.9)
			}
		}
		switch {
		case n.Kind == "movie" && out.Kind == media.KindNone && out.Refused == media.ReasonNone && n.Title != "":
			*out = media.Match{Kind: media.KindMovie, Title: n.Title, Year: n.Year, IDs: out.IDs, Confidence: 0.9, Source: "nfo"}
			m.say("an NFO file says that it is the film %q", n.Title)
		case n.Kind == "episode" && len(n.Episodes) > 0 && out.Refused == media.ReasonNone && (out.Kind == media.KindNone || out.Confidence < 0.9 || len(out.Episodes) == 0):
			out.Kind, out.Source = media.KindEpisode, "nfo"
			out.Season, out.Episodes, out.Absolute = n.Season, n.Episodes, nil
			if n.Title != "" {
				out.Title = n.Title
			}
			if out.Title != "" {
				out.Confidence = max(out.Confidence, 0.9)
			}
			m.say("an NFO file has season and episode")
		}
		if out.Year == 0 && n.Year > 0 && Same(n.Title, out.Title) {
			out.Year = n.Year
		}
	}
}

// first gives the first tag that is set.
func first(tags map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := strings.TrimSpace(tags[k]); v != "" {
			return v
		}
	}
	return ""
}

// withTags takes what the container says: ids (matroska.org, official tags), and season and episode of a show.
func (m *matcher) withTags(out *media.Match, tags map[string]string) {
	if len(tags) == 0 || out.Refused != media.ReasonNone {
		return
	}
	var ids media.IDs
	if v := first(tags, "IMDB", "IMDB_ID"); strings.HasPrefix(v, "tt") {
		ids.IMDB = v
	}
	if _, v, ok := strings.Cut(first(tags, "TMDB"), "/"); ok { // "movie/603", "tv/1396"
		ids.TMDB = v
	}
	if v := first(tags, "TVDB", "TVDB2"); v != "" {
		kind, id, ok := strings.Cut(v, "/") // "series/81189"; an "episodes/..." names no title
		switch {
		case ok && (kind == "series" || kind == "movies"):
			ids.TVDB = id
		case !ok:
			ids.TVDB = v
		}
	}
	if !ids.IsZero() {
		if out.IDs.IsZero() {
			out.Source = "tags"
		}
		mergeIDs(&out.IDs, ids)
		out.Confidence = max(out.Confidence, 0.9)
		m.say("the container's tags have an id")
	}
	show := first(tags, "SHOW", "TVSH", "TVSHOW", "SERIES", "TV_SHOW")
	episode, err := strconv.Atoi(first(tags, "EPISODE_SORT", "TVES", "EPISODE_NUMBER", "EPISODE"))
	if show == "" || err != nil || episode < 0 || out.Kind == media.KindEpisode && out.Confidence >= 0.8 {
		return
	}
	*out = media.Match{Kind: media.KindEpisode, Title: show, IDs: out.IDs, Confidence: 0.85, Source: "tags"}
	if season, err := strconv.Atoi(first(tags, "SEASON_NUMBER", "TVSN", "SEASON")); err == nil && season >= 0 {
		out.Season, out.Episodes = &season, []media.Number{media.Number(episode)}
	} else {
		out.Absolute = []media.Number{media.Number(episode)}
	}
	m.say("the container's tags name the series and the episode")
}

// withTitle reads the player's title, or the container's, where the path says nothing.
func (m *matcher) withTitle(out *media.Match, in *Input) {
	if out.Refused != media.ReasonNone || out.Kind != media.KindNone && out.Confidence >= 0.5 {
		return
	}
	for _, title := range [...]string{in.Title, first(in.Tags, "TITLE")} {
		title = strings.TrimSpace(title)
		if title == "" || title == m.ref.name() {
			continue
		}
		_, ext := typeOf(title)
		m.ref, m.ctx = reference{}, context{season: -1, titles: [2]int{-1, -1}}
		m.show.clear()
		m.upper.clear()
		stem := title[:len(title)-ext]
		m.file.read(m.d, stem)
		if _, refuse := m.refuseName(); refuse {
			return
		}
		t := m.decide(stem, nil)
		if t.Kind == media.KindNone {
			continue
		}
		if t.Kind == media.KindMovie && t.Year == 0 {
			t.Confidence = min(t.Confidence, 0.4) // a bare title may be anything
		}
		if t.Confidence > out.Confidence {
			*out = t
			m.say("the player's title %q was read", title)
		}
	}
}

// published reports whether there is evidence that this is a published film or series, so that its title may go out
// unasked (product.md 5, Privacy).
func (m *matcher) published(out *media.Match) bool {
	switch {
	case out.Kind == media.KindNone:
		return false
	case !out.IDs.IsZero():
		return true
	case out.Kind == media.KindEpisode && (len(out.Episodes)+len(out.Absolute) > 0 || out.Date != ""):
		return out.Confidence >= 0.5
	case out.Year > 0:
		return true
	}
	for _, r := range [...]*reading{&m.file, &m.show} {
		if r.tags.has(clsSource) && (r.tags.has(clsResolution) || r.releaseGroup) {
			return true
		}
	}
	return m.ctx.kinds&folderLibrary != 0
}
