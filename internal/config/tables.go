package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/secret"
)

// each hands every key of t to the reader of that name. What is unknown or refused is a finding, and ok false.
func (l *loader) each(t map[string]any, path []string, readers map[string]func(name string, v any) *problem) bool {
	ok := true
	section := path[0] + "." + path[1]
	known := slices.Sorted(maps.Keys(readers))
	for _, key := range slices.Sorted(maps.Keys(t)) {
		here := append(slices.Clone(path), key)
		read, isKnown := readers[key]
		if !isKnown {
			l.unknown(here, known)
			ok = false
			continue
		}
		if p := read(section+"."+key, t[key]); p != nil {
			l.problem(p, here)
			ok = false
		}
	}
	return ok
}

func (l *loader) rule(t map[string]any, path []string) (Rule, bool) {
	r := Rule{Line: l.doc.key(path).line}
	word := func(field *string, checks check) func(string, any) *problem {
		return func(name string, v any) *problem {
			s, p := asText(name, v)
			if p == nil {
				s, p = checks(s, &l.env)
			}
			if p == nil && s == "" {
				p = wrong(name+" is empty", "remove it")
			}
			*field = s
			return p
		}
	}
	// An id that is a number may be written with or without quotes.
	digits := func(field *string) func(string, any) *problem {
		return func(name string, v any) *problem {
			if s, ok := v.(string); ok {
				v = parseNumber(s)
			}
			n, p := asNumber(name, v, 1, math.MaxInt64)
			*field = strconv.FormatInt(n, 10)
			return p
		}
	}
	simkl := ""
	ok := l.each(t, path, map[string]func(string, any) *problem{
		"path":  word(&r.Path, checkRulePath),
		"title": word(&r.Title, checkName),
		"ignore": func(name string, v any) (p *problem) {
			r.Ignore, p = asBool(name, v)
			return p
		},
		"simkl": digits(&simkl),
		"imdb":  word(&r.IMDB, checkIMDB),
		"tmdb":  digits(&r.TMDB),
		"tvdb":  digits(&r.TVDB),
		"anidb": digits(&r.AniDB),
		"mal":   digits(&r.MAL),
		"kind":  word(&r.Kind, checkKind),
		"season": func(name string, v any) *problem {
			n, p := asNumber(name, v, 0, 9999)
			season := int(n)
			r.Season = &season
			return p
		},
		"episode_offset": func(name string, v any) *problem {
			n, p := asNumber(name, v, -99999, 99999)
			r.EpisodeOffset = int(n)
			return p
		},
	})
	if !ok {
		return Rule{}, false
	}
	if simkl != "" {
		r.Simkl, _ = strconv.ParseInt(simkl, 10, 64) // digits let it through
	}
	if p := checkRule(r); p != nil {
		l.find(l.doc.key(path), p.what, p.do)
		return Rule{}, false
	}
	return r, true
}

func checkRule(r Rule) *problem {
	says := r.Simkl != 0 || r.IMDB+r.TMDB+r.TVDB+r.AniDB+r.MAL+r.Kind != "" || r.Season != nil || r.EpisodeOffset != 0
	switch {
	case r.Path == "" && r.Title == "":
		return wrong("a rule without path or title", `say what it is for: path = "**/Name/**"`)
	case r.Ignore && says:
		return wrong("a rule with ignore and an id or number", "keep one of them")
	case !r.Ignore && !says:
		return wrong("a rule that changes nothing", "give it an id, or ignore = true")
	}
	return nil
}

func checkRulePath(s string, env *surroundings) (string, *problem) {
	if strings.HasPrefix(s, "~") {
		full, p := fullPath(s, env)
		if p != nil {
			return "", p
		}
		s = full
	}
	return checkGlob(s)
}

func checkIMDB(s string, _ *surroundings) (string, *problem) {
	number, ok := strings.CutPrefix(s, "tt")
	if _, err := strconv.ParseUint(number, 10, 63); !ok || err != nil {
		return "", wrong(quote(s)+" is no IMDb id", `write it like "tt0113277"`)
	}
	return s, nil
}

func checkKind(s string, _ *surroundings) (string, *problem) {
	kinds := []string{KindMovie, KindShow, KindAnime}
	switch {
	case slices.Contains(kinds, s):
		return s, nil
	case s == "tv": // Simkl's word
		return KindShow, nil
	}
	return "", wrong("matcher.rules.kind is "+quote(s)+", must be "+oneOf(kinds), meant(s, kinds, "choose one of these"))
}

func (l *loader) vlc(t map[string]any, path []string) (VLC, bool) {
	var vlc VLC
	ok := l.each(t, path, map[string]func(string, any) *problem{
		"url": func(name string, v any) *problem {
			s, p := asText(name, v)
			if p == nil {
				vlc.URL, p = checkVLCURL(s, &l.env)
			}
			return p
		},
		"password": func(name string, v any) *problem {
			s, p := asText(name, v)
			if p != nil { // the value is said nowhere
				p.what = name + " is not text without control characters"
			}
			vlc.Password = secret.Text(s)
			return p
		},
		"password_file": func(name string, v any) *problem {
			s, p := asText(name, v)
			if p == nil {
				vlc.PasswordFile, p = checkFile(s, &l.env)
			}
			return p
		},
	})
	switch {
	case !ok:
		return VLC{}, false
	case vlc.URL == "":
		l.find(l.doc.key(path), "a VLC without url", `write it like url = "http://127.0.0.1:8080"`)
		return VLC{}, false
	case vlc.Password != "" && vlc.PasswordFile != "":
		l.find(l.doc.key(path), "a VLC with password and password_file", "keep one of them")
		return VLC{}, false
	}
	return vlc, true
}

func (l *loader) ruleEntries(file string) []Entry {
	var entries []Entry
	for i, r := range l.config.Matcher.Rules {
		var parts []string
		add := func(key, value string) { parts = append(parts, key+" = "+value) }
		for _, f := range []struct{ key, value string }{{"path", r.Path}, {"title", r.Title}} {
			if f.value != "" {
				add(f.key, quote(f.value))
			}
		}
		if r.Ignore {
			add("ignore", "true")
		}
		if r.Simkl != 0 {
			add("simkl", strconv.FormatInt(r.Simkl, 10))
		}
		for _, f := range []struct{ key, value string }{
			{"imdb", r.IMDB}, {"tmdb", r.TMDB}, {"tvdb", r.TVDB}, {"anidb", r.AniDB}, {"mal", r.MAL}, {"kind", r.Kind},
		} {
			if f.value != "" {
				add(f.key, quote(f.value))
			}
		}
		if r.Season != nil {
			add("season", strconv.Itoa(*r.Season))
		}
		if r.EpisodeOffset != 0 {
			add("episode_offset", strconv.Itoa(r.EpisodeOffset))
		}
		entries = append(entries, Entry{
			Key:    fmt.Sprintf("%s[%d]", keyRules, i),
			Value:  "{" + strings.Join(parts, ", ") + "}",
			Origin: Origin{File: file, Line: r.Line},
		})
	}
	return entries
}

func (l *loader) vlcEntries(file string) []Entry {
	var entries []Entry
	for i, v := range l.config.Players.VLC {
		value := "{url = " + quote(v.URL)
		if v.Password != "" {
			value += ", password = " + quote(v.Password.String())
		}
		if v.PasswordFile != "" {
			value += ", password_file = " + quote(v.PasswordFile)
		}
		line := l.doc.key([]string{"players", "vlc", strconv.Itoa(i)}).line
		entries = append(entries, Entry{
			Key: fmt.Sprintf("%s[%d]", keyVLC, i), Value: value + "}", Origin: Origin{File: file, Line: line},
		})
	}
	return entries
}
