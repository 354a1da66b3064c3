package cli

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

// cleanMatch is m with every text made safe to show, in JSON too.
func cleanMatch(m media.Match) media.Match {
	m.Title, m.Edition, m.Country, m.Date = media.Sanitize(m.Title), media.Sanitize(m.Edition), media.Sanitize(m.Country), media.Sanitize(m.Date)
	m.Source = media.Sanitize(m.Source)
	for _, id := range []*string{&m.IDs.IMDB, &m.IDs.TMDB, &m.IDs.TVDB, &m.IDs.AniDB, &m.IDs.MAL, &m.IDs.AniList, &m.IDs.Kitsu} {
		*id = media.Sanitize(*id)
	}
	because := make([]string, len(m.Because))
	for i, b := range m.Because {
		because[i] = media.Sanitize(b)
	}
	m.Because = because
	return m
}

// cleanAnswer is a with every text made safe to show.
func cleanAnswer(a media.Answer) media.Answer {
	a.Title, a.EpisodeTitle, a.Slug = media.Sanitize(a.Title), media.Sanitize(a.EpisodeTitle), media.Sanitize(a.Slug)
	a.AnimeType, a.Action = media.Sanitize(a.AnimeType), media.Sanitize(a.Action)
	return a
}

// labelOf is how people read a watch: its title, else the name of its file.
func labelOf(m media.Match, path string) string {
	if m.Kind == media.KindNone || m.Title == "" {
		return term.Foreign(fileName(path))
	}
	return term.Foreign(m.Label())
}

// fileName is the last part of a path or address.
func fileName(path string) string {
	if media.SchemeOf(path) != "" {
		if u, err := url.Parse(path); err == nil && strings.Trim(u.Path, "/") != "" {
			path = u.Path
		}
		path = strings.TrimRight(path, "/")
	}
	if i := strings.LastIndexAny(path, `/\`); i >= 0 && i < len(path)-1 {
		return path[i+1:]
	}
	return path
}

// fileURL is path as the JSON has it: an address, which holds bytes that are not UTF-8 without loss.
func fileURL(path string) string {
	if path == "" || media.SchemeOf(path) != "" {
		return media.Sanitize(path)
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}

// idWords names the ids: "simkl 53801, imdb tt0113277".
func idWords(ids media.IDs) string {
	var words []string
	if ids.Simkl != 0 {
		words = append(words, fmt.Sprintf("simkl %d", ids.Simkl))
	}
	for _, id := range []struct{ name, value string }{
		{"imdb", ids.IMDB},
		{"tmdb", ids.TMDB},
		{"tvdb", ids.TVDB},
		{"mal", ids.MAL},
		{"anidb", ids.AniDB},
		{"anilist", ids.AniList},
		{"kitsu", ids.Kitsu},
	} {
		if id.value != "" {
			words = append(words, id.name+" "+media.Sanitize(id.value))
		}
	}
	return strings.Join(words, ", ")
}

// page is Simkl's address of an answer as a pipe gets it, "" without one.
func page(a *media.Answer) string {
	if a == nil {
		return ""
	}
	return webPage(a.Page())
}

// webPage is an address of Simkl's with its scheme.
func webPage(page string) string {
	if page == "" || media.SchemeOf(page) != "" {
		return page
	}
	return "https://" + page
}

// reasonWords says a reason in words (screens.md 2). Those with a value have it from the daemon.
func reasonWords(r media.Reason) string {
	switch r {
	case media.ReasonMusic:
		return "music"
	case media.ReasonPicture:
		return "a picture"
	case media.ReasonShort:
		return "shorter than min_duration"
	case media.ReasonLive:
		return "a live stream"
	case media.ReasonNoDuration:
		return "the player gives no length"
	case media.ReasonExcluded:
		return "by matcher.exclude"
	case media.ReasonNotIncluded:
		return "outside matcher.include"
	case media.ReasonPrivate:
		return "private"
	case media.ReasonUnmatched:
		return "not recognised"
	case media.ReasonExtra:
		return "a trailer, sample or extra"
	case media.ReasonDuplicate:
		return "seen through another player already"
	case media.ReasonDeniedPlayer:
		return "not in players.mpris.allow"
	case media.ReasonLooped:
		return "second round"
	case media.ReasonNotPlayed:
		return "too little was played"
	case media.ReasonNone:
	}
	return media.Sanitize(string(r))
}

// pathOf is the path of a file:// address, as raw bytes; other addresses stay.
func pathOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "file" {
		if p := u.Path; filepath.Separator == '\\' && len(p) > 2 && p[0] == '/' && p[2] == ':' {
			return filepath.FromSlash(p[1:]) // file:///C:/Videos
		}
		return u.Path
	}
	return address
}
